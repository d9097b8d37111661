/* The wrappers, in their order: see remote.h. */

#include "target/remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "target/cache.h"
#include "target/spool.h"
#include "target/throttle.h"

#define NAME_BYTES 16

/* A name for a place that may have any characters. */
static char *folder_for(const char *folder, const char *where)
{
	uint8_t sum[BK_SHA256_LEN];
	char hex[2 * NAME_BYTES + 1];
	struct bk_sha256 sha;

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, where, strlen(where));
	bk_sha256_final(&sha, sum);
	for (size_t i = 0; i < NAME_BYTES; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	return bk_asprintf("%s/target-%s", folder, hex);
}

struct bk_target *bk_remote_wrap(struct bk_target *driver,
				 const struct bk_remote_options *options)
{
	const struct bk_spool_options spool = {
		.folder = options->spool_folder,
		.uploads = options->uploads,
		.sessions = options->sessions,
		.queue_bytes = options->spool_bytes,
		.retry = options->retry,
	};
	struct bk_target *target = driver;
	char *folder = NULL;

	if (options->up || options->down)
		target = bk_throttle_open(target, options->up, options->down,
					  options->retry.timer);
	target = bk_retry_open(target, &options->retry);
	if (options->direct)
		return target;
	target = bk_spool_open(target, &spool);
	if (options->cache_folder)
		folder = folder_for(options->cache_folder, driver->where);
	target = bk_cache_open(target, folder, options->cache_bytes);
	free(folder);
	return target;
}
