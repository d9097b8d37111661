/* A wrapper keeps the promises of a target: see wrapped.h. */

#include "contract/wrapped.h"

#include <stdio.h>

#include "contract/target.h"
#include "lib/scratch.h"
#include "lib/test.h"
#include "target/local.h"

static struct scratch scratch;
static struct bk_target *(*wrap_it)(struct bk_target *below,
				    const char *folder);

static void begin(void)
{
	scratch_make(&scratch);
	scratch_dir(&scratch, "own");
}

static void end(void)
{
	scratch_drop(&scratch);
}

static struct bk_target *open_wrapped(void)
{
	struct bk_target *target = NULL;
	char path[80], folder[80];
	struct bk_err err = {0};

	(void)snprintf(path, sizeof(path), "%s/repo", scratch.path);
	(void)snprintf(folder, sizeof(folder), "%s/own", scratch.path);
	if (bk_local_open(&target, path, true, &err) < 0)
		fail_msg("%s", err.text);
	return wrap_it(target, folder);
}

int wrapped_contract(const char *name,
		     struct bk_target *(*wrap)(struct bk_target *below,
					       const char *folder))
{
	struct target_driver driver = {
		.name = name,
		.open = open_wrapped,
		.close = bk_target_close,
		.begin = begin,
		.end = end,
		.threads = true,
	};

	wrap_it = wrap;
	return target_contract(&driver);
}
