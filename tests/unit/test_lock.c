/* base/lock: never two owners, and never a dead one. */

#include "lib/test.h"

#include <fcntl.h>
#include <glob.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/lock.h"

#define RACES 1000

static char dir[64];

static int make_dir(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/bk-lock-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char guard[80];

	(void)state;
	(void)snprintf(guard, sizeof(guard), "%s/guard", dir);
	(void)unlink(guard);
	return rmdir(dir); /* fails if a lock file is left behind */
}

static struct bk_lock_request request(int64_t wait_ms)
{
	return (struct bk_lock_request){.state_dir = dir,
					.store = "/var/vmail",
					.repo = "/var/lib/bk/main",
					.command = "bk-backup",
					.wait_ms = wait_ms};
}

static int take(struct bk_lock **lock, int64_t wait_ms, struct bk_err *err)
{
	struct bk_lock_request r = request(wait_ms);

	return bk_lock_take(lock, &r, err);
}

static _Noreturn void wait_to_be_killed(void)
{
	for (;;)
		(void)pause();
}

/* A process that holds the lock until it is killed. */
static pid_t start_holder(void)
{
	struct bk_err err = {0};
	struct bk_lock *lock = NULL;
	int ready[2];
	char c = 0;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (take(&lock, 0, &err) < 0)
			_exit(1);
		(void)!write(ready[1], "x", 1);
		wait_to_be_killed();
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	(void)close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	int status;

	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

/* The one lock file, made by taking and leaving the lock in a child. */
static char *lock_path(void)
{
	char pattern[80];
	glob_t found = {0};

	(void)snprintf(pattern, sizeof(pattern), "%s/lock-*", dir);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 1);
	char *path = bk_strdup(found.gl_pathv[0]);
	globfree(&found);
	return path;
}

/* Puts a file there as an owner of our choice would have left it. */
static void leave_file(const char *boot, pid_t pid, unsigned long long start)
{
	pid_t holder = start_holder();
	char *path = lock_path();

	end(holder);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fprintf(file,
			    "boot %s\npid %d\nstart %llu\nsince 0\n"
			    "command bk-prune\n",
			    boot, (int)pid, start) > 0);
	assert_int_equal(fclose(file), 0);
	free(path);
}

static void our_boot(char boot[64])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	assert_non_null(file);
	assert_non_null(fgets(boot, 64, file));
	boot[strcspn(boot, "\n")] = 0;
	(void)fclose(file);
}

/* Of a process whose name has no space, as ours has none. */
static unsigned long long start_of(pid_t pid)
{
	char path[64], line[1024], *at = line;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	(void)fclose(file);
	for (int field = 1; field < 22; field++) {
		at = strchr(at, ' ');
		assert_non_null(at);
		at++;
	}
	return strtoull(at, NULL, 10);
}

static void a_lock_is_taken_let_go_and_taken_again(void **state)
{
	struct bk_err err = {0};
	struct bk_lock *lock = NULL;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(0, take(&lock, 0, &err));
		bk_lock_release(lock);
	}
	assert_int_equal(err.kind, BK_OK);
	bk_lock_release(NULL);
}

static void a_second_run_is_told_who_has_it_and_what_to_do(void **state)
{
	struct bk_err err = {0};
	struct bk_lock *lock = NULL;
	char now[BK_CLOCK_TEXT], before[BK_CLOCK_TEXT];
	char *want;

	(void)state;
	(void)bk_clock_local(before, bk_clock_now());
	pid_t holder = start_holder();
	assert_int_equal(-1, take(&lock, 0, &err));
	(void)bk_clock_local(now, bk_clock_now());
	assert_null(lock);
	assert_int_equal(err.kind, BK_BUSY);
	want = bk_asprintf(
		"locked by bk-backup (pid %d, since %s); "
		"wait with --wait 10m",
		(int)holder, now);
	if (!strcmp(now, before)) /* else the minute has just changed */
		assert_string_equal(err.text, want);
	free(want);
	end(holder);
	assert_int_equal(0, take(&lock, 0, &err));
	bk_lock_release(lock);
}

static void the_lock_of_a_killed_run_goes_by_itself(void **state)
{
	struct bk_err err = {0};
	struct bk_lock *lock = NULL;

	(void)state;
	end(start_holder());
	free(lock_path()); /* its file is still there */
	assert_int_equal(0, take(&lock, 0, &err));
	bk_lock_release(lock);
}

static void a_file_from_before_a_reboot_is_no_lock(void **state)
{
	struct bk_err err = {0};
	struct bk_lock *lock = NULL;

	(void)state;
	leave_file("00000000-0000-0000-0000-000000000000", getppid(),
		   start_of(getppid()));
	assert_int_equal(0, take(&lock, 0, &err));
	bk_lock_release(lock);
}

static void a_pid_that_another_process_got_since_is_no_owner(void **state)
{
	struct bk_err err = {0};
	struct bk_lock *lock = NULL;
	char boot[64];

	(void)state;
	our_boot(boot);
	leave_file(boot, getppid(), start_of(getppid()) + 1);
	assert_int_equal(0, take(&lock, 0, &err));
	bk_lock_release(lock);
}

static void an_owner_who_is_alive_counts_even_if_the_kernel_forgot(void **state)
{
	struct bk_err err = {0};
	struct bk_lock *lock = NULL;
	char boot[64];

	(void)state;
	our_boot(boot);
	pid_t owner = fork();
	assert_true(owner >= 0);
	if (!owner)
		wait_to_be_killed();
	leave_file(boot, owner, start_of(owner));
	assert_int_equal(-1, take(&lock, 0, &err));
	assert_int_equal(err.kind, BK_BUSY);
	assert_non_null(strstr(err.text, "locked by bk-prune (pid "));
	end(owner);
	assert_int_equal(0, take(&lock, 0, &err));
	bk_lock_release(lock);
}

static void a_file_of_nonsense_is_no_lock(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"pid",
		"pid \nstart \n",
		"boot\npid -1\nstart -1\n",
		"pid 99999999999999999999999\nstart 1\nboot x\ncommand \n"};
	struct bk_err err = {0};
	struct bk_lock *lock = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		end(start_holder());
		char *path = lock_path();
		FILE *file = fopen(path, "we");
		assert_non_null(file);
		assert_true(fputs(texts[i], file) >= 0);
		assert_int_equal(fclose(file), 0);
		free(path);
		assert_int_equal(0, take(&lock, 0, &err));
		bk_lock_release(lock);
	}
}

static void other_pairs_do_not_wait_for_each_other(void **state)
{
	struct bk_lock_request a = request(0), b = request(0), c = request(0);
	struct bk_lock *locks[3] = {0};
	struct bk_err err = {0};

	(void)state;
	b.store = "/var/vmail/var";
	b.repo = "/lib/bk/main"; /* the same letters one after the other */
	c.repo = "/mnt/nas/bk";
	assert_int_equal(0, bk_lock_take(&locks[0], &a, &err));
	assert_int_equal(0, bk_lock_take(&locks[1], &b, &err));
	assert_int_equal(0, bk_lock_take(&locks[2], &c, &err));
	for (int i = 0; i < 3; i++)
		bk_lock_release(locks[i]);
}

static void waiting_ends_with_the_owner(void **state)
{
	struct bk_err err = {0};
	struct bk_lock *lock = NULL;
	pid_t holder = start_holder();

	(void)state;
	pid_t killer = fork();
	assert_true(killer >= 0);
	if (!killer) {
		(void)usleep(100000);
		(void)kill(holder, SIGKILL);
		_exit(0);
	}
	assert_int_equal(0, take(&lock, 30000, &err));
	bk_lock_release(lock);
	end(killer);
	end(holder);
}

static void waiting_ends_when_it_was_long_enough(void **state)
{
	struct bk_err err = {0};
	struct bk_lock *lock = NULL;
	pid_t holder = start_holder();
	int64_t begin = bk_clock_monotonic_ms();

	(void)state;
	assert_int_equal(-1, take(&lock, 80, &err));
	assert_true(bk_clock_monotonic_ms() - begin >= 80);
	assert_int_equal(err.kind, BK_BUSY);
	assert_non_null(strstr(err.text, "; still so when --wait was over"));
	end(holder);
	assert_int_equal(0, take(&lock, 0, &err));
	bk_lock_release(lock);
}

/* In a child, for the wish to stop stays with a process. */
static void waiting_can_be_stopped(void **state)
{
	struct bk_err err = {0};
	struct bk_lock *lock = NULL;
	pid_t holder = start_holder();
	int status;

	(void)state;
	pid_t child = fork();
	assert_true(child >= 0);
	if (!child) {
		bk_cancel();
		if (take(&lock, 600000, &err) == 0)
			_exit(1);
		_exit(err.kind == BK_CANCELLED ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	end(holder);
	assert_int_equal(0, take(&lock, 0, &err));
	bk_lock_release(lock);
}

static void a_child_that_execs_does_not_keep_it(void **state)
{
	struct bk_err err = {0};
	struct bk_lock *lock = NULL;

	(void)state;
	assert_int_equal(0, take(&lock, 0, &err));
	pid_t child = fork();
	assert_true(child >= 0);
	if (!child) {
		(void)execl("/bin/sleep", "sleep", "60", (char *)NULL);
		_exit(1);
	}
	bk_lock_release(lock);
	assert_int_equal(0, take(&lock, 5000, &err));
	bk_lock_release(lock);
	end(child);
}

static void the_file_is_for_its_owner_only(void **state)
{
	struct bk_err err = {0};
	struct bk_lock *lock = NULL;
	struct stat st;
	char *path;

	(void)state;
	assert_int_equal(0, take(&lock, 0, &err));
	path = lock_path();
	assert_int_equal(strlen(path), strlen(dir) + strlen("/lock-") + 16);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	free(path);
	bk_lock_release(lock);
}

static void a_state_directory_that_cannot_be_is_said(void **state)
{
	struct bk_lock_request r = request(0);
	struct bk_err err = {0};
	struct bk_lock *lock = NULL;

	(void)state;
	r.state_dir = "/dev/null/bk";
	assert_int_equal(-1, bk_lock_take(&lock, &r, &err));
	assert_non_null(strstr(err.text, "state directory"));
}

/* Takes the lock over and over, asking again at once rather than waiting, so
 * that the moments of taking and removing meet; exits 1 if it was ever not
 * alone. */
static void race(void)
{
	struct bk_err err = {0};
	struct bk_lock *lock = NULL;
	char guard[80];

	(void)snprintf(guard, sizeof(guard), "%s/guard", dir);
	for (int i = 0; i < RACES; i++) {
		while (take(&lock, 0, &err) < 0) {
			if (err.kind != BK_BUSY)
				_exit(2);
			(void)sched_yield();
		}
		int fd = open(guard, O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			_exit(1);
		(void)close(fd);
		(void)unlink(guard);
		bk_lock_release(lock);
	}
	_exit(0);
}

static void two_that_race_a_thousand_times_never_both_win(void **state)
{
	pid_t pids[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (!pids[i])
			race();
	}
	for (int i = 0; i < 2; i++) {
		int status;
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lock_is_taken_let_go_and_taken_again),
		cmocka_unit_test(
			a_second_run_is_told_who_has_it_and_what_to_do),
		cmocka_unit_test(the_lock_of_a_killed_run_goes_by_itself),
		cmocka_unit_test(a_file_from_before_a_reboot_is_no_lock),
		cmocka_unit_test(
			a_pid_that_another_process_got_since_is_no_owner),
		cmocka_unit_test(
			an_owner_who_is_alive_counts_even_if_the_kernel_forgot),
		cmocka_unit_test(a_file_of_nonsense_is_no_lock),
		cmocka_unit_test(other_pairs_do_not_wait_for_each_other),
		cmocka_unit_test(waiting_ends_with_the_owner),
		cmocka_unit_test(waiting_ends_when_it_was_long_enough),
		cmocka_unit_test(waiting_can_be_stopped),
		cmocka_unit_test(a_child_that_execs_does_not_keep_it),
		cmocka_unit_test(the_file_is_for_its_owner_only),
		cmocka_unit_test(a_state_directory_that_cannot_be_is_said),
		cmocka_unit_test(two_that_race_a_thousand_times_never_both_win),
	};
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
