/* Opening a folder to be written over IMAP. */

#include <stdlib.h>
#include <string.h>

#include "store/imapstore_writer.h"

#define CYRUS_KEYWORDS 100 /* what a mailbox of it holds, as 3.6 has it */

/* ---- making it ---- */

/* 1; 0: it is there already.  Special uses are a wish (RFC 6154): where the
 * server has another folder for it, or does not know it, the folder is made
 * without. */
static int make(struct bk_imapstore_writer *w,
		struct bk_imapstore_session *session, struct bk_err *err)
{
	const char *use = w->want->special_use;
	struct bk_err why = {0};
	int rc = bk_imap_create(session->imap, w->raw, use, &why);

	if (rc < 0 && use && why.kind == BK_REFUSED) {
		why = (struct bk_err){0};
		rc = bk_imap_create(session->imap, w->raw, NULL, &why);
	}
	if (rc == 0)
		return 1;
	if (why.kind == BK_EXISTS)
		return 0;
	*err = why;
	return -1;
}

/* A new folder has the rights of the one above it, at Dovecot and at Cyrus, and
 * mail is about to come: who may not see it there may not here.  One that was
 * not there, and is, may be what a run that was cut off has made. */
static int take_back_rights(struct bk_imapstore_writer *w,
			    struct bk_imapstore_session *session,
			    struct bk_err *err)
{
	int told = 0;

	if ((!w->made && !w->want->not_there) ||
	    !bk_imap_can(session->imap, BK_IMAP_ACL))
		return 0;
	if (!w->acl_asked &&
	    bk_imap_get_acl(session->imap, &w->raw, 1, &w->acl, &told, err) < 0)
		return -1;
	w->acl_asked = true;
	return bk_imapstore_take_back(session, w->raw, w->want, &w->acl,
				      &w->inherited, err);
}

int bk_imapstore_make_again(struct bk_imapstore_writer *w,
			    struct bk_imapstore_session *session,
			    struct bk_err *err)
{
	int rc = make(w, session, err);

	if (rc <= 0)
		return rc;
	w->made = true;
	w->acl_asked = false;
	bk_acl_list_clear(&w->acl);
	return take_back_rights(w, session, err);
}

/* One that is not thought to be there costs one round trip. */
static int make_at_once(struct bk_imapstore_writer *w,
			struct bk_imapstore_session *session,
			struct bk_err *err)
{
	struct bk_imap_made made = {0};
	int rc = bk_imapstore_make_selected(session, w->raw, w->want, &made,
					    err);

	w->made |= made.created;
	w->subscription_done = made.subscribed;
	w->acl_asked = made.has_acl;
	bk_acl_list_clear(&w->acl);
	w->acl = made.acl;
	return rc;
}

/* What was subscribed to and could not be made. */
static void take_back(struct bk_imapstore_writer *w,
		      struct bk_imapstore_session *session)
{
	struct bk_err unheard = {0};

	if (w->subscription_done && w->want->subscribed)
		(void)bk_imap_subscribe(session->imap, w->raw, false, &unheard);
	w->subscription_done = false;
}

/* A level that holds no messages is not made: what lies below it makes it. */
static int select_or_make(struct bk_imapstore_writer *w,
			  struct bk_imapstore_session *session,
			  struct bk_err *err)
{
	struct bk_err why = {0};
	int rc = w->want->not_there ? make_at_once(w, session, &why)
				    : bk_imapstore_select(session, w->raw,
							  false, true, &why);

	if (rc < 0 && why.kind == BK_GONE && !w->want->not_there) {
		why = (struct bk_err){0};
		rc = make_at_once(w, session, &why);
	}
	if (rc == 0)
		return 0;
	if (why.kind != BK_GONE && why.kind != BK_REFUSED) {
		*err = why;
		return -1;
	}
	struct bk_err made_why = {0};
	int made = make(w, session, &made_why);
	if (made > 0)
		w->made = true;
	if (made >= 0 && w->made)
		return bk_imapstore_select(session, w->raw, false, true, err);
	take_back(w, session);
	*err = made < 0 ? made_why : why;
	return -1;
}

/* Cyrus lets one more be asked for and ends the session over it, with all that
 * was appended in one command. */
static size_t keywords_most(const struct bk_imapstore_session *session)
{
	return bk_imap_is_cyrus(session->imap) ? CYRUS_KEYWORDS : SIZE_MAX;
}

static void note_what_it_takes(struct bk_imapstore_writer *w,
			       const struct bk_imapstore_session *session)
{
	const struct bk_imap_selected *selected = session->selected;
	size_t n = selected->n_keywords;

	w->keywords_most = keywords_most(session);
	w->uid_validity = selected->status.uid_validity;
	w->writer.uid_validity = selected->status.uid_validity;
	w->writer.uid_next = selected->status.uid_next;
	w->empty = selected->status.known && !selected->status.messages;
	w->takes_flags = selected->flags;
	w->takes_any_keyword = selected->any_keyword;
	w->n_takes_keywords = n;
	w->takes_keywords = bk_arena_alloc(
		&w->arena, (n + CYRUS_KEYWORDS) * sizeof(*w->takes_keywords));
	for (size_t i = 0; i < n; i++)
		w->takes_keywords[i] =
			bk_arena_strdup(&w->arena, selected->keywords[i]);
}

static int spell(struct bk_imapstore_writer *w,
		 const struct bk_imapstore_session *session, struct bk_err *err)
{
	struct bk_imapname_style style = bk_imapstore_style(session);
	struct bk_buf raw = {0};
	int rc = bk_imapname_encode(&style, w->want->name, &raw, err);

	if (rc == 0)
		w->raw = (struct bk_view){
			(const uint8_t *)bk_arena_strndup(
				&w->arena, (const char *)raw.data, raw.len),
			raw.len};
	bk_buf_clear(&raw);
	return rc;
}

static int open_folder(struct bk_imapstore_session *session, void *arg,
		       struct bk_err *err)
{
	struct bk_imapstore_writer *w = arg;

	if (spell(w, session, err) < 0)
		return -1;
	w->writer.folder.raw = w->raw;
	if (w->level)
		return 0;
	if (select_or_make(w, session, err) < 0 ||
	    take_back_rights(w, session, err) < 0)
		return -1;
	if (bk_imapstore_uids_begin(w, session, err) < 0)
		return -1;
	note_what_it_takes(w, session);
	return bk_imapstore_uids_sweep(w, session, err);
}

/* ---- the writer ---- */

static struct bk_imapstore_writer *new_writer(struct bk_store *store,
					      const struct bk_account *account,
					      const struct bk_folder *folder)
{
	struct bk_imapstore_writer *w = bk_alloc(sizeof(*w));

	w->writer.store = store;
	w->writer.folder.name = folder->name;
	w->imapstore = bk_imapstore_of(store);
	w->address = bk_strdup(account->address);
	w->want = folder;
	w->level = folder->no_select;
	for (size_t i = 0; i < folder->n_keywords; i++)
		(void)bk_folder_keyword(&w->writer.folder, folder->keywords[i]);
	(void)pthread_mutex_init(&w->lock, NULL);
	return w;
}

static void enlist(struct bk_imapstore_writer *w)
{
	struct bk_imapstore *imapstore = w->imapstore;

	(void)pthread_mutex_lock(&imapstore->writers_lock);
	w->next = imapstore->writers;
	imapstore->writers = w;
	(void)pthread_mutex_unlock(&imapstore->writers_lock);
}

static void strike_out(struct bk_imapstore_writer *w)
{
	struct bk_imapstore *imapstore = w->imapstore;
	struct bk_imapstore_writer **at = &imapstore->writers;

	(void)pthread_mutex_lock(&imapstore->writers_lock);
	while (*at && *at != w)
		at = &(*at)->next;
	if (*at)
		*at = w->next;
	(void)pthread_mutex_unlock(&imapstore->writers_lock);
}

int bk_imapstore_begin(struct bk_store *store, const struct bk_account *account,
		       const struct bk_folder *folder, uint32_t uid_gap,
		       struct bk_folder_writer **out, struct bk_err *err)
{
	struct bk_imapstore *imapstore = bk_imapstore_of(store);

	if (!imapstore->writable)
		return bk_fail(err, BK_MISUSE, "the store is open for reading");
	struct bk_imapstore_writer *w = new_writer(store, account, folder);
	const struct bk_imapstore_act act = {.run = open_folder, .arg = w};
	w->uids.gap = uid_gap;
	enlist(w);
	if (bk_imapstore_run(imapstore, w->address, &act, err) < 0) {
		bk_imapstore_abort(&w->writer);
		return bk_context(err, "folder %s", folder->name);
	}
	*out = &w->writer;
	return 0;
}

/* ---- what is there ---- */

struct presence {
	struct bk_imapstore_writer *w;
	struct bk_message_list *out;
	bool no_sizes;
};

static int list_present(struct bk_imapstore_session *session, void *arg,
			struct bk_err *err)
{
	struct presence *presence = arg;
	struct bk_imapstore_writer *w = presence->w;

	if (bk_imapstore_select(session, w->raw, false, true, err) < 0)
		return -1;
	return bk_imapstore_list(session, &w->writer.folder, presence->out,
				 &presence->no_sizes, err);
}

/* Who knows from elsewhere what is there does not ask: it is long. */
int bk_imapstore_present(struct bk_folder_writer *writer,
			 struct bk_message_list *out, struct bk_err *err)
{
	struct bk_imapstore_writer *w = bk_imapstore_writer_of(writer);
	struct presence presence = {w, out, false};
	const struct bk_imapstore_act act = {
		.run = list_present, .arg = &presence, .mailbox = w->raw};

	bk_message_list_clear(out);
	if (w->level || w->empty)
		return 0;
	if (bk_imapstore_run(w->imapstore, w->address, &act, err) < 0)
		return bk_context(err, "folder %s", w->want->name);
	bk_imapstore_uids_hide(w, out);
	return 0;
}

void bk_imapstore_abort(struct bk_folder_writer *writer)
{
	struct bk_imapstore_writer *w = bk_imapstore_writer_of(writer);

	strike_out(w);
	bk_imapstore_stream_break(w);
	bk_imapstore_queue_clear(w);
	for (size_t i = 0; i < w->n_changes; i++)
		bk_imapstore_marks_clear(&w->changes[i].marks);
	free(w->queue);
	free(w->streamed);
	free(w->uids.batch);
	free(w->changes);
	free(w->kept);
	free(w->lost);
	bk_uid_set_clear(&w->removed);
	bk_acl_list_clear(&w->acl);
	bk_lacks_clear(&w->inherited.lacks);
	bk_buf_clear(&w->inherited.strangers);
	w->writer.folder.raw = (struct bk_view){0};
	bk_folder_clear(&w->writer.folder);
	bk_arena_clear(&w->arena);
	(void)pthread_mutex_destroy(&w->lock);
	free(w->address);
	free(w);
}
