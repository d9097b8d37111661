/* Folders of a Maildir that get another name, or go: see store.h. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/path.h"
#include "store/dents.h"
#include "store/maildir_known.h"

/* Where a folder is: its mail, its list of UIDs, its index. */
struct places {
	struct bk_arena arena;
	int root;
	int others[2]; /* -1: beside the mail */
};

static void close_places(struct places *places)
{
	bk_path_close(&places->root);
	bk_path_close(&places->others[0]);
	bk_path_close(&places->others[1]);
	bk_arena_clear(&places->arena);
}

/* A place that is not there yet has nothing of the folder. */
static int open_other(const struct bk_account_path *where,
		      const struct bk_account *account, struct bk_arena *arena,
		      int *out, struct bk_err *err)
{
	struct bk_err why = {0};

	if (!where)
		return 0;
	const char *path =
		bk_account_path_expand(where, account->address, arena, &why);
	if (path)
		*out = bk_account_path_enter(where, path, &why);
	if (*out >= 0 || why.kind == BK_GONE)
		return 0;
	*err = why;
	return -1;
}

static int open_places(struct bk_maildir *maildir,
		       const struct bk_account *account, struct places *places,
		       struct bk_err *err)
{
	*places = (struct places){
		.root = -1, .others = {-1, -1}
        };
	places->root = bk_maildir_root(maildir, account, err);
	if (places->root < 0 ||
	    open_other(maildir->control, account, &places->arena,
		       &places->others[0], err) < 0)
		return -1;
	return open_other(maildir->index, account, &places->arena,
			  &places->others[1], err);
}

/* What was read of it under its name is so no longer. */
static void forget(struct bk_maildir *maildir, const struct bk_account *account,
		   struct bk_view raw)
{
	(void)pthread_mutex_lock(&maildir->lock);
	bk_maildir_dirs_close(maildir);
	(void)pthread_mutex_unlock(&maildir->lock);
	bk_maildir_forget(maildir, account, raw);
	bk_maildir_known_forget(maildir, account->root);
}

static int check(const struct bk_maildir *maildir,
		 const struct bk_folder *folder, struct bk_err *err)
{
	if (!maildir->writable)
		return bk_fail(err, BK_MISUSE, "the store is open for reading");
	if (folder->raw.len < 2 || folder->raw.data[0] != '.')
		return bk_fail(err, BK_REFUSED,
			       "folder %s: only a folder of Maildir++ has its "
			       "name to itself",
			       folder->name);
	return 0;
}

/* ---- another name ---- */

/* The mail last: until then the folder is the one that it was. */
static int rename_all(const struct places *places, const char *from,
		      const char *to, struct bk_err *err)
{
	for (size_t i = 0; i < 2; i++) {
		int dir = places->others[i];
		struct bk_err why = {0};
		if (dir < 0 || bk_file_move(dir, from, dir, to, &why) == 0 ||
		    why.kind == BK_GONE)
			continue;
		*err = why;
		return -1;
	}
	bk_fault("store: a folder's list has its new name");
	return bk_file_move(places->root, from, places->root, to, err);
}

int bk_maildir_rename_folder(struct bk_store *store,
			     const struct bk_account *account,
			     const struct bk_folder *from, const char *to,
			     struct bk_err *err)
{
	struct bk_maildir *maildir = bk_maildir_of(store);
	struct bk_buf name = {0};
	struct places places;
	int rc = -1;

	if (check(maildir, from, err) < 0)
		return bk_context(err, "folder %s", from->name);
	char *raw = bk_strndup((const char *)from->raw.data, from->raw.len);
	if (open_places(maildir, account, &places, err) == 0 &&
	    bk_folder_name_encode(to, BK_LAYOUT_MAILDIRPP,
				  bk_folder_name_is_utf8(from->raw), &name,
				  err) == 0 &&
	    bk_maildir_disk_use(maildir, places.root, err) == 0)
		rc = rename_all(&places, raw, bk_buf_text(&name), err);
	if (rc == 0)
		rc = bk_maildir_unsubscribe(maildir, account, raw + 1, err);
	forget(maildir, account, from->raw);
	close_places(&places);
	bk_buf_clear(&name);
	free(raw);
	return rc < 0 ? bk_context(err, "folder %s", from->name) : 0;
}

/* ---- it goes ---- */

static int empty_dir(int parent, const char *name, struct bk_err *err)
{
	struct bk_err why = {0};
	struct bk_dents dents;
	struct bk_dent entry;
	int rc = 0;

	int dir = bk_path_open(parent, name, O_RDONLY | O_DIRECTORY, 0, &why);
	if (dir < 0 && why.kind == BK_GONE)
		return 0;
	if (dir < 0) {
		*err = why;
		return -1;
	}
	rc = bk_dents_open(&dents, dir, err);
	while (rc == 0 && (rc = bk_dents_next(&dents, &entry, err)) > 0) {
		rc = 0;
		if (unlinkat(dir, entry.name, 0) < 0 && errno != EISDIR &&
		    errno != EPERM && errno != ENOENT)
			rc = bk_fail_errno(err, "remove %s", entry.name);
	}
	bk_dents_close(&dents);
	(void)close(dir);
	return rc;
}

/* Messages and what a server keeps beside them; folders in it stay, and so
 * does what they are in. */
static int remove_dir(int root, const char *raw, struct bk_err *err)
{
	static const char *const parts[] = {"cur", "new", "tmp",
					    "courierimapkeywords"};
	struct bk_err why = {0};
	int rc = 0;

	int dir = bk_path_open(root, raw, O_PATH | O_DIRECTORY, 0, &why);
	if (dir < 0) {
		if (why.kind == BK_GONE)
			return 0;
		*err = why;
		return -1;
	}
	for (size_t i = 0; i < 4 && rc == 0; i++) {
		rc = empty_dir(dir, parts[i], err);
		if (rc == 0)
			(void)unlinkat(dir, parts[i], AT_REMOVEDIR);
		bk_fault("store: a part of a folder is removed");
	}
	if (rc == 0)
		rc = empty_dir(dir, ".", err);
	(void)close(dir);
	if (rc == 0 && unlinkat(root, raw, AT_REMOVEDIR) < 0 && errno != ENOENT)
		rc = bk_fail_errno(err, "remove %s", raw);
	return rc;
}

int bk_maildir_delete_folder(struct bk_store *store,
			     const struct bk_account *account,
			     const struct bk_folder *folder, struct bk_err *err)
{
	struct bk_maildir *maildir = bk_maildir_of(store);
	struct places places;

	if (check(maildir, folder, err) < 0)
		return bk_context(err, "folder %s", folder->name);
	char *raw = bk_strndup((const char *)folder->raw.data, folder->raw.len);
	int rc = open_places(maildir, account, &places, err);
	if (rc == 0)
		rc = bk_maildir_disk_use(maildir, places.root, err);
	if (rc == 0)
		rc = remove_dir(places.root, raw, err);
	for (size_t i = 0; i < 2 && rc == 0; i++)
		if (places.others[i] >= 0)
			rc = remove_dir(places.others[i], raw, err);
	if (rc == 0)
		rc = bk_maildir_unsubscribe(maildir, account, raw + 1, err);
	forget(maildir, account, folder->raw);
	close_places(&places);
	free(raw);
	return rc < 0 ? bk_context(err, "folder %s", folder->name) : 0;
}
