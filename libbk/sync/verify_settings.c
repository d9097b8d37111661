/* Subscriptions, rights, annotations, scripts: see verify_settings.h. */

#include "sync/verify_settings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "store/imaprights.h"
#include "sync/journal.h"
#include "sync/rights_plan.h"
#include "sync/script_plan.h"

static void tell(const struct bk_verify_settings *v, enum bk_sync_is is,
		 const char *folder, const char *what)
{
	const struct bk_sync_difference difference = {is, folder, 0, what};

	if (is == BK_SYNC_EXTRA || is == BK_SYNC_SUBSCRIPTION)
		v->out->extra++;
	else if (is == BK_SYNC_MISSING)
		v->out->missing++;
	else
		v->out->different++;
	if (v->request->tell)
		v->request->tell(v->request->arg, &difference);
}

__attribute__((format(printf, 4, 5))) static void tell_of(
	const struct bk_verify_settings *v, enum bk_sync_is is,
	const char *folder, const char *fmt, ...)
{
	char words[BK_ERR_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	tell(v, is, folder, words);
}

/* ---- asking ---- */

static int ask(const struct bk_sync_end *end, struct bk_folder_list *folders,
	       enum bk_end is, struct bk_err *err)
{
	if (!end->store->ops->settings)
		return 0;
	if (end->store->ops->settings(end->store, end->account, folders, err) <
	    0)
		return bk_err_at(err, is);
	return 0;
}

/* A store of files keeps rights and no annotations that a server knows. */
int bk_verify_ask(struct bk_verify_settings *v, struct bk_folder_list *from,
		  struct bk_folder_list *to, struct bk_err *err)
{
	const struct bk_sync_verify *request = v->request;

	v->annotations = request->from.store->ops->settings &&
			 request->to.store->ops->settings;
	if (ask(&request->from, from, BK_END_SOURCE, err) < 0)
		return -1;
	return ask(&request->to, to, BK_END_DESTINATION, err);
}

/* ---- rights ---- */

static void compare_entry(const struct bk_verify_settings *v,
			  const char *folder, const struct bk_rights_task *from,
			  const struct bk_acl_entry *to)
{
	struct bk_buf a = {0}, b = {0};

	bk_imaprights_spell(from->rights, &a);
	bk_imaprights_spell(to ? to->rights : "", &b);
	const char *here = bk_buf_text(&a), *there = bk_buf_text(&b);
	if (*here && !*there)
		tell_of(v, BK_SYNC_MISSING, folder, "rights of %s: %s",
			from->who, here);
	else if (!bk_imaprights_same(from->rights, to ? to->rights : ""))
		tell_of(v, BK_SYNC_DIFFERENT, folder,
			"rights of %s: %s at the source, %s at the destination",
			from->who, here, there);
	bk_buf_clear(&a);
	bk_buf_clear(&b);
}

/* Those of whom nothing is known at the source are the destination's own
 * matter: administrators whom a server names in each folder, or who came
 * since. */
static bool is_known(const struct bk_verify_settings *v, const char *who)
{
	const struct bk_rights_people people = {
		.map = v->request->identities,
		.given = v->given,
		.from = v->from,
	};

	return bk_rights_knows(&people, who);
}

static const struct bk_rights_task *task_of(const struct bk_rights_plan *plan,
					    const char *who)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->tasks[i].led && strcmp(plan->tasks[i].who, who) == 0)
			return &plan->tasks[i];
	return NULL;
}

static void compare_with(const struct bk_verify_settings *v,
			 const struct bk_rights_plan *plan, const char *name,
			 const struct bk_folder *to)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->tasks[i].led)
			compare_entry(v, name, &plan->tasks[i],
				      bk_rights_find(to, plan->tasks[i].who));
	for (size_t i = 0; i < to->n_acl && !v->request->no_extra; i++)
		if (!task_of(plan, to->acl[i].who) &&
		    is_known(v, to->acl[i].who))
			tell_of(v, BK_SYNC_EXTRA, to->name, "rights of %s: %s",
				to->acl[i].who, to->acl[i].rights);
}

/* Of a folder whose rights the source does not tell none are known. */
static void compare_rights(const struct bk_verify_settings *v,
			   const struct bk_folder *from,
			   const struct bk_folder *to, int64_t row)
{
	struct bk_rights_input input = {
		.from = from,
		.map = v->request->identities,
	};
	struct bk_rights_plan plan = {0};

	if (!from->acl && v->request->from.store->ops->settings)
		return;
	if (row)
		input.was = bk_journal_rights_of(v->given, row, &input.n_was);
	bk_rights_plan_make(&plan, &input);
	compare_with(v, &plan, from->name, to);
	bk_rights_plan_clear(&plan);
}

/* ---- annotations ---- */

static const struct bk_property *annotation(const struct bk_folder *folder,
					    const char *name)
{
	for (size_t i = 0; i < folder->n_annotations; i++)
		if (strcasecmp(folder->annotations[i].name, name) == 0)
			return &folder->annotations[i];
	return NULL;
}

static bool same_value(struct bk_view a, struct bk_view b)
{
	return a.len == b.len &&
	       (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static void compare_annotations(const struct bk_verify_settings *v,
				const struct bk_folder *from,
				const struct bk_folder *to)
{
	for (size_t i = 0; i < from->n_annotations; i++) {
		const struct bk_property *a = &from->annotations[i];
		const struct bk_property *b = annotation(to, a->name);
		if (!bk_annotation_is_peoples(a->name) ||
		    (b && same_value(a->value, b->value)))
			continue;
		tell_of(v, b ? BK_SYNC_DIFFERENT : BK_SYNC_MISSING, from->name,
			"annotation %s", a->name);
	}
	for (size_t i = 0; i < to->n_annotations; i++) {
		const struct bk_property *b = &to->annotations[i];
		if (bk_annotation_is_peoples(b->name) &&
		    !annotation(from, b->name) && !v->request->no_extra)
			tell_of(v, BK_SYNC_EXTRA, to->name, "annotation %s",
				b->name);
	}
}

/* ---- a folder ---- */

void bk_verify_folder(struct bk_verify_settings *v,
		      const struct bk_folder *from, const struct bk_folder *to,
		      int64_t row)
{
	if (from->subscribed && !to->subscribed)
		tell(v, BK_SYNC_NO_SUBSCRIPTION, from->name,
		     "subscribed at the source alone");
	/* A level is made, and may be subscribed to, with what is below it. */
	if (!from->subscribed && to->subscribed && !from->no_select &&
	    !v->request->no_extra)
		tell(v, BK_SYNC_SUBSCRIPTION, to->name,
		     "subscribed at the destination alone");
	if (from->no_select || to->no_select)
		return;
	compare_rights(v, from, to, row);
	if (v->annotations)
		compare_annotations(v, from, to);
}

/* ---- scripts and annotations of the account ---- */

static void compare_script(const struct bk_verify_settings *v,
			   const char *title, const struct bk_script_task *task,
			   const struct bk_script_list *there)
{
	bool is_there = bk_script_list_find(there, task->name) != NULL;

	if (task->act == BK_SCRIPT_KEEP && task->from && is_there)
		return;
	if (task->from)
		tell_of(v, is_there ? BK_SYNC_DIFFERENT : BK_SYNC_MISSING, NULL,
			"%s %s", title, task->name);
	else if (is_there && !v->request->no_extra)
		tell_of(v, BK_SYNC_EXTRA, NULL, "%s %s", title, task->name);
}

static bool is_planned(const struct bk_script_plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->n; i++)
		if (strcmp(plan->tasks[i].name, name) == 0)
			return true;
	return false;
}

static void compare_scripts(const struct bk_verify_settings *v,
			    const char *title,
			    const struct bk_script_list *from,
			    const struct bk_script_list *to,
			    const struct bk_script_plan *plan)
{
	const char *here = bk_script_active(from);
	const char *there = bk_script_active(to);

	for (size_t i = 0; i < plan->n; i++)
		compare_script(v, title, &plan->tasks[i], to);
	for (size_t i = 0; i < to->n && !v->request->no_extra; i++)
		if (!is_planned(plan, to->items[i].name))
			tell_of(v, BK_SYNC_EXTRA, NULL, "%s %s", title,
				to->items[i].name);
	if (strcmp(here, there) != 0 && (*here || !v->request->no_extra))
		tell_of(v, BK_SYNC_DIFFERENT, NULL,
			"active Sieve script: %s at the source, %s at the "
			"destination",
			*here ? here : "none", *there ? there : "none");
}

/* 1; 0: it has none, or nobody said where. */
static int read_texts(enum bk_text_kind kind, const struct bk_sync_end *end,
		      const struct bk_script_list *also, enum bk_end is,
		      struct bk_script_list *out, struct bk_err *err)
{
	int rc = bk_texts_read(kind, end->store, end->account, also, out, err);

	if (rc >= 0)
		return rc;
	(void)bk_context(err, "%s", bk_text_words[kind].all);
	return bk_err_at(err, is);
}

/* A server may spell a script in its own way: what the journal knows of that
 * makes no difference. */
static int verify_texts(struct bk_verify_settings *v, enum bk_text_kind kind,
			struct bk_err *err)
{
	const struct bk_sync_verify *request = v->request;
	struct bk_script_list from = {0}, to = {0}, names = {0};
	struct bk_journal_scripts known = {0};
	struct bk_script_plan plan = {0};
	int rc = 0;

	if (v->account)
		rc = bk_journal_texts(request->journal, kind, v->account,
				      &known, err);
	if (rc == 0) {
		bk_texts_name(&names, NULL, &known);
		rc = read_texts(kind, &request->from, &names, BK_END_SOURCE,
				&from, err);
	}
	if (rc > 0) {
		bk_texts_name(&names, &from, &known);
		rc = read_texts(kind, &request->to, &names, BK_END_DESTINATION,
				&to, err);
	}
	if (rc > 0) {
		bk_script_plan_make(&plan, &from, &to, &known, false);
		compare_scripts(v, bk_text_words[kind].title, &from, &to,
				&plan);
	}
	bk_script_plan_clear(&plan);
	bk_journal_scripts_clear(&known);
	bk_script_list_clear(&names);
	bk_script_list_clear(&from);
	bk_script_list_clear(&to);
	return rc < 0 ? -1 : 0;
}

int bk_verify_texts(struct bk_verify_settings *v, struct bk_err *err)
{
	for (unsigned kind = 0; kind < BK_TEXT_KINDS; kind++)
		if (verify_texts(v, (enum bk_text_kind)kind, err) < 0)
			return -1;
	return 0;
}
