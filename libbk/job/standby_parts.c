/* Folders that get another name, or go: see standby_parts.h. */

#include "job/standby_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fault.h"
#include "job/standby_far.h"

void bk_standby_tell_strays(struct bk_standby_copy *copy,
			    const struct bk_standby_folder *folder,
			    uint64_t strays)
{
	char *text = bk_asprintf(
		"%s: %s: %ju messages here are none that bk brought; they "
		"stay. A standby should take no mail: see which program "
		"delivers to it",
		folder->account, folder->name, (uintmax_t)strays);

	bk_progress_warning(copy->progress, text);
	free(text);
}

/* The folder as the store has it. */
struct place {
	struct bk_arena arena;
	struct bk_account account;
	struct bk_folder_list folders;
	struct bk_folder *folder; /* NULL: it is not there */
};

static void close_place(struct place *place)
{
	bk_folder_list_clear(&place->folders);
	bk_arena_clear(&place->arena);
}

static struct bk_folder *find(struct bk_folder_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	return NULL;
}

static int open_place(struct place *place, struct bk_store *store,
		      const struct bk_standby_folder *folder,
		      struct bk_err *err)
{
	struct bk_err why = {0};

	*place = (struct place){0};
	if (store->ops->find_account(store, folder->account, &place->arena,
				     &place->account, &why) == 0 &&
	    store->ops->folders(store, &place->account, &place->folders,
				&why) == 0) {
		place->folder = find(&place->folders, folder->name);
		return 0;
	}
	if (why.kind == BK_GONE ||
	    bk_standby_far_lacks(store, folder->account, &why))
		return 0;
	*err = why;
	return -1;
}

/* ---- another name ---- */

static int move_roll(struct bk_standby_copy *copy,
		     const struct bk_standby_folder *was,
		     const struct bk_standby_folder *now, struct bk_err *err)
{
	struct bk_standby_roll roll = {0};

	int rc = bk_standby_roll_read(&roll, copy->state, was->account,
				      was->name, err);
	if (rc == 0 && roll.n)
		rc = bk_standby_roll_write(&roll, copy->state, now->account,
					   now->name, err);
	bk_standby_roll_clear(&roll);
	return rc;
}

/* 1; 0: it cannot have that name. */
static int rename_there(struct place *place, struct bk_store *store,
			const char *name, struct bk_err *err)
{
	struct bk_err why = {0};

	if (!place->folder)
		return find(&place->folders, name) != NULL;
	if (store->ops->rename_folder(store, &place->account, place->folder,
				      name, &why) == 0)
		return 1;
	if (why.kind == BK_REFUSED || why.kind == BK_EXISTS ||
	    why.kind == BK_GONE)
		return 0;
	*err = why;
	return -1;
}

int bk_standby_rename(struct bk_standby_copy *copy, struct bk_store *store,
		      struct bk_standby_folder *was,
		      const struct bk_standby_folder *now, struct bk_err *err)
{
	struct place place;

	int rc = open_place(&place, store, was, err);
	if (rc == 0)
		rc = move_roll(copy, was, now, err);
	if (rc == 0)
		rc = rename_there(&place, store, now->name, err);
	bk_fault("standby: folder renamed");
	if (rc > 0) {
		bk_standby_roll_remove(copy->state, was->account, was->name);
		was->dropped = true;
	}
	close_place(&place);
	return rc < 0 ? bk_context(err, "%s: %s", was->account, was->name) : rc;
}

/* ---- it goes ---- */

/* Of each; the caller's to free.  NULL: it failed. */
static bool *find_ours(struct bk_standby_copy *copy, const struct place *place,
		       const struct bk_standby_roll *roll,
		       struct bk_folder_writer *writer,
		       struct bk_message_list *list, struct bk_err *err)
{
	if (copy->far)
		return bk_standby_far_ours(copy, roll, &place->account, writer,
					   list, err);
	bool *ours = bk_alloc(list->n + 1);
	for (size_t i = 0; i < list->n; i++)
		ours[i] = bk_standby_roll_has(roll, list->items[i].name);
	return ours;
}

static int remove_ours(struct bk_standby_copy *copy, struct place *place,
		       struct bk_store *store,
		       const struct bk_standby_roll *roll, uint64_t *others,
		       struct bk_err *err)
{
	const struct bk_store_ops *ops = store->ops;
	struct bk_folder_result result = {0};
	struct bk_folder_writer *writer = NULL;
	struct bk_message_list list = {0};
	struct bk_folder want = *place->folder;

	want.arena = (struct bk_arena){0};
	want.follows = true;
	want.keeps = true; /* it may stay, with its rights */
	want.subscribed = false;
	want.unsubscribe = true;
	*others = 0;
	if (ops->begin(store, &place->account, &want, 0, &writer, err) < 0)
		return -1;
	int rc = ops->present(writer, &list, err);
	bool *ours = NULL;
	if (rc == 0)
		ours = find_ours(copy, place, roll, writer, &list, err);
	if (!ours)
		rc = -1;
	for (size_t i = 0; i < list.n && rc == 0; i++) {
		if (ours[i])
			rc = ops->remove(writer, &list.items[i], err);
		else
			(*others)++;
	}
	bk_message_list_clear(&list);
	free(ours);
	if (rc < 0) {
		ops->abort(writer);
		return -1;
	}
	return ops->finish(writer, &result, err);
}

/* What a store cannot remove stays, empty: an inbox, a level of others. */
static int remove_folder(struct place *place, struct bk_store *store,
			 struct bk_err *err)
{
	struct bk_err why = {0};

	if (store->ops->delete_folder(store, &place->account, place->folder,
				      &why) == 0 ||
	    why.kind == BK_REFUSED || why.kind == BK_GONE)
		return 0;
	*err = why;
	return -1;
}

static int remove_there(struct bk_standby_copy *copy, struct place *place,
			struct bk_store *store, uint64_t *others,
			struct bk_err *err)
{
	const char *account = place->account.address;
	struct bk_standby_roll roll = {0};

	*others = 0;
	int rc = bk_standby_roll_read(&roll, copy->state, account,
				      place->folder->name, err);
	if (rc == 0 && !place->folder->no_select)
		rc = remove_ours(copy, place, store, &roll, others, err);
	bk_fault("standby: folder emptied");
	if (rc == 0 && !*others)
		rc = remove_folder(place, store, err);
	bk_standby_roll_clear(&roll);
	return rc;
}

int bk_standby_remove(struct bk_standby_copy *copy, struct bk_store *store,
		      struct bk_standby_folder *folder, bool stays_subscribed,
		      struct bk_err *err)
{
	struct place place;
	uint64_t others = 0;

	int rc = open_place(&place, store, folder, err);
	if (rc == 0 && place.folder && stays_subscribed)
		place.folder->subscribed = false;
	if (rc == 0 && place.folder)
		rc = remove_there(copy, &place, store, &others, err);
	close_place(&place);
	if (rc < 0)
		return bk_context(err, "%s: %s", folder->account, folder->name);
	if (others && others != folder->strays)
		bk_standby_tell_strays(copy, folder, others);
	folder->strays = others;
	folder->exact = false;
	if (others)
		return 0;
	bk_standby_roll_remove(copy->state, folder->account, folder->name);
	folder->dropped = true;
	return 1;
}

int bk_standby_settle(struct bk_standby_copy *copy, struct bk_store *store,
		      const char *account, struct bk_err *err)
{
	const struct bk_set_account *from =
		bk_set_account_find(copy->set, account);
	struct bk_arena arena = {0};
	struct bk_account here;

	if (!from || copy->far)
		return 0;
	int rc = store->ops->find_account(store, account, &arena, &here, err);
	if (rc == 0)
		rc = store->ops->finish_account(store, &here,
						from->account.settings,
						from->account.n_settings, err);
	bk_arena_clear(&arena);
	return rc;
}
