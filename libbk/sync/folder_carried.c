/* What became of what hangs on a folder, told when its pass is over: see
 * pass.h. */

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "store/lacks.h"
#include "sync/pass.h"

/* What reports call each. */
static const char *const words[] = {
	[BK_LACK_UIDS] = "UIDs",
	[BK_LACK_FLAGS] = "flags",
	[BK_LACK_RIGHTS] = "rights",
	[BK_LACK_ANNOTATIONS] = "annotations",
	[BK_LACK_SUBSCRIPTION] = "subscriptions",
};

void bk_pass_carried(const struct bk_pass *pass, const struct bk_carried *row)
{
	const struct bk_sync_request *request = pass->request;

	if (!request->dry_run)
		bk_progress_carried(request->progress, request->name, row);
}

void bk_folder_pass_carried(struct bk_folder_pass *folder, const char *what,
			    enum bk_became became, size_t n, const char *why)
{
	const struct bk_carried row = {.what = what,
				       .folder = folder->from->name,
				       .became = became,
				       .n = n,
				       .why = why};

	for (size_t i = 0; i < folder->carried.n; i++) {
		struct bk_carried *is = &folder->carried.items[i];
		if (strcmp(is->what, what) != 0 || is->became != became ||
		    strcmp(is->why, why) != 0)
			continue;
		is->n += n;
		return;
	}
	bk_carried_list_add(&folder->carried, &row);
}

/* Of all those that there are. */
static void add_some(struct bk_folder_pass *folder, enum bk_lack what, size_t n,
		     const struct bk_lacks *lacks)
{
	size_t lost = 0;

	for (size_t i = 0; i < lacks->n; i++) {
		const struct bk_lacks_item *item = &lacks->items[i];
		if (item->what != what ||
		    (what == BK_LACK_ANNOTATIONS && item->name &&
		     !bk_annotation_is_peoples(item->name)))
			continue;
		bk_folder_pass_carried(folder, words[what],
				       BK_BECAME_IMPOSSIBLE,
				       item->name ? 1 : n - lost, item->why);
		lost += item->name ? 1 : n - lost;
		if (lost > n)
			n = lost;
	}
	/* That there are none any more is news where there were. */
	if (n > lost || (!lost && !folder->first))
		bk_folder_pass_carried(folder, words[what], BK_BECAME_MOVED,
				       n - lost, "");
}

static void lack_rights(struct bk_folder_pass *folder, enum bk_became became,
			const char *who, const char *why)
{
	char *text = bk_asprintf("rights of %s: %s", who, why);

	bk_folder_pass_carried(folder, words[BK_LACK_RIGHTS], became, 1, text);
	free(text);
}

/* Those that were there before this pass; 1 if it has them. */
static size_t add_right(struct bk_folder_pass *folder,
			const struct bk_rights_task *task)
{
	switch (task->act) {
	case BK_RIGHTS_GIVE:
		break;
	case BK_RIGHTS_NOTE:
		return *task->rights != 0;
	case BK_RIGHTS_LEAVE:
		lack_rights(folder, BK_BECAME_SKIPPED, task->who,
			    "what somebody changed at the destination stays");
		break;
	case BK_RIGHTS_KEEP:
		if (!*task->rights || (task->was && *task->was->rights))
			return *task->rights != 0;
		lack_rights(folder, BK_BECAME_IMPOSSIBLE, task->who,
			    "turned down by an earlier pass");
		break;
	}
	return 0;
}

/* As a whole, where anything of them is done. */
static void add_rights(struct bk_folder_pass *folder,
		       const struct bk_lacks *lacks)
{
	const struct bk_rights_plan *plan = &folder->rights;
	bool any = folder->first || folder->pass->request->full;
	size_t there = 0, given = 0;

	for (size_t i = 0; i < plan->n; i++)
		any = any || plan->tasks[i].act != BK_RIGHTS_KEEP;
	if (!any || !folder->gifts)
		return;
	for (size_t i = 0; i < plan->n_remarks; i++)
		if (plan->remarks[i].why == BK_RIGHTS_LEFT_OUT)
			lack_rights(folder, BK_BECAME_SKIPPED,
				    plan->remarks[i].who,
				    "left out, as the identities say");
	for (size_t i = 0; i < plan->n; i++)
		there += add_right(folder, &plan->tasks[i]);
	for (size_t i = 0; i < folder->n_gifts; i++)
		given += *folder->gifts[i].rights != 0;
	add_some(folder, BK_LACK_RIGHTS, given, lacks);
	if (there)
		bk_folder_pass_carried(folder, words[BK_LACK_RIGHTS],
				       BK_BECAME_MOVED, there, "");
}

static void add_annotations(struct bk_folder_pass *folder,
			    const struct bk_lacks *lacks)
{
	const struct bk_store_ops *to = folder->pass->request->to.store->ops;
	const struct bk_folder *want = &folder->want;
	size_t n = 0;

	for (size_t i = 0; i < want->n_annotations; i++)
		n += bk_annotation_is_peoples(want->annotations[i].name);
	if (to->settings)
		add_some(folder, BK_LACK_ANNOTATIONS, n, lacks);
	else if (n)
		bk_folder_pass_carried(folder, words[BK_LACK_ANNOTATIONS],
				       BK_BECAME_IMPOSSIBLE, n,
				       "only a mail server is given any");
}

static void add_uids(struct bk_folder_pass *folder,
		     const struct bk_folder_result *result, bool same,
		     const struct bk_lacks *lacks)
{
	const char *why = result->kept_uids
				  ? "messages that were there have others"
				  : result->note;

	if (!folder->from->uid_validity)
		return;
	for (size_t i = 0; i < lacks->n; i++)
		if (lacks->items[i].what == BK_LACK_UIDS)
			why = lacks->items[i].why;
	same = same && result->kept_uids;
	bk_folder_pass_carried(folder, words[BK_LACK_UIDS],
			       same ? BK_BECAME_MOVED : BK_BECAME_IMPOSSIBLE, 1,
			       same ? "" : why);
}

void bk_folder_pass_ended(struct bk_folder_pass *folder,
			  const struct bk_folder_result *result, bool same_uids,
			  const struct bk_lacks *lacks)
{
	add_uids(folder, result, same_uids, lacks);
	add_rights(folder, lacks);
	if (folder->pass->knows_rights)
		add_annotations(folder, lacks);
	for (size_t i = 0; i < lacks->n; i++) {
		const struct bk_lacks_item *item = &lacks->items[i];
		if (item->what == BK_LACK_FLAGS)
			bk_folder_pass_carried(folder, words[item->what],
					       BK_BECAME_IMPOSSIBLE, 1,
					       item->why);
		folder->not_subscribed |= item->what == BK_LACK_SUBSCRIPTION;
		if (item->what == BK_LACK_SUBSCRIPTION)
			bk_folder_pass_carried(folder, words[item->what],
					       BK_BECAME_IMPOSSIBLE, 1,
					       item->why);
	}
}

void bk_pass_left_out(const struct bk_pass *pass,
		      const struct bk_folder_pair *pair)
{
	const struct bk_carried row = {
		.what = "folders",
		.folder = pair->from->name,
		.became = BK_BECAME_SKIPPED,
		.n = 1,
		.why = pair->is_view
			       ? "it shows mail of other folders; --views "
				 "brings it"
			       : "as --map says",
	};

	bk_pass_carried(pass, &row);
}

/* Folders that are left out, and come after all. */
static bool may_have_been_left(const struct bk_folder_pass *folder)
{
	const struct bk_folder_rules *rules = folder->pass->request->rules;

	return folder->from->special_use || (rules && rules->n);
}

void bk_folder_pass_tell_carried(struct bk_folder_pass *folder)
{
	bool on = folder->from->subscribed;

	if (!folder->not_subscribed && (on || folder->row.subscribed) &&
	    (folder->first || folder->wrote))
		bk_folder_pass_carried(folder, words[BK_LACK_SUBSCRIPTION],
				       BK_BECAME_MOVED, on, "");
	if (folder->first && may_have_been_left(folder))
		bk_folder_pass_carried(folder, "folders", BK_BECAME_MOVED, 0,
				       "");
	for (size_t i = 0; i < folder->carried.n; i++)
		bk_pass_carried(folder->pass, &folder->carried.items[i]);
}
