/* What lies in a local folder: see local_list.h. */

#include "target/local_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "target/walk.h"

struct local_walk {
	struct bk_walk walk;
	int dir; /* of the repository */
};

static enum bk_entry_kind kind_of(mode_t mode)
{
	if (S_ISDIR(mode))
		return BK_ENTRY_FOLDER;
	return S_ISREG(mode) ? BK_ENTRY_FILE : BK_ENTRY_OTHER;
}

static int list_entry(struct bk_walk *walk, const char *folder, DIR *dir,
		      const char *name, struct bk_err *err)
{
	struct stat st;

	if (name[0] == '.')
		return 0;
	if (fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT
			       ? 0
			       : bk_fail_errno(err, "list %s%s%s", folder,
					       *folder ? "/" : "", name);
	struct bk_entry entry = {
		.name = name,
		.len = strlen(name),
		.kind = kind_of(st.st_mode),
		.size = (uint64_t)st.st_size,
		.mtime = (int64_t)st.st_mtim.tv_sec,
	};
	return bk_walk_add(walk, folder, &entry, err);
}

/* 1; 0: there is no such folder; -1.  A file in its place, or a repository
 * that was deleted under us, is not an empty folder. */
static int open_folder(int top, const char *folder, DIR **out,
		       struct bk_err *err)
{
	int fd = openat(top, *folder ? folder : ".",
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool missing = fd < 0 && errno == ENOENT;
	struct stat st;

	if (missing && fstat(top, &st) == 0 && st.st_nlink > 0)
		return 0;
	*out = fd < 0 ? NULL : fdopendir(fd);
	if (*out)
		return 1;
	bk_fail_errno(err, "list %s", folder);
	if (err->kind == BK_GONE)
		err->kind = BK_FAILED;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

static int list_folder(struct bk_walk *walk, const char *folder,
		       struct bk_err *err)
{
	struct dirent *entry;
	DIR *dir = NULL;

	int rc = open_folder(((struct local_walk *)walk)->dir, folder, &dir,
			     err);
	if (rc <= 0)
		return rc;
	while (rc >= 0 && (errno = 0, entry = readdir(dir)))
		rc = list_entry(walk, folder, dir, entry->d_name, err);
	if (rc >= 0 && errno)
		rc = bk_fail_errno(err, "list %s", folder);
	(void)closedir(dir);
	return rc < 0 ? -1 : 1;
}

int bk_local_list(int dir, const char *folder, bool unfinished,
		  struct bk_blob_list *out, struct bk_err *err)
{
	struct local_walk local = {
		.walk = {.list = list_folder, .unfinished = unfinished},
		.dir = dir,
	};

	return bk_walk_run(&local.walk, folder, out, err);
}
