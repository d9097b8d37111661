/*
 * UIDs that are kept: a Dovecot or a Cyrus gives out the UIDs that messages had
 * elsewhere, so that mail clients need not fetch everything again.
 *
 * A server gives UIDs out in ascending order, so messages come in that order.
 * doveadm (of Cyrus its replication) sets a new folder's UIDVALIDITY.  Between
 * two messages whose UIDs do not follow one another go *fillers* in the same
 * batch: messages of an empty line, \Deleted, which are expunged with the next
 * flush; where the gap is wide, the batch ends and doveadm raises UIDNEXT.
 * Others may append meanwhile, so each UID is compared with the one that was to
 * be.
 *
 * A client believes that a UID under the same UIDVALIDITY is the message that
 * it has.  When one has become another message's, the folder gets another
 * UIDVALIDITY.  Clients believe a HIGHESTMODSEQ likewise: it becomes the
 * source's before anything is written, so that all of it is newer.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "store/doveadm.h"
#include "store/imapstore_writer.h"

#define FILLERS_MOST 200
#define FILLER       "\r\n"
/* What no message is: that short, and of that second. */
#define FILLER_DATE   1
#define FILLER_SEARCH "DELETED SMALLER 3"

/* ---- doveadm ---- */

int bk_imapstore_guid(const struct bk_imapstore_session *session,
		      struct bk_view mailbox, struct bk_imap_status *out,
		      struct bk_err *err)
{
	if (bk_imap_guid(session->imap, mailbox, out, err) < 0) {
		if (err->kind == BK_REFUSED)
			err->kind = BK_DENIED;
		return err->kind == BK_DENIED
			       ? bk_context(err,
					    "doveadm = in bk.conf(5): the "
					    "server is no Dovecot")
			       : -1;
	}
	if (!out->guid)
		return bk_fail(err, BK_DENIED,
			       "doveadm = in bk.conf(5): the server is no "
			       "Dovecot: it tells no GUID");
	return 0;
}

static int name_mailbox(struct bk_imapstore_writer *w,
			const struct bk_imapstore_session *session,
			struct bk_err *err)
{
	struct bk_imapname_style style = bk_imapstore_style(session);
	struct bk_buf name = {0};

	style.utf8 = true;
	int rc = bk_imapname_encode(&style, w->want->name, &name, err);
	if (rc == 0)
		w->uids.mailbox =
			bk_arena_strdup(&w->arena, bk_buf_text(&name));
	bk_buf_clear(&name);
	w->uids.proven = !w->imapstore->server->doveadm;
	if (rc < 0 || w->uids.proven)
		return rc;
	struct bk_imap_status is = {0};
	rc = bk_imapstore_guid(session, w->raw, &is, err);
	w->uids.validity = is.uid_validity;
	w->uids.guid = is.guid ? bk_arena_strdup(&w->arena, is.guid) : NULL;
	return rc;
}

/* It may be another server's, whose mailboxes are called alike. */
static int prove(struct bk_imapstore_writer *w, const char *user,
		 struct bk_err *err)
{
	const struct bk_doveadm_known known = {user, w->uids.mailbox,
					       w->uids.validity, w->uids.guid};

	if (w->uids.proven)
		return 0;
	if (bk_doveadm_prove(w->imapstore->server->doveadm, &known, err) < 0)
		return -1;
	w->uids.proven = true;
	return 0;
}

static int update(struct bk_imapstore_writer *w, struct bk_doveadm_update what,
		  struct bk_err *err)
{
	struct bk_doveadm *doveadm = w->imapstore->server->doveadm;

	if (!doveadm)
		return bk_imapstore_replica_update(w->imapstore, w->address,
						   w->want->name, &what, err);
	what.user = bk_imapstore_owner(w->imapstore, w->address);
	what.mailbox = w->uids.mailbox;
	if (prove(w, what.user, err) < 0)
		return -1;
	return bk_doveadm_update(doveadm, &what, err);
}

static void give_up(struct bk_imapstore_writer *w, const char *why)
{
	w->writer.keeps_uids = false;
	w->uids.on = false;
	if (!*w->uids.why)
		(void)snprintf(w->uids.why, sizeof(w->uids.why), "%.*s",
			       (int)sizeof(w->uids.why) - 1, why);
}

/* What doveadm refuses concerns this folder alone; what it denies, all. */
static int refused(struct bk_imapstore_writer *w, const struct bk_err *why,
		   struct bk_err *err)
{
	if (why->kind == BK_REFUSED) {
		give_up(w, why->text);
		return 0;
	}
	*err = *why;
	if (why->kind == BK_DENIED || why->kind == BK_GONE)
		err->kind = BK_FAILED;
	return -1;
}

/* ---- begin ---- */

/* Why this folder's UIDs cannot be kept, or NULL. */
static const char *why_not(const struct bk_imapstore_writer *w,
			   const struct bk_imapstore_session *session)
{
	const struct bk_imap_status *is = &session->selected->status;
	const struct bk_folder *want = w->want;
	uint32_t fresh = want->uid_next ? want->uid_next : 1;

	if (!bk_imap_can(session->imap, BK_IMAP_UIDPLUS) ||
	    !bk_imap_can(session->imap, BK_IMAP_MULTIAPPEND))
		return "the server lacks UIDPLUS or MULTIAPPEND";
	if (is->uid_validity == want->uid_validity)
		return is->uid_next ? NULL : "the server has no UIDNEXT";
	if (is->messages || is->uid_next > fresh)
		return "the folder has others already";
	return is->uid_next ? NULL : "the server has no UIDNEXT";
}

static int make_alike(struct bk_imapstore_writer *w,
		      struct bk_imapstore_session *session, struct bk_err *err)
{
	const struct bk_imap_status *is = &session->selected->status;
	const struct bk_folder *want = w->want;
	struct bk_doveadm_update what = {0};
	struct bk_err why = {0};

	if (is->uid_validity != want->uid_validity)
		what.uid_validity = want->uid_validity;
	if (is->highest_modseq < want->highest_modseq)
		what.min_highest_modseq = want->highest_modseq;
	if (!what.uid_validity && !what.min_highest_modseq)
		return 0;
	if (bk_imapstore_leave(session, err) < 0)
		return -1;
	if (update(w, what, &why) < 0 && refused(w, &why, err) < 0)
		return -1;
	return bk_imapstore_select(session, w->raw, false, true, err);
}

/* People work in it: what comes gets UIDs of the server's, which the source has
 * not given out, and its UIDVALIDITY stays. */
static int leave_uids(struct bk_imapstore_writer *w,
		      struct bk_imapstore_session *session, struct bk_err *err)
{
	const struct bk_imap_status *is = &session->selected->status;
	uint32_t next = w->want->uid_next;
	struct bk_err why = {0};

	w->uids.theirs = true;
	give_up(w, "people work in it already");
	if (next < UINT32_MAX - w->uids.gap)
		next += w->uids.gap;
	if (is->uid_validity != w->want->uid_validity || is->uid_next >= next)
		return 0;
	if (name_mailbox(w, session, err) < 0 ||
	    bk_imapstore_leave(session, err) < 0)
		return -1;
	if (update(w, (struct bk_doveadm_update){.min_next_uid = next}, &why) <
		    0 &&
	    refused(w, &why, err) < 0)
		return -1;
	return bk_imapstore_select(session, w->raw, false, true, err);
}

static bool keeps_uids(const struct bk_store_server *server)
{
	return server->doveadm || server->keep_uids;
}

int bk_imapstore_uids_begin(struct bk_imapstore_writer *w,
			    struct bk_imapstore_session *session,
			    struct bk_err *err)
{
	struct bk_imapstore_uids *uids = &w->uids;

	uids->on = false;
	uids->why[0] = '\0';
	w->writer.keeps_uids = false;
	if (!keeps_uids(w->imapstore->server) || !w->want->uid_validity)
		return 0;
	if (w->imapstore->live && !w->made)
		return leave_uids(w, session, err);
	const char *why = why_not(w, session);
	if (why) {
		give_up(w, why);
		return 0;
	}
	if (name_mailbox(w, session, err) < 0 ||
	    make_alike(w, session, err) < 0)
		return -1;
	if (*uids->why)
		return 0;
	if (session->selected->status.uid_validity != w->want->uid_validity) {
		give_up(w, "the server does not take the UIDVALIDITY");
		return 0;
	}
	uids->next = session->selected->status.uid_next;
	uids->on = uids->next != 0;
	w->writer.keeps_uids = uids->on;
	return 0;
}

/* ---- what an earlier run left ---- */

static int take_filler(void *arg, const struct bk_imap_row *row,
		       struct bk_err *err)
{
	struct bk_imapstore_writer *w = arg;

	(void)err;
	if (row->flags == BK_FLAG_DELETED && !row->n_keywords &&
	    row->size == sizeof(FILLER) - 1 && row->date == FILLER_DATE)
		bk_uid_set_add(&w->removed, row->uid);
	return 0;
}

int bk_imapstore_uids_sweep(struct bk_imapstore_writer *w,
			    struct bk_imapstore_session *session,
			    struct bk_err *err)
{
	const struct bk_imap_rows rows = {.row = take_filler, .arg = w};
	struct bk_uid_set found = {0};
	struct bk_buf uids = {0};

	if (!w->uids.on || w->empty)
		return 0;
	int rc = bk_imap_search(session->imap, FILLER_SEARCH, &found, err);
	bk_uid_set_format(&found, &uids);
	if (rc == 0 && found.n)
		rc = bk_imap_fetch(session->imap, bk_buf_text(&uids),
				   BK_IMAP_SAID_UID | BK_IMAP_SAID_FLAGS |
					   BK_IMAP_SAID_DATE |
					   BK_IMAP_SAID_SIZE,
				   0, &rows, err);
	bk_uid_set_sort(&w->removed);
	bk_uid_set_clear(&found);
	bk_buf_clear(&uids);
	return rc;
}

void bk_imapstore_uids_hide(const struct bk_imapstore_writer *w,
			    struct bk_message_list *list)
{
	size_t n = 0;

	if (!w->removed.n)
		return;
	for (size_t i = 0; i < list->n; i++)
		if (!bk_uid_set_has(&w->removed, list->items[i].uid))
			list->items[n++] = list->items[i];
	list->n = n;
}

/* ---- batches ---- */

void bk_imapstore_uids_batch(struct bk_imapstore_writer *w)
{
	w->uids.n_batch = 0;
	w->uids.batch_next = w->uids.next;
}

/* A message that has none gets one that the source never gave out; but what is
 * copied again and again gets those of its source. */
static uint32_t aim(const struct bk_imapstore_writer *w, uint32_t uid)
{
	if (uid || w->want->follows || !w->want->uid_next)
		return uid;
	return w->uids.next > w->want->uid_next ? w->uids.next
						: w->want->uid_next;
}

bool bk_imapstore_uids_far(const struct bk_imapstore_writer *w, uint32_t uid)
{
	uint32_t aimed = aim(w, uid);

	return w->uids.on && aimed > w->uids.next &&
	       aimed - w->uids.next > FILLERS_MOST;
}

int bk_imapstore_uids_raise(struct bk_imapstore_writer *w, uint32_t uid,
			    struct bk_err *err)
{
	struct bk_err why = {0};

	uid = aim(w, uid);
	if (update(w, (struct bk_doveadm_update){.min_next_uid = uid}, &why) <
	    0)
		return refused(w, &why, err);
	w->uids.next = uid;
	return 0;
}

static void note_sent(struct bk_imapstore_uids *uids, uint32_t uid, bool filler)
{
	uids->batch = bk_array_room(uids->batch, uids->n_batch,
				    &uids->cap_batch, sizeof(*uids->batch));
	uids->batch[uids->n_batch++] = (struct bk_imapstore_sent){uid, filler};
	uids->next++;
}

int bk_imapstore_uids_fill(struct bk_imapstore_writer *w, struct bk_imap *imap,
			   uint32_t uid, struct bk_err *err)
{
	static const struct bk_imap_message filler = {
		.size = sizeof(FILLER) - 1,
		.flags = {.flags = BK_FLAG_DELETED},
		.date = FILLER_DATE,
	};
	struct bk_imapstore_uids *uids = &w->uids;

	if (!uids->on)
		return 0;
	uid = aim(w, uid);
	while (uids->next < uid) {
		if (bk_imap_append_message(imap, &filler, err) < 0 ||
		    bk_imap_append_bytes(imap, FILLER, filler.size, err) < 0)
			return -1;
		note_sent(uids, uids->next, true);
	}
	note_sent(uids, uid, false);
	if (uid > uids->last)
		uids->last = uid;
	return 0;
}

/* ---- what came of them ---- */

/* Those that one batch got, one after the other; 0: not told. */
struct got {
	const struct bk_uid_set *uids;
	size_t range;
	uint32_t step;
};

static uint32_t next_got(struct got *got)
{
	if (got->range >= got->uids->n)
		return 0;
	struct bk_uid_range range = got->uids->items[got->range];
	uint32_t uid = range.first + got->step++;

	if (uid == range.last) {
		got->range++;
		got->step = 0;
	}
	return uid;
}

/* A UID that the source has not given out yet is no other message's; but the
 * source of a copy will give it to one. */
static void compare(struct bk_imapstore_writer *w, uint32_t wanted,
		    uint32_t uid)
{
	if (uid == wanted)
		return;
	w->writer.keeps_uids = false;
	if (!uid || !w->want->uid_next || w->want->follows ||
	    uid < w->want->uid_next)
		w->uids.clash = true;
	if (*w->uids.why)
		return;
	if (wanted)
		(void)snprintf(w->uids.why, sizeof(w->uids.why),
			       "%" PRIu32 " is another message's already",
			       wanted);
	else
		(void)snprintf(w->uids.why, sizeof(w->uids.why),
			       "a message had none");
}

void bk_imapstore_uids_sift(struct bk_imapstore_writer *w,
			    struct bk_imap_appended *out, size_t *n_done)
{
	struct bk_imapstore_uids *uids = &w->uids;
	struct got got = {.uids = &out->uids};
	struct bk_uid_set kept = {0};
	size_t n = 0, done = 0;

	if (!uids->on || out->n != uids->n_batch)
		return;
	uids->next = uids->batch_next;
	for (size_t i = 0; i < out->n; i++) {
		const struct bk_imapstore_sent *sent = &uids->batch[i];
		uint32_t uid = out->taken[i] ? next_got(&got) : 0;
		if (uid) {
			bk_uid_set_add(sent->filler ? &w->removed : &kept, uid);
			uids->next = uid + 1;
		}
		if (sent->filler)
			continue;
		if (out->taken[i])
			compare(w, sent->uid, uid);
		done += i < *n_done;
		out->taken[n++] = out->taken[i];
	}
	out->n = n;
	*n_done = done;
	bk_uid_set_clear(&out->uids);
	out->uids = kept;
	uids->on = !uids->clash;
}

/* ---- the end ---- */

static int renumber(struct bk_imapstore_session *session, void *arg,
		    struct bk_err *err)
{
	struct bk_imapstore_writer *w = arg;
	int64_t now = bk_clock_now();
	uint32_t validity = w->uid_validity + 1;

	if (now > w->uid_validity && now < UINT32_MAX)
		validity = (uint32_t)now;
	if (bk_imapstore_leave(session, err) < 0 ||
	    update(w, (struct bk_doveadm_update){.uid_validity = validity},
		   err) < 0)
		return -1;
	w->uid_validity = validity;
	return 0;
}

int bk_imapstore_uids_disown(struct bk_imapstore_writer *w, struct bk_err *err)
{
	const struct bk_imapstore_act act = {
		.run = renumber, .arg = w, .mailbox = w->raw};

	if (!w->uids.clash || w->uid_validity != w->want->uid_validity)
		return 0;
	return bk_imapstore_run(w->imapstore, w->address, &act, err);
}

int bk_imapstore_uids_finish(struct bk_imapstore_writer *w, struct bk_err *err)
{
	struct bk_imapstore_uids *uids = &w->uids;
	uint32_t next = w->want->uid_next;

	if (!uids->on)
		return 0;
	if (next <= uids->last && uids->last < UINT32_MAX)
		next = uids->last + 1;
	if (next < UINT32_MAX - uids->gap)
		next += uids->gap;
	return next > uids->next ? bk_imapstore_uids_raise(w, next, err) : 0;
}
