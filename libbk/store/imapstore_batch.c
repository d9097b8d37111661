/* Messages on their way to a server: see imapstore_writer.h. */

#include <stdlib.h>
#include <string.h>

#include "store/imapstore_writer.h"

/* ---- what became of messages ---- */

static void note_validity(struct bk_imapstore_writer *w,
			  const struct bk_imap_appended *out)
{
	if (out->uid_validity)
		w->uid_validity = out->uid_validity;
}

/* Nothing more is written before flush() has told of it. */
static bool is_stopped(const struct bk_imapstore_writer *w)
{
	return w->flushes && w->turned_down.kind != BK_OK;
}

static void turn_down(struct bk_imapstore_writer *w,
		      const struct bk_imapstore_queued *queued,
		      const struct bk_err *why)
{
	struct bk_store *store = &w->imapstore->store;

	if (!w->flushes && store->refused) {
		store->refused(store->refused_arg, &w->writer, &queued->msg,
			       why);
		return;
	}
	if (w->turned_down.kind == BK_OK)
		w->turned_down = *why;
}

/* ---- the queue ---- */

static void clear_queued(struct bk_imapstore_writer *w,
			 struct bk_imapstore_queued *queued)
{
	if (queued->body.spool < 0)
		atomic_fetch_sub(&w->imapstore->waiting,
				 queued->body.bytes.len);
	free(queued->name);
	bk_imapstore_marks_clear(&queued->marks);
	bk_body_clear(&queued->body);
}

void bk_imapstore_queue_clear(struct bk_imapstore_writer *w)
{
	for (size_t i = 0; i < w->n_queue; i++)
		clear_queued(w, &w->queue[i]);
	w->n_queue = 0;
	w->queue_bytes = 0;
}

struct append_sink {
	struct bk_sink sink; /* first */
	struct bk_imap *imap;
};

static int write_to_imap(struct bk_sink *to, const void *data, size_t len,
			 struct bk_err *err)
{
	struct append_sink *sink = (struct append_sink *)to;

	return bk_imap_append_bytes(sink->imap, data, len, err);
}

static struct bk_imap_message announce(const struct bk_imapstore_queued *queued)
{
	return (struct bk_imap_message){
		.size = queued->size,
		.flags = bk_imapstore_marks_view(&queued->marks),
		.date = queued->msg.date,
		.zone_minutes = queued->msg.zone_minutes,
	};
}

static int append_queued(struct bk_imap *imap,
			 const struct bk_imapstore_queued *queued,
			 struct bk_err *err)
{
	struct append_sink sink = {{write_to_imap}, imap};
	const struct bk_imap_message msg = announce(queued);

	if (bk_imap_append_message(imap, &msg, err) < 0)
		return -1;
	return bk_body_copy(&queued->body, &sink.sink, err);
}

/* Some of the queue, from its front, on its way. */
struct sending {
	struct bk_imapstore_writer *w;
	struct bk_imapstore_session *session;
	size_t most; /* at a time */
	size_t n;    /* of the queue's first ones, in this batch */
};

static int append_some(struct sending *sending, struct bk_imap_appended *out,
		       size_t *n_done, struct bk_err *err)
{
	struct bk_imapstore_writer *w = sending->w;
	struct bk_imap *imap = sending->session->imap;

	bk_imapstore_uids_batch(w);
	if (bk_imap_append_begin(imap, w->raw, err) < 0)
		return -1;
	for (size_t i = 0; i < sending->n; i++) {
		uint32_t uid = w->queue[i].msg.uid;
		if (i > 0 && bk_imapstore_uids_far(w, uid)) {
			sending->n = i;
			break;
		}
		if (bk_imapstore_uids_fill(w, imap, uid, err) == 0 &&
		    append_queued(imap, &w->queue[i], err) == 0)
			continue;
		/* Half a message cannot be ended. */
		sending->session->broken = true;
		return -1;
	}
	int rc = bk_imap_append_end(imap, out, n_done, err);
	bk_imapstore_uids_sift(w, out, n_done);
	return rc;
}

/* Those that were taken, and `refused` more behind them, leave the queue. */
static void leave_queue(struct bk_imapstore_writer *w,
			const struct bk_imap_appended *out, size_t refused)
{
	struct bk_imapstore_given given = {.uids = &out->uids};
	size_t n = 0;

	for (size_t i = 0; i < w->n_queue; i++) {
		struct bk_imapstore_queued *queued = &w->queue[i];
		bool taken = i < out->n && out->taken[i];
		if (taken) {
			bk_imapstore_count_taken(
				w, bk_imapstore_next_given(&given),
				queued->msg.uid);
			bk_imapstore_marks_lose(w, &queued->marks);
		}
		if (taken || i == refused)
			clear_queued(w, queued);
		else
			w->queue[n++] = *queued;
	}
	w->n_queue = n;
}

static void turn_all_down(struct bk_imapstore_writer *w,
			  const struct bk_err *why)
{
	for (size_t i = 0; i < w->n_queue; i++)
		turn_down(w, &w->queue[i], why);
	bk_imapstore_queue_clear(w);
}

static int make_again(struct sending *sending, struct bk_err *err)
{
	sending->w->made_again = true;
	return bk_imapstore_make_again(sending->w, sending->session, err);
}

static bool took_any(const struct bk_imap_appended *out)
{
	bool any = false;

	for (size_t i = 0; i < out->n; i++)
		any |= out->taken[i];
	return any;
}

/* What is sent again stays before what was behind it, for who flushes; where no
 * UIDs were told nothing goes by the order. */
static int wait_for_it(struct sending *sending, struct bk_imap_appended *out,
		       size_t n_done, struct bk_err *err)
{
	struct bk_imapstore_writer *w = sending->w;

	if (w->flushes && out->uids.n &&
	    bk_imapstore_undo_behind(w, sending->session, out, n_done, err) < 0)
		return -1;
	leave_queue(w, out, SIZE_MAX);
	return bk_imap_wait(sending->session->imap, err);
}

/* Some of a batch, or all, was turned down: what next?  0: go on. */
static int cope(struct sending *sending, struct bk_imap_appended *out,
		size_t n_done, const struct bk_err *why, struct bk_err *err)
{
	struct bk_imapstore_writer *w = sending->w;
	bool any = took_any(out);

	if (why->kind == BK_GONE && !w->made_again)
		return make_again(sending, err);
	if (why->kind == BK_BUSY)
		return wait_for_it(sending, out, n_done, err);
	if (!any && sending->n > 1 &&
	    (why->kind == BK_REFUSED || why->kind == BK_FULL)) {
		sending->most = sending->n / 2;
		return 0;
	}
	/* Who flushes finds out which keyword it is. */
	if (!w->flushes &&
	    bk_imapstore_marks_bare(&w->queue[n_done].marks, why)) {
		leave_queue(w, out, SIZE_MAX);
		return 0;
	}
	if (w->flushes &&
	    bk_imapstore_undo_behind(w, sending->session, out, n_done, err) < 0)
		return -1;
	if (why->kind == BK_FULL && !w->flushes) {
		*err = *why;
		return -1;
	}
	if (why->kind != BK_REFUSED && why->kind != BK_FULL) {
		leave_queue(w, out, SIZE_MAX);
		turn_all_down(w, why);
		return 0;
	}
	turn_down(w, &w->queue[n_done], why);
	leave_queue(w, out, n_done);
	return 0;
}

static bool concerns_messages(enum bk_kind kind)
{
	return kind == BK_REFUSED || kind == BK_FULL || kind == BK_GONE ||
	       kind == BK_DENIED || kind == BK_BUSY;
}

static int send_some(struct sending *sending, struct bk_err *err)
{
	struct bk_imapstore_writer *w = sending->w;
	struct bk_imap_appended out = {0};
	struct bk_err why = {0};
	size_t n_done = 0;

	if (bk_imapstore_uids_far(w, w->queue[0].msg.uid) &&
	    bk_imapstore_uids_raise(w, w->queue[0].msg.uid, err) < 0)
		return -1;
	sending->n = w->n_queue < sending->most ? w->n_queue : sending->most;
	int rc = append_some(sending, &out, &n_done, &why);
	note_validity(w, &out);
	if (rc == 0) {
		leave_queue(w, &out, SIZE_MAX);
		sending->most = SIZE_MAX;
	} else if (concerns_messages(why.kind) && !sending->session->broken) {
		rc = cope(sending, &out, n_done, &why, err);
	} else {
		*err = why;
	}
	bk_imap_appended_clear(&out);
	return rc;
}

int bk_imapstore_send_queue(struct bk_imapstore_writer *w, struct bk_err *err)
{
	struct sending sending = {.w = w, .most = SIZE_MAX};
	const struct bk_imapstore_act act = {.mailbox = w->raw};
	int rc = 0;

	if (!w->n_queue)
		return 0;
	bk_imapstore_queue_sort(w);
	if (bk_imapstore_take(w->imapstore, w->address, &act, false,
			      &sending.session, err) < 0)
		return -1;
	while (rc == 0 && w->n_queue && !is_stopped(w))
		rc = send_some(&sending, err);
	bk_imapstore_give(sending.session, false, rc < 0 ? err : NULL);
	bk_imapstore_queue_clear(w);
	return rc;
}

/* ---- the stream ---- */

static void note_streamed(struct bk_imapstore_writer *w, uint32_t uid)
{
	w->streamed = bk_array_room(w->streamed, w->n_streamed,
				    &w->cap_streamed, sizeof(*w->streamed));
	w->streamed[w->n_streamed++] = uid;
}

/* What waited before it goes before it. */
static int stream_queue(struct bk_imapstore_writer *w, struct bk_err *err)
{
	for (size_t i = 0; i < w->n_queue; i++) {
		uint32_t uid = w->queue[i].msg.uid;
		if (bk_imapstore_uids_fill(w, w->stream->imap, uid, err) < 0)
			return -1;
		if (append_queued(w->stream->imap, &w->queue[i], err) < 0)
			return -1;
		note_streamed(w, uid);
	}
	bk_imapstore_queue_clear(w);
	return 0;
}

static int open_stream(struct bk_imapstore_writer *w, struct bk_err *err)
{
	const struct bk_imapstore_act act = {.mailbox = w->raw};

	w->n_streamed = 0;
	bk_imapstore_uids_batch(w);
	if (bk_imapstore_take(w->imapstore, w->address, &act, true, &w->stream,
			      err) < 0)
		return -1;
	return bk_imap_append_begin(w->stream->imap, w->raw, err);
}

int bk_imapstore_stream(struct bk_imapstore_writer *w,
			const struct bk_imap_message *msg, uint32_t uid,
			struct bk_err *err)
{
	if ((!w->stream && open_stream(w, err) < 0) ||
	    stream_queue(w, err) < 0 ||
	    bk_imapstore_uids_fill(w, w->stream->imap, uid, err) < 0 ||
	    bk_imap_append_message(w->stream->imap, msg, err) < 0) {
		bk_imapstore_stream_break(w);
		return -1;
	}
	note_streamed(w, uid);
	w->in_message = true;
	w->left = msg->size;
	return 0;
}

static void count_streamed(struct bk_imapstore_writer *w,
			   const struct bk_imap_appended *out, size_t n)
{
	struct bk_imapstore_given given = {.uids = &out->uids};

	for (size_t i = 0; i < n && i < out->n && i < w->n_streamed; i++)
		if (out->taken[i])
			bk_imapstore_count_taken(
				w, bk_imapstore_next_given(&given),
				w->streamed[i]);
}

static int hear_of_before(struct bk_imapstore_writer *w, bool wait,
			  struct bk_err *err)
{
	struct bk_imap_appended out = {0};
	size_t n_done = 0, n = w->n_before;

	if (!n)
		return 0;
	int rc = bk_imap_append_answer(w->stream->imap, wait, &out, &n_done,
				       err);
	if (rc != 0) {
		note_validity(w, &out);
		count_streamed(w, &out, n_done);
		w->n_streamed -= n;
		memmove(w->streamed, w->streamed + n,
			w->n_streamed * sizeof(*w->streamed));
		w->n_before = 0;
	}
	bk_imap_appended_clear(&out);
	return rc;
}

void bk_imapstore_stream_break(struct bk_imapstore_writer *w)
{
	struct bk_err ignored = {0};

	if (!w->stream)
		return;
	w->came_late = hear_of_before(w, false, &ignored) > 0;
	w->stream->broken = true;
	bk_imapstore_give(w->stream, true, NULL);
	w->stream = NULL;
	w->in_message = false;
	w->n_streamed = w->n_before = 0;
}

/* Where UIDs are kept, a batch goes on from what the one before it got; and
 * what waits in the queue has its place behind what was streamed. */
static bool may_overlap(const struct bk_imapstore_writer *w)
{
	return w->flushes && w->stream && !w->n_before && w->n_streamed &&
	       !w->in_message && !w->n_queue && !w->n_kept && !w->uids.on &&
	       w->turned_down.kind == BK_OK &&
	       bk_imap_can(w->stream->imap, BK_IMAP_MULTIAPPEND);
}

int bk_imapstore_stream_next(struct bk_imapstore_writer *w, struct bk_err *err)
{
	if (!may_overlap(w))
		return 0;
	if (bk_imap_append_next(w->stream->imap, err) < 0) {
		bk_imapstore_stream_break(w);
		return -1;
	}
	w->n_before = w->n_streamed;
	return 1;
}

int bk_imapstore_stream_answer(struct bk_imapstore_writer *w, bool wait,
			       struct bk_err *err)
{
	struct bk_err unheard = {0};

	/* What breaks now is told by the answer that does not come. */
	if (wait && w->writer.whole && w->n_before && !w->in_message &&
	    w->n_streamed > w->n_before)
		(void)bk_imapstore_append_close(w->stream, w->writer.next,
						&unheard);
	int rc = hear_of_before(w, wait, err);
	if (rc < 0 && !concerns_messages(err->kind))
		bk_imapstore_stream_break(w);
	rc = rc == 0 ? w->came_late : rc;
	w->came_late = false;
	return rc;
}

int bk_imapstore_stream_end(struct bk_imapstore_writer *w, struct bk_err *err)
{
	struct bk_imapstore_session *session = w->stream;
	struct bk_imap_appended out = {0};
	struct bk_err why = {0};
	size_t n_done = 0;

	if (!session)
		return 0;
	int rc = bk_imapstore_append_end(session, w->writer.next, &out, &n_done,
					 &why);
	bk_imapstore_uids_sift(w, &out, &n_done);
	note_validity(w, &out);
	count_streamed(w, &out, rc == 0 ? out.n : n_done);
	if (rc < 0 && concerns_messages(why.kind)) {
		w->turned_down = why;
		why = (struct bk_err){0};
		rc = bk_imapstore_undo_behind(w, session, &out, n_done, &why);
	}
	if (rc < 0)
		*err = why;
	bk_imap_appended_clear(&out);
	w->stream = NULL;
	w->n_streamed = 0;
	bk_imapstore_give(session, true, rc < 0 ? &why : NULL);
	return rc;
}
