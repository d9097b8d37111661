/*
 * The plan between two listings: all small worlds, applied and compared.
 *
 * A world has up to three messages on each side, out of a pool in which names
 * and uids meet in every way: the same name under the same uid, under another
 * one, with other flags, another content under a known name.
 */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "sync/plan.h"

struct kind_of_message {
	const char *name;
	uint32_t uid;
	uint8_t flags;
	uint64_t size; /* 0: the listing does not say */
};

static const struct kind_of_message pool[] = {
	{"a", 1, 0,            0},
        {"a", 1, BK_FLAG_SEEN, 0},
	{"a", 2, 0,            0},
        {"b", 1, 0,            0},
	{"b", 2, 0,            0},
        {"b", 3, BK_FLAG_SEEN, 0},
	{"a", 0, 0,            0},
        {"a", 1, 0,            7},
	{"",  1, 0,            0},
        {"",  4, 0,            0},
};

#define POOL (sizeof(pool) / sizeof(*pool))
#define MOST 3

struct side {
	struct bk_message items[MOST];
	size_t n;
};

static int in_order(const void *a, const void *b)
{
	const struct bk_message *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* The subset of the pool whose bits are set; false if it is too large or no
 * listing: two messages with one uid and one name. */
static bool make_side(unsigned bits, struct side *side)
{
	side->n = 0;
	for (unsigned i = 0; i < POOL; i++) {
		if (!(bits & 1u << i))
			continue;
		if (side->n == MOST)
			return false;
		side->items[side->n++] = (struct bk_message){
			.name = pool[i].name,
			.uid = pool[i].uid,
			.flags = pool[i].flags,
			.size = pool[i].size,
		};
	}
	qsort(side->items, side->n, sizeof(*side->items), in_order);
	for (size_t i = 1; i < side->n; i++)
		if (!in_order(&side->items[i - 1], &side->items[i]))
			return false;
	return true;
}

static struct bk_listing listing_of(const struct side *side)
{
	return (struct bk_listing){side->items, side->n,
				   sizeof(struct bk_message)};
}

/* What a reader of the set would see, step by step. */
static void check_world(const struct side *base, const struct side *now,
			bool same_uids, const struct bk_plan *plan)
{
	size_t base_at = 0, now_at = 0;

	for (size_t i = 0; i < plan->n; i++) {
		const struct bk_step *step = &plan->steps[i];
		const struct bk_message *was = &base->items[step->base];
		const struct bk_message *is = &now->items[step->now];

		if (step->kind == BK_STEP_DROP) {
			assert_int_equal(step->base, base_at++);
			continue;
		}
		/* Everything else puts the next listed message in its place. */
		assert_int_equal(step->now, now_at++);
		if (step->kind == BK_STEP_ADD)
			continue;
		assert_true(!is->size || is->size == was->size);
		if (step->kind == BK_STEP_CARRY) {
			assert_string_equal(was->name, is->name);
			assert_true(*is->name);
			continue;
		}
		assert_int_equal(step->base, base_at++);
		assert_string_equal(was->name, is->name);
		assert_int_equal(was->uid, is->uid);
		assert_true(*is->name || same_uids);
		assert_true((step->kind == BK_STEP_FLAGS) ==
			    (was->flags != is->flags));
	}
	assert_int_equal(base_at, base->n);
	assert_int_equal(now_at, now->n);
}

static void every_small_world_becomes_what_is_listed(void **state)
{
	struct bk_plan plan = {0};
	struct side base, now;
	size_t worlds = 0;

	(void)state;
	for (unsigned b = 0; b < 1u << POOL; b++) {
		if (!make_side(b, &base))
			continue;
		for (unsigned n = 0; n < 1u << POOL; n++) {
			if (!make_side(n, &now))
				continue;
			struct bk_listing was = listing_of(&base);
			struct bk_listing is = listing_of(&now);
			bk_plan_make(&was, &is, n & 1, &plan);
			check_world(&base, &now, n & 1, &plan);
			worlds++;
		}
	}
	assert_true(worlds > 10000);
	bk_plan_clear(&plan);
}

static void a_listing_that_did_not_change_needs_nothing(void **state)
{
	struct bk_plan plan = {0};
	struct side side;

	(void)state;
	for (unsigned bits = 0; bits < 1u << POOL; bits++) {
		if (!make_side(bits, &side))
			continue;
		struct bk_listing listing = listing_of(&side);
		bk_plan_make(&listing, &listing, true, &plan);
		assert_true(bk_plan_is_empty(&plan));
		assert_int_equal(plan.n, side.n);
	}
	bk_plan_clear(&plan);
}

static void plan_of(const struct side *base, const struct side *now,
		    bool same_uids, struct bk_plan *out)
{
	struct bk_listing was = listing_of(base), is = listing_of(now);

	bk_plan_make(&was, &is, same_uids, out);
}

static void a_message_that_got_its_uid_later_is_not_read_again(void **state)
{
	struct side base = {{{.name = "a"}}, 1};
	struct side now = {{{.name = "a", .uid = 7}}, 1};
	struct bk_plan plan = {0};

	(void)state;
	plan_of(&base, &now, true, &plan);
	assert_int_equal(plan.count[BK_STEP_CARRY], 1);
	assert_int_equal(plan.count[BK_STEP_ADD], 0);
	bk_plan_clear(&plan);
}

static void without_names_new_uidvalidity_trusts_nothing(void **state)
{
	struct side base = {{{.name = "", .uid = 7}}, 1};
	struct bk_plan plan = {0};

	(void)state;
	plan_of(&base, &base, false, &plan);
	assert_int_equal(plan.count[BK_STEP_ADD], 1);
	assert_int_equal(plan.count[BK_STEP_DROP], 1);
	plan_of(&base, &base, true, &plan);
	assert_true(bk_plan_is_empty(&plan));
	bk_plan_clear(&plan);
}

static void a_name_that_stands_twice_is_not_trusted(void **state)
{
	struct side base = {
		{{.name = "a", .uid = 1}, {.name = "a", .uid = 2}},
                2
        };
	struct side now = {{{.name = "a", .uid = 3}}, 1};
	struct bk_plan plan = {0};

	(void)state;
	plan_of(&base, &now, true, &plan);
	assert_int_equal(plan.count[BK_STEP_ADD], 1);
	assert_int_equal(plan.count[BK_STEP_CARRY], 0);
	bk_plan_clear(&plan);
}

static void keywords_count_as_marks(void **state)
{
	static const uint16_t one[] = {0}, other[] = {1};
	struct side base = {
		{{.name = "a", .uid = 1, .n_keywords = 1, .keywords = one}}, 1};
	struct side now = {
		{{.name = "a", .uid = 1, .n_keywords = 1, .keywords = other}},
		1};
	struct bk_plan plan = {0};

	(void)state;
	plan_of(&base, &now, true, &plan);
	assert_int_equal(plan.count[BK_STEP_FLAGS], 1);
	bk_plan_clear(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_small_world_becomes_what_is_listed),
		cmocka_unit_test(a_listing_that_did_not_change_needs_nothing),
		cmocka_unit_test(
			a_message_that_got_its_uid_later_is_not_read_again),
		cmocka_unit_test(without_names_new_uidvalidity_trusts_nothing),
		cmocka_unit_test(a_name_that_stands_twice_is_not_trusted),
		cmocka_unit_test(keywords_count_as_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
