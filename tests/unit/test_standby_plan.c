/* What differs between what was applied and a set, folder by folder. */

#include "lib/test.h"

#include <string.h>

#include "job/standby_plan.h"

/* A folder of ann: its name, the number of its GUID, the place of its rows. */
static struct bk_standby_folder folder(const char *name, uint8_t guid,
				       uint8_t place)
{
	struct bk_standby_folder f = {.account = "ann",
				      .name = name,
				      .uid_validity = guid,
				      .has_guid = guid < 100,
				      .exact = true,
				      .place = {place}};

	f.guid[0] = guid;
	return f;
}

static struct bk_standby_plan plan;

static void make(const struct bk_standby_folder *was, size_t n_was,
		 const struct bk_standby_folder *now, size_t n_now)
{
	bk_standby_plan_make(&plan, was, n_was, now, n_now);
}

static int clear_plan(void **state)
{
	(void)state;
	bk_standby_plan_clear(&plan);
	return 0;
}

static void a_folder_in_the_same_place_is_the_same(void **state)
{
	const struct bk_standby_folder was[] = {folder("A", 1, 1),
						folder("B", 2, 2)};
	const struct bk_standby_folder now[] = {folder("A", 1, 1),
						folder("B", 2, 3)};

	(void)state;
	make(was, 2, now, 2);
	assert_int_equal(plan.tasks[0].act, BK_STANDBY_SAME);
	assert_int_equal(plan.tasks[1].act, BK_STANDBY_LOOK);
}

static void what_was_not_wholly_applied_is_looked_at(void **state)
{
	struct bk_standby_folder was = folder("A", 1, 1);
	const struct bk_standby_folder now = folder("A", 1, 1);

	(void)state;
	was.exact = false;
	make(&was, 1, &now, 1);
	assert_int_equal(plan.tasks[0].act, BK_STANDBY_LOOK);
}

static void a_name_that_is_new_and_one_that_is_gone(void **state)
{
	const struct bk_standby_folder was = folder("A", 1, 1);
	const struct bk_standby_folder now = folder("B", 2, 2);

	(void)state;
	make(&was, 1, &now, 1);
	assert_int_equal(plan.tasks[0].act, BK_STANDBY_NEW);
	assert_true(plan.gone[0]);
}

static void a_guid_under_another_name_was_renamed(void **state)
{
	const struct bk_standby_folder was = folder("A", 1, 1);
	const struct bk_standby_folder now = folder("B", 1, 2);

	(void)state;
	make(&was, 1, &now, 1);
	assert_int_equal(plan.tasks[0].act, BK_STANDBY_RENAMED);
	assert_int_equal(plan.tasks[0].from, 0);
	assert_false(plan.gone[0]);
}

static void a_name_that_another_folder_took_is_new(void **state)
{
	const struct bk_standby_folder was = folder("A", 1, 1);
	const struct bk_standby_folder now[] = {folder("A", 3, 3),
						folder("B", 1, 1)};

	(void)state;
	make(&was, 1, now, 2);
	assert_int_equal(plan.tasks[0].act, BK_STANDBY_NEW);
	assert_int_equal(plan.tasks[1].act, BK_STANDBY_RENAMED);
}

static void two_that_swapped_names_are_looked_at(void **state)
{
	const struct bk_standby_folder was[] = {folder("A", 1, 1),
						folder("B", 2, 2)};
	const struct bk_standby_folder now[] = {folder("A", 2, 2),
						folder("B", 1, 1)};

	(void)state;
	make(was, 2, now, 2);
	assert_int_equal(plan.tasks[0].act, BK_STANDBY_LOOK);
	assert_int_equal(plan.tasks[1].act, BK_STANDBY_LOOK);
}

/* 100 and more have no GUID here, and a UIDVALIDITY alone. */
static void uidvalidity_tells_where_just_one_had_it(void **state)
{
	const struct bk_standby_folder was[] = {
		folder("A", 100, 1), folder("B", 101, 2), folder("C", 101, 3)};
	const struct bk_standby_folder now[] = {folder("X", 100, 1),
						folder("Y", 101, 2)};

	(void)state;
	make(was, 3, now, 2);
	assert_int_equal(plan.tasks[0].act, BK_STANDBY_RENAMED);
	assert_int_equal(plan.tasks[0].from, 0);
	assert_int_equal(plan.tasks[1].act, BK_STANDBY_NEW);
	assert_true(plan.gone[1] && plan.gone[2]);
}

static void folders_of_other_accounts_are_no_names(void **state)
{
	const struct bk_standby_folder was = folder("A", 1, 1);
	struct bk_standby_folder now = folder("B", 1, 1);

	(void)state;
	now.account = "bob";
	make(&was, 1, &now, 1);
	assert_int_equal(plan.tasks[0].act, BK_STANDBY_NEW);
	assert_true(plan.gone[0]);
}

/*
 * All worlds of up to three names and three GUIDs on both sides: no two tasks
 * take the same folder, and each that was is under its name, renamed or gone.
 */
static void nothing_is_taken_twice_or_forgotten(void **state)
{
	static const char *const names[] = {"A", "B", "C"};

	(void)state;
	for (unsigned world = 0; world < 4096; world++) {
		struct bk_standby_folder sides[2][3];
		size_t n[2] = {0};
		for (unsigned i = 0; i < 6; i++) {
			uint8_t guid = (uint8_t)(world >> 2 * i & 3);
			size_t s = i / 3;
			if (guid)
				sides[s][n[s]++] =
					folder(names[i % 3], guid, guid);
		}
		make(sides[0], n[0], sides[1], n[1]);
		for (size_t w = 0; w < n[0]; w++) {
			unsigned uses = plan.gone[w];
			for (size_t i = 0; i < n[1]; i++)
				uses += plan.tasks[i].act == BK_STANDBY_RENAMED
						? plan.tasks[i].from == w
					: plan.tasks[i].act == BK_STANDBY_NEW
						? 0
						: strcmp(sides[1][i].name,
							 sides[0][w].name) == 0;
			if (uses != 1)
				fail_msg("world %u: folder %zu: %u", world, w,
					 uses);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			a_folder_in_the_same_place_is_the_same, clear_plan),
		cmocka_unit_test_teardown(
			what_was_not_wholly_applied_is_looked_at, clear_plan),
		cmocka_unit_test_teardown(
			a_name_that_is_new_and_one_that_is_gone, clear_plan),
		cmocka_unit_test_teardown(a_guid_under_another_name_was_renamed,
					  clear_plan),
		cmocka_unit_test_teardown(
			a_name_that_another_folder_took_is_new, clear_plan),
		cmocka_unit_test_teardown(two_that_swapped_names_are_looked_at,
					  clear_plan),
		cmocka_unit_test_teardown(
			uidvalidity_tells_where_just_one_had_it, clear_plan),
		cmocka_unit_test_teardown(
			folders_of_other_accounts_are_no_names, clear_plan),
		cmocka_unit_test_teardown(nothing_is_taken_twice_or_forgotten,
					  clear_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
