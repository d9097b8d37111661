/* Packs of earlier sets: see foreign.h. */

#include "repo/foreign.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void bk_foreign_list_clear(struct bk_foreign_list *list)
{
	free(list->items);
	free(list->by_pack);
	*list = (struct bk_foreign_list){0};
}

static int compare(const struct bk_table_row *a, const struct bk_table_row *b)
{
	int order = memcmp(a->owner, b->owner, BK_ID_LEN);

	if (order)
		return order;
	return (a->owner_ordinal > b->owner_ordinal) -
	       (a->owner_ordinal < b->owner_ordinal);
}

/* In by_pack: where the pack is, or where it would go. */
static size_t seek(const struct bk_foreign_list *list,
		   const struct bk_table_row *pack, bool *there)
{
	size_t low = 0, high = list->n;

	*there = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint32_t number = list->by_pack[middle];
		int order = compare(&list->items[number].row, pack);
		if (order == 0) {
			*there = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t bk_foreign_number(struct bk_foreign_list *list,
			   const struct bk_table_row *pack)
{
	bool there;
	size_t n = list->n, at = seek(list, pack, &there);

	if (there)
		return list->by_pack[at];
	list->items =
		bk_array_room(list->items, n, &list->cap, sizeof(*list->items));
	list->by_pack = bk_array_room(list->by_pack, n, &list->cap_by_pack,
				      sizeof(*list->by_pack));
	memmove(&list->by_pack[at + 1], &list->by_pack[at],
		(n - at) * sizeof(*list->by_pack));
	list->by_pack[at] = (uint32_t)n;
	list->items[n] = (struct bk_foreign){*pack, BK_NO_ORDINAL};
	list->n++;
	return (uint32_t)n;
}
