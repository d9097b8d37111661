/* The scripts of an account, carried over: see script_plan.h. */

#include <stdlib.h>
#include <string.h>

#include "sync/pass.h"
#include "sync/script_apply.h"
#include "sync/script_plan.h"

struct script_pass {
	struct bk_pass *pass;
	struct bk_script_list from, to;
	struct bk_journal_scripts known;
	struct bk_script_plan plan;
	struct bk_script_done done;
};

static void clear(struct script_pass *scripts)
{
	bk_script_list_clear(&scripts->from);
	bk_script_list_clear(&scripts->to);
	bk_journal_scripts_clear(&scripts->known);
	bk_script_plan_clear(&scripts->plan);
}

/* For who keeps it. */
static void keep(const struct script_pass *scripts, enum bk_became became,
		 size_t n, const char *why)
{
	const struct bk_carried row = {.what = "Sieve scripts",
				       .folder = "",
				       .became = became,
				       .n = n,
				       .why = why};

	bk_pass_carried(scripts->pass, &row);
}

/* Of a script that is not the source's. */
static void note(void *arg, const char *name, const char *what)
{
	const struct script_pass *scripts = arg;
	const struct bk_sync_request *request = scripts->pass->request;
	char *text =
		bk_asprintf("%s: script %s: %s", request->name, name, what);

	bk_progress_note(request->progress, text);
	keep(scripts, BK_BECAME_SKIPPED, 1, text + strlen(request->name) + 2);
	free(text);
}

static void tell_nowhere(const struct script_pass *scripts)
{
	static const char why[] = "nobody said where the destination has any";
	const struct bk_sync_request *request = scripts->pass->request;
	char *text = bk_asprintf("%s: Sieve scripts: not possible here, %s",
				 request->name, why);

	bk_progress_note(request->progress, text);
	keep(scripts, BK_BECAME_IMPOSSIBLE, scripts->from.n, why);
	free(text);
}

/* What one script, or all of them, lack is told; the mail is none the worse. */
static int failed(void *arg, const char *name, const struct bk_err *why,
		  struct bk_err *err)
{
	const struct script_pass *scripts = arg;
	const struct bk_sync_request *request = scripts->pass->request;

	if (why->kind == BK_CANCELLED || why->kind == BK_STARVED) {
		*err = *why;
		return -1;
	}
	scripts->pass->counts->refused++;
	char *what =
		*name ? bk_asprintf("script %s", name) : bk_strdup("scripts");
	bk_progress_item_error(request->progress,
			       &(struct bk_item_error){
				       .kind = why->kind,
				       .account = request->name,
				       .name = what,
				       .text = why->text,
				       .outcome = "not carried over",
			       });
	free(what);
	return 0;
}

/* ---- reading both ends ---- */

static int read_end(const struct bk_sync_end *end, struct bk_script_list *out,
		    struct bk_err *err)
{
	if (!end->store->ops->scripts)
		return 0;
	return end->store->ops->scripts(end->store, end->account, out, err);
}

/* 1: there is something to be done with; 0: there is not, and it was told. */
static int read_both(struct script_pass *scripts, struct bk_err *err)
{
	const struct bk_sync_request *request = scripts->pass->request;
	struct bk_err why = {0};
	int rc = read_end(&request->from, &scripts->from, &why);

	if (rc < 0) {
		(void)bk_context(&why, "source");
		return failed(scripts, "", &why, err);
	}
	if (rc == 0)
		return 0;
	rc = read_end(&request->to, &scripts->to, &why);
	if (rc < 0) {
		(void)bk_context(&why, "destination");
		return failed(scripts, "", &why, err);
	}
	if (rc == 0 && scripts->from.n)
		tell_nowhere(scripts);
	return rc;
}

/* ---- what the journal may believe ---- */

static const struct bk_journal_script *find_known(
	const struct script_pass *scripts, const char *name)
{
	for (size_t i = 0; i < scripts->known.n; i++)
		if (strcmp(scripts->known.items[i].name, name) == 0)
			return &scripts->known.items[i];
	return NULL;
}

/* What both ends were when they last were alike; false: nothing is known. */
static bool row_of(const struct script_pass *scripts,
		   const struct bk_script_task *task,
		   struct bk_journal_script *row)
{
	const struct bk_script *to =
		bk_script_list_find(&scripts->to, task->name);
	const struct bk_journal_script *was = find_known(scripts, task->name);
	bool alike = task->act == BK_SCRIPT_KEEP ||
		     (task->act == BK_SCRIPT_PUT && task->done);

	if (task->act == BK_SCRIPT_FORGET ||
	    (task->act == BK_SCRIPT_REMOVE && task->done))
		return false;
	*row = was ? *was : (struct bk_journal_script){0};
	row->name = task->name;
	row->active = false;
	if (!alike || !task->from || !to)
		return was != NULL;
	bk_script_sum(task->from->text, row->from_sum);
	bk_script_sum(to->text, row->to_sum);
	return true;
}

/* The one that was active at both ends when that was last the same. */
static const char *agreed(const struct script_pass *scripts)
{
	const char *from = bk_script_active(&scripts->from);

	if (strcmp(from, bk_script_active(&scripts->to)) == 0)
		return from;
	for (size_t i = 0; i < scripts->known.n; i++)
		if (scripts->known.items[i].active)
			return scripts->known.items[i].name;
	return NULL;
}

static int remember(struct script_pass *scripts, struct bk_err *err)
{
	struct bk_pass *pass = scripts->pass;
	const char *active = agreed(scripts);
	struct bk_journal_script *rows =
		bk_alloc((scripts->plan.n + 1) * sizeof(*rows));
	size_t n = 0;

	for (size_t i = 0; i < scripts->plan.n; i++) {
		if (!row_of(scripts, &scripts->plan.tasks[i], &rows[n]))
			continue;
		rows[n].active = active && strcmp(active, rows[n].name) == 0;
		n++;
	}
	/* That none is active is known of a script without a name. */
	if (active && !*active)
		rows[n++] =
			(struct bk_journal_script){.name = "", .active = true};
	int rc = bk_journal_scripts_put(pass->request->journal, pass->account,
					rows, n, err);
	free(rows);
	return rc;
}

/* ---- all of it ---- */

static void tell(const struct script_pass *scripts)
{
	const struct bk_sync_request *request = scripts->pass->request;
	const struct bk_script_done *done = &scripts->done;
	const char *active = bk_script_active(&scripts->to);

	if (!done->written && !done->removed && !done->activated)
		return;
	char *text = bk_asprintf(
		"%s: Sieve scripts: %zu %s, %zu taken away; active: %s",
		request->name, done->written,
		request->dry_run ? "to move" : "moved", done->removed,
		*active ? active : "none");
	bk_progress_note(request->progress, text);
	free(text);
}

static int count(struct script_pass *scripts)
{
	for (size_t i = 0; i < scripts->plan.n; i++) {
		const struct bk_script_task *task = &scripts->plan.tasks[i];
		scripts->done.written += task->act == BK_SCRIPT_PUT;
		scripts->done.removed += task->act == BK_SCRIPT_REMOVE;
	}
	tell(scripts);
	return 0;
}

/* A server may spell a script in another way than it was given: how it does is
 * no change that somebody made. */
static int carry_over(struct script_pass *scripts, struct bk_err *err)
{
	const struct bk_sync_end *to = &scripts->pass->request->to;
	struct bk_script_apply apply = {
		.store = to->store,
		.account = to->account,
		.plan = &scripts->plan,
		.active = bk_script_active(&scripts->from),
		.note = note,
		.failed = failed,
		.arg = scripts,
	};
	struct bk_err why = {0};
	size_t carried = 0;

	if (bk_script_apply(&apply, err) < 0)
		return -1;
	scripts->done = apply.done;
	bool changed = apply.done.written || apply.done.removed ||
		       apply.done.activated;
	if (changed && read_end(to, &scripts->to, &why) < 0) {
		(void)bk_context(&why, "destination, looked at again");
		return failed(scripts, "", &why, err);
	}
	tell(scripts);
	for (size_t i = 0; i < scripts->plan.n; i++) {
		const struct bk_script_task *task = &scripts->plan.tasks[i];
		carried += task->act == BK_SCRIPT_KEEP ||
			   (task->act == BK_SCRIPT_PUT && task->done);
	}
	keep(scripts, BK_BECAME_MOVED, carried, "");
	return remember(scripts, err);
}

int bk_pass_scripts(struct bk_pass *pass, struct bk_err *err)
{
	const struct bk_sync_request *request = pass->request;
	struct script_pass scripts = {.pass = pass};
	int rc = read_both(&scripts, err);

	if (rc > 0 && request->journal)
		rc = bk_journal_scripts(request->journal, pass->account,
					&scripts.known, err) < 0
			     ? -1
			     : 1;
	if (rc > 0) {
		bk_script_plan_make(&scripts.plan, &scripts.from, &scripts.to,
				    &scripts.known, request->keep_deleted);
		rc = request->dry_run ? count(&scripts)
				      : carry_over(&scripts, err);
	}
	clear(&scripts);
	return rc;
}
