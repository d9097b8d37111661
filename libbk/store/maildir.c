/* The Maildir driver: opening a store and finding its accounts. */

#include "store/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"

static int find_owner(struct bk_maildir *maildir, const char *owner,
		      struct bk_err *err)
{
	char *user = bk_strndup(owner, strcspn(owner, ":"));
	const char *group = strchr(owner, ':');
	struct passwd *pw = getpwnam(user);
	struct group *gr = group ? getgrnam(group + 1) : NULL;
	int rc = 0;

	if (!pw)
		rc = bk_fail(err, BK_MISUSE, "owner: no user '%s'", user);
	else if (group && !gr)
		rc = bk_fail(err, BK_MISUSE, "owner: no group '%s'", group + 1);
	free(user);
	if (rc < 0)
		return -1;
	maildir->uid = pw->pw_uid;
	maildir->gid = gr ? gr->gr_gid : pw->pw_gid;
	return 0;
}

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

	bk_maildir_dirs_close(maildir);
	bk_whereabouts_free(maildir->whereabouts);
	bk_account_path_free(maildir->mail);
	bk_account_path_free(maildir->control);
	bk_account_path_free(maildir->index);
	(void)pthread_mutex_destroy(&maildir->lock);
	(void)pthread_mutex_destroy(&maildir->where_lock);
	free(maildir->where);
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
	maildir->uid = (uid_t)-1;
	maildir->gid = (gid_t)-1;
	(void)pthread_mutex_init(&maildir->lock, NULL);
	(void)pthread_mutex_init(&maildir->where_lock, NULL);
	for (size_t i = 0; i < BK_MAILDIR_DIRS; i++)
		maildir->dirs[i].cur = maildir->dirs[i].new = -1;
	if (find_patterns(maildir, config, err) < 0 ||
	    bk_layout_parse(config->layout, &maildir->layout, err) < 0 ||
	    (config->owner && find_owner(maildir, config->owner, err) < 0)) {
		close_maildir(&maildir->store);
		return bk_context(err, "store %s", name ? name : "maildir");
	}
	*out = &maildir->store;
	return 0;
}

/* The name of the only account of a path without variables: its last level,
 * or the one before where that says nothing. */
static const char *only_address(const char *path, struct bk_arena *arena)
{
	static const char *const plain[] = {"Maildir", ".maildir", "mail", "."};
	const char *end = path + strlen(path);
	const char *name = path;
	size_t len = 0;

	for (int level = 0; level < 2; level++) {
		while (end > path && end[-1] == '/')
			end--;
		for (name = end; name > path && name[-1] != '/';)
			name--;
		len = (size_t)(end - name);
		bool says_nothing = false;
		for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
			says_nothing |= strlen(plain[i]) == len &&
					strncasecmp(name, plain[i], len) == 0;
		if (!says_nothing)
			break;
		end = name;
	}
	return len ? bk_arena_strndup(arena, name, len)
		   : bk_arena_strdup(arena, "mail");
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

static int add_only_account(struct bk_maildir *maildir,
			    struct bk_account_list *out, struct bk_err *err)
{
	struct bk_err none = {0};
	struct bk_account *account = bk_account_list_add(out);

	account->address = "";
	account->root =
		bk_account_path_expand(maildir->mail, "", &out->arena, &none);
	account->address = only_address(account->root, &out->arena);
	int root = bk_account_path_enter(maildir->mail, account->root, err);
	if (root < 0) {
		out->n--;
		return -1;
	}
	(void)close(root);
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
	bk_account_list_sort(out);
	return 0;
}

const struct bk_store_ops bk_maildir_ops = {
	.type = "maildir",
	.parallel_fetch = true,
	.open = open_maildir,
	.close = close_maildir,
	.accounts = bk_maildir_accounts,
	.folders = bk_maildir_folders,
	.scan = bk_maildir_scan,
	.changed = bk_maildir_changed,
	.fetch = bk_maildir_fetch,
	.stat = bk_maildir_stat,
};
