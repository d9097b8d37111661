/* Scripts of accounts, brought back: see restore_scripts.h. */

#include "job/restore_scripts.h"

#include <stdlib.h>
#include <string.h>

#include "job/restore_run.h"
#include "store/kept_scripts.h"
#include "sync/script_apply.h"

struct scripts {
	struct bk_restore *run;
	const struct bk_restore_account *account;
	struct bk_script_list from, to;
	struct bk_script_plan plan;
};

/* ---- what is told ---- */

static void tell(struct bk_restore *run, const char *address, const char *name,
		 const struct bk_err *why)
{
	char *what = *name ? bk_asprintf("script %s", name)
			   : bk_strdup("Sieve scripts");

	bk_restore_count_lost(run, 0);
	bk_restore_report_item(run, &(struct bk_item_error){
					    .kind = why->kind,
					    .account = address,
					    .name = what,
					    .text = why->text,
					    .outcome = "not restored",
				    });
	free(what);
}

static bool is_left(const struct scripts *scripts, const char *why)
{
	for (size_t i = 0; i < scripts->plan.n; i++)
		if (scripts->plan.tasks[i].why == why)
			return true;
	return false;
}

/* A script that stays as it is, or which one is active. */
static void note(void *arg, const char *name, const char *what)
{
	struct scripts *scripts = arg;
	const char *address = scripts->account->here.address;
	struct bk_err why = {0};

	if (is_left(scripts, what) && !scripts->run->into.follow) {
		scripts->run->scripts.failed++;
		(void)bk_fail(&why, BK_EXISTS, "%s; --replace overwrites it",
			      what);
		tell(scripts->run, address, name, &why);
		return;
	}
	char *text = bk_asprintf("%s: script %s: %s", address, name, what);
	bk_progress_note(scripts->run->progress, text);
	free(text);
}

static int failed(void *arg, const char *name, const struct bk_err *why,
		  struct bk_err *err)
{
	struct scripts *scripts = arg;

	if (why->kind == BK_CANCELLED || why->kind == BK_STARVED) {
		*err = *why;
		return -1;
	}
	scripts->run->scripts.failed++;
	bk_restore_lacking(scripts->run, scripts->account);
	tell(scripts->run, scripts->account->here.address, name, why);
	return 0;
}

/* ---- an account ---- */

/* With --replace, and in a copy that is kept, the set's take the place of
 * those that are there; others stay. */
static void overwrite(struct bk_script_plan *plan,
		      const struct bk_script_list *from)
{
	const char *active = bk_script_active(from);

	for (size_t i = 0; i < plan->n; i++)
		if (plan->tasks[i].act == BK_SCRIPT_LEAVE)
			plan->tasks[i].act = BK_SCRIPT_PUT;
	if (*active && plan->active_why) {
		plan->activate = active;
		plan->active_why = NULL;
	}
}

static void count_there(struct scripts *scripts)
{
	for (size_t i = 0; i < scripts->plan.n; i++)
		scripts->run->scripts.there +=
			scripts->plan.tasks[i].act == BK_SCRIPT_KEEP;
}

static int put_back(struct scripts *scripts, struct bk_err *err)
{
	struct bk_restore *run = scripts->run;
	const struct bk_journal_scripts none = {0};
	struct bk_script_apply apply = {
		.store = run->store,
		.account = &scripts->account->here,
		.plan = &scripts->plan,
		.active = bk_script_active(&scripts->from),
		.note = note,
		.failed = failed,
		.arg = scripts,
	};

	bk_script_plan_make(&scripts->plan, &scripts->from, &scripts->to, &none,
			    true);
	bool copies = run->into.follow &&
		      !bk_restore_follow_only_adds(run->into.follow);
	if (copies || run->into.replace)
		overwrite(&scripts->plan, &scripts->from);
	/* Who switched his off wants none to run in the copy either. */
	if (copies && !*apply.active && *bk_script_active(&scripts->to))
		scripts->plan.activate = "";
	count_there(scripts);
	int rc = bk_script_apply(&apply, err);
	run->scripts.restored += apply.done.written;
	return rc;
}

/* Nobody waits for each account for a server that is down. */
static int unread(struct scripts *scripts, const struct bk_err *why,
		  struct bk_err *err)
{
	struct bk_restore_scripts *all = &scripts->run->scripts;

	if (why->kind == BK_LOST)
		all->lost = *why;
	all->failed += scripts->from.n - 1;
	return failed(scripts, "", why, err);
}

/* A section that does not say where a server has scripts is to be mended; a
 * store that has none is as it is. */
static bool is_to_be_mended(const struct bk_restore *run)
{
	return run->to.server && !run->to.server->sieve;
}

static int leave(struct scripts *scripts)
{
	struct bk_restore_scripts *all = &scripts->run->scripts;

	all->left++;
	all->failed += scripts->from.n;
	if (is_to_be_mended(scripts->run))
		bk_restore_lacking(scripts->run, scripts->account);
	return 0;
}

static int restore(struct scripts *scripts, struct bk_err *err)
{
	struct bk_restore *run = scripts->run;
	struct bk_restore_scripts *all = &run->scripts;
	struct bk_err why = {0};

	if (!run->store->ops->put_script)
		return leave(scripts);
	if (all->lost.kind == BK_LOST) {
		all->unasked++;
		all->failed += scripts->from.n;
		bk_restore_lacking(run, scripts->account);
		return 0;
	}
	int rc = run->store->ops->scripts(run->store, &scripts->account->here,
					  &scripts->to, &why);
	if (rc < 0)
		return unread(scripts, &why, err);
	return rc > 0 ? put_back(scripts, err) : leave(scripts);
}

/* Was it done in this run?  Now it is. */
static bool is_done(struct bk_restore_scripts *all, const char *address)
{
	struct bk_name_key key =
		bk_name_table_key(&all->done, address, strlen(address));
	uint32_t value;
	size_t at = 0;

	if (bk_name_table_next(&all->done, key, &at, &value))
		return true;
	bk_name_table_add(&all->done, key, 0);
	return false;
}

int bk_restore_scripts(struct bk_restore *run,
		       const struct bk_restore_account *account,
		       struct bk_err *err)
{
	struct scripts scripts = {.run = run, .account = account};
	const struct bk_account *from = &account->from->account;
	int rc = 0;

	if (!run->plan->whole_accounts || run->into.heal)
		return 0;
	(void)pthread_mutex_lock(&run->scripts.lock);
	if (bk_kept_scripts(from, &scripts.from) > 0 && scripts.from.n &&
	    !is_done(&run->scripts, from->address))
		rc = restore(&scripts, err);
	(void)pthread_mutex_unlock(&run->scripts.lock);
	bk_script_plan_clear(&scripts.plan);
	bk_script_list_clear(&scripts.from);
	bk_script_list_clear(&scripts.to);
	return rc;
}

static bool takes_scripts(const struct bk_restore *run)
{
	const struct bk_server_settings *server = run->to.server;

	return bk_store_ops_named(run->to.config.type)->put_script &&
	       (!server || (server->sieve && strcmp(server->sieve, "no") != 0));
}

void bk_restore_scripts_preview(struct bk_restore *run)
{
	const struct bk_set_account *last = NULL;
	size_t n = 0, accounts = 0;

	for (size_t i = 0; run->plan->whole_accounts && i < run->plan->n; i++) {
		const struct bk_set_account *from = run->plan->items[i].account;
		struct bk_script_list scripts = {0};
		if (from != last)
			(void)bk_kept_scripts(&from->account, &scripts);
		last = from;
		n += scripts.n;
		accounts += scripts.n > 0;
		bk_script_list_clear(&scripts);
	}
	if (!n || run->into.heal)
		return;
	char *text = bk_asprintf("and %zu Sieve %s of %zu %s%s", n,
				 n == 1 ? "script" : "scripts", accounts,
				 accounts == 1 ? "account" : "accounts",
				 takes_scripts(run)
					 ? ""
					 : ", which the destination does not "
					   "take");
	bk_progress_note(run->progress, text);
	free(text);
}

/* ---- the end ---- */

static const char *accounts(uint64_t n)
{
	return n == 1 ? "account" : "accounts";
}

/* That there is no place for them is no fault of a store that has none, nor of
 * who said so; else it is one of the configuration. */
static void tell_left(struct bk_restore *run)
{
	const struct bk_restore_scripts *all = &run->scripts;
	struct bk_err why = {0};

	if (!all->left)
		return;
	if (is_to_be_mended(run)) {
		(void)bk_fail(&why, BK_GONE,
			      "of %ju %s: the section of the server does "
			      "not say where it has them (sieve = yes)",
			      (uintmax_t)all->left, accounts(all->left));
		tell(run, NULL, "", &why);
		return;
	}
	char *text = bk_asprintf(
		"Sieve scripts of %ju %s are not restored: %s takes none "
		"(bk restore --trees --to FOLDER writes them as files)",
		(uintmax_t)all->left, accounts(all->left), run->to.config.name);
	bk_progress_warning(run->progress, text);
	free(text);
}

static void tell_unasked(struct bk_restore *run)
{
	struct bk_restore_scripts *all = &run->scripts;
	struct bk_err why = all->lost;

	if (!all->unasked)
		return;
	(void)bk_context(&why, "of %ju more %s", (uintmax_t)all->unasked,
			 accounts(all->unasked));
	tell(run, NULL, "", &why);
}

void bk_restore_scripts_tell(struct bk_restore *run)
{
	const struct bk_restore_scripts *all = &run->scripts;

	tell_left(run);
	tell_unasked(run);
	if (!all->restored && !all->there && !all->failed)
		return;
	char *text = bk_asprintf(
		"Sieve scripts: %ju restored, %ju already "
		"there, %ju not restored",
		(uintmax_t)all->restored, (uintmax_t)all->there,
		(uintmax_t)all->failed);
	bk_progress_note(run->progress, text);
	free(text);
}
