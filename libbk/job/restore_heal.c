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

/* A damaged file is written anew, with the flags that it has. */
static void take_up(struct bk_restore_folder *folder, uint32_t i,
		    uint32_t present)
{
	struct bk_message *row = &folder->rows.items[i].msg;
	const struct bk_message *here = &folder->present.items[present];

	row->flags = here->flags;
	row->keywords = here->keywords;
	row->n_keywords = here->n_keywords;
	folder->damaged[folder->n_todo] = present;
	folder->todo[folder->n_todo++] = i;
}

/* A row that is there under another name, while a stranger has its own: a run
 * that was cut off wrote it anew, and did not take the damaged file away. */
static void list_stale(struct bk_restore_folder *folder,
		       struct bk_name_table *strangers)
{
	uint32_t present = 0;

	for (uint32_t i = 0; i < folder->rows.n; i++)
		if (folder->match.present_of[i] != BK_MATCH_NONE &&
		    find(strangers, folder->rows.items[i].msg.name, &present))
			folder->damaged[folder->n_todo + folder->n_stale++] =
				present;
}

void bk_restore_heal_choose(struct bk_restore_folder *folder)
{
	struct bk_name_table strangers = {0};
	uint32_t present = 0;

	list_strangers(folder, &strangers);
	folder->damaged =
		bk_alloc((folder->rows.n + 1) * sizeof(*folder->damaged));
	folder->lost = bk_alloc((folder->rows.n + 1) * sizeof(*folder->lost));
	folder->n_todo = 0;
	for (uint32_t i = 0; i < folder->rows.n; i++) {
		if (folder->match.present_of[i] != BK_MATCH_NONE)
			continue;
		if (find(&strangers, folder->rows.items[i].msg.name, &present))
			take_up(folder, i, present);
		else
			folder->missing++;
	}
	list_stale(folder, &strangers);
	folder->there = folder->rows.n - folder->n_todo - folder->missing;
	bk_name_table_clear(&strangers);
}

static int remove_damaged(struct bk_restore_folder *folder,
			  struct bk_folder_writer *writer, struct bk_err *err)
{
	const struct bk_store_ops *ops = writer->store->ops;

	for (size_t i = 0; i < folder->n_todo + folder->n_stale; i++) {
		bool stays =
			i < folder->n_todo && folder->lost[folder->todo[i]];
		if (!stays &&
		    ops->remove(writer,
				&folder->present.items[folder->damaged[i]],
				err) < 0)
			return -1;
	}
	return 0;
}

/* What could not be written anew stays as it is. */
int bk_restore_heal_remove(struct bk_restore_folder *folder,
			   const struct bk_restore_into *into,
			   struct bk_err *err)
{
	const struct bk_store_ops *ops = into->store->ops;
	struct bk_folder_writer *writer = NULL;
	struct bk_folder_result result = {0};

	if (folder->n_todo + folder->n_stale == atomic_load(&folder->failed))
		return 0;
	/* No UIDs are to be kept: nothing is written. */
	folder->want.uid_validity = 0;
	if (ops->sync(into->store, err) < 0 ||
	    ops->begin(into->store, folder->account, &folder->want, 0, &writer,
		       err) < 0)
		return -1;
	if (remove_damaged(folder, writer, err) < 0) {
		ops->abort(writer);
		return -1;
	}
	return ops->finish(writer, &result, err);
}
