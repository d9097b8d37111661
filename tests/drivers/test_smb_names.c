/*
 * Who may do what on an SMB share and what it is called there, with a real
 * server: the settings are those of tests/lib/targets.sh.
 */

#include "lib/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/smb_place.h"

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
	int rc = smb_open_as(&target, getenv("BK_TEST_SMB_URL"), spec, true);
	(void)unlink(file);
	assert_smb_failed(rc, BK_DENIED, "check the user");
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
	int rc = smb_open_as(&target, text, password, true);

	free(text);
	free(password);
	return rc;
}

static void what_is_not_there_is_named(void **state)
{
	struct bk_target *target = NULL;

	(void)state;
	assert_smb_failed(open_elsewhere(NULL, "nosuch/x"), BK_MISUSE,
			  "no share nosuch");
	assert_smb_failed(open_elsewhere("127.0.0.1:1", "share/x"), BK_LOST,
			  "does the server run");
	assert_smb_failed(open_elsewhere("no.such.host.invalid", "share/x"),
			  BK_LOST, "no.such.host.invalid");
	assert_smb_failed(smb_open_at(&target, "BK_TEST_SMB_URL", false),
			  BK_GONE, smb_place);
	assert_false(smb_on_disk(""));
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
		      smb_place);
	smb_done(smb_open_as(&target, bk_buf_text(&text), password, true));
	smb_put(target, "bkrepo", "1");
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
	bk_buf_printf(&text, "%s/%s/", getenv("BK_TEST_SMB_URL"), smb_place);
	bk_url_escape(&text, odd);
	smb_done(smb_open_as(&target, bk_buf_text(&text), password, true));
	smb_put(target, "data/x", "1");
	assert_smb_listed(target, "data/x ");
	assert_smb_holds(target, "data/x", "1");
	bk_target_close(target);
	char *path = bk_asprintf("%s/data/x", odd);
	assert_true(smb_on_disk(path));
	free(path);
	bk_buf_clear(&text);
	free(password);
}

static void who_may_not_write_is_denied(void **state)
{
	struct bk_target *target = smb_opened("BK_TEST_SMB_URL");
	struct bk_put *blob = NULL;

	(void)state;
	smb_put(target, "bkrepo", "1");
	bk_target_close(target);
	smb_done(smb_open_at(&target, "BK_TEST_SMB_READONLY_URL", false));
	assert_smb_holds(target, "bkrepo", "1");
	assert_smb_failed(bk_target_put_begin(target, "x", 1, &blob, &smb_err),
			  BK_DENIED, "may this user");
	assert_smb_failed(bk_target_remove(target, "bkrepo", &smb_err),
			  BK_DENIED, "may this user");
	assert_smb_holds(target, "bkrepo", "1");
	bk_target_close(target);
}

/* ---- names ---- */

static void a_name_is_used_once(void **state)
{
	struct bk_target *target = smb_opened("BK_TEST_SMB_URL");
	struct bk_view other = {(const uint8_t *)"other", 5};
	struct bk_put *one = NULL, *two = NULL;

	(void)state;
	smb_put(target, "data/x", "first");
	assert_smb_failed(bk_target_put(target, "data/x", other, &smb_err),
			  BK_EXISTS, "data/x");
	assert_smb_holds(target, "data/x", "first");
	/* Two at a time: the first to end has the name. */
	smb_done(bk_target_put_begin(target, "data/y", 5, &one, &smb_err));
	smb_done(bk_target_put_begin(target, "data/y", 5, &two, &smb_err));
	smb_done(bk_put_write(one, "one..", 5, &smb_err));
	smb_done(bk_put_write(two, "two..", 5, &smb_err));
	smb_done(bk_put_commit(one, &smb_err));
	assert_smb_failed(bk_put_commit(two, &smb_err), BK_EXISTS, "data/y");
	assert_smb_holds(target, "data/y", "one..");
	assert_smb_listed(target, "data/x data/y ");
	assert_false(smb_on_disk("data/y.part"));
	assert_false(smb_on_disk("data/y.1.part"));
	bk_target_close(target);
}

static void what_is_no_file_is_damage(void **state)
{
	struct bk_target *target = smb_opened("BK_TEST_SMB_URL");
	struct bk_buf got = {0};
	uint64_t size;

	(void)state;
	smb_put(target, "sets/x/y", "1");
	assert_smb_failed(
		bk_target_read(target, "sets/x", 0, 1, &got, &smb_err),
		BK_CORRUPT, "regular file");
	assert_smb_failed(bk_target_stat(target, "sets/x", &size, &smb_err),
			  BK_CORRUPT, "regular file");
	bk_buf_clear(&got);
	bk_target_close(target);
}

static void a_repository_that_was_taken_away_is_not_an_empty_one(void **state)
{
	struct bk_target *target = smb_opened("BK_TEST_SMB_URL");
	struct bk_blob_list list = {0};
	char *from = bk_asprintf("%s/%s", getenv("BK_TEST_SMB_DIR"), smb_place);
	char *to = bk_asprintf("%s.away", from);
	uint64_t size;

	(void)state;
	smb_put(target, "data/x", "1");
	assert_int_equal(rename(from, to), 0);
	assert_smb_failed(bk_target_list(target, "", &list, &smb_err), BK_LOST,
			  "not there any more");
	assert_smb_failed(bk_target_list(target, "data", &list, &smb_err),
			  BK_LOST, "not there any more");
	assert_smb_failed(bk_target_stat(target, "data/x", &size, &smb_err),
			  BK_LOST, "not there any more");
	assert_int_equal(rename(to, from), 0);
	assert_smb_listed(target, "data/x ");
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
	char *path = bk_asprintf("%s/%s/%s", getenv("BK_TEST_SMB_DIR"),
				 smb_place, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0666), 0);
	assert_int_equal(futimens(fd, times), 0);
	(void)close(fd);
	free(path);
}

static void old_parts_of_ours_are_swept(void **state)
{
	struct bk_target *target = smb_opened("BK_TEST_SMB_URL");

	(void)state;
	smb_put(target, "data/w", "1");
	make_part("data/x.part", 8 * 86400);
	make_part("data/x.1.part", 8 * 86400);
	make_part("data/x.2.part", 6 * 86400);
	make_part("data/y.part", 8 * 86400);
	smb_done(bk_target_sweep(target, 7 * 86400, is_x, &smb_err));
	assert_smb_listed(target, "data/w ");
	assert_false(smb_on_disk("data/x.part"));
	assert_false(smb_on_disk("data/x.1.part"));
	assert_true(smb_on_disk("data/x.2.part"));
	assert_true(smb_on_disk("data/y.part"));
	assert_false(smb_on_disk("clock.part"));
	bk_target_close(target);
}

#define CASE(test) cmocka_unit_test_setup(test, smb_place_new)

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
	};

	if (!getenv("BK_TEST_SMB_URL")) {
		(void)printf("1..0 # SKIP BK_TEST_SMB_URL is not set\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
