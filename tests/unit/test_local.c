/* What a local folder does beyond what every target does. */

#include "lib/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/scratch.h"
#include "target/local.h"

#define MIB ((size_t)1 << 20)

static struct scratch scratch;
static struct bk_err err;

static struct bk_target *open_local(void)
{
	struct bk_target *target = NULL;
	char path[80];

	(void)snprintf(path, sizeof(path), "%s/repo", scratch.path);
	if (bk_target_open(&target, path, NULL, true, &err) < 0)
		fail_msg("%s", err.text);
	return target;
}

static int start(void **state)
{
	(void)state;
	err = (struct bk_err){0};
	scratch_make(&scratch);
	return 0;
}

static int end(void **state)
{
	(void)state;
	scratch_drop(&scratch);
	return 0;
}

static void put(struct bk_target *target, const char *name)
{
	const struct bk_view bytes = {(const uint8_t *)"abc", 3};

	if (bk_target_put(target, name, bytes, &err) < 0)
		fail_msg("%s", err.text);
}

static void a_folder_is_made_only_when_it_is_asked_for(void **state)
{
	struct bk_target *target = NULL;
	char path[80];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/none", scratch.path);
	assert_int_equal(bk_target_open(&target, path, NULL, false, &err), -1);
	assert_int_equal(err.kind, BK_GONE);
	assert_false(scratch_has(&scratch, "none"));
	scratch_file(&scratch, "none", "a file");
	assert_int_equal(bk_target_open(&target, path, NULL, true, &err), -1);
	assert_null(target);
}

static void only_its_owner_can_read_it(void **state)
{
	static const char *const names[] = {"repo", "repo/data", "repo/data/x"};
	struct stat st;
	mode_t mask = umask(0);
	struct bk_target *target = open_local();

	(void)state;
	put(target, "data/x/p");
	(void)umask(mask);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(fstatat(scratch.dir, names[i], &st, 0), 0);
		assert_int_equal(st.st_mode & 07777, 0700);
	}
	assert_int_equal(fstatat(scratch.dir, "repo/data/x/p", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	bk_target_close(target);
}

static void what_a_dead_writer_left_is_not_listed_and_not_in_the_way(
	void **state)
{
	struct bk_target *target = open_local();
	struct bk_blob_list list = {0};

	(void)state;
	scratch_file(&scratch, "repo/data/x/p.part", "longer than what comes");
	assert_int_equal(bk_target_list(target, "", &list, &err), 0);
	assert_int_equal(list.n, 0);
	put(target, "data/x/p");
	assert_int_equal(bk_target_list(target, "", &list, &err), 0);
	assert_int_equal(list.n, 1);
	assert_int_equal(list.items[0].size, 3);
	assert_false(scratch_has(&scratch, "repo/data/x/p.part"));
	bk_blob_list_clear(&list);
	bk_target_close(target);
}

#define WEEK_S (7LL * 24 * 3600)

static bool is_pack(const char *name)
{
	return strncmp(name, "data/", 5) == 0;
}

static void a_sweep_takes_what_nobody_wrote_to_for_so_long(void **state)
{
	struct bk_target *target = open_local();
	long long now = (long long)time(NULL);

	(void)state;
	scratch_file(&scratch, "repo/data/x/old.part", "x");
	scratch_age(&scratch, "repo/data/x/old.part", now - WEEK_S - 60);
	scratch_file(&scratch, "repo/data/x/young.part", "x");
	scratch_age(&scratch, "repo/data/x/young.part", now - WEEK_S + 60);
	scratch_file(&scratch, "repo/data/x/future.part", "x");
	scratch_age(&scratch, "repo/data/x/future.part", now + WEEK_S * 60);
	scratch_file(&scratch, "repo/data/x/whole", "x");
	scratch_age(&scratch, "repo/data/x/whole", now - WEEK_S - 60);
	scratch_file(&scratch, "repo/film.part", "of somebody else");
	scratch_age(&scratch, "repo/film.part", now - WEEK_S - 60);
	scratch_file(&scratch, "repo/data/y/only.part", "x");
	scratch_age(&scratch, "repo/data/y/only.part", now - WEEK_S - 60);
	scratch_link(&scratch, "repo/data/x/link.part", "/etc/passwd");
	assert_int_equal(bk_target_sweep(target, WEEK_S, is_pack, &err), 0);
	assert_false(scratch_has(&scratch, "repo/data/x/old.part"));
	assert_true(scratch_has(&scratch, "repo/data/x/young.part"));
	assert_true(scratch_has(&scratch, "repo/data/x/future.part"));
	assert_true(scratch_has(&scratch, "repo/data/x/whole"));
	assert_true(scratch_has(&scratch, "repo/film.part"));
	assert_true(scratch_has(&scratch, "repo/data/x/link.part"));
	assert_false(scratch_has(&scratch, "repo/data/y"));
	assert_false(scratch_has(&scratch, "repo/clock.part"));
	bk_target_close(target);
}

static void a_put_that_is_under_way_outlives_a_sweep(void **state)
{
	const struct bk_view bytes = {(const uint8_t *)"abc", 3};
	struct bk_target *target = open_local(), *other = open_local();
	struct bk_put *put = NULL;
	uint64_t size = 0;

	(void)state;
	assert_int_equal(bk_target_put_begin(target, "data/x/p", 6, &put, &err),
			 0);
	assert_int_equal(bk_put_write(put, bytes.data, bytes.len, &err), 0);
	/* Begun long ago, written to just now. */
	scratch_age(&scratch, "repo/data/x/p.part", 1000);
	assert_int_equal(bk_put_write(put, bytes.data, bytes.len, &err), 0);
	assert_int_equal(bk_target_sweep(other, WEEK_S, is_pack, &err), 0);
	assert_int_equal(bk_put_commit(put, &err), 0);
	assert_int_equal(bk_target_stat(other, "data/x/p", &size, &err), 0);
	assert_int_equal(size, 6);
	bk_target_close(other);
	bk_target_close(target);
}

static void only_files_within_three_levels_are_listed(void **state)
{
	struct bk_target *target = open_local();
	struct bk_blob_list list = {0};

	(void)state;
	scratch_file(&scratch, "repo/a/b/c/d", "too deep");
	scratch_file(&scratch, "repo/.hidden", "x");
	scratch_link(&scratch, "repo/link", "/etc/passwd");
	scratch_link(&scratch, "repo/folder", "/etc");
	put(target, "a/b/c2");
	assert_int_equal(bk_target_list(target, "", &list, &err), 0);
	assert_int_equal(list.n, 1);
	assert_string_equal(list.items[0].name, "a/b/c2");
	bk_blob_list_clear(&list);
	bk_target_close(target);
}

static void a_folder_that_cannot_be_read_fails_the_listing(void **state)
{
	struct bk_target *target = open_local();
	struct bk_blob_list list = {0};

	(void)state;
	scratch_file(&scratch, "repo/trash", "is no folder");
	assert_int_equal(bk_target_list(target, "trash", &list, &err), -1);
	assert_int_equal(list.n, 0);
	assert_true(err.kind != BK_OK && err.kind != BK_GONE);
	bk_target_close(target);
}

static void a_repository_that_was_deleted_is_no_empty_one(void **state)
{
	struct bk_target *target = open_local();
	struct bk_blob_list list = {0};

	(void)state;
	assert_int_equal(unlinkat(scratch.dir, "repo", AT_REMOVEDIR), 0);
	assert_int_equal(bk_target_list(target, "trash", &list, &err), -1);
	assert_int_equal(err.kind, BK_FAILED);
	bk_target_close(target);
}

/* ---- no room ---- */

/* Writes 3 MiB where 1 fits: the status for the parent. */
static int fill_up(struct bk_target *target)
{
	static const uint8_t bytes[MIB];
	struct bk_blob_list list = {0};
	struct bk_put *blob = NULL;
	int rc = bk_target_put_begin(target, "data/x/p", BK_LENGTH_UNKNOWN,
				     &blob, &err);

	for (int n = 0; n < 3 && rc == 0; n++)
		rc = bk_put_write(blob, bytes, MIB, &err);
	if (rc == 0)
		return 1;
	bk_put_abort(blob);
	if (err.kind != BK_FULL)
		return 2;
	if (bk_target_list(target, "", &list, &err) < 0 || list.n)
		return 3;
	bk_blob_list_clear(&list);
	const struct bk_view few = {bytes, 1000};
	return bk_target_put(target, "data/x/q", few, &err) < 0 ? 4 : 0;
}

static void in_a_child(int (*work)(void))
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(work());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int with_a_limit(void)
{
	struct rlimit limit = {MIB, MIB};

	(void)signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return 9;
	return fill_up(open_local());
}

static void beyond_the_limit_of_a_file_there_is_no_room(void **state)
{
	(void)state;
	in_a_child(with_a_limit);
	assert_false(scratch_has(&scratch, "repo/data/x/p"));
	assert_false(scratch_has(&scratch, "repo/data/x/p.part"));
}

/* A file system of its own, where that is allowed. */
static int on_a_small_disk(void)
{
	char path[80];

	(void)snprintf(path, sizeof(path), "%s/repo", scratch.path);
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mkdir(path, 0700) < 0 ||
	    mount("small", path, "tmpfs", 0, "size=1m") < 0)
		return 0;
	return fill_up(open_local());
}

static void on_a_full_disk_there_is_no_room(void **state)
{
	(void)state;
	in_a_child(on_a_small_disk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_folder_is_made_only_when_it_is_asked_for, start, end),
		cmocka_unit_test_setup_teardown(only_its_owner_can_read_it,
						start, end),
		cmocka_unit_test_setup_teardown(
			what_a_dead_writer_left_is_not_listed_and_not_in_the_way,
			start, end),
		cmocka_unit_test_setup_teardown(
			a_sweep_takes_what_nobody_wrote_to_for_so_long, start,
			end),
		cmocka_unit_test_setup_teardown(
			a_put_that_is_under_way_outlives_a_sweep, start, end),
		cmocka_unit_test_setup_teardown(
			only_files_within_three_levels_are_listed, start, end),
		cmocka_unit_test_setup_teardown(
			a_folder_that_cannot_be_read_fails_the_listing, start,
			end),
		cmocka_unit_test_setup_teardown(
			a_repository_that_was_deleted_is_no_empty_one, start,
			end),
		cmocka_unit_test_setup_teardown(
			beyond_the_limit_of_a_file_there_is_no_room, start,
			end),
		cmocka_unit_test_setup_teardown(on_a_full_disk_there_is_no_room,
						start, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
