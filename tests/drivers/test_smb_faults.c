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
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "target/smb.h"

#define MIB       ((size_t)1 << 20)
#define TIMEOUT_S 5

static struct bk_err err;
static char place[32]; /* a folder for each test */

static int start(void **state)
{
	static unsigned number;

	(void)state;
	err = (struct bk_err){0};
	(void)snprintf(place, sizeof(place), "fault%u", ++number);
	return 0;
}

static void done(int rc)
{
	if (rc < 0)
		fail_msg("%s", err.text);
}

/* `words` are in the message. */
static void assert_failed(int rc, enum bk_kind kind, const char *words)
{
	assert_int_equal(rc, -1);
	if (err.kind != kind || !strstr(err.text, words) ||
	    !strstr(err.text, "smb://"))
		fail_msg("kind %d: %s", (int)err.kind, err.text);
	if (strstr(err.text, "swordfish"))
		fail_msg("a secret: %s", err.text);
	err = (struct bk_err){0};
}

static int open_as(struct bk_target **out, const char *text,
		   const char *password, bool create)
{
	struct bk_access access = {.password = password,
				   .timeout_s = TIMEOUT_S};
	struct bk_url url = {0};

	done(bk_url_parse(&url, text, &err));
	int rc = bk_smb_open(out, &url, &access, create, &err);
	bk_url_clear(&url);
	return rc;
}

static int open_at(struct bk_target **out, const char *setting, bool create)
{
	char *text = bk_asprintf("%s/%s", getenv(setting), place);
	char *password =
		bk_asprintf("file:%s", getenv("BK_TEST_PASSWORD_FILE"));
	int rc = open_as(out, text, password, create);

	free(text);
	free(password);
	return rc;
}

static struct bk_target *opened(const char *setting)
{
	struct bk_target *target = NULL;

	done(open_at(&target, setting, true));
	return target;
}

static void server(const char *verb)
{
	char *line = bk_asprintf("%s %s", getenv("BK_TEST_SMB_SERVER"), verb);

	assert_int_equal(system(line), 0);
	free(line);
}

static void put(struct bk_target *target, const char *name, const char *text)
{
	struct bk_view bytes = {(const uint8_t *)text, strlen(text)};

	done(bk_target_put(target, name, bytes, &err));
}

static void assert_holds(struct bk_target *target, const char *name,
			 const char *text)
{
	struct bk_buf got = {0};

	done(bk_target_read(target, name, 0, strlen(text), &got, &err));
	assert_string_equal(bk_buf_text(&got), text);
	bk_buf_clear(&got);
}

static void assert_listed(struct bk_target *target, const char *want)
{
	struct bk_blob_list list = {0};
	struct bk_buf names = {0};

	done(bk_target_list(target, "", &list, &err));
	for (size_t i = 0; i < list.n; i++)
		bk_buf_printf(&names, "%s ", list.items[i].name);
	assert_string_equal(bk_buf_text(&names), want);
	bk_buf_clear(&names);
	bk_blob_list_clear(&list);
}

/* Is the name among the server's files? */
static bool on_disk(const char *name)
{
	char *path =
		bk_asprintf("%s/%s/%s", getenv("BK_TEST_SMB_DIR"), place, name);
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

/* One more MiB. */
static int write_more(struct bk_put *blob)
{
	static uint8_t bytes[MIB];

	return bk_put_write(blob, bytes, sizeof(bytes), &err);
}

static struct bk_put *half_written(struct bk_target *target, const char *name)
{
	struct bk_put *blob = NULL;

	done(bk_target_put_begin(target, name, 64 * MIB, &blob, &err));
	for (int n = 0; n < 8; n++)
		done(write_more(blob));
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

/* ---- logging in ---- */

static void a_wrong_password_is_denied(void **state)
{
	char file[] = "/tmp/bk-smb-test.XXXXXX", spec[64];
	struct bk_target *target = NULL;
	int fd = mkstemp(file);

	(void)state;
	assert_int_equal(write(fd, "wrong\n", 6), 6);
	(void)close(fd);
	(void)snprintf(spec, sizeof(spec), "file:%s", file);
	int rc = open_as(&target, getenv("BK_TEST_SMB_URL"), spec, true);
	(void)unlink(file);
	assert_failed(rc, BK_DENIED, "check the user");
}

/* The URL of the tests with another share or port. */
static int open_elsewhere(const char *authority, const char *path)
{
	const char *url = getenv("BK_TEST_SMB_URL");
	const char *host = strchr(url, '@') + 1;
	size_t n = strcspn(host, "/");
	char *password =
		bk_asprintf("file:%s", getenv("BK_TEST_PASSWORD_FILE"));
	char *text =
		authority ? bk_asprintf("smb://bk@%s/%s", authority, path)
			  : bk_asprintf("smb://bk@%.*s/%s", (int)n, host, path);
	struct bk_target *target = NULL;
	int rc = open_as(&target, text, password, true);

	free(text);
	free(password);
	return rc;
}

static void what_is_not_there_is_named(void **state)
{
	struct bk_target *target = NULL;

	(void)state;
	assert_failed(open_elsewhere(NULL, "nosuch/x"), BK_MISUSE,
		      "no share nosuch");
	assert_failed(open_elsewhere("127.0.0.1:1", "share/x"), BK_LOST,
		      "does the server run");
	assert_failed(open_elsewhere("no.such.host.invalid", "share/x"),
		      BK_LOST, "no.such.host.invalid");
	assert_failed(open_at(&target, "BK_TEST_SMB_URL", false), BK_GONE,
		      place);
	assert_false(on_disk(""));
}

static void a_domain_is_part_of_the_login(void **state)
{
	struct bk_buf text = {0};
	const char *url = getenv("BK_TEST_SMB_URL");
	char *password =
		bk_asprintf("file:%s", getenv("BK_TEST_PASSWORD_FILE"));
	struct bk_target *target = NULL;

	(void)state;
	bk_buf_printf(&text, "smb://BKTEST;%s/%s", url + strlen("smb://"),
		      place);
	done(open_as(&target, bk_buf_text(&text), password, true));
	put(target, "bkrepo", "1");
	bk_target_close(target);
	bk_buf_clear(&text);
	free(password);
}

static void names_in_the_url_may_be_odd(void **state)
{
	static const char odd[] = "%25 %41;a&b #1 x=y Z\xc3\xbcrich '~";
	struct bk_buf text = {0};
	char *password =
		bk_asprintf("file:%s", getenv("BK_TEST_PASSWORD_FILE"));
	struct bk_target *target = NULL;

	(void)state;
	/* '?' is no name on SMB. */
	bk_buf_printf(&text, "%s/%s/", getenv("BK_TEST_SMB_URL"), place);
	bk_url_escape(&text, odd);
	done(open_as(&target, bk_buf_text(&text), password, true));
	put(target, "data/x", "1");
	assert_listed(target, "data/x ");
	assert_holds(target, "data/x", "1");
	bk_target_close(target);
	char *path = bk_asprintf("%s/data/x", odd);
	assert_true(on_disk(path));
	free(path);
	bk_buf_clear(&text);
	free(password);
}

static void who_may_not_write_is_denied(void **state)
{
	struct bk_target *target = opened("BK_TEST_SMB_URL");
	struct bk_put *blob = NULL;

	(void)state;
	put(target, "bkrepo", "1");
	bk_target_close(target);
	done(open_at(&target, "BK_TEST_SMB_READONLY_URL", false));
	assert_holds(target, "bkrepo", "1");
	assert_failed(bk_target_put_begin(target, "x", 1, &blob, &err),
		      BK_DENIED, "may this user");
	assert_failed(bk_target_remove(target, "bkrepo", &err), BK_DENIED,
		      "may this user");
	assert_holds(target, "bkrepo", "1");
	bk_target_close(target);
}

/* ---- names ---- */

static void a_name_is_used_once(void **state)
{
	struct bk_target *target = opened("BK_TEST_SMB_URL");
	struct bk_view other = {(const uint8_t *)"other", 5};
	struct bk_put *one = NULL, *two = NULL;

	(void)state;
	put(target, "data/x", "first");
	assert_failed(bk_target_put(target, "data/x", other, &err), BK_EXISTS,
		      "data/x");
	assert_holds(target, "data/x", "first");
	/* Two at a time: the first to end has the name. */
	done(bk_target_put_begin(target, "data/y", 5, &one, &err));
	done(bk_target_put_begin(target, "data/y", 5, &two, &err));
	done(bk_put_write(one, "one..", 5, &err));
	done(bk_put_write(two, "two..", 5, &err));
	done(bk_put_commit(one, &err));
	assert_failed(bk_put_commit(two, &err), BK_EXISTS, "data/y");
	assert_holds(target, "data/y", "one..");
	assert_listed(target, "data/x data/y ");
	assert_false(on_disk("data/y.part"));
	assert_false(on_disk("data/y.1.part"));
	bk_target_close(target);
}

static void what_is_no_file_is_damage(void **state)
{
	struct bk_target *target = opened("BK_TEST_SMB_URL");
	struct bk_buf got = {0};
	uint64_t size;

	(void)state;
	put(target, "sets/x/y", "1");
	assert_failed(bk_target_read(target, "sets/x", 0, 1, &got, &err),
		      BK_CORRUPT, "regular file");
	assert_failed(bk_target_stat(target, "sets/x", &size, &err), BK_CORRUPT,
		      "regular file");
	bk_buf_clear(&got);
	bk_target_close(target);
}

static void a_repository_that_was_taken_away_is_not_an_empty_one(void **state)
{
	struct bk_target *target = opened("BK_TEST_SMB_URL");
	struct bk_blob_list list = {0};
	char *from = bk_asprintf("%s/%s", getenv("BK_TEST_SMB_DIR"), place);
	char *to = bk_asprintf("%s.away", from);
	uint64_t size;

	(void)state;
	put(target, "data/x", "1");
	assert_int_equal(rename(from, to), 0);
	assert_failed(bk_target_list(target, "", &list, &err), BK_LOST,
		      "not there any more");
	assert_failed(bk_target_list(target, "data", &list, &err), BK_LOST,
		      "not there any more");
	assert_failed(bk_target_stat(target, "data/x", &size, &err), BK_LOST,
		      "not there any more");
	assert_int_equal(rename(to, from), 0);
	assert_listed(target, "data/x ");
	bk_target_close(target);
	free(from);
	free(to);
}

static bool is_x(const char *name)
{
	return strcmp(name, "data/x") == 0;
}

static void make_part(const char *name, time_t age)
{
	struct timespec times[2] = {
		{time(NULL) - age, 0},
                {time(NULL) - age, 0}
        };
	char *path =
		bk_asprintf("%s/%s/%s", getenv("BK_TEST_SMB_DIR"), place, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0666), 0);
	assert_int_equal(futimens(fd, times), 0);
	(void)close(fd);
	free(path);
}

static void old_parts_of_ours_are_swept(void **state)
{
	struct bk_target *target = opened("BK_TEST_SMB_URL");

	(void)state;
	put(target, "data/w", "1");
	make_part("data/x.part", 8 * 86400);
	make_part("data/x.1.part", 8 * 86400);
	make_part("data/x.2.part", 6 * 86400);
	make_part("data/y.part", 8 * 86400);
	done(bk_target_sweep(target, 7 * 86400, is_x, &err));
	assert_listed(target, "data/w ");
	assert_false(on_disk("data/x.part"));
	assert_false(on_disk("data/x.1.part"));
	assert_true(on_disk("data/x.2.part"));
	assert_true(on_disk("data/y.part"));
	assert_false(on_disk("clock.part"));
	bk_target_close(target);
}

/* ---- the server ends ---- */

/* One attempt each: the first may find out, the second has a new session. */
static void a_server_that_was_started_again_is_used_again(void **state)
{
	struct bk_target *target = opened("BK_TEST_SMB_URL");
	struct bk_blob_list list = {0};

	(void)state;
	put(target, "data/x", "1");
	server("stop");
	assert_failed(bk_target_list(target, "", &list, &err), BK_LOST, place);
	assert_failed(bk_target_list(target, "", &list, &err), BK_LOST,
		      "does the server run");
	server("start");
	assert_listed(target, "data/x ");
	server("stop");
	server("start");
	if (bk_target_list(target, "", &list, &err) < 0)
		assert_int_equal(err.kind, BK_LOST);
	bk_blob_list_clear(&list);
	assert_holds(target, "data/x", "1");
	bk_target_close(target);
}

static void a_server_killed_during_a_put_has_no_half_blob(void **state)
{
	struct bk_target *target = opened("BK_TEST_SMB_URL");
	struct bk_put *blob = half_written(target, "data/x");

	(void)state;
	server("kill");
	assert_failed(write_rest(blob), BK_LOST, "data/x");
	bk_put_abort(blob);
	server("start");
	assert_listed(target, "");
	assert_false(on_disk("data/x"));
	put(target, "data/x", "whole");
	assert_holds(target, "data/x", "whole");
	bk_target_close(target);
}

static void a_server_killed_before_a_commit_has_no_half_blob(void **state)
{
	struct bk_target *target = opened("BK_TEST_SMB_URL");
	struct bk_put *blob = NULL;

	(void)state;
	done(bk_target_put_begin(target, "data/x", MIB, &blob, &err));
	done(write_more(blob));
	server("kill");
	assert_failed(bk_put_commit(blob, &err), BK_LOST, "data/x");
	server("start");
	assert_listed(target, "");
	assert_false(on_disk("data/x"));
	bk_target_close(target);
}

static void a_server_that_says_nothing_is_given_up(void **state)
{
	struct bk_target *target = NULL;
	time_t before = time(NULL);

	(void)state;
	if (!getenv("BK_TEST_SMB_STALLED_URL"))
		return;
	assert_failed(open_at(&target, "BK_TEST_SMB_STALLED_URL", true),
		      BK_LOST, place);
	assert_true(time(NULL) - before <= TIMEOUT_S + 5);
}

static void a_full_disk_is_full(void **state)
{
	static uint8_t bytes[32 * 1024];
	struct bk_view small = {bytes, sizeof(bytes)};

	(void)state;
	if (!getenv("BK_TEST_SMB_TINY_URL"))
		return;
	struct bk_target *target = opened("BK_TEST_SMB_TINY_URL");
	struct bk_put *blob = NULL;
	done(bk_target_put_begin(target, "data/x", 64 * MIB, &blob, &err));
	int rc = write_rest(blob);
	if (rc == 0) {
		rc = bk_put_commit(blob, &err);
		blob = NULL;
	}
	assert_failed(rc, BK_FULL, "make room");
	bk_put_abort(blob);
	assert_listed(target, "");
	/* Nothing of it is in the way. */
	done(bk_target_put(target, "data/y", small, &err));
	assert_listed(target, "data/y ");
	done(bk_target_remove(target, "data/y", &err));
	bk_target_close(target);
}

/* ---- our own process ends ---- */

static void a_speaker_that_is_killed_is_replaced(void **state)
{
	struct bk_target *target = opened("BK_TEST_SMB_URL");

	(void)state;
	pid_t first = speaker();
	struct bk_put *blob = half_written(target, "data/x");
	assert_int_equal(kill(first, SIGKILL), 0);
	assert_failed(write_rest(blob), BK_LOST, "data/x");
	assert_failed(write_rest(blob), BK_LOST, "data/x");
	bk_put_abort(blob);
	assert_listed(target, "");
	put(target, "data/x", "whole");
	assert_holds(target, "data/x", "whole");
	assert_true(speaker() != first);
	bk_target_close(target);
}

static void a_speaker_that_hangs_is_given_up(void **state)
{
	struct bk_target *target = opened("BK_TEST_SMB_URL");
	time_t before = time(NULL);

	(void)state;
	assert_int_equal(kill(speaker(), SIGSTOP), 0);
	assert_failed(bk_target_remove(target, "data/x", &err), BK_LOST,
		      "nothing happened for 5 s");
	assert_true(time(NULL) - before <= TIMEOUT_S + 5);
	put(target, "data/x", "1");
	bk_target_close(target);
}

/* One that ends while a speaker has work, and one that leaves it idle. */
static void end_with_parent(bool hangs)
{
	int ends[2];
	char byte;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct bk_target *target = opened("BK_TEST_SMB_URL");
		struct bk_put *blob = half_written(target, "data/x");
		(void)blob;
		(void)!write(ends[1], "x", 1);
		for (;;)
			(void)pause();
	}
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
	(void)close(ends[1]);
	assert_false(on_disk("data/x"));
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
	struct bk_target *target = opened("BK_TEST_SMB_URL");
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

#define CASE(test) cmocka_unit_test_setup(test, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_wrong_password_is_denied),
		CASE(what_is_not_there_is_named),
		CASE(a_domain_is_part_of_the_login),
		CASE(names_in_the_url_may_be_odd),
		CASE(who_may_not_write_is_denied),
		CASE(a_name_is_used_once),
		CASE(what_is_no_file_is_damage),
		CASE(a_repository_that_was_taken_away_is_not_an_empty_one),
		CASE(old_parts_of_ours_are_swept),
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
