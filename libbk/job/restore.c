/* A restore from its request to its summary: see restore.h. */

#include "job/restore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "base/lock.h"
#include "base/path.h"
#include "job/lookup.h"
#include "job/restore_places.h"
#include "job/restore_run.h"
#include "job/set_gaps.h"

#define FILES_OTHERS 64 /* descriptors for everything but folders */
#define FILES_FOLDER 8  /* at most, for one that is open */

/* ---- what, and where to ---- */

static void nothing_changed(struct bk_err *err)
{
	size_t len = strlen(err->text);

	(void)snprintf(err->text + len, sizeof(err->text) - len,
		       ". Nothing changed.");
}

static int make_plan(struct bk_restore *run, struct bk_err *err)
{
	const struct bk_restore_request *request = run->request;
	const char *missing = NULL;

	run->plan = &run->whole;
	run->set = run->chosen;
	if (request->wish->deleted) {
		int rc = bk_restore_deleted_open(&run->deleted, run->chosen,
						 request->wish, run->progress,
						 err);
		run->errors = run->deleted.unread;
		return rc;
	}
	if (bk_restore_plan_make(run->set, request->wish, &run->whole, &missing,
				 err) == 0)
		return request->follow
			       ? request->follow->choose(request->follow->arg,
							 run->chosen,
							 &run->whole, err)
			       : 0;
	if (err->kind == BK_GONE && missing)
		(void)bk_lookup_no_account(run->set, request->choice, missing,
					   err);
	if (err->kind == BK_GONE)
		nothing_changed(err);
	return -1;
}

/* Without a variable in its path a store holds one account. */
static int check_room(const struct bk_restore *run,
		      const struct bk_restore_plan *plan, struct bk_err *err)
{
	if (run->to.server ? !bk_server_is_account(run->to.server)
			   : bk_store_holds_many(&run->to.config))
		return 0;
	for (size_t i = 1; i < plan->n; i++)
		if (plan->items[i].account != plan->items[0].account)
			return bk_fail(err, BK_MISUSE,
				       "%s holds one account, and more are "
				       "chosen: choose one by --account, or "
				       "%s. Nothing changed.",
				       run->to.config.name,
				       run->to.server
					       ? "log in as who may see all"
					       : "give a path with %d and %n "
						 "in it");
	return 0;
}

static int check_places(struct bk_restore *run, void *arg, struct bk_err *err)
{
	(void)arg;
	return check_room(run, run->plan, err) < 0
		       ? -1
		       : bk_restore_places_check(run->plan, &run->to.config,
						 err);
}

/* All of them, before anything is written. */
static int check_sources(struct bk_restore *run, struct bk_err *err)
{
	if (bk_restore_each_source(run, check_places, NULL, err) < 0)
		return -1;
	if (!run->request->wish->deleted || run->deleted.n || run->errors)
		return 0;
	run->outcome->place = BK_PLACE_SET;
	return bk_fail(err, BK_GONE,
		       "no set of this time has what was chosen. "
		       "Nothing changed.");
}

static int check_replace(const struct bk_restore *run, struct bk_err *err)
{
	const struct bk_store_config *to = &run->to.config;

	if (run->request->heal && strcmp(to->type, "maildir") != 0)
		return bk_fail(err, BK_MISUSE,
			       "--heal: %s has no names that messages keep; it "
			       "is for Maildirs. Nothing changed.",
			       to->name);
	if (!run->request->replace || bk_store_ops_named(to->type)->remove)
		return 0;
	return bk_fail(err, BK_MISUSE,
		       "--replace: %s can only be added to. Nothing changed.",
		       to->name);
}

/* The store that is named, or the one that the set was made of. */
static int find_store(struct bk_restore *run, struct bk_err *err)
{
	const struct bk_restore_request *request = run->request;
	const struct bk_root *root = &run->chosen->levels[0].root;
	const char *word = request->to ? request->to : root->store_name;

	run->outcome->place = BK_PLACE_REQUEST;
	if (bk_settings_store(request->settings, word, &run->to, err) < 0) {
		if (!request->to)
			(void)bk_context(err,
					 "the set is of store '%s'; say "
					 "where it goes by --to",
					 word);
		return -1;
	}
	run->to.config.writable = true;
	run->to.config.follows = request->follow &&
				 !bk_restore_follow_only_adds(request->follow);
	run->to.config.live = request->follow && request->follow->again;
	if (bk_store_check_type(&run->to.config, err) < 0 ||
	    check_replace(run, err) < 0 || check_sources(run, err) < 0)
		return -1;
	return bk_server_store_open(&run->server, &run->to, err);
}

static int check_request(const struct bk_restore_request *request,
			 struct bk_err *err)
{
	if (request->heal && (request->replace || request->accounts_first ||
			      request->wish->deleted || request->wish->into ||
			      request->wish->as))
		return bk_fail(err, BK_MISUSE,
			       "--heal mends messages where they are; leave "
			       "out --replace, --accounts-first, "
			       "--deleted-since, --into and --as");
	if (request->replace && request->wish->deleted)
		return bk_fail(err, BK_MISUSE,
			       "--replace is for whole folders, and "
			       "--deleted-since for some messages of them");
	if (request->accounts_first &&
	    (request->replace || bk_restore_is_choosy(request->wish)))
		return bk_fail(err, BK_MISUSE,
			       "--accounts-first brings all mail of folders; "
			       "leave out --replace, --message and "
			       "--deleted-since");
	if (request->replace && request->wish->messages.n)
		return bk_fail(err, BK_MISUSE,
			       "--replace is for whole folders; with --message "
			       "it would take all other messages away");
	return 0;
}

/* ---- doing it ---- */

/* Folders that are written at a time have some files open each. */
static size_t folders_at_a_time(void)
{
	struct rlimit limit = {0};

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 1;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
	    limit.rlim_cur < FILES_OTHERS + FILES_FOLDER)
		return 1;
	return (size_t)(limit.rlim_cur - FILES_OTHERS) / FILES_FOLDER;
}

static void tell_wait(void *arg, const char *what, int64_t most_ms)
{
	struct bk_restore *run = arg;
	char *text = bk_asprintf(
		"waiting for %s, which another program holds; "
		"for %jd s at most",
		what, (intmax_t)(most_ms / 1000));

	bk_progress_note(run->progress, text);
	free(text);
}

/* Else it would be told of each account by itself. */
static int check_writable(const struct bk_store_config *to, struct bk_err *err)
{
	struct statvfs fs;

	if (to->server)
		return 0;
	char *path = bk_strndup(to->path, strcspn(to->path, "%"));
	for (char *end; *path && statvfs(path, &fs) < 0; *end = 0) {
		end = strrchr(path, '/');
		fs.f_flag = 0;
		if (!end)
			break;
	}
	int rc = *path && (fs.f_flag & ST_RDONLY)
			 ? bk_fail(err, BK_DENIED,
				   "%s: Read-only file system. Nothing "
				   "changed.",
				   to->path)
			 : 0;
	free(path);
	return rc;
}

static int open_store(struct bk_restore *run, struct bk_err *err)
{
	run->outcome->place = BK_PLACE_DESTINATION;
	if (run->to.config.writable && check_writable(&run->to.config, err) < 0)
		return -1;
	if (bk_store_open(&run->store, &run->to.config, err) < 0)
		return -1;
	if (!run->store->ops->begin)
		return bk_fail(err, BK_MISUSE, "a %s store can only be read",
			       run->to.config.type);
	run->store->waits = tell_wait;
	run->store->waits_arg = run;
	run->into.store = run->store;
	run->into.uid_gap =
		run->request->follow && run->request->follow->goes_on
			? 0
			: run->to.uid_gap;
	run->into.replace = run->request->replace;
	run->into.heal = run->request->heal;
	run->into.follow = run->request->follow;
	bk_restore_expect(run, run->chosen);
	return 0;
}

static void tell_start(struct bk_restore *run, const char *label)
{
	struct bk_run start = {
		.act = BK_ACT_RESTORE,
		.store = run->to.config.name,
		.repo = run->chosen->repo->target->where,
		.set = label,
	};
	const struct bk_set_account *last = NULL;

	for (size_t i = 0; i < run->whole.n; i++) {
		const struct bk_restore_item *item = &run->whole.items[i];
		start.totals.accounts += item->account != last;
		start.totals.messages += item->folder->messages;
		last = item->account;
	}
	if (run->request->wish->messages.n)
		start.totals.messages = run->request->wish->messages.n;
	bk_progress_start(run->progress, &start);
}

/* Messages that were asked for by name, and are nowhere. */
static int check_found(struct bk_restore *run, struct bk_err *err)
{
	const struct bk_opt_list *messages = &run->request->wish->messages;
	size_t found = 0;

	if (run->into.deleted && !run->deleted.found && !run->errors) {
		run->outcome->place = BK_PLACE_SET;
		return bk_fail(err, BK_GONE,
			       "nothing that was chosen was deleted in this "
			       "time: %zu sets were compared. Nothing changed.",
			       run->deleted.n + 1);
	}

	for (size_t i = 0; i < messages->n; i++)
		found += run->into.found[i] > 0;
	if (messages->n && !found) {
		run->outcome->place = BK_PLACE_SET;
		return bk_fail(err, BK_GONE,
			       "no message '%s' in the folders chosen. Nothing "
			       "changed.",
			       messages->items[0]);
	}
	for (size_t i = 0; i < messages->n; i++) {
		if (run->into.found[i])
			continue;
		run->errors++;
		bk_progress_item_error(
			run->progress,
			&(struct bk_item_error){
				.kind = BK_GONE,
				.name = messages->items[i],
				.text = "not in the folders chosen",
				.outcome = "not restored",
			});
	}
	return 0;
}

static int restore_folders(struct bk_restore *run, struct bk_err *err)
{
	const struct bk_restore_follow *follow = run->request->follow;

	if (follow && follow->begin(follow->arg, run->store, err) < 0)
		return -1;
	if ((!follow || run->plan->n) &&
	    bk_restore_each_source(run,
				   run->request->accounts_first
					   ? bk_restore_accounts_first
					   : bk_restore_folders,
				   NULL, err) < 0)
		return -1;
	if (!follow)
		return 0;
	run->outcome->place = BK_PLACE_DESTINATION;
	if (follow->end(follow->arg, run->store, err) < 0)
		return -1;
	return run->store->ops->sync(run->store, err);
}

static int write_all(struct bk_restore *run, struct bk_err *err)
{
	const struct bk_set_level *top = &run->chosen->levels[0];
	int64_t start_ms = bk_clock_now_ms();
	char label[BK_SET_NAME];

	if (open_store(run, err) < 0)
		return -1;
	bk_set_name(label, top->id, top->root.kind);
	run->folders_most = folders_at_a_time();
	run->writing.set = run->set;
	run->writing.progress = run->progress;
	run->writing.threads = run->request->threads;
	tell_start(run, label);
	if (restore_folders(run, err) < 0 || check_found(run, err) < 0)
		return -1;
	run->outcome->place = BK_PLACE_DESTINATION;
	if (run->store->ops->end && run->store->ops->end(run->store, err) < 0)
		return -1;
	bk_restore_tell_end(run, label, start_ms);
	return 0;
}

static int lock_and_write(struct bk_restore *run, struct bk_err *err)
{
	char *store = bk_store_identity(&run->to.config);
	struct bk_lock_request request = {
		.state_dir = run->request->settings->state_dir,
		.store = store,
		.repo = "restore",
		.command = "bk-restore",
		.wait_ms = run->request->wait_ms,
	};
	struct bk_lock *lock = NULL;
	int held = -1;

	run->outcome->place = BK_PLACE_LOCK;
	int rc = bk_lock_take(&lock, &request, err);
	free(store);
	if (rc < 0)
		return -1;
	rc = bk_restore_places_hold(&run->to.config, request.wait_ms, &held,
				    err);
	if (rc == 0)
		rc = write_all(run, err);
	if (rc < 0)
		bk_restore_tell_full(run, err);
	bk_path_close(&held);
	bk_lock_release(lock);
	return rc;
}

/* With --replace it is compared with what is there, which only reads. */
static int preview(struct bk_restore *run, struct bk_err *err)
{
	const struct bk_restore_request *request = run->request;

	run->to.config.writable = false;
	if ((request->replace || request->heal) && open_store(run, err) < 0)
		return -1;
	if (bk_restore_preview(run, err) < 0 || check_found(run, err) < 0)
		return -1;
	bk_restore_tell_missing(run);
	if (run->errors || run->writing.failed)
		run->outcome->ending = BK_ENDING_INCOMPLETE;
	return 0;
}

static int restore(struct bk_restore *run, struct bk_err *err)
{
	const struct bk_restore_request *request = run->request;

	run->outcome->place = BK_PLACE_REQUEST;
	if (check_request(request, err) < 0 ||
	    bk_choose_and_open(&run->chosen, request->repo, request->choice,
			       run->outcome, err) < 0)
		return -1;
	run->outcome->place = BK_PLACE_SET;
	if (make_plan(run, err) < 0 || find_store(run, err) < 0)
		return -1;
	run->into.set = run->set;
	run->into.deleted = request->wish->deleted ? &run->deleted : NULL;
	run->into.wish = request->wish;
	run->into.found = bk_alloc((request->wish->messages.n + 1) *
				   sizeof(*run->into.found));
	run->into.digester = bk_digester_new(&request->repo->keys.digest);
	if (request->dry_run)
		return preview(run, err);
	bk_set_gaps_warn(request->repo, run->progress);
	return lock_and_write(run, err);
}

int bk_restore_run(const struct bk_restore_request *request,
		   struct bk_progress *progress, struct bk_outcome *outcome,
		   struct bk_err *err)
{
	struct bk_restore run = {
		.request = request,
		.progress = progress,
		.outcome = outcome,
	};

	(void)pthread_mutex_init(&run.lock, NULL);
	bk_restore_texts_init(&run);
	int rc = restore(&run, err);
	(void)pthread_mutex_destroy(&run.lock);
	bk_restore_texts_clear(&run);
	bk_digester_free(run.into.digester);
	bk_restore_deleted_clear(&run.deleted);
	bk_restore_plan_clear(&run.whole);
	bk_name_table_clear(&run.counted);
	bk_arena_clear(&run.arena);
	bk_store_close(run.store);
	bk_server_store_close(&run.server);
	bk_set_close(run.chosen);
	free(run.into.found);
	return rc;
}
