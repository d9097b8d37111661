/* In which order the messages of a set are best read. */

#include "lib/test.h"

#include "mail/recipe.h"
#include "repo/chunk_reader.h"

#define CHUNKS 100000u
#define LARGE  ((uint64_t)64 << 20)

static struct bk_table_row rows[] = {
	{.ordinal = 0, .chunks = CHUNKS, .body_len = LARGE}, /* of traces */
	{.ordinal = 1, .chunks = CHUNKS, .body_len = LARGE}, /* of skeletons */
	{.ordinal = 2, .chunks = 0,      .body_len = 0    },
};
static struct bk_set_level levels[] = {
	{.table = {rows, 3, 3}},
	{.table = {rows, 3, 3}},
};
static const struct bk_set set = {.levels = levels, .n_levels = 2};

/* Of a message whose trace and skeleton lie at these places. */
static uint64_t order_of(uint32_t frame, uint64_t trace, uint64_t skeleton)
{
	uint64_t refs[] = {trace, skeleton};
	struct bk_recipe recipe = {
		.n_trace = 1, .n_skeleton = 1, .refs = refs, .n_refs = 2};
	struct bk_ref_trail trail;
	struct bk_buf body = {0};

	bk_ref_trail_init(&trail);
	bk_recipe_encode(&recipe, &trail, &body);
	struct bk_row row = {.body = bk_buf_view(&body), .frame = frame};
	uint64_t order = bk_row_order(&set, &row);
	bk_buf_clear(&body);
	return order;
}

static uint64_t place(uint64_t ordinal, uint32_t chunk)
{
	return ordinal << 32 | chunk;
}

static void the_packs_of_older_sets_are_read_first(void **state)
{
	(void)state;
	assert_true(order_of(1, place(0, CHUNKS - 1), place(1, CHUNKS - 1)) <
		    order_of(0, place(0, 0), place(1, 0)));
}

static void skeletons_that_lie_apart_are_read_in_their_order(void **state)
{
	(void)state;
	assert_true(order_of(0, place(0, CHUNKS - 1), place(1, 0)) <
		    order_of(0, place(0, 0), place(1, CHUNKS / 2)));
	assert_true(order_of(0, place(0, CHUNKS - 1), place(0, 1)) <
		    order_of(0, place(0, 0), place(1, 0)));
}

/* One letter to many: their skeleton is one, their traces are all over. */
static void beside_each_other_they_are_read_in_the_order_of_traces(void **state)
{
	(void)state;
	assert_true(order_of(0, place(0, 10), place(1, 51)) <
		    order_of(0, place(0, CHUNKS - 1), place(1, 50)));
}

static void a_place_that_is_nowhere_is_only_a_late_one(void **state)
{
	(void)state;
	assert_true(order_of(0, place(0, 0), place(1, 0)) <
		    order_of(0, place(7, 0), place(9, 0)));
	assert_true(order_of(0, place(0, 0), place(1, 0)) <
		    order_of(0, place(2, 0), place(2, 0)));
	assert_true(order_of(1, place(9, 0), place(9, 0)) <
		    order_of(0, place(0, 0), place(1, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_packs_of_older_sets_are_read_first),
		cmocka_unit_test(
			skeletons_that_lie_apart_are_read_in_their_order),
		cmocka_unit_test(
			beside_each_other_they_are_read_in_the_order_of_traces),
		cmocka_unit_test(a_place_that_is_nowhere_is_only_a_late_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
