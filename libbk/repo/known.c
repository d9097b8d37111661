/* Which chunks are stored already: see known.h. */

#include "repo/known.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"

#define SLOTS_MIN ((size_t)1 << 12)

/* An empty slot has a reference of all ones, which no chunk ever gets. */
struct bk_known_slot {
	uint64_t id[2];
	uint64_t ref;
};

#define EMPTY UINT64_MAX

void bk_known_clear(struct bk_known *known)
{
	free(known->slots);
	*known = (struct bk_known){0};
}

/* The slot of the id, or the empty one where it would go. */
static struct bk_known_slot *seek(const struct bk_known *known,
				  const uint64_t id[2])
{
	for (size_t i = (size_t)id[0] & known->mask;;
	     i = (i + 1) & known->mask) {
		struct bk_known_slot *slot = &known->slots[i];
		if (slot->ref == EMPTY ||
		    (slot->id[0] == id[0] && slot->id[1] == id[1]))
			return slot;
	}
}

static void resize(struct bk_known *known, size_t slots)
{
	struct bk_known bigger = {.n = known->n, .mask = slots - 1};

	bigger.slots = bk_alloc(slots * sizeof(*bigger.slots));
	memset(bigger.slots, 0xff, slots * sizeof(*bigger.slots));
	for (size_t i = 0; known->slots && i <= known->mask; i++)
		if (known->slots[i].ref != EMPTY)
			*seek(&bigger, known->slots[i].id) = known->slots[i];
	free(known->slots);
	*known = bigger;
}

bool bk_known_find_or_add(struct bk_known *known,
			  const uint8_t id[BK_CHUNK_ID_LEN], uint64_t *ref)
{
	uint64_t key[2] = {bk_get_u64(id), bk_get_u64(id + 8)};

	if (!known->slots)
		resize(known, SLOTS_MIN);
	else if (known->n + 1 > known->mask / 4 * 3)
		resize(known, (known->mask + 1) * 2);
	struct bk_known_slot *slot = seek(known, key);
	if (slot->ref != EMPTY) {
		*ref = slot->ref;
		return true;
	}
	*slot = (struct bk_known_slot){
		{key[0], key[1]},
                *ref
        };
	known->n++;
	return false;
}

bool bk_known_find(const struct bk_known *known,
		   const uint8_t id[BK_CHUNK_ID_LEN], uint64_t *ref)
{
	uint64_t key[2] = {bk_get_u64(id), bk_get_u64(id + 8)};

	if (!known->slots)
		return false;
	const struct bk_known_slot *slot = seek(known, key);
	if (slot->ref == EMPTY)
		return false;
	*ref = slot->ref;
	return true;
}

bool bk_known_next(const struct bk_known *known, size_t *at,
		   uint8_t id[BK_CHUNK_ID_LEN], uint64_t *ref)
{
	for (; known->slots && *at <= known->mask; ++*at) {
		const struct bk_known_slot *slot = &known->slots[*at];
		if (slot->ref == EMPTY)
			continue;
		bk_put_u64(id, slot->id[0]);
		bk_put_u64(id + 8, slot->id[1]);
		*ref = slot->ref;
		++*at;
		return true;
	}
	return false;
}
