/* Checks of values that several sections share, and sections of their own. */

#ifndef BK_JOB_SCHEMA_CHECKS_H
#define BK_JOB_SCHEMA_CHECKS_H

#include "base/conf.h"
#include "base/err.h"

/* One of the words of a list that ends in NULL. */
int bk_check_word(const char *value, const char *const *words,
		  struct bk_err *err);

int bk_check_bool(const char *value, struct bk_err *err);

/* From the root on: cron and systemd start in other folders than a shell. */
int bk_check_path(const char *value, struct bk_err *err);

/* In whole seconds, of which a server needs a few. */
int bk_check_timeout(const char *value, struct bk_err *err);

/* A program by its path, and its words: cron's PATH is not a shell's. */
int bk_check_hook(const char *value, struct bk_err *err);

/* How long one may take. */
int bk_check_hook_time(const char *value, struct bk_err *err);

/* Of [store NAME] and [route NAME]. */
extern const struct bk_conf_key bk_schema_store_keys[];
extern const struct bk_conf_key bk_schema_route_keys[];

#endif
