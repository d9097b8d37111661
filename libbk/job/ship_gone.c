/*
 * Sets that were pruned before they were copied.  Each set names the one that
 * its host made before; where that one never came, a copy that is looked at
 * alone could not tell it from one that somebody took away: see ship_run.h.
 */

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "job/ship_run.h"

static bool is_in_world(const struct bk_ship_world *world,
			const uint8_t id[BK_ID_LEN])
{
	for (size_t i = 0; i < world->n_sets; i++)
		if (memcmp(world->sets[i].id, id, BK_ID_LEN) == 0)
			return true;
	return false;
}

void bk_ship_gone_find(struct bk_ship_lane *lane,
		       const struct bk_blob_list *there,
		       const struct bk_condemned *trash)
{
	const struct bk_ship_world *world = &lane->run->world;
	struct bk_set_ids *missed = &lane->missed;
	char name[BK_NAME_MAX];

	for (size_t i = 0; i < world->n_sets; i++) {
		const uint8_t *id = world->sets[i].previous;
		if (bk_id_is_zero(id) || is_in_world(world, id) ||
		    bk_blob_list_find(there, bk_name_root(name, id)) ||
		    bk_condemned_has_set(trash, id))
			continue;
		missed->items =
			bk_array_room(missed->items, missed->n, &missed->cap,
				      sizeof(*missed->items));
		memcpy(missed->items[missed->n++].id, id, BK_ID_LEN);
	}
}

int bk_ship_gone_tell(struct bk_ship_lane *lane, struct bk_err *err)
{
	const struct bk_repo *from = lane->run->request->repo;
	struct bk_condemned trash = {0};

	if (!lane->missed.n)
		return 0;
	int rc = bk_tombstones_read(from, &trash, err);
	if (rc == 0)
		rc = bk_tombstones_carry(lane->view, &trash, &lane->missed,
					 err);
	bk_condemned_clear(&trash);
	return rc;
}
