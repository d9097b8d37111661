/* A WebDAV server keeps the promises of a target: tests/e2e/0320-webdav.t says
 * which. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "contract/target.h"
#include "target/webdav.h"

static struct bk_access access_;
static struct bk_url urls[8];
static unsigned opened, tests;

/* Each test has a folder of its own, below the one that the URL names. */
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

static struct bk_target *open_webdav(void)
{
	struct bk_url *url = &urls[opened++];
	struct bk_target *target = NULL;
	struct bk_err err = {0};
	char text[512];

	assert_true(opened <= sizeof(urls) / sizeof(urls[0]));
	(void)snprintf(text, sizeof(text), "%s/contract/%ld-%u",
		       getenv("BK_TEST_URL"), (long)getpid(), tests);
	if (bk_url_parse(url, text, &err) < 0 ||
	    bk_webdav_open(&target, url, &access_, true, &err) < 0)
		fail_msg("%s", err.text);
	return target;
}

int main(void)
{
	static const struct target_driver driver = {
		.name = "webdav",
		.open = open_webdav,
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
		.client_cert = getenv("BK_TEST_WITH_CERT"),
		.client_key = getenv("BK_TEST_WITH_KEY"),
		.allow_cleartext = true,
		.timeout_s = 20,
	};
	return target_contract(&driver);
}
