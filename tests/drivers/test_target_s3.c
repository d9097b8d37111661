/*
 * A bucket keeps the promises of a target.  The server is somebody else's:
 * BK_TEST_S3_URL names a bucket and a prefix, without a key; BK_TEST_S3_KEY and
 * BK_TEST_S3_SECRET_FILE open it; BK_TEST_S3_VIRTUAL_HOST asks for buckets in
 * host names, BK_TEST_S3_PART for parts of so many bytes.
 */

#include "lib/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"
#include "contract/target.h"
#include "target/s3.h"

#define LARGE ((size_t)6 << 20)

static struct bk_access access_;
static struct bk_url urls[8];
static unsigned opened, tests;

/* Each test has a prefix of its own, below the one that the URL names. */
static void begin(void)
{
	opened = 0;
	tests++;
}

static void end(void)
{
	for (unsigned i = 0; i < opened; i++)
		bk_url_clear(&urls[i]);
}

static const char *setting(const char *name)
{
	const char *value = getenv(name);

	if (!value) {
		(void)printf("1..0 # SKIP %s is not set\n", name);
		exit(0);
	}
	return value;
}

/* "s3:https://host/..." with the key in it. */
static char *with_key(const char *text)
{
	const char *rest = strstr(text, "://") + 3;

	return bk_asprintf("%.*s%s@%s/contract %d+/%u", (int)(rest - text),
			   text, setting("BK_TEST_S3_KEY"), rest, (int)getpid(),
			   tests);
}

static struct bk_target *open_s3(void)
{
	struct bk_url *url = &urls[opened++];
	struct bk_target *target = NULL;
	struct bk_err err = {0};
	char *text = with_key(setting("BK_TEST_S3_URL"));
	const char *part = getenv("BK_TEST_S3_PART");
	uint64_t bytes = BK_S3_PART;

	assert_true(opened <= sizeof(urls) / sizeof(urls[0]));
	if ((part && bk_parse_size(part, &bytes, &err) < 0) ||
	    bk_url_parse(url, text, &err) < 0 ||
	    bk_s3_open(&target, url, &access_, true, &err) < 0)
		fail_msg("%s", err.text);
	bk_s3_part_size(target, (size_t)bytes);
	free(text);
	return target;
}

static bool is_ours(const char *name)
{
	return strncmp(name, "data/", 5) == 0;
}

/* A put that stands still, as those of killed runs do: how its end is, when
 * somebody swept what is older than that. */
static int swept(int64_t older_s)
{
	struct bk_target *target;
	struct bk_put *put = NULL;
	struct bk_err err = {0}, why = {0};
	uint8_t *bytes = bk_alloc(LARGE);

	begin();
	target = open_s3();
	bk_s3_part_size(target, (size_t)5 << 20);
	if (bk_target_put_begin(target, "data/x", LARGE, &put, &err) < 0 ||
	    bk_put_write(put, bytes, LARGE, &err) < 0)
		fail_msg("%s", err.text);
	(void)sleep(2);
	if (bk_target_sweep(target, older_s, is_ours, &err) < 0)
		fail_msg("%s", err.text);
	int rc = bk_put_commit(put, &why);
	assert_int_equal(why.kind, rc < 0 ? BK_LOST : BK_OK);
	bk_target_close(target);
	end();
	free(bytes);
	return rc;
}

static void uploads_that_nobody_ends_are_swept_when_they_are_old(void **state)
{
	(void)state;
	assert_int_equal(swept(3600), 0);
	assert_int_equal(swept(0), -1);
}

int main(void)
{
	const struct CMUnitTest tests_[] = {
		cmocka_unit_test(
			uploads_that_nobody_ends_are_swept_when_they_are_old),
	};

	static const struct target_driver driver = {
		.name = "s3",
		.open = open_s3,
		.close = bk_target_close,
		.begin = begin,
		.end = end,
		.threads = true,
	};
	char *password;

	(void)setting("BK_TEST_S3_URL");
	password = bk_asprintf("file:%s", setting("BK_TEST_S3_SECRET_FILE"));
	access_ = (struct bk_access){
		.password = password,
		.ca = getenv("BK_TEST_CA"),
		.virtual_host = getenv("BK_TEST_S3_VIRTUAL_HOST") != NULL,
		.allow_cleartext = true,
		.timeout_s = 20,
	};
	int failed = target_contract(&driver) +
		     cmocka_run_group_tests_name("s3", tests_, NULL, NULL);
	free(password);
	return failed;
}
