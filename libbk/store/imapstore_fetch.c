/* Bodies from an IMAP server, one and many. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/body.h"
#include "store/imapstore.h"

/* ---- many messages by their UIDs ---- */

static int by_uid(const void *a, const void *b)
{
	const struct bk_imapstore_want *x = a, *y = b;

	return (x->uid > y->uid) - (x->uid < y->uid);
}

void bk_imapstore_want(struct bk_imapstore_wanted *wanted,
		       struct bk_message *const *msgs, size_t n)
{
	*wanted = (struct bk_imapstore_wanted){0};
	wanted->items = bk_alloc((n + 1) * sizeof(*wanted->items));
	for (size_t i = 0; i < n; i++)
		if (msgs[i]->uid)
			wanted->items[wanted->n++] = (struct bk_imapstore_want){
				.uid = msgs[i]->uid, .at = i};
	qsort(wanted->items, wanted->n, sizeof(*wanted->items), by_uid);
}

void bk_imapstore_wanted_clear(struct bk_imapstore_wanted *wanted)
{
	free(wanted->items);
	*wanted = (struct bk_imapstore_wanted){0};
}

size_t bk_imapstore_wanted_take(struct bk_imapstore_wanted *wanted,
				uint32_t uid)
{
	const struct bk_imapstore_want key = {.uid = uid};
	struct bk_imapstore_want *found = NULL;

	if (wanted->n)
		found = bsearch(&key, wanted->items, wanted->n,
				sizeof(*wanted->items), by_uid);
	if (!found || found->done)
		return SIZE_MAX;
	found->done = true;
	return found->at;
}

bool bk_imapstore_wanted_uids(struct bk_imapstore_wanted *wanted,
			      struct bk_uid_set *out)
{
	bk_uid_set_clear(out);
	for (; wanted->next < wanted->n; wanted->next++) {
		const struct bk_imapstore_want *item =
			&wanted->items[wanted->next];
		bool follows =
			out->n && out->items[out->n - 1].last + 1 == item->uid;
		if (item->done)
			continue;
		if (!follows && out->n == BK_IMAPSTORE_RANGES)
			break;
		bk_uid_set_add(out, item->uid);
	}
	return out->n > 0;
}

/* ---- bodies that come ---- */

struct fetching {
	struct bk_imapstore_session *session;
	const struct bk_folder *folder;
	struct bk_message *const *msgs;
	struct bk_imapstore_wanted wanted;
	const struct bk_bodies *to;
	struct bk_message *coming; /* its body comes now */
	bool came;                 /* one did since the connection was made */
	bool stopped;              /* by the receiver: nobody takes more */
	bool settles;              /* what does not come now is not there */
	bool dismissed; /* the server ended the session while it was asked */
	bool alone;     /* ask for the first one that has not come */
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
	size_t at = bk_imapstore_wanted_take(&fetching->wanted, row->uid);

	*body = NULL;
	if (at == SIZE_MAX)
		return 0;
	struct bk_message *msg = fetching->msgs[at];
	fill_in(msg, row, size);
	fetching->came = true;
	if (fetching->to->begin(fetching->to->arg, msg, body, err) < 0)
		return stop(fetching);
	fetching->coming = *body ? msg : NULL;
	return 0;
}

static int end_body(void *arg, const struct bk_imap_row *row,
		    struct bk_err *err)
{
	struct fetching *fetching = arg;
	struct bk_message *msg = fetching->coming;

	(void)row;
	fetching->coming = NULL;
	if (!msg || fetching->to->end(fetching->to->arg, msg, err) == 0)
		return 0;
	return stop(fetching);
}

static int tell_failed(struct fetching *fetching, size_t at,
		       const struct bk_err *why, struct bk_err *err)
{
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
	size_t at = bk_imapstore_wanted_take(&fetching->wanted, row->uid);
	if (at == SIZE_MAX)
		return 0;
	(void)bk_fail(&why, BK_REFUSED,
		      "the server lists this message and cannot give it");
	return tell_failed(fetching, at, &why, err);
}

static int ask(struct fetching *fetching, const struct bk_uid_set *uids,
	       struct bk_err *err)
{
	const struct bk_imap_bodies bodies = {begin_body, end_body, no_body,
					      fetching};

	return bk_imap_fetch_bodies(fetching->session->imap, uids, &bodies,
				    err);
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
	while (rc == 0 && bk_imapstore_wanted_uids(&fetching->wanted, &uids)) {
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

/* Asked for alone: why it did not come. */
static int settle_one(struct fetching *fetching, struct bk_imapstore_want *want,
		      struct bk_err *err)
{
	struct bk_uid_range one = {want->uid, want->uid};
	const struct bk_uid_set uids = {&one, 1, 1};
	struct bk_err why = {0};
	int rc = ask(fetching, &uids, &why);

	if (rc < 0 && (why.kind != BK_REFUSED || fetching->session->broken)) {
		*err = why;
		return -1;
	}
	if (want->done)
		return 0;
	if (rc == 0)
		(void)bk_fail(&why, BK_GONE, "it is gone");
	want->done = true;
	return tell_failed(fetching, want->at, &why, err);
}

static int settle_each(struct fetching *fetching, struct bk_err *err)
{
	struct bk_imapstore_wanted *wanted = &fetching->wanted;

	for (size_t i = 0; i < wanted->n; i++)
		if (!wanted->items[i].done &&
		    settle_one(fetching, &wanted->items[i], err) < 0)
			return -1;
	return 0;
}

static bool is_done(const struct fetching *fetching)
{
	for (size_t i = 0; i < fetching->wanted.n; i++)
		if (!fetching->wanted.items[i].done)
			return false;
	return true;
}

/* Those that are gone, or came after the folder was looked at: a new look
 * tells. */
static int settle_rest(struct fetching *fetching, bool refused,
		       struct bk_err *err)
{
	struct bk_err why = {0};

	if (is_done(fetching))
		return 0;
	fetching->settles = true;
	if (bk_imapstore_select(fetching->session, fetching->folder->raw, true,
				true, err) < 0)
		return -1;
	if (!refused && ask_for_all(fetching, &refused, err) < 0)
		return -1;
	if (refused)
		return settle_each(fetching, err);
	(void)bk_fail(&why, BK_GONE, "it is gone");
	for (size_t i = 0; i < fetching->wanted.n; i++) {
		struct bk_imapstore_want *item = &fetching->wanted.items[i];
		if (item->done)
			continue;
		item->done = true;
		if (tell_failed(fetching, item->at, &why, err) < 0)
			return -1;
	}
	return 0;
}

static struct bk_imapstore_want *first_missing(struct fetching *fetching)
{
	struct bk_imapstore_wanted *wanted = &fetching->wanted;

	for (size_t i = 0; i < wanted->n; i++)
		if (!wanted->items[i].done)
			return &wanted->items[i];
	return NULL;
}

static int ask_first(struct fetching *fetching, struct bk_err *err)
{
	struct bk_imapstore_want *first = first_missing(fetching);

	fetching->settles = true;
	return first ? settle_one(fetching, first, err) : 0;
}

static int ask_all(struct fetching *fetching, struct bk_err *err)
{
	bool refused = false;

	if (ask_for_all(fetching, &refused, err) < 0)
		return -1;
	return settle_rest(fetching, refused, err);
}

static int fetch_with(struct bk_imapstore_session *session, void *arg,
		      struct bk_err *err)
{
	struct fetching *fetching = arg;

	fetching->session = session;
	fetching->settles = false;
	fetching->dismissed = false;
	if (bk_imapstore_select(session, fetching->folder->raw, true,
				fetching->alone, err) < 0)
		return -1;
	int rc = fetching->alone ? ask_first(fetching, err)
				 : ask_all(fetching, err);
	fetching->dismissed = rc < 0 && bk_imap_was_dismissed(session->imap);
	return rc;
}

/*
 * 0: go on with a new connection.  As long as one brings something, another one
 * may, unless the receiver has half a message.  A message for which the server
 * ends the session, as Dovecot does when it cannot read the file, must not keep
 * back those behind it: asked for alone, and dismissed again, it has failed.
 */
static int after_loss(struct fetching *fetching, bool came,
		      const struct bk_err *why, struct bk_err *err)
{
	struct bk_imapstore_want *first = first_missing(fetching);
	bool alone = fetching->alone;

	fetching->session = NULL;
	if (why->kind != BK_LOST || fetching->stopped || fetching->coming ||
	    (!came && !(fetching->dismissed && first))) {
		*err = *why;
		return -1;
	}
	fetching->alone = !came && !alone;
	if (came || !alone)
		return 0;
	struct bk_err refused = *why;
	refused.kind = BK_REFUSED;
	first->done = true;
	return tell_failed(fetching, first->at, &refused, err);
}

static int fetch_wanted(struct bk_imapstore *imapstore, const char *address,
			struct fetching *fetching, struct bk_err *err)
{
	const struct bk_imapstore_act act = {
		.run = fetch_with,
		.arg = fetching,
		.mailbox = fetching->folder->raw,
		.once = true,
	};

	for (;;) {
		struct bk_err why = {0};
		bool came = fetching->came;

		fetching->came = false;
		if (bk_imapstore_run(imapstore, address, &act, &why) == 0) {
			if (!fetching->alone)
				return 0;
			fetching->alone = false;
			continue;
		}
		came |= fetching->came;
		fetching->came = false;
		if (after_loss(fetching, came, &why, err) < 0)
			return -1;
	}
}

/* NOLINTNEXTLINE(readability-function-size): the op's parameters */
int bk_imapstore_fetch_many(struct bk_store *store,
			    const struct bk_account *account,
			    const struct bk_folder *folder,
			    struct bk_message *const *msgs, size_t n,
			    const struct bk_bodies *to, struct bk_err *err)
{
	struct fetching fetching = {
		.folder = folder, .msgs = msgs, .to = to, .came = true};

	if (bk_imapstore_check_folder(folder, err) < 0)
		return -1;
	bk_imapstore_want(&fetching.wanted, msgs, n);
	int rc = fetch_wanted(bk_imapstore_of(store), account->address,
			      &fetching, err);
	bk_imapstore_wanted_clear(&fetching.wanted);
	return rc < 0 ? bk_context(err, "folder %s", folder->name) : 0;
}

/* ---- one ---- */

struct one {
	struct bk_body_sink sink;
	struct bk_err why; /* that it did not come; BK_OK: it did */
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
	for (size_t i = 0; i < fetching->wanted.n; i++)
		fetching->wanted.items[i].done = false;
	return fetch_with(session, fetching, err);
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
