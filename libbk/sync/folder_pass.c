/* One folder, made alike: see sync.h.  What is to be done was planned. */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/fault.h"
#include "store/lacks.h"
#include "sync/folder_marks.h"

void bk_folder_pass_clear(struct bk_folder_pass *folder)
{
	struct bk_err unheard = {0};

	(void)bk_folder_pass_opened(folder, &unheard);
	if (folder->writer)
		folder->writer->store->ops->abort(folder->writer);
	bk_folder_plan_clear(&folder->plan);
	bk_pair_list_clear(&folder->pairs);
	bk_message_list_clear(&folder->from_list);
	bk_message_list_clear(&folder->to_list);
	bk_message_list_clear(&folder->doubt.messages);
	bk_uid_set_clear(&folder->from_gone);
	bk_uid_set_clear(&folder->to_gone);
	bk_rights_plan_clear(&folder->rights);
	bk_folder_clear(&folder->words);
	bk_carried_list_clear(&folder->carried);
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

/* What was taken away with the folder stays away from the next one, too. */
static uint32_t forgotten(const struct bk_folder_pass *folder, uint32_t uid)
{
	bool away = uid && bk_folder_pass_is_away(folder);

	return away || uid == BK_UID_TAKEN_AWAY ? BK_UID_TAKEN_AWAY : 0;
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
			pair->to.uid = forgotten(folder, pair->to.uid);
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
	bool to = row->id && folder->pairs.n &&
		  (folder->to ? row->to.uid_validity != folder->to->uid_validity
			      : bk_folder_pass_is_away(folder));

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
	if (want->rest)
		want->special_use = "\\Archive";
	want->rest = false;
	want->unsubscribe = folder->row.subscribed && !want->subscribed;
	want->subscribed_there = folder->to && folder->to->subscribed;
	want->not_there = !folder->to || folder->begun;
	want->keywords = folder->words.keywords;
	want->n_keywords = folder->words.n_keywords;
	want->acl = folder->gifts;
	want->n_acl = folder->n_gifts;
	want->acl_watch = &folder->acl_watch;
	if (folder->to) {
		want->raw = folder->to->raw;
		want->delimiter = folder->to->delimiter;
	} else if (from != to ||
		   strcmp(folder->name, folder->from->name) != 0) {
		want->raw = (struct bk_view){NULL, 0};
		want->delimiter = 0;
	}
}

int bk_folder_pass_prepare(struct bk_folder_pass *folder, struct bk_err *err)
{
	if (begin_row(folder, err) < 0)
		return -1;
	describe(folder);
	return 0;
}

/* To keep UIDs a store gives an empty folder the source's UIDVALIDITY: what
 * arrives from now on has UIDs of that one. */
static int note_validity(struct bk_folder_pass *folder, struct bk_err *err)
{
	uint32_t now = folder->writer->folder.uid_validity;
	uint32_t *was = &folder->row.to.uid_validity;

	if (!folder->writer->keeps_uids || !now || now == *was)
		return 0;
	if (folder->pairs.n && forget_uids(folder, false, true, err) < 0)
		return -1;
	*was = now;
	return put_row(folder, err);
}

static void *open_writer(void *arg)
{
	struct bk_folder_pass *folder = arg;
	const struct bk_sync_end *to = &folder->pass->request->to;
	struct bk_opening *opening = &folder->opening;

	opening->rc =
		to->store->ops->begin(to->store, to->account, &folder->want, 0,
				      &opening->writer, &opening->err);
	return NULL;
}

/* `beside`: what is next does not need it yet. */
static void begin_writer(struct bk_folder_pass *folder, bool beside)
{
	struct bk_opening *opening = &folder->opening;

	describe(folder);
	*opening = (struct bk_opening){.begun = true};
	opening->beside = beside && pthread_create(&opening->thread, NULL,
						   open_writer, folder) == 0;
	if (!opening->beside)
		(void)open_writer(folder);
}

int bk_folder_pass_opened(struct bk_folder_pass *folder, struct bk_err *err)
{
	struct bk_opening *opening = &folder->opening;

	if (!opening->begun)
		return 0;
	if (opening->beside)
		(void)pthread_join(opening->thread, NULL);
	opening->begun = false;
	if (opening->rc < 0) {
		*err = opening->err;
		return bk_err_at(err, BK_END_DESTINATION);
	}
	folder->writer = opening->writer;
	folder->wrote = folder->pass->wrote = true;
	if (!folder->row.made && !folder->to)
		folder->row.made = true;
	bk_fault("sync: folder opened to be written");
	return note_validity(folder, err);
}

/* ---- one folder ---- */

/* Those that an earlier pass brought have the source's UIDs, too. */
static bool same_uids(const struct bk_folder_pass *folder)
{
	for (size_t i = 0; i < folder->pairs.n; i++) {
		const struct bk_pair *pair = &folder->pairs.items[i];
		if (pair->from.uid && pair->to.uid &&
		    pair->to.uid != BK_UID_TAKEN_AWAY &&
		    pair->from.uid != pair->to.uid)
			return false;
	}
	return true;
}

/* What it could not give is known then. */
static int end_writer(struct bk_folder_pass *folder,
		      struct bk_folder_result *result, struct bk_err *err)
{
	struct bk_folder_writer *writer = folder->writer;
	struct bk_lacks lacks = {0};

	folder->writer = NULL;
	writer->lacks = &lacks;
	int rc = writer->store->ops->finish(writer, result, err);
	if (rc < 0)
		(void)bk_err_at(err, BK_END_DESTINATION);
	else
		bk_folder_pass_ended(folder, result, same_uids(folder), &lacks);
	bk_lacks_clear(&lacks);
	return rc;
}

static int finish_writer(struct bk_folder_pass *folder, struct bk_err *err)
{
	struct bk_folder_result result = {0};

	if (!folder->to || !folder->row.to.uid_validity)
		folder->row.to.uid_validity =
			folder->writer->folder.uid_validity;
	if (bk_folder_pass_rights_sent(folder, err) < 0) {
		folder->writer->store->ops->abort(folder->writer);
		folder->writer = NULL;
		return -1;
	}
	if (end_writer(folder, &result, err) < 0)
		return -1;
	if (result.uid_validity)
		folder->row.to.uid_validity = result.uid_validity;
	folder->pass->counts->folders_written++;
	if (result.uid_next > folder->to_next)
		folder->to_next = result.uid_next;
	if (result.kept_uids && same_uids(folder))
		folder->pass->counts->folders_uids++;
	folder->pass->counts->folders_own += result.own_uids;
	if (*result.note && !result.own_uids) {
		char *text =
			bk_asprintf("%s: %s: %s", folder->pass->request->name,
				    folder->name, result.note);
		bk_progress_note(folder->pass->request->progress, text);
		free(text);
	}
	bk_fault("sync: folder finished");
	return 0;
}

/* A folder that people took away comes again with new mail only. */
static bool stays_away(const struct bk_folder_pass *folder)
{
	return bk_folder_pass_is_away(folder) && !folder->plan.n_add;
}

static bool needs_writer(struct bk_folder_pass *folder)
{
	if (!folder->to)
		return true;
	if (bk_folder_pass_subscribes(folder) || folder->n_gifts)
		return true;
	if (folder->from->n_annotations &&
	    (folder->first || folder->pass->request->full))
		return true;
	for (size_t i = 0; i < folder->plan.n; i++) {
		enum bk_task_kind kind = folder->plan.tasks[i].kind;
		if (kind != BK_TASK_NOTE && kind != BK_TASK_FORGET &&
		    kind != BK_TASK_NONE)
			return true;
	}
	return false;
}

/* Then the first body may be asked for while the folder is opened. */
static bool only_adds(const struct bk_folder_pass *folder)
{
	if (!folder->pass->request->to.store->ops->far || !folder->plan.n_add)
		return false;
	for (size_t i = 0; i < folder->plan.n; i++)
		if (folder->plan.tasks[i].kind != BK_TASK_ADD)
			return false;
	return true;
}

static int write_folder(struct bk_folder_pass *folder, struct bk_notes *notes,
			struct bk_err *err)
{
	if (bk_folder_pass_rights(folder, err) < 0)
		return -1;
	bool adds = only_adds(folder);
	bool writes = needs_writer(folder);
	if (writes)
		begin_writer(folder, adds);
	if (!adds && (bk_folder_pass_opened(folder, err) < 0 ||
		      bk_notes_marks(notes, err) < 0))
		return -1;
	if (writes && bk_folder_pass_transfer(folder, err) < 0)
		return -1;
	if (bk_folder_pass_opened(folder, err) < 0 ||
	    bk_folder_pass_latecomers(folder, err) < 0)
		return -1;
	if (bk_notes_removals(notes, err) < 0)
		return -1;
	if (folder->writer && finish_writer(folder, err) < 0)
		return -1;
	return bk_folder_pass_rights_given(folder, err);
}

/* A dry run: what would be done is counted. */
static int count_folder(struct bk_folder_pass *folder, struct bk_notes *notes,
			struct bk_err *err)
{
	for (size_t i = 0; i < folder->plan.n_add; i++) {
		if (folder->plan.tasks[i].kind != BK_TASK_ADD)
			continue;
		folder->pass->counts->added++;
		folder->pass->counts->bytes +=
			bk_folder_pass_source(folder, i)->size;
	}
	if (bk_notes_marks(notes, err) < 0)
		return -1;
	return bk_notes_removals(notes, err);
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
	counts->folders_made += !folder->to && !stays_away(folder);
	folder->to_messages = folder->to_side.heard == BK_HEARD_ALL
				      ? folder->to_list.n
			      : folder->to ? folder->to->messages
					   : 0;
	folder->to_next = folder->to ? folder->to->uid_next : 0;
}

int bk_folder_pass_run(struct bk_folder_pass *folder, struct bk_err *err)
{
	struct bk_notes notes = {.folder = folder};
	int rc = bk_folder_pass_look(folder, err);

	if (rc < 0)
		return -1;
	count_messages(folder);
	if (stays_away(folder))
		return 0;
	notes.put = bk_alloc(BK_NOTES_ROOM * sizeof(*notes.put));
	notes.gone = bk_alloc(BK_NOTES_ROOM * sizeof(*notes.gone));
	if (folder->dry_run)
		rc = count_folder(folder, &notes, err);
	else if (begin_row(folder, err) < 0)
		rc = -1;
	else
		rc = write_folder(folder, &notes, err);
	if (rc == 0) {
		bk_folder_pass_tell_carried(folder);
		end_row(folder);
		rc = put_row(folder, err);
	}
	free(notes.put);
	free(notes.gone);
	bk_arena_clear(&notes.arena);
	return rc;
}
