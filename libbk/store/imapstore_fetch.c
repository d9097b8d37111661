/* Bodies from an IMAP server, one and many. */

#include <inttypes.h>

#include "store/body.h"
#include "store/imapstore.h"

/* ---- bodies that come ---- */

struct fetching {
	struct bk_imapstore_session *session;
	const struct bk_folder *folder;
	struct bk_message *const *msgs;
	struct bk_imapstore_wanted wanted;
	struct bk_imapstore_errand errand;
	const struct bk_bodies *to;
	struct bk_imapstore_want *coming; /* its body comes now */
	bool stopped; /* by the receiver: nobody takes more */
	bool settles; /* what does not come now is not there */
};

static void fill_in(struct bk_message *msg, const struct bk_imap_row *row,
		    uint64_t size)
{
	msg->size = size;
	msg->date = row->date;
	msg->zone_minutes = row->zone_minutes;
	msg->crlf = true;
}

/* The receiver's error, which may be that its own connection is lost, is no
 * reason to go on with a new one here. */
static int stop(struct fetching *fetching)
{
	fetching->stopped = true;
	if (fetching->session)
		fetching->session->broken = true;
	return -1;
}

static int begin_body(void *arg, const struct bk_imap_row *row, uint64_t size,
		      struct bk_sink **body, struct bk_err *err)
{
	struct fetching *fetching = arg;
	struct bk_imapstore_want *want =
		bk_imapstore_wanted_take(&fetching->wanted, row->uid);

	*body = NULL;
	if (!want)
		return 0;
	struct bk_message *msg = fetching->msgs[want->at];
	fill_in(msg, row, size);
	if (fetching->to->begin(fetching->to->arg, msg, body, err) < 0)
		return stop(fetching);
	fetching->coming = *body ? want : NULL;
	return 0;
}

static int end_body(void *arg, const struct bk_imap_row *row,
		    struct bk_err *err)
{
	struct fetching *fetching = arg;
	const struct bk_imapstore_want *want = fetching->coming;

	(void)row;
	fetching->coming = NULL;
	if (!want || fetching->to->end(fetching->to->arg,
				       fetching->msgs[want->at], err) == 0)
		return 0;
	return stop(fetching);
}

static int tell_failed(void *arg, size_t at, const struct bk_err *why,
		       struct bk_err *err)
{
	struct fetching *fetching = arg;
	const struct bk_bodies *to = fetching->to;

	if (to->failed(to->arg, fetching->msgs[at], why, err) == 0)
		return 0;
	return stop(fetching);
}

/* What was taken out since the folder was looked at comes so, too. */
static int no_body(void *arg, const struct bk_imap_row *row, struct bk_err *err)
{
	struct fetching *fetching = arg;
	struct bk_err why = {0};

	if (!fetching->settles)
		return 0;
	const struct bk_imapstore_want *want =
		bk_imapstore_wanted_take(&fetching->wanted, row->uid);
	if (!want)
		return 0;
	(void)bk_fail(&why, BK_REFUSED,
		      "the server lists this message and cannot give it");
	return tell_failed(fetching, want->at, &why, err);
}

static int ask(struct fetching *fetching, const struct bk_uid_set *uids,
	       struct bk_err *err)
{
	const struct bk_imap_bodies bodies = {begin_body, end_body, no_body,
					      fetching};

	return bk_imap_fetch_bodies(fetching->session->imap, uids, &bodies,
				    err);
}

/* What comes by itself is all for the first who asks. */
static size_t ranges_of(const struct fetching *fetching)
{
	return bk_imap_bodies_come(fetching->session->imap)
		       ? SIZE_MAX
		       : BK_IMAPSTORE_RANGES;
}

/* Everything that has not come yet; *refused: the server gave some and said
 * that it cannot give others. */
static int ask_for_all(struct fetching *fetching, bool *refused,
		       struct bk_err *err)
{
	struct bk_uid_set uids = {0};
	int rc = 0;

	*refused = false;
	fetching->wanted.next = 0;
	while (rc == 0 &&
	       bk_imapstore_wanted_uids(&fetching->wanted, ranges_of(fetching),
					&uids)) {
		struct bk_err why = {0};
		rc = ask(fetching, &uids, &why);
		if (rc < 0 && why.kind == BK_REFUSED &&
		    !fetching->session->broken) {
			*refused = true;
			rc = 0;
		} else if (rc < 0) {
			*err = why;
		}
	}
	bk_uid_set_clear(&uids);
	return rc;
}

static int note_listed(void *arg, const struct bk_imap_row *row,
		       struct bk_err *err)
{
	(void)err;
	bk_uid_set_add(arg, row->uid);
	return 0;
}

/* Which of those that did not come are listed all the same: a server that gives
 * nothing of a message does not say so that it is gone. */
static int ask_listed(struct fetching *fetching, const struct bk_uid_set *uids,
		      struct bk_uid_set *out, struct bk_err *err)
{
	const struct bk_imap_rows rows = {.row = note_listed, .arg = out};
	struct bk_imapstore_session *session = fetching->session;
	struct bk_buf text = {0};

	if (bk_imapstore_select(session, fetching->folder->raw, true, true,
				err) < 0)
		return -1;
	bk_uid_set_format(uids, &text);
	int rc = bk_imap_fetch(session->imap, bk_buf_text(&text),
			       BK_IMAP_SAID_UID | BK_IMAP_SAID_FLAGS, 0, &rows,
			       err);
	bk_buf_clear(&text);
	bk_uid_set_sort(out);
	return rc;
}

static int tell_missing(struct fetching *fetching, size_t at, bool listed,
			struct bk_err *err)
{
	struct bk_err why = {0};

	if (listed)
		(void)bk_fail(&why, BK_REFUSED,
			      "the server lists it, and gives nothing of it");
	else
		(void)bk_fail(&why, BK_GONE, "it is gone");
	return tell_failed(fetching, at, &why, err);
}

/* Asked for alone: why it did not come. */
static int settle_one(struct fetching *fetching,
		      const struct bk_imapstore_want *want, struct bk_err *err)
{
	struct bk_uid_range one = {want->uid, want->uid};
	const struct bk_uid_set uids = {&one, 1, 1};
	struct bk_uid_set listed = {0};
	struct bk_err why = {0};
	int rc = ask(fetching, &uids, &why);

	if (rc < 0 && (why.kind != BK_REFUSED || fetching->session->broken)) {
		*err = why;
		return -1;
	}
	if (!bk_imapstore_wanted_take(&fetching->wanted, want->uid))
		return 0;
	if (rc < 0)
		return tell_failed(fetching, want->at, &why, err);
	rc = ask_listed(fetching, &uids, &listed, err);
	if (rc == 0)
		rc = tell_missing(fetching, want->at,
				  bk_uid_set_has(&listed, want->uid), err);
	bk_uid_set_clear(&listed);
	return rc;
}

/* Those that did not come: why, for each. */
static int settle_each(struct fetching *fetching, struct bk_err *err)
{
	struct bk_imapstore_wanted *wanted = &fetching->wanted;
	int rc = 0;

	for (size_t i = 0; i < wanted->n && rc == 0; i++)
		if (!wanted->items[i].done)
			rc = settle_one(fetching, &wanted->items[i], err);
	return rc;
}

/* They are gone, but for those that are listed. */
static int settle_all(struct fetching *fetching, struct bk_err *err)
{
	struct bk_imapstore_wanted *wanted = &fetching->wanted;
	struct bk_uid_set uids = {0}, listed = {0};
	int rc = 0;

	wanted->next = 0;
	while (rc == 0 &&
	       bk_imapstore_wanted_uids(wanted, BK_IMAPSTORE_RANGES, &uids))
		rc = ask_listed(fetching, &uids, &listed, err);
	for (size_t i = 0; i < wanted->n && rc == 0; i++) {
		const struct bk_imapstore_want *item = &wanted->items[i];
		if (!item->done && bk_imapstore_wanted_take(wanted, item->uid))
			rc = tell_missing(fetching, item->at,
					  bk_uid_set_has(&listed, item->uid),
					  err);
	}
	bk_uid_set_clear(&uids);
	bk_uid_set_clear(&listed);
	return rc;
}

/* Those that are gone, or came after the folder was looked at: a new look
 * tells. */
static int ask_all(struct fetching *fetching, struct bk_err *err)
{
	bool refused = false;

	if (ask_for_all(fetching, &refused, err) < 0)
		return -1;
	if (fetching->wanted.n_done == fetching->wanted.n)
		return 0;
	fetching->settles = true;
	if (bk_imapstore_select(fetching->session, fetching->folder->raw, true,
				true, err) < 0)
		return -1;
	if (!refused && ask_for_all(fetching, &refused, err) < 0)
		return -1;
	if (fetching->wanted.n_done == fetching->wanted.n)
		return 0;
	return refused ? settle_each(fetching, err) : settle_all(fetching, err);
}

static int fetch_with(struct bk_imapstore_session *session,
		      struct fetching *fetching, struct bk_imapstore_want *one,
		      struct bk_err *err)
{
	fetching->session = session;
	fetching->settles = one != NULL;
	if (bk_imapstore_select(session, fetching->folder->raw, true,
				one != NULL, err) < 0)
		return -1;
	return one ? settle_one(fetching, one, err) : ask_all(fetching, err);
}

/* Half of a message came; it is to come again. */
static int take_back(struct fetching *fetching, const struct bk_err *why,
		     struct bk_err *err)
{
	struct bk_imapstore_errand *errand = &fetching->errand;
	struct bk_imapstore_want *want = fetching->coming;

	fetching->coming = NULL;
	want->done = false;
	fetching->wanted.n_done--;
	errand->broke_off = want;
	return tell_failed(fetching, want->at, why, err);
}

static int run_errand(struct bk_imapstore_session *session, void *arg,
		      struct bk_imapstore_want *one, struct bk_err *err)
{
	struct fetching *fetching = arg;
	struct bk_err why = {0};

	if (fetch_with(session, fetching, one, &why) == 0)
		return 0;
	*err = why;
	if (why.kind == BK_LOST && fetching->coming && !fetching->stopped)
		(void)take_back(fetching, &why, err);
	fetching->errand.stopped = fetching->stopped;
	fetching->session = NULL;
	return -1;
}

/* NOLINTNEXTLINE(readability-function-size): the op's parameters */
int bk_imapstore_fetch_many(struct bk_store *store,
			    const struct bk_account *account,
			    const struct bk_folder *folder,
			    struct bk_message *const *msgs, size_t n,
			    const struct bk_bodies *to, struct bk_err *err)
{
	struct fetching fetching = {.folder = folder, .msgs = msgs, .to = to};

	if (bk_imapstore_check_folder(folder, err) < 0)
		return -1;
	bk_imapstore_want(&fetching.wanted, msgs, n);
	fetching.errand = (struct bk_imapstore_errand){
		.wanted = &fetching.wanted,
		.ask = run_errand,
		.failed = tell_failed,
		.arg = &fetching,
		.mailbox = folder->raw,
	};
	int rc = bk_imapstore_errand_run(bk_imapstore_of(store),
					 account->address, &fetching.errand,
					 err);
	bk_imapstore_wanted_clear(&fetching.wanted);
	return rc < 0 ? bk_context(err, "folder %s", folder->name) : 0;
}

/* ---- one ---- */

struct one {
	struct bk_body_sink sink;
	struct bk_err why; /* that it did not come; BK_OK: it did */
	unsigned losses;
};

static int begin_one(void *arg, struct bk_message *msg, struct bk_sink **to,
		     struct bk_err *err)
{
	struct one *one = arg;

	(void)msg;
	(void)err;
	*to = &one->sink.sink;
	return 0;
}

static int end_one(void *arg, struct bk_message *msg, struct bk_err *err)
{
	struct one *one = arg;

	(void)msg;
	return bk_body_sink_end(&one->sink, err);
}

static int fail_one(void *arg, struct bk_message *msg, const struct bk_err *why,
		    struct bk_err *err)
{
	struct one *one = arg;

	(void)msg;
	(void)err;
	one->why = *why;
	return 0;
}

static int fetch_one(struct bk_imapstore_session *session, void *arg,
		     struct bk_err *err)
{
	struct fetching *fetching = arg;
	struct one *one = fetching->to->arg;

	bk_body_sink_init(&one->sink, one->sink.body);
	fetching->coming = NULL;
	fetching->wanted.n_done = 0;
	for (size_t i = 0; i < fetching->wanted.n; i++)
		fetching->wanted.items[i].done = false;
	if (fetch_with(session, fetching, NULL, err) == 0)
		return 0;
	return bk_imapstore_act_ended(session, &one->losses, err);
}

int bk_imapstore_fetch(struct bk_store *store, const struct bk_account *account,
		       const struct bk_folder *folder, struct bk_message *msg,
		       struct bk_body *body, struct bk_err *err)
{
	struct one one = {.sink.body = body};
	const struct bk_bodies to = {begin_one, end_one, fail_one, &one};
	struct fetching fetching = {.folder = folder, .msgs = &msg, .to = &to};
	const struct bk_imapstore_act act = {
		.run = fetch_one,
		.arg = &fetching,
		.mailbox = folder->raw,
	};

	if (bk_imapstore_check_folder(folder, err) < 0)
		return -1;
	bk_imapstore_want(&fetching.wanted, &msg, 1);
	int rc = bk_imapstore_run(bk_imapstore_of(store), account->address,
				  &act, err);
	if (rc == 0 && one.why.kind != BK_OK) {
		*err = one.why;
		rc = -1;
	}
	bk_imapstore_wanted_clear(&fetching.wanted);
	if (rc == 0)
		return 0;
	bk_body_clear(body);
	return bk_context(err, "UID %" PRIu32, msg->uid);
}
