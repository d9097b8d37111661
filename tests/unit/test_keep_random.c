/* What holds for all sets and all rules, tried on worlds that were thrown. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/dice.h"
#include "lib/keeporacle.h"
#include "lib/keepsets.h"

#define WORLDS   4000
#define SETS_MAX 24
#define HOUR_MS  INT64_C(3600000)

static const char *const zones[] = {"Europe/Berlin", "UTC", "Asia/Kolkata",
				    "Australia/Lord_Howe", "America/New_York"};

/* A world: keepsets, and rules for each of three series. */
static struct bk_keep rules[3];

static struct bk_keep some_rules(struct dice *dice)
{
	struct bk_keep out = {.all = dice_one_in(dice, 40)};

	if (dice_one_in(dice, 3))
		out.within_ms = HOUR_MS * (int64_t)(1 + dice_below(dice, 2000));
	if (dice_one_in(dice, 3))
		out.last = (uint32_t)dice_below(dice, 8);
	for (size_t i = 0; i < BK_KEEP_PERIODS; i++)
		if (dice_one_in(dice, 3))
			out.periods[i] = (uint32_t)dice_below(dice, 6);
	if (bk_keep_is_empty(&out))
		out.last = 1;
	return out;
}

static void throw_set(struct dice *dice, size_t i, int64_t start_ms)
{
	unsigned series = (unsigned)dice_below(dice, 3);
	size_t base = BK_KEEP_NONE;

	if (i > 0 && dice_one_in(dice, 2))
		base = dice_below(dice, i);
	if (dice_one_in(dice, 30)) /* a clock was set back, or worse */
		base = dice_below(dice, keepsets.n);
	keepsets.items[i] = (struct bk_keep_item){
		.name = "x",
		.start_ms = start_ms,
		.series = series,
		.base = base,
		.complete = !dice_one_in(dice, 8),
		.broken = dice_one_in(dice, 25),
		.held = dice_one_in(dice, 15),
		.rules = dice_one_in(dice, 50) ? NULL : &rules[series],
	};
}

/* Sets close to each other and years apart, over changes of clocks. */
static void throw_world(struct dice *dice)
{
	static const int64_t gaps[] = {1, HOUR_MS / 3, HOUR_MS * 8,
				       HOUR_MS * 24, HOUR_MS * 700};
	int64_t gap = gaps[dice_below(dice, sizeof(gaps) / sizeof(*gaps))];

	zone(zones[dice_below(dice, sizeof(zones) / sizeof(*zones))]);
	int64_t ms = dice_one_in(dice, 2) ? at("2026-10-24T20:00Z")
					  : at("2026-03-28T20:00Z");
	keepsets = (struct keepsets){.n = dice_below(dice, SETS_MAX + 1)};
	for (size_t i = 0; i < 3; i++)
		rules[i] = some_rules(dice);
	for (size_t i = 0; i < keepsets.n; i++) {
		throw_set(dice, i, ms);
		ms += (int64_t)dice_below(dice, (size_t)gap * 2);
	}
	keepsets.min_keep = (unsigned)dice_below(dice, 3);
	/* Among the sets, soon after them, or long after them. */
	ms -= dice_one_in(dice, 4) ? gap * 3 : 0;
	keepsets.now_ms = ms + HOUR_MS * 24 * (int64_t)dice_below(dice, 60);
}

static void plan(void)
{
	bk_keep_plan(keepsets.items, keepsets.n, keepsets.min_keep,
		     keepsets.now_ms, keepsets.verdicts);
}

static void what_stays_is_what_brute_force_says(void **state)
{
	struct dice dice = {1};

	(void)state;
	for (unsigned world = 0; world < WORLDS; world++) {
		struct keeporacle oracle;
		bool stays[SETS_MAX] = {false};
		throw_world(&dice);
		plan();
		keeporacle_init(&oracle, keepsets.items, keepsets.n,
				keepsets.now_ms);
		keeporacle_ask(&oracle, keepsets.min_keep, stays);
		for (size_t i = 0; i < keepsets.n; i++)
			if (keepsets.verdicts[i].stays != stays[i])
				fail_msg("world %u, set %zu: %d", world, i,
					 stays[i]);
		keeporacle_clear(&oracle);
	}
}

static void what_one_that_stays_stands_on_stays(void **state)
{
	struct dice dice = {2};

	(void)state;
	for (unsigned world = 0; world < WORLDS; world++) {
		throw_world(&dice);
		plan();
		for (size_t i = 0; i < keepsets.n; i++) {
			const struct bk_keep_item *item = &keepsets.items[i];
			if (!keepsets.verdicts[i].stays || item->broken ||
			    item->base == BK_KEEP_NONE)
				continue;
			const struct bk_keep_verdict *base =
				&keepsets.verdicts[item->base];
			assert_true(base->stays);
			assert_true(base->reasons & BK_KEEP_NEEDED);
			assert_true(base->needed_by >= i);
			assert_int_equal(keepsets.items[base->needed_by].base,
					 item->base);
			assert_true(keepsets.verdicts[base->needed_by].stays);
		}
	}
}

/* Also without a minimum: no rules mean to keep nothing. */
static void the_newest_complete_set_of_a_series_stays(void **state)
{
	struct dice dice = {3};

	(void)state;
	for (unsigned world = 0; world < WORLDS; world++) {
		bool seen[3] = {false};
		throw_world(&dice);
		keepsets.min_keep = 0;
		plan();
		for (size_t i = keepsets.n; i-- > 0;) {
			const struct bk_keep_item *item = &keepsets.items[i];
			if (!item->complete || item->broken)
				continue;
			if (!seen[item->series])
				assert_true(keepsets.verdicts[i].stays);
			seen[item->series] = true;
		}
	}
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The rules of both together. */
static struct bk_keep both(const struct bk_keep *a, const struct bk_keep *b)
{
	struct bk_keep out = {
		.all = a->all || b->all,
		.within_ms = larger(a->within_ms, b->within_ms),
		.last = (uint32_t)larger(a->last, b->last),
	};

	for (size_t i = 0; i < BK_KEEP_PERIODS; i++)
		out.periods[i] = (uint32_t)larger(a->periods[i], b->periods[i]);
	return out;
}

static void more_rules_never_keep_less(void **state)
{
	struct dice dice = {4};

	(void)state;
	for (unsigned world = 0; world < WORLDS; world++) {
		struct bk_keep_verdict few[SETS_MAX];
		throw_world(&dice);
		plan();
		memcpy(few, keepsets.verdicts, sizeof(few));
		for (size_t i = 0; i < 3; i++) {
			struct bk_keep more = some_rules(&dice);
			rules[i] = both(&rules[i], &more);
		}
		keepsets.min_keep += (unsigned)dice_below(&dice, 2);
		plan();
		for (size_t i = 0; i < keepsets.n; i++)
			assert_true(keepsets.verdicts[i].stays ||
				    !few[i].stays);
	}
}

/* Each set that stays says why, and so does each that goes. */
static void every_verdict_has_its_reasons(void **state)
{
	struct dice dice = {5};
	char text[BK_KEEP_WHY];

	(void)state;
	for (unsigned world = 0; world < WORLDS; world++) {
		throw_world(&dice);
		plan();
		for (size_t i = 0; i < keepsets.n; i++) {
			const struct bk_keep_verdict *v = &keepsets.verdicts[i];
			assert_int_equal(v->stays, v->reasons != 0);
			assert_int_equal(v->needed_by != BK_KEEP_NONE,
					 (v->reasons & BK_KEEP_NEEDED) != 0);
			assert_int_equal(v->broken != BK_KEEP_NONE,
					 (v->reasons & BK_KEEP_UNSURE) != 0);
			(void)bk_keep_why(text, keepsets.items,
					  keepsets.verdicts, i);
			assert_true(text[0] != 0 && text[0] != ',');
		}
	}
}

static void the_order_of_rules_does_not_matter(void **state)
{
	static const char *const words[] = {
		"30d",      "last:10",    "hourly:24", "daily:14",
		"weekly:8", "monthly:12", "yearly:5",  "all"};
	enum { WORDS = sizeof(words) / sizeof(*words) };
	struct dice dice = {6};
	struct bk_keep first = {0};

	(void)state;
	for (unsigned turn = 0; turn < 500; turn++) {
		size_t order[WORDS];
		char text[128] = "";
		size_t len = 0;
		for (size_t i = 0; i < WORDS; i++) {
			size_t j = dice_below(&dice, i + 1);
			order[i] = order[j];
			order[j] = i;
		}
		for (size_t i = 0; i < WORDS; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"%s ", words[order[i]]);
		given(text);
		if (turn == 0)
			first = keepsets.rules;
		assert_true(same_rules(&keepsets.rules, &first));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stays_is_what_brute_force_says),
		cmocka_unit_test(what_one_that_stays_stands_on_stays),
		cmocka_unit_test(the_newest_complete_set_of_a_series_stays),
		cmocka_unit_test(more_rules_never_keep_less),
		cmocka_unit_test(every_verdict_has_its_reasons),
		cmocka_unit_test(the_order_of_rules_does_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
