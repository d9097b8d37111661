/* All wrappers together, around a driver that loses things, keep the promises
 * of a target. */

#include "contract/wrapped.h"
#include "lib/clockwork.h"
#include "lib/faulty.h"
#include "target/remote.h"

static struct clockwork clk;

static struct bk_target *wrap(struct bk_target *below, const char *folder)
{
	static const struct bk_limit limit = {.otherwise = 1 << 20};
	struct faulty *faulty = faulty_open(below);
	const struct bk_remote_options options = {
		.sessions = 2,
		.uploads = 3,
		.up = &limit,
		.down = &limit,
		.retry = {.timer = &clk.timer,
			  .lost_ms = INT64_MAX / 2,
			  .busy_ms = INT64_MAX / 2},
		.spool_folder = folder,
		.cache_folder = folder,
	};

	for (unsigned act = 0; act < FAULTY_ACTS; act++)
		faulty_add(faulty,
			   (struct fault){.act = act,
					  .kind = act % 2 ? BK_LOST : BK_BUSY,
					  .done = true,
					  .every = 3 + act % 3});
	faulty->faults[FAULTY_WRITE].every = 97;
	return bk_remote_wrap(&faulty->wrapper.target, &options);
}

int main(void)
{
	clockwork_init(&clk, 1790000000);
	return wrapped_contract("remote", wrap);
}
