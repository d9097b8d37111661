/* A copy on a mail server: see restore_far.h. */

#include "job/restore_far.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "job/restore_digest.h"

#define NAME_TEXT 32
#define WHOLE_MAX ((size_t)4 << 20) /* larger messages are spooled */

/* ---- names ---- */

static const char *name_of(struct bk_arena *arena, uint32_t validity,
			   uint32_t uid)
{
	char name[NAME_TEXT];

	if (!validity || !uid)
		return "";
	(void)snprintf(name, sizeof(name), "V%uU%u", validity, uid);
	return bk_arena_strdup(arena, name);
}

/* The first one that the source cannot have given out. */
static uint32_t first_free(const struct bk_restore_folder *folder,
			   const struct bk_restore_into *into)
{
	const struct bk_row_list *rows = &folder->rows;
	uint32_t next = folder->want.uid_next;

	for (size_t i = 0; i < rows->n; i++)
		if (rows->items[i].msg.uid >= next)
			next = rows->items[i].msg.uid + 1;
	return next < UINT32_MAX / 2 ? next + into->uid_gap : next;
}

void bk_restore_far_names(struct bk_restore_folder *folder,
			  const struct bk_restore_into *into)
{
	uint32_t validity = folder->want.uid_validity;
	uint32_t next = first_free(folder, into);

	for (size_t i = 0; i < folder->rows.n; i++) {
		struct bk_message *msg = &folder->rows.items[i].msg;
		if (!msg->uid && validity && !into->follow->goes_on)
			msg->uid = next++;
		msg->name = name_of(&folder->rows.arena, validity, msg->uid);
	}
}

void bk_restore_far_name_present(struct bk_message_list *list,
				 uint32_t uid_validity)
{
	for (size_t i = 0; i < list->n; i++) {
		struct bk_message *msg = &list->items[i];
		msg->name = name_of(&list->arena, uid_validity, msg->uid);
	}
}

/* ---- what a message holds ---- */

int bk_restore_far_digest(const struct bk_restore_folder *folder,
			  struct bk_digester *digester, size_t present,
			  uint8_t digest[BK_DIGEST_LEN], struct bk_err *err)
{
	struct bk_store *store = folder->writer->store;
	struct bk_body body = BK_BODY(WHOLE_MAX);
	struct bk_buf copy = {0};
	struct bk_err why = {0};

	int rc = bk_cancelled(&why);
	if (rc == 0)
		rc = store->ops->fetch(
			store, folder->account, &folder->writer->folder,
			&folder->present.items[present], &body, &why);
	if (rc == 0)
		rc = bk_restore_digest(digester, &body, &copy, digest, &why);
	bk_body_clear(&body);
	bk_buf_clear(&copy);
	if (rc == 0)
		return 1;
	if (why.kind == BK_GONE || why.kind == BK_REFUSED)
		return 0;
	*err = why;
	return -1;
}

/* ---- anew ---- */

static bool has_strangers(const struct bk_restore_folder *folder)
{
	for (size_t i = 0; i < folder->present.n; i++)
		if (!folder->ours[i] &&
		    folder->match.row_of[i] == BK_MATCH_NONE)
			return true;
	return false;
}

/* Is one to come whose UID is past? */
static bool has_low(const struct bk_restore_folder *folder)
{
	uint32_t next = folder->writer->uid_next;

	for (size_t i = 0; i < folder->n_todo; i++) {
		uint32_t uid = folder->rows.items[folder->todo[i]].msg.uid;
		if (uid && uid < next)
			return true;
	}
	return false;
}

static bool must_be_new(const struct bk_restore_folder *folder,
			const struct bk_restore_into *into)
{
	const struct bk_restore_follow *follow = into->follow;

	if (!folder->want.uid_validity || folder->want.no_select ||
	    !into->store->ops->renew_folder)
		return false;
	if (follow->keeps || follow->live || has_strangers(folder))
		return false;
	return !folder->writer->keeps_uids || has_low(folder);
}

/* All that is there is ours. */
static int remove_all(struct bk_restore_folder *folder, struct bk_err *err)
{
	struct bk_folder_writer *writer = folder->writer;
	const struct bk_store_ops *ops = writer->store->ops;
	struct bk_folder_result result = {0};

	for (size_t i = 0; i < folder->present.n; i++)
		if (ops->remove(writer, &folder->present.items[i], err) < 0)
			return -1;
	folder->writer = NULL;
	return ops->finish(writer, &result, err);
}

/* As bk_restore_far_renew(). */
static int renew(struct bk_restore_folder *folder,
		 const struct bk_folder *listed, struct bk_err *err)
{
	struct bk_store *store = folder->writer->store;
	struct bk_err why = {0};

	int rc = store->ops->renew_folder(store, folder->account, listed, &why);
	if (rc < 0 && why.kind == BK_EXISTS) {
		why = (struct bk_err){0};
		rc = remove_all(folder, &why);
		if (rc == 0)
			rc = store->ops->renew_folder(store, folder->account,
						      listed, &why);
	}
	if (rc == 0)
		return BK_FAR_NEW;
	if (why.kind == BK_REFUSED)
		return folder->writer ? 0 : BK_FAR_EMPTY;
	*err = why;
	return -1;
}

/* As it was before it was opened. */
static void forget(struct bk_restore_folder *folder)
{
	if (folder->writer)
		folder->writer->store->ops->abort(folder->writer);
	folder->writer = NULL;
	bk_match_clear(&folder->match);
	bk_message_list_clear(&folder->present);
	free(folder->todo);
	free(folder->ours);
	folder->todo = NULL;
	folder->ours = NULL;
	folder->n_todo = 0;
}

int bk_restore_far_renew(struct bk_restore_folder *folder,
			 const struct bk_restore_into *into, struct bk_err *err)
{
	struct bk_store *store = into->store;
	struct bk_folder_list all = {0};
	int rc = 0;

	if (!must_be_new(folder, into))
		return 0;
	if (store->ops->folders(store, folder->account, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.n && rc == 0; i++)
		if (strcmp(all.items[i].name, folder->want.name) == 0)
			rc = renew(folder, &all.items[i], err);
	bk_folder_list_clear(&all);
	if (rc > 0)
		forget(folder);
	return rc;
}

/* ---- after that ---- */

static void let_wait(struct bk_restore_folder *folder)
{
	size_t n = 0;

	for (size_t i = 0; i < folder->n_todo; i++)
		if (folder->rows.items[folder->todo[i]].msg.uid)
			folder->todo[n++] = folder->todo[i];
	folder->waiting = folder->n_todo - n;
	folder->n_todo = n;
}

int bk_restore_far_check(struct bk_restore_folder *folder,
			 const struct bk_restore_into *into, bool renewed,
			 struct bk_err *err)
{
	if (renewed && !folder->writer->keeps_uids)
		return bk_fail(err, BK_REFUSED,
			       "the server does not let its UIDs be set: see "
			       "what doveadm, or the administrator, may do "
			       "there");
	if (folder->writer->keeps_uids && into->follow->goes_on)
		let_wait(folder);
	return 0;
}
