/* What a prune says: see prune_run.h. */

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "job/choose.h"
#include "job/command.h"
#include "job/keep.h"
#include "job/prune_run.h"
#include "report/units.h"

enum field {
	F_SET,
	F_LABEL,
	F_TIME,
	F_KIND,
	F_STORE,
	F_HOST,
	F_PLACE,
	F_VERDICT,
	F_WHY,
	N_FIELDS,
};

/* clang-format off */
static const struct bk_field fields[N_FIELDS] = {
	[F_SET]     = {NULL,      "set",     BK_FIELD_NAME},
	[F_LABEL]   = {"SET",     "label",   BK_FIELD_TEXT},
	[F_TIME]    = {"TIME",    "time",    BK_FIELD_TIME},
	[F_KIND]    = {"KIND",    "kind",    BK_FIELD_TEXT},
	[F_STORE]   = {"STORE",   "store",   BK_FIELD_TEXT},
	[F_HOST]    = {"HOST",    "host",    BK_FIELD_TEXT},
	[F_PLACE]   = {"AT",      "at",      BK_FIELD_TEXT},
	[F_VERDICT] = {"VERDICT", "verdict", BK_FIELD_TEXT},
	[F_WHY]     = {"WHY",     "why",     BK_FIELD_TEXT},
};
/* clang-format on */

void bk_prune_command(struct bk_buf *line, const struct bk_prune_run *run,
		      const char *option, const char *set)
{
	bk_command_begin(line, "prune", run->request->which, 0);
	bk_buf_printf(line, " %s", option);
	bk_command_word(line, set);
	if (!run->place->is_repo)
		bk_command_word(line, run->place->name);
}

static bool is_others(const struct bk_prune_run *run,
		      const struct bk_set_info *info)
{
	return !run->request->all_hosts && !run->request->host &&
	       !info->broken &&
	       memcmp(info->root.host, run->repo->host, BK_ID_LEN) != 0;
}

/* Holds say more than that something is held. */
static const char *why_of(char out[BK_KEEP_WHY], const struct bk_prune_run *run,
			  const struct bk_prune_set *set,
			  const struct bk_keep_item *items,
			  const struct bk_keep_verdict *verdicts, size_t i)
{
	char day[BK_CLOCK_TEXT];

	if (set->hold && set->hold->until_ms)
		(void)snprintf(out, BK_KEEP_WHY, "pinned until %s",
			       bk_clock_local(day, set->hold->until_ms / 1000));
	else if (set->hold)
		(void)snprintf(out, BK_KEEP_WHY, "pinned");
	else if (set->writer)
		(void)snprintf(out, BK_KEEP_WHY, "%s stands on it",
			       *set->writer ? set->writer : "a run under way");
	else if (set->needed)
		(void)snprintf(out, BK_KEEP_WHY,
			       "a set out of view, which may come back, "
			       "stands on it");
	else if (set->fault && verdicts[i].stays)
		(void)snprintf(out, BK_KEEP_WHY, "not whole: %s", set->fault);
	else if (verdicts[i].reasons == BK_KEEP_HELD)
		(void)snprintf(out, BK_KEEP_WHY, "pinned at the repository");
	else if (verdicts[i].reasons == BK_KEEP_UNRULED &&
		 is_others(run, set->info))
		(void)snprintf(out, BK_KEEP_WHY,
			       "of another host: --host or --all-hosts");
	else
		(void)bk_keep_why(out, items, verdicts, i);
	return out;
}

/* A row. */
struct verdict {
	const struct bk_set_info *info;
	const char *label, *why;
	bool stays;
};

static int tell_set(struct bk_listing *to, const struct bk_prune_run *run,
		    const struct verdict *verdict, struct bk_err *err)
{
	const struct bk_set_info *info = verdict->info;
	const struct bk_root *root = &info->root;
	char id[BK_ID_TEXT], host[BK_ID_TEXT];
	const struct bk_cell cells[N_FIELDS] = {
		[F_SET] = bk_cell_text(bk_id_hex(id, info->id)),
		[F_LABEL] = bk_cell_text(verdict->label),
		[F_TIME] = bk_cell_time(bk_setid_ms(info->id) / 1000),
		[F_KIND] = bk_cell_text(
			info->broken ? NULL : bk_set_kind_name(root->kind)),
		[F_STORE] =
			bk_cell_text(info->broken ? NULL : root->store_name),
		[F_HOST] = bk_cell_text(info->broken ? NULL
						     : bk_set_host(host, root)),
		[F_PLACE] = bk_cell_text(run->place->name),
		[F_VERDICT] = bk_cell_text(verdict->stays ? "stays" : "goes"),
		[F_WHY] = bk_cell_text(verdict->why),
	};

	return bk_listing_row(to, cells, err);
}

int bk_prune_tell_sets(const struct bk_prune_run *run,
		       const struct bk_prune_view *view,
		       const struct bk_keep_item *items,
		       const struct bk_keep_verdict *verdicts,
		       struct bk_err *err)
{
	const struct bk_listing_style *style = &run->request->style;
	char why[BK_KEEP_WHY];
	int rc = 0;

	if (style->quiet && !style->json)
		return 0;
	struct bk_listing *to =
		bk_listing_new(style, "verdict", fields, N_FIELDS);
	for (size_t i = 0; rc == 0 && i < view->infos.n; i++) {
		const struct verdict verdict = {
			.info = view->sets[i].info,
			.label = items[i].name,
			.why = why_of(why, run, &view->sets[i], items, verdicts,
				      i),
			.stays = verdicts[i].stays,
		};
		rc = tell_set(to, run, &verdict, err);
	}
	if (rc == 0)
		return bk_listing_finish(to, err);
	bk_listing_free(to);
	return -1;
}

/* ---- numbers ---- */

enum end_field {
	E_PLACE,
	E_CONDEMNED,
	E_FREED_SOON,
	E_DELETED,
	E_FILES,
	E_FREED,
	E_SPARED,
	E_WAITING,
	E_NEXT,
	E_DRY_RUN,
	E_PUT_OFF,
	N_END,
};

/* clang-format off */
static const struct bk_field end_fields[N_END] = {
	[E_PLACE]      = {NULL, "at",              BK_FIELD_NAME},
	[E_CONDEMNED]  = {NULL, "condemned",       BK_FIELD_COUNT},
	[E_FREED_SOON] = {NULL, "condemned_bytes", BK_FIELD_SIZE},
	[E_DELETED]    = {NULL, "deleted",         BK_FIELD_COUNT},
	[E_FILES]      = {NULL, "deleted_files",   BK_FIELD_COUNT},
	[E_FREED]      = {NULL, "deleted_bytes",   BK_FIELD_SIZE},
	[E_SPARED]     = {NULL, "spared",          BK_FIELD_COUNT},
	[E_WAITING]    = {NULL, "waiting",         BK_FIELD_COUNT},
	[E_NEXT]       = {NULL, "next",            BK_FIELD_TEXT},
	[E_DRY_RUN]    = {NULL, "dry_run",         BK_FIELD_YES},
	[E_PUT_OFF]    = {NULL, "put_off_for",     BK_FIELD_TEXT},
};
/* clang-format on */

static int tell_program(const struct bk_prune_run *run,
			const struct bk_prune_tally *condemned,
			const struct bk_prune_tally *deleted,
			struct bk_err *err)
{
	char next[BK_CLOCK_TEXT];
	(void)bk_clock_format(next, deleted->next_ms / 1000);
	const struct bk_cell cells[N_END] = {
		[E_PLACE] = bk_cell_text(run->place->name),
		[E_CONDEMNED] = bk_cell_n(condemned->sets),
		[E_FREED_SOON] = bk_cell_n(condemned->bytes),
		[E_DELETED] = bk_cell_n(deleted->sets),
		[E_FILES] = bk_cell_n(deleted->files),
		[E_FREED] = bk_cell_n(deleted->bytes),
		[E_SPARED] = bk_cell_n(deleted->spared),
		[E_WAITING] = bk_cell_n(deleted->waiting),
		[E_NEXT] = bk_cell_text(deleted->next_ms ? next : NULL),
		[E_DRY_RUN] = bk_cell_n(run->request->dry_run),
		[E_PUT_OFF] = bk_cell_text(
			*condemned->writer ? condemned->writer : NULL),
	};
	struct bk_listing *to = bk_listing_new(&run->request->style, "prune",
					       end_fields, N_END);

	if (bk_listing_row(to, cells, err) == 0)
		return bk_listing_finish(to, err);
	bk_listing_free(to);
	return -1;
}

static void tell_condemned(const struct bk_prune_run *run,
			   const struct bk_prune_tally *condemned)
{
	const char *name = run->place->name;
	char size[BK_UNITS_TEXT];

	if (*condemned->writer)
		bk_log(BK_LOG_WARN,
		       "%s: put off: %s is at work on what would go; run it "
		       "again after that",
		       name, condemned->writer);
	else if (!condemned->files)
		bk_log(BK_LOG_INFO, "%s: nothing goes", name);
	else
		bk_log(BK_LOG_INFO, "%s: %s%zu sets, %zu files, %s", name,
		       run->request->dry_run ? "would be condemned: "
					     : "condemned: ",
		       condemned->sets, condemned->files,
		       bk_units_size(size, condemned->bytes));
}

static void tell_deleted(const struct bk_prune_run *run,
			 const struct bk_prune_tally *deleted)
{
	const char *name = run->place->name;
	char size[BK_UNITS_TEXT], day[BK_CLOCK_TEXT];
	struct bk_buf undo = {0};

	if (deleted->files)
		bk_log(BK_LOG_INFO, "%s: deleted: %zu sets, %zu files, %s",
		       name, deleted->sets, deleted->files,
		       bk_units_size(size, deleted->bytes));
	if (deleted->spared)
		bk_log(BK_LOG_INFO,
		       "%s: %zu sets that were condemned stay: they are "
		       "pinned, or needed again",
		       name, deleted->spared);
	if (!deleted->waiting)
		return;
	bk_prune_command(&undo, run, "--undelete", "SET");
	bk_log(BK_LOG_INFO,
	       "%s: %zu sets are deleted by the first prune after %s; until "
	       "then: %s",
	       name, deleted->waiting,
	       bk_clock_local(day, deleted->next_ms / 1000),
	       bk_buf_text(&undo));
	bk_buf_clear(&undo);
}

int bk_prune_tell_end(const struct bk_prune_run *run,
		      const struct bk_prune_tally *condemned,
		      const struct bk_prune_tally *deleted, struct bk_err *err)
{
	if (run->request->style.json)
		return tell_program(run, condemned, deleted, err);
	tell_condemned(run, condemned);
	tell_deleted(run, deleted);
	return 0;
}

void bk_prune_left(struct bk_prune_run *run, enum bk_kind kind,
		   const char *text, const char *next)
{
	run->incomplete = true;
	if (run->request->left)
		bk_problems_add(run->request->left,
				&(struct bk_item_error){
					.kind = kind,
					.account = run->place->name,
					.text = text,
					.next = next,
				});
}
