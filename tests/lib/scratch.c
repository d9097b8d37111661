/* A folder for one test: see scratch.h. */

#include "lib/scratch.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "lib/test.h"

void scratch_make(struct scratch *scratch)
{
	const char *tmpdir = getenv("TMPDIR");
	int len = snprintf(scratch->path, sizeof(scratch->path),
			   "%s/bk-test.XXXXXX", tmpdir ? tmpdir : "/tmp");

	assert_in_range(len, 1, sizeof(scratch->path) - 1);
	assert_non_null(mkdtemp(scratch->path));
	scratch->dir = open(scratch->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(scratch->dir >= 0);
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int open_up(const char *path, const struct stat *st, int type,
		   struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (type == FTW_D || type == FTW_DNR)
		(void)chmod(path, 0700);
	return 0;
}

void scratch_drop(struct scratch *scratch)
{
	(void)close(scratch->dir);
	(void)nftw(scratch->path, open_up, 16, FTW_PHYS);
	assert_int_equal(
		nftw(scratch->path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void scratch_dir(const struct scratch *scratch, const char *name)
{
	struct bk_err err = {0};

	if (bk_dir_make(scratch->dir, name, 0700, &err) < 0)
		fail_msg("%s", err.text);
}

static void make_parent(const struct scratch *scratch, const char *name)
{
	const char *slash = strrchr(name, '/');

	if (slash) {
		char *parent = bk_strndup(name, (size_t)(slash - name));
		scratch_dir(scratch, parent);
		free(parent);
	}
}

void scratch_file(const struct scratch *scratch, const char *name,
		  const char *text)
{
	struct bk_err err = {0};

	make_parent(scratch, name);
	int fd = openat(scratch->dir, name,
			O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	if (bk_fd_write(fd, text, strlen(text), &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(close(fd), 0);
}

void scratch_link(const struct scratch *scratch, const char *name,
		  const char *target)
{
	make_parent(scratch, name);
	assert_int_equal(symlinkat(target, scratch->dir, name), 0);
}

bool scratch_has(const struct scratch *scratch, const char *name)
{
	return faccessat(scratch->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

char *scratch_text(const struct scratch *scratch, const char *name)
{
	struct bk_buf text = {0};
	struct bk_err err = {0};

	if (bk_file_read(scratch->dir, name, (size_t)64 << 20, &text, &err) < 0)
		return NULL;
	char *copy = bk_strndup(bk_buf_text(&text), text.len);
	bk_buf_clear(&text);
	return copy;
}

void scratch_age(const struct scratch *scratch, const char *name,
		 long long seconds)
{
	struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};

	assert_int_equal(utimensat(scratch->dir, name, times, 0), 0);
}

void scratch_maildir(const struct scratch *scratch, const char *name)
{
	static const char *const parts[] = {"cur", "new", "tmp"};

	for (int i = 0; i < 3; i++) {
		char *path = bk_asprintf("%s/%s", name, parts[i]);
		scratch_dir(scratch, path);
		free(path);
	}
}
