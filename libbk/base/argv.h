/* The words of a command: a list of strings that ends in NULL. */

#ifndef BK_BASE_ARGV_H
#define BK_BASE_ARGV_H

#include <stddef.h>

#include "base/err.h"

/* {0} is a valid empty one. */
struct bk_argv {
	char **items; /* owned, as its n words are; items[n] is NULL */
	size_t n, cap;
};

void bk_argv_add(struct bk_argv *argv, const char *word);

/* Adds the words of a line that an administrator wrote: split at blanks, '...'
 * and "..." keep blanks together, and nothing else is special.  BK_MISUSE for
 * an open quote and where there is no word. */
int bk_argv_split(struct bk_argv *argv, const char *line, struct bk_err *err);

void bk_argv_clear(struct bk_argv *argv);

#endif
