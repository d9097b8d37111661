/* Flags, rows of the journal, and what goes: see sync.h. */

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/fault.h"
#include "sync/folder_marks.h"

/* ---- rows of what is done ---- */

static const struct bk_pair *pair_of(const struct bk_folder_pass *folder,
				     const struct bk_task *task)
{
	return task->pair < folder->pairs.n ? &folder->pairs.items[task->pair]
					    : NULL;
}

static struct bk_journal_message from_now(const struct bk_folder_pass *folder,
					  const struct bk_task *task)
{
	const struct bk_pair *pair = pair_of(folder, task);

	if (task->from < folder->from_list.n)
		return bk_journal_message_of(
			&folder->from_list.items[task->from]);
	return pair ? pair->from : (struct bk_journal_message){.name = ""};
}

static struct bk_journal_message to_now(const struct bk_folder_pass *folder,
					const struct bk_task *task)
{
	const struct bk_pair *pair = pair_of(folder, task);

	if (task->to < folder->to_list.n)
		return bk_journal_message_of(&folder->to_list.items[task->to]);
	return pair ? pair->to : (struct bk_journal_message){.name = ""};
}

/* We brought it; or a batch was on its way, and this is one that arrived. */
static bool is_ours(const struct bk_folder_pass *folder,
		    const struct bk_task *task)
{
	const struct bk_message_list *list = &folder->doubt.messages;
	const struct bk_pair *pair = pair_of(folder, task);
	const struct bk_journal_message from = from_now(folder, task);
	const struct bk_journal_message to = to_now(folder, task);

	if (pair)
		return pair->ours;
	if (to.uid && to.uid < folder->doubt.to_uid_next)
		return false;
	for (size_t i = 0; i < list->n; i++)
		if (*from.name ? strcmp(list->items[i].name, from.name) == 0
			       : list->items[i].uid == from.uid)
			return true;
	return false;
}

/* The message as the destination's store knows it. */
static struct bk_message present(const struct bk_folder_pass *folder,
				 const struct bk_task *task)
{
	if (task->to != BK_NO_INDEX)
		return folder->to_list.items[task->to];
	const struct bk_journal_message *was =
		&folder->pairs.items[task->pair].to;
	return (struct bk_message){
		.name = was->name,
		.file = "",
		.uid = was->uid,
		.flags = was->flags,
		.n_keywords = was->n_keywords,
		.keywords = was->keywords,
	};
}

/* ---- flags ---- */

static int write_notes(struct bk_notes *notes, struct bk_err *err)
{
	struct bk_folder_pass *folder = notes->folder;
	const struct bk_journal_news news = {
		.folder = folder->row.id,
		.words = &folder->words,
		.put = notes->put,
		.n_put = notes->n_put,
		.gone = notes->gone,
		.n_gone = notes->n_gone,
	};
	int rc = 0;

	if (notes->n_put || notes->n_gone)
		rc = bk_folder_pass_record(folder, &news, err);
	notes->n_put = notes->n_gone = notes->n_set = 0;
	bk_arena_clear(&notes->arena);
	return rc;
}

/* Some flag of some message was turned down; the next pass tries again. */
static int flags_refused(struct bk_notes *notes, const struct bk_err *why)
{
	struct bk_folder_pass *folder = notes->folder;

	folder->failed++;
	folder->pass->counts->lost_flags += notes->n_set;
	folder->pass->counts->unset += notes->n_set;
	folder->pass->counts->flags -= notes->n_set;
	bk_pass_tell(folder, NULL, why, "some flags are not set");
	notes->n_put = notes->n_gone = notes->n_set = 0;
	bk_arena_clear(&notes->arena);
	return 0;
}

static int settle(struct bk_notes *notes, struct bk_err *err)
{
	struct bk_message_list told = {0};
	struct bk_err why = {0};
	int rc = 0;

	if (notes->folder->writer)
		rc = bk_folder_pass_flush(notes->folder, &told, &why);
	bk_message_list_clear(&told);
	bk_fault("sync: flags or removals done, not in the journal");
	if (rc == 0)
		return write_notes(notes, err);
	if (why.kind == BK_REFUSED)
		return flags_refused(notes, &why);
	*err = why;
	return -1;
}

static int make_room(struct bk_notes *notes, struct bk_err *err)
{
	if (notes->n_put + notes->n_gone < BK_NOTES_ROOM)
		return 0;
	return settle(notes, err);
}

static int set_flags(struct bk_notes *notes, const struct bk_task *task,
		     const struct bk_journal_message *marks, struct bk_err *err)
{
	struct bk_folder_pass *folder = notes->folder;
	struct bk_message here = present(folder, task);
	struct bk_message want = here;
	struct bk_err why = {0};

	if (folder->dry_run) {
		folder->pass->counts->flags++;
		return 1;
	}
	want.flags = marks->flags;
	want.n_keywords = marks->n_keywords;
	want.keywords = marks->keywords;
	if (folder->writer->store->ops->set_flags(folder->writer, &here, &want,
						  &why) == 0) {
		folder->pass->counts->flags++;
		notes->n_set++;
		return 1;
	}
	if (why.kind != BK_REFUSED && why.kind != BK_GONE) {
		*err = why;
		return bk_err_at(err, BK_END_DESTINATION);
	}
	folder->failed++;
	folder->pass->counts->lost_flags += why.kind == BK_REFUSED;
	folder->pass->counts->unset += why.kind == BK_REFUSED;
	return 0;
}

/* As if the source had been so: what it is now is new to the next pass. */
static void copy_marks(struct bk_journal_message *to,
		       const struct bk_journal_message *from)
{
	to->flags = from->flags;
	to->n_keywords = from->n_keywords;
	to->keywords = from->keywords;
}

/* FOUND, FLAGS and NOTE: the row becomes what is, or will be, now. */
static int do_marks(struct bk_notes *notes, const struct bk_task *task,
		    struct bk_err *err)
{
	struct bk_folder_pass *folder = notes->folder;
	struct bk_sync_counts *counts = folder->pass->counts;
	const struct bk_pair *was = pair_of(folder, task);
	struct bk_pair now = {
		.from = from_now(folder, task),
		.to = to_now(folder, task),
	};
	struct bk_journal_message want = now.to;

	if (task->kind == BK_TASK_FOUND)
		*(was ? &counts->kept : &counts->found) += 1;
	bk_marks_merge(was ? &was->from : NULL, &now.from, &now.to, &want,
		       &notes->arena);
	if (!bk_marks_equal(&want, &now.to)) {
		int rc = set_flags(notes, task, &want, err);
		if (rc < 0)
			return -1;
		/* It is the next pass's to try again. */
		if (rc == 0 && was)
			return 0;
		if (rc > 0)
			now.to = want;
		else
			copy_marks(&now.from, &now.to);
	}
	now.id = was ? was->id : folder->next_id++;
	now.ours = is_ours(folder, task);
	notes->put[notes->n_put++] = now;
	return 0;
}

int bk_notes_marks(struct bk_notes *notes, struct bk_err *err)
{
	const struct bk_folder_plan *plan = &notes->folder->plan;

	for (size_t i = 0; i < plan->n; i++) {
		const struct bk_task *task = &plan->tasks[i];
		if (bk_cancelled(err) < 0 || make_room(notes, err) < 0)
			return -1;
		if (task->kind == BK_TASK_FOUND ||
		    task->kind == BK_TASK_FLAGS || task->kind == BK_TASK_NOTE) {
			if (do_marks(notes, task, err) < 0)
				return -1;
		} else if (task->kind == BK_TASK_FORGET) {
			notes->gone[notes->n_gone++] =
				notes->folder->pairs.items[task->pair].id;
		}
	}
	return settle(notes, err);
}

/* ---- what goes ---- */

/* What is to go stays while something that should be here is not; for what an
 * orphan was may be just that. */
static bool goes(const struct bk_folder_pass *folder,
		 const struct bk_task *task)
{
	if (folder->holds)
		return false;
	if (task->kind == BK_TASK_REMOVE)
		return true;
	return task->kind == BK_TASK_ORPHAN && !folder->failed &&
	       !folder->pass->request->keep_deleted &&
	       folder->pairs.items[task->pair].ours;
}

/* Is it there for another one, too?  Then it goes with the last of them. */
static bool stays_for_twin(const struct bk_notes *notes, size_t pair,
			   uint32_t uid)
{
	struct bk_pair_list *pairs = &notes->folder->pairs;

	if (!notes->twins || !uid || pair >= pairs->n)
		return false;
	pairs->items[pair].to.uid = 0;
	for (size_t i = 0; i < pairs->n; i++)
		if (pairs->items[i].to.uid == uid)
			return true;
	return false;
}

static int remove_one(struct bk_notes *notes, const struct bk_task *task,
		      struct bk_err *err)
{
	struct bk_folder_pass *folder = notes->folder;
	struct bk_message here = present(folder, task);
	struct bk_err why = {0};

	if (stays_for_twin(notes, task->pair, here.uid)) {
		notes->gone[notes->n_gone++] =
			folder->pairs.items[task->pair].id;
		return make_room(notes, err);
	}
	if (!folder->dry_run &&
	    folder->writer->store->ops->remove(folder->writer, &here, &why) <
		    0 &&
	    why.kind != BK_GONE) {
		if (why.kind == BK_REFUSED)
			return bk_pass_item_failed(
				folder, &here, &why,
				&folder->pass->counts->refused, err);
		*err = why;
		return bk_err_at(err, BK_END_DESTINATION);
	}
	folder->pass->counts->gone++;
	if (folder->to_messages)
		folder->to_messages--;
	notes->gone[notes->n_gone++] = folder->pairs.items[task->pair].id;
	return make_room(notes, err);
}

static bool has_removals(const struct bk_folder_pass *folder)
{
	for (size_t i = folder->plan.n_add; i < folder->plan.n; i++)
		if (goes(folder, &folder->plan.tasks[i]))
			return true;
	return false;
}

/* May it have been given a message since it was listed? */
static bool has_grown(const struct bk_folder *was, const struct bk_folder *is)
{
	if (is->no_select || is->rest || is->view)
		return false;
	return !was || !was->uid_next || was->uid_next != is->uid_next ||
	       was->uid_validity != is->uid_validity;
}

/* What no other folder shows: was that so all the time?  What was given to one
 * of them between its listing and this one's is in neither list.  Then it
 * stays until the next pass has seen it where it is. */
static int hold_what_may_be_elsewhere(struct bk_folder_pass *folder,
				      struct bk_err *err)
{
	const struct bk_sync_end *from = &folder->pass->request->from;
	struct bk_folder_list now = {0};

	if (!folder->from->rest || !has_removals(folder))
		return 0;
	if (from->store->ops->folders(from->store, from->account, &now, err) <
	    0)
		return bk_err_at(err, BK_END_SOURCE);
	for (size_t i = 0; i < now.n && !folder->holds; i++)
		folder->holds =
			has_grown(bk_pass_from(folder->pass, now.items[i].name),
				  &now.items[i]);
	bk_folder_list_clear(&now);
	return 0;
}

int bk_notes_removals(struct bk_notes *notes, struct bk_err *err)
{
	struct bk_folder_pass *folder = notes->folder;

	if (hold_what_may_be_elsewhere(folder, err) < 0)
		return -1;
	if (folder->plan.n > folder->plan.n_add)
		notes->twins = bk_pairs_twins(&folder->pairs) > 0;
	for (size_t i = folder->plan.n_add; i < folder->plan.n; i++) {
		const struct bk_task *task = &folder->plan.tasks[i];
		if (!goes(folder, task))
			continue;
		if (bk_cancelled(err) < 0 || remove_one(notes, task, err) < 0)
			return -1;
	}
	return settle(notes, err);
}
