/* A target that is slowed down keeps the promises of a target. */

#include "contract/wrapped.h"
#include "lib/clockwork.h"
#include "target/throttle.h"

static struct clockwork clock_;

static struct bk_target *wrap(struct bk_target *below, const char *folder)
{
	static const struct bk_limit limit = {.otherwise = 1 << 20};

	(void)folder;
	return bk_throttle_open(below, &limit, &limit, &clock_.timer);
}

int main(void)
{
	clockwork_init(&clock_, 1790000000);
	return wrapped_contract("throttle", wrap);
}
