/* Tombstones for copies of a repository: see condemned.h. */

#include <string.h>

#include "base/clock.h"
#include "crypto/random.h"
#include "repo/condemned.h"
#include "repo/prune_parts.h"

static const struct bk_tombstone *find(const struct bk_condemned *trash,
				       const uint8_t set[BK_ID_LEN])
{
	const struct bk_tombstone *found = NULL;

	/* What is only condemned may come back. */
	for (size_t i = 0; i < trash->n && !found; i++)
		if (trash->lists[i].step == BK_TRASH_DONE)
			found = bk_trash_find(&trash->lists[i], set);
	return found;
}

int bk_tombstones_carry(const struct bk_repo *to,
			const struct bk_condemned *trash,
			const struct bk_set_ids *sets, struct bk_err *err)
{
	struct bk_trash done = {.step = BK_TRASH_DONE,
				.written_ms = bk_clock_now_ms(),
				.why = "before they were copied"};
	uint8_t id[BK_ID_LEN], random[BK_ID_RANDOM_LEN];
	int rc = 0;

	for (size_t i = 0; i < sets->n; i++) {
		const struct bk_tombstone *its = find(trash, sets->items[i].id);
		if (its)
			*bk_trash_add_set(&done) = *its;
	}
	bk_random_bytes(random, sizeof(random));
	bk_setid_make(id, done.written_ms, random);
	if (done.n_sets)
		rc = bk_prune_put(to, id, &done, NULL, err);
	bk_trash_clear(&done);
	return rc;
}
