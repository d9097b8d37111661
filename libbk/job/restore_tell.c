/* What is said of a restore in its end: see restore_run.h. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "job/denied.h"
#include "job/restore_run.h"

/* The same remark about a thousand folders is told once. */
void bk_restore_remember(struct bk_restore *run,
			 const struct bk_restore_item *item, const char *text)
{
	for (size_t i = 0; i < run->n_remarks; i++)
		if (strcmp(run->remarks[i].text, text) == 0) {
			run->remarks[i].folders++;
			return;
		}
	if (!*text || run->n_remarks == BK_RESTORE_REMARKS)
		return;
	struct bk_restore_remark *remark = &run->remarks[run->n_remarks++];
	(void)snprintf(remark->text, sizeof(remark->text), "%s", text);
	remark->folders = 1;
	char *name = bk_asprintf("%s: %s", item->account->account.address,
				 item->to_folder);
	remark->first = bk_arena_strdup(&run->arena, name);
	free(name);
}

void bk_restore_tell_missing(struct bk_restore *run)
{
	struct bk_buf text = {0};

	bk_buf_printf(&text,
		      "%ju messages of the set are not there: deleted by their "
		      "owners or lost, which nothing tells; restore without "
		      "--heal brings them back",
		      (uintmax_t)run->missing);
	if (run->missing)
		bk_progress_note(run->progress, bk_buf_text(&text));
	bk_buf_clear(&text);
}

static void tell_remarks(struct bk_restore *run)
{
	struct bk_buf text = {0};

	bk_buf_printf(&text, "UIDs kept in %ju folders, new in %ju",
		      (uintmax_t)run->kept_uids, (uintmax_t)run->new_uids);
	if (run->kept_uids || run->new_uids)
		bk_progress_note(run->progress, bk_buf_text(&text));
	for (size_t i = 0; i < run->n_remarks; i++) {
		const struct bk_restore_remark *remark = &run->remarks[i];
		text.len = 0;
		bk_buf_printf(&text, "%s", remark->first);
		if (remark->folders > 1)
			bk_buf_printf(&text, " and %ju more",
				      (uintmax_t)remark->folders - 1);
		bk_buf_printf(&text, ": %s", remark->text);
		bk_progress_note(run->progress, bk_buf_text(&text));
	}
	bk_buf_clear(&text);
}

/* Is it one thing, which another run cannot add to? */
static bool is_archive(const struct bk_restore *run)
{
	return bk_store_ops_named(run->to.config.type)->end;
}

/* The caller's to free. */
static char *what_next(const struct bk_restore *run)
{
	if (is_archive(run))
		return bk_asprintf(
			"mend what is named above, then give a new "
			"name, or take %s away, and restore again",
			run->to.config.path);
	return bk_strdup(
		bk_denied_next(run->denied, BK_PLACE_DESTINATION,
			       "mend what is named above, then restore again: "
			       "what is there is not restored twice"));
}

void bk_restore_tell_end(struct bk_restore *run, const char *label,
			 int64_t start_ms)
{
	const struct bk_restore_writing *writing = &run->writing;

	bk_restore_texts_tell(run);
	uint64_t errors = writing->failed + run->errors;
	struct bk_summary summary = {
		.act = BK_ACT_RESTORE,
		.result = errors ? BK_RESULT_INCOMPLETE : BK_RESULT_COMPLETE,
		.set = label,
		.store = run->to.config.name,
		.repo = run->chosen->repo->target->where,
		.accounts = run->accounts,
		.messages.total =
			writing->written + run->there + writing->failed,
		.messages.added = writing->written,
		.messages.kept = run->there,
		.messages.flags = writing->written + run->flags,
		.messages.dates = writing->written + run->flags,
		.messages.gone = run->removed,
		.bytes.source = writing->bytes,
		.bytes.stored = writing->bytes,
		.errors = errors,
		.seconds = (double)(bk_clock_now_ms() - start_ms) / 1000,
	};
	char *next = NULL;

	/* A damaged repository is worse news than a folder that could not be
	 * written: nobody mends it by running this again. */
	if (writing->damaged) {
		run->outcome->ending = BK_ENDING_DAMAGED;
		summary.next =
			"bk check --read-data says what else is "
			"damaged; an older set may have it whole";
	} else if (errors) {
		run->outcome->ending = BK_ENDING_INCOMPLETE;
		summary.next = next = what_next(run);
	}
	tell_remarks(run);
	bk_restore_tell_missing(run);
	bk_progress_finish(run->progress, &summary);
	free(next);
}

/* A disk that is full is the one fault of a destination that a person mends,
 * and has to know which. */
void bk_restore_tell_full(const struct bk_restore *run, struct bk_err *err)
{
	size_t len;

	if (err->kind != BK_FULL || run->outcome->place != BK_PLACE_DESTINATION)
		return;
	(void)bk_context(err, "%s",
			 run->to.server ? run->to.config.name
					: run->to.config.path);
	len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof(err->text) - len,
		       ". Make room there, then restore again%s.",
		       is_archive(run)
			       ? ": nothing of it is left"
			       : ": what is there is not restored twice");
}
