/*
 * What goes wrong between us and an SMB server, with a real one: it is stopped
 * and killed, its disk is full, our process that speaks to it is.  The settings
 * are those of tests/lib/targets.sh, and
 *
 *	BK_TEST_SMB_SERVER   a command that takes start, stop or kill
 *	BK_TEST_SMB_STALLED_URL   where nothing is ever answered
 */

#include "lib/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/smb_place.h"

#define MIB ((size_t)1 << 20)

static void server(const char *verb)
{
	char *line = bk_asprintf("%s %s", getenv("BK_TEST_SMB_SERVER"), verb);

	assert_int_equal(system(line), 0);
	free(line);
}

/* One more MiB. */
static int write_more(struct bk_put *blob)
{
	static uint8_t bytes[MIB];

	return bk_put_write(blob, bytes, sizeof(bytes), &smb_err);
}

static struct bk_put *half_written(struct bk_target *target, const char *name)
{
	struct bk_put *blob = NULL;

	smb_done(bk_target_put_begin(target, name, 64 * MIB, &blob, &smb_err));
	for (int n = 0; n < 8; n++)
		smb_done(write_more(blob));
	return blob;
}

/* Until it fails, as it must. */
static int write_rest(struct bk_put *blob)
{
	for (int n = 8; n < 64; n++)
		if (write_more(blob) < 0)
			return -1;
	return 0;
}

/* Some process of bk-smb that `parent` started, or 0. */
static pid_t speaker_of(pid_t parent)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	assert_non_null(dir);
	while (!found && (entry = readdir(dir))) {
		char *path = bk_asprintf("/proc/%s/stat", entry->d_name);
		FILE *file = fopen(path, "re");
		int pid = 0, ppid = 0;
		if (file &&
		    fscanf(file, "%d (bk-smb) %*c %d", &pid, &ppid) == 2 &&
		    ppid == parent)
			found = pid;
		if (file)
			(void)fclose(file);
		free(path);
	}
	(void)closedir(dir);
	return found;
}

static pid_t speaker(void)
{
	pid_t pid = speaker_of(getpid());

	assert_true(pid > 0);
	return pid;
}

static void no_speaker_is_left(void **state)
{
	(void)state;
	assert_int_equal(speaker_of(getpid()), 0);
}

/* ---- the server ends ---- */

/* One attempt each: the first may find out, the second has a new session. */
static void a_server_that_was_started_again_is_used_again(void **state)
{
	struct bk_target *target = smb_opened("BK_TEST_SMB_URL");
	struct bk_blob_list list = {0};

	(void)state;
	smb_put(target, "data/x", "1");
	server("stop");
	assert_smb_failed(bk_target_list(target, "", &list, &smb_err), BK_LOST,
			  smb_place);
	assert_smb_failed(bk_target_list(target, "", &list, &smb_err), BK_LOST,
			  "does the server run");
	server("start");
	assert_smb_listed(target, "data/x ");
	server("stop");
	server("start");
	if (bk_target_list(target, "", &list, &smb_err) < 0)
		assert_int_equal(smb_err.kind, BK_LOST);
	bk_blob_list_clear(&list);
	assert_smb_holds(target, "data/x", "1");
	bk_target_close(target);
}

static void a_server_killed_during_a_put_has_no_half_blob(void **state)
{
	struct bk_target *target = smb_opened("BK_TEST_SMB_URL");
	struct bk_put *blob = half_written(target, "data/x");

	(void)state;
	server("kill");
	assert_smb_failed(write_rest(blob), BK_LOST, "data/x");
	bk_put_abort(blob);
	server("start");
	assert_smb_listed(target, "");
	assert_false(smb_on_disk("data/x"));
	smb_put(target, "data/x", "whole");
	assert_smb_holds(target, "data/x", "whole");
	bk_target_close(target);
}

static void a_server_killed_before_a_commit_has_no_half_blob(void **state)
{
	struct bk_target *target = smb_opened("BK_TEST_SMB_URL");
	struct bk_put *blob = NULL;

	(void)state;
	smb_done(bk_target_put_begin(target, "data/x", MIB, &blob, &smb_err));
	smb_done(write_more(blob));
	server("kill");
	assert_smb_failed(bk_put_commit(blob, &smb_err), BK_LOST, "data/x");
	server("start");
	assert_smb_listed(target, "");
	assert_false(smb_on_disk("data/x"));
	bk_target_close(target);
}

static void a_server_that_says_nothing_is_given_up(void **state)
{
	struct bk_target *target = NULL;
	time_t before = time(NULL);

	(void)state;
	if (!getenv("BK_TEST_SMB_STALLED_URL"))
		return;
	assert_smb_failed(smb_open_at(&target, "BK_TEST_SMB_STALLED_URL", true),
			  BK_LOST, smb_place);
	assert_true(time(NULL) - before <= SMB_TIMEOUT_S + 5);
}

static void a_full_disk_is_full(void **state)
{
	static uint8_t bytes[32 * 1024];
	struct bk_view small = {bytes, sizeof(bytes)};

	(void)state;
	if (!getenv("BK_TEST_SMB_TINY_URL"))
		return;
	struct bk_target *target = smb_opened("BK_TEST_SMB_TINY_URL");
	struct bk_put *blob = NULL;
	smb_done(bk_target_put_begin(target, "data/x", 64 * MIB, &blob,
				     &smb_err));
	int rc = write_rest(blob);
	if (rc == 0) {
		rc = bk_put_commit(blob, &smb_err);
		blob = NULL;
	}
	assert_smb_failed(rc, BK_FULL, "make room");
	bk_put_abort(blob);
	assert_smb_listed(target, "");
	/* Nothing of it is in the way. */
	smb_done(bk_target_put(target, "data/y", small, &smb_err));
	assert_smb_listed(target, "data/y ");
	smb_done(bk_target_remove(target, "data/y", &smb_err));
	bk_target_close(target);
}

/* ---- our own process ends ---- */

static void a_speaker_that_is_killed_is_replaced(void **state)
{
	struct bk_target *target = smb_opened("BK_TEST_SMB_URL");

	(void)state;
	pid_t first = speaker();
	struct bk_put *blob = half_written(target, "data/x");
	assert_int_equal(kill(first, SIGKILL), 0);
	assert_smb_failed(write_rest(blob), BK_LOST, "data/x");
	assert_smb_failed(write_rest(blob), BK_LOST, "data/x");
	bk_put_abort(blob);
	assert_smb_listed(target, "");
	smb_put(target, "data/x", "whole");
	assert_smb_holds(target, "data/x", "whole");
	assert_true(speaker() != first);
	bk_target_close(target);
}

static void a_speaker_that_hangs_is_given_up(void **state)
{
	struct bk_target *target = smb_opened("BK_TEST_SMB_URL");
	time_t before = time(NULL);

	(void)state;
	assert_int_equal(kill(speaker(), SIGSTOP), 0);
	assert_smb_failed(bk_target_remove(target, "data/x", &smb_err), BK_LOST,
			  "nothing happened for 5 s");
	assert_true(time(NULL) - before <= SMB_TIMEOUT_S + 5);
	smb_put(target, "data/x", "1");
	bk_target_close(target);
}

/* Never returns, and is no second run of these tests. */
static void be_killed(int ready)
{
	struct bk_target *target = NULL;
	struct bk_put *blob = NULL;
	static uint8_t bytes[3 * MIB];

	if (smb_open_at(&target, "BK_TEST_SMB_URL", true) < 0 ||
	    bk_target_put_begin(target, "data/x", 64 * MIB, &blob, &smb_err) <
		    0 ||
	    bk_put_write(blob, bytes, sizeof(bytes), &smb_err) < 0 ||
	    write(ready, "x", 1) != 1)
		_exit(1);
	for (;;)
		(void)pause();
}

/* One that ends while a speaker has work, and one that leaves it idle. */
static void end_with_parent(bool hangs)
{
	int ends[2];
	char byte;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0)
		be_killed(ends[1]);
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	pid_t child = speaker_of(pid);
	assert_true(child > 0);
	if (hangs)
		assert_int_equal(kill(child, SIGSTOP), 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	if (hangs)
		assert_int_equal(kill(child, SIGCONT), 0);
	for (int n = 0; n < 200 && kill(child, 0) == 0; n++)
		(void)usleep(10000);
	assert_int_equal(kill(child, 0), -1);
	(void)close(ends[0]);
	assert_false(smb_on_disk("data/x"));
}

static void a_speaker_ends_with_who_started_it(void **state)
{
	(void)state;
	end_with_parent(false);
	end_with_parent(true);
}

static void a_speaker_shows_no_password_and_holds_no_file_of_ours(void **state)
{
	static const char *const files[] = {"cmdline", "environ"};
	struct bk_target *target = smb_opened("BK_TEST_SMB_URL");
	struct bk_buf text = {0};
	char path[64], where[256];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "/proc/%d/%s",
			       (int)speaker(), files[i]);
		FILE *file = fopen(path, "re");
		assert_non_null(file);
		uint8_t *room = bk_buf_room(&text, 65536);
		text.len = fread(room, 1, 65536, file);
		assert_null(memmem(text.data, text.len, "swordfish", 9));
		(void)fclose(file);
		text.len = 0;
	}
	for (int fd = 0; fd < 32; fd++) {
		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d",
			       (int)speaker(), fd);
		ssize_t n = readlink(path, where, sizeof(where) - 1);
		where[n > 0 ? n : 0] = 0;
		bool known = n < 0 || strncmp(where, "socket:", 7) == 0 ||
			     strncmp(where, "/memfd:bk-smb", 13) == 0 ||
			     strncmp(where, "pipe:", 5) == 0 ||
			     strncmp(where, "anon_inode:", 11) == 0 ||
			     strcmp(where, "/dev/null") == 0;
		if (!known)
			fail_msg("%d is %s", fd, where);
	}
	bk_buf_clear(&text);
	bk_target_close(target);
}

#define CASE(test) cmocka_unit_test_setup(test, smb_place_new)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_server_that_was_started_again_is_used_again),
		CASE(a_server_killed_during_a_put_has_no_half_blob),
		CASE(a_server_killed_before_a_commit_has_no_half_blob),
		CASE(a_server_that_says_nothing_is_given_up),
		CASE(a_full_disk_is_full),
		CASE(a_speaker_that_is_killed_is_replaced),
		CASE(a_speaker_that_hangs_is_given_up),
		CASE(a_speaker_ends_with_who_started_it),
		CASE(a_speaker_shows_no_password_and_holds_no_file_of_ours),
		CASE(no_speaker_is_left),
	};

	if (!getenv("BK_TEST_SMB_URL") || !getenv("BK_TEST_SMB_SERVER")) {
		(void)printf("1..0 # SKIP BK_TEST_SMB_URL is not set\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
