/*
 * Bodies from the one side to the other: see sync.h.
 *
 * One fetch asks for everything; what comes goes to the writer while it comes,
 * and every so many messages the writer is asked what is there: only then the
 * journal has them.  A batch that is turned down is sent again in halves, until
 * it is known which message it was.
 */

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/fault.h"
#include "sync/refused_words.h"

/* A message on its way. */
struct outgoing {
	struct bk_message *msg;
	uint32_t id; /* of its pair */
	bool bare;   /* without its keywords at first: with them it was turned
			down */
};

/* Messages that are asked for together. */
struct group {
	struct outgoing *items; /* owned */
	size_t n;
	size_t limit; /* messages of a batch */
};

struct transfer {
	struct bk_folder_pass *folder;
	struct bk_folder_writer *writer;
	const struct bk_store_ops *ops;
	struct group group; /* being sent */
	size_t next;        /* of its items, to come */
	/* The message that comes now. */
	struct bk_sink guard; /* first of what begin() hands out */
	struct bk_sink *body; /* NULL: it is passed over */
	struct bk_err refused;
	struct bk_err undressed; /* why the one of `bare` was turned down */
	struct bk_refused_words words;
	/* Kept, and not flushed yet. */
	struct outgoing *sent; /* room for a batch */
	size_t n_sent, cap_sent;
	uint64_t bytes;
	bool announced;
	struct group *again; /* to be sent in smaller batches */
	size_t n_again, cap_again;
};

static struct transfer *transfer_of(struct bk_sink *guard)
{
	return (struct transfer *)(void *)((char *)guard -
					   offsetof(struct transfer, guard));
}

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
static struct bk_message as_sent(const struct transfer *t,
				 const struct outgoing *item)
{
	struct bk_message sent = bk_refused_words_without(&t->words, item->msg,
							  &t->folder->arena);

	if (item->bare)
		sent.n_keywords = 0;
	return sent;
}

/* What *is, as the destination knows it, has of the keywords of an item that
 * came. */
static int dress(struct transfer *t, const struct outgoing *item,
		 struct bk_message *is, struct bk_err *err)
{
	if (item->bare && (is->uid || *is->name) &&
	    bk_refused_words_find(&t->words, t->folder, item->msg, is, err) < 0)
		return -1;
	bk_refused_words_tell(&t->words, t->folder, item->msg, is,
			      &t->undressed);
	return 0;
}

/* The first n of what was sent are there. */
static int record_sent(struct transfer *t, const struct bk_message_list *told,
		       size_t n, struct bk_err *err)
{
	struct bk_folder_pass *folder = t->folder;
	struct bk_sync_counts *counts = folder->pass->counts;
	struct bk_pair *pairs = bk_alloc((n + 1) * sizeof(*pairs));
	struct bk_journal_news news = {
		.folder = folder->row.id,
		.words = &folder->words,
		.put = pairs,
		.n_put = n,
		.arrived = true,
	};

	int rc = 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		const struct bk_message *msg = t->sent[i].msg;
		struct bk_message is = as_sent(t, &t->sent[i]);
		is.uid = i < told->n ? told->items[i].uid : 0;
		is.name = i < told->n ? told->items[i].name : "";
		rc = dress(t, &t->sent[i], &is, err);
		pairs[i] = (struct bk_pair){
			.id = t->sent[i].id,
			.ours = true,
			.from = bk_journal_message_of(msg),
			.to = bk_journal_message_of(&is),
		};
		if (is.uid >= folder->to_next && is.uid)
			folder->to_next = is.uid + 1;
		folder->unnamed += !is.uid && !*is.name;
		counts->added++;
		counts->bytes += msg->size;
		folder->to_messages++;
	}
	bk_fault("sync: batch is there, not in the journal");
	if (rc == 0)
		rc = bk_folder_pass_record(folder, &news, err);
	bk_fault("sync: batch is in the journal");
	free(pairs);
	return rc;
}

static int announce(struct transfer *t, struct bk_err *err)
{
	struct bk_folder_pass *folder = t->folder;
	const struct group *group = &t->group;
	size_t start = t->next ? t->next - 1 : 0;
	size_t n = group->n - start < group->limit ? group->n - start
						   : group->limit;
	struct bk_message **msgs =
		bk_alloc((n + 1) * sizeof(struct bk_message *));

	for (size_t i = 0; i < n; i++)
		msgs[i] = group->items[start + i].msg;
	int rc = bk_journal_batch_put(folder->pass->request->journal,
				      folder->row.id, folder->to_next, msgs, n,
				      err);
	free(msgs);
	t->announced = rc == 0;
	bk_fault("sync: batch announced, not sent");
	return rc;
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

static int out_of_room(const struct transfer *t, struct bk_err *err)
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

static int fail_there(const struct transfer *t, const struct bk_err *why,
		      struct bk_err *err)
{
	*err = *why;
	if (why->kind == BK_FULL)
		return out_of_room(t, err);
	return bk_err_at(err, BK_END_DESTINATION);
}

/* Of what was sent, those from `first` on were turned down with one of them. */
static int send_again(struct transfer *t, size_t first,
		      const struct bk_err *why, struct bk_err *err)
{
	struct bk_folder_pass *folder = t->folder;
	size_t n = t->n_sent - first;
	struct group group = {.n = n, .limit = (n + 1) / 2};

	if (n == 0)
		return 0;
	/* Servers turn a message down for a keyword, too. */
	bool undress = n == 1 && !t->sent[first].bare &&
		       t->sent[first].msg->n_keywords;
	if (n == 1 && !undress)
		return bk_pass_item_failed(folder, t->sent[first].msg, why,
					   &folder->pass->counts->refused, err);
	group.items = bk_alloc(n * sizeof(*group.items));
	memcpy(group.items, t->sent + first, n * sizeof(*group.items));
	group.items[0].bare = undress || group.items[0].bare;
	if (undress)
		t->undressed = *why;
	t->again = bk_array_room(t->again, t->n_again, &t->cap_again,
				 sizeof(*t->again));
	t->again[t->n_again++] = group;
	return 0;
}

/* What the store said of the batch, once the journal has what is there. */
static int act_on(struct transfer *t, size_t first, const struct bk_err *why,
		  struct bk_err *err)
{
	if (why->kind == BK_REFUSED)
		return send_again(t, first, why, err);
	return fail_there(t, why, err);
}

static int flush_batch(struct transfer *t, struct bk_err *err)
{
	struct bk_message_list told = {0};
	struct bk_err why = {0};
	size_t n = t->n_sent;

	int rc = bk_folder_pass_flush(t->folder, &told, &why);
	bool some = why.kind == BK_REFUSED || why.kind == BK_FULL;
	if (rc < 0)
		n = !some ? 0 : told.n < n ? told.n : n;
	if (n && record_sent(t, &told, n, err) < 0)
		rc = -1;
	else if (rc < 0)
		rc = act_on(t, n, &why, err);
	bk_message_list_clear(&told);
	t->n_sent = 0;
	t->bytes = 0;
	t->announced = false;
	return rc;
}

/* ---- messages, as they come ---- */

/* They come in the order in which they were asked for as far as the store has
 * them so. */
static struct outgoing *outgoing_of(struct transfer *t,
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
	struct transfer *t = transfer_of(sink);
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

static int refuse(struct transfer *t, const struct bk_message *msg,
		  const struct bk_err *why, struct bk_err *err)
{
	struct bk_folder_pass *folder = t->folder;

	return bk_pass_item_failed(folder, msg, why,
				   &folder->pass->counts->refused, err);
}

static int begin_message(void *arg, struct bk_message *msg, struct bk_sink **to,
			 struct bk_err *err)
{
	struct transfer *t = arg;
	struct bk_err why = {0};

	t->refused = (struct bk_err){0};
	t->body = NULL;
	*to = NULL;
	if (bk_cancelled(err) < 0)
		return -1;
	const struct outgoing *item = outgoing_of(t, msg);
	if (!item)
		return 0;
	if (!t->announced && announce(t, err) < 0)
		return bk_err_at(err, BK_END_DESTINATION);
	struct bk_message sent = as_sent(t, item);
	if (t->ops->append(t->writer, &sent, &t->body, &why) == 0) {
		*to = &t->guard;
		return 0;
	}
	t->body = NULL;
	if (why.kind == BK_REFUSED)
		return refuse(t, msg, &why, err);
	return fail_there(t, &why, err);
}

static int keep_message(struct transfer *t, struct bk_err *why)
{
	struct bk_message sent = as_sent(t, &t->group.items[t->next - 1]);
	struct bk_sink *body = t->body;

	t->body = NULL;
	if (!t->refused.kind)
		return t->ops->keep(t->writer, body, &sent, why);
	t->ops->drop(t->writer, body);
	*why = t->refused;
	return -1;
}

static int end_message(void *arg, struct bk_message *msg, struct bk_err *err)
{
	struct transfer *t = arg;
	struct bk_err why = {0};

	if (!t->body)
		return 0;
	if (keep_message(t, &why) < 0) {
		if (why.kind == BK_REFUSED)
			return refuse(t, msg, &why, err);
		return fail_there(t, &why, err);
	}
	t->sent = bk_array_room(t->sent, t->n_sent, &t->cap_sent,
				sizeof(*t->sent));
	t->sent[t->n_sent++] = t->group.items[t->next - 1];
	t->bytes += msg->size;
	bk_progress_message(t->folder->pass->request->progress, 1, msg->size);
	bk_fault("sync: message sent, not flushed");
	if (t->n_sent < t->group.limit && t->bytes < BK_SYNC_BATCH_BYTES)
		return 0;
	return flush_batch(t, err) < 0 ? bk_err_at(err, BK_END_DESTINATION) : 0;
}

static int fail_message(void *arg, struct bk_message *msg,
			const struct bk_err *why, struct bk_err *err)
{
	struct transfer *t = arg;

	struct bk_sink *body = t->body;

	t->body = NULL;
	if (body)
		t->ops->drop(t->writer, body);
	/* A destination may have lost with it what it was sent before. */
	if (body && flush_batch(t, err) < 0)
		return bk_err_at(err, BK_END_DESTINATION);
	/* Its owner was quicker: the next pass does not know it.  Or it broke
	 * off, and comes again. */
	if (why->kind == BK_GONE || why->kind == BK_LOST)
		return 0;
	return bk_pass_item_failed(t->folder, msg, why,
				   &t->folder->pass->counts->unread, err);
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

static int send_group(struct transfer *t, struct bk_err *err)
{
	struct bk_folder_pass *folder = t->folder;
	const struct bk_sync_end *from = &folder->pass->request->from;
	const struct bk_bodies to = {begin_message, end_message, fail_message,
				     t};
	struct bk_message **msgs =
		bk_alloc((t->group.n + 1) * sizeof(struct bk_message *));

	t->next = 0;
	for (size_t i = 0; i < t->group.n; i++)
		msgs[i] = t->group.items[i].msg;
	int rc = bk_store_fetch_many(from->store, from->account, folder->from,
				     msgs, t->group.n, &to, err);
	if (rc < 0)
		(void)bk_err_at(err, BK_END_SOURCE);
	free(msgs);
	if (rc < 0 && t->body)
		t->ops->drop(t->writer, t->body);
	t->body = NULL;
	return rc == 0 && t->n_sent ? flush_batch(t, err) : rc;
}

static void collect(struct bk_folder_pass *folder, struct group *group)
{
	const struct bk_folder_plan *plan = &folder->plan;

	group->items = bk_alloc((plan->n_add + 1) * sizeof(*group->items));
	group->limit = BK_SYNC_BATCH_MESSAGES;
	for (size_t i = 0; i < plan->n_add; i++) {
		const struct bk_task *task = &plan->tasks[i];
		if (task->kind != BK_TASK_ADD)
			continue;
		struct outgoing *item = &group->items[group->n++];
		item->msg = bk_folder_pass_source(folder, i);
		item->id = task->pair != BK_NO_INDEX
				   ? folder->pairs.items[task->pair].id
				   : folder->next_id++;
	}
}

int bk_folder_pass_transfer(struct bk_folder_pass *folder, struct bk_err *err)
{
	struct transfer t = {
		.folder = folder,
		.writer = folder->writer,
		.ops = folder->writer->store->ops,
		.guard = {write_guarded},
	};
	int rc = 0;

	collect(folder, &t.group);
	if (t.group.n)
		rc = send_group(&t, err);
	free(t.group.items);
	while (t.n_again && rc == 0) {
		t.group = t.again[--t.n_again];
		rc = send_group(&t, err);
		free(t.group.items);
	}
	while (t.n_again)
		free(t.again[--t.n_again].items);
	free(t.again);
	free(t.sent);
	bk_refused_words_clear(&t.words);
	return rc;
}
