/*
 * Bodies from the one side to the other: see sync.h.
 *
 * One fetch asks for everything; what comes goes to the writer while it comes,
 * in batches: transfer_batch.c.
 */

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/fault.h"
#include "sync/transfer.h"

/* Messages of one fetch, and of a group, in whole batches: what is kept of each
 * until it came is bounded. */
#define ASKED_MOST BK_SYNC_FETCH_MESSAGES

static struct bk_transfer *transfer_of(struct bk_sink *guard)
{
	return (struct bk_transfer *)(void *)((char *)guard -
					      offsetof(struct bk_transfer,
						       guard));
}

/* ---- messages, as they come ---- */

/* They come in the order in which they were asked for as far as the store has
 * them so. */
static struct bk_transfer_item *outgoing_of(struct bk_transfer *t,
					    const struct bk_message *msg)
{
	for (size_t tried = 0; tried < t->group.n; tried++) {
		size_t i = (t->next + tried) % t->group.n;
		if (t->group.items[i].msg != msg)
			continue;
		t->next = i + 1;
		return &t->group.items[i];
	}
	return NULL;
}

static int write_guarded(struct bk_sink *sink, const void *data, size_t len,
			 struct bk_err *err)
{
	struct bk_transfer *t = transfer_of(sink);
	struct bk_err why = {0};

	if (t->refused.kind || t->body->write(t->body, data, len, &why) == 0)
		return 0;
	if (why.kind == BK_REFUSED) {
		t->refused = why;
		return 0;
	}
	*err = why;
	return bk_err_at(err, BK_END_DESTINATION);
}

static int refuse(struct bk_transfer *t, const struct bk_message *msg,
		  const struct bk_err *why, struct bk_err *err)
{
	struct bk_folder_pass *folder = t->folder;

	return bk_pass_item_failed(folder, msg, why,
				   &folder->pass->counts->refused, err);
}

/* It was being opened while the first body was asked for. */
static int open_writer(struct bk_transfer *t, struct bk_err *err)
{
	struct bk_message_list none = {0};

	/* Flushed once before the first append, as store.h wants it. */
	int rc = bk_folder_pass_opened(t->folder, &t->unopened);
	if (rc == 0)
		rc = bk_folder_pass_flush(t->folder, &none, &t->unopened);
	bk_message_list_clear(&none);
	if (rc < 0) {
		*err = t->unopened;
		return -1;
	}
	t->writer = t->folder->writer;
	return 0;
}

static int begin_message(void *arg, struct bk_message *msg, struct bk_sink **to,
			 struct bk_err *err)
{
	struct bk_transfer *t = arg;
	struct bk_err why = {0};

	t->refused = (struct bk_err){0};
	t->body = NULL;
	*to = NULL;
	if (bk_cancelled(err) < 0)
		return -1;
	struct bk_transfer_item *item = outgoing_of(t, msg);
	if (!item)
		return 0;
	item->begun = true;
	if (!t->writer && open_writer(t, err) < 0)
		return -1;
	if (!t->announced && bk_transfer_announce(t, err) < 0)
		return bk_err_at(err, BK_END_DESTINATION);
	struct bk_message sent = bk_transfer_as_sent(t, item);
	if (t->ops->append(t->writer, &sent, &t->body, &why) == 0) {
		*to = &t->guard;
		return 0;
	}
	t->body = NULL;
	if (why.kind == BK_REFUSED)
		return refuse(t, msg, &why, err);
	return bk_transfer_fail(t, &why, err);
}

static int keep_message(struct bk_transfer *t, struct bk_err *why)
{
	struct bk_message sent =
		bk_transfer_as_sent(t, &t->group.items[t->next - 1]);
	struct bk_sink *body = t->body;

	t->body = NULL;
	if (!t->refused.kind)
		return t->ops->keep(t->writer, body, &sent, why);
	t->ops->drop(t->writer, body);
	*why = t->refused;
	return -1;
}

/* Nothing more is to come before what was turned down is sent again. */
static int go_on(const struct bk_transfer *t, struct bk_err *err)
{
	if (!t->begins_anew)
		return 0;
	return bk_fail(err, BK_REFUSED, "some are to be sent again first");
}

static int end_message(void *arg, struct bk_message *msg, struct bk_err *err)
{
	struct bk_transfer *t = arg;
	struct bk_err why = {0};

	if (!t->body)
		return 0;
	if (keep_message(t, &why) < 0) {
		if (why.kind == BK_REFUSED)
			return refuse(t, msg, &why, err);
		return bk_transfer_fail(t, &why, err);
	}
	bk_transfer_add(t, &t->group.items[t->next - 1]);
	bk_progress_message(t->folder->pass->request->progress, 1, msg->size);
	bk_fault("sync: message sent, not flushed");
	bool whole =
		t->sent.n >= t->group.limit || t->bytes >= BK_SYNC_BATCH_BYTES;
	int rc = whole ? bk_transfer_pass_on(t, err)
		       : bk_transfer_hear(t, false, err);
	return rc < 0 ? bk_err_at(err, BK_END_DESTINATION) : go_on(t, err);
}

/* A destination may lose with it all that it was sent and that it has not said
 * to be there. */
static int drop_half(struct bk_transfer *t, struct bk_err *err)
{
	struct bk_sink *body = t->body;

	t->body = NULL;
	if (!body)
		return 0;
	int rc = bk_transfer_hear(t, true, err);
	t->ops->drop(t->writer, body);
	if (rc < 0)
		return -1;
	t->broke_off = true;
	rc = bk_transfer_flush(t, err);
	t->broke_off = false;
	return rc;
}

static int fail_message(void *arg, struct bk_message *msg,
			const struct bk_err *why, struct bk_err *err)
{
	struct bk_transfer *t = arg;

	struct bk_transfer_item *item = outgoing_of(t, msg);

	if (item)
		item->begun = why->kind != BK_LOST;
	if (drop_half(t, err) < 0)
		return bk_err_at(err, BK_END_DESTINATION);
	/* Its owner was quicker; or it broke off, and comes again. */
	if (why->kind == BK_GONE || why->kind == BK_LOST)
		return go_on(t, err);
	if (bk_pass_item_failed(t->folder, msg, why,
				&t->folder->pass->counts->unread, err) < 0)
		return -1;
	return go_on(t, err);
}

/* ---- all of them ---- */

struct bk_message *bk_folder_pass_source(struct bk_folder_pass *folder,
					 size_t task)
{
	const struct bk_task *add = &folder->plan.tasks[task];

	if (add->from != BK_NO_INDEX)
		return &folder->from_list.items[add->from];
	const struct bk_journal_message *was =
		&folder->pairs.items[add->pair].from;
	struct bk_message *msg = bk_arena_alloc(&folder->arena, sizeof(*msg));
	*msg = (struct bk_message){
		.name = was->name,
		.file = "",
		.uid = was->uid,
		.flags = was->flags,
		.n_keywords = was->n_keywords,
		.keywords = was->keywords,
	};
	return msg;
}

static int fetch_group(struct bk_transfer *t, struct bk_err *err)
{
	struct bk_folder_pass *folder = t->folder;
	const struct bk_sync_end *from = &folder->pass->request->from;
	const struct bk_bodies to = {begin_message, end_message, fail_message,
				     t};
	size_t n = t->group.n;
	struct bk_message **msgs =
		bk_alloc((n + 1) * sizeof(struct bk_message *));

	for (size_t i = 0; i < n; i++)
		msgs[i] = t->group.items[i].msg;
	int rc = bk_store_fetch_many(from->store, from->account, folder->from,
				     msgs, n, &to, err);
	free(msgs);
	if (rc < 0 && t->unopened.kind != BK_OK)
		*err = t->unopened;
	if (rc == 0 && !t->more && !t->n_again)
		bk_pass_look_ahead(t->folder->pass);
	return rc;
}

/* The last batch may be on its way while the next group is asked for. */
static int pass_group_on(struct bk_transfer *t, struct bk_err *err)
{
	if (!t->sent.n || bk_transfer_pass_on(t, err) == 0)
		return 0;
	return bk_err_at(err, BK_END_DESTINATION);
}

/* All of the folder, it seems: the next one may come behind it. */
static int hear_last(struct bk_transfer *t, struct bk_err *err)
{
	struct bk_folder_writer *writer = t->writer;

	if (!t->sent.n)
		return bk_transfer_hear(t, true, err);
	writer->whole = true;
	writer->next = bk_pass_made_next(t->folder->pass);
	int rc = bk_transfer_hear(t, true, err);
	if (rc == 0)
		rc = bk_transfer_flush(t, err);
	writer->whole = false;
	writer->next = NULL;
	return rc;
}

static int send_group(struct bk_transfer *t, struct bk_err *err)
{
	struct bk_err ignored = {0}, why = {0};

	t->next = 0;
	t->begins_anew = false;
	int rc = fetch_group(t, &why);
	if (rc < 0 && t->begins_anew && why.kind == BK_REFUSED)
		return 0;
	if (rc < 0) {
		*err = why;
		(void)bk_err_at(err, BK_END_SOURCE);
	}
	if (rc == 0 && t->more && !t->group.again && !t->n_again)
		return pass_group_on(t, err);
	if (rc == 0)
		return hear_last(t, err);
	/* Whatever ended it: better heard now than sought by the next pass. */
	(void)bk_transfer_hear(t, true, &ignored);
	if (t->body)
		t->ops->drop(t->writer, t->body);
	t->body = NULL;
	return rc;
}

/* The next ADD tasks, from *at on; false: there are none. */
static bool collect(struct bk_transfer *t, size_t *at)
{
	struct bk_folder_pass *folder = t->folder;
	const struct bk_folder_plan *plan = &folder->plan;
	size_t limit = folder->pass->request->batch_messages;
	size_t most = folder->pass->request->fetch_messages;
	size_t left = plan->n_add - *at;

	most = most ? most : ASKED_MOST;
	most = left < most ? left : most;
	t->group = (struct bk_transfer_group){
		.limit = limit ? limit : BK_SYNC_BATCH_MESSAGES,
		.items = bk_alloc((most + 1) * sizeof(*t->group.items)),
	};
	for (; *at < plan->n_add; (*at)++) {
		const struct bk_task *task = &plan->tasks[*at];
		if (task->kind != BK_TASK_ADD)
			continue;
		if (t->group.n == most)
			break;
		struct bk_transfer_item *item = &t->group.items[t->group.n++];
		item->msg = bk_folder_pass_source(folder, *at);
		item->id = task->pair != BK_NO_INDEX
				   ? folder->pairs.items[task->pair].id
				   : folder->next_id++;
	}
	t->more = *at < plan->n_add;
	return t->group.n > 0;
}

static int send_and_free(struct bk_transfer *t, struct bk_err *err)
{
	int rc = send_group(t, err);

	free(t->group.items);
	t->group = (struct bk_transfer_group){0};
	return rc;
}

int bk_folder_pass_transfer(struct bk_folder_pass *folder, struct bk_err *err)
{
	struct bk_transfer t = {
		.folder = folder,
		.writer = folder->writer,
		.ops = folder->pass->request->to.store->ops,
		.guard = {write_guarded},
	};
	size_t at = 0;
	int rc = 0;

	while (rc == 0 && collect(&t, &at)) {
		rc = send_and_free(&t, err);
		while (t.n_again && rc == 0) {
			t.group = t.again[--t.n_again];
			rc = send_and_free(&t, err);
		}
	}
	free(t.group.items);
	while (t.n_again)
		free(t.again[--t.n_again].items);
	free(t.again);
	free(t.sent.items);
	free(t.before.items);
	bk_refused_words_clear(&t.words);
	return rc;
}
