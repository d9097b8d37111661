/* What lies in a local folder: see local_list.h. */

#include "target/local_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 3

static bool is_unfinished(const char *name)
{
	size_t len = strlen(name), end = strlen(BK_LOCAL_PART);

	return len > end && strcmp(name + len - end, BK_LOCAL_PART) == 0;
}

/* One listing. */
struct walk {
	int dir;         /* of the repository */
	bool unfinished; /* these are wanted, and no other */
	/* The folders still to be read: a loop over them, not recursion. */
	char **pending;
	size_t n, cap;
	struct bk_blob_list *out;
};

static void add_folder(struct walk *walk, char *name)
{
	walk->pending = bk_array_room(walk->pending, walk->n, &walk->cap,
				      sizeof(*walk->pending));
	walk->pending[walk->n++] = name;
}

static unsigned depth_of(const char *name)
{
	unsigned depth = 1;

	for (; *name; name++)
		depth += *name == '/';
	return depth;
}

/* Only names of blobs have a dot: what has one is no folder to look into. */
static bool is_blob_name(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash && strchr(slash, '.');
}

/* What lies in place of a blob and is no file is listed as one without bytes,
 * so that who reads it finds out. */
static int list_entry(struct walk *walk, char *name, struct bk_err *err)
{
	struct bk_blob_list *out = walk->out;
	struct stat st;

	if (fstatat(walk->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		int rc = errno == ENOENT ? 0
					 : bk_fail_errno(err, "list %s", name);
		free(name);
		return rc;
	}
	if (S_ISDIR(st.st_mode) && !is_blob_name(name) &&
	    depth_of(name) < DEPTH_MAX) {
		add_folder(walk, name);
		return 0;
	}
	bool regular = S_ISREG(st.st_mode);
	if ((!regular && (walk->unfinished || !is_blob_name(name))) ||
	    is_unfinished(name) != walk->unfinished) {
		free(name);
		return 0;
	}
	out->items = bk_array_room(out->items, out->n, &out->cap,
				   sizeof(*out->items));
	out->items[out->n++] =
		(struct bk_blob){name, regular ? (uint64_t)st.st_size : 0,
				 (int64_t)st.st_mtim.tv_sec};
	return 0;
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

static char *join_name(const char *folder, const char *name)
{
	return *folder ? bk_asprintf("%s/%s", folder, name) : bk_strdup(name);
}

static int list_folder(struct walk *walk, const char *folder,
		       struct bk_err *err)
{
	struct dirent *entry;
	DIR *dir = NULL;

	int rc = open_folder(walk->dir, folder, &dir, err);
	if (rc <= 0)
		return rc;
	rc = 0;
	while (rc == 0 && (errno = 0, entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			rc = list_entry(walk, join_name(folder, entry->d_name),
					err);
	if (rc == 0 && errno)
		rc = bk_fail_errno(err, "list %s", folder);
	(void)closedir(dir);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct bk_blob *)a)->name,
		      ((const struct bk_blob *)b)->name);
}

int bk_local_list(int dir, const char *folder, bool unfinished,
		  struct bk_blob_list *out, struct bk_err *err)
{
	struct walk walk = {.dir = dir, .unfinished = unfinished, .out = out};
	int rc = 0;

	bk_blob_list_clear(out);
	add_folder(&walk, bk_strdup(folder));
	while (walk.n) {
		char *name = walk.pending[--walk.n];
		if (rc == 0)
			rc = list_folder(&walk, name, err);
		free(name);
	}
	free(walk.pending);
	if (rc < 0) {
		bk_blob_list_clear(out);
		return -1;
	}
	if (out->n)
		qsort(out->items, out->n, sizeof(*out->items), by_name);
	return 0;
}
