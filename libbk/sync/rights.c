/* Rights and annotations of folders on their way: see pass.h. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "sync/pass.h"
#include "sync/rights_plan.h"

/* To ask takes round trips that a pass without anything new has no use for. */
static bool is_of_use(struct bk_pass *pass)
{
	const struct bk_folder_map *map = &pass->map;

	if (pass->request->dry_run)
		return false;
	if (pass->request->full || pass->rights.n)
		return true;
	for (size_t i = 0; i < map->n; i++)
		if (map->pairs[i].why != BK_FOLDER_LEFT &&
		    !map->pairs[i].from->no_select &&
		    !bk_pass_row(pass, map->pairs[i].from->name))
			return true;
	return false;
}

int bk_pass_rights(struct bk_pass *pass, struct bk_err *err)
{
	const struct bk_sync_end *from = &pass->request->from;

	pass->knows_rights = !from->store->ops->settings;
	if (pass->knows_rights || !is_of_use(pass))
		return 0;
	pass->knows_rights = true;
	return from->store->ops->settings(from->store, from->account,
					  &pass->from, err);
}

/* Of a folder whose rights a server does not tell none are known; that is not
 * that nobody has any. */
static bool is_known(const struct bk_folder_pass *folder)
{
	const struct bk_sync_end *from = &folder->pass->request->from;

	return folder->pass->knows_rights &&
	       (folder->from->acl || !from->store->ops->settings);
}

/* A store of files is given all of them, and keeps what it has. */
static bool is_of_files(const struct bk_folder_pass *folder)
{
	return !folder->pass->request->to.store->ops->settings;
}

/* What was made of them since by people, or is younger than the source,
 * stays. */
static bool follows(const struct bk_folder_pass *folder)
{
	const struct bk_sync_request *request = folder->pass->request;

	return !request->once && !request->old;
}

static void make(const struct bk_folder_pass *folder,
		 struct bk_rights_plan *out)
{
	struct bk_rights_input input = {
		.from = folder->from,
		.map = folder->pass->request->identities,
	};

	if (folder->row.id)
		input.was = bk_journal_rights_of(&folder->pass->rights,
						 folder->row.id, &input.n_was);
	bk_rights_plan_make(out, &input);
}

bool bk_folder_pass_rights_differ(const struct bk_folder_pass *folder)
{
	struct bk_rights_plan plan = {0};

	if (!folder->row.id || !is_known(folder) || is_of_files(folder) ||
	    !follows(folder))
		return false;
	make(folder, &plan);
	bool differs = bk_rights_plan_differs(&plan);
	bk_rights_plan_clear(&plan);
	return differs;
}

/* ---- what is told ---- */

__attribute__((format(printf, 3, 4))) static void tell(
	const struct bk_folder_pass *folder, const char *who, const char *fmt,
	...)
{
	const struct bk_sync_request *request = folder->pass->request;
	char words[BK_ERR_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	char *text = bk_asprintf("%s: %s: rights of %s: %s", request->name,
				 folder->name, who, words);
	bk_progress_note(request->progress, text);
	free(text);
}

static void tell_task(const struct bk_folder_pass *folder,
		      const struct bk_rights_task *task)
{
	const char *rights = *task->rights ? "changed" : "withdrawn";

	if (task->act == BK_RIGHTS_LEAVE && task->was && *task->was->rights)
		tell(folder, task->who,
		     "not %s: they were changed at the destination", rights);
	else if (task->act == BK_RIGHTS_LEAVE)
		tell(folder, task->who,
		     "not %s: somebody at the destination gave them", rights);
	else if (!task->led && *task->rights)
		tell(folder, task->who,
		     "kept from an earlier pass, though the identities do not "
		     "lead there now");
}

static void tell_all(const struct bk_folder_pass *folder)
{
	static const char *const texts[] = {
		[BK_RIGHTS_LEFT_OUT] = "left out, as the identities say",
		[BK_RIGHTS_SAME_NAME] =
			"no counterpart is named, so it keeps its name",
		[BK_RIGHTS_AS_BEFORE] =
			("no counterpart is named now, so it is who it was in "
			 "an earlier pass"),
	};
	const struct bk_rights_plan *plan = &folder->rights;
	bool any = folder->first || folder->pass->request->full;

	for (size_t i = 0; i < plan->n; i++)
		any = any || plan->tasks[i].act != BK_RIGHTS_KEEP;
	for (size_t i = 0; any && i < plan->n_remarks; i++)
		tell(folder, plan->remarks[i].who, "%s",
		     texts[plan->remarks[i].why]);
	for (size_t i = 0; any && i < plan->n; i++)
		tell_task(folder, &plan->tasks[i]);
}

/* ---- what is to be given ---- */

/* The destination's folder with the rights that it has now; costs round
 * trips. */
static int ask_there(const struct bk_folder_pass *folder, struct bk_folder *out,
		     struct bk_err *err)
{
	const struct bk_sync_end *to = &folder->pass->request->to;
	struct bk_folder_list one = {.items = out, .n = 1, .cap = 1};

	*out = *folder->to;
	out->arena = (struct bk_arena){0};
	out->acl = NULL;
	out->n_acl = 0;
	if (to->store->ops->settings(to->store, to->account, &one, err) == 0)
		return 0;
	return bk_err_at(err, BK_END_DESTINATION);
}

static void hear(void *arg, size_t gift, enum bk_acl_outcome outcome)
{
	struct bk_folder_pass *folder = arg;

	folder->outcomes[gift] = outcome;
}

static bool knows(const void *arg, const char *who)
{
	const struct bk_folder_pass *folder = arg;
	const struct bk_rights_people people = {
		.map = folder->pass->request->identities,
		.given = &folder->pass->rights,
		.from = &folder->pass->from,
	};

	return bk_rights_knows(&people, who);
}

static void list_gifts(struct bk_folder_pass *folder)
{
	const struct bk_rights_plan *plan = &folder->rights;

	folder->gifts = bk_arena_alloc(&folder->arena,
				       (plan->n + 1) * sizeof(*folder->gifts));
	folder->outcomes = bk_arena_alloc(
		&folder->arena, (plan->n + 1) * sizeof(*folder->outcomes));
	for (size_t i = 0; i < plan->n; i++) {
		const struct bk_rights_task *task = &plan->tasks[i];
		if (task->act != BK_RIGHTS_GIVE ||
		    (is_of_files(folder) && !*task->rights))
			continue;
		folder->outcomes[folder->n_gifts] = BK_ACL_TAKEN;
		folder->gifts[folder->n_gifts++] = (struct bk_acl_entry){
			.who = task->who, .rights = task->rights};
	}
	folder->acl_watch = (struct bk_acl_watch){
		.told = hear, .knows = knows, .arg = folder};
}

int bk_folder_pass_rights(struct bk_folder_pass *folder, struct bk_err *err)
{
	bool full = folder->pass->request->full;
	struct bk_rights_policy policy = {
		.follows = is_of_files(folder) || follows(folder),
		.full = is_of_files(folder) || full || folder->begun,
	};
	struct bk_folder there = {0};
	int rc = 0;

	if (!is_known(folder))
		return 0;
	make(folder, &folder->rights);
	/* One that was there before us may have rights that people gave. */
	bool asks = folder->to && !folder->to->no_select && !folder->begun &&
		    !is_of_files(folder) &&
		    ((full && !folder->first) ||
		     bk_rights_plan_differs(&folder->rights));
	if (asks) {
		rc = ask_there(folder, &there, err);
		policy.there = there.acl ? &there : NULL;
	}
	if (rc == 0) {
		bk_rights_plan_settle(&folder->rights, &policy);
		tell_all(folder);
		list_gifts(folder);
	}
	bk_arena_join(&folder->arena, &there.arena);
	return rc;
}

/* ---- what is noted ---- */

static struct bk_journal_right kept(const struct bk_rights_task *task,
				    const char *source)
{
	const char *rights = task->was ? task->was->rights : "";

	return (struct bk_journal_right){
		.who = task->who, .rights = rights, .source = source};
}

/* So that the next pass tries again. */
static struct bk_journal_right unsettled(const struct bk_rights_task *task)
{
	const struct bk_journal_right *was = task->was;
	bool other = was && strcmp(was->source, task->source) != 0;
	struct bk_journal_right row = kept(task, other ? was->source : "");

	if (task->there)
		row.rights = task->there;
	return row;
}

static struct bk_journal_right settled(const struct bk_rights_task *task)
{
	return (struct bk_journal_right){.who = task->who,
					 .rights = task->rights,
					 .source = task->source};
}

/* `sent`: what is to be given is on its way. */
static struct bk_journal_right row_of(const struct bk_rights_task *task,
				      bool sent, enum bk_acl_outcome outcome)
{
	switch (task->act) {
	case BK_RIGHTS_KEEP:
		return task->was ? *task->was : kept(task, task->source);
	case BK_RIGHTS_NOTE:
		return settled(task);
	case BK_RIGHTS_LEAVE:
		return kept(task, task->source);
	case BK_RIGHTS_GIVE:
		break;
	}
	if (!sent && outcome == BK_ACL_TAKEN)
		return settled(task);
	if (!sent && outcome == BK_ACL_IMPOSSIBLE)
		return kept(task, task->source);
	struct bk_journal_right row = unsettled(task);
	row.sent = sent ? task->rights : NULL;
	return row;
}

/* Nobody has anything from us, and nobody is to have. */
static bool is_nothing(const struct bk_rights_task *task,
		       const struct bk_journal_right *row)
{
	return !*task->source && !*row->rights && !row->sent;
}

static int put_rows(const struct bk_folder_pass *folder, bool sent,
		    struct bk_err *err)
{
	const struct bk_rights_plan *plan = &folder->rights;
	struct bk_journal_right *rows = bk_alloc((plan->n + 1) * sizeof(*rows));
	const enum bk_acl_outcome *outcome = folder->outcomes;
	bool any = false;
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++) {
		const struct bk_rights_task *task = &plan->tasks[i];
		bool given = task->act == BK_RIGHTS_GIVE &&
			     (!is_of_files(folder) || *task->rights);
		any = any || task->act != BK_RIGHTS_KEEP;
		rows[n] = row_of(task, sent, given ? *outcome++ : BK_ACL_TAKEN);
		n += !is_nothing(task, &rows[n]);
	}
	int rc = any ? bk_journal_rights_put(folder->pass->request->journal,
					     folder->row.id, rows, n, err)
		     : 0;
	free(rows);
	return rc;
}

int bk_folder_pass_rights_sent(const struct bk_folder_pass *folder,
			       struct bk_err *err)
{
	return folder->n_gifts ? put_rows(folder, true, err) : 0;
}

int bk_folder_pass_rights_given(const struct bk_folder_pass *folder,
				struct bk_err *err)
{
	return put_rows(folder, false, err);
}
