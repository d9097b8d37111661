/*
 * What an account of a mail server has besides folders, among what a set has of
 * it: bk-format(5), files of an account.  Of scripts `sieve` says which one is
 * active, and is there whenever the server was asked, `sieve/NAME` is the text
 * of one; of annotations `metadata` is empty, and `metadata/private/comment` is
 * the value of one.
 */

#ifndef BK_STORE_KEPT_TEXTS_H
#define BK_STORE_KEPT_TEXTS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/store.h"

/* Names and texts of one kind, of one account: a record of a set must hold
 * them. */
#define BK_KEPT_TEXTS_MOST       ((size_t)3 << 20)
#define BK_KEPT_ANNOTATIONS_MOST ((size_t)512 << 10)

/* *account gets them, in place of those that it has.  Names and texts stay the
 * list's, the rest is in the arena.  BK_REFUSED: they are too large. */
int bk_kept_texts_put(enum bk_text_kind kind, struct bk_account *account,
		      const struct bk_script_list *texts,
		      struct bk_arena *arena, struct bk_err *err);

/* *account gets those that `from` has, which keeps the strings; false: it has
 * none, and nothing is known of any. */
bool bk_kept_texts_take_over(enum bk_text_kind kind, struct bk_account *account,
			     const struct bk_account *from,
			     struct bk_arena *arena);

/* Fills *out, {0} before, with copies, by name: 1; 0: nothing is known. */
int bk_kept_texts(enum bk_text_kind kind, const struct bk_account *account,
		  struct bk_script_list *out);

#endif
