/* Scripts and annotations of accounts into a set: see backup_texts.h. */

#include "job/backup_texts.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "job/backup_walk.h"
#include "job/server.h"
#include "store/kept_texts.h"

/* So many accounts in a row without an answer, and the rest is not asked for:
 * nobody waits a thousand times for a server that is down. */
#define UNANSWERED_MOST 2

/* ---- what is told ---- */

static const char *outcome_of(const struct bk_backup_texts *failed)
{
	if (!failed->kept)
		return "not in this set";
	return failed->kept == failed->n + failed->unasked
		       ? "kept as the previous set has them"
		       : "kept where the previous set has them, else not in "
			 "this set";
}

static char *text_of(const struct bk_backup_texts *failed)
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

static void tell_failed(struct bk_backup_walk *walk, enum bk_text_kind kind)
{
	struct bk_backup_texts *failed = &walk->texts[kind];

	if (!failed->n)
		return;
	char *text = text_of(failed);
	bk_progress_item_error(walk->progress,
			       &(struct bk_item_error){
				       .kind = failed->why.kind,
				       .account = failed->first,
				       .name = bk_text_words[kind].all,
				       .text = text,
				       .outcome = outcome_of(failed),
			       });
	free(text);
	failed->errors += failed->n + failed->unasked;
	failed->n = failed->kept = failed->unasked = 0;
}

static void tell_not_said(struct bk_backup_walk *walk)
{
	if (walk->texts[BK_TEXT_SCRIPTS].not_said)
		bk_progress_note(walk->progress,
				 "Sieve scripts of its accounts are not read: "
				 "say in the server's section where they are "
				 "(sieve = yes), or that there are none "
				 "(sieve = no)");
}

void bk_backup_texts_end(struct bk_backup_walk *walk)
{
	for (unsigned kind = 0; kind < BK_TEXT_KINDS; kind++)
		tell_failed(walk, (enum bk_text_kind)kind);
	tell_not_said(walk);
}

uint64_t bk_backup_texts_errors(const struct bk_backup_walk *walk)
{
	uint64_t errors = 0;

	for (unsigned kind = 0; kind < BK_TEXT_KINDS; kind++)
		errors += walk->texts[kind].errors;
	return errors;
}

/* ---- an account ---- */

/* In the newest set that has it; NULL: none has. */
static const struct bk_account *account_was(const struct bk_backup_walk *walk,
					    const char *address)
{
	const struct bk_set *sets[] = {walk->base->previous, walk->base->base};

	for (size_t i = 0; i < 2; i++) {
		const struct bk_set_account *was =
			sets[i] ? bk_set_account_find(sets[i], address) : NULL;
		if (was)
			return &was->account;
	}
	return NULL;
}

static bool keep(const struct bk_backup_walk *walk, enum bk_text_kind kind,
		 struct bk_account *out, struct bk_arena *arena)
{
	const struct bk_account *was = account_was(walk, out->address);

	return was && bk_kept_texts_take_over(kind, out, was, arena);
}

/* What a set had is asked for by its name. */
static int read_texts(struct bk_backup_walk *walk, enum bk_text_kind kind,
		      struct bk_account *out, struct bk_arena *arena,
		      struct bk_err *err)
{
	const struct bk_account *was = account_was(walk, out->address);
	struct bk_script_list list = {0}, known = {0};

	if (was)
		(void)bk_kept_texts(kind, was, &known);
	int rc = bk_texts_read(kind, walk->store, out, &known, &list, err);
	if (rc > 0 && bk_kept_texts_put(kind, out, &list, arena, err) < 0)
		rc = -1;
	bk_arena_join(arena, &list.arena);
	bk_script_list_clear(&list);
	bk_script_list_clear(&known);
	return rc;
}

static bool is_unanswered(const struct bk_backup_texts *failed)
{
	return failed->n >= UNANSWERED_MOST && failed->why.kind == BK_LOST;
}

static void count_failed(struct bk_backup_walk *walk, enum bk_text_kind kind,
			 const struct bk_account *account, bool kept,
			 const struct bk_err *why)
{
	struct bk_backup_texts *failed = &walk->texts[kind];

	if (failed->n && (failed->why.kind != why->kind ||
			  (why->kind != BK_LOST &&
			   strcmp(failed->why.text, why->text) != 0)))
		tell_failed(walk, kind);
	if (!failed->n) {
		failed->why = *why;
		failed->first = account->address;
	}
	failed->n++;
	failed->kept += kept;
}

/* Nobody said where it has any. */
static void not_said(struct bk_backup_walk *walk, enum bk_text_kind kind,
		     struct bk_account *out, struct bk_arena *arena)
{
	if (kind != BK_TEXT_SCRIPTS || walk->request->job->store.server->sieve)
		return; /* it has none, or sieve = no */
	walk->texts[kind].not_said++;
	(void)keep(walk, kind, out, arena);
}

static int add_texts(struct bk_backup_walk *walk, enum bk_text_kind kind,
		     struct bk_account *out, struct bk_arena *arena,
		     struct bk_err *err)
{
	struct bk_backup_texts *failed = &walk->texts[kind];
	struct bk_err why = {0};

	if (is_unanswered(failed)) {
		failed->unasked++;
		failed->kept += keep(walk, kind, out, arena);
		return 0;
	}
	int rc = read_texts(walk, kind, out, arena, &why);
	if (rc > 0) {
		tell_failed(walk, kind);
	} else if (rc == 0) {
		not_said(walk, kind, out, arena);
	} else if (why.kind == BK_CANCELLED || why.kind == BK_STARVED) {
		*err = why;
		return -1;
	} else {
		bool kept = keep(walk, kind, out, arena);
		count_failed(walk, kind, out, kept, &why);
	}
	return 0;
}

int bk_backup_texts(struct bk_backup_walk *walk,
		    const struct bk_account *account, struct bk_arena *arena,
		    struct bk_account *out, struct bk_err *err)
{
	const struct bk_store_ops *ops = walk->store->ops;

	*out = *account;
	if (walk->preview)
		return 0;
	if (ops->scripts &&
	    add_texts(walk, BK_TEXT_SCRIPTS, out, arena, err) < 0)
		return -1;
	if (ops->annotations &&
	    add_texts(walk, BK_TEXT_ANNOTATIONS, out, arena, err) < 0)
		return -1;
	return 0;
}
