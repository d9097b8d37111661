/*
 * Keywords that a destination turns down, found out one by one: a message comes
 * without those alone, and the next one that has them is not tried with them.
 * For the transfer of a folder.
 */

#ifndef BK_SYNC_REFUSED_WORDS_H
#define BK_SYNC_REFUSED_WORDS_H

#include "sync/pass.h"

/* {0} is none. */
struct bk_refused_words {
	char **why; /* owned, texts too; by index of the folder's table of
		       keywords; NULL: not refused */
	size_t n;
};
void bk_refused_words_clear(struct bk_refused_words *refused);

/* The message without them; keywords that are left lie in the arena. */
struct bk_message bk_refused_words_without(
	const struct bk_refused_words *refused, const struct bk_message *msg,
	struct bk_arena *arena);

/*
 * `is` is there, without keywords, since it was turned down with those of
 * `msg`: sets each of them, and learns which cannot be set.  *is has the others
 * then.  The folder's writer has nothing else to flush.
 */
int bk_refused_words_find(struct bk_refused_words *refused,
			  struct bk_folder_pass *folder,
			  const struct bk_message *msg, struct bk_message *is,
			  struct bk_err *err);

/* Tells that `is` lacks keywords of `msg`, if it does; `why`: where none of
 * them was tried alone. */
void bk_refused_words_tell(const struct bk_refused_words *refused,
			   struct bk_folder_pass *folder,
			   const struct bk_message *msg,
			   const struct bk_message *is,
			   const struct bk_err *why);

#endif
