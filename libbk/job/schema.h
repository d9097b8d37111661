/* What a configuration may say: the sections, keys and values of bk.conf(5). */

#ifndef BK_JOB_SCHEMA_H
#define BK_JOB_SCHEMA_H

#include <stdint.h>

#include "base/conf.h"
#include "base/err.h"

extern const struct bk_conf_schema bk_schema[];

/* Do the stores, repositories and targets that jobs name exist?  BK_MISUSE
 * with file, line and the nearest known one. */
int bk_schema_check_names(const struct bk_conf *conf, struct bk_err *err);

/* Is it a place for a password ("file:PATH" ...)?  The error never repeats the
 * text: it may be the password itself. */
int bk_schema_check_password(const char *spec, struct bk_err *err);

/* Is it "yes", "no" or sieve://HOST[:PORT]? */
int bk_schema_check_sieve(const char *value, struct bk_err *err);

/* Is it a key of [type] and its value right? */
int bk_schema_check_key(const char *type, const char *key, const char *value,
			struct bk_err *err);

/* Bits of enum bk_imap_cap: the capabilities that `without` lists. */
uint32_t bk_schema_capabilities(const char *words);

/* Is it a path or URL for a repository: no password inside? */
int bk_schema_check_where(const char *where, struct bk_err *err);

#endif
