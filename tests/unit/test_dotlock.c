/* Dovecot's dot-locks: who waits, who breaks one, who lets go. */

#include "lib/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "lib/scratch.h"
#include "store/dotlock.h"

static const struct bk_file_owner owner = {0640, (uid_t)-1, (gid_t)-1};

static struct world {
	struct scratch scratch;
	struct bk_dotlock lock, other;
	struct bk_err err;
	char host[256];
} w;

static int begin(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	w.lock = w.other = BK_DOTLOCK;
	scratch_make(&w.scratch);
	assert_int_equal(gethostname(w.host, sizeof(w.host) - 1), 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_dotlock_release(&w.lock);
	bk_dotlock_release(&w.other);
	scratch_drop(&w.scratch);
	return 0;
}

static int take(struct bk_dotlock *lock, int64_t wait_ms)
{
	return bk_dotlock_take(lock, w.scratch.dir, "f", &owner, wait_ms,
			       &w.err);
}

/* A lock that somebody left, `age` seconds ago as far as its mtime says. */
static void leave_lock(const char *text, int age)
{
	scratch_file(&w.scratch, "f.lock", text);
	scratch_age(&w.scratch, "f.lock", time(NULL) - age);
}

/* A process that has ended. */
static pid_t dead_pid(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	return pid;
}

static void a_lock_says_whose_it_is_and_goes(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(take(&w.lock, 0), 0);
	char *want = bk_asprintf("%ld:%s", (long)getpid(), w.host);
	char *text = scratch_text(&w.scratch, "f.lock");
	assert_string_equal(text, want);
	assert_int_equal(fstatat(w.scratch.dir, "f.lock", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	bk_dotlock_release(&w.lock);
	assert_false(scratch_has(&w.scratch, "f.lock"));
	free(text);
	free(want);
}

static void a_lock_that_is_held_is_waited_for(void **state)
{
	(void)state;
	assert_int_equal(take(&w.lock, 0), 0);
	pid_t child = fork();
	if (child == 0) {
		struct bk_dotlock mine = BK_DOTLOCK;
		if (take(&mine, 50) == 0 || w.err.kind != BK_BUSY)
			_exit(1);
		if (take(&mine, 10000) < 0)
			_exit(2);
		bk_dotlock_release(&mine);
		_exit(0);
	}
	nanosleep(&(struct timespec){0, 200000000}, NULL);
	assert_true(scratch_has(&w.scratch, "f.lock"));
	bk_dotlock_release(&w.lock);
	int status;
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	assert_false(scratch_has(&w.scratch, "f.lock"));
}

static void the_lock_of_a_dead_process_is_broken(void **state)
{
	(void)state;
	char *text = bk_asprintf("%ld:%s", (long)dead_pid(), w.host);
	leave_lock(text, 10);
	assert_int_equal(take(&w.lock, 3000), 0);
	free(text);
}

static void a_young_lock_is_never_broken(void **state)
{
	(void)state;
	char *text = bk_asprintf("%ld:%s", (long)dead_pid(), w.host);
	leave_lock(text, 0);
	assert_int_equal(take(&w.lock, 100), -1);
	assert_int_equal(w.err.kind, BK_BUSY);
	free(text);
}

static void the_lock_of_a_living_process_is_not_broken_however_old(void **state)
{
	(void)state;
	char *text = bk_asprintf("%ld:%s", (long)getppid(), w.host);
	leave_lock(text, 100);
	assert_int_equal(take(&w.lock, 100), -1);
	assert_int_equal(w.err.kind, BK_BUSY);
	free(text);
}

/* Another host's process may live; only time tells, and ctime was now. */
static void the_lock_of_another_host_is_left_alone(void **state)
{
	(void)state;
	char *text = bk_asprintf("%ld:another.example", (long)dead_pid());
	leave_lock(text, 60);
	assert_int_equal(take(&w.lock, 100), -1);
	assert_int_equal(w.err.kind, BK_BUSY);
	leave_lock("nonsense", 60);
	assert_int_equal(take(&w.lock, 100), -1);
	leave_lock("", 60);
	assert_int_equal(take(&w.lock, 100), -1);
	free(text);
}

static void a_lock_that_was_taken_from_us_is_not_removed(void **state)
{
	(void)state;
	assert_int_equal(take(&w.lock, 0), 0);
	assert_int_equal(unlinkat(w.scratch.dir, "f.lock", 0), 0);
	assert_int_equal(take(&w.other, 0), 0);
	w.lock.touched_ms -= 3600000;
	assert_int_equal(bk_dotlock_touch(&w.lock, &w.err), -1);
	assert_int_equal(w.err.kind, BK_LOST);
	bk_dotlock_release(&w.lock);
	assert_true(scratch_has(&w.scratch, "f.lock"));
}

static void touching_keeps_a_lock_young(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(take(&w.lock, 0), 0);
	scratch_age(&w.scratch, "f.lock", 1000);
	assert_int_equal(bk_dotlock_touch(&w.lock, &w.err), 0);
	assert_int_equal(fstatat(w.scratch.dir, "f.lock", &st, 0), 0);
	assert_int_equal(st.st_mtime, 1000); /* not so soon */
	w.lock.touched_ms -= 3600000;
	assert_int_equal(bk_dotlock_touch(&w.lock, &w.err), 0);
	assert_int_equal(fstatat(w.scratch.dir, "f.lock", &st, 0), 0);
	assert_true(st.st_mtime > 1000);
}

static void a_link_in_place_of_the_lock_is_not_written_through(void **state)
{
	(void)state;
	scratch_file(&w.scratch, "victim", "precious");
	scratch_link(&w.scratch, "f.lock", "victim");
	assert_int_equal(take(&w.lock, 50), -1);
	char *text = scratch_text(&w.scratch, "victim");
	assert_string_equal(text, "precious");
	free(text);
}

/* Many processes add one to a number in a file: none of them is lost. */
static void only_one_holds_it_at_a_time(void **state)
{
	(void)state;
	scratch_file(&w.scratch, "n", "0");
	for (int i = 0; i < 4; i++) {
		if (fork() != 0)
			continue;
		for (int k = 0; k < 25; k++) {
			struct bk_dotlock mine = BK_DOTLOCK;
			char text[16];
			if (take(&mine, 30000) < 0)
				_exit(1);
			char *n = scratch_text(&w.scratch, "n");
			snprintf(text, sizeof(text), "%lu",
				 strtoul(n, NULL, 10) + 1);
			scratch_file(&w.scratch, "n", text);
			free(n);
			bk_dotlock_release(&mine);
		}
		_exit(0);
	}
	for (int i = 0; i < 4; i++) {
		int status;
		wait(&status);
		assert_int_equal(status, 0);
	}
	char *n = scratch_text(&w.scratch, "n");
	assert_string_equal(n, "100");
	free(n);
}

/* ---- a wait is told ---- */

static struct {
	int times;
	int64_t most_ms;
} told;

static void tell(void *arg, const char *path, int64_t most_ms)
{
	assert_ptr_equal(arg, &told);
	assert_string_equal(path, "f.lock");
	told.times++;
	told.most_ms = most_ms;
}

static void a_wait_of_more_than_two_seconds_is_told_once(void **state)
{
	char text[300];

	(void)state;
	w.lock.waits = tell;
	w.lock.waits_arg = &told;
	(void)snprintf(text, sizeof(text), "%ld:%s", (long)getpid(), w.host);
	leave_lock(text, 0);
	assert_int_equal(take(&w.lock, 300), -1);
	assert_int_equal(told.times, 0);
	assert_int_equal(take(&w.lock, 3500), -1);
	assert_int_equal(w.err.kind, BK_BUSY);
	assert_int_equal(told.times, 1);
	assert_int_equal(told.most_ms, 3500);
}

int main(void)
{
#define WORLD(t) cmocka_unit_test_setup_teardown(t, begin, end)
	const struct CMUnitTest tests[] = {
		WORLD(a_wait_of_more_than_two_seconds_is_told_once),
		WORLD(a_lock_says_whose_it_is_and_goes),
		WORLD(a_lock_that_is_held_is_waited_for),
		WORLD(the_lock_of_a_dead_process_is_broken),
		WORLD(a_young_lock_is_never_broken),
		WORLD(the_lock_of_a_living_process_is_not_broken_however_old),
		WORLD(the_lock_of_another_host_is_left_alone),
		WORLD(a_lock_that_was_taken_from_us_is_not_removed),
		WORLD(touching_keeps_a_lock_young),
		WORLD(a_link_in_place_of_the_lock_is_not_written_through),
		WORLD(only_one_holds_it_at_a_time),
	};
	return cmocka_run_group_tests_name("dotlock", tests, NULL, NULL);
}
