/* Packs by name: see packids.h. */

#include "repo/packids.h"

#include <stdlib.h>
#include <string.h>

#include "repo/signed.h"

void bk_pack_ids_clear(struct bk_pack_ids *list)
{
	free(list->items);
	*list = (struct bk_pack_ids){0};
}

static struct bk_pack_id *add_pack(struct bk_pack_ids *list)
{
	list->items = bk_array_room(list->items, list->n, &list->cap,
				    sizeof(*list->items));
	return &list->items[list->n++];
}

void bk_pack_ids_add(struct bk_pack_ids *list, const uint8_t owner[BK_ID_LEN],
		     uint32_t ordinal)
{
	struct bk_pack_id *pack = add_pack(list);

	memcpy(pack->owner, owner, BK_ID_LEN);
	pack->ordinal = ordinal;
}

static int compare_packs(const void *a, const void *b)
{
	const struct bk_pack_id *p = a, *q = b;
	int order = memcmp(p->owner, q->owner, BK_ID_LEN);

	if (order)
		return order;
	return (p->ordinal > q->ordinal) - (p->ordinal < q->ordinal);
}

void bk_pack_ids_sort(struct bk_pack_ids *list)
{
	size_t kept = 0;

	if (list->n)
		qsort(list->items, list->n, sizeof(*list->items),
		      compare_packs);
	for (size_t i = 0; i < list->n; i++) {
		if (kept &&
		    compare_packs(&list->items[kept - 1], &list->items[i]) == 0)
			continue;
		list->items[kept++] = list->items[i];
	}
	list->n = kept;
}

bool bk_pack_ids_has(const struct bk_pack_ids *list,
		     const uint8_t owner[BK_ID_LEN], uint32_t ordinal)
{
	struct bk_pack_id wanted = {.ordinal = ordinal};

	memcpy(wanted.owner, owner, BK_ID_LEN);
	return list->n && bsearch(&wanted, list->items, list->n,
				  sizeof(*list->items), compare_packs);
}

void bk_pack_ids_encode(struct bk_pack_ids *list, uint8_t type,
			struct bk_buf *to)
{
	struct bk_buf body = {0};

	bk_pack_ids_sort(list);
	for (size_t i = 0; i < list->n; i++) {
		bk_buf_add(&body, list->items[i].owner, BK_ID_LEN);
		bk_buf_add_u32(&body, list->items[i].ordinal);
		bk_signed_add(to, type, &body);
	}
	bk_buf_clear(&body);
}

void bk_pack_ids_read(struct bk_pack_ids *list, struct bk_cursor *from)
{
	struct bk_pack_id *pack = add_pack(list);

	bk_cursor_copy(from, pack->owner, BK_ID_LEN);
	pack->ordinal = bk_cursor_u32(from);
	if (list->n > 1 && compare_packs(pack - 1, pack) >= 0)
		from->bad = true;
}
