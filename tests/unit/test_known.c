/* The table of stored chunks, against a plain list. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "lib/dice.h"
#include "repo/known.h"

#define MANY 20000

static void every_id_is_found_under_its_first_reference(void **state)
{
	static uint8_t ids[MANY][BK_CHUNK_ID_LEN];
	struct bk_known known = {0};
	struct dice dice = {1};
	uint64_t ref;

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		dice_fill(&dice, ids[i], sizeof(ids[i]));
		ref = i;
		assert_false(bk_known_find(&known, ids[i], &ref));
		assert_false(bk_known_find_or_add(&known, ids[i], &ref));
	}
	for (size_t i = 0; i < MANY; i++) {
		ref = MANY;
		assert_true(bk_known_find_or_add(&known, ids[i], &ref));
		assert_int_equal(ref, i);
		assert_true(bk_known_find(&known, ids[i], &ref));
		assert_int_equal(ref, i);
	}
	assert_int_equal(known.n, MANY);
	bk_known_clear(&known);
}

static void ids_that_begin_alike_stay_apart(void **state)
{
	struct bk_known known = {0};
	uint64_t ref;

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		uint8_t id[BK_CHUNK_ID_LEN] = {0};
		id[BK_CHUNK_ID_LEN - 1] = (uint8_t)i;
		ref = i;
		assert_false(bk_known_find_or_add(&known, id, &ref));
	}
	for (unsigned i = 0; i < 256; i++) {
		uint8_t id[BK_CHUNK_ID_LEN] = {0};
		id[BK_CHUNK_ID_LEN - 1] = (uint8_t)i;
		assert_true(bk_known_find(&known, id, &ref));
		assert_int_equal(ref, i);
	}
	bk_known_clear(&known);
}

static void going_through_gives_each_once(void **state)
{
	struct bk_known known = {0};
	bool seen[100] = {0};
	struct dice dice = {2};
	uint8_t id[BK_CHUNK_ID_LEN];
	uint64_t ref;
	size_t at = 0, n = 0;

	(void)state;
	assert_false(bk_known_next(&known, &at, id, &ref));
	for (ref = 0; ref < 100; ref++) {
		uint64_t mine = ref;
		dice_fill(&dice, id, sizeof(id));
		(void)bk_known_find_or_add(&known, id, &mine);
	}
	for (at = 0; bk_known_next(&known, &at, id, &ref); n++) {
		uint64_t found;
		assert_false(seen[ref]);
		seen[ref] = true;
		assert_true(bk_known_find(&known, id, &found));
		assert_int_equal(found, ref);
	}
	assert_int_equal(n, 100);
	bk_known_clear(&known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_id_is_found_under_its_first_reference),
		cmocka_unit_test(ids_that_begin_alike_stay_apart),
		cmocka_unit_test(going_through_gives_each_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
