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

#include "base/buf.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/pool.h"
#include "base/queue.h"
#include "job/restore_run.h"
#include "repo/id.h"

#define DAY     86400
#define THREADS 16 /* that wait for disks */
#define AHEAD   64

/* ---- accounts and folders ---- */

static int make_folder(struct bk_restore *run,
		       const struct bk_restore_account *account,
		       const struct bk_restore_item *item, struct bk_err *err)
{
	const struct bk_store_ops *ops = run->store->ops;
	struct bk_folder_result result = {0};
	struct bk_folder_writer *writer = NULL;
	struct bk_restore_people people;
	struct bk_folder want;

	bk_restore_item_describe(&want, item, run->into.wish->into != NULL);
	bk_restore_people_of(&people, run->set, item);
	want.acl_watch = &people.watch;
	/* A copy goes on with the UIDs that it has, whatever it takes by then;
	 * new mail comes behind all that the source can have given out. */
	want.follows = run->into.follow != NULL;
	want.keeps =
		want.follows && bk_restore_follow_only_adds(run->into.follow);
	want.one_of_many = true;
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

/* The items of one account. */
struct making {
	const struct bk_restore_item *items;
	size_t n;
	bool failed; /* it is not all there */
};

static void count_unmade(struct bk_restore *run, struct making *making,
			 size_t folders, const struct bk_err *why)
{
	struct bk_restore_unmade *unmade = &run->unmade;

	(void)pthread_mutex_lock(&run->lock);
	unmade->folders += folders;
	if (!making->failed) {
		if (unmade->accounts < BK_RESTORE_UNMADE) {
			unmade->who[unmade->accounts] =
				making->items->account->account.address;
			unmade->why[unmade->accounts] = *why;
		}
		unmade->accounts++;
	}
	making->failed = true;
	(void)pthread_mutex_unlock(&run->lock);
}

/* What cannot be made, so many folders, is told in detail when its mail comes,
 * and fails again. */
static int go_on(struct bk_restore *run, struct making *making, size_t folders,
		 const struct bk_err *why, struct bk_err *err)
{
	if (bk_restore_goes_on(why->kind)) {
		count_unmade(run, making, folders, why);
		return 0;
	}
	*err = *why;
	return -1;
}

static int make_folders(struct bk_restore *run, struct making *making,
			const struct bk_restore_account *account,
			struct bk_err *err)
{
	struct bk_err why = {0};
	int rc = 0;

	for (size_t i = 0; i < making->n && rc == 0; i++) {
		rc = bk_cancelled(err);
		if (rc == 0 &&
		    make_folder(run, account, &making->items[i], &why) < 0)
			rc = go_on(run, making, 1, &why, err);
	}
	if (rc < 0)
		return -1;
	/* What sorts new mail is there before it comes. */
	if (run->store->ops->finish_account(run->store, &account->here, NULL, 0,
					    &why) == 0)
		return bk_restore_texts(run, account, err);
	return go_on(run, making, 0, &why, err);
}

static int make_account(void *context, unsigned worker, void *item,
			struct bk_err *err)
{
	struct bk_restore *run = context;
	struct making *making = item;
	struct bk_restore_account account = {.from = making->items->account};
	struct bk_err why = {0};

	(void)worker;
	int rc = run->store->ops->create_account(
		run->store, making->items->to_account, &account.arena,
		&account.here, &why);
	rc = rc < 0 ? go_on(run, making, making->n, &why, err)
		    : make_folders(run, making, &account, err);
	bk_arena_clear(&account.arena);
	free(making);
	return rc;
}

static void push_accounts(const struct bk_restore_plan *plan,
			  struct bk_queue *queue)
{
	struct bk_err ignored = {0};

	for (size_t i = 0, end; i < plan->n; i = end) {
		for (end = i + 1;
		     end < plan->n &&
		     plan->items[end].account == plan->items[i].account;)
			end++;
		struct making *making = bk_alloc(sizeof(*making));
		*making = (struct making){&plan->items[i], end - i, false};
		if (bk_queue_push(queue, making, 0, &ignored) == 0)
			continue;
		free(making);
		return;
	}
}

/* Most of it is waiting for disks. */
static int make_all(struct bk_restore *run, struct bk_err *err)
{
	struct bk_queue *queue = bk_queue_new(AHEAD, 0);
	struct bk_pool *pool = NULL;
	bool parallel = run->store->ops->parallel_making;

	run->outcome->place = BK_PLACE_DESTINATION;
	int rc = bk_pool_start(&pool, parallel ? THREADS : 1, queue,
			       make_account, run, err);
	if (rc == 0) {
		push_accounts(run->plan, queue);
		bk_queue_close(queue);
		rc = bk_pool_join(pool, err);
	}
	bk_queue_free(queue, free);
	return rc < 0 ? -1 : run->store->ops->sync(run->store, err);
}

static void tell_unmade(struct bk_restore *run, double s)
{
	const struct bk_restore_unmade *unmade = &run->unmade;
	struct bk_buf text = {0};

	bk_buf_printf(
		&text,
		"%ju of %zu folders are there and take mail, after %.1f "
		"s; the newest mail comes first; %ju %s could not be made "
		"as the set has %s",
		(uintmax_t)run->plan->n - unmade->folders, run->plan->n, s,
		(uintmax_t)unmade->accounts,
		unmade->accounts == 1 ? "account" : "accounts",
		unmade->accounts == 1 ? "it" : "them");
	for (size_t i = 0; i < unmade->accounts && i < BK_RESTORE_UNMADE; i++)
		bk_buf_printf(&text, "%s %s: %s", i ? ";" : ":", unmade->who[i],
			      unmade->why[i].text);
	if (unmade->accounts > BK_RESTORE_UNMADE)
		bk_buf_printf(&text, "; ...");
	bk_progress_warning(run->progress, bk_buf_text(&text));
	bk_buf_clear(&text);
}

static void tell_made(struct bk_restore *run, int64_t start_ms)
{
	double s = (double)(bk_clock_monotonic_ms() - start_ms) / 1000;

	if (run->unmade.accounts) {
		tell_unmade(run, s);
		return;
	}
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
					    count_messages(run),
					    run->unmade.accounts, err);
	run->into.before = INT64_MAX;
	for (size_t i = 0; i <= sizeof(days) / sizeof(*days) && rc == 0; i++) {
		bool last = i == sizeof(days) / sizeof(*days);
		run->into.since = last ? INT64_MIN : now - days[i] * DAY;
		rc = bk_restore_folders(run, arg, err);
		run->into.before = run->into.since;
	}
	return rc;
}
