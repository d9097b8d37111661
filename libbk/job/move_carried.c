/* What became of what goes along with the mail: see move_carried.h. */

#include "job/move_carried.h"

#include <string.h>

bool bk_move_carried_lacks(const struct bk_carried *row)
{
	return row->n && row->became != BK_BECAME_MOVED;
}

void bk_move_carried_join(struct bk_carried_list *list,
			  const struct bk_carried *row, uint64_t n)
{
	struct bk_carried one = *row;

	for (size_t i = 0; i < list->n; i++) {
		struct bk_carried *is = &list->items[i];
		if (strcmp(is->what, row->what) != 0 ||
		    is->became != row->became || strcmp(is->why, row->why) != 0)
			continue;
		is->n += n;
		if (strcmp(is->folder, row->folder) != 0)
			is->folder = "";
		return;
	}
	one.n = n;
	bk_carried_list_add(list, &one);
}

void bk_move_carried_rows(const struct bk_move_record *record,
			  struct bk_carried_list *out)
{
	const struct bk_carried_list *all = &record->carried;

	*out = (struct bk_carried_list){0};
	for (size_t i = 0; i < all->n; i++) {
		struct bk_carried row = all->items[i];
		row.folder = "";
		if (row.n && row.became == BK_BECAME_MOVED)
			bk_move_carried_join(out, &row, row.n);
	}
	for (size_t i = 0; i < all->n; i++) {
		const struct bk_carried *row = &all->items[i];
		if (!bk_move_carried_lacks(row))
			continue;
		if (strcmp(row->what, BK_MOVE_UIDS) == 0)
			bk_move_carried_join(out, row, row->n);
		else
			bk_carried_list_add(out, row);
	}
}
