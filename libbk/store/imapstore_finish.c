/* Changes of what is there, and the end of writing a folder. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/imapstore_writer.h"
#include "store/lacks.h"

#define NOT_SUBSCRIBED "the server does not subscribe to it"

static int say_where(const struct bk_imapstore_writer *w, struct bk_err *err)
{
	(void)bk_imapstore_whose(w->address, err);
	return bk_context(err, "folder %s", w->want->name);
}

/* ---- changes ---- */

int bk_imapstore_set_flags(struct bk_folder_writer *writer,
			   const struct bk_message *present,
			   const struct bk_message *want, struct bk_err *err)
{
	struct bk_imapstore_writer *w = bk_imapstore_writer_of(writer);

	if (bk_folder_check_keywords(&w->writer.folder, want, err) < 0)
		return -1;
	if (bk_message_same_marks(present, want))
		return 0;
	(void)pthread_mutex_lock(&w->lock);
	w->changes = bk_array_room(w->changes, w->n_changes, &w->cap_changes,
				   sizeof(*w->changes));
	struct bk_imapstore_change *change = &w->changes[w->n_changes++];
	change->uid = present->uid;
	bk_imapstore_marks_make(w, want, &change->marks);
	(void)pthread_mutex_unlock(&w->lock);
	return 0;
}

int bk_imapstore_remove(struct bk_folder_writer *writer,
			const struct bk_message *msg, struct bk_err *err)
{
	struct bk_imapstore_writer *w = bk_imapstore_writer_of(writer);

	(void)err;
	(void)pthread_mutex_lock(&w->lock);
	bk_uid_set_add(&w->removed, msg->uid);
	(void)pthread_mutex_unlock(&w->lock);
	return 0;
}

static int take_out(struct bk_imapstore_session *session, void *arg,
		    struct bk_err *err)
{
	const struct bk_imapstore_writer *w = arg;

	if (bk_imapstore_select(session, w->raw, false, false, err) < 0)
		return -1;
	return bk_imap_remove(session->imap, &w->removed, err);
}

static int send_removals(struct bk_imapstore_writer *w, struct bk_err *err)
{
	const struct bk_imapstore_act act = {
		.run = take_out, .arg = w, .mailbox = w->raw};

	if (!w->removed.n)
		return 0;
	/* UIDs are given out once: what is gone goes no second time. */
	bk_uid_set_sort(&w->removed);
	int rc = bk_imapstore_run(w->imapstore, w->address, &act, err);
	bk_uid_set_clear(&w->removed);
	return rc;
}

/* Everything that waits; what goes goes last. */
static int send_all(struct bk_imapstore_writer *w, struct bk_err *err)
{
	if (w->stream && (w->in_message || w->n_before))
		return bk_fail(err, BK_MISUSE, "%s",
			       w->in_message ? "a message is half written"
					     : "a flush is under way");
	if (bk_imapstore_stream_end(w, err) < 0)
		return -1;
	if (w->flushes && w->turned_down.kind != BK_OK)
		bk_imapstore_queue_clear(w);
	if (bk_imapstore_send_queue(w, err) < 0 ||
	    bk_imapstore_send_changes(w, err) < 0 || send_removals(w, err) < 0)
		return -1;
	return bk_imapstore_uids_disown(w, err);
}

static void list_kept(struct bk_imapstore_writer *w,
		      struct bk_message_list *out)
{
	for (size_t i = 0; i < w->n_kept; i++) {
		struct bk_message *msg = bk_message_list_add(out);
		msg->name = "";
		msg->uid = w->kept[i];
	}
	w->n_kept = 0;
}

static int tell_kept(struct bk_imapstore_writer *w, struct bk_message_list *out,
		     struct bk_err *err)
{
	list_kept(w, out);
	if (w->turned_down.kind == BK_OK)
		return 0;
	*err = w->turned_down;
	w->turned_down = (struct bk_err){0};
	return -1;
}

int bk_imapstore_flush(struct bk_folder_writer *writer,
		       struct bk_message_list *out, struct bk_err *err)
{
	struct bk_imapstore_writer *w = bk_imapstore_writer_of(writer);

	bk_message_list_clear(out);
	(void)pthread_mutex_lock(&w->lock);
	w->flushes = true;
	int rc = send_all(w, err);
	if (rc == 0)
		rc = tell_kept(w, out, err);
	if (rc == 0 && w->unset)
		rc = bk_fail(err, BK_REFUSED,
			     "flags could not be set (messages: %zu): %s",
			     w->unset, w->unset_why.text);
	w->unset = 0;
	(void)pthread_mutex_unlock(&w->lock);
	return rc < 0 ? say_where(w, err) : 0;
}

int bk_imapstore_begin_flush(struct bk_folder_writer *writer,
			     struct bk_err *err)
{
	struct bk_imapstore_writer *w = bk_imapstore_writer_of(writer);

	(void)pthread_mutex_lock(&w->lock);
	int rc = bk_imapstore_stream_next(w, err);
	(void)pthread_mutex_unlock(&w->lock);
	return rc < 0 ? say_where(w, err) : rc;
}

int bk_imapstore_end_flush(struct bk_folder_writer *writer, bool wait,
			   struct bk_message_list *out, struct bk_err *err)
{
	struct bk_imapstore_writer *w = bk_imapstore_writer_of(writer);

	bk_message_list_clear(out);
	(void)pthread_mutex_lock(&w->lock);
	int rc = bk_imapstore_stream_answer(w, wait, err);
	if (rc > 0)
		list_kept(w, out);
	(void)pthread_mutex_unlock(&w->lock);
	return rc < 0 ? say_where(w, err) : rc;
}

int bk_imapstore_sync(struct bk_store *store, struct bk_err *err)
{
	struct bk_imapstore *imapstore = bk_imapstore_of(store);
	int rc = 0;

	(void)pthread_mutex_lock(&imapstore->writers_lock);
	for (struct bk_imapstore_writer *w = imapstore->writers; w && rc == 0;
	     w = w->next) {
		(void)pthread_mutex_lock(&w->lock);
		if (!w->in_message && !w->n_before)
			rc = send_all(w, err);
		(void)pthread_mutex_unlock(&w->lock);
	}
	(void)pthread_mutex_unlock(&imapstore->writers_lock);
	return rc;
}

/* ---- the end ---- */

/* A subscription that the server made by itself is undone; one that somebody
 * made since is not, unless that is asked for. */
static bool changes_subscription(const struct bk_imapstore_writer *w)
{
	if (w->made)
		return !w->subscription_done;
	if (w->imapstore->live)
		return false;
	return w->want->subscribed ? !w->want->subscribed_there
				   : w->want->unsubscribe;
}

static bool concerns_it(enum bk_kind kind)
{
	return kind == BK_REFUSED || kind == BK_GONE || kind == BK_DENIED ||
	       kind == BK_EXISTS;
}

static bool is_subscribed(const struct bk_imap_mailbox_list *list,
			  struct bk_view raw)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct bk_imap_mailbox *is = &list->items[i];
		if ((is->is & BK_IMAP_SUBSCRIBED) && is->name.len == raw.len &&
		    memcmp(is->name.data, raw.data, raw.len) == 0)
			return true;
	}
	return false;
}

/* Some servers let nobody subscribe to what is not there, and all keep a
 * subscription to what was. */
static int subscribe_to_nothing(struct bk_imapstore_writer *w,
				struct bk_imapstore_session *session,
				struct bk_err *why)
{
	struct bk_imap_mailbox_list list = {0};

	if (bk_imapstore_leave(session, why) < 0)
		return -1;
	int rc = bk_imap_list(session->imap, false, false, &list, why);
	bool done = rc == 0 && is_subscribed(&list, w->raw);
	bk_imap_mailbox_list_clear(&list);
	if (rc < 0 || done)
		return rc;
	if (bk_imap_create(session->imap, w->raw, NULL, why) < 0)
		return -1;
	rc = bk_imap_subscribe(session->imap, w->raw, true, why);
	return bk_imap_delete(session->imap, w->raw, why) < 0 ? -1 : rc;
}

static int subscribe(struct bk_imapstore_writer *w,
		     struct bk_imapstore_session *session, bool *lost,
		     struct bk_err *err)
{
	bool on = w->want->subscribed;
	struct bk_err why = {0};

	if (!changes_subscription(w))
		return 0;
	int rc = bk_imap_subscribe(session->imap, w->raw, on, &why);
	if (rc < 0 && on && w->level && w->want->follows &&
	    concerns_it(why.kind)) {
		why = (struct bk_err){0};
		rc = subscribe_to_nothing(w, session, &why);
	}
	if (rc == 0)
		return 0;
	if (concerns_it(why.kind)) {
		*lost = on;
		return 0;
	}
	*err = why;
	return -1;
}

struct ending {
	struct bk_imapstore_writer *w;
	struct bk_lacks lacks; /* rights and annotations */
	bool not_subscribed;
};

static int put_settings(struct bk_imapstore_session *session, void *arg,
			struct bk_err *err)
{
	struct ending *ending = arg;
	struct bk_imapstore_writer *w = ending->w;

	ending->not_subscribed = false;
	if (!w->level && bk_imapstore_put_settings(session, w->raw, w->want,
						   &ending->lacks, err) < 0)
		return -1;
	return subscribe(w, session, &ending->not_subscribed, err);
}

static void add_note(struct bk_buf *note, const char *text)
{
	bk_buf_printf(note, "%s%s", note->len ? "; " : "", text);
}

static const char *why_new_uids(const struct bk_imapstore_writer *w)
{
	return *w->uids.why ? w->uids.why : "the server gives out its own";
}

static void add_lacks(struct bk_lacks *to, const struct bk_lacks *from)
{
	for (size_t i = 0; i < from->n; i++)
		bk_lacks_add(to, from->items[i].what, from->items[i].name,
			     from->items[i].why);
}

/* The same one by one. */
static void tell_lacks(const struct ending *ending,
		       const struct bk_folder_result *result)
{
	const struct bk_imapstore_writer *w = ending->w;
	struct bk_lacks *to = w->writer.lacks;

	if (w->want->uid_validity && !result->kept_uids && !w->level)
		bk_lacks_add(to, BK_LACK_UIDS, NULL, why_new_uids(w));
	bk_imapstore_marks_lacks(w, to);
	add_lacks(to, &w->inherited.lacks);
	add_lacks(to, &ending->lacks);
	if (ending->not_subscribed)
		bk_lacks_add(to, BK_LACK_SUBSCRIPTION, NULL, NOT_SUBSCRIBED);
}

/* The first of its reasons. */
static void note_lacks(const struct bk_lacks *lacks, struct bk_buf *note)
{
	if (lacks->n)
		bk_buf_printf(note, "%snot possible here: %.120s",
			      note->len ? "; " : "", lacks->items[0].why);
	if (lacks->n > 1)
		bk_buf_printf(note, ", and %zu more of them", lacks->n - 1);
}

static void note_strangers(const struct bk_imapstore_writer *w,
			   struct bk_buf *note)
{
	const struct bk_buf *who = &w->inherited.strangers;

	if (!who->len)
		return;
	bk_buf_printf(note,
		      "%sit may be read, as the folder above it, by whom the "
		      "source does not name: ",
		      note->len ? "; " : "");
	bk_buf_add(note, who->data, who->len < 80 ? who->len : 80);
}

static void tell_result(const struct ending *ending,
			struct bk_folder_result *result)
{
	const struct bk_imapstore_writer *w = ending->w;
	uint32_t wanted = w->want->uid_validity;
	struct bk_buf note = {0};

	*result = (struct bk_folder_result){
		.kept_uids = wanted && !w->level && w->uid_validity == wanted &&
			     !w->other_uids,
		.uid_validity = w->uid_validity,
		.uid_next = w->uids.on ? w->uids.next : 0,
		.added = w->added,
	};
	if (wanted && !result->kept_uids && !w->level && !w->uids.theirs)
		bk_buf_printf(&note, "new UIDs: %s", why_new_uids(w));
	bool own = note.len && !*w->uids.why;
	size_t len = note.len;
	bk_imapstore_marks_note(w, &note);
	note_lacks(&w->inherited.lacks, &note);
	note_lacks(&ending->lacks, &note);
	note_strangers(w, &note);
	if (ending->not_subscribed)
		add_note(&note, NOT_SUBSCRIBED);
	result->own_uids = own && note.len == len;
	(void)snprintf(result->note, sizeof(result->note), "%s",
		       bk_buf_text(&note));
	bk_buf_clear(&note);
	tell_lacks(ending, result);
}

static bool has_settings(const struct bk_imapstore_writer *w)
{
	return w->want->n_acl || w->want->n_annotations || w->want->follows ||
	       changes_subscription(w);
}

int bk_imapstore_finish(struct bk_folder_writer *writer,
			struct bk_folder_result *result, struct bk_err *err)
{
	struct bk_imapstore_writer *w = bk_imapstore_writer_of(writer);
	struct ending ending = {.w = w};
	const struct bk_imapstore_act act = {.run = put_settings,
					     .arg = &ending};

	(void)pthread_mutex_lock(&w->lock);
	int rc = send_all(w, err);
	(void)pthread_mutex_unlock(&w->lock);
	if (rc == 0 && w->turned_down.kind != BK_OK) {
		*err = w->turned_down;
		rc = -1;
	}
	if (rc == 0)
		rc = bk_imapstore_uids_finish(w, err);
	if (rc == 0 && has_settings(w))
		rc = bk_imapstore_run(w->imapstore, w->address, &act, err);
	if (rc == 0)
		tell_result(&ending, result);
	else
		(void)say_where(w, err);
	bk_lacks_clear(&ending.lacks);
	bk_imapstore_abort(writer);
	return rc;
}
