/* Blobs behind a cache: see cached.h. */

#include "lib/cached.h"

#include "lib/test.h"

#include <stdio.h>

#include "lib/dice.h"
#include "target/local.h"

void cached_open(struct cached *cached, uint64_t most)
{
	struct bk_target *local = NULL;
	char path[80], folder[80];

	(void)snprintf(path, sizeof(path), "%s/repo", cached->scratch.path);
	(void)snprintf(folder, sizeof(folder), "%s/cache",
		       cached->scratch.path);
	assert_int_equal(bk_local_open(&local, path, true, &cached->err), 0);
	cached->faulty = faulty_open(local);
	cached->target =
		bk_cache_open(&cached->faulty->wrapper.target, folder, most);
}

void cached_again(struct cached *cached)
{
	bk_target_close(cached->target);
	cached_open(cached, 0);
}

void cached_put(struct cached *cached, const char *name, size_t n)
{
	struct bk_view view = {cached->bytes.data, n};

	assert_int_equal(
		bk_target_put(cached->target, name, view, &cached->err), 0);
}

void cached_start(struct cached *cached)
{
	struct dice dice = {1};

	*cached = (struct cached){0};
	scratch_make(&cached->scratch);
	dice_fill(&dice, bk_buf_grow(&cached->bytes, CACHED_SIZE), CACHED_SIZE);
	cached_open(cached, 0);
	cached_put(cached, CACHED_INDEX, CACHED_SIZE);
	cached_put(cached, CACHED_PACK, CACHED_SIZE);
	cached_put(cached, CACHED_ROOT, 1000);
}

void cached_end(struct cached *cached)
{
	bk_target_close(cached->target);
	bk_buf_clear(&cached->bytes);
	bk_buf_clear(&cached->got);
	scratch_drop(&cached->scratch);
}

unsigned cached_get(struct cached *cached, const char *name, size_t offset,
		    size_t len)
{
	unsigned before = faulty_count(cached->faulty, FAULTY_GET);

	if (bk_target_read(cached->target, name, offset, len, &cached->got,
			   &cached->err) < 0)
		fail_msg("%s", cached->err.text);
	assert_int_equal(cached->got.len, len);
	assert_memory_equal(cached->got.data, cached->bytes.data + offset, len);
	return faulty_count(cached->faulty, FAULTY_GET) - before;
}
