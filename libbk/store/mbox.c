/* The mbox driver: opening a store and finding its accounts. */

#include "store/mbox.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "store/disk_limits.h"
#include "store/mbox_writer.h"
#include "store/store_owner.h"

static int find_patterns(struct bk_mbox *mbox,
			 const struct bk_store_config *config,
			 struct bk_err *err)
{
	if (!config->path)
		return bk_fail(err, BK_MISUSE, "an mbox store needs a path");
	if (bk_account_path_new(&mbox->mail, config->path, err) < 0)
		return bk_context(err, "path");
	bk_account_path_take_files(mbox->mail);
	if (!config->inbox)
		return 0;
	if (bk_account_path_new(&mbox->inbox, config->inbox, err) < 0)
		return bk_context(err, "inbox");
	bk_account_path_take_files(mbox->inbox);
	if (bk_account_path_is_many(mbox->mail) !=
	    bk_account_path_is_many(mbox->inbox))
		return bk_fail(err, BK_MISUSE,
			       "inbox: both path and inbox stand for many "
			       "accounts (%%u), or neither does");
	return 0;
}

static void close_mbox(struct bk_store *store)
{
	struct bk_mbox *mbox = bk_mbox_of(store);

	bk_mbox_moved_free(mbox->moved);
	bk_account_path_free(mbox->mail);
	bk_account_path_free(mbox->inbox);
	(void)pthread_mutex_destroy(&mbox->lock);
	(void)pthread_mutex_destroy(&mbox->making);
	free(mbox->where);
	free(mbox->only);
	free(mbox->made);
	free(mbox);
}

static int open_mbox(struct bk_store **out,
		     const struct bk_store_config *config, struct bk_err *err)
{
	struct bk_mbox *mbox = bk_alloc(sizeof(*mbox));
	const char *name = config->name ? config->name : config->path;

	mbox->store.ops = &bk_mbox_ops;
	mbox->where = bk_strdup(name ? name : "");
	mbox->store.where = mbox->where;
	mbox->writable = config->writable;
	mbox->uid = (uid_t)-1;
	mbox->gid = (gid_t)-1;
	(void)pthread_mutex_init(&mbox->lock, NULL);
	(void)pthread_mutex_init(&mbox->making, NULL);
	if (find_patterns(mbox, config, err) < 0 ||
	    bk_mbox_locks_parse(&mbox->locks, config->locks, err) < 0 ||
	    (config->owner &&
	     bk_store_owner(config->owner, &mbox->uid, &mbox->gid, err) < 0)) {
		close_mbox(&mbox->store);
		return bk_context(err, "store %s", name ? name : "mbox");
	}
	*out = &mbox->store;
	return 0;
}

/* ---- accounts ---- */

/* Is there mail, or something that may be looked at only by who can say so? */
static bool is_there(struct bk_mbox *mbox, const struct bk_account *account)
{
	struct bk_view raw = {(const uint8_t *)".", 1};
	struct bk_mbox_spot spot;
	struct bk_err why = {0};
	enum bk_mbox_form form;
	struct stat st;
	int root;

	if (bk_mbox_form(mbox, account->root, &form, &root, &why) < 0)
		return true;
	bk_path_close(&root);
	if (form != BK_MBOX_NOWHERE)
		return form == BK_MBOX_TREE || !mbox->inbox;
	if (!mbox->inbox || bk_mbox_find(mbox, account, raw, &spot, &why) < 0)
		return false;
	int rc = bk_mbox_spot_stat(&spot, &st, &why);
	bk_mbox_spot_clear(&spot);
	return rc != 0;
}

static void read_settings(struct bk_mbox *mbox, struct bk_arena *arena,
			  struct bk_account *account)
{
	struct bk_buf text = {0};
	struct bk_err why = {0};
	enum bk_mbox_form form;
	int root = -1;

	/* What cannot be read here fails where it matters: in folders(). */
	if (bk_mbox_form(mbox, account->root, &form, &root, &why) == 0 &&
	    root >= 0 &&
	    bk_path_read(root, ".subscriptions", BK_MBOX_SMALL_FILE, &text,
			 &why) == 0 &&
	    text.len) {
		account->settings =
			bk_arena_alloc(arena, sizeof(*account->settings));
		account->settings[0].name = BK_MBOX_SUBSCRIPTIONS;
		account->settings[0].value.data =
			bk_arena_memdup(arena, text.data, text.len);
		account->settings[0].value.len = text.len;
		account->n_settings = 1;
	}
	bk_buf_clear(&text);
	bk_path_close(&root);
}

static bool has_lock_name(const char *path)
{
	size_t len = strlen(path);

	return len > 5 && strcmp(path + len - 5, ".lock") == 0;
}

/* Those whose inbox alone is there, too: an account's root is where its mail
 * would be. */
static int walk_inboxes(struct bk_mbox *mbox, struct bk_account_list *out,
			struct bk_err *err)
{
	size_t known = out->n;

	if (bk_account_path_walk(mbox->inbox, out, err) < 0)
		return -1;
	size_t n = known;
	for (size_t i = known; i < out->n; i++) {
		struct bk_account one = out->items[i];
		struct bk_err why = {0};
		bool again = has_lock_name(one.root);
		for (size_t k = 0; k < known && !again; k++)
			again = strcmp(out->items[k].address, one.address) == 0;
		if (again)
			continue;
		one.root = bk_account_path_expand(mbox->mail, one.address,
						  &out->arena, &why);
		if (one.root)
			out->items[n++] = one;
	}
	out->n = n;
	return 0;
}

static int walk(struct bk_mbox *mbox, struct bk_account_list *out,
		struct bk_err *err)
{
	struct bk_err why = {0};
	size_t n = 0;
	int rc = bk_account_path_walk(mbox->mail, out, &why);

	if (rc < 0 && (why.kind != BK_GONE || !mbox->inbox)) {
		*err = why;
		return -1;
	}
	for (size_t i = 0; i < out->n; i++)
		if (!has_lock_name(out->items[i].root))
			out->items[n++] = out->items[i];
	out->n = n;
	if (!mbox->inbox)
		return 0;
	struct bk_err none = {0};
	if (walk_inboxes(mbox, out, &none) == 0)
		return 0;
	if (none.kind == BK_GONE && rc == 0)
		return 0;
	*err = none;
	return -1;
}

static int add_only_account(struct bk_mbox *mbox, struct bk_account_list *out,
			    struct bk_err *err)
{
	struct bk_err none = {0};
	struct bk_account *account = bk_account_list_add(out);

	account->root =
		bk_account_path_expand(mbox->mail, "", &out->arena, &none);
	account->address =
		bk_account_path_only_address(account->root, &out->arena);
	if (is_there(mbox, account)) {
		read_settings(mbox, &out->arena, account);
		return 0;
	}
	(void)bk_fail(err, BK_GONE, "%s: there is no such file or folder",
		      account->root);
	out->n = 0;
	return -1;
}

int bk_mbox_accounts(struct bk_store *store, struct bk_account_list *out,
		     struct bk_err *err)
{
	struct bk_mbox *mbox = bk_mbox_of(store);
	size_t n = 0;

	bk_account_list_clear(out);
	if (!bk_account_path_is_many(mbox->mail))
		return add_only_account(mbox, out, err);
	if (walk(mbox, out, err) < 0)
		return -1;
	for (size_t i = 0; i < out->n; i++)
		if (is_there(mbox, &out->items[i]))
			out->items[n++] = out->items[i];
	out->n = n;
	for (size_t i = 0; i < n; i++)
		read_settings(mbox, &out->arena, &out->items[i]);
	bk_account_list_sort(out);
	return 0;
}

int bk_mbox_find_account(struct bk_store *store, const char *address,
			 struct bk_arena *arena, struct bk_account *out,
			 struct bk_err *err)
{
	struct bk_mbox *mbox = bk_mbox_of(store);

	if (bk_mbox_name_account(mbox, address, arena, out, err) < 0)
		return -1;
	if (!is_there(mbox, out))
		return bk_fail(err, BK_GONE, "account %s: %s is not there",
			       address, out->root);
	return 0;
}

const struct bk_store_ops bk_mbox_ops = {
	.type = "mbox",
	.parallel_fetch = true,
	.open = open_mbox,
	.close = close_mbox,
	.accounts = bk_mbox_accounts,
	.folders = bk_mbox_folders,
	.scan = bk_mbox_scan,
	.changed = bk_mbox_changed,
	.fetch = bk_mbox_fetch,
	.stat = bk_mbox_stat,
	.find_account = bk_mbox_find_account,
	.limits = bk_store_disk_limits,
	.create_account = bk_mbox_create_account,
	.begin = bk_mbox_begin,
	.present = bk_mbox_present,
	.append = bk_mbox_append,
	.keep = bk_mbox_keep,
	.drop = bk_mbox_drop,
	.loses = bk_mbox_loses,
	.remove = bk_mbox_remove,
	.set_flags = bk_mbox_set_flags,
	.finish = bk_mbox_finish,
	.abort = bk_mbox_abort,
	.finish_account = bk_mbox_finish_account,
	.sync = bk_mbox_sync,
};
