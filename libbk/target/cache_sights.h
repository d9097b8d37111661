/* What is known of blobs from what was asked for in this run: how far they
 * reach, how long a listing says that roots are, and who reads them in order.
 * What target/cache.h decides by how much to fetch.  Any thread. */

#ifndef BK_TARGET_CACHE_SIGHTS_H
#define BK_TARGET_CACHE_SIGHTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/stream.h"
#include "target/target.h"

struct bk_sights;

struct bk_sights *bk_sights_new(void);
void bk_sights_free(struct bk_sights *sights); /* NULL is fine */

/* It is at least `upto` bytes long. */
void bk_sights_saw(struct bk_sights *sights, const char *name, uint64_t upto);
/* The most that was seen; 0: nothing. */
uint64_t bk_sights_upto(struct bk_sights *sights, const char *name);
/* Notes what is asked for: how many bytes were, in order, with these. */
uint64_t bk_sights_run(struct bk_sights *sights, const char *name,
		       struct bk_stretch want);
void bk_sights_drop(struct bk_sights *sights, const char *name);

/* Copies what the listing of a folder shows of set roots, in place of the last
 * one that did. */
void bk_sights_listed(struct bk_sights *sights, const char *folder,
		      const struct bk_blob_list *list);
/* Does that show it, and how long? */
bool bk_sights_size(struct bk_sights *sights, const char *name, uint64_t *size);

#endif
