/*
 * Configuration: INI sections "[type name]" or "[type]" with "key = value".
 * A line that begins with a blank goes on with the value before it, joined by
 * one blank.  '#' and ';' begin a comment at the start of a line, " ;" within
 * one.  Every section and key knows its file and line, so that whoever reads a
 * value can say where it is wrong.
 *
 * Read with libinih through a reader of ours: it cuts lines at 198 bytes and
 * section names at 49 without a word, and we refuse those instead.
 */

#ifndef BK_BASE_CONF_H
#define BK_BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

struct bk_conf_entry {
	const char *key;
	const char *value;
	const char *file;
	unsigned line;
};

struct bk_conf_section {
	const char *type; /* "repo" in [repo main] */
	const char *name; /* "main"; "" in [notify] */
	const char *file;
	unsigned line;
	struct bk_conf_entry *entries;
	size_t n, cap;
};

/* {0} is a valid empty one. */
struct bk_conf {
	struct bk_arena arena;
	struct bk_conf_section *sections;
	size_t n, cap;
	bool lenient; /* lines that are malformed are passed over: for who
			 must find a section in a file that is not right */
};

/* A key that is known, and a check of its value (BK_MISUSE) or NULL. */
struct bk_conf_key {
	const char *name;
	int (*check)(const char *value, struct bk_err *err);
};

/* A type of section that is known; a list of them ends in type NULL. */
struct bk_conf_schema {
	const char *type;
	bool named;                     /* [type name], else [type] */
	const struct bk_conf_key *keys; /* up to name NULL */
};

/* Adds one file; /dev/null is an empty one.  BK_GONE if there is none;
 * BK_MISUSE for what is malformed, a key given twice, a section that was there
 * before. */
int bk_conf_read(struct bk_conf *conf, const char *path, struct bk_err *err);

/* Adds the *.conf of a folder in the order of their names; no such folder is
 * fine. */
int bk_conf_read_dir(struct bk_conf *conf, const char *dir, struct bk_err *err);

/* Is everything in it known and right?  BK_MISUSE with file, line, and the
 * nearest known word. */
int bk_conf_check(const struct bk_conf *conf,
		  const struct bk_conf_schema *schema, struct bk_err *err);

/* NULL if there is none. */
const struct bk_conf_section *bk_conf_find(const struct bk_conf *conf,
					   const char *type, const char *name);
const struct bk_conf_entry *bk_conf_get(const struct bk_conf_section *section,
					const char *key);
/* The value, or NULL. */
const char *bk_conf_value(const struct bk_conf_section *section,
			  const char *key);
/* The section of that type after `after` (NULL: the first), or NULL. */
const struct bk_conf_section *bk_conf_next(const struct bk_conf *conf,
					   const char *type,
					   const struct bk_conf_section *after);

/* Puts "/etc/bk/bk.conf:14: key: " before the error; returns -1. */
int bk_conf_blame(const struct bk_conf_entry *entry, struct bk_err *err);

void bk_conf_clear(struct bk_conf *conf);

#endif
