/*
 * A folder of an SMB share keeps the promises of a target.  The server is
 * somebody else's: BK_TEST_SMB_URL names a folder of it, BK_TEST_PASSWORD_FILE
 * holds the password, and each test takes a folder of its own in it.
 */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "contract/target.h"
#include "target/smb.h"

static unsigned number;

static void begin(void)
{
	number++;
}

static void end(void)
{
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

static struct bk_target *open_smb(void)
{
	struct bk_target *target = NULL;
	struct bk_url url = {0};
	struct bk_err err = {0};
	char *text = bk_asprintf("%s/test %d/%u", setting("BK_TEST_SMB_URL"),
				 (int)getpid(), number);
	char *password =
		bk_asprintf("file:%s", setting("BK_TEST_PASSWORD_FILE"));
	struct bk_access access = {.password = password, .timeout_s = 20};

	if (bk_url_parse(&url, text, &err) < 0 ||
	    bk_smb_open(&target, &url, &access, true, &err) < 0)
		fail_msg("%s", err.text);
	bk_url_clear(&url);
	free(password);
	free(text);
	return target;
}

int main(void)
{
	static const struct target_driver driver = {
		.name = "smb",
		.open = open_smb,
		.close = bk_target_close,
		.begin = begin,
		.end = end,
		.threads = true,
	};

	(void)setting("BK_TEST_SMB_URL");
	(void)setting("BK_TEST_PASSWORD_FILE");
	return target_contract(&driver);
}
