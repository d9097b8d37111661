/* Opening accounts and folders of a Maildir tree, beneath their roots. */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"
#include "store/maildir.h"

static int check_address(const struct bk_account *account, struct bk_err *err)
{
	if (bk_address_is_sound(account->address))
		return 0;
	return bk_fail(err, BK_REFUSED,
		       "the account's name holds control characters or is no "
		       "UTF-8: rename its folder");
}

int bk_maildir_root(struct bk_maildir *maildir,
		    const struct bk_account *account, struct bk_err *err)
{
	if (check_address(account, err) < 0)
		return -1;
	return bk_account_path_enter(maildir->mail, account->root, err);
}

static int enter_below(int root, struct bk_view raw, struct bk_err *err)
{
	char *path = bk_strndup((const char *)raw.data, raw.len);
	int fd = bk_path_open(root, path, O_PATH | O_DIRECTORY, 0, err);

	free(path);
	return fd;
}

int bk_maildir_folder(struct bk_maildir *maildir,
		      const struct bk_account *account, struct bk_view raw,
		      struct bk_err *err)
{
	int root = bk_maildir_root(maildir, account, err);

	if (root < 0)
		return -1;
	int fd = enter_below(root, raw, err);
	(void)close(root);
	return fd;
}

int bk_maildir_control_root(struct bk_maildir *maildir,
			    const struct bk_account *account,
			    struct bk_err *err)
{
	struct bk_arena arena = {0};
	int fd = -1;

	if (!maildir->control)
		return bk_maildir_root(maildir, account, err);
	const char *path = bk_account_path_expand(
		maildir->control, account->address, &arena, err);
	if (path)
		fd = bk_account_path_enter(maildir->control, path, err);
	bk_arena_clear(&arena);
	return fd;
}

/* Below CONTROL= and INDEX= the inbox has a folder of its own, ".INBOX" or
 * "INBOX". */
static struct bk_view raw_elsewhere(struct bk_maildir *maildir,
				    struct bk_view raw, int root)
{
	bool inbox = raw.len == 1 && raw.data[0] == '.';
	bool fs = maildir->layout == BK_LAYOUT_FS;
	struct bk_err none = {0};

	if (!inbox)
		return raw;
	if (maildir->layout == BK_LAYOUT_AUTO) {
		int fd = bk_path_open(root, "INBOX", O_PATH | O_DIRECTORY, 0,
				      &none);
		fs = fd >= 0;
		bk_path_close(&fd);
	}
	if (fs)
		return (struct bk_view){(const uint8_t *)"INBOX", 5};
	return (struct bk_view){(const uint8_t *)".INBOX", 6};
}

int bk_maildir_control(struct bk_maildir *maildir,
		       const struct bk_account *account, struct bk_view raw,
		       struct bk_err *err)
{
	int root = bk_maildir_control_root(maildir, account, err);

	if (root < 0)
		return -1;
	if (maildir->control)
		raw = raw_elsewhere(maildir, raw, root);
	int fd = enter_below(root, raw, err);
	(void)close(root);
	return fd;
}

int bk_maildir_open_part(int folder, const char *part, int *fd,
			 struct bk_err *err)
{
	struct bk_err why = {0};

	*fd = bk_path_open(folder, part, O_RDONLY | O_DIRECTORY, 0, &why);
	if (*fd >= 0 || why.kind == BK_GONE)
		return 0;
	*err = why;
	return -1;
}

static int open_parts(struct bk_maildir *maildir,
		      const struct bk_account *account,
		      const struct bk_folder *folder,
		      struct bk_maildir_dir *dir, struct bk_err *err)
{
	int fd = bk_maildir_folder(maildir, account, folder->raw, err);
	int rc = -1;

	dir->cur = dir->new = -1;
	if (fd < 0)
		return -1;
	if (bk_maildir_open_part(fd, "cur", &dir->cur, err) == 0 &&
	    bk_maildir_open_part(fd, "new", &dir->new, err) == 0)
		rc = 0;
	if (rc < 0)
		bk_path_close(&dir->cur);
	(void)close(fd);
	return rc;
}

static void vacate(struct bk_maildir_dir *dir)
{
	bk_path_close(&dir->cur);
	bk_path_close(&dir->new);
	free(dir->key);
	*dir = (struct bk_maildir_dir){.cur = -1, .new = -1};
}

/* One that is open already, or the one to be used for it: vacant, else the
 * one that was not used for longest.  NULL when all are in use. */
static struct bk_maildir_dir *choose(struct bk_maildir *maildir,
				     const char *key, uint64_t hash)
{
	struct bk_maildir_dir *best = NULL;

	for (size_t i = 0; i < BK_MAILDIR_DIRS; i++) {
		struct bk_maildir_dir *dir = &maildir->dirs[i];
		if (dir->key && dir->hash == hash && strcmp(dir->key, key) == 0)
			return dir;
		if (dir->users)
			continue;
		if (!best || (best->key &&
			      (!dir->key || dir->last_use < best->last_use)))
			best = dir;
	}
	return best;
}

static struct bk_maildir_dir *get_locked(struct bk_maildir *maildir,
					 const struct bk_account *account,
					 const struct bk_folder *folder,
					 const char *key, struct bk_err *err)
{
	uint64_t hash =
		bk_name_table_key(&maildir->hashes, key, strlen(key)).hash;
	struct bk_maildir_dir *dir = choose(maildir, key, hash);

	if (!dir) {
		bk_fail(err, BK_BUSY, "more than %d folders read at a time",
			BK_MAILDIR_DIRS);
		return NULL;
	}
	if (!dir->key || dir->hash != hash || strcmp(dir->key, key) != 0) {
		vacate(dir);
		if (open_parts(maildir, account, folder, dir, err) < 0)
			return NULL;
		dir->key = bk_strdup(key);
		dir->hash = hash;
	}
	dir->users++;
	dir->last_use = ++maildir->clock;
	return dir;
}

struct bk_maildir_dir *bk_maildir_dir_get(struct bk_maildir *maildir,
					  const struct bk_account *account,
					  const struct bk_folder *folder,
					  struct bk_err *err)
{
	char *key = bk_asprintf("%s\n%.*s", account->root, (int)folder->raw.len,
				(const char *)folder->raw.data);

	(void)pthread_mutex_lock(&maildir->lock);
	struct bk_maildir_dir *dir =
		get_locked(maildir, account, folder, key, err);
	(void)pthread_mutex_unlock(&maildir->lock);
	free(key);
	return dir;
}

void bk_maildir_dir_put(struct bk_maildir *maildir, struct bk_maildir_dir *dir)
{
	(void)pthread_mutex_lock(&maildir->lock);
	dir->users--;
	(void)pthread_mutex_unlock(&maildir->lock);
}

void bk_maildir_dirs_close(struct bk_maildir *maildir)
{
	for (size_t i = 0; i < BK_MAILDIR_DIRS; i++)
		vacate(&maildir->dirs[i]);
}
