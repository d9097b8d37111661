/* What was sent, and what came of it: see transfer.h. */

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fault.h"
#include "sync/transfer.h"

/* ---- the journal ---- */

int bk_folder_pass_record(struct bk_folder_pass *folder,
			  const struct bk_journal_news *news,
			  struct bk_err *err)
{
	if (folder->dry_run)
		return 0;
	return bk_journal_write(folder->pass->request->journal, news, err);
}

/* A message as it is to be there. */
struct bk_message bk_transfer_as_sent(const struct bk_transfer *t,
				      const struct bk_transfer_item *item)
{
	struct bk_message sent = bk_refused_words_without(&t->words, item->msg,
							  &t->folder->arena);

	if (item->bare)
		sent.n_keywords = 0;
	return sent;
}

/* What *is, as the destination knows it, has of the keywords of an item that
 * came. */
static int dress(struct bk_transfer *t, const struct bk_transfer_item *item,
		 struct bk_message *is, struct bk_err *err)
{
	if (item->bare && (is->uid || *is->name) &&
	    bk_refused_words_find(&t->words, t->folder, item->msg, is, err) < 0)
		return -1;
	bk_refused_words_tell(&t->words, t->folder, item->msg, is,
			      &t->undressed);
	return 0;
}

/* The first n of a batch are there. */
static int record_sent(struct bk_transfer *t,
		       const struct bk_transfer_batch *batch,
		       const struct bk_message_list *told, size_t n,
		       struct bk_err *err)
{
	struct bk_folder_pass *folder = t->folder;
	struct bk_sync_counts *counts = folder->pass->counts;
	struct bk_pair *pairs = bk_alloc((n + 1) * sizeof(*pairs));
	struct bk_journal_news news = {
		.folder = folder->row.id,
		.words = &folder->words,
		.put = pairs,
		.n_put = n,
		.arrived = batch == &t->sent || !t->announced,
	};

	int rc = 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		const struct bk_transfer_item *item = &batch->items[i];
		struct bk_message is = bk_transfer_as_sent(t, item);
		is.uid = i < told->n ? told->items[i].uid : 0;
		is.name = i < told->n ? told->items[i].name : "";
		rc = dress(t, item, &is, err);
		pairs[i] = (struct bk_pair){
			.id = item->id,
			.ours = true,
			.from = bk_journal_message_of(item->msg),
			.to = bk_journal_message_of(&is),
		};
		if (is.uid >= folder->to_next && is.uid)
			folder->to_next = is.uid + 1;
		folder->unnamed += !is.uid && !*is.name;
		counts->added++;
		counts->bytes += item->msg->size;
		folder->to_messages++;
	}
	bk_fault("sync: batch is there, not in the journal");
	if (rc == 0)
		rc = bk_folder_pass_record(folder, &news, err);
	bk_fault("sync: batch is in the journal");
	free(pairs);
	return rc;
}

/* Instead of what was announced before: so with what is not known to be there
 * yet. */
int bk_transfer_announce(struct bk_transfer *t, struct bk_err *err)
{
	struct bk_folder_pass *folder = t->folder;
	const struct bk_transfer_group *group = &t->group;
	size_t start = t->next ? t->next - 1 : 0;
	size_t most = group->n - start < group->limit ? group->n - start
						      : group->limit;
	struct bk_message **msgs = bk_alloc((t->before.n + most + 1) *
					    sizeof(struct bk_message *));
	size_t n = 0;

	for (size_t i = 0; i < t->before.n; i++)
		msgs[n++] = t->before.items[i].msg;
	for (size_t i = 0; i < most; i++)
		msgs[n++] = group->items[start + i].msg;
	int rc = bk_journal_batch_put(folder->pass->request->journal,
				      folder->row.id, folder->to_next, msgs, n,
				      err);
	free(msgs);
	t->announced = rc == 0;
	bk_fault("sync: batch announced, not sent");
	return rc;
}

void bk_transfer_add(struct bk_transfer *t, const struct bk_transfer_item *item)
{
	struct bk_transfer_batch *batch = &t->sent;

	batch->items = bk_array_room(batch->items, batch->n, &batch->cap,
				     sizeof(*batch->items));
	batch->items[batch->n++] = *item;
	t->bytes += item->msg->size;
}

/* ---- flushes ---- */

int bk_folder_pass_flush(struct bk_folder_pass *folder,
			 struct bk_message_list *told, struct bk_err *err)
{
	struct bk_folder_writer *writer = folder->writer;

	if (!writer->store->ops->flush ||
	    writer->store->ops->flush(writer, told, err) == 0)
		return 0;
	return bk_err_at(err, BK_END_DESTINATION);
}

static int out_of_room(const struct bk_transfer *t, struct bk_err *err)
{
	const struct bk_sync_request *request = t->folder->pass->request;

	err->kind = BK_FULL;
	(void)bk_err_at(err, BK_END_DESTINATION);
	bk_context(err,
		   "%s: no room for more at the destination: raise the quota "
		   "or make room there, and run the same again; what arrived "
		   "stays",
		   request->name);
	return -1;
}

int bk_transfer_fail(const struct bk_transfer *t, const struct bk_err *why,
		     struct bk_err *err)
{
	*err = *why;
	if (why->kind == BK_FULL)
		return out_of_room(t, err);
	return bk_err_at(err, BK_END_DESTINATION);
}

static void put_again(struct bk_transfer *t,
		      const struct bk_transfer_item *items, size_t n,
		      size_t limit, bool again)
{
	struct bk_transfer_group group = {
		.n = n,
		.limit = limit,
		.again = again,
		.items = bk_alloc(n * sizeof(*group.items)),
	};

	memcpy(group.items, items, n * sizeof(*group.items));
	for (size_t i = 0; i < n; i++)
		group.items[i].begun = false;
	t->again = bk_array_room(t->again, t->n_again, &t->cap_again,
				 sizeof(*t->again));
	t->again[t->n_again++] = group;
}

/* Where UIDs are kept messages are sent in their order: what has not come yet
 * has to wait for what is sent again. */
static void put_rest_again(struct bk_transfer *t)
{
	const struct bk_transfer_group *group = &t->group;
	struct bk_transfer_item *rest =
		bk_alloc((group->n + 1) * sizeof(*rest));
	size_t n = 0;

	for (size_t i = 0; i < group->n; i++)
		if (!group->items[i].begun)
			rest[n++] = group->items[i];
	t->begins_anew = n > 0;
	if (n)
		put_again(t, rest, n, group->limit, group->again);
	free(rest);
}

/* Of a batch, those from `first` on were turned down with one of them. */
static int send_again(struct bk_transfer *t,
		      const struct bk_transfer_batch *batch, size_t first,
		      const struct bk_err *why, struct bk_err *err)
{
	struct bk_folder_pass *folder = t->folder;
	const struct bk_transfer_item *items = batch->items + first;
	size_t n = batch->n - first;

	if (n == 0)
		return 0;
	/* Servers turn a message down for a keyword, too. */
	bool undress = n == 1 && !t->broke_off && !items->bare &&
		       items->msg->n_keywords;
	if (n == 1 && !undress && !t->broke_off)
		return bk_pass_item_failed(folder, items->msg, why,
					   &folder->pass->counts->refused, err);
	if (t->writer->keeps_uids)
		put_rest_again(t);
	put_again(t, items, n, (n + 1) / 2, true);
	if (undress) {
		t->again[t->n_again - 1].items->bare = true;
		t->undressed = *why;
	}
	return 0;
}

/* What became of a batch: `told` of it, and `why` not all; BK_OK: all is
 * there.  The journal hears of what is there first. */
static int end_batch(struct bk_transfer *t, struct bk_transfer_batch *batch,
		     const struct bk_message_list *told,
		     const struct bk_err *why, struct bk_err *err)
{
	bool some = why->kind == BK_REFUSED || why->kind == BK_FULL;
	size_t n = batch->n;
	int rc = 0;

	if (why->kind != BK_OK)
		n = !some ? 0 : told->n < n ? told->n : n;
	if (n)
		rc = record_sent(t, batch, told, n, err);
	if (rc == 0 && why->kind == BK_REFUSED)
		rc = send_again(t, batch, n, why, err);
	else if (rc == 0 && why->kind != BK_OK)
		rc = bk_transfer_fail(t, why, err);
	batch->n = 0;
	return rc;
}

int bk_transfer_flush(struct bk_transfer *t, struct bk_err *err)
{
	struct bk_message_list told = {0};
	struct bk_err why = {0};

	(void)bk_folder_pass_flush(t->folder, &told, &why);
	int rc = end_batch(t, &t->sent, &told, &why, err);
	bk_message_list_clear(&told);
	t->bytes = 0;
	t->announced = false;
	return rc;
}

/* The batch whose flush was begun: is it there? */
int bk_transfer_hear(struct bk_transfer *t, bool wait, struct bk_err *err)
{
	struct bk_message_list told = {0};
	struct bk_err why = {0};

	if (!t->before.n)
		return 0;
	int rc = t->ops->end_flush(t->writer, wait, &told, &why);
	if (rc == 0 && !wait)
		return 0;
	if (rc == 0)
		(void)bk_fail(&why, BK_LOST,
			      "it is not known whether a batch is there");
	rc = end_batch(t, &t->before, &told, &why, err);
	bk_message_list_clear(&told);
	return rc;
}

/* The batch is whole.  One may be on its way while the next one comes. */
int bk_transfer_pass_on(struct bk_transfer *t, struct bk_err *err)
{
	int rc = 0;

	if (bk_transfer_hear(t, true, err) < 0)
		return -1;
	if (t->ops->begin_flush && !t->group.again)
		rc = t->ops->begin_flush(t->writer, err);
	if (rc <= 0)
		return rc < 0 ? -1 : bk_transfer_flush(t, err);
	struct bk_transfer_batch before = t->before;
	t->before = t->sent;
	t->sent = before;
	t->bytes = 0;
	t->announced = false;
	bk_fault("sync: batch passed on, not known to be there");
	return 0;
}
