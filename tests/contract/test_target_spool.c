/* A target that uploads behind the writer keeps the promises of a target,
 * though its driver loses puts. */

#include "contract/wrapped.h"
#include "lib/clockwork.h"
#include "lib/faulty.h"
#include "target/spool.h"

static struct clockwork clk;

static struct bk_target *wrap(struct bk_target *below, const char *folder)
{
	struct faulty *faulty = faulty_open(below);
	const struct bk_spool_options options = {
		.folder = folder,
		.memory = 1 << 16,
		.uploads = 3,
		.queue_bytes = 1 << 20,
		.retry = {.timer = &clk.timer},
	};

	faulty_add(faulty, (struct fault){.act = FAULTY_BEGIN,
					  .kind = BK_LOST,
					  .every = 3});
	faulty_add(faulty, (struct fault){.act = FAULTY_WRITE,
					  .kind = BK_BUSY,
					  .every = 71});
	faulty_add(faulty, (struct fault){.act = FAULTY_COMMIT,
					  .kind = BK_LOST,
					  .every = 5,
					  .done = true});
	return bk_spool_open(&faulty->wrapper.target, &options);
}

int main(void)
{
	clockwork_init(&clk, 1790000000);
	return wrapped_contract("spool", wrap);
}
