/* So it does when the folder of its cache has no room. */

#include "contract/wrapped.h"
#include "target/cache.h"

static struct bk_target *wrap(struct bk_target *below, const char *folder)
{
	return bk_cache_open(below, folder, 300000);
}

int main(void)
{
	return wrapped_contract("tight cache", wrap);
}
