/*
 * A folder on a server keeps the promises of a target, whatever the protocol.
 * BK_TEST_URL names the folder, in which each test takes one of its own; how
 * the server is reached is in the variables below, where they are set.
 */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "contract/target.h"
#include "target/scheme.h"

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

static struct bk_target *open_driver(void)
{
	struct bk_target *target = NULL;
	struct bk_err err = {0};
	char text[512];

	assert_true(opened < sizeof(urls) / sizeof(urls[0]));
	(void)snprintf(text, sizeof(text), "%s/a contract/%ld-%u",
		       getenv("BK_TEST_URL"), (long)getpid(), tests);
	if (bk_url_parse(&urls[opened], text, &err) < 0 ||
	    bk_driver_open(&target, &urls[opened++], &access_, true, &err) < 0)
		fail_msg("%s", err.text);
	return target;
}

int main(void)
{
	static const struct target_driver driver = {
		.name = "driver",
		.open = open_driver,
		.close = bk_target_close,
		.begin = begin,
		.end = end,
		.threads = true,
	};
	const char *password = getenv("BK_TEST_PASSWORD_FILE");
	char spec[512];

	if (!getenv("BK_TEST_URL")) {
		(void)printf("1..0 # SKIP no server\n");
		return 0;
	}
	(void)snprintf(spec, sizeof(spec), "file:%s", password ? password : "");
	access_ = (struct bk_access){
		.password = password ? spec : NULL,
		.ca = getenv("BK_TEST_CA"),
		.client_cert = getenv("BK_TEST_WITH_CERT"),
		.client_key = getenv("BK_TEST_WITH_KEY"),
		.ssh_key = getenv("BK_TEST_SSH_KEY"),
		.known_hosts = getenv("BK_TEST_KNOWN_HOSTS"),
		.allow_cleartext = true,
		.timeout_s = 20,
	};
	return target_contract(&driver);
}
