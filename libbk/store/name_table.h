/*
 * From a name to its place in an array of the caller's, for hundreds of
 * thousands of names that strangers chose.  The names themselves are not kept:
 * 96 bits of a hash stand for them, seeded so that nobody can choose two that
 * fall together, and by chance two of a million do so once in 2^56 times.
 */

#ifndef BK_STORE_NAME_TABLE_H
#define BK_STORE_NAME_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands for a name, in one table only. */
struct bk_name_key {
	uint64_t hash; /* never 0 */
	uint32_t check;
};

struct bk_name_slot {
	uint64_t hash; /* 0: vacant */
	uint32_t check;
	uint32_t value;
};

/* {0} is a valid empty one. */
struct bk_name_table {
	struct bk_name_slot *slots; /* owned */
	size_t n, cap;
	uint64_t seed;
};

struct bk_name_key bk_name_table_key(struct bk_name_table *table,
				     const void *name, size_t len);

/* Room for n names, so that the table need not grow on the way. */
void bk_name_table_reserve(struct bk_name_table *table, size_t n);

/* Adds; a name may have several values. */
void bk_name_table_add(struct bk_name_table *table, struct bk_name_key key,
		       uint32_t value);

/* Each value that was added under `key`, in turn: *at starts as 0. */
bool bk_name_table_next(const struct bk_name_table *table,
			struct bk_name_key key, size_t *at, uint32_t *value);

void bk_name_table_clear(struct bk_name_table *table);

#endif
