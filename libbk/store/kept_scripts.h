/*
 * The scripts of an account of a mail server among what a set has of it:
 * bk-format(5), files of an account.  `sieve` says which one is active, and is
 * there whenever the server was asked, `sieve/NAME` is the text of one.
 */

#ifndef BK_STORE_KEPT_SCRIPTS_H
#define BK_STORE_KEPT_SCRIPTS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/store.h"

/* Names and texts of one account: a record of a set must hold them. */
#define BK_KEPT_SCRIPTS_MOST ((size_t)3 << 20)

/* *account gets them, in place of those that it has.  Names and texts stay the
 * list's, the rest is in the arena.  BK_REFUSED: they are too large. */
int bk_kept_scripts_put(struct bk_account *account,
			const struct bk_script_list *scripts,
			struct bk_arena *arena, struct bk_err *err);

/* *account gets those that `from` has, which keeps the strings; false: it has
 * none, and nothing is known of any. */
bool bk_kept_scripts_take_over(struct bk_account *account,
			       const struct bk_account *from,
			       struct bk_arena *arena);

/* Fills *out, {0} before, with copies, by name: 1; 0: nothing is known. */
int bk_kept_scripts(const struct bk_account *account,
		    struct bk_script_list *out);

#endif
