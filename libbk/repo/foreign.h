/*
 * Packs of earlier sets that a new set may refer to, each with a number: many
 * chunks of few packs, so a pack is found by its owner in a few comparisons.
 * Bytes in memory only; not locked.
 */

#ifndef BK_REPO_FOREIGN_H
#define BK_REPO_FOREIGN_H

#include <stddef.h>
#include <stdint.h>

#include "repo/table.h"

#define BK_NO_ORDINAL UINT32_MAX

struct bk_foreign {
	struct bk_table_row row; /* as its owner's table has it */
	uint32_t ordinal;        /* in our table, BK_NO_ORDINAL until used */
};

/* {0} is a valid empty one. */
struct bk_foreign_list {
	struct bk_foreign *items; /* owned; by number */
	size_t n, cap;
	uint32_t *by_pack; /* owned; numbers, by owner and its ordinal */
	size_t cap_by_pack;
};

void bk_foreign_list_clear(struct bk_foreign_list *list);

/* The pack's number: a new one the first time. */
uint32_t bk_foreign_number(struct bk_foreign_list *list,
			   const struct bk_table_row *pack);

#endif
