/* A target with a cache keeps the promises of a target. */

#include "contract/wrapped.h"
#include "target/cache.h"

static struct bk_target *wrap(struct bk_target *below, const char *folder)
{
	return bk_cache_open(below, folder, 0);
}

int main(void)
{
	return wrapped_contract("cache", wrap);
}
