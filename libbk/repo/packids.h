/*
 * Packs by name, in lists: what an intent reuses, what a trash list condemns.
 */

#ifndef BK_REPO_PACKIDS_H
#define BK_REPO_PACKIDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "repo/id.h"

/* A pack, by the set that wrote it and its number there. */
struct bk_pack_id {
	uint8_t owner[BK_ID_LEN];
	uint32_t ordinal;
};

/* {0} is a valid empty one. */
struct bk_pack_ids {
	struct bk_pack_id *items; /* owned */
	size_t n, cap;
};

void bk_pack_ids_clear(struct bk_pack_ids *list);
void bk_pack_ids_add(struct bk_pack_ids *list, const uint8_t owner[BK_ID_LEN],
		     uint32_t ordinal);
/* By owner and ordinal; packs that are there twice once. */
void bk_pack_ids_sort(struct bk_pack_ids *list);
/* Is it in a list that is sorted, as all that were decoded are? */
bool bk_pack_ids_has(const struct bk_pack_ids *list,
		     const uint8_t owner[BK_ID_LEN], uint32_t ordinal);

/* Sorts the list and appends a record of that type for each pack. */
void bk_pack_ids_encode(struct bk_pack_ids *list, uint8_t type,
			struct bk_buf *to);
/* Adds the pack of one record's body; marks the cursor bad if it does not come
 * behind the one before. */
void bk_pack_ids_read(struct bk_pack_ids *list, struct bk_cursor *from);

#endif
