/* Which sets stay whatever the rules say, and what is said of them. */

#include "lib/test.h"

#include <string.h>

#include "lib/keepsets.h"

static void what_is_held_stays_with_all_that_it_stands_on(void **state)
{
	(void)state;
	given("last:1");
	set("2026-11-01");
	set_on(0, "2026-11-02");
	set_on(1, "2026-11-03")->held = true;
	set_on(1, "2026-11-04");
	set("2026-11-05");
	stay("###.#");
	because(0, "2026-11-02 needs it");
	because(1, "2026-11-03 needs it");
	because(2, "held");
	because(3, "no rule keeps it");
}

static void the_newest_one_that_needs_it_is_named(void **state)
{
	(void)state;
	given("last:3");
	set("2026-11-14");
	set_on(0, "2026-11-15");
	set_on(0, "2026-11-16");
	set_on(0, "2026-11-17");
	set("2026-11-18");
	stay("#.###");
	because(0, "2026-11-17 needs it");
}

static void a_base_that_looks_younger_stays_too(void **state)
{
	(void)state;
	given("last:1");
	set("2026-11-01")->base = 1;
	set("2026-11-02")->base = 3;
	set("2026-11-03");
	set("2026-11-04");
	set("2026-11-05");
	keepsets.items[0].held = true;
	stay("##.##");
	because(1, "2026-11-01 needs it");
	because(3, "2026-11-02 needs it");
}

static void the_newest_few_stay_whatever_the_rules_say(void **state)
{
	(void)state;
	given("1h");
	keepsets.min_keep = 3;
	set("2026-11-01");
	set("2026-11-02");
	set("2026-11-03");
	set("2026-11-04");
	set("2026-11-05")->complete = false; /* is none of them */
	keepsets.now_ms = at("2027-11-05");
	stay(".###.");
	because(1, "one of the newest 3");
	because(3, "within 1h, one of the newest 3");
	keepsets.min_keep = 1;
	stay("...#.");
	because(3, "within 1h, the newest");
}

static void an_incomplete_set_fills_nothing_and_goes_after_30_days(void **state)
{
	(void)state;
	given("last:1 daily:1 10d");
	set("2026-11-20T10:00");
	set("2026-11-20T12:00")->complete = false;
	keepsets.now_ms = at("2026-12-20T11:59:59");
	stay("##");
	because(0, "within 10d, the last, daily 2026-11-20");
	because(1, "incomplete, but not yet 30 days old");
	keepsets.now_ms = at("2026-12-20T12:00");
	stay("#.");
	because(1, "incomplete for 30 days");
}

static void an_incomplete_set_holds_its_base_while_it_stays(void **state)
{
	(void)state;
	given("last:1");
	set("2026-11-01");
	set_on(0, "2026-11-02")->complete = false;
	set("2026-11-03");
	keepsets.now_ms = at("2026-11-20");
	stay("###");
	because(0, "2026-11-02 needs it");
	keepsets.now_ms = at("2026-12-20");
	stay("..#");
}

static void all_before_a_broken_set_stay_as_long_as_it_does(void **state)
{
	(void)state;
	given("last:1");
	set("2026-09-01");
	set("2026-09-02")->broken = true;
	set("2026-11-03");
	set("2026-11-04")->broken = true;
	set("2026-11-05");
	set("2026-11-06");
	keepsets.items[4].series =
		2; /* of another host: it knows no difference */
	keepsets.items[1].base = 0; /* is not looked at */
	keepsets.now_ms = at("2026-11-20");
	stay("######");
	because(0, "2026-11-04 does not open and may need it");
	because(1, "2026-11-04 does not open and may need it");
	because(3, "does not open, but not yet 30 days old");
	because(5, "the last");
	keepsets.now_ms = at("2026-12-05");
	stay("....##");
	because(3, "does not open, and is 30 days old");
}

static void a_broken_set_that_is_needed_protects_what_is_before_it(void **state)
{
	(void)state;
	given("last:1");
	set("2026-01-01");
	set("2026-01-02")->broken = true;
	set_on(1, "2026-11-01")->complete = false;
	set("2026-11-02");
	keepsets.now_ms = at("2026-11-20");
	stay("####");
	because(0, "2026-01-02 does not open and may need it");
	because(1, "2026-11-01 needs it");
}

static void sets_without_rules_stay(void **state)
{
	static const struct bk_keep empty;

	(void)state;
	given("last:1");
	set("2026-01-01")->rules = NULL;
	set("2026-01-02")->rules = &empty;
	set("2026-01-03");
	set("2026-01-04")->rules = NULL;
	keepsets.items[3].broken = true;
	set("2026-01-05");
	stay("#####");
	because(4, "the last");
	because(3, "no rules are given for it");
	keepsets.items[3].broken = false;
	keepsets.items[3].complete = false;
	stay("##.##");
	because(0, "no rules are given for it");
}

static void all_keeps_all_and_incomplete_ones_too(void **state)
{
	(void)state;
	given("all");
	set("2024-01-01");
	set("2024-01-02")->complete = false;
	set("2026-01-03");
	stay("###");
	because(0, "all are kept");
	because(1, "all are kept");
}

static void a_set_of_the_future_stays_and_no_rule_looks_at_it(void **state)
{
	(void)state;
	given("30d last:1");
	keepsets.min_keep = 1;
	set("2026-09-01");
	set("2026-11-01");
	set("2026-11-20");
	set("2030-01-01");
	set("2030-01-02")->complete = false;
	keepsets.now_ms = at("2026-11-20T12:00");
	stay(".####");
	because(1, "within 30d");
	because(2, "within 30d, the last, the newest");
	because(3, "its time is ahead of this clock");
	because(4, "its time is ahead of this clock");
	keepsets.now_ms = at("2026-11-19"); /* or is it ours that is wrong? */
	stay(".####");
	because(1, "within 30d, the last, the newest");
}

static void no_sets_are_no_trouble(void **state)
{
	(void)state;
	given("last:1");
	bk_keep_plan(keepsets.items, 0, 1, 0, keepsets.verdicts);
	bk_keep_plan(NULL, 0, 1, 0, NULL);
}

static void all_reasons_have_room_and_longer_names_are_cut(void **state)
{
	static char name[1000];
	char text[BK_KEEP_WHY];

	(void)state;
	given("hourly:1 daily:1 weekly:1 monthly:1 yearly:1 last:4000000000 "
	      "36525d23h59m59s999ms all");
	set("2026-11-20T12:30")->held = true;
	set_on(0, "2026-11-20T12:40")->series = 1;
	set("2026-11-20T12:50")->broken = true;
	keepsets.min_keep = 4000000000;
	stay("###");
	because(0,
		"held, all are kept, within 36525d23h59m59s999ms, "
		"one of the last 4000000000, hourly 2026-11-20 12:00, daily "
		"2026-11-20, weekly 2026-W47, monthly 2026-11, yearly 2026, "
		"one of the newest 4000000000, 2026-11-20T12:40 needs it, "
		"2026-11-20T12:50 does not open and may need it");
	memset(name, 'x', sizeof(name) - 1);
	keepsets.items[1].name = name;
	(void)bk_keep_why(text, keepsets.items, keepsets.verdicts, 0);
	assert_int_equal(strlen(text), BK_KEEP_WHY - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_held_stays_with_all_that_it_stands_on),
		cmocka_unit_test(the_newest_one_that_needs_it_is_named),
		cmocka_unit_test(a_base_that_looks_younger_stays_too),
		cmocka_unit_test(the_newest_few_stay_whatever_the_rules_say),
		cmocka_unit_test(
			an_incomplete_set_fills_nothing_and_goes_after_30_days),
		cmocka_unit_test(
			an_incomplete_set_holds_its_base_while_it_stays),
		cmocka_unit_test(
			all_before_a_broken_set_stay_as_long_as_it_does),
		cmocka_unit_test(
			a_broken_set_that_is_needed_protects_what_is_before_it),
		cmocka_unit_test(sets_without_rules_stay),
		cmocka_unit_test(all_keeps_all_and_incomplete_ones_too),
		cmocka_unit_test(
			a_set_of_the_future_stays_and_no_rule_looks_at_it),
		cmocka_unit_test(no_sets_are_no_trouble),
		cmocka_unit_test(
			all_reasons_have_room_and_longer_names_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
