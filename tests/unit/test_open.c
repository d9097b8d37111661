/* Who this host is, and opening a repository by its settings. */

#include "lib/test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "job/open.h"

static char dir[] = "/tmp/bk-open-XXXXXX";
static struct bk_err err;

static int fresh(void **state)
{
	char *command = bk_asprintf("rm -rf %s/*", dir);

	(void)state;
	err = (struct bk_err){0};
	int rc = system(command); /* NOLINT: a test's own folder */
	free(command);
	return rc;
}

static char *in_dir(const char *name)
{
	return bk_asprintf("%s/%s", dir, name);
}

static void write_text(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

static void a_host_keeps_the_identifier_it_once_made(void **state)
{
	char *deep = in_dir("not/yet/there");
	uint8_t first[BK_ID_LEN], again[BK_ID_LEN];

	(void)state;
	assert_int_equal(bk_host_id(deep, true, first, &err), 0);
	assert_false(bk_id_is_zero(first));
	assert_int_equal(bk_host_id(deep, true, again, &err), 0);
	assert_memory_equal(first, again, BK_ID_LEN);
	assert_int_equal(bk_host_id(deep, false, again, &err), 0);
	assert_memory_equal(first, again, BK_ID_LEN);
	free(deep);
}

static void who_only_reads_leaves_no_trace(void **state)
{
	char *none = in_dir("none");
	uint8_t id[BK_ID_LEN] = {1};

	(void)state;
	assert_int_equal(bk_host_id(none, false, id, &err), 0);
	assert_true(bk_id_is_zero(id));
	assert_int_equal(access(none, F_OK), -1);
	free(none);
}

/* Whoever guessed here would write sets as another host. */
static void a_file_that_is_no_identifier_is_never_replaced(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"0123456789abcdef0123456789abcdef",
		"0123456789abcdef0123456789abcdeg\n",
		"0123456789abcdef0123456789abcdef\n\n",
		"00000000000000000000000000000000\n",
	};
	char *path = in_dir("host-id");
	uint8_t id[BK_ID_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct bk_buf now = {0};
		write_text(path, texts[i]);
		err = (struct bk_err){0};
		assert_int_equal(bk_host_id(dir, true, id, &err), -1);
		assert_int_equal(err.kind, BK_CORRUPT);
		assert_int_equal(bk_file_read(-100, path, 100, &now, &err), 0);
		assert_string_equal(bk_buf_text(&now), texts[i]);
		bk_buf_clear(&now);
	}
	free(path);
}

static void *make_id(void *out)
{
	struct bk_err mine = {0};

	return bk_host_id(dir, true, out, &mine) < 0 ? out : NULL;
}

static void runs_that_begin_together_agree(void **state)
{
	enum { RUNS = 8 };
	uint8_t ids[RUNS][BK_ID_LEN];
	pthread_t threads[RUNS];

	(void)state;
	for (int i = 0; i < RUNS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, make_id, ids[i]), 0);
	for (int i = 0; i < RUNS; i++) {
		void *failed = NULL;
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	for (int i = 1; i < RUNS; i++)
		assert_memory_equal(ids[0], ids[i], BK_ID_LEN);
}

/* ---- opening ---- */

static struct bk_settings settings;
static struct bk_opened opened;
static struct bk_outcome outcome;

static int try_open(const char *where, const char *password,
		    enum bk_open_for what)
{
	struct bk_repo_settings which = {
		.name = where, .where = where, .password = password};

	settings.state_dir = dir;
	err = (struct bk_err){0};
	int rc = bk_opened_open(&opened, &settings, &which, what, &outcome,
				&err);
	assert_int_equal(rc == 0, opened.repo != NULL);
	return rc;
}

static void make_repository(const char *where)
{
	const struct bk_scrypt cheap = {.log2_n = 17, .r = 1, .p = 1};
	struct bk_secret password = {0};
	struct bk_repo_plan plan = {&password, "admin", &cheap};
	struct bk_target *target = NULL;
	struct bk_repo *repo = NULL;
	const uint8_t host[BK_ID_LEN] = {7};

	bk_secret_set(&password, "right", 5);
	assert_int_equal(bk_target_open(&target, where, NULL, true, &err), 0);
	if (bk_repo_init(&repo, target, host, &plan, &err) < 0)
		fail_msg("%s", err.text);
	bk_repo_close(repo);
	bk_target_close(target);
	bk_secret_clear(&password);
}

static void each_failure_has_its_status(void **state)
{
	char *where = in_dir("repo");
	char *right = in_dir("right"), *wrong = in_dir("wrong");
	char *right_spec = bk_asprintf("file:%s", right);
	char *wrong_spec = bk_asprintf("file:%s", wrong);

	(void)state;
	write_text(right, "right\n");
	write_text(wrong, "wrong\n");
	/* The password is not even asked for. */
	assert_int_equal(try_open(where, "file:/none", BK_OPEN_READ), -1);
	assert_int_equal(bk_exit_status(-1, &outcome, &err), BK_EXIT_NO_REPO);
	make_repository(where);
	assert_int_equal(try_open(where, wrong_spec, BK_OPEN_READ), -1);
	assert_int_equal(bk_exit_status(-1, &outcome, &err), BK_EXIT_PASSWORD);
	assert_int_equal(try_open(where, "file:/none", BK_OPEN_READ), -1);
	assert_int_equal(bk_exit_status(-1, &outcome, &err), BK_EXIT_USAGE);
	assert_int_equal(try_open(where, "keyblock:/none", BK_OPEN_READ), -1);
	assert_int_equal(bk_exit_status(-1, &outcome, &err), BK_EXIT_USAGE);
	assert_int_equal(try_open(where, right_spec, BK_OPEN_READ), 0);
	assert_true(bk_id_is_zero(opened.repo->host));
	bk_opened_close(&opened);
	assert_int_equal(try_open(where, right_spec, BK_OPEN_WRITE), 0);
	assert_false(bk_id_is_zero(opened.repo->host));
	bk_opened_close(&opened);
	free(wrong_spec);
	free(right_spec);
	free(wrong);
	free(right);
	free(where);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_host_keeps_the_identifier_it_once_made,
				       fresh),
		cmocka_unit_test_setup(who_only_reads_leaves_no_trace, fresh),
		cmocka_unit_test_setup(
			a_file_that_is_no_identifier_is_never_replaced, fresh),
		cmocka_unit_test_setup(runs_that_begin_together_agree, fresh),
		cmocka_unit_test_setup(each_failure_has_its_status, fresh),
	};

	if (!mkdtemp(dir))
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)fresh(NULL);
	(void)rmdir(dir);
	return failed;
}
