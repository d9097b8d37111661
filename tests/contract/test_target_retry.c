/* A target that tries again keeps the promises of a target, though every third
 * act is lost. */

#include "contract/wrapped.h"
#include "lib/clockwork.h"
#include "lib/faulty.h"
#include "target/retry.h"

static struct clockwork clk;

static struct bk_target *wrap(struct bk_target *below, const char *folder)
{
	static const enum faulty_act acts[] = {FAULTY_GET, FAULTY_LIST,
					       FAULTY_STAT, FAULTY_REMOVE};
	const struct bk_retry_policy policy = {.timer = &clk.timer};
	struct faulty *faulty = faulty_open(below);

	(void)folder;
	for (unsigned i = 0; i < 4; i++)
		faulty_add(faulty, (struct fault){.act = acts[i],
						  .kind = BK_LOST,
						  .every = 3,
						  .done = true});
	return bk_retry_open(&faulty->wrapper.target, &policy);
}

int main(void)
{
	clockwork_init(&clk, 1790000000);
	return wrapped_contract("retry", wrap);
}
