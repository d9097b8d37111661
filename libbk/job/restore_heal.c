/* Damaged messages of a live store: see restore_heal.h. */

#include "job/restore_heal.h"

#include <string.h>

#include "store/name_table.h"

/* Where messages present lie, by name; those that no row of the set is. */
static void list_strangers(const struct bk_restore_folder *folder,
			   struct bk_name_table *out)
{
	for (uint32_t i = 0; i < folder->present.n; i++) {
		const char *name = folder->present.items[i].name;
		if (folder->match.row_of[i] == BK_MATCH_NONE && *name)
			bk_name_table_add(
				out, bk_name_table_key(out, name, strlen(name)),
				i);
	}
}

static bool find(struct bk_name_table *strangers, const char *name,
		 uint32_t *present)
{
	size_t at = 0;

	return *name && bk_name_table_next(strangers,
					   bk_name_table_key(strangers, name,
							     strlen(name)),
					   &at, present);
}

void bk_restore_heal_choose(struct bk_restore_folder *folder)
{
	struct bk_name_table strangers = {0};
	uint32_t present = 0;

	list_strangers(folder, &strangers);
	folder->damaged =
		bk_alloc((folder->rows.n + 1) * sizeof(*folder->damaged));
	folder->n_todo = 0;
	for (uint32_t i = 0; i < folder->rows.n; i++) {
		struct bk_message *row = &folder->rows.items[i].msg;
		if (folder->match.present_of[i] != BK_MATCH_NONE)
			continue;
		if (!find(&strangers, row->name, &present)) {
			folder->missing++;
			continue;
		}
		const struct bk_message *here = &folder->present.items[present];
		row->flags = here->flags;
		row->keywords = here->keywords;
		row->n_keywords = here->n_keywords;
		folder->damaged[folder->n_todo] = present;
		folder->todo[folder->n_todo++] = i;
	}
	folder->there = folder->rows.n - folder->n_todo - folder->missing;
	bk_name_table_clear(&strangers);
}

/* Those of this folder, when a message could not be written, all stay: which of
 * them it was is not known here. */
int bk_restore_heal_remove(struct bk_restore_folder *folder,
			   const struct bk_restore_into *into,
			   struct bk_err *err)
{
	const struct bk_store_ops *ops = into->store->ops;
	struct bk_folder_writer *writer = NULL;
	struct bk_folder_result result = {0};
	int rc = 0;

	if (!folder->n_todo || atomic_load(&folder->failed))
		return 0;
	/* No UIDs are to be kept: nothing is written. */
	folder->want.uid_validity = 0;
	if (ops->sync(into->store, err) < 0 ||
	    ops->begin(into->store, folder->account, &folder->want, 0, &writer,
		       err) < 0)
		return -1;
	for (size_t i = 0; i < folder->n_todo && rc == 0; i++)
		rc = ops->remove(writer,
				 &folder->present.items[folder->damaged[i]],
				 err);
	if (rc < 0) {
		ops->abort(writer);
		return -1;
	}
	return ops->finish(writer, &result, err);
}
