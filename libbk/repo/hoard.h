/*
 * Delivery traces, fetched in advance for many messages at a time.
 *
 * A message is read best in the order of its skeleton, since what recipients
 * share lies together; but each recipient's trace lies with his own account.
 * Read one by one, in that order, nearly every trace of a message that went to
 * many would open a block anew.
 *
 *	new      the traces of many rows, in the order of their blocks
 *	fetch    stretches of them, by any threads, each with a share of its own
 *	find     by any threads, when all have been fetched
 */

#ifndef BK_REPO_HOARD_H
#define BK_REPO_HOARD_H

#include <stddef.h>

#include "repo/chunk_reader.h"
#include "repo/set.h"

struct bk_hoard;

/* The traces of n rows, which were read with their bodies: nothing is fetched
 * yet, and not much more than `limit` bytes will be, by `shares` threads. */
struct bk_hoard *bk_hoard_new(const struct bk_row *const *rows, size_t n,
			      size_t limit, unsigned shares);
void bk_hoard_free(struct bk_hoard *hoard); /* NULL is fine */

/* How many there are to fetch. */
size_t bk_hoard_traces(const struct bk_hoard *hoard);

/* Fetches n of them, from `first` on, each block of theirs once.  What cannot
 * be read is left out: whoever asks for it later is told why. */
void bk_hoard_fetch(struct bk_hoard *hoard, unsigned share, size_t first,
		    size_t n, struct bk_chunk_reader *reader);

/* Bytes that were fetched. */
size_t bk_hoard_bytes(const struct bk_hoard *hoard);

/* The bytes live as long as the hoard. */
bool bk_hoard_find(const struct bk_hoard *hoard, uint32_t frame, uint64_t ref,
		   struct bk_view *out);

#endif
