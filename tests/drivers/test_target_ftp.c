/*
 * A folder of an FTP server keeps the promises of a target; which servers, says
 * tests/e2e/0310-ftp.t.  BK_TEST_URL names a folder, BK_TEST_PASSWORD_FILE
 * holds the password, and each test takes a folder of its own in it.
 */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "contract/target.h"
#include "target/ftp.h"

static struct bk_access access_;
static struct bk_url urls[8];
static unsigned opened, tests;

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

static struct bk_target *open_ftp(void)
{
	struct bk_url *url = &urls[opened++];
	struct bk_target *target = NULL;
	struct bk_err err = {0};
	char text[512];

	assert_true(opened <= sizeof(urls) / sizeof(urls[0]));
	(void)snprintf(text, sizeof(text), "%s/a contract/%ld-%u",
		       getenv("BK_TEST_URL"), (long)getpid(), tests);
	if (bk_url_parse(url, text, &err) < 0 ||
	    bk_ftp_open(&target, url, &access_, true, &err) < 0)
		fail_msg("%s", err.text);
	return target;
}

int main(void)
{
	static const struct target_driver driver = {
		.name = "ftp",
		.open = open_ftp,
		.close = bk_target_close,
		.begin = begin,
		.end = end,
		.threads = true,
	};
	char password[512];

	if (!getenv("BK_TEST_URL")) {
		(void)printf("1..0 # SKIP no server\n");
		return 0;
	}
	(void)snprintf(password, sizeof(password), "file:%s",
		       getenv("BK_TEST_PASSWORD_FILE"));
	access_ = (struct bk_access){
		.password = password,
		.ca = getenv("BK_TEST_CA"),
		.allow_cleartext = true,
		.timeout_s = 20,
	};
	return target_contract(&driver);
}
