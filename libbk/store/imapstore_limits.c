/* What an account on an IMAP server may still take. */

#include "store/imapstore.h"

static uint64_t what_is_left(uint64_t used, uint64_t limit)
{
	if (!limit)
		return UINT64_MAX;
	return used < limit ? limit - used : 0;
}

static int ask(struct bk_imapstore_session *session, void *arg,
	       struct bk_err *err)
{
	const struct bk_imap_caps *caps = bk_imap_caps(session->imap);
	struct bk_store_limits *limits = arg;
	struct bk_imap_quota quota = {0};
	struct bk_err why = {0};

	*limits = (struct bk_store_limits){UINT64_MAX, UINT64_MAX, UINT64_MAX,
					   false};
	if (caps->append_limit)
		limits->message = caps->append_limit;
	if (!(caps->has & BK_IMAP_QUOTA))
		return 0;
	if (bk_imap_get_quota(session->imap, &quota, &why) == 0) {
		limits->bytes = what_is_left(quota.used, quota.limit);
		limits->messages =
			what_is_left(quota.messages, quota.messages_limit);
		return 0;
	}
	/* Who may not see it is not told. */
	if (why.kind == BK_REFUSED || why.kind == BK_DENIED ||
	    why.kind == BK_GONE)
		return 0;
	*err = why;
	return -1;
}

int bk_imapstore_limits(struct bk_store *store,
			const struct bk_account *account,
			struct bk_store_limits *out, struct bk_err *err)
{
	const struct bk_imapstore_act act = {.run = ask, .arg = out};

	return bk_imapstore_run(bk_imapstore_of(store), account->address, &act,
				err);
}
