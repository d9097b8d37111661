/* So it does when its cache cannot have a folder. */

#include "contract/wrapped.h"
#include "target/cache.h"

static struct bk_target *wrap(struct bk_target *below, const char *folder)
{
	(void)folder;
	return bk_cache_open(below, "/dev/null/none", 0);
}

int main(void)
{
	return wrapped_contract("cache without a folder", wrap);
}
