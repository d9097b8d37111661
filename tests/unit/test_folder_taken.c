/* What is to be done in a folder that was made anew after people had taken away
 * the one before: it gives its first message the UID that another one had. */

#include "lib/test.h"

#include "sync/folder_plan.h"

static void what_went_with_its_folder_is_none_of_the_next_one(void **state)
{
	struct bk_pair known[] = {
		{.id = 1, .ours = true},
		{.id = 2, .ours = true},
	};
	struct bk_message here[] = {
		{.name = "", .uid = 10},
                {.name = "", .uid = 11}
        };
	struct bk_message there[] = {
		{.name = "", .uid = 1}
        };
	const struct bk_pair_list pairs = {.items = known, .n = 2};
	const struct bk_folder_side from = {
		.items = here, .n = 2, .same_uids = true};
	struct bk_folder_plan plan = {0};

	(void)state;
	for (uint32_t i = 0; i < 2; i++)
		known[i].from =
			(struct bk_journal_message){.name = "", .uid = 10 + i};
	known[0].to = (struct bk_journal_message){.name = "",
						  .uid = BK_UID_TAKEN_AWAY};
	known[1].to = (struct bk_journal_message){.name = "", .uid = 1};
	for (unsigned mode = 0; mode < 4; mode++) {
		bool once = mode & 1, all = mode & 2;
		const struct bk_folder_side to = {
			.items = there,
			.n = all,
			.same_uids = true,
			.heard = all ? BK_HEARD_ALL : BK_HEARD_NOTHING};
		bk_folder_plan_make(&pairs, &from, &to,
				    &(struct bk_folder_policy){.once = once},
				    &plan);
		assert_int_equal(plan.n_add, once ? 0 : 1);
		assert_int_equal(plan.n, plan.n_add);
		if (!once)
			assert_int_equal(plan.tasks[0].pair, 0);
		if (all)
			assert_int_equal(plan.to_pair[0], 1);
	}
	/* The next one is gone, too, or has other UIDs. */
	known[1].to.uid = BK_UID_TAKEN_AWAY;
	const struct bk_folder_side others = {.items = there, .n = 1};
	bk_folder_plan_make(&pairs, &from, &others,
			    &(struct bk_folder_policy){.once = true}, &plan);
	assert_int_equal(plan.n, 0);
	assert_true(bk_folder_plan_is_free(&plan, 0));
	bk_folder_plan_clear(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_went_with_its_folder_is_none_of_the_next_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
