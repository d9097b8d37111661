/*
 * Is it the same?  See sync.h.  What the journal says of who is who is only
 * where the comparison begins: both messages are looked at all the same.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "mail/flags.h"
#include "sync/match.h"
#include "sync/pass.h"
#include "sync/verify_settings.h"

#define AT_A_TIME ((size_t)500) /* messages whose bytes are compared */

struct verifying {
	const struct bk_sync_verify *request;
	struct bk_sync_verified *out;
	struct bk_pass pass; /* folders, map, journal */
	const struct bk_folder_pair *pair;
	struct bk_folder *from, *to;
	struct bk_folder words;
	struct bk_message_list from_list, to_list;
	uint32_t *partner; /* of each of from_list */
	struct bk_verify_settings settings;
};

static void tell(const struct verifying *v, enum bk_sync_is is,
		 const char *folder, uint32_t uid, const char *what)
{
	const struct bk_sync_difference difference = {is, folder, uid, what};

	if (v->request->tell)
		v->request->tell(v->request->arg, &difference);
}

/* ---- two messages ---- */

static void add_flags(struct bk_buf *out, uint8_t flags,
		      const struct bk_message *msg,
		      const struct bk_folder *words)
{
	size_t start = out->len;

	for (unsigned flag = 1; flag <= BK_FLAG_PASSED; flag <<= 1)
		if (flags & flag)
			bk_buf_printf(out, " %s", bk_flag_name((uint8_t)flag));
	for (uint16_t i = 0; i < msg->n_keywords; i++)
		bk_buf_printf(out, " %s", words->keywords[msg->keywords[i]]);
	if (out->len == start)
		bk_buf_printf(out, " none");
}

static void differ(struct verifying *v, const struct bk_message *from,
		   const char *what)
{
	v->out->different++;
	tell(v, BK_SYNC_DIFFERENT, v->from->name, from->uid, what);
}

static void compare_marks(struct verifying *v, const struct bk_message *from,
			  const struct bk_message *to)
{
	const struct bk_journal_message a = bk_journal_message_of(from);
	const struct bk_journal_message b = bk_journal_message_of(to);
	struct bk_buf text = {0};

	if (!bk_marks_equal(&a, &b)) {
		bk_buf_printf(&text, "flags:");
		add_flags(&text, from->flags, from, &v->words);
		bk_buf_printf(&text, " at the source,");
		add_flags(&text, to->flags, to, &v->words);
		bk_buf_printf(&text, " at the destination");
	}
	if (from->date != to->date)
		bk_buf_printf(&text,
			      "%sdate: %lld at the source, %lld at the "
			      "destination",
			      text.len ? "; " : "", (long long)from->date,
			      (long long)to->date);
	if (text.len)
		differ(v, from, bk_buf_text(&text));
	bk_buf_clear(&text);
}

/* ---- many pairs ---- */

/* Some of the pairs of a folder, side by side. */
struct pairs {
	struct bk_message *from[AT_A_TIME], *to[AT_A_TIME];
	struct bk_identity from_id[AT_A_TIME], to_id[AT_A_TIME];
	struct bk_match_digest from_whole[AT_A_TIME], to_whole[AT_A_TIME];
	size_t n;
};

static int look_at_bytes(const struct verifying *v, struct pairs *pairs,
			 struct bk_err *err)
{
	const struct bk_sync_verify *request = v->request;
	const struct bk_match_side from = {request->from.store,
					   request->from.account,
					   v->from,
					   pairs->from,
					   pairs->n,
					   BK_END_SOURCE};
	const struct bk_match_side to = {
		request->to.store, request->to.account, v->to, pairs->to,
		pairs->n,          BK_END_DESTINATION};

	if (bk_store_identify(from.store, from.account, from.folder, from.msgs,
			      from.n, pairs->from_id, err) < 0)
		return bk_err_at(err, from.is);
	if (bk_store_identify(to.store, to.account, to.folder, to.msgs, to.n,
			      pairs->to_id, err) < 0)
		return bk_err_at(err, to.is);
	if (!request->bodies)
		return 0;
	if (bk_match_read(&from, pairs->from_whole, err) < 0)
		return -1;
	return bk_match_read(&to, pairs->to_whole, err);
}

static bool same_bytes(const struct verifying *v, const struct pairs *pairs,
		       size_t i)
{
	const struct bk_identity *a = &pairs->from_id[i];
	const struct bk_identity *b = &pairs->to_id[i];

	if (v->request->bodies)
		return pairs->from_whole[i].read && pairs->to_whole[i].read &&
		       memcmp(pairs->from_whole[i].whole,
			      pairs->to_whole[i].whole, BK_DIGEST_LEN) == 0;
	return a->wire_size == b->wire_size && a->wire_size != UINT64_MAX &&
	       memcmp(a->header, b->header, BK_DIGEST_LEN) == 0;
}

static int compare_pairs(struct verifying *v, struct pairs *pairs,
			 struct bk_err *err)
{
	if (look_at_bytes(v, pairs, err) < 0)
		return -1;
	for (size_t i = 0; i < pairs->n; i++) {
		struct bk_message *from = pairs->from[i];
		v->out->bytes += from->size;
		if (!same_bytes(v, pairs, i))
			differ(v, from, "content: other bytes");
		else
			compare_marks(v, from, pairs->to[i]);
		bk_progress_message(v->request->progress, 1, from->size);
	}
	pairs->n = 0;
	return bk_cancelled(err);
}

static int compare_all(struct verifying *v, struct bk_err *err)
{
	struct pairs *pairs = bk_alloc(sizeof(*pairs));
	int rc = 0;

	for (size_t i = 0; i < v->from_list.n && rc == 0; i++) {
		if (v->partner[i] == BK_NO_INDEX)
			continue;
		pairs->from[pairs->n] = &v->from_list.items[i];
		pairs->to[pairs->n++] = &v->to_list.items[v->partner[i]];
		if (pairs->n == AT_A_TIME)
			rc = compare_pairs(v, pairs, err);
	}
	if (rc == 0 && pairs->n)
		rc = compare_pairs(v, pairs, err);
	free(pairs);
	return rc;
}

/* ---- who is who ---- */

/* Those that the journal pairs; v->words begins with the source's. */
static int pair_known(struct verifying *v, struct bk_err *err)
{
	const struct bk_journal_folder *row =
		bk_pass_row(&v->pass, v->from->name);
	struct bk_pair_list pairs = {0};
	struct bk_folder_plan plan = {0};
	struct bk_folder_side from = {.items = v->from_list.items,
				      .n = v->from_list.n};
	struct bk_folder_side to = {.items = v->to_list.items,
				    .n = v->to_list.n};
	int rc = 0;

	if (row && strcmp(row->to.name, v->pair->name) == 0) {
		rc = bk_journal_pairs(v->request->journal, row->id, &v->words,
				      &pairs, err);
		from.same_uids =
			row->from.uid_validity == v->from->uid_validity;
		to.same_uids = row->to.uid_validity == v->to->uid_validity;
	}
	if (rc == 0) {
		bk_folder_plan_make(
			&pairs, &from, &to,
			&(struct bk_folder_policy){.keep_deleted = true},
			&plan);
		v->partner = plan.partner;
		plan.partner = NULL;
	}
	bk_folder_plan_clear(&plan);
	bk_pair_list_clear(&pairs);
	return rc;
}

struct leftover {
	struct bk_message **msgs;
	uint32_t *at;
	size_t n;
};

static void leftover_make(struct leftover *out, struct bk_message_list *list,
			  const bool *taken)
{
	out->msgs = bk_alloc((list->n + 1) * sizeof(struct bk_message *));
	out->at = bk_alloc((list->n + 1) * sizeof(*out->at));
	for (size_t i = 0; i < list->n; i++) {
		if (taken[i])
			continue;
		out->msgs[out->n] = &list->items[i];
		out->at[out->n++] = (uint32_t)i;
	}
}

static void leftover_clear(struct leftover *out)
{
	free(out->msgs);
	free(out->at);
}

static bool *taken_of(const struct verifying *v, bool of_source)
{
	size_t n = of_source ? v->from_list.n : v->to_list.n;
	bool *taken = bk_alloc(n + 1);

	for (size_t i = 0; i < v->from_list.n; i++) {
		if (v->partner[i] == BK_NO_INDEX)
			continue;
		taken[of_source ? i : v->partner[i]] = true;
	}
	return taken;
}

static int pair_by_content(struct verifying *v, struct bk_err *err)
{
	const struct bk_sync_verify *request = v->request;
	struct leftover a = {0}, b = {0};
	bool *taken = taken_of(v, true);

	leftover_make(&a, &v->from_list, taken);
	free(taken);
	taken = taken_of(v, false);
	leftover_make(&b, &v->to_list, taken);
	free(taken);
	const struct bk_match_side from = {request->from.store,
					   request->from.account,
					   v->from,
					   a.msgs,
					   a.n,
					   BK_END_SOURCE};
	const struct bk_match_side to = {
		request->to.store, request->to.account, v->to, b.msgs, b.n,
		BK_END_DESTINATION};
	uint32_t *partner = bk_alloc((a.n + 1) * sizeof(*partner));
	int rc = bk_sync_match(&from, &to, partner, err);
	for (size_t i = 0; i < a.n && rc == 0; i++)
		if (partner[i] != BK_MATCH_NOBODY)
			v->partner[a.at[i]] = b.at[partner[i]];
	free(partner);
	leftover_clear(&a);
	leftover_clear(&b);
	return rc;
}

/* ---- folders ---- */

static void tell_missing(struct verifying *v)
{
	for (size_t i = 0; i < v->from_list.n; i++) {
		const struct bk_message *msg = &v->from_list.items[i];
		if (v->partner && v->partner[i] != BK_NO_INDEX)
			continue;
		v->out->missing++;
		tell(v, BK_SYNC_MISSING, v->from->name, msg->uid, msg->name);
	}
}

static void tell_extra(struct verifying *v)
{
	bool *taken = NULL;

	if (v->request->no_extra)
		return;
	taken = taken_of(v, false);
	for (size_t i = 0; i < v->to_list.n; i++) {
		const struct bk_message *msg = &v->to_list.items[i];
		if (taken[i])
			continue;
		v->out->extra++;
		tell(v, BK_SYNC_EXTRA, v->to->name, msg->uid, msg->name);
	}
	free(taken);
}

static int scan(const struct bk_sync_end *end, struct bk_folder *folder,
		struct bk_message_list *out, struct bk_err *err)
{
	return end->store->ops->scan(end->store, end->account, folder, out,
				     err);
}

static int scan_there(struct verifying *v, struct bk_err *err)
{
	if (scan(&v->request->to, v->to, &v->to_list, err) < 0)
		return bk_err_at(err, BK_END_DESTINATION);
	return 0;
}

static int scan_both(struct verifying *v, struct bk_err *err)
{
	if (scan(&v->request->from, v->from, &v->from_list, err) < 0)
		return bk_err_at(err, BK_END_SOURCE);
	for (size_t i = 0; i < v->from->n_keywords; i++)
		(void)bk_folder_keyword(&v->words, v->from->keywords[i]);
	v->out->messages += v->from_list.n;
	if (!v->to || v->to->no_select)
		return 0;
	if (scan_there(v, err) < 0)
		return -1;
	for (size_t i = 0; i < v->to_list.n; i++)
		bk_folder_adopt_keywords(&v->words, v->to->keywords,
					 &v->to_list.items[i],
					 &v->to_list.arena);
	return 0;
}

/* Of v->to the source has nothing. */
static int verify_other(struct verifying *v, struct bk_err *err)
{
	if (v->request->no_extra)
		return 0;
	if (scan_there(v, err) < 0)
		return -1;
	tell_extra(v);
	return 0;
}

/* 0: the journal does not know it. */
static int64_t row_of(struct verifying *v)
{
	const struct bk_journal_folder *row =
		bk_pass_row(&v->pass, v->from->name);

	return row && strcmp(row->to.name, v->pair->name) == 0 ? row->id : 0;
}

static int verify_folder(struct verifying *v, struct bk_err *err)
{
	/* A level is there when what is below it is, and holds nothing; of a
	 * folder that is gone its subscription may be left. */
	if (v->from->no_select && !v->to)
		return 0;
	v->out->folders++;
	if (v->to && !v->request->mail_only)
		bk_verify_folder(&v->settings, v->from, v->to, row_of(v));
	if (!v->to)
		tell(v, BK_SYNC_NO_FOLDER, v->from->name, 0, v->pair->name);
	if (v->from->no_select)
		return v->to && !v->to->no_select ? verify_other(v, err) : 0;
	if (scan_both(v, err) < 0)
		return -1;
	if (v->to) {
		if (pair_known(v, err) < 0 || pair_by_content(v, err) < 0 ||
		    compare_all(v, err) < 0)
			return -1;
		tell_extra(v);
	}
	tell_missing(v);
	return 0;
}

static void clear_folder(struct verifying *v)
{
	bk_folder_clear(&v->words);
	bk_message_list_clear(&v->from_list);
	bk_message_list_clear(&v->to_list);
	free(v->partner);
	v->partner = NULL;
}

static bool is_mapped(const struct verifying *v, const struct bk_folder *to)
{
	size_t n;

	(void)bk_name_order_find(&v->pass.names.pairs, to->name, &n);
	return n > 0;
}

/* Folders that the source has nothing of. */
static int verify_others(struct verifying *v, struct bk_err *err)
{
	for (size_t i = 0; i < v->pass.to.n; i++) {
		struct bk_folder *folder = &v->pass.to.items[i];
		if (folder->no_select || is_mapped(v, folder) ||
		    (bk_folder_is_view(folder) &&
		     !(v->request->rules && v->request->rules->views)))
			continue;
		v->to = folder;
		int rc = verify_other(v, err);
		clear_folder(v);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int verify_all(struct verifying *v, struct bk_err *err)
{
	for (size_t i = 0; i < v->pass.map.n; i++) {
		const struct bk_folder_pair *pair = &v->pass.map.pairs[i];
		if (pair->why == BK_FOLDER_LEFT)
			continue;
		v->pair = pair;
		v->from = &v->pass.from.items[pair->from - v->pass.from.items];
		v->to = pair->to
				? &v->pass.to.items[pair->to - v->pass.to.items]
				: NULL;
		int rc = verify_folder(v, err);
		clear_folder(v);
		if (rc < 0)
			return bk_context(err, "folder %s", pair->from->name);
	}
	return verify_others(v, err);
}

static int read_account(struct verifying *v, int64_t account,
			struct bk_err *err)
{
	struct bk_journal *journal = v->request->journal;

	v->pass.account = account;
	if (bk_journal_folders(journal, account, &v->pass.rows, err) < 0)
		return -1;
	bk_pass_names_rows(&v->pass);
	return bk_journal_rights(journal, account, &v->pass.rights, err);
}

/* Of the account that has the source's name there. */
static int read_journal(struct verifying *v, struct bk_err *err)
{
	struct bk_journal *journal = v->request->journal;
	const char *name = v->request->from.account->address;
	struct bk_journal_accounts accounts = {0};
	int rc = 0;

	if (journal)
		rc = bk_journal_accounts(journal, &accounts, err);
	for (size_t i = 0; i < accounts.n && rc == 0; i++)
		if (strcmp(accounts.items[i].name, name) == 0)
			rc = read_account(v, accounts.items[i].id, err);
	bk_journal_accounts_clear(&accounts);
	return rc;
}

int bk_sync_verify(const struct bk_sync_verify *request,
		   struct bk_sync_verified *out, struct bk_err *err)
{
	struct bk_sync_request ends = {.from = request->from,
				       .to = request->to,
				       .rules = request->rules};
	struct verifying v = {
		.request = request, .out = out, .pass.request = &ends};

	*out = (struct bk_sync_verified){0};
	int rc = read_journal(&v, err);
	if (rc == 0)
		rc = bk_pass_list(&v.pass, err);
	v.settings = (struct bk_verify_settings){.request = request,
						 .out = out,
						 .account = v.pass.account,
						 .from = &v.pass.from,
						 .given = &v.pass.rights};
	if (rc == 0 && !request->mail_only)
		rc = bk_verify_ask(&v.settings, &v.pass.from, &v.pass.to, err);
	if (rc == 0)
		rc = verify_all(&v, err);
	if (rc == 0 && !request->mail_only)
		rc = bk_verify_texts(&v.settings, err);
	bk_pass_clear(&v.pass);
	return rc;
}
