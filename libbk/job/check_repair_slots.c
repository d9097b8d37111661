/* Key slots that are damaged or lack: see check_repair_run.h. */

#include <stdlib.h>
#include <string.h>

#include "job/check_repair_run.h"
#include "job/mend.h"
#include "repo/slot.h"

static const struct bk_slot *slot_in(const struct bk_slot_list *slots,
				     const char *name)
{
	char its[BK_NAME_MAX];

	for (size_t i = 0; i < slots->n; i++)
		if (strcmp(bk_name_slot(its, slots->items[i].id), name) == 0)
			return &slots->items[i];
	return NULL;
}

/* From a place where it holds; true if there is one. */
static bool slot_from(const struct bk_repair *repair, size_t from,
		      const char *name, struct bk_buf *out)
{
	struct bk_slot_list slots = {0};
	struct bk_err ignored = {0};
	bool found = false;

	if (!repair->places[from].target)
		return false;
	if (bk_slot_list(repair->places[from].target, repair->request->repo->id,
			 &slots, &ignored) == 0) {
		const struct bk_slot *slot = slot_in(&slots, name);
		found = slot != NULL;
		if (found)
			bk_buf_add(out, slot->raw, sizeof(slot->raw));
	}
	bk_slot_list_clear(&slots);
	return found;
}

int bk_repair_slot(struct bk_repair *repair, size_t place, const char *name,
		   struct bk_err *err)
{
	struct bk_buf raw = {0};
	struct bk_err why = {0};
	size_t from = 0;
	int rc = 0;

	while (from < repair->n_places &&
	       (from == place || !slot_from(repair, from, name, &raw)))
		from++;
	if (from < repair->n_places && !repair->request->dry_run)
		rc = bk_mend_small(repair->places[place].target, name,
				   bk_buf_view(&raw), &why);
	if (from < repair->n_places && rc == 0) {
		char *how = bk_asprintf("from %s", repair->places[from].name);
		bk_repair_tell(repair, place, name, how);
		free(how);
		repair->mended++;
	}
	bk_buf_clear(&raw);
	return rc < 0 ? bk_repair_tell_failure(repair, place, name, &why, err)
		      : 0;
}
