/* A target with a cache keeps the promises of a target; so it does when the
 * cache has no folder, and when its folder has no room. */

#include "contract/wrapped.h"
#include "target/cache.h"

static struct bk_target *wrap(struct bk_target *below, const char *folder)
{
	return bk_cache_open(below, folder, 0);
}

static struct bk_target *wrap_tight(struct bk_target *below, const char *folder)
{
	return bk_cache_open(below, folder, 300000);
}

static struct bk_target *wrap_without(struct bk_target *below,
				      const char *folder)
{
	(void)folder;
	return bk_cache_open(below, "/dev/null/none", 0);
}

int main(void)
{
	return wrapped_contract("cache", wrap) +
	       wrapped_contract("cache, tight", wrap_tight) +
	       wrapped_contract("cache without a folder", wrap_without);
}
