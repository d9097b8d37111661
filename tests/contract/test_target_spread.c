/* A target spread over three folders keeps the promises of a target. */

#include "lib/test.h"

#include <stdio.h>
#include <unistd.h>

#include "contract/target.h"
#include "lib/scratch.h"
#include "target/reach.h"
#include "target/spread.h"

static struct scratch scratch;
static char folders[3][80];

static void begin(void)
{
	scratch_make(&scratch);
	for (int i = 0; i < 3; i++)
		(void)snprintf(folders[i], sizeof(folders[i]), "%s/%c",
			       scratch.path, 'a' + i);
}

static void end(void)
{
	scratch_drop(&scratch);
}

static struct bk_target *open_spread(void)
{
	static struct bk_spread_child_reach children[3] = {
		{.name = "a", .where = folders[0]},
		{.name = "b", .where = folders[1]},
		{.name = "c", .where = folders[2]},
	};
	static const struct bk_spread_reach spread = {
		.shape = {.d = 2, .p = 1, .n = 3},
		.children = children,
	};
	const struct bk_reach reach = {
		.spread = &spread,
		.spool = scratch.path,
	};
	struct bk_target *target = NULL;
	struct bk_err err = {0};

	if (bk_target_open(&target, "spread:2+1:a,b,c", &reach, true, &err) < 0)
		fail_msg("%s", err.text);
	return target;
}

int main(void)
{
	static const struct target_driver driver = {
		.name = "spread",
		.open = open_spread,
		.close = bk_target_close,
		.begin = begin,
		.end = end,
		.threads = true,
	};

	return target_contract(&driver);
}
