/* What an account is called elsewhere: --as, for one.  %u is the address, %n
 * what stands before its last '@', %d what is behind it, %% a percent sign. */

#ifndef BK_BASE_ACCOUNT_AS_H
#define BK_BASE_ACCOUNT_AS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

/* BK_MISUSE for other variables. */
int bk_account_as_check(const char *pattern, struct bk_err *err);

/* In `arena`. */
const char *bk_account_as(struct bk_arena *arena, const char *pattern,
			  const char *address);

#endif
