/*
 * What a process that speaks SMB for us can do wrong: it ends, hangs, says what
 * makes no sense.  Here it is this program itself, which does that.  What the
 * real one does is tested on a real server, in tests/e2e.
 */

#include "lib/test.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cancel.h"
#include "target/smb.h"
#include "target/smb_wire.h"

/* ---- the one that does it ---- */

static struct bk_smb_wire wire = {BK_SMB_SOCKET_FD, -1, NULL};

static void say(enum bk_smb_type type, const void *fields, size_t len)
{
	struct bk_buf message = {0};
	struct bk_err err = {0};

	bk_buf_add_u8(&message, (uint8_t)type);
	bk_buf_add(&message, fields, len);
	if (bk_smb_send(&wire, &message, &err) < 0)
		_exit(3);
	bk_buf_clear(&message);
}

static void say_full(uint32_t len)
{
	uint8_t field[] = {(uint8_t)len, (uint8_t)(len >> 8),
			   (uint8_t)(len >> 16), (uint8_t)(len >> 24)};

	say(BK_SMB_FULL, field, sizeof(field));
}

static void hang(void)
{
	for (;;)
		(void)pause();
}

/* What goes wrong is the user's name. */
static void misbehave(const char *how)
{
	static uint8_t nothing[BK_SMB_MESSAGE_MAX + 4096];
	static const uint8_t way_out[] = {0, 1, 0, 0,   0,   0,   0,  0,
					  0, 0, 4, 'a', '/', '.', '.'};
	static const uint8_t no_name[] = {0, 1, 0, 0, 0,   0,
					  0, 0, 0, 0, 200, 'a'};
	static const uint8_t bad_kind[] = {99, 1, 'x'},
			     bad_text[] = {1, 9, 'x'};

	if (strcmp(how, "hangs") == 0)
		hang();
	else if (strcmp(how, "unknown") == 0)
		say(77, "", 0);
	else if (strcmp(how, "nothing") == 0)
		say(BK_SMB_DONE, "", 0);
	else if (strcmp(how, "too much") == 0)
		say_full(11);
	else if (strcmp(how, "beyond") == 0)
		say_full(BK_SMB_SLOT + 1);
	else if (strcmp(how, "empty") == 0)
		say_full(0);
	else if (strcmp(how, "short number") == 0)
		say(BK_SMB_NUMBER, "1234567", 7);
	else if (strcmp(how, "way out") == 0)
		say(BK_SMB_ENTRIES, way_out, sizeof(way_out));
	else if (strcmp(how, "no name") == 0)
		say(BK_SMB_ENTRIES, no_name, sizeof(no_name));
	else if (strcmp(how, "bad kind") == 0)
		say(BK_SMB_FAILED, bad_kind, sizeof(bad_kind));
	else if (strcmp(how, "bad text") == 0)
		say(BK_SMB_FAILED, bad_text, sizeof(bad_text));
	else if (strcmp(how, "long") == 0)
		say(BK_SMB_ENTRIES, nothing, sizeof(nothing));
}

/* Leaves the way it was started in with its environment and its descriptors. */
static void check_surroundings(void)
{
	extern char **environ;

	if (!environ[0] || environ[1] || strncmp(environ[0], "PATH=", 5) != 0)
		_exit(4);
	for (int fd = BK_SMB_SLOTS_FD + 1; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			_exit(5);
	if (getsid(0) != getpid())
		_exit(6);
}

static int play_child(void)
{
	struct bk_cursor fields;
	enum bk_smb_type type;
	struct bk_err err = {0};
	char *text[5];

	wire.room = bk_alloc(BK_SMB_MESSAGE_MAX);
	check_surroundings();
	if (bk_smb_receive(&wire, &type, &fields, &err) <= 0 ||
	    type != BK_SMB_OPEN)
		_exit(7);
	(void)bk_cursor_bytes(&fields, 1 + 1 + 4 + 2);
	for (size_t i = 0; i < 5; i++)
		text[i] = bk_cursor_string(&fields);
	if (fields.bad || strcmp(text[0], "nas.example") != 0 ||
	    strcmp(text[1], "share") != 0 || strcmp(text[2], "a dir/b") != 0)
		_exit(8);
	const char *how = text[4];
	if (strncmp(how, "at once ", 8) == 0)
		misbehave(how + 8);
	else
		say(BK_SMB_DONE, "", 0);
	while (bk_smb_receive(&wire, &type, &fields, &err) > 0) {
		if (type == BK_SMB_PUT || type == BK_SMB_FREE)
			say(BK_SMB_DONE, "", 0);
		else if (strcmp(how, "dies") == 0)
			_exit(0);
		else
			misbehave(how);
	}
	_exit(0);
}

/* ---- the tests ---- */

static struct bk_err err;
static char password_file[PATH_MAX + 16];

static int start(void **state)
{
	(void)state;
	err = (struct bk_err){0};
	return 0;
}

static int open_at(struct bk_target **out, const char *text,
		   const char *password)
{
	struct bk_access access = {.password = password, .timeout_s = 1};
	struct bk_url url = {0};

	if (bk_url_parse(&url, text, &err) < 0)
		fail_msg("%s", err.text);
	int rc = bk_smb_open(out, &url, &access, false, &err);
	bk_url_clear(&url);
	return rc;
}

static int open_as(struct bk_target **out, const char *user)
{
	struct bk_buf text = {0};

	bk_buf_printf(&text, "smb://");
	bk_url_escape(&text, user);
	bk_buf_printf(&text, "@nas.example/share/a%%20dir/b");
	int rc = open_at(out, bk_buf_text(&text), password_file);
	bk_buf_clear(&text);
	return rc;
}

static struct bk_target *opened(const char *user)
{
	struct bk_target *target = NULL;

	if (open_as(&target, user) < 0)
		fail_msg("%s", err.text);
	return target;
}

static void assert_lost(int rc)
{
	assert_int_equal(rc, -1);
	if (err.kind != BK_LOST)
		fail_msg("kind %d: %s", (int)err.kind, err.text);
	assert_non_null(strstr(err.text, "nas.example/share/a%20dir/b"));
	err = (struct bk_err){0};
}

static void a_login_that_makes_no_sense_is_lost(void **state)
{
	static const char *const ways[] = {"hangs",    "unknown",  "too much",
					   "bad kind", "bad text", "long"};
	struct bk_target *target = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		char *user = bk_asprintf("at once %s", ways[i]);
		assert_lost(open_as(&target, user));
		free(user);
	}
}

static void a_get_that_makes_no_sense_is_lost(void **state)
{
	static const char *const ways[] = {
		"dies",  "unknown",  "nothing",  "too much", "beyond",
		"empty", "bad kind", "bad text", "long",
	};
	struct bk_buf got = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct bk_target *target = opened(ways[i]);
		for (int n = 0; n < 2; n++)
			assert_lost(bk_target_read(target, "bkrepo", 0, 10,
						   &got, &err));
		bk_target_close(target);
	}
	bk_buf_clear(&got);
}

static void an_empty_list_is_never_made_of_nonsense(void **state)
{
	static const char *const ways[] = {"dies",    "unknown",  "too much",
					   "no name", "bad kind", "bad text",
					   "long"};
	struct bk_blob_list list = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct bk_target *target = opened(ways[i]);
		assert_lost(bk_target_list(target, "", &list, &err));
		bk_target_close(target);
	}
	struct bk_target *target = opened("way out");
	assert_int_equal(bk_target_list(target, "", &list, &err), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
	bk_target_close(target);
}

static void a_size_and_a_removal_are_not_guessed(void **state)
{
	static const char *const ways[] = {"dies", "unknown", "too much",
					   "short number", "bad kind"};
	uint64_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct bk_target *target = opened(ways[i]);
		assert_lost(bk_target_stat(target, "bkrepo", &size, &err));
		assert_lost(bk_target_remove(target, "bkrepo", &err));
		bk_target_close(target);
	}
}

static int put_to(struct bk_target *target)
{
	static const uint8_t bytes[3000000];
	struct bk_view all = {bytes, sizeof(bytes)};

	return bk_target_put(target, "data/x", all, &err);
}

static void a_put_is_only_done_when_it_was_said(void **state)
{
	static const char *const ways[] = {"dies",     "hangs",    "unknown",
					   "too much", "bad kind", "long"};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct bk_target *target = opened(ways[i]);
		assert_lost(put_to(target));
		bk_target_close(target);
	}
}

static void what_hangs_is_given_up_in_time(void **state)
{
	struct bk_target *target = opened("hangs");
	struct bk_buf got = {0};
	time_t before = time(NULL);

	(void)state;
	assert_lost(bk_target_read(target, "bkrepo", 0, 10, &got, &err));
	assert_true(time(NULL) - before <= 3);
	bk_target_close(target);
	bk_buf_clear(&got);
}

static void a_login_lacks_nothing(void **state)
{
	static const struct {
		const char *url, *says;
		bool password;
	} lacking[] = {
		{"smb://nas.example/share/x", "names no user",        true },
		{"smb://u@nas.example",       "names no share",       true },
		{"smb://u@nas.example/s",     "no password is named", false},
	};
	struct bk_target *target = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(lacking) / sizeof(lacking[0]); i++) {
		const char *password =
			lacking[i].password ? password_file : NULL;
		assert_int_equal(open_at(&target, lacking[i].url, password),
				 -1);
		assert_int_equal(err.kind, BK_MISUSE);
		assert_non_null(strstr(err.text, lacking[i].says));
	}
}

/* Takes a second to be killed in. */
static void an_end_that_is_asked_for_does_not_wait_for_the_time_out(
	void **state)
{
	struct bk_access access = {.password = password_file, .timeout_s = 600};
	struct bk_target *target = NULL;
	struct bk_url url = {0};
	time_t before = time(NULL);

	(void)state;
	assert_int_equal(bk_url_parse(&url,
				      "smb://hangs@nas.example/share/a%20dir/b",
				      &err),
			 0);
	assert_int_equal(bk_smb_open(&target, &url, &access, false, &err), 0);
	bk_cancel();
	assert_int_equal(bk_target_remove(target, "bkrepo", &err), -1);
	assert_int_equal(err.kind, BK_CANCELLED);
	assert_true(time(NULL) - before <= 8);
	bk_target_close(target);
	bk_url_clear(&url);
}

/* A place like that of an installed tool, with this program as both. */
static void settle(char *self)
{
	char folder[PATH_MAX + 8];
	ssize_t n = readlink("/proc/self/exe", self, PATH_MAX - 1);

	self[n > 0 ? n : 0] = 0;
	(void)snprintf(folder, sizeof(folder), "%s.XXXXXX", self);
	if (!mkdtemp(folder) || chdir(folder) < 0 || mkdir("bin", 0700) < 0 ||
	    mkdir("libexec", 0700) < 0 || link(self, "bin/tool") < 0 ||
	    link(self, "libexec/bk-smb") < 0)
		exit(2);
	char name[] = "tool", path[] = "bin/tool";
	char *argv[] = {name, NULL};
	(void)execv(path, argv);
	exit(2);
}

static void leave(void)
{
	char folder[PATH_MAX];

	(void)unlink("bin/tool");
	(void)unlink("libexec/bk-smb");
	(void)unlink("password");
	(void)rmdir("bin");
	(void)rmdir("libexec");
	if (getcwd(folder, sizeof(folder)))
		(void)rmdir(folder);
}

#define CASE(test) cmocka_unit_test_setup(test, start)

static int run(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_login_that_makes_no_sense_is_lost),
		CASE(a_get_that_makes_no_sense_is_lost),
		CASE(an_empty_list_is_never_made_of_nonsense),
		CASE(a_size_and_a_removal_are_not_guessed),
		CASE(a_put_is_only_done_when_it_was_said),
		CASE(what_hangs_is_given_up_in_time),
		CASE(a_login_lacks_nothing),
		/* The last: it cannot be taken back. */
		CASE(an_end_that_is_asked_for_does_not_wait_for_the_time_out),
	};
	char folder[PATH_MAX];
	int fd = open("password", O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd < 0 || write(fd, "secret\n", 7) != 7 || close(fd) < 0 ||
	    !getcwd(folder, sizeof(folder)))
		return 2;
	(void)snprintf(password_file, sizeof(password_file), "file:%s/password",
		       folder);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	char self[PATH_MAX];

	(void)argc;
	if (strcmp(argv[0], "bk-smb") == 0)
		return play_child();
	if (strcmp(argv[0], "tool") != 0)
		settle(self);
	int rc = run();
	leave();
	return rc;
}
