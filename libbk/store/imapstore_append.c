/* Bodies on their way into a folder: see imapstore_writer.h. */

#include <stdlib.h>
#include <string.h>

#include "store/imapstore_writer.h"

/* A body that comes. */
struct body {
	struct bk_sink sink; /* first */
	struct bk_imapstore_writer *w;
	bool streams; /* else it is put by */
	uint8_t last;
	struct bk_body bytes; /* lines end in CRLF */
	struct bk_body_sink into;
};

/* ---- put by ---- */

/* Writes what came so far with CRLF for each LF that has none. */
static int write_lines(struct bk_sink *sink, const void *data, size_t len,
		       struct bk_err *err)
{
	struct body *body = (struct body *)sink;
	struct bk_sink *to = &body->into.sink;
	const uint8_t *at = data;
	const uint8_t *end = at + len;
	const uint8_t *from = at;

	if (!len)
		return 0;
	for (; (at = memchr(at, '\n', (size_t)(end - at))); at++) {
		uint8_t before =
			at > (const uint8_t *)data ? at[-1] : body->last;
		if (before == '\r')
			continue;
		if (to->write(to, from, (size_t)(at - from), err) < 0 ||
		    to->write(to, "\r", 1, err) < 0)
			return -1;
		from = at;
	}
	body->last = end[-1];
	return to->write(to, from, (size_t)(end - from), err);
}

/* ---- streamed ---- */

static int write_through(struct bk_sink *sink, const void *data, size_t len,
			 struct bk_err *err)
{
	struct bk_imapstore_writer *w = ((struct body *)sink)->w;

	if (!w->stream)
		return bk_fail(err, BK_LOST, "the session is over");
	if (len > w->left)
		return bk_fail(err, BK_CORRUPT,
			       "a message is longer than was said");
	w->left -= len;
	return bk_imap_append_bytes(w->stream->imap, data, len, err);
}

/* What has none is the newest. */
static int by_uid(const void *a, const void *b)
{
	const struct bk_imapstore_queued *l = a, *r = b;
	uint32_t x = l->msg.uid - 1, y = r->msg.uid - 1;

	return (x > y) - (x < y);
}

void bk_imapstore_queue_sort(struct bk_imapstore_writer *w)
{
	if (!w->flushes && w->n_queue > 1)
		qsort(w->queue, w->n_queue, sizeof(*w->queue), by_uid);
}

/* Where UIDs are kept, what waits goes before what streams, each in a batch of
 * its own; and a UID that is far away begins one. */
static int settle(struct bk_imapstore_writer *w, uint32_t uid,
		  struct bk_err *err)
{
	if (!w->uids.on)
		return 0;
	if ((w->n_queue || bk_imapstore_uids_far(w, uid)) &&
	    (bk_imapstore_stream_end(w, err) < 0 ||
	     bk_imapstore_send_queue(w, err) < 0))
		return -1;
	if (w->turned_down.kind != BK_OK || !bk_imapstore_uids_far(w, uid))
		return 0;
	return bk_imapstore_uids_raise(w, uid, err);
}

/* Nothing is known of a folder's turning messages down before the batch ends,
 * so what must be told of one alone waits. */
static int try_to_stream(struct bk_imapstore_writer *w,
			 const struct bk_message *msg, struct body *body,
			 struct bk_err *err)
{
	struct bk_imapstore_marks marks = {0};

	if (!w->flushes || !msg->crlf || !msg->size || w->in_message ||
	    w->turned_down.kind != BK_OK)
		return 0;
	if (settle(w, msg->uid, err) < 0)
		return -1;
	if (w->turned_down.kind != BK_OK)
		return 0;
	bk_imapstore_marks_make(w, msg, &marks);
	const struct bk_imap_message head = {
		.size = msg->size,
		.flags = bk_imapstore_marks_view(&marks),
		.date = msg->date,
		.zone_minutes = msg->zone_minutes,
	};
	int rc = bk_imapstore_stream(w, &head, msg->uid, err);
	bk_imapstore_marks_clear(&marks);
	body->streams = rc == 0;
	return rc;
}

/* ---- all of them ---- */

static int check_level(const struct bk_imapstore_writer *w, struct bk_err *err)
{
	if (!w->level)
		return 0;
	return bk_fail(err, BK_REFUSED, "folder %s holds no messages",
		       w->want->name);
}

int bk_imapstore_append(struct bk_folder_writer *writer,
			const struct bk_message *msg, struct bk_sink **out,
			struct bk_err *err)
{
	struct bk_imapstore_writer *w = bk_imapstore_writer_of(writer);

	if (check_level(w, err) < 0 ||
	    bk_folder_check_keywords(&w->writer.folder, msg, err) < 0)
		return -1;
	struct body *body = bk_alloc(sizeof(*body));
	body->w = w;
	body->bytes = BK_BODY(BK_IMAPSTORE_BODY_MEMORY);
	bk_body_sink_init(&body->into, &body->bytes);
	(void)pthread_mutex_lock(&w->lock);
	int rc = try_to_stream(w, msg, body, err);
	(void)pthread_mutex_unlock(&w->lock);
	if (rc < 0) {
		free(body);
		return -1;
	}
	body->sink.write = body->streams ? write_through : write_lines;
	*out = &body->sink;
	return 0;
}

static void free_body(struct body *body)
{
	bk_body_clear(&body->bytes);
	free(body);
}

/* A batch with half a message in it cannot be ended: the connection goes, and
 * with MULTIAPPEND all of the batch, which can be sent again then. */
void bk_imapstore_drop(struct bk_folder_writer *writer, struct bk_sink *sink)
{
	struct bk_imapstore_writer *w = bk_imapstore_writer_of(writer);
	struct body *body = (struct body *)sink;

	(void)pthread_mutex_lock(&w->lock);
	if (body->streams && w->stream) {
		bool whole = bk_imap_can(w->stream->imap, BK_IMAP_MULTIAPPEND);
		bk_imapstore_stream_break(w);
		w->uids.next = w->uids.batch_next;
		(void)bk_fail(&w->turned_down, whole ? BK_REFUSED : BK_LOST,
			      "a message ended before its length");
	}
	(void)pthread_mutex_unlock(&w->lock);
	free_body(body);
}

static void enqueue(struct bk_imapstore_writer *w, struct body *body,
		    const struct bk_message *msg)
{
	w->queue = bk_array_room(w->queue, w->n_queue, &w->cap_queue,
				 sizeof(*w->queue));
	struct bk_imapstore_queued *queued = &w->queue[w->n_queue++];

	*queued = (struct bk_imapstore_queued){
		.msg = *msg, .body = body->bytes, .size = body->into.size};
	body->bytes = BK_BODY(0);
	queued->name = bk_strdup(msg->name ? msg->name : "");
	queued->msg.name = queued->name;
	queued->msg.keywords = NULL;
	queued->msg.n_keywords = 0;
	bk_imapstore_marks_make(w, msg, &queued->marks);
	w->queue_bytes += queued->size;
	if (queued->body.spool < 0)
		atomic_fetch_add(&w->imapstore->waiting,
				 queued->body.bytes.len);
}

static int check_size(const struct body *body, struct bk_err *err)
{
	if (body->into.size)
		return 0;
	return bk_fail(err, BK_REFUSED,
		       "a message without a byte cannot be sent over IMAP");
}

/* What is not wanted any more is dropped: see flush() in store.h. */
static int put_by(struct bk_imapstore_writer *w, struct body *body,
		  const struct bk_message *msg, struct bk_err *err)
{
	if (check_size(body, err) < 0 || bk_body_sink_end(&body->into, err) < 0)
		return -1;
	if (w->flushes && w->turned_down.kind != BK_OK)
		return 0;
	enqueue(w, body, msg);
	if (w->stream || (w->n_queue < BK_IMAPSTORE_BATCH_MESSAGES &&
			  w->queue_bytes < BK_IMAPSTORE_BATCH_BYTES))
		return 0;
	return bk_imapstore_send_queue(w, err);
}

static int end_message(struct bk_imapstore_writer *w, struct bk_err *err)
{
	w->in_message = false;
	if (!w->left)
		return 0;
	bk_imapstore_stream_break(w);
	return bk_fail(err, BK_LOST, "a message ended before its length");
}

int bk_imapstore_keep(struct bk_folder_writer *writer, struct bk_sink *sink,
		      const struct bk_message *msg, struct bk_err *err)
{
	struct bk_imapstore_writer *w = bk_imapstore_writer_of(writer);
	struct body *body = (struct body *)sink;
	int rc = bk_folder_check_keywords(&w->writer.folder, msg, err);

	(void)pthread_mutex_lock(&w->lock);
	if (body->streams)
		rc = end_message(w, err);
	else if (rc == 0)
		rc = put_by(w, body, msg, err);
	(void)pthread_mutex_unlock(&w->lock);
	free_body(body);
	if (rc == 0 &&
	    atomic_load(&w->imapstore->waiting) > BK_IMAPSTORE_MEMORY)
		return bk_imapstore_sync(writer->store, err);
	return rc;
}
