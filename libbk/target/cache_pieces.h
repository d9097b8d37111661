/* Stretches of blobs in memory, for this run: the last ones, up to 8 MiB.  What
 * target/cache.h keeps besides its folder.  Any thread. */

#ifndef BK_TARGET_CACHE_PIECES_H
#define BK_TARGET_CACHE_PIECES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/stream.h"
#include "target/target.h"

struct bk_pieces;

struct bk_pieces *bk_pieces_new(void);
void bk_pieces_free(struct bk_pieces *pieces); /* NULL is fine */

/* Appends the stretch to *out (NULL: only looks), if one piece has it. */
bool bk_pieces_find(struct bk_pieces *pieces, const char *name,
		    struct bk_stretch want, struct bk_buf *out);
/* Appends the first `most` bytes, or all, of a blob that was kept with its
 * size. */
bool bk_pieces_peek(struct bk_pieces *pieces, const char *name, uint64_t most,
		    struct bk_buf *out, uint64_t *size);

#define BK_SIZE_UNKNOWN UINT64_MAX

/* Keeps what lies at `offset` of a blob; `size` is that of the whole, or
 * BK_SIZE_UNKNOWN. */
void bk_pieces_keep(struct bk_pieces *pieces, const char *name, uint64_t offset,
		    struct bk_view bytes, uint64_t size);

/* All of one blob. */
void bk_pieces_drop(struct bk_pieces *pieces, const char *name);
/* All of blobs below the folder that the list does not show. */
void bk_pieces_keep_only(struct bk_pieces *pieces, const char *folder,
			 const struct bk_blob_list *list);

#endif
