/* Going through a tree as fast as the machine allows: see tree.h. */

#include "limits/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define FILE_LIMIT ((size_t)1 << 30)

/* Folders of a tree, parents first; paths relative to it. */
struct folders {
	char **items;
	size_t n, cap;
};

struct work {
	enum tree_deed deed;
	const char *from, *to;
	struct folders folders;
	atomic_size_t next; /* folder that no thread has taken */
};

static void folders_add(struct folders *folders, char *path)
{
	folders->items = bk_array_room(folders->items, folders->n,
				       &folders->cap, sizeof(char *));
	folders->items[folders->n++] = path;
}

static void folders_clear(struct folders *folders)
{
	for (size_t i = 0; i < folders->n; i++)
		free(folders->items[i]);
	free(folders->items);
	*folders = (struct folders){0};
}

static int open_folder(const char *top, const char *path, DIR **out,
		       struct bk_err *err)
{
	char *full = bk_asprintf("%s/%s", top, path);

	*out = opendir(full);
	if (!*out)
		bk_fail_errno(err, "%s", full);
	free(full);
	return *out ? 0 : -1;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int find_folders(const char *top, struct folders *out,
			struct bk_err *err)
{
	folders_add(out, bk_strdup("."));
	for (size_t i = 0; i < out->n; i++) {
		const struct dirent *entry;
		DIR *dir;
		if (open_folder(top, out->items[i], &dir, err) < 0)
			return -1;
		while ((entry = readdir(dir)))
			if (entry->d_type == DT_DIR && !is_dots(entry->d_name))
				folders_add(out,
					    bk_asprintf("%s/%s", out->items[i],
							entry->d_name));
		(void)closedir(dir);
	}
	return 0;
}

/* ---- one file ---- */

static int copy_file(int from, int to, const char *name,
		     const struct bk_buf *bytes, struct bk_err *err)
{
	struct stat st;
	int rc = -1;

	int fd =
		openat(to, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return bk_fail_errno(err, "%s", name);
	if (fstatat(from, name, &st, 0) < 0) {
		bk_fail_errno(err, "%s", name);
		goto out;
	}
	const struct timespec times[2] = {st.st_mtim, st.st_mtim};
	if (bk_fd_write(fd, bytes->data, bytes->len, err) < 0)
		goto out;
	if (futimens(fd, times) < 0) {
		bk_fail_errno(err, "%s", name);
		goto out;
	}
	rc = 0;
out:
	(void)close(fd);
	return rc;
}

static int visit_file(const struct work *work, int from, int to,
		      const char *name, struct bk_buf *room, struct bk_err *err)
{
	struct stat st;

	switch (work->deed) {
	case TREE_NAMES:
		return 0;
	case TREE_STAT:
		return fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0
			       ? bk_fail_errno(err, "%s", name)
			       : 0;
	case TREE_READ:
		return bk_file_read(from, name, FILE_LIMIT, room, err);
	case TREE_COPY:
		break;
	}
	if (bk_file_read(from, name, FILE_LIMIT, room, err) < 0)
		return -1;
	return copy_file(from, to, name, room, err);
}

static int visit_folder(const struct work *work, const char *path,
			struct bk_buf *room, struct bk_err *err)
{
	const struct dirent *entry;
	int to = -1, rc = 0;
	DIR *dir;

	if (open_folder(work->from, path, &dir, err) < 0)
		return -1;
	if (work->deed == TREE_COPY) {
		char *full = bk_asprintf("%s/%s", work->to, path);
		to = open(full, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (to < 0)
			rc = bk_fail_errno(err, "%s", full);
		free(full);
	}
	while (rc == 0 && (entry = readdir(dir)))
		if (entry->d_type == DT_REG)
			rc = visit_file(work, dirfd(dir), to, entry->d_name,
					room, err);
	if (to >= 0)
		(void)close(to);
	(void)closedir(dir);
	return rc;
}

/* ---- a whole tree ---- */

static void *visit_folders(void *arg)
{
	struct work *work = arg;
	struct bk_buf room = {0};
	struct bk_err err = {0};
	size_t i;

	while ((i = atomic_fetch_add(&work->next, 1)) < work->folders.n)
		if (visit_folder(work, work->folders.items[i], &room, &err) <
		    0) {
			(void)fprintf(stderr, "rawspeed: %s\n", err.text);
			exit(1);
		}
	bk_buf_clear(&room);
	return NULL;
}

static int make_folders(const struct work *work, struct bk_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < work->folders.n; i++) {
		char *path =
			bk_asprintf("%s/%s", work->to, work->folders.items[i]);
		rc = bk_dir_make(AT_FDCWD, path, 0700, err);
		free(path);
	}
	return rc;
}

static int run_threads(struct work *work, uint64_t n, struct bk_err *err)
{
	pthread_t threads[TREE_THREADS_MAX];
	uint64_t started = 1;
	int rc = 0;

	for (; rc == 0 && started < n; started++)
		if (pthread_create(&threads[started], NULL, visit_folders,
				   work) != 0) {
			rc = bk_fail(err, BK_FAILED, "no more threads");
			break;
		}
	(void)visit_folders(work);
	while (started-- > 1)
		(void)pthread_join(threads[started], NULL);
	return rc;
}

int tree_visit(enum tree_deed deed, const char *from, const char *to,
	       uint64_t threads, struct bk_err *err)
{
	struct work work = {.deed = deed, .from = from, .to = to};

	int rc = find_folders(from, &work.folders, err);
	if (rc == 0 && deed == TREE_COPY)
		rc = make_folders(&work, err);
	if (rc == 0)
		rc = run_threads(&work, threads, err);
	folders_clear(&work.folders);
	return rc;
}

static int sample_folder(const char *from, const char *path, size_t most,
			 struct bk_buf *out, struct bk_err *err)
{
	const struct dirent *entry;
	struct bk_buf file = {0};
	int rc = 0;
	DIR *dir;

	if (open_folder(from, path, &dir, err) < 0)
		return -1;
	while (rc == 0 && out->len < most && (entry = readdir(dir))) {
		if (entry->d_type != DT_REG)
			continue;
		rc = bk_file_read(dirfd(dir), entry->d_name, FILE_LIMIT, &file,
				  err);
		if (rc == 0)
			bk_buf_add(out, file.data, file.len);
	}
	(void)closedir(dir);
	bk_buf_clear(&file);
	return rc;
}

int tree_sample(const char *from, size_t most, struct bk_buf *out,
		struct bk_err *err)
{
	struct folders folders = {0};
	int rc = find_folders(from, &folders, err);

	for (size_t i = 0; rc == 0 && i < folders.n; i++)
		rc = sample_folder(from, folders.items[i], most, out, err);
	folders_clear(&folders);
	return rc;
}
