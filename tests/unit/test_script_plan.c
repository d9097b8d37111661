/* Scripts: what goes over, and what stays because somebody changed it there. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "sync/script_plan.h"

static struct bk_script_list from, to;
static struct bk_journal_script rows[8];
static struct bk_journal_scripts known;
static struct bk_script_plan plan;

static void add(struct bk_script_list *list, const char *name, const char *text,
		bool active)
{
	struct bk_script *script = bk_script_list_add(list);

	script->name = name;
	script->text = (struct bk_view){(const uint8_t *)text, strlen(text)};
	script->active = active;
	bk_script_list_sort(list);
}

static void knew(const char *name, const char *at_source, const char *there,
		 bool active)
{
	struct bk_journal_script *row = &rows[known.n++];

	*row = (struct bk_journal_script){.name = name, .active = active};
	bk_script_sum(
		(struct bk_view){(const uint8_t *)at_source, strlen(at_source)},
		row->from_sum);
	bk_script_sum((struct bk_view){(const uint8_t *)there, strlen(there)},
		      row->to_sum);
	known.items = rows;
}

static int by_name(const void *left, const void *right)
{
	const struct bk_journal_script *a = left, *b = right;

	return strcmp(a->name, b->name);
}

static void make(bool keep_deleted)
{
	if (known.n)
		qsort(known.items, known.n, sizeof(*known.items), by_name);
	bk_script_plan_make(&plan, &from, &to, &known, keep_deleted);
}

static void forget(void)
{
	bk_script_plan_clear(&plan);
	bk_script_list_clear(&from);
	bk_script_list_clear(&to);
	known = (struct bk_journal_scripts){0};
}

/*
 * One script: 'a', 'b', 'c' are its text, '-' that it is not there; at the
 * source, at the destination, and at both as the journal has them.
 */
static void every_history_of_a_script(void **state)
{
	/* clang-format off */
	static const struct {
		const char *now;  /* source, destination */
		const char *then; /* the same; "": not in the journal */
		enum bk_script_act act;
	} cases[] = {
		{"a-", "", BK_SCRIPT_PUT},      {"aa", "", BK_SCRIPT_KEEP},
		{"ab", "", BK_SCRIPT_LEAVE},
		{"aa", "aa", BK_SCRIPT_KEEP},   {"ba", "aa", BK_SCRIPT_PUT},
		{"ab", "aa", BK_SCRIPT_LEAVE},  {"bb", "aa", BK_SCRIPT_KEEP},
		{"bc", "aa", BK_SCRIPT_LEAVE},  {"a-", "aa", BK_SCRIPT_LEAVE},
		{"b-", "aa", BK_SCRIPT_LEAVE},
		{"-a", "aa", BK_SCRIPT_REMOVE}, {"-b", "aa", BK_SCRIPT_LEAVE},
		{"--", "aa", BK_SCRIPT_FORGET},
		/* The destination spells it in another way. */
		{"ax", "ax", BK_SCRIPT_KEEP},   {"bx", "ax", BK_SCRIPT_PUT},
		{"ay", "ax", BK_SCRIPT_LEAVE},  {"-x", "ax", BK_SCRIPT_REMOVE},
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *now = cases[i].now, *then = cases[i].then;
		char text[4][2] = {
			{now[0], 0},
                        {now[1], 0}
                };
		if (now[0] != '-')
			add(&from, "s", text[0], false);
		if (now[1] != '-')
			add(&to, "s", text[1], false);
		if (*then) {
			text[2][0] = then[0];
			text[3][0] = then[1];
			knew("s", text[2], text[3], false);
		}
		make(false);
		if (plan.n != 1 || plan.tasks[0].act != cases[i].act)
			fail_msg("%s after %s: %d", now, then,
				 plan.n ? (int)plan.tasks[0].act : -1);
		assert_int_equal(plan.tasks[0].act == BK_SCRIPT_LEAVE,
				 plan.tasks[0].why != NULL);
		forget();
	}
}

static void what_the_destination_alone_has_stays(void **state)
{
	(void)state;
	add(&to, "theirs", "a", true);
	make(false);
	assert_int_equal(plan.n, 0);
	assert_null(plan.activate);
	assert_null(plan.active_why);
	forget();
}

/* In which they are found again without looking at each of them. */
static void all_is_by_name(void **state)
{
	struct bk_script_list names = {0};

	(void)state;
	add(&from, "b", "", false);
	add(&from, "d", "", false);
	knew("a", "x", "x", false);
	knew("b", "x", "x", false);
	knew("c", "x", "x", false);
	make(false);
	assert_int_equal(plan.n, 4);
	for (const char *c = "abcd"; *c; c++) {
		const char name[2] = {*c, 0};
		const struct bk_journal_script *row =
			bk_journal_scripts_find(&known, name);
		struct bk_script_task *task = bk_script_plan_find(&plan, name);
		assert_non_null(task);
		assert_string_equal(task->name, name);
		assert_int_equal(row != NULL, *c != 'd');
	}
	assert_null(bk_script_plan_find(&plan, "e"));
	bk_texts_name(&names, &from, &known);
	assert_int_equal(names.n, 4);
	assert_string_equal(names.items[0].name, "a");
	assert_non_null(bk_script_list_find(&names, "b"));
	assert_non_null(bk_script_list_find(&names, "d"));
	bk_script_list_clear(&names);
	forget();
}

static void what_is_gone_may_stay(void **state)
{
	(void)state;
	add(&to, "s", "a", false);
	knew("s", "a", "a", false);
	make(true);
	assert_int_equal(plan.tasks[0].act, BK_SCRIPT_KEEP);
	forget();
}

/* Which one is active: 'p' or 'q', '-' for none; '?' in the journal: no pass
 * has made both alike yet. */
static void every_history_of_the_active_one(void **state)
{
	static const struct {
		const char *now, *then;
		const char *activate; /* NULL: stays */
		bool told;
	} cases[] = {
		{"--", "?", NULL, false},
                {"p-", "?", "p",  false},
		{"-p", "?", NULL, false},
                {"pq", "?", NULL, true },
		{"pp", "?", NULL, false},
                {"p-", "-", "p",  false},
		{"-p", "p", "",   false},
                {"qp", "p", "q",  false},
		{"pq", "p", NULL, true },
                {"p-", "p", NULL, true },
		{"-q", "p", NULL, true },
                {"qq", "p", NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *now = cases[i].now, *then = cases[i].then;
		static const char *const names[] = {"p", "q"};
		for (size_t k = 0; k < 2; k++) {
			add(&from, names[k], "a", now[0] == *names[k]);
			add(&to, names[k], "a", now[1] == *names[k]);
			knew(names[k], "a", "a", then[0] == *names[k]);
		}
		if (then[0] == '-')
			knew("", "", "", true);
		make(false);
		if (cases[i].activate)
			assert_string_equal(plan.activate, cases[i].activate);
		else
			assert_null(plan.activate);
		assert_int_equal(plan.active_why != NULL, cases[i].told);
		assert_int_equal(plan.n, 2);
		forget();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_history_of_a_script),
		cmocka_unit_test(what_the_destination_alone_has_stays),
		cmocka_unit_test(all_is_by_name),
		cmocka_unit_test(what_is_gone_may_stay),
		cmocka_unit_test(every_history_of_the_active_one),
	};

	return cmocka_run_group_tests_name("script_plan", tests, NULL, NULL);
}
