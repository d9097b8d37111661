/* Scripts and annotations of accounts, brought back: see restore_texts.h. */

#include "job/restore_texts.h"

#include <stdlib.h>
#include <string.h>

#include "job/restore_run.h"
#include "store/kept_texts.h"
#include "sync/script_apply.h"

struct texts {
	struct bk_restore *run;
	enum bk_text_kind kind;
	struct bk_restore_texts *all;
	const struct bk_restore_account *account;
	struct bk_script_list from, to;
	struct bk_script_plan plan;
};

/* ---- what is told ---- */

static void tell(struct bk_restore *run, enum bk_text_kind kind,
		 const char *address, const char *name,
		 const struct bk_err *why)
{
	const struct bk_text_words *words = &bk_text_words[kind];
	char *what = *name ? bk_asprintf("%s %s", words->each, name)
			   : bk_strdup(words->all);

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

static bool is_left(const struct texts *texts, const char *why)
{
	for (size_t i = 0; i < texts->plan.n; i++)
		if (texts->plan.tasks[i].why == why)
			return true;
	return false;
}

/* A script that stays as it is, or which one is active. */
static void note(void *arg, const char *name, const char *what)
{
	struct texts *texts = arg;
	const char *address = texts->account->here.address;
	struct bk_err why = {0};

	if (is_left(texts, what) && !texts->run->into.follow) {
		texts->all->failed++;
		(void)bk_fail(&why, BK_EXISTS, "%s; --replace overwrites it",
			      what);
		tell(texts->run, texts->kind, address, name, &why);
		return;
	}
	char *text = bk_asprintf("%s: %s %s: %s", address,
				 bk_text_words[texts->kind].each, name, what);
	bk_progress_note(texts->run->progress, text);
	free(text);
}

static int failed(void *arg, const char *name, const struct bk_err *why,
		  struct bk_err *err)
{
	struct texts *texts = arg;

	if (why->kind == BK_CANCELLED || why->kind == BK_STARVED) {
		*err = *why;
		return -1;
	}
	texts->all->failed++;
	bk_restore_lacking(texts->run, texts->account);
	tell(texts->run, texts->kind, texts->account->here.address, name, why);
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

static void count_there(struct texts *texts)
{
	for (size_t i = 0; i < texts->plan.n; i++)
		texts->all->there += texts->plan.tasks[i].act == BK_SCRIPT_KEEP;
}

static int put_back(struct texts *texts, struct bk_err *err)
{
	struct bk_restore *run = texts->run;
	const struct bk_journal_scripts none = {0};
	struct bk_script_apply apply = {
		.kind = texts->kind,
		.store = run->store,
		.account = &texts->account->here,
		.plan = &texts->plan,
		.active = bk_script_active(&texts->from),
		.note = note,
		.failed = failed,
		.arg = texts,
	};

	bk_script_plan_make(&texts->plan, &texts->from, &texts->to, &none,
			    true);
	bool copies = run->into.follow &&
		      !bk_restore_follow_only_adds(run->into.follow);
	if (copies || run->into.replace)
		overwrite(&texts->plan, &texts->from);
	/* Who switched his off wants none to run in the copy either. */
	if (copies && !*apply.active && *bk_script_active(&texts->to))
		texts->plan.activate = "";
	count_there(texts);
	int rc = bk_script_apply(&apply, err);
	texts->all->restored += apply.done.written;
	return rc;
}

/* Nobody waits for each account for a server that is down. */
static int unread(struct texts *texts, const struct bk_err *why,
		  struct bk_err *err)
{
	struct bk_restore_texts *all = texts->all;

	if (why->kind == BK_LOST)
		all->lost = *why;
	all->failed += texts->from.n - 1;
	return failed(texts, "", why, err);
}

/* A section that does not say where a server has scripts is to be mended; a
 * store that has none is as it is. */
static bool is_to_be_mended(const struct bk_restore *run)
{
	return run->to.server && !run->to.server->sieve;
}

/* The destination has no place for them. */
static void leave(struct texts *texts)
{
	const struct bk_text_words *words = &bk_text_words[texts->kind];
	struct bk_buf text = {0};

	texts->all->left++;
	texts->all->failed += texts->from.n;
	if (texts->kind == BK_TEXT_SCRIPTS && is_to_be_mended(texts->run))
		bk_restore_lacking(texts->run, texts->account);
	if (texts->kind == BK_TEXT_SCRIPTS || texts->run->into.follow)
		return;
	bk_buf_printf(&text,
		      "%s: not possible here: ", texts->account->here.address);
	for (size_t i = 0; i < texts->from.n; i++)
		bk_buf_printf(&text, "%s%s %s", i ? ", " : "", words->each,
			      texts->from.items[i].name);
	bk_progress_note(texts->run->progress, bk_buf_text(&text));
	bk_buf_clear(&text);
}

static int restore(struct texts *texts, struct bk_err *err)
{
	struct bk_restore *run = texts->run;
	struct bk_restore_texts *all = texts->all;
	struct bk_err why = {0};

	if (!bk_texts_writable(texts->kind, run->store)) {
		leave(texts);
		return 0;
	}
	if (all->lost.kind == BK_LOST) {
		all->unasked++;
		all->failed += texts->from.n;
		bk_restore_lacking(run, texts->account);
		return 0;
	}
	int rc = bk_texts_read(texts->kind, run->store, &texts->account->here,
			       &texts->from, &texts->to, &why);
	if (rc < 0)
		return unread(texts, &why, err);
	if (rc > 0)
		return put_back(texts, err);
	leave(texts);
	return 0;
}

/* Was it done in this run?  Now it is. */
static bool is_done(struct bk_restore_texts *all, const char *address)
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

static int restore_kind(struct bk_restore *run, enum bk_text_kind kind,
			const struct bk_restore_account *account,
			struct bk_err *err)
{
	struct bk_restore_texts *all = &run->texts[kind];
	struct texts texts = {
		.run = run, .kind = kind, .all = all, .account = account};
	const struct bk_account *from = &account->from->account;
	int rc = 0;

	(void)pthread_mutex_lock(&all->lock);
	if (bk_kept_texts(kind, from, &texts.from) > 0 && texts.from.n &&
	    !is_done(all, from->address))
		rc = restore(&texts, err);
	(void)pthread_mutex_unlock(&all->lock);
	bk_script_plan_clear(&texts.plan);
	bk_script_list_clear(&texts.from);
	bk_script_list_clear(&texts.to);
	return rc;
}

int bk_restore_texts(struct bk_restore *run,
		     const struct bk_restore_account *account,
		     struct bk_err *err)
{
	if (!run->plan->whole_accounts || run->into.heal ||
	    bk_restore_is_theirs(run, account))
		return 0;
	if (restore_kind(run, BK_TEXT_SCRIPTS, account, err) < 0)
		return -1;
	return restore_kind(run, BK_TEXT_ANNOTATIONS, account, err);
}

void bk_restore_texts_init(struct bk_restore *run)
{
	for (unsigned kind = 0; kind < BK_TEXT_KINDS; kind++)
		(void)pthread_mutex_init(&run->texts[kind].lock, NULL);
}

void bk_restore_texts_clear(struct bk_restore *run)
{
	for (unsigned kind = 0; kind < BK_TEXT_KINDS; kind++) {
		(void)pthread_mutex_destroy(&run->texts[kind].lock);
		bk_name_table_clear(&run->texts[kind].done);
	}
}

/* ---- a dry run ---- */

static bool takes(const struct bk_restore *run, enum bk_text_kind kind)
{
	const struct bk_server_settings *server = run->to.server;
	const struct bk_store_ops *ops =
		bk_store_ops_named(run->to.config.type);

	if (kind == BK_TEXT_ANNOTATIONS)
		return ops->put_annotation != NULL;
	return ops->put_script &&
	       (!server || (server->sieve && strcmp(server->sieve, "no") != 0));
}

static void preview(struct bk_restore *run, enum bk_text_kind kind)
{
	const struct bk_text_words *words = &bk_text_words[kind];
	const struct bk_set_account *last = NULL;
	size_t n = 0, accounts = 0;

	for (size_t i = 0; run->plan->whole_accounts && i < run->plan->n; i++) {
		const struct bk_set_account *from = run->plan->items[i].account;
		struct bk_script_list list = {0};
		if (from != last)
			(void)bk_kept_texts(kind, &from->account, &list);
		last = from;
		n += list.n;
		accounts += list.n > 0;
		bk_script_list_clear(&list);
	}
	if (!n || run->into.heal)
		return;
	char *text = bk_asprintf(
		"and %zu %s%s of %zu %s%s", n, words->title, n == 1 ? "" : "s",
		accounts, accounts == 1 ? "account" : "accounts",
		takes(run, kind) ? ""
				 : ", which the destination does not "
				   "take");
	bk_progress_note(run->progress, text);
	free(text);
}

void bk_restore_texts_preview(struct bk_restore *run)
{
	for (unsigned kind = 0; kind < BK_TEXT_KINDS; kind++)
		preview(run, (enum bk_text_kind)kind);
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
	const struct bk_restore_texts *all = &run->texts[BK_TEXT_SCRIPTS];
	struct bk_err why = {0};

	if (!all->left)
		return;
	if (is_to_be_mended(run)) {
		(void)bk_fail(&why, BK_GONE,
			      "of %ju %s: the section of the server does "
			      "not say where it has them (sieve = yes)",
			      (uintmax_t)all->left, accounts(all->left));
		tell(run, BK_TEXT_SCRIPTS, NULL, "", &why);
		return;
	}
	char *text = bk_asprintf(
		"Sieve scripts of %ju %s are not restored: %s takes none "
		"(bk restore --trees --to FOLDER writes them as files)",
		(uintmax_t)all->left, accounts(all->left), run->to.config.name);
	bk_progress_warning(run->progress, text);
	free(text);
}

static void tell_unasked(struct bk_restore *run, enum bk_text_kind kind)
{
	const struct bk_restore_texts *all = &run->texts[kind];
	struct bk_err why = all->lost;

	if (!all->unasked)
		return;
	(void)bk_context(&why, "of %ju more %s", (uintmax_t)all->unasked,
			 accounts(all->unasked));
	tell(run, kind, NULL, "", &why);
}

static void tell_kind(struct bk_restore *run, enum bk_text_kind kind)
{
	const struct bk_restore_texts *all = &run->texts[kind];

	tell_unasked(run, kind);
	if ((!all->restored && !all->there && !all->failed) ||
	    (kind == BK_TEXT_ANNOTATIONS && run->into.follow && !all->restored))
		return;
	char *text = bk_asprintf(
		"%s: %ju restored, %ju already "
		"there, %ju not restored",
		bk_text_words[kind].all, (uintmax_t)all->restored,
		(uintmax_t)all->there, (uintmax_t)all->failed);
	bk_progress_note(run->progress, text);
	free(text);
}

void bk_restore_texts_tell(struct bk_restore *run)
{
	tell_left(run);
	for (unsigned kind = 0; kind < BK_TEXT_KINDS; kind++)
		tell_kind(run, (enum bk_text_kind)kind);
}
