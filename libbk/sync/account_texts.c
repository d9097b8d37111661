/* The scripts of an account, and annotations of its own, carried over: see
 * script_plan.h. */

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "sync/pass.h"
#include "sync/script_apply.h"
#include "sync/script_plan.h"

struct text_pass {
	struct bk_pass *pass;
	enum bk_text_kind kind;
	struct bk_script_list from, to;
	struct bk_script_list names; /* to ask for */
	struct bk_journal_scripts known;
	struct bk_script_plan plan;
	struct bk_script_done done;
};

static const struct bk_text_words *words_of(const struct text_pass *texts)
{
	return &bk_text_words[texts->kind];
}

static void clear(struct text_pass *texts)
{
	bk_script_list_clear(&texts->names);
	bk_script_list_clear(&texts->from);
	bk_script_list_clear(&texts->to);
	bk_journal_scripts_clear(&texts->known);
	bk_script_plan_clear(&texts->plan);
}

/* ---- what is told ---- */

/* For who keeps it. */
static void keep(const struct text_pass *texts, enum bk_became became, size_t n,
		 const char *why)
{
	const struct bk_carried row = {.what = words_of(texts)->all,
				       .folder = "",
				       .became = became,
				       .n = n,
				       .why = why};

	bk_pass_carried(texts->pass, &row);
}

/* ANN: script main: WHAT, as a note, and for who keeps it. */
static void tell_one(const struct text_pass *texts, enum bk_became became,
		     const char *name, const char *what)
{
	const struct bk_sync_request *request = texts->pass->request;
	char *text = bk_asprintf("%s: %s %s: %s", request->name,
				 words_of(texts)->each, name, what);

	bk_progress_note(request->progress, text);
	keep(texts, became, 1, text + strlen(request->name) + 2);
	free(text);
}

/* Of a script that is not the source's. */
static void note(void *arg, const char *name, const char *what)
{
	tell_one(arg, BK_BECAME_SKIPPED, name, what);
}

/* A server has no say in who has annotations, and need not have any. */
static bool is_turned_down(const struct text_pass *texts, enum bk_kind kind)
{
	return texts->kind == BK_TEXT_ANNOTATIONS &&
	       (kind == BK_REFUSED || kind == BK_DENIED || kind == BK_GONE ||
		kind == BK_FULL || kind == BK_EXISTS);
}

static void refuse(struct text_pass *texts, const char *name)
{
	struct bk_script_task *task = bk_script_plan_find(&texts->plan, name);

	if (task)
		task->refused = true;
}

/* What one of them lacks, or all, is told; the mail is none the worse. */
static int failed(void *arg, const char *name, const struct bk_err *why,
		  struct bk_err *err)
{
	struct text_pass *texts = arg;
	const struct bk_sync_request *request = texts->pass->request;

	if (why->kind == BK_CANCELLED || why->kind == BK_STARVED) {
		*err = *why;
		return -1;
	}
	if (*name && is_turned_down(texts, why->kind)) {
		refuse(texts, name);
		char *what = bk_asprintf("not possible here: %s", why->text);
		tell_one(texts, BK_BECAME_IMPOSSIBLE, name, what);
		free(what);
		return 0;
	}
	texts->pass->counts->refused++;
	char *what = bk_asprintf("%s%s%s", words_of(texts)->each,
				 *name ? " " : "s", name);
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

static int read_end(const struct text_pass *texts,
		    const struct bk_sync_end *end, struct bk_script_list *out,
		    struct bk_err *err)
{
	return bk_texts_read(texts->kind, end->store, end->account,
			     &texts->names, out, err);
}

/* What was turned down is tried again. */
static void forget_turned_down(struct bk_journal_scripts *known)
{
	static const uint8_t none[BK_JOURNAL_SCRIPT_SUM];
	size_t n = 0;

	for (size_t i = 0; i < known->n; i++)
		if (memcmp(known->items[i].to_sum, none, sizeof(none)) != 0 ||
		    !*known->items[i].name)
			known->items[n++] = known->items[i];
	known->n = n;
}

static int read_known(struct text_pass *texts, struct bk_err *err)
{
	struct bk_pass *pass = texts->pass;

	if (pass->request->journal &&
	    bk_journal_texts(pass->request->journal, texts->kind, pass->account,
			     &texts->known, err) < 0)
		return -1;
	if (pass->request->full)
		forget_turned_down(&texts->known);
	return 0;
}

/* The source has what it had when all of it was settled: then the destination
 * is not asked, which costs a round trip. */
static bool is_settled(const struct text_pass *texts)
{
	const struct bk_script_list *from = &texts->from;

	if (texts->kind != BK_TEXT_ANNOTATIONS || texts->pass->request->full ||
	    from->n != texts->known.n)
		return false;
	for (size_t i = 0; i < from->n; i++) {
		uint8_t sum[BK_JOURNAL_SCRIPT_SUM];
		const struct bk_journal_script *was = bk_journal_scripts_find(
			&texts->known, from->items[i].name);
		bk_script_sum(from->items[i].text, sum);
		if (!was || memcmp(was->from_sum, sum, sizeof(sum)) != 0)
			return false;
	}
	return true;
}

/* 1: there is something to be done with; 0: there is not, or it was told why
 * nothing is known. */
static int read_source(struct text_pass *texts, struct bk_err *err)
{
	struct bk_err why = {0};

	bk_texts_name(&texts->names, NULL, &texts->known);
	int rc = read_end(texts, &texts->pass->request->from, &texts->from,
			  &why);
	if (rc >= 0)
		return rc && !is_settled(texts);
	(void)bk_context(&why, "source");
	return failed(texts, "", &why, err);
}

/* ---- what the journal may believe ---- */

/* What both ends were when they last were alike; false: nothing is known. */
static bool row_of(const struct text_pass *texts,
		   const struct bk_script_task *task,
		   struct bk_journal_script *row)
{
	const struct bk_script *to =
		bk_script_list_find(&texts->to, task->name);
	const struct bk_journal_script *was =
		bk_journal_scripts_find(&texts->known, task->name);
	bool alike = task->act == BK_SCRIPT_KEEP ||
		     (task->act == BK_SCRIPT_PUT && task->done);

	if (task->act == BK_SCRIPT_FORGET ||
	    (task->act == BK_SCRIPT_REMOVE && task->done))
		return false;
	*row = was ? *was : (struct bk_journal_script){0};
	row->name = task->name;
	row->active = false;
	if (task->refused && task->from && !to) {
		bk_script_sum(task->from->text, row->from_sum);
		memset(row->to_sum, 0, sizeof(row->to_sum));
		return true;
	}
	if (!alike || !task->from || !to)
		return was != NULL;
	bk_script_sum(task->from->text, row->from_sum);
	bk_script_sum(to->text, row->to_sum);
	return true;
}

/* The one that was active at both ends when that was last the same. */
static const char *agreed(const struct text_pass *texts)
{
	const char *from = bk_script_active(&texts->from);

	if (strcmp(from, bk_script_active(&texts->to)) == 0)
		return from;
	for (size_t i = 0; i < texts->known.n; i++)
		if (texts->known.items[i].active)
			return texts->known.items[i].name;
	return NULL;
}

static int remember(struct text_pass *texts, struct bk_err *err)
{
	struct bk_pass *pass = texts->pass;
	const char *active = agreed(texts);
	struct bk_journal_script *rows =
		bk_alloc((texts->plan.n + 1) * sizeof(*rows));
	size_t n = 0;

	for (size_t i = 0; i < texts->plan.n; i++) {
		if (!row_of(texts, &texts->plan.tasks[i], &rows[n]))
			continue;
		rows[n].active = active && strcmp(active, rows[n].name) == 0;
		n++;
	}
	/* That none is active is known of a script without a name. */
	if (texts->kind == BK_TEXT_SCRIPTS && active && !*active)
		rows[n++] =
			(struct bk_journal_script){.name = "", .active = true};
	int rc = bk_journal_texts_put(pass->request->journal, texts->kind,
				      pass->account, rows, n, err);
	free(rows);
	return rc;
}

/* ---- all of it ---- */

static void tell(const struct text_pass *texts)
{
	const struct bk_sync_request *request = texts->pass->request;
	const struct bk_script_done *done = &texts->done;
	const char *active = bk_script_active(&texts->to);
	struct bk_buf more = {0};

	if (!done->written && !done->removed && !done->activated)
		return;
	if (texts->kind == BK_TEXT_SCRIPTS)
		bk_buf_printf(&more, "; active: %s", *active ? active : "none");
	char *text =
		bk_asprintf("%s: %s: %zu %s, %zu taken away%s", request->name,
			    words_of(texts)->all, done->written,
			    request->dry_run ? "to move" : "moved",
			    done->removed, bk_buf_text(&more));
	bk_progress_note(request->progress, text);
	bk_buf_clear(&more);
	free(text);
}

static int count(struct text_pass *texts)
{
	for (size_t i = 0; i < texts->plan.n; i++) {
		const struct bk_script_task *task = &texts->plan.tasks[i];
		texts->done.written += task->act == BK_SCRIPT_PUT;
		texts->done.removed += task->act == BK_SCRIPT_REMOVE;
	}
	tell(texts);
	return 0;
}

/* What came, and what an earlier pass could not bring. */
static void tell_carried(const struct text_pass *texts)
{
	size_t carried = 0;

	for (size_t i = 0; i < texts->plan.n; i++) {
		const struct bk_script_task *task = &texts->plan.tasks[i];
		bool lacks = task->act == BK_SCRIPT_KEEP && task->from &&
			     !bk_script_list_find(&texts->to, task->name);
		if (lacks) {
			char *why = bk_asprintf(
				"%s %s: turned down by an earlier pass",
				words_of(texts)->each, task->name);
			keep(texts, BK_BECAME_IMPOSSIBLE, 1, why);
			free(why);
			continue;
		}
		carried += task->act == BK_SCRIPT_KEEP ||
			   (task->act == BK_SCRIPT_PUT && task->done);
	}
	keep(texts, BK_BECAME_MOVED, carried, "");
}

/* A server may take an annotation and not have it: to a Cyrus an empty value is
 * none. */
static void look_for_taken(struct text_pass *texts)
{
	for (size_t i = 0; i < texts->plan.n; i++) {
		struct bk_script_task *task = &texts->plan.tasks[i];
		if (texts->kind != BK_TEXT_ANNOTATIONS ||
		    task->act != BK_SCRIPT_PUT || !task->done ||
		    bk_script_list_find(&texts->to, task->name))
			continue;
		task->done = false;
		task->refused = true;
		texts->done.written--;
		tell_one(texts, BK_BECAME_IMPOSSIBLE, task->name,
			 task->from->text.len
				 ? "not possible here: the destination took "
				   "it, and does not have it"
				 : "not possible here: without a value the "
				   "destination has none");
	}
}

/* A server may spell a script in another way than it was given: how it does is
 * no change that somebody made. */
static int carry_over(struct text_pass *texts, struct bk_err *err)
{
	const struct bk_sync_end *to = &texts->pass->request->to;
	struct bk_script_apply apply = {
		.kind = texts->kind,
		.store = to->store,
		.account = to->account,
		.plan = &texts->plan,
		.active = bk_script_active(&texts->from),
		.note = note,
		.failed = failed,
		.arg = texts,
	};
	struct bk_err why = {0};

	if (bk_script_apply(&apply, err) < 0)
		return -1;
	texts->done = apply.done;
	bool changed = apply.done.written || apply.done.removed ||
		       apply.done.activated;
	if (changed && read_end(texts, to, &texts->to, &why) < 0) {
		(void)bk_context(&why, "destination, looked at again");
		return failed(texts, "", &why, err);
	}
	look_for_taken(texts);
	tell(texts);
	tell_carried(texts);
	return remember(texts, err);
}

/* The destination has no place for any. */
static int tell_nowhere(struct text_pass *texts, struct bk_err *err)
{
	const char *why = texts->kind == BK_TEXT_SCRIPTS
				  ? "nobody said where the destination has any"
				  : "the destination has none";
	const struct bk_sync_request *request = texts->pass->request;

	if (!texts->from.n)
		return 0;
	char *text = bk_asprintf("%s: %s: not possible here, %s", request->name,
				 words_of(texts)->all, why);
	bk_progress_note(request->progress, text);
	free(text);
	if (texts->kind == BK_TEXT_SCRIPTS) {
		keep(texts, BK_BECAME_IMPOSSIBLE, texts->from.n, why);
		return 0;
	}
	for (size_t i = 0; i < texts->plan.n; i++) {
		struct bk_script_task *task = &texts->plan.tasks[i];
		text = bk_asprintf("%s %s: %s", words_of(texts)->each,
				   task->name, why);
		keep(texts, BK_BECAME_IMPOSSIBLE, 1, text);
		free(text);
		task->refused = true;
	}
	return request->dry_run ? 0 : remember(texts, err);
}

static int bring(struct text_pass *texts, struct bk_err *err)
{
	const struct bk_sync_request *request = texts->pass->request;
	struct bk_err why = {0};

	bk_texts_name(&texts->names, &texts->from, &texts->known);
	int there = read_end(texts, &request->to, &texts->to, &why);
	if (there < 0) {
		(void)bk_context(&why, "destination");
		return failed(texts, "", &why, err);
	}
	bk_script_plan_make(&texts->plan, &texts->from, &texts->to,
			    &texts->known, request->keep_deleted);
	if (!there)
		return tell_nowhere(texts, err);
	return request->dry_run ? count(texts) : carry_over(texts, err);
}

int bk_pass_texts(struct bk_pass *pass, struct bk_err *err)
{
	int rc = 0;

	for (unsigned kind = 0; kind < BK_TEXT_KINDS && rc >= 0; kind++) {
		struct text_pass texts = {.pass = pass,
					  .kind = (enum bk_text_kind)kind};
		rc = read_known(&texts, err);
		if (rc == 0)
			rc = read_source(&texts, err);
		if (rc > 0)
			rc = bring(&texts, err);
		clear(&texts);
	}
	return rc < 0 ? -1 : 0;
}
