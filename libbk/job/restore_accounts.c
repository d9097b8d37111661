/*
 * A mail server that is rebuilt while mail already flows: first all accounts
 * and folders, empty, which takes seconds however much mail there is; then the
 * mail, in passes over all of them, the newest first.
 *
 * A folder that is made here gets no UIDs yet: one that is still untouched when
 * its mail comes gets those of the set, and one that has taken new mail by then
 * keeps its own.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "job/restore_run.h"
#include "repo/id.h"

#define DAY 86400

/* ---- accounts and folders ---- */

static int make_folder(struct bk_restore *run,
		       const struct bk_restore_account *account,
		       const struct bk_restore_item *item, struct bk_err *err)
{
	const struct bk_store_ops *ops = run->store->ops;
	struct bk_folder_result result = {0};
	struct bk_folder_writer *writer = NULL;
	struct bk_folder want;

	bk_restore_item_describe(&want, item, run->into.wish->into != NULL);
	/* A copy goes on with the UIDs that it has, whatever it takes by then;
	 * new mail comes behind all that the source can have given out. */
	want.follows = run->into.follow != NULL;
	if (!want.follows) {
		want.has_guid = false;
		want.uid_validity = 0;
		want.uid_next = 0;
		want.highest_modseq = 0;
	}
	if (ops->begin(run->store, &account->here, &want,
		       want.follows ? run->into.uid_gap : 0, &writer, err) < 0)
		return -1;
	return ops->finish(writer, &result, err);
}

static int make_account(struct bk_restore *run,
			struct bk_restore_account *account,
			const struct bk_restore_item *item, struct bk_err *err)
{
	bk_arena_clear(&account->arena);
	*account = (struct bk_restore_account){.from = item->account};
	return run->store->ops->create_account(run->store, item->to_account,
					       &account->arena, &account->here,
					       err);
}

/* What cannot be made is told when its mail comes, and fails again. */
static int go_on(const struct bk_err *why, struct bk_err *err)
{
	if (bk_restore_goes_on(why->kind))
		return 0;
	*err = *why;
	return -1;
}

static int end_account(struct bk_restore *run,
		       const struct bk_restore_account *account,
		       struct bk_err *err)
{
	struct bk_err why = {0};

	if (!account->from || account->failed)
		return 0;
	/* What sorts new mail is there before it comes. */
	if (run->store->ops->finish_account(run->store, &account->here, NULL, 0,
					    &why) == 0)
		return bk_restore_scripts(run, account, err);
	return go_on(&why, err);
}

static int make_item(struct bk_restore *run, struct bk_restore_account *account,
		     const struct bk_restore_item *item, struct bk_err *err)
{
	struct bk_err why = {0};
	int rc = bk_cancelled(err);

	if (rc == 0 && account->from != item->account) {
		rc = end_account(run, account, err);
		if (rc == 0 && make_account(run, account, item, &why) < 0) {
			account->failed = true;
			rc = go_on(&why, err);
		}
	}
	if (rc == 0 && !account->failed &&
	    make_folder(run, account, item, &why) < 0)
		rc = go_on(&why, err);
	return rc;
}

static int make_all(struct bk_restore *run, struct bk_err *err)
{
	struct bk_restore_account account = {0};
	int rc = 0;

	run->outcome->place = BK_PLACE_DESTINATION;
	for (size_t i = 0; i < run->plan->n && rc == 0; i++)
		rc = make_item(run, &account, &run->plan->items[i], err);
	if (rc == 0)
		rc = end_account(run, &account, err);
	if (rc == 0)
		rc = run->store->ops->sync(run->store, err);
	bk_arena_clear(&account.arena);
	return rc;
}

static void tell_made(struct bk_restore *run, int64_t start_ms)
{
	double s = (double)(bk_clock_monotonic_ms() - start_ms) / 1000;
	char *text = bk_asprintf(
		"all %zu folders are there and take mail, "
		"after %.1f s; the newest mail comes first",
		run->plan->n, s);

	bk_progress_note(run->progress, text);
	free(text);
}

/* ---- mail ---- */

static uint64_t count_messages(const struct bk_restore *run)
{
	uint64_t n = 0;

	for (size_t i = 0; i < run->plan->n; i++)
		n += run->plan->items[i].folder->messages;
	return n;
}

/* What people look for in the morning; what they may look for; the rest. */
int bk_restore_accounts_first(struct bk_restore *run, void *arg,
			      struct bk_err *err)
{
	static const int64_t days[] = {7, 60};
	int64_t now = bk_setid_ms(run->chosen->levels[0].id) / 1000;
	int64_t start_ms = bk_clock_monotonic_ms();
	int rc = make_all(run, err);

	if (rc == 0)
		tell_made(run, start_ms);
	if (rc == 0 && run->into.follow)
		rc = run->into.follow->made(run->into.follow->arg,
					    count_messages(run), err);
	run->into.before = INT64_MAX;
	for (size_t i = 0; i <= sizeof(days) / sizeof(*days) && rc == 0; i++) {
		bool last = i == sizeof(days) / sizeof(*days);
		run->into.since = last ? INT64_MIN : now - days[i] * DAY;
		rc = bk_restore_folders(run, arg, err);
		run->into.before = run->into.since;
	}
	return rc;
}
