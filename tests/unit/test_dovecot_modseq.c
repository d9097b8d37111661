/* Where Dovecot counts changes from after a restore.  That Dovecot believes
 * these files is shown by tests/e2e/0200-main-job.t. */

#include "lib/test.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"
#include "store/dovecot_modseq.h"

struct folder {
	char path[32];
	int dir;
	struct bk_buf log;
	struct bk_err err;
};

static int make_folder(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));

	strcpy(f->path, "/tmp/bk-modseq.XXXXXX");
	assert_non_null(mkdtemp(f->path));
	f->dir = open(f->path, O_DIRECTORY | O_RDONLY);
	assert_true(f->dir >= 0);
	*state = f;
	return 0;
}

static void put(struct folder *f, const char *name, const void *data,
		size_t len)
{
	struct bk_view bytes = {data, len};

	assert_int_equal(bk_file_replace(f->dir, name, bytes, 0600, &f->err),
			 0);
}

static bool there(const struct folder *f, const char *name)
{
	return faccessat(f->dir, name, F_OK, 0) == 0;
}

static int drop_folder(void **state)
{
	struct folder *f = *state;

	(void)unlinkat(f->dir, BK_DOVECOT_LOG, 0);
	close(f->dir);
	assert_int_equal(rmdir(f->path), 0);
	bk_buf_clear(&f->log);
	free(f);
	return 0;
}

static const uint8_t *raised(struct folder *f, uint64_t floor)
{
	struct bk_file_owner owner = {0640, (uid_t)-1, (gid_t)-1};

	assert_int_equal(
		bk_dovecot_modseq_raise(f->dir, floor, &owner, &f->err), 0);
	assert_int_equal(
		bk_file_read(f->dir, BK_DOVECOT_LOG, 4096, &f->log, &f->err),
		0);
	assert_int_equal(f->log.len, 40);
	return f->log.data;
}

static uint64_t now_us(void)
{
	return (uint64_t)bk_clock_now_ms() * 1000;
}

static void a_folder_without_index_counts_from_now(void **state)
{
	struct folder *f = *state;
	struct stat st;
	uint64_t before = now_us();
	const uint8_t *log = raised(f, 4711);

	assert_int_equal(log[0], 1);
	assert_int_equal(log[1], 3);
	assert_int_equal(bk_get_u16(log + 2), 40);
	assert_true(bk_get_u32(log + 4) != 0);
	assert_int_equal(bk_get_u32(log + 8), 1);
	assert_true(bk_get_u64(log + 24) >= before);
	assert_true(bk_get_u64(log + 24) <= now_us());
	assert_int_equal(fstatat(f->dir, BK_DOVECOT_LOG, &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void a_clock_that_went_back_does_not_count_back(void **state)
{
	struct folder *f = *state;
	uint64_t future = now_us() + UINT64_C(1000000000000);

	assert_true(bk_get_u64(raised(f, future) + 24) > future);
	assert_true(bk_get_u64(raised(f, 0) + 24) > future);
}

static void an_index_is_replaced_by_its_successor(void **state)
{
	struct folder *f = *state;
	uint8_t old[1000] = {1, 3, 40};

	bk_put_u32(old + 4, 77);
	bk_put_u32(old + 8, 12);
	bk_put_u64(old + 24, UINT64_C(1) << 60);
	put(f, BK_DOVECOT_LOG, old, sizeof(old));
	put(f, "dovecot.index", "x", 1);
	put(f, "dovecot.index.cache", "x", 1);
	put(f, BK_DOVECOT_LOG ".2", "x", 1);

	const uint8_t *log = raised(f, 0);
	assert_int_equal(bk_get_u32(log + 4), 77);
	assert_int_equal(bk_get_u32(log + 8), 13);
	/* (1000 - 40) / 8 changes may have followed the first */
	assert_true(bk_get_u64(log + 24) >= (UINT64_C(1) << 60) + 120);
	assert_false(there(f, "dovecot.index"));
	assert_false(there(f, "dovecot.index.cache"));
	assert_false(there(f, BK_DOVECOT_LOG ".2"));
}

static void what_is_no_log_is_replaced(void **state)
{
	struct folder *f = *state;

	put(f, BK_DOVECOT_LOG, "short", 5);
	assert_int_equal(bk_get_u32(raised(f, 0) + 8), 1);
	uint8_t other[100] = {9};
	put(f, BK_DOVECOT_LOG, other, sizeof(other));
	assert_int_equal(bk_get_u32(raised(f, 0) + 8), 1);
}

static ino_t inode(const struct folder *f)
{
	struct stat st;

	assert_int_equal(fstatat(f->dir, BK_DOVECOT_LOG, &st, 0), 0);
	return st.st_ino;
}

/* Nobody was told anything out of it. */
static void a_log_that_nobody_wrote_to_stays(void **state)
{
	struct folder *f = *state;
	uint64_t modseq = bk_get_u64(raised(f, 4711) + 24);
	ino_t was = inode(f);

	assert_int_equal(bk_get_u64(raised(f, 4712) + 24), modseq);
	assert_int_equal(inode(f), was);
}

/* As soon as a server or a source may have counted as far, it is another. */
static void a_log_that_may_be_known_does_not_stay(void **state)
{
	struct folder *f = *state;
	uint64_t modseq = bk_get_u64(raised(f, 4711) + 24);
	uint64_t more;

	/* Dovecot writes to it, */
	int fd = openat(f->dir, BK_DOVECOT_LOG, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "12345678", 8), 8);
	close(fd);
	assert_true((more = bk_get_u64(raised(f, 4711) + 24)) > modseq);
	/* or left an index beside it; */
	put(f, "dovecot.index", "x", 1);
	modseq = more;
	assert_true((more = bk_get_u64(raised(f, 4711) + 24)) > modseq);
	assert_false(there(f, "dovecot.index"));
	/* the source is close to it; */
	modseq = more;
	assert_true((more = bk_get_u64(raised(f, modseq - 1000) + 24)) >
		    modseq);
	/* and others may not read it. */
	assert_int_equal(fchmodat(f->dir, BK_DOVECOT_LOG, 0600, 0), 0);
	assert_true(bk_get_u64(raised(f, 4711) + 24) > more);
}

int main(void)
{
#define FOLDER(t) cmocka_unit_test_setup_teardown(t, make_folder, drop_folder)
	const struct CMUnitTest tests[] = {
		FOLDER(a_folder_without_index_counts_from_now),
		FOLDER(a_clock_that_went_back_does_not_count_back),
		FOLDER(an_index_is_replaced_by_its_successor),
		FOLDER(what_is_no_log_is_replaced),
		FOLDER(a_log_that_nobody_wrote_to_stays),
		FOLDER(a_log_that_may_be_known_does_not_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
