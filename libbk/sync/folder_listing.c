/*
 * What a folder is now at both sides, asked for as cheaply as can be: what
 * both say of themselves, what changed since the last pass, or all of it.
 */

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "sync/match.h"
#include "sync/pass.h"

/* ---- as the journal says ---- */

static bool is_side_same(const struct bk_folder *now,
			 const struct bk_journal_side *was)
{
	return now->uid_validity && now->uid_validity == was->uid_validity &&
	       now->uid_next && now->uid_next == was->uid_next &&
	       now->counted && now->messages == was->messages;
}

/* Flags too. */
static bool is_side_untouched(const struct bk_folder *now,
			      const struct bk_journal_side *was)
{
	return is_side_same(now, was) && now->highest_modseq &&
	       now->highest_modseq == was->highest_modseq;
}

bool bk_folder_pass_is_same(const struct bk_folder_pass *folder)
{
	const struct bk_journal_folder *row = &folder->row;

	if (!row->id || !folder->to || folder->pass->request->full)
		return false;
	if (bk_folder_pass_subscribes(folder))
		return false;
	return is_side_untouched(folder->from, &row->from) &&
	       is_side_same(folder->to, &row->to);
}

/* Somebody at the source did so since; who did at the destination knows why. */
bool bk_folder_pass_subscribes(const struct bk_folder_pass *folder)
{
	return folder->from->subscribed != folder->row.subscribed &&
	       folder->from->subscribed != folder->to->subscribed;
}

bool bk_folder_pass_is_away(const struct bk_folder_pass *folder)
{
	return (!folder->to || folder->to->no_select) && !folder->first &&
	       folder->pass->request->once;
}

/* ---- listings ---- */

struct asking {
	const struct bk_sync_end *end;
	struct bk_folder *folder;
	const struct bk_journal_side *was;
	bool of_source;
	struct bk_message_list *list;
	struct bk_uid_set *gone;
	struct bk_folder_side *side;
};

static struct asking asking_of(struct bk_folder_pass *folder, bool of_source)
{
	const struct bk_sync_request *request = folder->pass->request;

	if (of_source)
		return (struct asking){&request->from,     folder->from,
				       &folder->row.from,  true,
				       &folder->from_list, &folder->from_gone,
				       &folder->from_side};
	return (struct asking){
		&request->to,     folder->to,       &folder->row.to, false,
		&folder->to_list, &folder->to_gone, &folder->to_side};
}

/* Its error. */
static int asked_in_vain(const struct asking *ask, struct bk_err *err)
{
	return bk_err_at(err,
			 ask->of_source ? BK_END_SOURCE : BK_END_DESTINATION);
}

/* 1: what changed was told; 0: it must be listed. */
static int ask_changes(const struct bk_folder_pass *folder, struct asking *ask,
		       struct bk_err *err)
{
	const struct bk_store_ops *ops = ask->end->store->ops;
	struct bk_uid_set known = {0};

	if (!ops->scan_since || folder->pass->request->full ||
	    !folder->row.id || !ask->was->highest_modseq ||
	    ask->folder->uid_validity != ask->was->uid_validity)
		return 0;
	int rc = bk_journal_uids(folder->pass->request->journal, folder->row.id,
				 ask->of_source, &known, err);
	ask->folder->highest_modseq = ask->was->highest_modseq;
	if (rc == 0) {
		rc = ops->scan_since(ask->end->store, ask->end->account,
				     ask->folder, &known, ask->list, ask->gone,
				     err);
		if (rc < 0)
			(void)asked_in_vain(ask, err);
	}
	bk_uid_set_clear(&known);
	if (rc > 0)
		bk_uid_set_sort(ask->gone);
	if (rc > 0)
		ask->side->heard = BK_HEARD_CHANGES;
	return rc;
}

static int ask_all(struct bk_pass *pass, struct asking *ask, struct bk_err *err)
{
	ask->side->heard = BK_HEARD_ALL;
	if (ask->folder->no_select) /* a level, or a subscription alone */
		return 0;
	if (ask->of_source &&
	    bk_pass_looked_ahead(pass, ask->folder, ask->list))
		return 0;
	if (ask->end->store->ops->scan(ask->end->store, ask->end->account,
				       ask->folder, ask->list, err) < 0)
		return asked_in_vain(ask, err);
	return 0;
}

/* One table for both sides and the journal: that of the source comes first, so
 * that a message that is fetched means the same words. */
static void use_words(struct bk_folder_pass *folder, struct asking *ask)
{
	const struct bk_folder *listed = ask->folder;
	struct bk_message_list *list = ask->list;

	if (ask->of_source) {
		for (size_t i = 0; i < listed->n_keywords; i++)
			(void)bk_folder_keyword(&folder->words,
						listed->keywords[i]);
	} else {
		for (size_t i = 0; i < list->n; i++)
			bk_folder_adopt_keywords(&folder->words,
						 listed->keywords,
						 &list->items[i], &list->arena);
	}
	ask->side->items = list->items;
	ask->side->n = list->n;
	ask->side->gone = ask->gone;
	ask->side->same_uids = ask->was->uid_validity &&
			       ask->was->uid_validity == listed->uid_validity;
}

static int ask_side(struct bk_folder_pass *folder, bool of_source, bool all,
		    struct bk_err *err)
{
	struct asking ask = asking_of(folder, of_source);
	int rc = 0;

	if (!all && !folder->pass->request->full &&
	    is_side_untouched(ask.folder, ask.was)) {
		ask.side->heard = BK_HEARD_NOTHING;
		rc = 1;
	} else if (!all) {
		rc = ask_changes(folder, &ask, err);
	}
	if (rc == 0)
		rc = ask_all(folder->pass, &ask, err);
	if (rc >= 0)
		use_words(folder, &ask);
	return rc < 0 ? -1 : 0;
}

/* An empty folder of a server that counts, or none at all. */
static bool is_nothing(const struct bk_folder_pass *folder)
{
	return !folder->to || folder->to->no_select ||
	       (folder->to->counted && !folder->to->messages);
}

static int ask_destination(struct bk_folder_pass *folder, bool all,
			   struct bk_err *err)
{
	if (!is_nothing(folder))
		return ask_side(folder, false, all, err);
	folder->to_side = (struct bk_folder_side){
		.heard = BK_HEARD_ALL,
		.same_uids = bk_folder_pass_is_away(folder) ||
			     (folder->to && folder->row.to.uid_validity ==
						    folder->to->uid_validity),
	};
	return 0;
}

/* ---- the plan ---- */

static bool has_unknown(const struct bk_pair_list *pairs)
{
	for (size_t i = 0; i < pairs->n; i++) {
		const struct bk_pair *pair = &pairs->items[i];
		if ((!pair->from.uid && !*pair->from.name) ||
		    (!pair->to.uid && !*pair->to.name))
			return true;
	}
	return false;
}

/* Does the destination have messages that neither the journal nor the listing
 * names?  Then what is new may be among them. */
static bool has_strangers(const struct bk_folder_pass *folder)
{
	uint64_t named = 0;

	if (folder->to_side.heard == BK_HEARD_ALL || is_nothing(folder))
		return false;
	for (size_t i = 0; i < folder->pairs.n; i++)
		named += folder->pairs.items[i].to.uid != BK_UID_TAKEN_AWAY;
	named -= bk_pairs_twins(&folder->pairs);
	if (folder->to_side.heard == BK_HEARD_CHANGES)
		named -= bk_uid_set_count(&folder->to_gone);
	for (size_t i = 0; i < folder->to_side.n; i++)
		named += folder->plan.to_pair[i] == BK_NO_INDEX;
	return !folder->to->counted || folder->to->messages != named;
}

static void plan(struct bk_folder_pass *folder)
{
	const struct bk_sync_request *request = folder->pass->request;
	const struct bk_folder_policy policy = {
		.keep_deleted = request->keep_deleted,
		.once = request->once,
		.old = request->old,
	};

	bk_folder_plan_make(&folder->pairs, &folder->from_side,
			    &folder->to_side, &policy, &folder->plan);
}

/* ---- what is there already ---- */

/* Where an ADD of this index came from, in the plan. */
struct candidates {
	struct bk_message **msgs;
	uint32_t *index; /* task, or listed message */
	size_t n;
};

static void candidates_clear(struct candidates *list)
{
	free(list->msgs);
	free(list->index);
}

static void candidates_make(struct candidates *list, size_t most)
{
	list->msgs = bk_alloc((most + 1) * sizeof(struct bk_message *));
	list->index = bk_alloc((most + 1) * sizeof(*list->index));
}

static void candidates_add(struct candidates *list, struct bk_message *msg,
			   size_t index)
{
	list->msgs[list->n] = msg;
	list->index[list->n++] = (uint32_t)index;
}

static int match(struct bk_folder_pass *folder, const struct candidates *adds,
		 const struct candidates *there, struct bk_err *err)
{
	const struct bk_sync_request *request = folder->pass->request;
	const struct bk_match_side from = {
		request->from.store,
		request->from.account,
		folder->from,
		adds->msgs,
		adds->n,
		BK_END_SOURCE,
	};
	const struct bk_match_side to = {
		request->to.store, request->to.account, folder->to, there->msgs,
		there->n,          BK_END_DESTINATION,
	};
	uint32_t *partner = bk_alloc((adds->n + 1) * sizeof(*partner));

	int rc = bk_sync_match(&from, &to, partner, err);
	for (size_t i = 0; i < adds->n && rc == 0; i++)
		if (partner[i] != BK_MATCH_NOBODY)
			bk_folder_plan_found(&folder->plan, adds->index[i],
					     there->index[partner[i]]);
	free(partner);
	return rc;
}

static int find_content(struct bk_folder_pass *folder, struct bk_err *err)
{
	const struct bk_folder_plan *plan = &folder->plan;
	struct candidates adds = {0}, there = {0};
	int rc = 0;

	if (!plan->n_add || !folder->to_side.n)
		return 0;
	candidates_make(&there, folder->to_side.n);
	for (size_t i = 0; i < folder->to_side.n; i++)
		if (bk_folder_plan_is_free(plan, i))
			candidates_add(&there, &folder->to_list.items[i], i);
	candidates_make(&adds, plan->n_add);
	for (size_t i = 0; there.n && i < plan->n_add; i++)
		candidates_add(&adds, bk_folder_pass_source(folder, i), i);
	if (there.n)
		rc = match(folder, &adds, &there, err);
	candidates_clear(&adds);
	candidates_clear(&there);
	return rc;
}

/* ---- all of it ---- */

/* After the source is listed, whose words come first. */
static int read_journal(struct bk_folder_pass *folder, struct bk_err *err)
{
	struct bk_journal *journal = folder->pass->request->journal;

	if (!journal || !folder->row.id)
		return 0;
	if (bk_journal_pairs(journal, folder->row.id, &folder->words,
			     &folder->pairs, err) < 0 ||
	    bk_journal_batch(journal, folder->row.id, &folder->doubt, err) < 0)
		return -1;
	for (size_t i = 0; i < folder->pairs.n; i++)
		if (folder->pairs.items[i].id >= folder->next_id)
			folder->next_id = folder->pairs.items[i].id + 1;
	return 0;
}

static int look_at_both(struct bk_folder_pass *folder, struct bk_err *err)
{
	/* With nothing to be compared, nobody has to know sizes. */
	folder->from->sizeless = is_nothing(folder);
	if (ask_side(folder, true, false, err) < 0 ||
	    read_journal(folder, err) < 0)
		return -1;
	bool all = has_unknown(&folder->pairs) || !folder->from_side.same_uids;
	return ask_destination(folder, all, err);
}

int bk_folder_pass_look(struct bk_folder_pass *folder, struct bk_err *err)
{
	bk_pass_ahead_end(folder->pass);
	folder->next_id = 1;
	if (look_at_both(folder, err) < 0)
		return -1;
	plan(folder);
	if (folder->plan.n_add && has_strangers(folder)) {
		bk_message_list_clear(&folder->to_list);
		if (ask_destination(folder, true, err) < 0)
			return -1;
		plan(folder);
	}
	return find_content(folder, err);
}
