/* Listing the folders of an account while people work: see backup_list.h. */

#include "job/backup_list.h"

#include <string.h>

#include "base/cancel.h"
#include "job/backup_kept.h"
#include "job/backup_strays.h"

/* An account that never rests is what it is after so many rounds. */
#define ROUNDS_MAX 8

/* A folder that only shows what is in others is left; one that is listed with
 * what they have not comes last, so that what leaves another is in it. */
static void put_rest_last(struct bk_folder_list *folders)
{
	struct bk_folder_list sorted = {0};

	for (int rest = 0; rest < 2; rest++)
		for (size_t i = 0; i < folders->n; i++) {
			struct bk_folder *folder = &folders->items[i];
			if (folder->view || folder->rest != rest)
				continue;
			*bk_folder_list_add(&sorted) = *folder;
			*folder = (struct bk_folder){.view = true};
		}
	bk_folder_list_clear(folders);
	*folders = sorted;
}

int bk_backup_list_folders(struct bk_backup_list *list, struct bk_err *err)
{
	struct bk_store *store = list->walk->store;

	bk_folder_list_clear(&list->folders);
	if (store->ops->folders(store, list->account, &list->folders, err) < 0)
		return -1;
	put_rest_last(&list->folders);
	return store->ops->settings ? store->ops->settings(store, list->account,
							   &list->folders, err)
				    : 0;
}

const struct bk_set_folder *bk_backup_list_base(
	const struct bk_backup_walk *walk, uint32_t account_id,
	const char *name)
{
	const struct bk_set *base = walk->base->base;

	return base ? bk_set_folder_named(base, account_id, name) : NULL;
}

static bool has(const struct bk_names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->items[i], name) == 0)
			return true;
	return false;
}

/* It was reported once, and stays as an earlier set has it. */
static bool is_kept(const struct bk_backup_list *list, const char *name)
{
	return has(&list->kept, name);
}

static int keep_untold(struct bk_backup_list *list, struct bk_backup_task *task,
		       struct bk_err *err)
{
	const struct bk_folder *folder = &task->folder;
	bool again = has(&list->untold, folder->name);

	if (!folder->acl_untold && !folder->annotations_untold)
		return 0;
	if (!again)
		bk_names_add(&list->untold, folder->name);
	return bk_kept_untold(list->walk, task, !again, err);
}

/* It was said to be gone, and is listed again: that is no news. */
static bool is_contradicted(struct bk_backup_list *list, const char *name)
{
	struct bk_name_key key =
		bk_name_table_key(&list->denied, name, strlen(name));
	uint32_t unused = 0;
	size_t at = 0;

	if (bk_name_table_next(&list->denied, key, &at, &unused))
		return true;
	bk_name_table_add(&list->denied, key, 0);
	return false;
}

/* 1; 0: the folder needs no task, -1. */
static int scan(struct bk_backup_list *list, struct bk_backup_task *task,
		struct bk_err *err)
{
	struct bk_store *store = list->walk->store;
	struct bk_err why = {0};

	if (task->folder.no_select ||
	    store->ops->scan(store, list->account, &task->folder, &task->now,
			     &why) == 0)
		return keep_untold(list, task, err) < 0 ? -1 : 1;
	bk_message_list_clear(&task->now);
	if (bk_kept_ends_the_run(why.kind)) {
		*err = why;
		return -1;
	}
	if (why.kind == BK_GONE && !is_contradicted(list, task->folder.name)) {
		list->missed = true; /* deleted, or renamed */
		return 0;
	}
	int rc = bk_kept_folder(list->walk, task, &why, err);
	if (rc == 0)
		bk_names_add(&list->kept, task->folder.name);
	return rc;
}

static bool is_listed(const struct bk_backup_list *list, const char *name)
{
	if (is_kept(list, name))
		return true;
	for (struct bk_backup_task *task = list->first; task; task = task->next)
		if (strcmp(task->folder.name, name) == 0)
			return true;
	return false;
}

static struct bk_backup_task **end_of(struct bk_backup_list *list)
{
	struct bk_backup_task **end = &list->first;

	while (*end)
		end = &(*end)->next;
	return end;
}

/* Tasks for the folders that have none yet. */
static int scan_folders(struct bk_backup_list *list, bool again,
			struct bk_err *err)
{
	struct bk_backup_task **end = end_of(list);

	for (size_t i = 0; i < list->folders.n; i++) {
		struct bk_folder *folder = &list->folders.items[i];
		if (again ? is_listed(list, folder->name)
			  : is_kept(list, folder->name))
			continue;
		struct bk_backup_task *task = bk_alloc(sizeof(*task));
		task->account = list->account;
		task->account_id = list->account_id;
		task->list = list;
		task->folder = *folder;
		*folder = (struct bk_folder){0};
		task->base = bk_backup_list_base(list->walk, list->account_id,
						 task->folder.name);
		int rc = bk_cancelled(err);
		if (rc == 0)
			rc = scan(list, task, err);
		if (rc <= 0)
			bk_backup_task_free(task);
		if (rc < 0)
			return -1;
		if (rc == 0)
			continue;
		*end = task;
		end = &task->next;
	}
	return 0;
}

/* A folder that changed since it was listed: 1, 0: it is gone, -1.  One that
 * can no longer be listed stays as it was.  What any listing saw counts. */
static int scan_again(struct bk_backup_list *list, struct bk_backup_task *task,
		      struct bk_err *err)
{
	struct bk_store *store = list->walk->store;
	struct bk_message_list was = task->now;
	struct bk_folder folder = task->folder; /* the arena has its tables */
	struct bk_err why = {0};

	task->now = (struct bk_message_list){0};
	task->folder.keywords = NULL;
	task->folder.n_keywords = 0;
	task->folder.cap_keywords = 0;
	if (store->ops->scan(store, list->account, &task->folder, &task->now,
			     &why) == 0) {
		list->changed = true;
		if (bk_strays_keep(task, &was, &folder))
			list->missed = true;
		bk_message_list_clear(&was);
		return 1;
	}
	bk_message_list_clear(&task->now);
	task->now = was;
	task->folder.keywords = folder.keywords;
	task->folder.n_keywords = folder.n_keywords;
	task->folder.cap_keywords = folder.cap_keywords;
	if (why.kind == BK_GONE)
		return 0;
	if (!bk_kept_ends_the_run(why.kind))
		return 1;
	*err = why;
	return -1;
}

static int look_again(struct bk_backup_list *list, struct bk_backup_task *task,
		      struct bk_err *err)
{
	struct bk_store *store = list->walk->store;
	struct bk_err why = {0};

	if (task->folder.no_select || task->from_previous)
		return 1;
	int changed =
		store->ops->changed(store, list->account, &task->folder, &why);
	if (changed > 0)
		return scan_again(list, task, err);
	if (changed < 0 && bk_kept_ends_the_run(why.kind)) {
		*err = why;
		return -1;
	}
	return changed < 0 && why.kind == BK_GONE ? 0 : 1;
}

/* Folders that came since the last round, if any may have. */
static int add_folders(struct bk_backup_list *list, struct bk_err *err)
{
	struct bk_err why = {0};

	if (!list->missed)
		return 0;
	if (bk_backup_list_folders(list, &why) == 0)
		return scan_folders(list, true, err);
	if (!bk_kept_ends_the_run(why.kind))
		return 0;
	*err = why;
	return -1;
}

/* One round: new folders, if any may have come, and all that changed.  Only
 * when nothing did, no message can have passed between two listings. */
static int settle(struct bk_backup_list *list, struct bk_err *err)
{
	struct bk_backup_task **link = &list->first;

	if (add_folders(list, err) < 0)
		return -1;
	list->missed = false;
	list->changed = false;
	while (*link) {
		struct bk_backup_task *task = *link;
		int rc = bk_cancelled(err);
		if (rc == 0)
			rc = look_again(list, task, err);
		if (rc < 0)
			return -1;
		if (rc > 0) {
			link = &task->next;
			continue;
		}
		list->missed = true;
		*link = task->next;
		bk_backup_task_free(task);
	}
	return 0;
}

int bk_backup_list_messages(struct bk_backup_list *list, struct bk_err *err)
{
	if (scan_folders(list, false, err) < 0)
		return -1;
	if (!list->walk->store->ops->changed)
		return 0;
	for (int round = 0; round < ROUNDS_MAX; round++) {
		if (settle(list, err) < 0)
			return -1;
		if (!list->missed && !list->changed)
			return 0;
	}
	return 0;
}

/* The task of the same folder, taken out of a list. */
static struct bk_backup_task *take_same(struct bk_backup_task **tasks,
					const struct bk_backup_task *task)
{
	for (; *tasks; tasks = &(*tasks)->next) {
		struct bk_backup_task *same = *tasks;
		if (strcmp(same->folder.name, task->folder.name) != 0)
			continue;
		*tasks = same->next;
		same->next = NULL;
		return same;
	}
	return NULL;
}

static void put(struct bk_backup_task **tasks, struct bk_backup_task *task)
{
	task->next = *tasks;
	*tasks = task;
}

/* A folder as it was listed before and as it is listed now: which of the two
 * goes on.  A new one is not in the base, or what it was there is settled. */
static void pair(struct bk_backup_list *list, struct bk_backup_task **before,
		 struct bk_backup_task *task)
{
	struct bk_backup_task *was = take_same(before, task);

	if (!was) {
		task->base = NULL;
		put(&list->first, task);
		return;
	}
	bk_strays_mark(was, task);
	if (was->from_previous || !bk_backup_task_has_more(task, was)) {
		bk_backup_task_free(task);
		put(&list->back, was);
		return;
	}
	bk_strays_keep_read(task, was);
	task->base = was->base;
	task->folder_id = was->folder_id;
	bk_backup_task_take_over(task, was);
	bk_backup_task_free(was);
	put(&list->first, task);
}

int bk_backup_list_again(struct bk_backup_list *list, struct bk_err *err)
{
	struct bk_backup_task *before = list->back;
	struct bk_backup_task *now;
	struct bk_err why = {0};

	list->rounds++;
	list->gone = 0;
	list->missed = false;
	if (bk_backup_list_folders(list, &why) < 0) {
		if (!bk_kept_ends_the_run(why.kind))
			return 0;
		*err = why;
		return -1;
	}
	if (bk_backup_list_messages(list, err) < 0)
		return -1;
	now = list->first;
	list->first = NULL;
	list->back = NULL;
	while (now) {
		struct bk_backup_task *task = now;
		now = task->next;
		task->next = NULL;
		pair(list, &before, task);
	}
	while (before) {
		struct bk_backup_task *task = before;
		before = task->next;
		bk_strays_mark(task, NULL);
		put(&list->back, task);
	}
	return 0;
}

static void free_tasks(struct bk_backup_task *task)
{
	while (task) {
		struct bk_backup_task *next = task->next;
		bk_backup_task_free(task);
		task = next;
	}
}

void bk_backup_list_clear(struct bk_backup_list *list)
{
	free_tasks(list->first);
	free_tasks(list->back);
	list->first = NULL;
	list->back = NULL;
	bk_folder_list_clear(&list->folders);
	bk_names_clear(&list->kept);
	bk_names_clear(&list->untold);
	bk_name_table_clear(&list->denied);
}
