/*
 * Messages that a connection had carried off when it broke, and that the server
 * was still about when the next one looked for them: they were sent again, and
 * are there twice then.  Those that came late go.
 */

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "sync/match.h"
#include "sync/pass.h"

struct latecomers {
	struct bk_message **again; /* of the source: what was sent again */
	struct bk_message **late;  /* of the destination: what may be they */
	size_t n_again, n_late;
	struct bk_folder here;
	struct bk_message_list list;
	struct bk_uid_set known;
};

static void latecomers_clear(struct latecomers *l)
{
	free(l->again);
	free(l->late);
	bk_message_list_clear(&l->list);
	bk_folder_clear(&l->here);
	bk_uid_set_clear(&l->known);
}

static bool was_on_its_way(const struct bk_folder_pass *folder,
			   const struct bk_message *msg)
{
	const struct bk_message_list *list = &folder->doubt.messages;

	for (size_t i = 0; i < list->n; i++)
		if (*msg->name ? strcmp(list->items[i].name, msg->name) == 0
			       : list->items[i].uid == msg->uid)
			return true;
	return false;
}

static void collect_again(struct latecomers *l, struct bk_folder_pass *folder)
{
	const struct bk_folder_plan *plan = &folder->plan;

	l->again = bk_alloc((plan->n_add + 1) * sizeof(struct bk_message *));
	for (size_t i = 0; i < plan->n_add; i++) {
		if (plan->tasks[i].kind != BK_TASK_ADD)
			continue;
		struct bk_message *msg = bk_folder_pass_source(folder, i);
		if (was_on_its_way(folder, msg))
			l->again[l->n_again++] = msg;
	}
}

/* Messages that came since we looked, and that we were not told to have sent.
 */
static int collect_late(struct latecomers *l, struct bk_folder_pass *folder,
			struct bk_err *err)
{
	const struct bk_sync_end *to = &folder->pass->request->to;

	l->here.name = folder->to->name;
	l->here.raw = folder->to->raw;
	l->here.delimiter = folder->to->delimiter;
	if (bk_journal_uids(folder->pass->request->journal, folder->row.id,
			    false, &l->known, err) < 0)
		return -1;
	for (size_t i = 0; i < folder->to_list.n; i++)
		bk_uid_set_add(&l->known, folder->to_list.items[i].uid);
	bk_uid_set_sort(&l->known);
	if (to->store->ops->scan(to->store, to->account, &l->here, &l->list,
				 err) < 0)
		return bk_err_at(err, BK_END_DESTINATION);
	l->late = bk_alloc((l->list.n + 1) * sizeof(struct bk_message *));
	for (size_t i = 0; i < l->list.n; i++) {
		struct bk_message *msg = &l->list.items[i];
		if (msg->uid >= folder->doubt.to_uid_next &&
		    !bk_uid_set_has(&l->known, msg->uid))
			l->late[l->n_late++] = msg;
	}
	return 0;
}

static int take_away(struct latecomers *l, struct bk_folder_pass *folder,
		     struct bk_err *err)
{
	const struct bk_sync_request *request = folder->pass->request;
	const struct bk_match_side from = {
		request->from.store, request->from.account,
		folder->from,        l->again,
		l->n_again,          BK_END_SOURCE,
	};
	const struct bk_match_side to = {
		request->to.store, request->to.account, &l->here,
		l->late,           l->n_late,           BK_END_DESTINATION,
	};
	struct bk_message_list told = {0};
	uint32_t *partner = bk_alloc((l->n_again + 1) * sizeof(*partner));

	int rc = bk_sync_match(&from, &to, partner, err);
	for (size_t i = 0; i < l->n_again && rc == 0; i++) {
		if (partner[i] == BK_MATCH_NOBODY)
			continue;
		rc = request->to.store->ops->remove(folder->writer,
						    l->late[partner[i]], err);
		if (rc < 0)
			(void)bk_err_at(err, BK_END_DESTINATION);
	}
	if (rc == 0)
		rc = bk_folder_pass_flush(folder, &told, err);
	bk_message_list_clear(&told);
	free(partner);
	return rc;
}

int bk_folder_pass_latecomers(struct bk_folder_pass *folder, struct bk_err *err)
{
	const struct bk_store_ops *to = folder->pass->request->to.store->ops;
	struct latecomers l = {0};
	int rc = 0;

	if (!folder->doubt.messages.n || !folder->writer ||
	    folder->writer->keeps_uids || !folder->to || folder->unnamed ||
	    !to->far || !to->remove)
		return 0;
	collect_again(&l, folder);
	if (l.n_again)
		rc = collect_late(&l, folder, err);
	if (rc == 0 && l.n_late)
		rc = take_away(&l, folder, err);
	latecomers_clear(&l);
	return rc;
}
