/*
 * Keys of the configuration that become members of a struct: those by which a
 * server is reached, which targets and mail servers share, and the tables of
 * others.  Values were checked by job/schema.
 */

#ifndef BK_JOB_REACH_KEYS_H
#define BK_JOB_REACH_KEYS_H

#include <stddef.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/opt.h"
#include "job/settings.h"
#include "target/reach.h"

enum bk_key_kind {
	BK_KEY_TEXT,    /* const char * */
	BK_KEY_YES,     /* bool */
	BK_KEY_SECONDS, /* uint32_t */
	BK_KEY_COUNT,   /* uint32_t */
	BK_KEY_SIZE,    /* uint64_t, bytes */
	BK_KEY_RATE,    /* struct bk_limit */
};

struct bk_key_place {
	const char *key; /* NULL ends a table */
	enum bk_key_kind kind;
	size_t offset;
};

/* A key that no table has is somebody else's: 0. */
int bk_key_set(const struct bk_key_place *places, void *at, const char *key,
	       const char *value, struct bk_err *err);
int bk_reach_set(struct bk_reach *reach, const char *key, const char *value,
		 struct bk_err *err);

/* Sets one key; the value lives as long as the settings. */
typedef int bk_key_setter(void *at, const char *key, const char *value,
			  struct bk_err *err);

/* All of a section; errors name its line. */
int bk_keys_of_section(const struct bk_conf_section *section,
		       bk_key_setter *set, void *at, struct bk_err *err);

/* All of -o KEY=VALUE and the like, each checked as a key of [type] first. */
struct bk_key_options {
	const struct bk_opt_list *items;
	const char *option; /* "-o" */
	const char *type;   /* "target" */
};
int bk_keys_of_options(struct bk_settings *settings,
		       const struct bk_key_options *options, bk_key_setter *set,
		       void *at, struct bk_err *err);

#endif
