/*
 * Delivery traces, fetched in advance for many messages at a time.
 *
 * A message is read best in the order of its skeleton, since what recipients
 * share lies together; but each recipient's trace lies with his own account.
 * Read one by one, in that order, nearly every trace of a message that went to
 * many would open a block anew.
 */

#ifndef BK_REPO_HOARD_H
#define BK_REPO_HOARD_H

#include <stddef.h>

#include "repo/chunk_reader.h"
#include "repo/set.h"

struct bk_hoard;

/*
 * The traces of n rows (which were read with their bodies), up to `limit`
 * bytes; `reader` opens their blocks, each once.  What cannot be read is left
 * out: whoever asks for it later is told why.
 */
struct bk_hoard *bk_hoard_new(const struct bk_row *const *rows, size_t n,
			      size_t limit, struct bk_chunk_reader *reader);
void bk_hoard_free(struct bk_hoard *hoard); /* NULL is fine */

/* Looks it up; any thread.  The bytes live as long as the hoard. */
bool bk_hoard_find(const struct bk_hoard *hoard, uint32_t frame, uint64_t ref,
		   struct bk_view *out);

#endif
