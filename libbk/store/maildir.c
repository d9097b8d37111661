/* The Maildir driver: opening a store and finding its accounts. */

#include "store/maildir_known.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"
#include "store/disk_limits.h"
#include "store/store_owner.h"

static int find_patterns(struct bk_maildir *maildir,
			 const struct bk_store_config *config,
			 struct bk_err *err)
{
	if (!config->path)
		return bk_fail(err, BK_MISUSE, "a Maildir store needs a path");
	if (bk_account_path_new(&maildir->mail, config->path, err) < 0)
		return bk_context(err, "path");
	if (config->control &&
	    bk_account_path_new(&maildir->control, config->control, err) < 0)
		return bk_context(err, "control");
	if (config->index &&
	    bk_account_path_new(&maildir->index, config->index, err) < 0)
		return bk_context(err, "index");
	return 0;
}

static void close_maildir(struct bk_store *store)
{
	struct bk_maildir *maildir = bk_maildir_of(store);

	bk_maildir_known_forget(maildir, NULL);
	bk_maildir_dirs_close(maildir);
	bk_maildir_disks_clear(&maildir->disks);
	bk_whereabouts_free(maildir->whereabouts);
	bk_account_path_free(maildir->mail);
	bk_account_path_free(maildir->control);
	bk_account_path_free(maildir->index);
	(void)pthread_mutex_destroy(&maildir->lock);
	(void)pthread_mutex_destroy(&maildir->where_lock);
	(void)pthread_mutex_destroy(&maildir->making);
	free(maildir->where);
	free(maildir->only);
	free(maildir);
}

static int open_maildir(struct bk_store **out,
			const struct bk_store_config *config,
			struct bk_err *err)
{
	struct bk_maildir *maildir = bk_alloc(sizeof(*maildir));
	const char *name = config->name ? config->name : config->path;

	maildir->store.ops = &bk_maildir_ops;
	maildir->where = bk_strdup(name ? name : "");
	maildir->store.where = maildir->where;
	maildir->writable = config->writable;
	maildir->follows = config->follows;
	maildir->live = config->live;
	maildir->uid = (uid_t)-1;
	maildir->gid = (gid_t)-1;
	bk_maildir_disks_init(&maildir->disks);
	(void)pthread_mutex_init(&maildir->lock, NULL);
	(void)pthread_mutex_init(&maildir->where_lock, NULL);
	(void)pthread_mutex_init(&maildir->making, NULL);
	for (size_t i = 0; i < BK_MAILDIR_DIRS; i++)
		maildir->dirs[i].cur = maildir->dirs[i].new = -1;
	if (find_patterns(maildir, config, err) < 0 ||
	    bk_layout_parse(config->layout, &maildir->layout, err) < 0 ||
	    (config->owner && bk_store_owner(config->owner, &maildir->uid,
					     &maildir->gid, err) < 0)) {
		close_maildir(&maildir->store);
		return bk_context(err, "store %s", name ? name : "maildir");
	}
	*out = &maildir->store;
	return 0;
}

/* Is there a Maildir, or something that may be looked at only by who can say
 * so?  Between the walk and now it may have gone: that is no account either. */
static bool is_account(struct bk_maildir *maildir,
		       const struct bk_account *account)
{
	static const char *const signs[] = {"cur",
					    "new",
					    "dovecot-uidlist",
					    "subscriptions",
					    "courierimapsubscribed",
					    ".INBOX"};
	struct bk_err why = {0};
	bool found = false;
	int root = bk_maildir_root(maildir, account, &why);

	if (root < 0)
		return why.kind != BK_GONE;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		found |= faccessat(root, signs[i], F_OK, AT_EACCESS) == 0 ||
			 errno == EACCES;
	(void)close(root);
	return found;
}

static void add_setting(struct bk_account_list *list,
			struct bk_account *account, const char *name,
			struct bk_view value)
{
	struct bk_property *settings = bk_arena_alloc(
		&list->arena, (account->n_settings + 1) * sizeof(*settings));

	if (account->n_settings)
		memcpy(settings, account->settings,
		       account->n_settings * sizeof(*settings));
	settings[account->n_settings].name = name;
	settings[account->n_settings].value.data =
		bk_arena_memdup(&list->arena, value.data, value.len);
	settings[account->n_settings++].value.len = value.len;
	account->settings = settings;
}

/* What cannot be read here fails where it matters: in folders(). */
static void read_settings(struct bk_maildir *maildir,
			  struct bk_account_list *list,
			  struct bk_account *account)
{
	struct bk_buf text = {0};
	struct bk_err why = {0};
	struct bk_view line;
	int dir = bk_maildir_control_root(maildir, account, &why);

	if (dir < 0)
		return;
	if (bk_path_read(dir, "subscriptions", BK_MAILDIR_SMALL_FILE, &text,
			 &why) == 0 &&
	    text.len)
		add_setting(list, account, BK_MAILDIR_SUBSCRIPTIONS,
			    bk_buf_view(&text));
	if (bk_path_read(dir, "maildirsize", BK_MAILDIR_SMALL_FILE, &text,
			 &why) == 0) {
		struct bk_view rest = bk_buf_view(&text);
		if (bk_line_next(&rest, &line) && line.len)
			add_setting(list, account, BK_MAILDIR_QUOTA, line);
	}
	bk_buf_clear(&text);
	(void)close(dir);
}

static int add_only_account(struct bk_maildir *maildir,
			    struct bk_account_list *out, struct bk_err *err)
{
	struct bk_err none = {0};
	struct bk_account *account = bk_account_list_add(out);

	account->address = "";
	account->root =
		bk_account_path_expand(maildir->mail, "", &out->arena, &none);
	account->address =
		bk_account_path_only_address(account->root, &out->arena);
	int root = bk_account_path_enter(maildir->mail, account->root, err);
	if (root < 0) {
		out->n--;
		return -1;
	}
	(void)close(root);
	read_settings(maildir, out, account);
	return 0;
}

int bk_maildir_accounts(struct bk_store *store, struct bk_account_list *out,
			struct bk_err *err)
{
	struct bk_maildir *maildir = bk_maildir_of(store);
	size_t n = 0;

	bk_account_list_clear(out);
	if (!bk_account_path_is_many(maildir->mail))
		return add_only_account(maildir, out, err);
	if (bk_account_path_walk(maildir->mail, out, err) < 0)
		return -1;
	for (size_t i = 0; i < out->n; i++)
		if (is_account(maildir, &out->items[i]))
			out->items[n++] = out->items[i];
	out->n = n;
	for (size_t i = 0; i < n; i++)
		read_settings(maildir, out, &out->items[i]);
	bk_account_list_sort(out);
	return 0;
}

const struct bk_store_ops bk_maildir_ops = {
	.type = "maildir",
	.parallel_fetch = true,
	.parallel_making = true,
	.open = open_maildir,
	.close = close_maildir,
	.accounts = bk_maildir_accounts,
	.folders = bk_maildir_folders,
	.scan = bk_maildir_scan,
	.changed = bk_maildir_changed,
	.fetch = bk_maildir_fetch,
	.stat = bk_maildir_stat,
	.find_account = bk_maildir_find_account,
	.limits = bk_store_disk_limits,
	.create_account = bk_maildir_create_account,
	.begin = bk_maildir_begin,
	.present = bk_maildir_present,
	.append = bk_maildir_append,
	.keep = bk_maildir_keep,
	.drop = bk_maildir_drop,
	.flush = bk_maildir_flush,
	.remove = bk_maildir_remove,
	.set_flags = bk_maildir_set_flags,
	.set_date = bk_maildir_set_date,
	.finish = bk_maildir_finish,
	.abort = bk_maildir_abort,
	.rename_folder = bk_maildir_rename_folder,
	.delete_folder = bk_maildir_delete_folder,
	.finish_account = bk_maildir_finish_account,
	.sync = bk_maildir_sync,
};
