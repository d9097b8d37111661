/* Many messages at a time, of drivers that read one after the other: see
 * store.h. */

#include <string.h>

#include "base/cancel.h"
#include "store/body.h"
#include "store/store.h"

#define WHOLE_MAX ((size_t)1 << 20) /* larger messages are spooled */

/* ---- a body that was fetched ---- */

/* Looks for a line that does not end in CRLF. */
struct line_ends {
	struct bk_sink sink; /* first */
	uint8_t last;
	bool bare; /* there is one */
};

static int look_at_lines(struct bk_sink *sink, const void *data, size_t len,
			 struct bk_err *err)
{
	struct line_ends *ends = (struct line_ends *)sink;
	const uint8_t *bytes = data;
	const uint8_t *p = bytes;

	(void)err;
	while (!ends->bare &&
	       (p = memchr(p, '\n', (size_t)(bytes + len - p)))) {
		ends->bare = (p > bytes ? p[-1] : ends->last) != '\r';
		p++;
	}
	ends->last = bytes[len - 1];
	return 0;
}

static int has_crlf(const struct bk_body *body, bool *crlf, struct bk_err *err)
{
	struct line_ends ends = {{look_at_lines}, 0, false};

	if (bk_body_copy(body, &ends.sink, err) < 0)
		return -1;
	*crlf = !ends.bare;
	return 0;
}

/* ---- many ---- */

static bool concerns_one(enum bk_kind kind)
{
	return kind == BK_GONE || kind == BK_REFUSED;
}

struct place {
	struct bk_store *store;
	const struct bk_account *account;
	const struct bk_folder *folder;
};

static int hand_on(struct bk_message *msg, const struct bk_body *body,
		   const struct bk_bodies *to, struct bk_err *err)
{
	struct bk_sink *sink = NULL;

	if (has_crlf(body, &msg->crlf, err) < 0 ||
	    to->begin(to->arg, msg, &sink, err) < 0)
		return -1;
	if (!sink)
		return 0;
	if (bk_body_copy(body, sink, err) < 0)
		return -1;
	return to->end(to->arg, msg, err);
}

static int fetch_each(const struct place *at, struct bk_message *const *msgs,
		      size_t n, const struct bk_bodies *to, struct bk_err *err)
{
	struct bk_body body = BK_BODY(WHOLE_MAX);
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		struct bk_err why = {0};
		rc = bk_cancelled(err);
		if (rc < 0)
			break;
		if (at->store->ops->fetch(at->store, at->account, at->folder,
					  msgs[i], &body, &why) == 0) {
			rc = hand_on(msgs[i], &body, to, err);
		} else if (concerns_one(why.kind)) {
			rc = to->failed(to->arg, msgs[i], &why, err);
		} else {
			*err = why;
			rc = -1;
		}
	}
	bk_body_clear(&body);
	return rc;
}

/* NOLINTNEXTLINE(readability-function-size): the op's parameters */
int bk_store_fetch_many(struct bk_store *store,
			const struct bk_account *account,
			const struct bk_folder *folder,
			struct bk_message *const *msgs, size_t n,
			const struct bk_bodies *to, struct bk_err *err)
{
	const struct place at = {store, account, folder};

	if (!n)
		return 0;
	if (store->ops->fetch_many)
		return store->ops->fetch_many(store, account, folder, msgs, n,
					      to, err);
	return fetch_each(&at, msgs, n, to, err);
}

/* ---- identities ---- */

struct naming {
	struct bk_message *const *msgs;
	struct bk_identity *ids;
	size_t n, next;
	struct bk_identifier it;
};

/* They come in the order of the list as far as the store has them so. */
static struct bk_identity *identity_of(struct naming *naming,
				       const struct bk_message *msg)
{
	for (size_t tried = 0; tried < naming->n; tried++) {
		size_t i = naming->next;
		naming->next = (i + 1) % naming->n;
		if (naming->msgs[i] == msg)
			return &naming->ids[i];
	}
	return NULL;
}

static int begin_naming(void *arg, struct bk_message *msg, struct bk_sink **to,
			struct bk_err *err)
{
	struct naming *naming = arg;

	(void)msg;
	(void)err;
	bk_identifier_init(&naming->it, false);
	*to = &naming->it.sink;
	return 0;
}

static int end_naming(void *arg, struct bk_message *msg, struct bk_err *err)
{
	struct naming *naming = arg;
	struct bk_identity *id = identity_of(naming, msg);

	(void)err;
	if (id)
		bk_identifier_end(&naming->it, id);
	return 0;
}

static int fail_naming(void *arg, struct bk_message *msg,
		       const struct bk_err *why, struct bk_err *err)
{
	struct bk_identity *id = identity_of(arg, msg);

	(void)why;
	(void)err;
	if (id)
		id->wire_size = UINT64_MAX;
	return 0;
}

/* NOLINTNEXTLINE(readability-function-size): the op's parameters */
int bk_store_identify(struct bk_store *store, const struct bk_account *account,
		      const struct bk_folder *folder,
		      struct bk_message *const *msgs, size_t n,
		      struct bk_identity *ids, struct bk_err *err)
{
	struct naming naming = {.msgs = msgs, .ids = ids, .n = n};
	const struct bk_bodies to = {begin_naming, end_naming, fail_naming,
				     &naming};

	if (!n)
		return 0;
	for (size_t i = 0; i < n; i++)
		ids[i] = (struct bk_identity){.wire_size = UINT64_MAX};
	if (store->ops->identify)
		return store->ops->identify(store, account, folder, msgs, n,
					    ids, err);
	return bk_store_fetch_many(store, account, folder, msgs, n, &to, err);
}
