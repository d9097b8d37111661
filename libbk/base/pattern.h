/*
 * Which accounts and folders are meant: patterns with * (any characters, also
 * none, '/' and '@' included) and ? (one character); a backslash takes the
 * next one as it is.
 */

#ifndef BK_BASE_PATTERN_H
#define BK_BASE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Does all of `name` fit?  Linear in most cases, quadratic at worst. */
bool bk_pattern_match(const char *pattern, const char *name, bool fold_case);

/* Accounts: ASCII case does not matter. */
bool bk_pattern_account(const char *pattern, const char *address);

/* Folders: case matters, but for INBOX and "INBOX/..." at the beginning
 * (RFC 9051, 5.1). */
bool bk_pattern_folder(const char *pattern, const char *folder);

/* Is it a pattern at all, or just a name? */
bool bk_pattern_is_wild(const char *pattern);

/* Names in a growing list; {0} is a valid empty one. */
struct bk_names {
	char **items; /* owned, each of them too */
	size_t n, cap;
};
void bk_names_add(struct bk_names *names, const char *name);
/* Each word of a text parted by blanks or commas. */
void bk_names_add_words(struct bk_names *names, const char *text);
/* A file with one name a line; empty lines and lines that begin with '#' are
 * skipped, blanks around a name too. */
int bk_names_add_file(struct bk_names *names, const char *path,
		      struct bk_err *err);
void bk_names_clear(struct bk_names *names);

/* A choice of accounts: in (any of include, or of a domain; everything while
 * both are empty) and not out.  {0} takes everything. */
struct bk_filter {
	struct bk_names include; /* patterns */
	struct bk_names domains; /* patterns for what is after the last '@' */
	struct bk_names exclude; /* patterns */
};
bool bk_filter_takes(const struct bk_filter *filter, const char *address);
bool bk_filter_is_empty(const struct bk_filter *filter); /* takes everything */
void bk_filter_clear(struct bk_filter *filter);

#endif
