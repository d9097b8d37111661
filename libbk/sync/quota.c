/*
 * The quota of an account, carried over where the login may set one.  A pass
 * that writes nothing asks nobody: the journal knows what the source allowed
 * when the destination was last given the same.
 */

#include "sync/pass.h"

static bool same(const struct bk_store_quota *a, const struct bk_store_quota *b)
{
	return a->bytes == b->bytes && a->messages == b->messages;
}

/* In the words of IMAP, and its units. */
static void show(const struct bk_store_quota *quota, struct bk_buf *out)
{
	if (!quota->bytes && !quota->messages)
		bk_buf_printf(out, "none");
	if (quota->bytes)
		bk_buf_printf(out, "%llu KiB%s",
			      (unsigned long long)(quota->bytes / 1024),
			      quota->messages ? ", " : "");
	if (quota->messages)
		bk_buf_printf(out, "%llu messages",
			      (unsigned long long)quota->messages);
}

/* For who keeps it: what came of the last try counts. */
static void keep(const struct bk_pass *pass, enum bk_became became,
		 const struct bk_store_quota *quota, const char *why)
{
	const struct bk_carried row = {
		.what = "quota",
		.folder = "",
		.became = became,
		.n = quota->bytes || quota->messages ? 1 : 0,
		.why = why,
	};

	bk_pass_carried(pass, &row);
}

static void tell(const struct bk_pass *pass, const struct bk_store_quota *from,
		 const struct bk_store_quota *to, const char *why)
{
	struct bk_buf text = {0};

	bk_buf_printf(&text, "%s: quota: %s: ", pass->request->name,
		      why ? "not possible here" : "moved");
	size_t begin = text.len;
	show(from, &text);
	bk_buf_printf(&text, why ? " at the source, " : "; it was ");
	show(to, &text);
	if (why)
		bk_buf_printf(&text, " at the destination: %s", why);
	bk_progress_note(pass->request->progress, bk_buf_text(&text));
	keep(pass, why ? BK_BECAME_IMPOSSIBLE : BK_BECAME_MOVED,
	     why && !from->bytes && !from->messages ? to : from,
	     bk_buf_text(&text) + begin);
	bk_buf_clear(&text);
}

/* What concerns the quota alone is told; the mail is none the worse. */
static int judge(const struct bk_err *why, struct bk_err *err)
{
	if (why->kind == BK_REFUSED || why->kind == BK_DENIED ||
	    why->kind == BK_GONE || why->kind == BK_EXISTS ||
	    why->kind == BK_FULL || why->kind == BK_MISUSE)
		return 0;
	*err = *why;
	return -1;
}

static int ask(const struct bk_sync_end *end, struct bk_store_quota *out,
	       struct bk_err *err)
{
	struct bk_err why = {0};

	*out = (struct bk_store_quota){0};
	if (!end->store->ops->quota)
		return 0;
	int rc = end->store->ops->quota(end->store, end->account, out, &why);
	return rc < 0 ? judge(&why, err) : rc;
}

static int set(const struct bk_sync_end *to, const struct bk_store_quota *quota,
	       struct bk_err *err)
{
	if (!to->store->ops->set_quota)
		return bk_fail(err, BK_REFUSED, "a %s store has none",
			       to->store->ops->type);
	return to->store->ops->set_quota(to->store, to->account, quota, err);
}

/* 1: the destination's is the same now; 0: it cannot be made so, which was
 * told. */
static int carry_over(const struct bk_pass *pass,
		      const struct bk_store_quota *from, struct bk_err *err)
{
	const struct bk_sync_end *end = &pass->request->to;
	struct bk_store_quota to = {0};
	struct bk_err why = {0};

	if (ask(end, &to, err) < 0)
		return -1;
	if (same(from, &to)) {
		keep(pass, BK_BECAME_MOVED, from, "");
		return 1;
	}
	if (set(end, from, &why) < 0) {
		if (judge(&why, err) < 0)
			return -1;
		tell(pass, from, &to, why.text);
		return 0;
	}
	tell(pass, from, &to, NULL);
	return 1;
}

int bk_pass_quota(struct bk_pass *pass, struct bk_err *err)
{
	const struct bk_sync_request *request = pass->request;
	struct bk_store_quota from = {0}, known = {0};
	int before =
		bk_journal_quota(request->journal, pass->account, &known, err);

	if (before < 0)
		return -1;
	if (!pass->wrote && (before || pass->rows.n))
		return 0;
	int told = ask(&request->from, &from, err);
	if (told <= 0)
		return told;
	/* A source that never had one says nothing of the destination's. */
	bool changed = !same(&from, &known);
	if (before && !changed)
		return 0;
	int rc = changed ? carry_over(pass, &from, err) : 1;
	if (rc <= 0)
		return rc;
	return bk_journal_quota_put(request->journal, pass->account, &from,
				    err);
}
