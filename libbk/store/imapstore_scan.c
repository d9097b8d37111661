/* What is in a folder, and what became of it since. */

#include <stdlib.h>

#include "store/imapstore.h"
#include "store/imapstore_rest.h"

#define ROUNDS 3

/* A listing that is under way. */
struct listing {
	struct bk_imapstore_session *session;
	struct bk_folder *folder;
	struct bk_message_list *out;
	struct bk_uid_set *gone; /* NULL: nobody asks */
	bool no_sizes;           /* the server has ended a session over them */
	struct bk_imapstore_shown shown; /* of one that is listed with the rest:
					    what others have */
	uint64_t passed_over;            /* since others have it */
};

static uint32_t caps_of(const struct bk_imapstore_session *session)
{
	return bk_imap_caps(session->imap)->has;
}

static bool has_modseqs(const struct bk_imapstore_session *session)
{
	return caps_of(session) & BK_IMAP_CONDSTORE &&
	       !session->selected->no_modseq &&
	       session->selected->status.highest_modseq;
}

/* Dovecot has to read a message whose name does not tell its size, and ends
 * the session when it cannot. */
static unsigned listed(const struct listing *listing)
{
	unsigned want =
		BK_IMAP_SAID_UID | BK_IMAP_SAID_FLAGS | BK_IMAP_SAID_DATE;

	return listing->no_sizes ? want : want | BK_IMAP_SAID_SIZE;
}

/* After a FETCH; the next one asks for less where that may help. */
static int note_end(struct listing *listing, int rc)
{
	listing->no_sizes |=
		rc < 0 && bk_imap_was_dismissed(listing->session->imap);
	return rc;
}

static unsigned wanted_of(const struct listing *listing)
{
	unsigned want = listed(listing);

	if (listing->folder->rest)
		want |= BK_IMAP_SAID_LABELS;
	return has_modseqs(listing->session) ? want | BK_IMAP_SAID_MODSEQ
					     : want;
}

/* ---- rows ---- */

static void take_keywords(struct listing *listing,
			  const struct bk_imap_row *row, struct bk_message *msg)
{
	struct bk_arena *arena = &listing->out->arena;
	uint16_t *own = bk_arena_alloc(arena, row->n_keywords * sizeof(*own));
	uint16_t n = 0;

	for (size_t i = 0; i < row->n_keywords && n < UINT16_MAX; i++) {
		char *name = bk_strndup((const char *)row->keywords[i].data,
					row->keywords[i].len);
		own[n] = bk_folder_keyword(listing->folder, name);
		free(name);
		if (own[n] != BK_KEYWORD_NONE)
			n++;
	}
	msg->n_keywords = bk_keywords_sort(own, n);
	msg->keywords = own;
}

static int take_row(void *arg, const struct bk_imap_row *row,
		    struct bk_err *err)
{
	struct listing *listing = arg;
	const unsigned needed = BK_IMAP_SAID_UID | BK_IMAP_SAID_FLAGS;

	if ((row->said & needed) != needed || !row->uid) {
		listing->session->broken = true;
		return bk_fail(err, BK_CORRUPT,
			       "the server tells of a message without UID or "
			       "flags");
	}
	if (listing->shown.names &&
	    bk_imapstore_shown_has(&listing->shown, row)) {
		listing->passed_over++;
		return 0;
	}
	struct bk_message *msg = bk_message_list_add(listing->out);
	msg->name = "";
	msg->file = "";
	msg->uid = row->uid;
	msg->flags = row->flags;
	msg->date = row->date;
	msg->zone_minutes = row->zone_minutes;
	msg->modseq = row->modseq;
	if (row->said & BK_IMAP_SAID_SIZE)
		msg->file = bk_imapstore_note_size(&listing->out->arena, row);
	if (row->n_keywords)
		take_keywords(listing, row, msg);
	return 0;
}

static int take_vanished(void *arg, const struct bk_uid_set *uids,
			 struct bk_err *err)
{
	struct listing *listing = arg;

	(void)err;
	for (size_t i = 0; listing->gone && i < uids->n; i++)
		bk_uid_set_add_range(listing->gone, uids->items[i].first,
				     uids->items[i].last);
	return 0;
}

static int fetch_rows(struct listing *listing, struct bk_err *err)
{
	struct bk_imap *imap = listing->session->imap;
	const struct bk_imap_rows rows = {take_row, take_vanished, listing};

	int rc = bk_imap_fetch(imap, "1:*", wanted_of(listing), 0, &rows, err);
	return note_end(listing, rc);
}

/* The folder as it is now. */
static void take_state(const struct bk_imapstore_session *session,
		       struct bk_folder *folder)
{
	const struct bk_imap_status *now = &session->selected->status;

	folder->uid_validity = now->uid_validity;
	folder->uid_next = now->uid_next;
	folder->highest_modseq = now->highest_modseq;
	folder->messages = now->messages;
	folder->counted = true;
}

static int check_selected(const struct bk_imapstore_session *session,
			  struct bk_err *err)
{
	if (session->selected->uid_not_sticky ||
	    !session->selected->status.uid_validity)
		return bk_fail(err, BK_REFUSED,
			       "the server does not keep this folder's UIDs: "
			       "what is in it cannot be told apart");
	return 0;
}

/* ---- all of a folder ---- */

static void drop_doubles(struct bk_message_list *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		if (!n || list->items[n - 1].uid != list->items[i].uid)
			list->items[n++] = list->items[i];
	list->n = n;
}

/* Fewer than the server counts: some went meanwhile, or it leaves some out. */
static bool is_whole(const struct listing *listing)
{
	return listing->out->n + listing->passed_over >=
	       listing->session->selected->status.messages;
}

static int list(struct listing *listing, struct bk_err *err)
{
	struct bk_message_list *out = listing->out;

	bk_message_list_clear(out);
	listing->passed_over = 0;
	if (listing->session->selected->status.messages &&
	    fetch_rows(listing, err) < 0)
		return -1;
	bk_message_list_sort(out);
	drop_doubles(out);
	return 0;
}

int bk_imapstore_list(struct bk_imapstore_session *session,
		      struct bk_folder *folder, struct bk_message_list *out,
		      bool *no_sizes, struct bk_err *err)
{
	struct listing listing = {.session = session,
				  .folder = folder,
				  .out = out,
				  .no_sizes = *no_sizes};

	int rc = list(&listing, err);
	*no_sizes = listing.no_sizes;
	return rc;
}

static int select_and_list(struct listing *listing, struct bk_err *err)
{
	struct bk_imapstore_session *session = listing->session;
	struct bk_folder *folder = listing->folder;

	folder->n_keywords = 0;
	if (bk_imapstore_select(session, folder->raw, true, true, err) < 0 ||
	    check_selected(session, err) < 0)
		return -1;
	take_state(session, folder);
	if (folder->rest &&
	    bk_imapstore_shown_ask(session->imap, &listing->shown, err) < 0)
		return -1;
	return list(listing, err);
}

/* Both in one round trip, of a folder that seems to have messages: asked for
 * those of an empty one some servers complain.  1: done; 0: it could not be. */
static int list_at_once(struct listing *listing, struct bk_err *err)
{
	struct bk_imapstore_session *session = listing->session;
	struct bk_folder *folder = listing->folder;
	const struct bk_imap_rows rows = {take_row, take_vanished, listing};
	struct bk_imap_changes all = {.want = listed(listing),
				      .rows = &rows,
				      .bodies = folder->bodies_too};

	if (!folder->counted || !folder->messages || folder->rest)
		return 0;
	folder->bodies_too = false; /* once, whatever comes of it */
	if (folder->highest_modseq && caps_of(session) & BK_IMAP_CONDSTORE)
		all.want |= BK_IMAP_SAID_MODSEQ;
	folder->n_keywords = 0;
	bk_message_list_clear(listing->out);
	int rc = bk_imapstore_select_since(session, folder->raw, &all, err);
	if (rc <= 0)
		return note_end(listing, rc);
	if (check_selected(session, err) < 0)
		return -1;
	take_state(session, folder);
	bk_message_list_sort(listing->out);
	drop_doubles(listing->out);
	return is_whole(listing);
}

static int scan(struct bk_imapstore_session *session, void *arg,
		struct bk_err *err)
{
	struct listing *listing = arg;

	listing->session = session;
	int rc = list_at_once(listing, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	for (int i = 0; i < ROUNDS; i++) {
		if (select_and_list(listing, err) < 0)
			return -1;
		if (is_whole(listing))
			return 0;
	}
	return bk_fail(err, BK_REFUSED,
		       "the server counts %ju messages in it and lists %zu",
		       (uintmax_t)session->selected->status.messages,
		       (size_t)(listing->out->n + listing->passed_over));
}

int bk_imapstore_scan(struct bk_store *store, const struct bk_account *account,
		      struct bk_folder *folder, struct bk_message_list *out,
		      struct bk_err *err)
{
	struct listing listing = {
		.folder = folder, .out = out, .no_sizes = folder->sizeless};
	const struct bk_imapstore_act act = {
		.run = scan, .arg = &listing, .mailbox = folder->raw};

	bk_message_list_clear(out);
	if (bk_imapstore_check_folder(folder, err) < 0)
		return -1;
	struct bk_imapstore *imapstore = bk_imapstore_of(store);
	int rc = bk_imapstore_run(imapstore, account->address, &act, err);
	bk_imapstore_shown_clear(&listing.shown);
	if (rc < 0 || (listing.no_sizes && !folder->sizeless &&
		       bk_imapstore_add_sizes(imapstore, account->address,
					      folder, out, err) < 0))
		return bk_context(err, "folder %s", folder->name);
	return 0;
}

/* ---- has anything changed? ---- */

struct look {
	const struct bk_folder *folder;
	struct bk_imap_status now;
};

static int ask_status(struct bk_imapstore_session *session, void *arg,
		      struct bk_err *err)
{
	struct look *look = arg;

	look->now = (struct bk_imap_status){0};
	return bk_imap_status(session->imap, look->folder->raw, &look->now,
			      err);
}

int bk_imapstore_changed(struct bk_store *store,
			 const struct bk_account *account,
			 const struct bk_folder *folder, struct bk_err *err)
{
	struct look look = {.folder = folder};
	const struct bk_imapstore_act act = {.run = ask_status, .arg = &look};
	const struct bk_imap_status *now = &look.now;

	if (bk_imapstore_check_folder(folder, err) < 0)
		return -1;
	if (bk_imapstore_run(bk_imapstore_of(store), account->address, &act,
			     err) < 0)
		return bk_context(err, "folder %s", folder->name);
	return !now->known || now->uid_validity != folder->uid_validity ||
	       now->uid_next != folder->uid_next ||
	       now->messages != folder->messages ||
	       now->highest_modseq != folder->highest_modseq;
}

/* ---- what changed ---- */

struct since {
	struct listing listing;
	uint32_t uid_validity;
	uint64_t modseq;
	const struct bk_uid_set *known;
	struct bk_uid_set *gone;
};

/* CONDSTORE alone tells of no message that went. */
static int find_gone(struct since *since, struct bk_imapstore_session *session,
		     struct bk_err *err)
{
	struct bk_uid_set there = {0};
	int rc = bk_imap_search(session->imap, "ALL", &there, err);

	bk_uid_set_sort(&there);
	for (size_t i = 0; rc == 0 && i < since->known->n; i++) {
		struct bk_uid_range range = since->known->items[i];
		for (uint64_t uid = range.first; uid <= range.last; uid++)
			if (!bk_uid_set_has(&there, (uint32_t)uid))
				bk_uid_set_add(since->gone, (uint32_t)uid);
	}
	bk_uid_set_clear(&there);
	return rc;
}

static struct bk_uid_range common(struct bk_uid_range a, struct bk_uid_range b)
{
	return (struct bk_uid_range){a.first > b.first ? a.first : b.first,
				     a.last < b.last ? a.last : b.last};
}

/* Of what the server says is gone, what was known: both are sorted. */
static void keep_known(struct bk_uid_set *vanished,
		       const struct bk_uid_set *known, struct bk_uid_set *out)
{
	size_t i = 0, k = 0;

	bk_uid_set_sort(vanished);
	while (i < vanished->n && k < known->n) {
		struct bk_uid_range both =
			common(vanished->items[i], known->items[k]);
		if (both.first <= both.last)
			bk_uid_set_add_range(out, both.first, both.last);
		if (vanished->items[i].last < known->items[k].last)
			i++;
		else
			k++;
	}
}

/* What was known, less what went, and what came make what is there; else the
 * server forgot something, or says so. */
static bool adds_up(const struct since *since,
		    const struct bk_imapstore_session *session)
{
	const struct bk_message_list *changed = since->listing.out;
	uint64_t n =
		bk_uid_set_count(since->known) - bk_uid_set_count(since->gone);

	for (size_t i = 0; i < changed->n; i++)
		n += !bk_uid_set_has(since->known, changed->items[i].uid);
	return n == session->selected->status.messages;
}

/* 1: changes were told; 0: they were not. */
static int ask_since(struct since *since, struct bk_imapstore_session *session,
		     struct bk_err *err)
{
	const struct bk_imap_rows rows = {take_row, take_vanished,
					  &since->listing};
	const struct bk_imap_changes changes = {
		.since = since->modseq,
		.want = listed(&since->listing) | BK_IMAP_SAID_MODSEQ,
		.rows = &rows};
	struct bk_view mailbox = since->listing.folder->raw;

	since->listing.session = session;
	if (since->modseq && caps_of(session) & BK_IMAP_CONDSTORE)
		return note_end(&since->listing,
				bk_imapstore_select_since(session, mailbox,
							  &changes, err));
	return bk_imapstore_select(session, mailbox, true, true, err);
}

static int take_changes(struct since *since,
			struct bk_imapstore_session *session,
			struct bk_uid_set *vanished, struct bk_err *err)
{
	if (caps_of(session) & BK_IMAP_QRESYNC)
		keep_known(vanished, since->known, since->gone);
	else if (find_gone(since, session, err) < 0)
		return -1;
	bk_message_list_sort(since->listing.out);
	drop_doubles(since->listing.out);
	return adds_up(since, session);
}

static int scan_since(struct bk_imapstore_session *session, void *arg,
		      struct bk_err *err)
{
	struct since *since = arg;
	struct bk_folder *folder = since->listing.folder;
	struct bk_uid_set vanished = {0};

	bk_message_list_clear(since->listing.out);
	bk_uid_set_clear(since->gone);
	since->listing.gone = &vanished;
	int rc = ask_since(since, session, err);
	if (rc >= 0)
		take_state(session, folder);
	if (rc > 0 && has_modseqs(session) &&
	    folder->uid_validity == since->uid_validity &&
	    folder->highest_modseq >= since->modseq)
		rc = take_changes(since, session, &vanished, err);
	else if (rc > 0)
		rc = 0;
	if (rc <= 0)
		bk_message_list_clear(since->listing.out);
	since->listing.gone = NULL;
	bk_uid_set_clear(&vanished);
	return rc;
}

/* NOLINTNEXTLINE(readability-function-size): the op's parameters */
int bk_imapstore_scan_since(struct bk_store *store,
			    const struct bk_account *account,
			    struct bk_folder *folder,
			    const struct bk_uid_set *known,
			    struct bk_message_list *changed,
			    struct bk_uid_set *gone, struct bk_err *err)
{
	struct since since = {
		.listing = {.folder = folder, .out = changed},
		.uid_validity = folder->uid_validity,
		.modseq = folder->highest_modseq,
		.known = known,
		.gone = gone,
	};
	const struct bk_imapstore_act act = {
		.run = scan_since, .arg = &since, .mailbox = folder->raw};

	if (bk_imapstore_check_folder(folder, err) < 0)
		return -1;
	/* Nobody says which labels came or went. */
	if (folder->rest)
		return 0;
	struct bk_imapstore *imapstore = bk_imapstore_of(store);
	int rc = bk_imapstore_run(imapstore, account->address, &act, err);
	if (rc > 0 && since.listing.no_sizes &&
	    bk_imapstore_add_sizes(imapstore, account->address, folder, changed,
				   err) < 0)
		rc = -1;
	return rc < 0 ? bk_context(err, "folder %s", folder->name) : rc;
}
