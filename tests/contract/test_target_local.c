/* A local folder keeps the promises of a target. */

#include "lib/test.h"

#include <stdio.h>

#include "contract/target.h"
#include "lib/scratch.h"
#include "target/local.h"

static struct scratch scratch;

static void begin(void)
{
	scratch_make(&scratch);
}

static void end(void)
{
	scratch_drop(&scratch);
}

static struct bk_target *open_local(void)
{
	struct bk_target *target = NULL;
	char path[80];
	struct bk_err err = {0};

	(void)snprintf(path, sizeof(path), "%s/repo", scratch.path);
	if (bk_target_open(&target, path, NULL, true, &err) < 0)
		fail_msg("%s", err.text);
	return target;
}

int main(void)
{
	static const struct target_driver driver = {
		.name = "local",
		.open = open_local,
		.close = bk_target_close,
		.begin = begin,
		.end = end,
		.threads = true,
	};

	return target_contract(&driver);
}
