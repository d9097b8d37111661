/* One pass over an account: see sync.h. */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/fault.h"
#include "sync/pass.h"

/* ---- what could not be done ---- */

static int too_many(const struct bk_pass *pass, struct bk_err *err)
{
	uint64_t most = pass->request->bad_items;

	if (pass->failed <= most)
		return 0;
	return bk_fail(err, BK_UNSAFE,
		       "%s: more than %llu messages could not be carried over; "
		       "allow more, or see to them first",
		       pass->request->name, (unsigned long long)most);
}

/* The folder has a place of its own where this is told. */
static const char *without_folder(const char *text, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(text, "folder ", 7) == 0 &&
	    strncmp(text + 7, name, len) == 0 &&
	    strncmp(text + 7 + len, ": ", 2) == 0)
		return text + 7 + len + 2;
	return text;
}

void bk_pass_tell(const struct bk_folder_pass *folder,
		  const struct bk_message *msg, const struct bk_err *why,
		  const char *outcome)
{
	const struct bk_sync_request *request = folder->pass->request;
	const char *text = without_folder(why->text, folder->from->name);

	bk_progress_item_error(
		request->progress,
		&(struct bk_item_error){
			.kind = why->kind,
			.account = request->name,
			.folder = folder->from->name,
			.uid = msg ? msg->uid : 0,
			.name = msg ? msg->name : NULL,
			.text = without_folder(text, folder->name),
			.outcome = outcome,
		});
}

int bk_pass_item_failed(struct bk_folder_pass *folder,
			const struct bk_message *msg, const struct bk_err *why,
			uint64_t *count, struct bk_err *err)
{
	struct bk_pass *pass = folder->pass;

	(*count)++;
	pass->failed++;
	folder->failed++;
	bk_pass_tell(folder, msg, why, "not copied");
	return too_many(pass, err);
}

/* Who says that a folder is gone may be the one end or the other: the source's
 * list tells. */
static bool is_gone(const struct bk_folder_pass *folder)
{
	const struct bk_sync_end *from = &folder->pass->request->from;
	struct bk_folder_list now = {0};
	struct bk_err ignored = {0};
	bool there = false;

	int rc = from->store->ops->folders(from->store, from->account, &now,
					   &ignored);
	for (size_t i = 0; i < now.n && !there; i++)
		there = !now.items[i].no_select &&
			strcmp(now.items[i].name, folder->from->name) == 0;
	bk_folder_list_clear(&now);
	return rc == 0 && !there;
}

/* A folder that is not given, or not taken, is no reason to leave the others;
 * one that went away while we looked at others is none at all. */
static int folder_failed(struct bk_folder_pass *folder,
			 const struct bk_err *why, struct bk_err *err)
{
	struct bk_pass *pass = folder->pass;

	if (why->kind == BK_GONE && is_gone(folder))
		return 0;
	if (why->kind != BK_GONE && why->kind != BK_REFUSED &&
	    why->kind != BK_DENIED && why->kind != BK_EXISTS) {
		*err = *why;
		return -1;
	}
	pass->failed++;
	pass->counts->refused++;
	bool unmade = !folder->to && why->end == BK_END_DESTINATION &&
		      why->kind != BK_GONE;
	bk_pass_tell(folder, NULL, why,
		     unmade ? "folder not copied; --map gives it another name"
			    : "folder not copied");
	return too_many(pass, err);
}

/* ---- folders of both ends ---- */

struct listing {
	const struct bk_sync_end *end;
	struct bk_folder_list *out;
	struct bk_err err;
	int rc;
};

static void *list_folders(void *arg)
{
	struct listing *listing = arg;
	const struct bk_sync_end *end = listing->end;

	bk_folder_list_clear(listing->out);
	listing->rc = end->store->ops->folders(end->store, end->account,
					       listing->out, &listing->err);
	return NULL;
}

/* Both at a time: the round trips of the one are those of the other. */
int bk_sync_list_both(const struct bk_sync_end *from_end,
		      const struct bk_sync_end *to_end,
		      struct bk_folder_list *from_list,
		      struct bk_folder_list *to_list, struct bk_err *err)
{
	struct listing from = {.end = from_end, .out = from_list};
	struct listing to = {.end = to_end, .out = to_list};
	pthread_t thread;

	bool two = to_end->account &&
		   pthread_create(&thread, NULL, list_folders, &from) == 0;
	if (!two)
		(void)list_folders(&from);
	if (to_end->account)
		(void)list_folders(&to);
	if (two)
		(void)pthread_join(thread, NULL);
	if (from.rc < 0) {
		*err = from.err;
		(void)bk_err_at(err, BK_END_SOURCE);
		return bk_context(err, "source");
	}
	if (to.rc < 0) {
		*err = to.err;
		(void)bk_err_at(err, BK_END_DESTINATION);
		return bk_context(err, "destination");
	}
	return 0;
}

int bk_pass_list(struct bk_pass *pass, struct bk_err *err)
{
	static const struct bk_folder_rules none;
	const struct bk_sync_request *request = pass->request;

	bk_folder_map_clear(&pass->map);
	if (bk_sync_list_both(&request->from, &request->to, &pass->from,
			      &pass->to, err) < 0)
		return -1;
	int rc = bk_folder_map_make(&pass->map, &pass->from, &pass->to,
				    request->rules ? request->rules : &none,
				    err);
	bk_pass_names_folders(pass);
	return rc;
}

/* ---- one folder ---- */

/* What the destination will say of the folder when nobody else touches it: the
 * journal may believe it then.  Where it was not told which messages are ours
 * the next pass looks for them by content. */
static void expect(struct bk_pass *pass, const struct bk_folder_pass *folder)
{
	if (!folder->wrote || folder->unnamed)
		return;
	pass->after = bk_array_room(pass->after, pass->n_after,
				    &pass->cap_after, sizeof(*pass->after));
	struct bk_journal_folder *after = &pass->after[pass->n_after++];
	*after = folder->row;
	after->to.messages = folder->to_messages;
	after->to.uid_next = folder->to_next;
	after->from.name = bk_arena_strdup(&pass->arena, after->from.name);
	after->to.name = bk_arena_strdup(&pass->arena, after->to.name);
}

static void pass_over(struct bk_folder_pass *folder)
{
	struct bk_sync_counts *counts = folder->pass->counts;

	counts->messages += folder->row.from.messages;
	counts->kept += folder->row.from.messages;
}

/* It was made, and nothing says that it was finished once. */
static bool is_begun(const struct bk_folder_pass *folder)
{
	const struct bk_journal_folder *row = &folder->row;

	return row->made && !row->from.uid_next && !row->to.uid_next &&
	       !folder->pass->request->once && !folder->pass->request->old &&
	       folder->to && folder->to->counted && !folder->to->messages;
}

struct bk_folder_pass bk_pass_folder_of(struct bk_pass *pass,
					const struct bk_folder_pair *pair)
{
	const struct bk_journal_folder *row =
		bk_pass_row(pass, pair->from->name);
	struct bk_folder_pass folder = {
		.pass = pass,
		.from = &pass->from.items[pair->from - pass->from.items],
		.name = pair->name,
		.dry_run = pass->request->dry_run,
	};

	if (pair->to)
		folder.to = &pass->to.items[pair->to - pass->to.items];
	if (row && strcmp(row->to.name, pair->name) == 0)
		folder.row = *row;
	folder.first = !folder.row.id;
	if (pass->ahead.makes && pass->ahead.next.from == folder.from)
		folder.row = pass->ahead.next.row;
	folder.begun = is_begun(&folder);
	return folder;
}

static int sync_folder(struct bk_pass *pass, const struct bk_folder_pair *pair,
		       struct bk_err *err)
{
	struct bk_folder_pass folder = bk_pass_folder_of(pass, pair);
	struct bk_err why = {0};
	int rc = 0;

	pass->counts->folders++;
	if (bk_folder_pass_is_same(&folder) &&
	    !bk_folder_pass_rights_differ(&folder)) {
		pass_over(&folder);
		bk_folder_pass_clear(&folder);
		return 0;
	}
	rc = bk_folder_pass_run(&folder, &why);
	if (rc < 0)
		rc = folder_failed(&folder, &why, err);
	else
		expect(pass, &folder);
	bk_folder_pass_clear(&folder);
	bk_alloc_trim();
	return rc < 0 ? bk_context(err, "folder %s", pair->from->name) : 0;
}

/* A name that held messages at the last pass is not a level yet; one that was
 * tried then and is not subscribed to is not again. */
static bool subscribes_to_level(struct bk_pass *pass,
				const struct bk_folder_pair *pair)
{
	const struct bk_journal_folder *row =
		bk_pass_row(pass, pair->from->name);

	return pair->from->subscribed && !(pair->to && pair->to->subscribed) &&
	       !(row && (row->subscribed || row->from.uid_validity));
}

/* A level that holds no messages is made with what is below it; what has
 * nothing below it is made for itself. */
bool bk_pass_wants(struct bk_pass *pass, const struct bk_folder_pair *pair)
{
	if (pair->why == BK_FOLDER_LEFT)
		return false;
	if (!pair->from->no_select || subscribes_to_level(pass, pair))
		return true;
	return !pair->to && !pair->from->subscribed &&
	       !bk_pass_has_below(pass, pair->name);
}

/* ---- the account ---- */

static bool is_as_expected(const struct bk_folder *is,
			   const struct bk_journal_side *row)
{
	return is->counted && is->uid_next && is->messages == row->messages &&
	       is->uid_next == row->uid_next &&
	       is->uid_validity == row->uid_validity;
}

/* What was written is as it was left, if nobody else was there meanwhile: then
 * the next pass need not look. */
static int look_again(struct bk_pass *pass, struct bk_err *err)
{
	const struct bk_sync_end *to = &pass->request->to;
	struct bk_folder_list now = {0};
	struct bk_name_order rows = {0};
	int rc = 0;

	if (!pass->n_after)
		return 0;
	if (to->store->ops->folders(to->store, to->account, &now, err) < 0)
		return bk_err_at(err, BK_END_DESTINATION);
	for (size_t i = 0; i < pass->n_after; i++)
		bk_name_order_add(&rows, pass->after[i].to.name, i);
	bk_name_order_sort(&rows);
	for (size_t i = 0; i < now.n && rc == 0; i++) {
		size_t n;
		const struct bk_named *named =
			bk_name_order_find(&rows, now.items[i].name, &n);
		struct bk_journal_folder *row =
			n ? &pass->after[named->at] : NULL;
		if (!row || !is_as_expected(&now.items[i], &row->to))
			continue;
		row->to.highest_modseq = now.items[i].highest_modseq;
		rc = bk_journal_folder_put(pass->request->journal,
					   pass->account, row, err);
	}
	bk_name_order_clear(&rows);
	bk_folder_list_clear(&now);
	return rc;
}

/* What belongs to no folder, and what is to be durable. */
static int finish_account(struct bk_pass *pass, struct bk_err *err)
{
	const struct bk_sync_end *from = &pass->request->from;
	const struct bk_sync_end *to = &pass->request->to;
	const struct bk_store_ops *ops = to->store->ops;

	if (!pass->wrote)
		return 0;
	if (ops->finish_account &&
	    ops->finish_account(to->store, to->account, from->account->settings,
				from->account->n_settings, err) < 0)
		return bk_err_at(err, BK_END_DESTINATION);
	bk_fault("sync: account finished, not durable");
	if (ops->sync && ops->sync(to->store, err) < 0)
		return bk_err_at(err, BK_END_DESTINATION);
	return look_again(pass, err);
}

static void tell_view(const struct bk_pass *pass, const char *name)
{
	char *text = bk_asprintf(
		"%s: folder %s is left out: it shows mail of other folders. "
		"What is in it alone, as archived mail may be, comes with "
		"--views",
		pass->request->name, name);

	bk_progress_warning(pass->request->progress, text);
	free(text);
}

enum turn { FOLDERS, REST, LEVELS };

static enum turn turn_of(const struct bk_folder *from)
{
	return from->no_select ? LEVELS : from->rest ? REST : FOLDERS;
}

static int sync_those(struct bk_pass *pass, enum turn turn, struct bk_err *err)
{
	for (size_t i = 0; i < pass->map.n; i++) {
		const struct bk_folder_pair *pair = &pass->map.pairs[i];
		if (bk_cancelled(err) < 0)
			return -1;
		if (turn_of(pair->from) != turn)
			continue;
		if (pair->is_view && !pair->from->view)
			tell_view(pass, pair->from->name);
		if (pair->why == BK_FOLDER_LEFT)
			bk_pass_left_out(pass, pair);
		pass->at = i;
		if (bk_pass_wants(pass, pair) &&
		    sync_folder(pass, pair, err) < 0)
			return -1;
	}
	return 0;
}

/* What no other folder shows comes after those: what has left another one since
 * is in it then.  Levels can be subscribed to when what is below them is there.
 */
static int sync_all(struct bk_pass *pass, struct bk_err *err)
{
	if (sync_those(pass, FOLDERS, err) < 0 ||
	    sync_those(pass, REST, err) < 0)
		return -1;
	return sync_those(pass, LEVELS, err);
}

static int begin_account(struct bk_pass *pass, struct bk_err *err)
{
	const struct bk_sync_request *request = pass->request;

	if (!request->journal)
		return 0;
	if (bk_journal_account(request->journal, request->name, &pass->account,
			       err) < 0)
		return -1;
	if (bk_journal_folders(request->journal, pass->account, &pass->rows,
			       err) < 0)
		return -1;
	bk_pass_names_rows(pass);
	return bk_journal_rights(request->journal, pass->account, &pass->rights,
				 err);
}

/* Where some are kept it is said how many; where none can be, once. */
static void tell_uids(const struct bk_pass *pass)
{
	const struct bk_sync_counts *counts = pass->counts;
	char *text = NULL;

	if (counts->folders_uids)
		text = bk_asprintf(
			"%s: %llu of %llu folders that were written "
			"keep their UIDs",
			pass->request->name,
			(unsigned long long)counts->folders_uids,
			(unsigned long long)counts->folders_written);
	else if (counts->folders_own)
		text = bk_asprintf("%s: new UIDs: the server gives out its own",
				   pass->request->name);
	if (text)
		bk_progress_note(pass->request->progress, text);
	free(text);
}

static int run(struct bk_pass *pass, struct bk_err *err)
{
	const struct bk_sync_request *request = pass->request;

	if (begin_account(pass, err) < 0 || bk_pass_list(pass, err) < 0 ||
	    bk_pass_renames(pass, err) < 0 || bk_pass_rights(pass, err) < 0 ||
	    sync_all(pass, err) < 0 || bk_pass_departed(pass, err) < 0 ||
	    bk_pass_texts(pass, err) < 0)
		return -1;
	if (request->dry_run)
		return 0;
	if (bk_pass_quota(pass, err) < 0 || finish_account(pass, err) < 0)
		return -1;
	tell_uids(pass);
	return bk_journal_account_end(request->journal, pass->account,
				      pass->counts->messages, pass->failed,
				      err);
}

void bk_pass_clear(struct bk_pass *pass)
{
	struct bk_message_list unused = {0};

	(void)bk_pass_looked_ahead(pass, NULL, &unused);
	bk_pass_names_clear(pass);
	bk_folder_map_clear(&pass->map);
	bk_folder_list_clear(&pass->from);
	bk_folder_list_clear(&pass->to);
	bk_journal_folders_clear(&pass->rows);
	bk_journal_rights_clear(&pass->rights);
	free(pass->after);
	bk_arena_clear(&pass->arena);
}

int bk_sync_account(const struct bk_sync_request *request,
		    struct bk_sync_counts *out, struct bk_err *err)
{
	struct bk_pass pass = {.request = request, .counts = out};

	*out = (struct bk_sync_counts){0};
	int rc = run(&pass, err);
	bk_pass_clear(&pass);
	return rc;
}
