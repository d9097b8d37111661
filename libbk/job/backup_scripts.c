/* Scripts of accounts into a set: see backup_scripts.h. */

#include "job/backup_scripts.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "job/backup_walk.h"
#include "job/server.h"
#include "store/kept_scripts.h"

/* So many accounts in a row without an answer, and the rest is not asked for:
 * nobody waits a thousand times for a server that is down. */
#define UNANSWERED_MOST 2

/* ---- what is told ---- */

static const char *outcome_of(const struct bk_backup_scripts *failed)
{
	if (!failed->kept)
		return "not in this set";
	return failed->kept == failed->n + failed->unasked
		       ? "kept as the previous set has them"
		       : "kept where the previous set has them, else not in "
			 "this set";
}

static char *text_of(const struct bk_backup_scripts *failed)
{
	struct bk_buf text = {0};

	bk_buf_add(&text, failed->why.text, strlen(failed->why.text));
	if (failed->n > 1)
		bk_buf_printf(&text, "; the same of %ju more %s",
			      (uintmax_t)failed->n - 1,
			      failed->n == 2 ? "account" : "accounts");
	if (failed->unasked)
		bk_buf_printf(&text, "; %ju more %s not asked",
			      (uintmax_t)failed->unasked,
			      failed->unasked == 1 ? "account was"
						   : "accounts were");
	char *out = bk_strdup(bk_buf_text(&text));
	bk_buf_clear(&text);
	return out;
}

static void tell_failed(struct bk_backup_walk *walk)
{
	struct bk_backup_scripts *failed = &walk->scripts;

	if (!failed->n)
		return;
	char *text = text_of(failed);
	bk_progress_item_error(walk->progress,
			       &(struct bk_item_error){
				       .kind = failed->why.kind,
				       .account = failed->first,
				       .name = "Sieve scripts",
				       .text = text,
				       .outcome = outcome_of(failed),
			       });
	free(text);
	failed->errors += failed->n + failed->unasked;
	failed->n = failed->kept = failed->unasked = 0;
}

static void tell_not_said(struct bk_backup_walk *walk)
{
	if (walk->scripts.not_said)
		bk_progress_note(walk->progress,
				 "Sieve scripts of its accounts are not read: "
				 "say in the server's section where they are "
				 "(sieve = yes), or that there are none "
				 "(sieve = no)");
}

void bk_backup_scripts_end(struct bk_backup_walk *walk)
{
	tell_failed(walk);
	tell_not_said(walk);
}

/* ---- an account ---- */

/* As the newest set that has the account has them. */
static bool keep(const struct bk_backup_walk *walk, struct bk_account *out,
		 struct bk_arena *arena)
{
	const struct bk_set *sets[] = {walk->base->previous, walk->base->base};

	for (size_t i = 0; i < 2; i++) {
		const struct bk_set_account *was =
			sets[i] ? bk_set_account_find(sets[i], out->address)
				: NULL;
		if (was)
			return bk_kept_scripts_take_over(out, &was->account,
							 arena);
	}
	return false;
}

static int read_scripts(struct bk_backup_walk *walk, struct bk_account *out,
			struct bk_arena *arena, struct bk_err *err)
{
	struct bk_store *store = walk->store;
	struct bk_script_list list = {0};
	int rc = store->ops->scripts(store, out, &list, err);

	if (rc > 0 && bk_kept_scripts_put(out, &list, arena, err) < 0)
		rc = -1;
	bk_arena_join(arena, &list.arena);
	bk_script_list_clear(&list);
	return rc;
}

static bool is_unanswered(const struct bk_backup_scripts *failed)
{
	return failed->n >= UNANSWERED_MOST && failed->why.kind == BK_LOST;
}

static void count_failed(struct bk_backup_walk *walk,
			 const struct bk_account *account, bool kept,
			 const struct bk_err *why)
{
	struct bk_backup_scripts *failed = &walk->scripts;

	if (failed->n && (failed->why.kind != why->kind ||
			  (why->kind != BK_LOST &&
			   strcmp(failed->why.text, why->text) != 0)))
		tell_failed(walk);
	if (!failed->n) {
		failed->why = *why;
		failed->first = account->address;
	}
	failed->n++;
	failed->kept += kept;
}

int bk_backup_scripts(struct bk_backup_walk *walk,
		      const struct bk_account *account, struct bk_arena *arena,
		      struct bk_account *out, struct bk_err *err)
{
	struct bk_backup_scripts *failed = &walk->scripts;
	struct bk_err why = {0};

	*out = *account;
	if (!walk->store->ops->scripts || walk->preview)
		return 0;
	if (is_unanswered(failed)) {
		failed->unasked++;
		failed->kept += keep(walk, out, arena);
		return 0;
	}
	int rc = read_scripts(walk, out, arena, &why);
	if (rc > 0) {
		tell_failed(walk);
		return 0;
	}
	if (rc == 0) {
		if (walk->request->job->store.server->sieve)
			return 0; /* sieve = no */
		failed->not_said++;
		(void)keep(walk, out, arena);
		return 0;
	}
	if (why.kind == BK_CANCELLED || why.kind == BK_STARVED) {
		*err = why;
		return -1;
	}
	count_failed(walk, account, keep(walk, out, arena), &why);
	return 0;
}
