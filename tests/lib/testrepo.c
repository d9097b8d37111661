/* A repository for one test: see testrepo.h. */

#include "lib/testrepo.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/random.h"
#include "lib/test.h"
#include "target/local.h"

void testrepo_done(int rc, const struct bk_err *err)
{
	if (rc < 0)
		fail_msg("%s", err->text);
}

void testrepo_make(struct testrepo *t)
{
	char path[80];
	struct bk_err err = {0};

	*t = (struct testrepo){0};
	scratch_make(&t->scratch);
	(void)snprintf(path, sizeof(path), "%s/repo", t->scratch.path);
	testrepo_done(bk_local_open(&t->repo.target, path, true, &err), &err);
	testrepo_done(bk_keys_generate(&t->repo.keys, &err), &err);
	bk_random_bytes(t->repo.id, sizeof(t->repo.id));
	bk_random_bytes(t->repo.host, sizeof(t->repo.host));
}

void testrepo_drop(struct testrepo *t)
{
	bk_target_close(t->repo.target);
	bk_keys_clear(&t->repo.keys);
	scratch_drop(&t->scratch);
	*t = (struct testrepo){0};
}

void testrepo_files(const struct testrepo *t, const char *folder,
		    struct bk_buf *out)
{
	struct bk_blob_list list = {0};
	struct bk_err err = {0};

	testrepo_done(bk_target_list(t->repo.target, folder, &list, &err),
		      &err);
	for (size_t i = 0; i < list.n; i++)
		bk_buf_printf(out, "%s\n", list.items[i].name);
	(void)bk_buf_text(out);
	bk_blob_list_clear(&list);
}

static unsigned parts;

static int count_part(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	size_t len = strlen(path);

	(void)st;
	(void)ftw;
	parts += type == FTW_F && len > 5 &&
		 strcmp(path + len - 5, ".part") == 0;
	return 0;
}

unsigned testrepo_parts(const struct testrepo *t)
{
	parts = 0;
	assert_int_equal(nftw(t->scratch.path, count_part, 16, FTW_PHYS), 0);
	return parts;
}

static int open_file(const struct testrepo *t, const char *name)
{
	char *path = bk_asprintf("repo/%s", name);
	int fd = openat(t->scratch.dir, path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fail_msg("%s is not there", name);
	free(path);
	return fd;
}

void testrepo_flip(const struct testrepo *t, const char *name, size_t at,
		   uint8_t mask)
{
	int fd = open_file(t, name);
	uint8_t byte = 0;

	assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
	byte ^= mask;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	assert_int_equal(close(fd), 0);
}

void testrepo_cut(const struct testrepo *t, const char *name, size_t len)
{
	int fd = open_file(t, name);

	assert_int_equal(ftruncate(fd, (off_t)len), 0);
	assert_int_equal(close(fd), 0);
}

void testrepo_remove(const struct testrepo *t, const char *name)
{
	struct bk_err err = {0};

	testrepo_done(bk_target_remove(t->repo.target, name, &err), &err);
}
