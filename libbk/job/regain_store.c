/* Damaged messages in a mail store: see regain_store.h. */

#include "job/regain_store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/path.h"
#include "store/body.h"
#include "store/name_table.h"

#define WHOLE_MAX ((size_t)4 << 20) /* larger messages are spooled */

/* The messages of one account that are looked for. */
struct search {
	struct bk_regain *regain;
	struct bk_store *store;
	const char *where;
	const struct bk_account *account;
	struct bk_regain_message **wanted;
	size_t n, cap;
	struct bk_name_table names, sizes; /* to indexes of `wanted` */
};

/* ---- what a message is known by ---- */

/* A name stands for one message in all of an account, a UID in one folder. */
static struct bk_name_key name_key(struct bk_name_table *table,
				   const char *name, const char *folder,
				   uint32_t uid_validity, uint32_t uid)
{
	if (*name)
		return bk_name_table_key(table, name, strlen(name));
	char *text = bk_asprintf("%" PRIu32 "/%" PRIu32 "/%s", uid_validity,
				 uid, folder);
	struct bk_name_key key = bk_name_table_key(table, text, strlen(text));
	free(text);
	return key;
}

static struct bk_name_key size_key(struct bk_name_table *table, uint64_t size)
{
	return bk_name_table_key(table, &size, sizeof(size));
}

static void add_wanted(struct search *search, struct bk_regain_message *msg)
{
	search->wanted = bk_array_room(search->wanted, search->n, &search->cap,
				       sizeof(struct bk_regain_message *));
	bk_name_table_add(&search->names,
			  name_key(&search->names, msg->name, msg->folder,
				   msg->uid_validity, msg->uid),
			  (uint32_t)search->n);
	bk_name_table_add(&search->sizes, size_key(&search->sizes, msg->size),
			  (uint32_t)search->n);
	search->wanted[search->n++] = msg;
}

static bool lacks_any(const struct search *search)
{
	for (size_t i = 0; i < search->n; i++)
		if (bk_regain_lacks(search->regain, search->wanted[i]))
			return true;
	return false;
}

/* Is any that the table has under the key still looked for? */
static bool lacks(const struct search *search,
		  const struct bk_name_table *table, struct bk_name_key key)
{
	uint32_t i = 0;
	size_t at = 0;

	while (bk_name_table_next(table, key, &at, &i))
		if (bk_regain_lacks(search->regain, search->wanted[i]))
			return true;
	return false;
}

/* What has their name is not what they were. */
static void note(const struct search *search, struct bk_name_key key,
		 enum bk_regain_fate fate, const char *why)
{
	uint32_t i = 0;
	size_t at = 0;

	while (bk_name_table_next(&search->names, key, &at, &i))
		if (search->wanted[i]->fate == BK_REGAIN_ABSENT) {
			search->wanted[i]->fate = fate;
			search->wanted[i]->where = why;
		}
}

/* ---- reading ---- */

static bool concerns_one_message(enum bk_kind kind)
{
	return kind == BK_REFUSED || kind == BK_DENIED || kind == BK_FAILED ||
	       kind == BK_CORRUPT || kind == BK_GONE;
}

static int take(struct search *search, const struct bk_body *body,
		struct bk_err *err)
{
	uint8_t digest[BK_DIGEST_LEN];
	struct bk_body_bytes bytes;

	if (bk_body_map(&bytes, body, err) < 0)
		return -1;
	int rc = bk_regain_take(search->regain, bytes.view, search->where,
				digest, err);
	bk_body_unmap(&bytes);
	return rc;
}

static int read_message(struct search *search, const struct bk_folder *folder,
			struct bk_message *msg, struct bk_name_key key,
			struct bk_err *err)
{
	struct bk_body body = BK_BODY(WHOLE_MAX);
	struct bk_err why = {0};
	int rc = search->store->ops->fetch(search->store, search->account,
					   folder, msg, &body, &why);

	if (rc == 0) {
		rc = take(search, &body, err);
		note(search, key, BK_REGAIN_CHANGED, NULL);
	} else if (concerns_one_message(why.kind)) {
		if (why.kind != BK_GONE)
			note(search, key, BK_REGAIN_UNREAD,
			     bk_arena_strdup(&search->regain->arena, why.text));
		rc = 0;
	} else {
		*err = why;
	}
	bk_body_clear(&body);
	return rc;
}

/* Its size, where the listing did not tell. */
static uint64_t size_of(struct search *search, const struct bk_folder *folder,
			struct bk_message *msg)
{
	struct bk_err ignored = {0};

	if (!msg->size &&
	    search->store->ops->stat(search->store, search->account, folder,
				     msg, &ignored) < 0)
		return 0;
	return msg->size;
}

static int look_at(struct search *search, const struct bk_folder *folder,
		   struct bk_message *msg, struct bk_err *err)
{
	struct bk_name_key key =
		name_key(&search->names, msg->name, folder->name,
			 folder->uid_validity, msg->uid);

	if (bk_cancelled(err) < 0)
		return -1;
	if (!lacks(search, &search->names, key) &&
	    !lacks(search, &search->sizes,
		   size_key(&search->sizes, size_of(search, folder, msg))))
		return 0;
	return read_message(search, folder, msg, key, err);
}

static int search_folder(struct search *search, struct bk_folder *folder,
			 struct bk_err *err)
{
	struct bk_message_list list = {0};
	struct bk_err why = {0};
	int rc = search->store->ops->scan(search->store, search->account,
					  folder, &list, &why);

	if (rc < 0 && concerns_one_message(why.kind))
		rc = 0; /* then what is in it is not found */
	else if (rc < 0)
		*err = why;
	for (size_t i = 0; rc == 0 && i < list.n; i++)
		rc = look_at(search, folder, &list.items[i], err);
	bk_message_list_clear(&list);
	return rc;
}

static int search_account(struct search *search, struct bk_err *err)
{
	struct bk_folder_list folders = {0};
	struct bk_err why = {0};
	int rc = search->store->ops->folders(search->store, search->account,
					     &folders, &why);

	if (rc < 0 && concerns_one_message(why.kind))
		rc = 0;
	else if (rc < 0)
		*err = why;
	for (size_t i = 0; rc == 0 && i < folders.n && lacks_any(search); i++)
		if (!folders.items[i].no_select)
			rc = search_folder(search, &folders.items[i], err);
	bk_folder_list_clear(&folders);
	return rc;
}

/* ---- accounts ---- */

static int try_account(struct search *search, const char *name,
		       struct bk_err *err)
{
	struct bk_regain *regain = search->regain;

	for (size_t i = 0; i < regain->n_messages; i++) {
		struct bk_regain_message *msg = &regain->messages[i];
		if ((!name || strcmp(msg->store, name) == 0) &&
		    strcmp(msg->address, search->account->address) == 0 &&
		    bk_regain_lacks(regain, msg))
			add_wanted(search, msg);
	}
	int rc = search->n ? search_account(search, err) : 0;
	free(search->wanted);
	bk_name_table_clear(&search->names);
	bk_name_table_clear(&search->sizes);
	return rc;
}

int bk_regain_from_store(struct bk_regain *regain, struct bk_store *store,
			 const char *name, const char *where,
			 struct bk_err *err)
{
	struct bk_account_list accounts = {0};
	int rc = store->ops->accounts(store, &accounts, err);

	for (size_t i = 0;
	     rc == 0 && i < accounts.n && bk_regain_lacks_any(regain); i++) {
		struct search search = {
			.regain = regain,
			.store = store,
			.where = where,
			.account = &accounts.items[i],
		};
		rc = try_account(&search, name, err);
	}
	bk_account_list_clear(&accounts);
	return rc;
}
