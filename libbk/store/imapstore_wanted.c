/* Many messages by their UIDs, of which some may end a session. */

#include <stdlib.h>

#include "store/imapstore.h"

/* ---- which ---- */

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

struct bk_imapstore_want *bk_imapstore_wanted_take(
	struct bk_imapstore_wanted *wanted, uint32_t uid)
{
	const struct bk_imapstore_want key = {.uid = uid};
	struct bk_imapstore_want *found = NULL;

	if (wanted->n)
		found = bsearch(&key, wanted->items, wanted->n,
				sizeof(*wanted->items), by_uid);
	if (!found || found->done)
		return NULL;
	found->done = true;
	wanted->n_done++;
	return found;
}

bool bk_imapstore_wanted_uids(struct bk_imapstore_wanted *wanted, size_t most,
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
		if (!follows && out->n == most)
			break;
		bk_uid_set_add(out, item->uid);
	}
	return out->n > 0;
}

static struct bk_imapstore_want *first_missing(
	const struct bk_imapstore_wanted *wanted)
{
	for (size_t i = 0; i < wanted->n; i++)
		if (!wanted->items[i].done)
			return &wanted->items[i];
	return NULL;
}

/* ---- one connection after the other ---- */

static int ask(struct bk_imapstore_session *session, void *arg,
	       struct bk_err *err)
{
	struct bk_imapstore_errand *errand = arg;
	int rc = errand->ask(session, errand->arg, errand->alone, err);

	errand->dismissed = rc < 0 && bk_imap_was_dismissed(session->imap);
	return rc;
}

/* It was asked for alone, and the session ended again. */
static int give_up(struct bk_imapstore_errand *errand,
		   const struct bk_imapstore_want *want,
		   const struct bk_err *why, struct bk_err *err)
{
	struct bk_err refused = *why;

	refused.kind = BK_REFUSED;
	(void)bk_imapstore_wanted_take(errand->wanted, want->uid);
	return errand->failed(errand->arg, want->at, &refused, err);
}

/* 0: go on with a new connection. */
static int after_loss(struct bk_imapstore_errand *errand, bool brought,
		      const struct bk_err *why, struct bk_err *err)
{
	struct bk_imapstore_want *alone = errand->alone;
	struct bk_imapstore_want *suspect = errand->broke_off;

	errand->alone = errand->broke_off = NULL;
	if (why->kind == BK_LOST && !errand->stopped) {
		if (alone && !alone->done && (suspect || errand->dismissed))
			return give_up(errand, alone, why, err);
		if (!suspect && !brought && !alone && errand->dismissed)
			suspect = first_missing(errand->wanted);
		errand->alone = suspect;
		if (suspect || brought)
			return 0;
	}
	*err = *why;
	return -1;
}

int bk_imapstore_errand_run(struct bk_imapstore *imapstore, const char *address,
			    struct bk_imapstore_errand *errand,
			    struct bk_err *err)
{
	const struct bk_imapstore_act act = {.run = ask,
					     .arg = errand,
					     .mailbox = errand->mailbox,
					     .once = true};
	/* The first connection may have been an old one. */
	bool brought = true;

	for (;;) {
		size_t before = errand->wanted->n_done;
		struct bk_err why = {0};
		int rc = bk_imapstore_run(imapstore, address, &act, &why);
		if (rc == 0 && !errand->alone)
			return 0;
		brought |= errand->wanted->n_done != before;
		if (rc == 0) {
			errand->alone = NULL;
			continue;
		}
		if (after_loss(errand, brought, &why, err) < 0)
			return -1;
		brought = false;
	}
}

int bk_imapstore_act_ended(struct bk_imapstore_session *session,
			   unsigned *losses, struct bk_err *err)
{
	if (err->kind != BK_LOST || !bk_imap_was_dismissed(session->imap) ||
	    !(*losses)++)
		return -1;
	session->broken = true;
	err->kind = BK_REFUSED;
	return -1;
}
