/* Which sets a target shows, for who remembers them: see ship_run.h. */

#include <stdlib.h>
#include <string.h>

#include "job/ship_run.h"

static const struct bk_set_info *at_source(const struct bk_ship_run *run,
					   const uint8_t id[BK_ID_LEN])
{
	for (size_t i = 0; i < run->sets.n; i++)
		if (memcmp(run->sets.items[i].id, id, BK_ID_LEN) == 0)
			return &run->sets.items[i];
	return NULL;
}

/*
 * Whose it is and which, says the source's root: no root is read there.  What
 * only the target has is there, and no more is said of it.
 */
static struct bk_set_info info_of(const struct bk_ship_run *run,
				  const uint8_t id[BK_ID_LEN])
{
	static char unread[] = "was not read";
	const struct bk_set_info *here = at_source(run, id);
	struct bk_set_info info = {.broken = unread};

	if (here)
		info = *here; /* borrowed */
	memcpy(info.id, id, BK_ID_LEN);
	return info;
}

void bk_ship_seen(const struct bk_ship_lane *lane,
		  const struct bk_blob_list *there)
{
	struct bk_witness *witness = lane->view ? lane->view->witness : NULL;
	struct bk_set_info_list list = {0};
	struct bk_name name;

	for (size_t i = 0; i < there->n; i++) {
		if (bk_name_parse(there->items[i].name, &name) != BK_NAME_ROOT)
			continue;
		list.items = bk_array_room(list.items, list.n, &list.cap,
					   sizeof(*list.items));
		list.items[list.n++] = info_of(lane->run, name.id);
	}
	/* One that is empty begins anew. */
	if (witness && list.n)
		witness->saw(witness, lane->view, &list);
	free(list.items);
}
