/* Making accounts and folders of a Maildir tree. */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"
#include "store/maildir_writer.h"

static const char *const parts[] = {"cur", "new", "tmp"};

int bk_maildir_ownership(struct bk_maildir *maildir, int root,
			 struct bk_file_owner *file, mode_t *dir_mode,
			 struct bk_err *err)
{
	struct stat st;

	if (fstat(root, &st) < 0)
		return bk_fail_errno(err, "stat");
	file->mode = (st.st_mode & 0666) | 0600;
	*dir_mode = (st.st_mode & 02777) | 0700;
	file->uid = file->gid = (uid_t)-1;
	/* Who is not root writes as himself: there is nothing to choose. */
	if (geteuid() == 0) {
		bool own = maildir->uid != (uid_t)-1;
		file->uid = own ? maildir->uid : st.st_uid;
		file->gid = own ? maildir->gid : st.st_gid;
	}
	return 0;
}

/* ---- accounts ---- */

/* As whoever owns the nearest folder above; a mail root that only root may
 * enter would be of no use to a server that is somebody else. */
static int make_root(struct bk_maildir *maildir, const char *path,
		     struct bk_err *err)
{
	struct bk_account_path_owner owner = {0700, maildir->uid, maildir->gid};

	if (geteuid() != 0)
		owner.uid = owner.gid = (uid_t)-1;
	else if (owner.uid == (uid_t)-1 &&
		 bk_account_path_nearest_owner(path, &owner.uid, &owner.gid,
					       err) < 0)
		return -1;
	return bk_account_path_make(maildir->mail, path, owner, err);
}

int bk_maildir_make_parts(struct bk_maildir *maildir, int dir,
			  struct bk_err *err)
{
	struct bk_file_owner file = {0};
	mode_t mode = 0;

	if (bk_maildir_ownership(maildir, dir, &file, &mode, err) < 0)
		return -1;
	for (size_t i = 0; i < 3; i++) {
		struct stat st;
		if (fstatat(dir, parts[i], &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISDIR(st.st_mode) &&
		    (st.st_uid != 0 || file.uid == (uid_t)-1 || !file.uid))
			continue;
		int fd = bk_path_make(dir, parts[i], mode, file.uid, file.gid,
				      err);
		if (fd < 0)
			return -1;
		(void)close(fd);
	}
	return 0;
}

static int take_only_address(struct bk_maildir *maildir, const char *address,
			     struct bk_err *err)
{
	if (bk_account_path_is_many(maildir->mail))
		return 0;
	if (!maildir->only)
		maildir->only = bk_strdup(address);
	if (strcmp(maildir->only, address) == 0)
		return 0;
	return bk_fail(err, BK_REFUSED,
		       "%s holds one account, and is %s already; a path with "
		       "%%d and %%n in it holds many",
		       maildir->where, maildir->only);
}

static int name_account(struct bk_maildir *maildir, const char *address,
			struct bk_arena *arena, struct bk_account *out,
			struct bk_err *err)
{
	if (take_only_address(maildir, address, err) < 0)
		return -1;
	*out = (struct bk_account){0};
	out->address = bk_arena_strdup(arena, address);
	out->root = bk_account_path_expand(maildir->mail, address, arena, err);
	return out->root ? 0 : -1;
}

int bk_maildir_find_account(struct bk_store *store, const char *address,
			    struct bk_arena *arena, struct bk_account *out,
			    struct bk_err *err)
{
	struct bk_maildir *maildir = bk_maildir_of(store);

	if (name_account(maildir, address, arena, out, err) < 0)
		return -1;
	int root = bk_maildir_root(maildir, out, err);
	if (root < 0)
		return bk_context(err, "account %s", address);
	(void)close(root);
	return 0;
}

int bk_maildir_create_account(struct bk_store *store, const char *address,
			      struct bk_arena *arena, struct bk_account *out,
			      struct bk_err *err)
{
	struct bk_maildir *maildir = bk_maildir_of(store);

	if (!maildir->writable)
		return bk_fail(err, BK_MISUSE, "the store is open for reading");
	if (name_account(maildir, address, arena, out, err) < 0)
		return -1;
	/* Levels that accounts share have their owner before another account
	 * takes it over from them. */
	(void)pthread_mutex_lock(&maildir->making);
	int root = make_root(maildir, out->root, err);
	(void)pthread_mutex_unlock(&maildir->making);
	if (root < 0)
		return bk_context(err, "account %s", address);
	int rc = bk_maildir_make_parts(maildir, root, err);
	(void)close(root);
	return rc < 0 ? bk_context(err, "account %s", address) : 0;
}

/* ---- folders ---- */

/* Makes a part, or opens the one that somebody made meanwhile. */
static int make_part(struct bk_maildir_writer *w,
		     const struct bk_file_owner *owner, size_t i, int *fd,
		     struct bk_err *err)
{
	int rc = bk_path_make_one(w->dir, parts[i], owner, fd, err);

	if (rc != 0)
		return rc;
	*fd = bk_path_open(w->dir, parts[i], O_RDONLY | O_DIRECTORY, 0, err);
	return *fd < 0 ? -1 : 0;
}

/* Before cur is there, so that whoever finds a folder without it does this
 * again. */
int bk_maildir_mark_folder(struct bk_maildir_writer *w, struct bk_err *err)
{
	if (w->layout == BK_LAYOUT_FS || w->raw.len == 1)
		return 0;
	return bk_file_put_as(w->dir, "maildirfolder",
			      (struct bk_view){NULL, 0}, &w->file, err);
}

int bk_maildir_make_folder(struct bk_maildir_writer *w, struct bk_err *err)
{
	const struct bk_file_owner owner = {w->dir_mode, w->file.uid,
					    w->file.gid};
	const char *raw = (const char *)w->raw.data;
	int *const fds[] = {&w->cur, &w->new, &w->tmp};

	if (w->raw.len == 1 || strchr(raw, '/'))
		return 0;
	int rc = bk_path_make_one(w->root, raw, &owner, &w->dir, err);
	w->fresh = w->made = rc > 0;
	if (rc > 0 && bk_maildir_mark_folder(w, err) < 0)
		rc = -1;
	for (size_t i = 0; i < 3 && rc > 0; i++) {
		int made = make_part(w, &owner, i, fds[i], err);
		w->fresh &= made > 0;
		if (made < 0)
			rc = -1;
	}
	return rc;
}
