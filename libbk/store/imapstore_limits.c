/* What an account on an IMAP server may hold, and may still take. */

#include "store/imapstore.h"

static uint64_t what_is_left(uint64_t used, uint64_t limit)
{
	if (!limit)
		return UINT64_MAX;
	return used < limit ? limit - used : 0;
}

/* Who may not see it is not told. */
static int pass_over(const struct bk_err *why, struct bk_err *err)
{
	if (why->kind == BK_REFUSED || why->kind == BK_DENIED ||
	    why->kind == BK_GONE)
		return 0;
	*err = *why;
	return -1;
}

static int ask(struct bk_imapstore_session *session, void *arg,
	       struct bk_err *err)
{
	const struct bk_imap_caps *caps = bk_imap_caps(session->imap);
	struct bk_store_limits *limits = arg;
	struct bk_imap_quota quota = {0};
	const struct bk_view inbox = {(const uint8_t *)"INBOX", 5};
	struct bk_err why = {0};

	*limits = (struct bk_store_limits){
		.bytes = UINT64_MAX,
		.messages = UINT64_MAX,
		.message = UINT64_MAX,
	};
	if (bk_imap_append_limit(session->imap, inbox, &limits->message, &why) <
		    0 &&
	    pass_over(&why, err) < 0)
		return -1;
	if (!(caps->has & BK_IMAP_QUOTA))
		return 0;
	why = (struct bk_err){0};
	if (bk_imap_get_quota(session->imap, &quota, &why) == 0) {
		limits->bytes = what_is_left(quota.used, quota.limit);
		limits->used = quota.limit ? quota.used : 0;
		limits->messages =
			what_is_left(quota.messages, quota.messages_limit);
		return 0;
	}
	return pass_over(&why, err);
}

int bk_imapstore_limits(struct bk_store *store,
			const struct bk_account *account,
			struct bk_store_limits *out, struct bk_err *err)
{
	const struct bk_imapstore_act act = {.run = ask, .arg = out};

	return bk_imapstore_run(bk_imapstore_of(store), account->address, &act,
				err);
}

/* ---- the quota itself ---- */

static int ask_quota(struct bk_imapstore_session *session, void *arg,
		     struct bk_err *err)
{
	struct bk_store_quota *out = arg;
	struct bk_imap_quota quota = {0};

	*out = (struct bk_store_quota){0};
	if (!bk_imap_can(session->imap, BK_IMAP_QUOTA))
		return 0;
	if (bk_imap_get_quota(session->imap, &quota, err) < 0)
		return -1;
	out->bytes = quota.limit;
	out->messages = quota.messages_limit;
	return 1;
}

int bk_imapstore_quota(struct bk_store *store, const struct bk_account *account,
		       struct bk_store_quota *out, struct bk_err *err)
{
	const struct bk_imapstore_act act = {.run = ask_quota, .arg = out};

	return bk_imapstore_run(bk_imapstore_of(store), account->address, &act,
				err);
}

struct setting {
	const char *address;
	const struct bk_store_quota *quota;
};

/* To set it twice is to set it once. */
static int set(struct bk_imapstore_session *admin, void *arg,
	       struct bk_err *err)
{
	const struct setting *setting = arg;
	const struct bk_imap_quota quota = {
		.limit = setting->quota->bytes,
		.messages_limit = setting->quota->messages,
	};
	struct bk_buf root = {0};
	int rc = bk_imapstore_admin_name(admin, setting->address, "INBOX",
					 &root, err);

	if (rc == 0)
		rc = bk_imap_set_quota(admin->imap, bk_buf_view(&root), &quota,
				       err);
	bk_buf_clear(&root);
	return rc;
}

int bk_imapstore_set_quota(struct bk_store *store,
			   const struct bk_account *account,
			   const struct bk_store_quota *quota,
			   struct bk_err *err)
{
	struct setting setting = {account->address, quota};
	const struct bk_imapstore_act act = {.run = set, .arg = &setting};

	return bk_imapstore_run_admin(bk_imapstore_of(store), &act, err);
}
