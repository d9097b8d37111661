/* One folder, made alike: see sync.h.  What is to be done was planned. */

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/fault.h"
#include "sync/pass.h"

#define AT_A_TIME ((size_t)1000) /* flags and removals of a flush */

void bk_folder_pass_clear(struct bk_folder_pass *folder)
{
	if (folder->writer)
		folder->writer->store->ops->abort(folder->writer);
	bk_folder_plan_clear(&folder->plan);
	bk_pair_list_clear(&folder->pairs);
	bk_message_list_clear(&folder->from_list);
	bk_message_list_clear(&folder->to_list);
	bk_message_list_clear(&folder->doubt.messages);
	bk_uid_set_clear(&folder->from_gone);
	bk_uid_set_clear(&folder->to_gone);
	bk_folder_clear(&folder->words);
	bk_arena_clear(&folder->arena);
	*folder = (struct bk_folder_pass){0};
}

/* ---- the journal's row of the folder ---- */

static int put_row(struct bk_folder_pass *folder, struct bk_err *err)
{
	struct bk_pass *pass = folder->pass;

	if (folder->dry_run)
		return 0;
	return bk_journal_folder_put(pass->request->journal, pass->account,
				     &folder->row, err);
}

static void note_side(struct bk_journal_side *side,
		      const struct bk_folder *folder)
{
	side->uid_validity = folder->uid_validity;
	side->has_guid = folder->has_guid;
	memcpy(side->guid, folder->guid, sizeof(side->guid));
}

/* UIDs of another UIDVALIDITY mean nothing: they go before the journal says
 * that there is a new one. */
static int forget_uids(struct bk_folder_pass *folder, bool from, bool to,
		       struct bk_err *err)
{
	const struct bk_journal_news news = {
		.folder = folder->row.id,
		.words = &folder->words,
		.put = folder->pairs.items,
		.n_put = folder->pairs.n,
	};

	for (size_t i = 0; i < folder->pairs.n; i++) {
		struct bk_pair *pair = &folder->pairs.items[i];
		if (from)
			pair->from.uid = 0;
		if (to)
			pair->to.uid = 0;
	}
	return bk_folder_pass_record(folder, &news, err);
}

/* The row as it is while the folder is under way: nothing of it lets a later
 * pass believe that all is done. */
static int begin_row(struct bk_folder_pass *folder, struct bk_err *err)
{
	struct bk_journal_folder *row = &folder->row;
	bool from = row->id && folder->pairs.n &&
		    row->from.uid_validity != folder->from->uid_validity;
	bool to = row->id && folder->pairs.n && folder->to &&
		  row->to.uid_validity != folder->to->uid_validity;

	if ((from || to) && forget_uids(folder, from, to, err) < 0)
		return -1;
	note_side(&row->from, folder->from);
	row->from.uid_next = 0;
	row->to.uid_next = 0;
	row->to.name = folder->name;
	row->from.name = folder->from->name;
	if (folder->to)
		note_side(&row->to, folder->to);
	else
		row->made = true;
	return put_row(folder, err);
}

/* ---- the writer ---- */

static void describe(struct bk_folder_pass *folder)
{
	const struct bk_store_ops *from =
		folder->pass->request->from.store->ops;
	const struct bk_store_ops *to = folder->pass->request->to.store->ops;
	struct bk_folder *want = &folder->want;

	*want = *folder->from;
	want->arena = (struct bk_arena){0};
	want->name = folder->name;
	want->driver = NULL;
	want->keywords = folder->words.keywords;
	want->n_keywords = folder->words.n_keywords;
	if (folder->to) {
		want->raw = folder->to->raw;
		want->delimiter = folder->to->delimiter;
	} else if (from != to ||
		   strcmp(folder->name, folder->from->name) != 0) {
		want->raw = (struct bk_view){NULL, 0};
		want->delimiter = 0;
	}
}

static int begin_writer(struct bk_folder_pass *folder, struct bk_err *err)
{
	const struct bk_sync_end *to = &folder->pass->request->to;

	describe(folder);
	if (to->store->ops->begin(to->store, to->account, &folder->want, 0,
				  &folder->writer, err) < 0)
		return -1;
	folder->wrote = folder->pass->wrote = true;
	if (!folder->row.made && !folder->to)
		folder->row.made = true;
	bk_fault("sync: folder opened to be written");
	return 0;
}

/* ---- rows of what is done ---- */

static struct bk_journal_message from_now(const struct bk_folder_pass *folder,
					  const struct bk_task *task)
{
	if (task->from != BK_NO_INDEX)
		return bk_journal_message_of(
			&folder->from_list.items[task->from]);
	return folder->pairs.items[task->pair].from;
}

static struct bk_journal_message to_now(const struct bk_folder_pass *folder,
					const struct bk_task *task)
{
	if (task->to != BK_NO_INDEX)
		return bk_journal_message_of(&folder->to_list.items[task->to]);
	return folder->pairs.items[task->pair].to;
}

/* A batch was on its way, and this is one of it that arrived. */
static bool is_ours(const struct bk_folder_pass *folder,
		    const struct bk_task *task)
{
	const struct bk_message_list *list = &folder->doubt.messages;
	const struct bk_message *from = &folder->from_list.items[task->from];
	const struct bk_message *to = &folder->to_list.items[task->to];

	if (task->pair != BK_NO_INDEX)
		return folder->pairs.items[task->pair].ours;
	if (to->uid && to->uid < folder->doubt.to_uid_next)
		return false;
	for (size_t i = 0; i < list->n; i++)
		if (*from->name ? strcmp(list->items[i].name, from->name) == 0
				: list->items[i].uid == from->uid)
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

/* What is to be written down once it is sure. */
struct notes {
	struct bk_folder_pass *folder;
	struct bk_arena arena;
	struct bk_pair *put; /* room for AT_A_TIME */
	size_t n_put;
	uint32_t *gone; /* likewise */
	size_t n_gone;
	size_t n_set; /* messages that had flags set, since the last flush */
};

static int write_notes(struct notes *notes, struct bk_err *err)
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
static int flags_refused(struct notes *notes, const struct bk_err *why)
{
	struct bk_folder_pass *folder = notes->folder;

	folder->pass->counts->lost_flags += notes->n_set;
	folder->pass->counts->flags -= notes->n_set;
	bk_progress_item_error(folder->pass->request->progress,
			       &(struct bk_item_error){
				       .kind = why->kind,
				       .account = folder->pass->request->name,
				       .folder = folder->from->name,
				       .text = why->text,
				       .outcome = "some flags are not set",
			       });
	notes->n_put = notes->n_gone = notes->n_set = 0;
	bk_arena_clear(&notes->arena);
	return 0;
}

static int settle(struct notes *notes, struct bk_err *err)
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

static int make_room(struct notes *notes, struct bk_err *err)
{
	if (notes->n_put + notes->n_gone < AT_A_TIME)
		return 0;
	return settle(notes, err);
}

static int set_flags(struct notes *notes, const struct bk_task *task,
		     const struct bk_journal_message *marks, struct bk_err *err)
{
	struct bk_folder_pass *folder = notes->folder;
	struct bk_message here = present(folder, task);
	struct bk_message want = here;
	struct bk_err why = {0};

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
		return -1;
	}
	folder->pass->counts->lost_flags += why.kind == BK_REFUSED;
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
static int do_marks(struct notes *notes, const struct bk_task *task,
		    struct bk_err *err)
{
	struct bk_folder_pass *folder = notes->folder;
	const struct bk_pair *was = task->pair != BK_NO_INDEX
					    ? &folder->pairs.items[task->pair]
					    : NULL;
	struct bk_pair now = {
		.from = from_now(folder, task),
		.to = to_now(folder, task),
	};
	struct bk_journal_message want = now.to;

	if (task->kind == BK_TASK_FOUND)
		folder->pass->counts->found += !was;
	bk_marks_merge(was ? &was->from : NULL, &now.from, &now.to, &want,
		       &notes->arena);
	if (!bk_marks_equal(&want, &now.to)) {
		int rc = folder->dry_run ? 1
					 : set_flags(notes, task, &want, err);
		folder->pass->counts->flags += folder->dry_run;
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
	now.ours =
		task->kind == BK_TASK_FOUND ? is_ours(folder, task) : was->ours;
	notes->put[notes->n_put++] = now;
	return 0;
}

static int do_all_marks(struct notes *notes, struct bk_err *err)
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
	if (task->kind == BK_TASK_REMOVE)
		return true;
	return task->kind == BK_TASK_ORPHAN && !folder->failed &&
	       !folder->pass->request->keep_deleted &&
	       folder->pairs.items[task->pair].ours;
}

static int remove_one(struct notes *notes, const struct bk_task *task,
		      struct bk_err *err)
{
	struct bk_folder_pass *folder = notes->folder;
	struct bk_message here = present(folder, task);
	struct bk_err why = {0};

	folder->pass->counts->gone++;
	if (folder->to_messages)
		folder->to_messages--;
	if (!folder->dry_run &&
	    folder->writer->store->ops->remove(folder->writer, &here, &why) <
		    0 &&
	    why.kind != BK_GONE) {
		*err = why;
		return -1;
	}
	notes->gone[notes->n_gone++] = folder->pairs.items[task->pair].id;
	return make_room(notes, err);
}

static int remove_all(struct notes *notes, struct bk_err *err)
{
	const struct bk_folder_pass *folder = notes->folder;

	for (size_t i = folder->plan.n_add; i < folder->plan.n; i++) {
		const struct bk_task *task = &folder->plan.tasks[i];
		if (!goes(folder, task))
			continue;
		if (bk_cancelled(err) < 0 || remove_one(notes, task, err) < 0)
			return -1;
	}
	return settle(notes, err);
}

/* ---- one folder ---- */

static int finish_writer(struct bk_folder_pass *folder, struct bk_err *err)
{
	struct bk_folder_writer *writer = folder->writer;
	struct bk_folder_result result = {0};

	folder->writer = NULL;
	if (!folder->to || !folder->row.to.uid_validity)
		folder->row.to.uid_validity = writer->folder.uid_validity;
	if (writer->store->ops->finish(writer, &result, err) < 0)
		return -1;
	if (!folder->row.to.uid_validity)
		folder->row.to.uid_validity = result.uid_validity;
	if (*result.note) {
		char *text =
			bk_asprintf("%s: %s: %s", folder->pass->request->name,
				    folder->name, result.note);
		bk_progress_note(folder->pass->request->progress, text);
		free(text);
	}
	bk_fault("sync: folder finished");
	return 0;
}

static bool needs_writer(const struct bk_folder_pass *folder)
{
	if (!folder->to)
		return true;
	if (folder->from->subscribed && !folder->to->subscribed &&
	    !folder->row.subscribed)
		return true;
	for (size_t i = 0; i < folder->plan.n; i++) {
		enum bk_task_kind kind = folder->plan.tasks[i].kind;
		if (kind != BK_TASK_NOTE && kind != BK_TASK_FORGET &&
		    kind != BK_TASK_NONE)
			return true;
	}
	return false;
}

static int write_folder(struct bk_folder_pass *folder, struct notes *notes,
			struct bk_err *err)
{
	if (needs_writer(folder) && begin_writer(folder, err) < 0)
		return -1;
	if (do_all_marks(notes, err) < 0)
		return -1;
	if (folder->writer && bk_folder_pass_transfer(folder, err) < 0)
		return -1;
	if (remove_all(notes, err) < 0)
		return -1;
	return folder->writer ? finish_writer(folder, err) : 0;
}

/* A dry run: what would be done is counted. */
static int count_folder(struct bk_folder_pass *folder, struct notes *notes,
			struct bk_err *err)
{
	for (size_t i = 0; i < folder->plan.n_add; i++) {
		if (folder->plan.tasks[i].kind != BK_TASK_ADD)
			continue;
		folder->pass->counts->added++;
		folder->pass->counts->bytes +=
			bk_folder_pass_source(folder, i)->size;
	}
	if (do_all_marks(notes, err) < 0)
		return -1;
	return remove_all(notes, err);
}

/* What the journal may believe from now on.  What failed is looked for again:
 * with the values of before nothing would show it. */
static void end_row(struct bk_folder_pass *folder)
{
	struct bk_journal_folder *row = &folder->row;
	const struct bk_folder *from = folder->from;

	row->from.uid_next = folder->failed ? 0 : from->uid_next;
	row->from.highest_modseq = folder->failed ? 0 : from->highest_modseq;
	row->from.messages = folder->from_side.heard == BK_HEARD_ALL
				     ? folder->from_list.n
				     : from->messages;
	row->subscribed = from->subscribed;
	if (folder->to && !folder->wrote) {
		row->to.uid_next = folder->to->uid_next;
		row->to.highest_modseq = folder->to->highest_modseq;
		row->to.messages = folder->to->messages;
	}
}

static void count_messages(struct bk_folder_pass *folder)
{
	struct bk_sync_counts *counts = folder->pass->counts;

	counts->messages += folder->from_side.heard == BK_HEARD_ALL
				    ? folder->from_list.n
				    : folder->from->messages;
	counts->kept += folder->plan.kept;
	counts->folders_made += !folder->to;
	folder->to_messages = folder->to_side.heard == BK_HEARD_ALL
				      ? folder->to_list.n
			      : folder->to ? folder->to->messages
					   : 0;
	folder->to_next = folder->to ? folder->to->uid_next : 0;
}

int bk_folder_pass_run(struct bk_folder_pass *folder, struct bk_err *err)
{
	struct notes notes = {.folder = folder};
	int rc = bk_folder_pass_look(folder, err);

	if (rc < 0)
		return -1;
	count_messages(folder);
	notes.put = bk_alloc(AT_A_TIME * sizeof(*notes.put));
	notes.gone = bk_alloc(AT_A_TIME * sizeof(*notes.gone));
	if (folder->dry_run)
		rc = count_folder(folder, &notes, err);
	else if (begin_row(folder, err) < 0)
		rc = -1;
	else
		rc = write_folder(folder, &notes, err);
	if (rc == 0) {
		end_row(folder);
		rc = put_row(folder, err);
	}
	free(notes.put);
	free(notes.gone);
	bk_arena_clear(&notes.arena);
	return rc;
}
