/*
 * Folders that the source no longer has under the name that it had: they got
 * another one, and so do they at the destination, or they are gone, and what
 * we brought goes too.
 */

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/fault.h"
#include "sync/folder_marks.h"
#include "sync/match.h"

#define SAMPLES 3

static struct bk_folder_pair *pair_of(const struct bk_pass *pass,
				      const struct bk_folder *from)
{
	return &pass->map.pairs[from - pass->from.items];
}

/* A name that no longer holds messages, but is subscribed to still or a level
 * of others, is not the folder that it was. */
static struct bk_folder *find_source(struct bk_pass *pass,
				     const struct bk_journal_folder *row)
{
	struct bk_folder *from = bk_pass_from(pass, row->from.name);

	return from && from->no_select && row->from.uid_validity ? NULL : from;
}

static int put_row(struct bk_pass *pass, struct bk_journal_folder *row,
		   struct bk_err *err)
{
	if (pass->request->dry_run)
		return 0;
	return bk_journal_folder_put(pass->request->journal, pass->account, row,
				     err);
}

/* ---- is it the same folder? ---- */

/* Pairs whose message was found in the listing. */
static size_t count_located(const struct bk_folder_pass *at)
{
	size_t n = at->pairs.n;

	for (size_t i = 0; i < at->plan.n; i++)
		n -= at->plan.tasks[i].kind == BK_TASK_REMOVE ||
		     at->plan.tasks[i].kind == BK_TASK_FORGET ||
		     at->plan.tasks[i].kind == BK_TASK_ORPHAN;
	return n;
}

/* The UID that it has at the destination; 0: none. */
static uint32_t partner_of(const struct bk_pair_list *pairs, uint32_t from)
{
	for (size_t i = 0; i < pairs->n; i++)
		if (pairs->items[i].from.uid == from &&
		    pairs->items[i].to.uid != BK_UID_TAKEN_AWAY)
			return pairs->items[i].to.uid;
	return 0;
}

/* Where UIDs alone tell: some of them are read at both sides. */
static int samples_match(struct bk_pass *pass, const struct bk_folder_pass *at,
			 struct bk_err *err)
{
	const struct bk_sync_request *request = pass->request;
	struct bk_message there[SAMPLES];
	struct bk_message *from[SAMPLES], *to[SAMPLES];
	uint32_t partner[SAMPLES];
	size_t n = 0, step = at->from_list.n / SAMPLES + 1;

	for (size_t i = 0; i < at->from_list.n && n < SAMPLES; i++) {
		struct bk_message *msg = &at->from_list.items[i];
		if (i < n * step)
			continue;
		uint32_t uid = partner_of(&at->pairs, msg->uid);
		if (!uid)
			continue;
		there[n] =
			(struct bk_message){.uid = uid, .name = "", .file = ""};
		from[n] = msg;
		to[n] = &there[n];
		n++;
	}
	const struct bk_match_side a = {
		request->from.store, request->from.account, at->from, from, n,
		BK_END_SOURCE};
	const struct bk_match_side b = {
		request->to.store, request->to.account, at->to, to, n,
		BK_END_DESTINATION};
	if (!n || !at->to)
		return 0;
	if (bk_sync_match(&a, &b, partner, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (partner[i] != i)
			return 0;
	return 1;
}

/* 1: half of what the journal knows is in it. */
static int holds_its_mail(struct bk_pass *pass, struct bk_journal_folder *row,
			  struct bk_folder *from, struct bk_err *err)
{
	const struct bk_sync_end *end = &pass->request->from;
	struct bk_folder_pass at = {.pass = pass, .from = from, .row = *row};
	size_t located = 0;

	at.to = bk_pass_to(pass, row->to.name);
	int rc = end->store->ops->scan(end->store, end->account, from,
				       &at.from_list, err);
	if (rc < 0)
		(void)bk_err_at(err, BK_END_SOURCE);
	if (rc == 0)
		rc = bk_journal_pairs(pass->request->journal, row->id,
				      &at.words, &at.pairs, err);
	if (rc == 0) {
		at.from_side = (struct bk_folder_side){
			.items = at.from_list.items,
			.n = at.from_list.n,
			.same_uids =
				row->from.uid_validity &&
				row->from.uid_validity == from->uid_validity};
		at.to_side = (struct bk_folder_side){.heard = BK_HEARD_NOTHING,
						     .same_uids = true};
		bk_folder_plan_make(&at.pairs, &at.from_side, &at.to_side,
				    &(struct bk_folder_policy){0}, &at.plan);
		located = count_located(&at);
		rc = located && located * 2 >= at.pairs.n;
	}
	bool sure = (at.pairs.n && *at.pairs.items[0].from.name) ||
		    (row->from.has_guid && from->has_guid);
	if (rc > 0 && !sure)
		rc = samples_match(pass, &at, err);
	bk_folder_pass_clear(&at);
	return rc;
}

static bool same_guid(const struct bk_journal_side *was,
		      const struct bk_folder *now)
{
	return was->has_guid && now->has_guid &&
	       memcmp(was->guid, now->guid, sizeof(was->guid)) == 0;
}

static bool may_be(const struct bk_journal_side *was,
		   const struct bk_folder *now)
{
	if (was->has_guid && now->has_guid)
		return same_guid(was, now);
	/* Not told before it is listed. */
	if (!now->uid_validity)
		return true;
	return now->uid_validity == was->uid_validity &&
	       now->uid_next >= was->uid_next;
}

/* The folder that a row's became; NULL in *out: none. */
static int find_new_name(struct bk_pass *pass, struct bk_journal_folder *row,
			 struct bk_folder **out, struct bk_err *err)
{
	for (size_t i = 0; i < pass->from.n; i++) {
		struct bk_folder *from = &pass->from.items[i];
		if (from->no_select || bk_pass_row(pass, from->name) ||
		    !may_be(&row->from, from))
			continue;
		int rc = holds_its_mail(pass, row, from, err);
		if (rc < 0)
			return -1;
		if (rc > 0 || same_guid(&row->from, from)) {
			*out = from;
			return 0;
		}
	}
	return 0;
}

/* ---- another name ---- */

static int rename_there(struct bk_pass *pass, struct bk_folder *old,
			const char *name, struct bk_err *err)
{
	const struct bk_sync_end *to = &pass->request->to;
	struct bk_err why = {0};

	if (!to->store->ops->rename_folder || pass->request->dry_run)
		return 0;
	if (to->store->ops->rename_folder(to->store, to->account, old, name,
					  &why) == 0) {
		pass->wrote = true;
		bk_fault("sync: folder renamed, not in the journal");
		return 1;
	}
	if (why.kind == BK_REFUSED || why.kind == BK_EXISTS ||
	    why.kind == BK_GONE)
		return 0;
	*err = why;
	return bk_err_at(err, BK_END_DESTINATION);
}

/* Where people work under its name, or the source only had the other one
 * before, the folder stays what it is there, unless that is another one's. */
static int keep_name(struct bk_pass *pass, struct bk_folder *old,
		     struct bk_folder_pair *pair)
{
	size_t n;

	(void)bk_name_order_find(&pass->names.pairs, old->name, &n);
	if (n)
		return 0;
	bk_pass_pair_rename(pass, pair, old);
	return 1;
}

/* It has another name there, too: 1, and *anew: folders are to be listed
 * again; 0: it cannot have it. */
static int take_name(struct bk_pass *pass, struct bk_folder *old,
		     struct bk_folder_pair *pair, bool *anew,
		     struct bk_err *err)
{
	const struct bk_sync_request *request = pass->request;

	if (request->once || request->old)
		return keep_name(pass, old, pair);
	int rc = pair->to ? 0 : rename_there(pass, old, pair->name, err);
	*anew = rc > 0;
	return rc;
}

/* The row's folder is `pair` now: 1, and the folders are listed anew if need
 * be; 0: it is not, and begins anew. */
static int follow(struct bk_pass *pass, struct bk_journal_folder *row,
		  struct bk_folder_pair *pair, struct bk_err *err)
{
	struct bk_folder *old = bk_pass_to(pass, row->to.name);
	bool renamed = false;

	if (pair->why == BK_FOLDER_LEFT)
		return 0;
	if (strcmp(pair->name, row->to.name) != 0 && old) {
		int rc = take_name(pass, old, pair, &renamed, err);
		if (rc <= 0)
			return rc;
	}
	bk_pass_row_rename(pass, row, pair->from->name);
	row->to.name = bk_arena_strdup(&pass->rows.arena, pair->name);
	row->from.uid_next = 0;
	if (put_row(pass, row, err) < 0 ||
	    (renamed && bk_pass_list(pass, err) < 0))
		return -1;
	return 1;
}

/* Another folder of the source is what its folder of the destination is to
 * become: which message is which is found by content. */
static int hand_over(struct bk_pass *pass, struct bk_journal_folder *row,
		     const struct bk_folder_pair *pair, struct bk_err *err)
{
	struct bk_folder words = {0};
	struct bk_pair_list pairs = {0};
	int rc = bk_journal_pairs(pass->request->journal, row->id, &words,
				  &pairs, err);

	for (size_t i = 0; i < pairs.n; i++) {
		pairs.items[i].from.uid = 0;
		pairs.items[i].from.name = "";
	}
	const struct bk_journal_news news = {.folder = row->id,
					     .words = &words,
					     .put = pairs.items,
					     .n_put = pairs.n};
	if (rc == 0 && !pass->request->dry_run)
		rc = bk_journal_write(pass->request->journal, &news, err);
	bk_pass_row_rename(pass, row, pair->from->name);
	row->from = (struct bk_journal_side){.name = row->from.name};
	if (rc == 0)
		rc = put_row(pass, row, err);
	bk_pair_list_clear(&pairs);
	bk_folder_clear(&words);
	return rc;
}

static const struct bk_folder_pair *heir_of(struct bk_pass *pass,
					    const struct bk_journal_folder *row)
{
	size_t n;
	const struct bk_named *named =
		bk_name_order_find(&pass->names.pairs, row->to.name, &n);

	for (size_t i = 0; i < n; i++) {
		const struct bk_folder_pair *pair =
			&pass->map.pairs[named[i].at];
		if (pair->why != BK_FOLDER_LEFT &&
		    !bk_pass_row(pass, pair->from->name))
			return pair;
	}
	return NULL;
}

static int look_for(struct bk_pass *pass, struct bk_journal_folder *row,
		    struct bk_err *err)
{
	struct bk_folder *now = NULL;

	if (find_new_name(pass, row, &now, err) < 0)
		return -1;
	if (now) {
		int rc = follow(pass, row, pair_of(pass, now), err);
		if (rc != 0)
			return rc < 0 ? -1 : 0;
	}
	const struct bk_folder_pair *heir = heir_of(pass, row);
	return heir ? hand_over(pass, row, heir, err) : 0;
}

/* ---- gone ---- */

static bool is_in_use(const struct bk_pass *pass, const char *name)
{
	size_t n;
	const struct bk_named *named =
		bk_name_order_find(&pass->names.pairs, name, &n);

	if (strcmp(name, "INBOX") == 0)
		return true;
	for (size_t i = 0; i < n; i++)
		if (!pass->map.pairs[named[i].at].from->no_select)
			return true;
	named = bk_name_order_below(&pass->names.to, name, &n);
	for (size_t i = 0; i < n; i++)
		if (!pass->to.items[named[i].at].no_select)
			return true;
	return false;
}

static int delete_there(struct bk_pass *pass, struct bk_folder *folder,
			struct bk_err *err)
{
	const struct bk_sync_end *to = &pass->request->to;
	struct bk_err why = {0};

	if (!to->store->ops->delete_folder)
		return 0;
	if (to->store->ops->delete_folder(to->store, to->account, folder,
					  &why) == 0) {
		folder->no_select = true;
		return 0;
	}
	if (why.kind == BK_REFUSED || why.kind == BK_GONE)
		return 0;
	*err = why;
	return bk_err_at(err, BK_END_DESTINATION);
}

static int take_away(struct bk_folder_pass *at, struct bk_err *err)
{
	const struct bk_sync_end *to = &at->pass->request->to;
	struct bk_notes notes = {.folder = at};
	struct bk_folder_result result = {0};
	int rc = 0;

	notes.put = bk_alloc(sizeof(*notes.put));
	notes.gone = bk_alloc(BK_NOTES_ROOM * sizeof(*notes.gone));
	if (!at->dry_run && at->plan.n) {
		rc = to->store->ops->begin(to->store, to->account, at->to, 0,
					   &at->writer, err);
		at->pass->wrote = true;
	}
	if (rc < 0)
		(void)bk_err_at(err, BK_END_DESTINATION);
	else
		rc = bk_notes_removals(&notes, err);
	struct bk_folder_writer *writer = at->writer;
	if (rc == 0 && writer) {
		at->writer = NULL;
		rc = to->store->ops->finish(writer, &result, err);
		if (rc < 0)
			(void)bk_err_at(err, BK_END_DESTINATION);
	}
	free(notes.put);
	free(notes.gone);
	bk_arena_clear(&notes.arena);
	return rc;
}

/* What we brought goes, and the folder too if nothing else is in it. */
static int empty_there(struct bk_folder_pass *at, struct bk_err *err)
{
	const struct bk_sync_end *to = &at->pass->request->to;
	struct bk_sync_counts *counts = at->pass->counts;
	uint64_t before = counts->gone;

	if (to->store->ops->scan(to->store, to->account, at->to, &at->to_list,
				 err) < 0)
		return bk_err_at(err, BK_END_DESTINATION);
	if (bk_journal_pairs(at->pass->request->journal, at->row.id, &at->words,
			     &at->pairs, err) < 0)
		return -1;
	at->from_side = (struct bk_folder_side){.same_uids = true};
	at->to_side = (struct bk_folder_side){
		.items = at->to_list.items,
		.n = at->to_list.n,
		.same_uids = at->row.to.uid_validity == at->to->uid_validity};
	bk_folder_plan_make(&at->pairs, &at->from_side, &at->to_side,
			    &(struct bk_folder_policy){0}, &at->plan);
	if (take_away(at, err) < 0)
		return -1;
	if (at->dry_run || at->failed || !at->row.made ||
	    counts->gone - before != at->to_list.n ||
	    is_in_use(at->pass, at->to->name))
		return 0;
	return delete_there(at->pass, at->to, err);
}

static int depart(struct bk_pass *pass, const struct bk_journal_folder *row,
		  struct bk_err *err)
{
	struct bk_folder from = {.name = row->from.name};
	struct bk_folder_pass at = {
		.pass = pass,
		.from = &from,
		.to = bk_pass_to(pass, row->to.name),
		.name = row->to.name,
		.row = *row,
		.dry_run = pass->request->dry_run,
	};
	int rc = 0;

	pass->counts->folders_gone++;
	if (at.to && !at.to->no_select && !pass->request->keep_deleted)
		rc = empty_there(&at, err);
	if (rc == 0 && !at.dry_run && !at.failed)
		rc = bk_journal_folder_drop(pass->request->journal, row->id,
					    err);
	bk_folder_pass_clear(&at);
	return rc < 0 ? bk_context(err, "folder %s", row->from.name) : 0;
}

/* ---- all of them ---- */

/* The rules are others than before: what was brought under another name gets
 * the new one, or comes anew. */
static int follow_rules(struct bk_pass *pass, struct bk_journal_folder *row,
			struct bk_folder *from, struct bk_err *err)
{
	struct bk_folder_pair *pair = pair_of(pass, from);

	if (!pair || pair->why == BK_FOLDER_LEFT ||
	    strcmp(pair->name, row->to.name) == 0)
		return 0;
	int rc = follow(pass, row, pair, err);
	if (rc == 0)
		rc = depart(pass, row, err);
	return rc < 0 ? -1 : 0;
}

int bk_pass_renames(struct bk_pass *pass, struct bk_err *err)
{
	for (size_t i = 0; i < pass->rows.n; i++) {
		struct bk_journal_folder *row = &pass->rows.items[i];
		struct bk_folder *from = find_source(pass, row);
		int rc = from ? follow_rules(pass, row, from, err)
			      : look_for(pass, row, err);
		if (rc < 0 || bk_cancelled(err) < 0)
			return -1;
	}
	return 0;
}

static int by_name_last_first(const void *a, const void *b)
{
	const struct bk_journal_folder *one = a, *other = b;

	return strcmp(other->to.name, one->to.name);
}

/* What is below a folder goes before it, or it would be in use. */
int bk_pass_departed(struct bk_pass *pass, struct bk_err *err)
{
	int rc = 0;

	if (pass->request->keep_deleted || pass->rows.n == 0)
		return 0;
	size_t n = pass->rows.n;
	struct bk_journal_folder *rows = bk_alloc(n * sizeof(*rows));
	memcpy(rows, pass->rows.items, n * sizeof(*rows));
	qsort(rows, n, sizeof(*rows), by_name_last_first);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (!find_source(pass, &rows[i]))
			rc = bk_cancelled(err) < 0
				     ? -1
				     : depart(pass, &rows[i], err);
	free(rows);
	return rc;
}
