/* A hash table of names: see name_table.h. */

#include "store/name_table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/buf.h"
#include "crypto/random.h"

#define HUGE_PAGE ((size_t)2 << 20)

static uint64_t mix(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 wide;
	wide product = (wide)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

struct bk_name_key bk_name_table_key(struct bk_name_table *table,
				     const void *name, size_t len)
{
	const uint64_t odd = 0x9e3779b97f4a7c15;
	const uint8_t *p = name;
	uint64_t word;

	while (!table->seed)
		bk_random_bytes(&table->seed, sizeof(table->seed));
	uint64_t a = table->seed ^ len * odd;
	uint64_t b = ~table->seed;
	for (; len >= 8; p += 8, len -= 8) {
		memcpy(&word, p, 8);
		a = mix(a ^ word, table->seed | 1) + odd;
		b = (b ^ word) * odd;
		b ^= b >> 29;
	}
	word = 0;
	memcpy(&word, p, len);
	a = mix(a ^ word, odd ^ table->seed);
	b = mix(b ^ word, a | 1);
	return (struct bk_name_key){a ? a : 1, (uint32_t)(b >> 32)};
}

static void put(struct bk_name_table *table, struct bk_name_slot slot)
{
	size_t i = slot.hash & (table->cap - 1);

	while (table->slots[i].hash)
		i = (i + 1) & (table->cap - 1);
	table->slots[i] = slot;
}

/* A large table is hit all over: on pages of 4 KiB half of the time would go
 * into finding the pages. */
static struct bk_name_slot *alloc_slots(size_t cap)
{
	size_t bytes = cap * sizeof(struct bk_name_slot);
	void *slots = NULL;

	if (bytes < HUGE_PAGE || posix_memalign(&slots, HUGE_PAGE, bytes) != 0)
		return bk_alloc(bytes);
	(void)madvise(slots, bytes, MADV_HUGEPAGE);
	memset(slots, 0, bytes);
	return slots;
}

static void grow(struct bk_name_table *table, size_t cap)
{
	struct bk_name_slot *old = table->slots;
	size_t n = table->cap;

	table->cap = cap;
	table->slots = alloc_slots(cap);
	for (size_t i = 0; i < n; i++)
		if (old[i].hash)
			put(table, old[i]);
	free(old);
}

void bk_name_table_reserve(struct bk_name_table *table, size_t n)
{
	size_t cap = 256;

	while (cap / 4 * 3 < n)
		cap *= 2;
	if (cap > table->cap)
		grow(table, cap);
}

void bk_name_table_add(struct bk_name_table *table, struct bk_name_key key,
		       uint32_t value)
{
	if (table->n * 4 >= table->cap * 3)
		grow(table, table->cap ? table->cap * 2 : 256);
	put(table, (struct bk_name_slot){key.hash, key.check, value});
	table->n++;
}

bool bk_name_table_next(const struct bk_name_table *table,
			struct bk_name_key key, size_t *at, uint32_t *value)
{
	if (!table->cap)
		return false;
	/* *at is one past the slot that was given last. */
	size_t i = (*at ? *at : key.hash) & (table->cap - 1);
	for (; table->slots[i].hash; i = (i + 1) & (table->cap - 1)) {
		if (table->slots[i].hash != key.hash ||
		    table->slots[i].check != key.check)
			continue;
		*value = table->slots[i].value;
		*at = i + 1;
		return true;
	}
	return false;
}

void bk_name_table_clear(struct bk_name_table *table)
{
	free(table->slots);
	*table = (struct bk_name_table){0};
}
