/* What stays as an earlier set has it: see backup_kept.h. */

#include "job/backup_kept.h"

#include <string.h>

#include "repo/records.h"

void bk_kept_add_sum(struct bk_backup_walk *walk, uint32_t folder_id,
		     const uint8_t sum[BK_SHA256_LEN])
{
	walk->sums = bk_array_room(walk->sums, walk->n_sums, &walk->cap_sums,
				   sizeof(*walk->sums));
	struct bk_folder_sum *at = &walk->sums[walk->n_sums++];
	at->folder_id = folder_id;
	memcpy(at->sha256, sum, sizeof(at->sha256));
	walk->n_folders++;
}

void bk_kept_mark_met(struct bk_backup_walk *walk,
		      const struct bk_set_folder *folder)
{
	const struct bk_set *base = walk->base->base;

	if (base)
		walk->base_folder_met[folder - base->folders] = true;
}

/* A folder that is not looked at in this run, or cannot be. */
static int keep_base_folder(struct bk_backup_walk *walk,
			    const struct bk_set_folder *folder,
			    struct bk_err *err)
{
	struct bk_row_list rows = {0};
	uint8_t sum[BK_SHA256_LEN];

	if (bk_set_rows(walk->base->base, folder->id, false, &rows, err) < 0)
		return -1;
	bk_set_folder_sum(folder, &rows, sum);
	bk_kept_add_sum(walk, folder->id, sum);
	for (size_t i = 0; i < rows.n; i++)
		walk->counts.bytes += rows.items[i].msg.size;
	walk->counts.messages += rows.n;
	walk->counts.kept += rows.n;
	bk_row_list_clear(&rows);
	bk_kept_mark_met(walk, folder);
	return 0;
}

int bk_kept_account(struct bk_backup_walk *walk,
		    const struct bk_set_account *account, struct bk_err *err)
{
	const struct bk_set *base = walk->base->base;
	const struct bk_set_folder *folder;

	walk->n_accounts++;
	for (size_t i = 0; (folder = bk_set_folder_of(base, account->id, i));
	     i++)
		if (keep_base_folder(walk, folder, err) < 0)
			return -1;
	return 0;
}

void bk_kept_name(struct bk_backup_walk *walk, uint8_t type,
		  struct bk_view body)
{
	if (!walk->preview)
		bk_manifest_writer_name(walk->manifest, type, body);
}

void bk_kept_gone(struct bk_backup_walk *walk, uint8_t type, uint32_t id)
{
	struct bk_buf body = {0};

	bk_buf_add_varint(&body, id);
	bk_kept_name(walk, type, bk_buf_view(&body));
	bk_buf_clear(&body);
}

void bk_kept_report(struct bk_backup_walk *walk,
		    const struct bk_account *account,
		    const struct bk_folder *folder, const struct bk_err *why,
		    const char *outcome)
{
	walk->unlisted++;
	bk_progress_item_error(walk->progress,
			       &(struct bk_item_error){
				       .kind = why->kind,
				       .account = account->address,
				       .folder = folder ? folder->name : NULL,
				       .text = why->text,
				       .outcome = outcome,
			       });
}

bool bk_kept_ends_the_run(enum bk_kind kind)
{
	return kind == BK_LOST || kind == BK_CANCELLED || kind == BK_MISUSE ||
	       kind == BK_STARVED;
}

/* The listing that the previous set gives in place of the store's. */
int bk_kept_list(struct bk_backup_task *task, struct bk_set *set,
		 const struct bk_set_folder *folder, struct bk_err *err)
{
	struct bk_set_folder copy = {0};
	struct bk_row_list rows = {0};

	if (bk_folder_decode(bk_buf_view(&folder->body), &copy, err) < 0 ||
	    bk_set_rows(set, folder->id, false, &rows, err) < 0) {
		bk_set_folder_clear(&copy);
		return -1;
	}
	bk_folder_clear(&task->folder);
	task->folder = copy.folder;
	copy.folder = (struct bk_folder){0};
	bk_set_folder_clear(&copy);
	for (size_t i = 0; i < rows.n; i++) {
		struct bk_message *msg = bk_message_list_add(&task->now);
		*msg = rows.items[i].msg;
		msg->file = "";
	}
	bk_arena_join(&task->now.arena, &rows.arena);
	bk_row_list_clear(&rows);
	task->from_previous = true;
	return 0;
}

/* The folder as the newest set has it, where that is not the base itself. */
static const struct bk_set_folder *in_previous(
	const struct bk_backup_walk *walk, const struct bk_backup_task *task)
{
	const struct bk_set *previous = walk->base->previous;
	const struct bk_set_account *account =
		previous && previous != walk->base->base
			? bk_set_account_find(previous, task->account->address)
			: NULL;

	return account ? bk_set_folder_named(previous, account->id,
					     task->folder.name)
		       : NULL;
}

/* Where the newest set is the base, nothing is said of the folder; else what
 * that set had is compared with the base, as a listing would be. */
int bk_kept_folder(struct bk_backup_walk *walk, struct bk_backup_task *task,
		   const struct bk_err *why, struct bk_err *err)
{
	const struct bk_set_folder *folder = in_previous(walk, task);

	if (folder) {
		bk_kept_report(walk, task->account, &task->folder, why,
			       "kept as the previous set has it");
		return bk_kept_list(task, walk->base->previous, folder, err) < 0
			       ? -1
			       : 1;
	}
	if (task->base) {
		bk_kept_report(walk, task->account, &task->folder, why,
			       "kept as the base has it");
		return keep_base_folder(walk, task->base, err);
	}
	bk_kept_report(walk, task->account, &task->folder, why,
		       "not in this set");
	return 0;
}

/* ---- what a server did not tell of a folder ---- */

static int take_untold(struct bk_folder *folder,
		       const struct bk_set_folder *was, struct bk_err *err)
{
	struct bk_set_folder copy = {0};
	int rc = bk_folder_decode(bk_buf_view(&was->body), &copy, err);

	if (rc == 0 && folder->acl_untold) {
		folder->acl = copy.folder.acl;
		folder->n_acl = copy.folder.n_acl;
	}
	if (rc == 0 && folder->annotations_untold) {
		folder->annotations = copy.folder.annotations;
		folder->n_annotations = copy.folder.n_annotations;
	}
	if (rc == 0)
		bk_arena_join(&folder->arena, &copy.folder.arena);
	bk_set_folder_clear(&copy);
	return rc;
}

int bk_kept_untold(struct bk_backup_walk *walk, struct bk_backup_task *task,
		   bool report, struct bk_err *err)
{
	const struct bk_set_folder *was = in_previous(walk, task);
	struct bk_folder *folder = &task->folder;
	struct bk_err why = {0};

	if (!was)
		was = task->base;
	if (was && take_untold(folder, was, err) < 0)
		return -1;
	if (!report)
		return 0;
	(void)bk_fail(&why, BK_DENIED,
		      folder->acl_untold
			      ? "the server does not tell its rights: give its "
				"owner the right to administer it, a (SETACL)"
			      : "the server does not tell its annotations");
	bk_kept_report(walk, task->account, folder, &why,
		       was ? "kept as an earlier set has them"
			   : "not in this set");
	return 0;
}
