/* What becomes of rights at the other end of a move. */

#include "lib/test.h"

#include <string.h>

#include "base/buf.h"
#include "sync/rights_plan.h"

#define COUNT(all) (sizeof(all) / sizeof(*(all)))

static struct bk_rights_name leads[] = {
	{"user=eve", "user=eva"},
	{"user=nil", ""        },
};
static const struct bk_rights_map table = {
	.items = leads, .n = 2, .strict = true};
static const struct bk_rights_map empty;

/* A folder of the source, what we gave, and what is there. */
struct world {
	struct bk_acl_entry from[4];
	struct bk_journal_right was[4];
	struct bk_acl_entry there[4];
};

static size_t entries(const struct bk_acl_entry *all)
{
	size_t n = 0;

	while (n < 4 && all[n].who)
		n++;
	return n;
}

static void plan(struct bk_rights_plan *out, struct world *w,
		 const struct bk_rights_map *map,
		 struct bk_rights_policy policy)
{
	struct bk_folder from = {.acl = w->from, .n_acl = entries(w->from)};
	struct bk_folder there = {.acl = w->there, .n_acl = entries(w->there)};
	struct bk_rights_input input = {
		.from = &from, .map = map, .was = w->was};

	while (input.n_was < 4 && w->was[input.n_was].who)
		input.n_was++;
	bk_rights_plan_make(out, &input);
	policy.there = &there;
	bk_rights_plan_settle(out, &policy);
}

static void check(struct world *w, const struct bk_rights_map *map,
		  struct bk_rights_policy policy, const char *expected)
{
	static const char *const acts[] = {
		[BK_RIGHTS_KEEP] = "keep",
		[BK_RIGHTS_NOTE] = "note",
		[BK_RIGHTS_GIVE] = "give",
		[BK_RIGHTS_LEAVE] = "leave",
	};
	struct bk_rights_plan p = {0};
	struct bk_buf text = {0};

	plan(&p, w, map, policy);
	for (size_t i = 0; i < p.n; i++)
		bk_buf_printf(&text, "%s %s=%s;", acts[p.tasks[i].act],
			      p.tasks[i].who, p.tasks[i].rights);
	assert_string_equal(bk_buf_text(&text), expected);
	bk_buf_clear(&text);
	bk_rights_plan_clear(&p);
}

static const struct bk_rights_policy usual = {.follows = true};
static const struct bk_rights_policy full = {.follows = true, .full = true};
static const struct bk_rights_policy once = {.follows = false};

static void two_who_become_one_may_what_either_may(void **state)
{
	struct world w = {
		.from = {{"user=eve", "lrs"},
			 {"-user=eve", "w"},
			 {"user=eva", "lwi"},
			 {"user=nil", "lr"}}
        };
	struct bk_rights_plan p = {0};

	(void)state;
	plan(&p, &w, &table, usual);
	assert_int_equal(p.n, 2);
	assert_string_equal(p.tasks[0].who, "user=eva");
	assert_string_equal(p.tasks[0].rights, "lrswi");
	assert_string_equal(p.tasks[0].source, "user=eva lwi\nuser=eve lrs");
	assert_string_equal(p.tasks[1].who, "-user=eva");
	assert_int_equal(p.n_remarks, 2);
	assert_int_equal(p.remarks[0].why, BK_RIGHTS_SAME_NAME);
	assert_string_equal(p.remarks[1].who, "user=nil");
	assert_int_equal(p.remarks[1].why, BK_RIGHTS_LEFT_OUT);
	bk_rights_plan_clear(&p);
}

static void what_was_changed_there_is_left(void **state)
{
	struct world w = {
		.from = {{"user=a", "lr"},        {"user=b", "lr"}, {"user=c", "lr"}},
		.was = {                 {.who = "user=a",
			 .rights = "lrs",
			 .source = "user=a lrs"},
			 {.who = "user=b",
			 .rights = "lrs",
			 .source = "user=b lrs"},
			 {.who = "user=d",
			 .rights = "lrs",
			 .source = "user=d lrs"}                                  },
		.there = { {"user=a", "srl"},
                         {"user=b", "lrsw"},
                         {"user=c", "l"},
                         {"user=d", "lrs"}}
        };

	(void)state;
	check(&w, NULL, usual,
	      "give user=a=lr;leave user=b=lr;leave user=c=lr;give user=d=;");
	check(&w, NULL, once,
	      "keep user=a=lr;keep user=b=lr;leave user=c=lr;keep user=d=;");
}

static void what_did_not_change_is_compared_if_asked(void **state)
{
	struct world w = {
		.from = {{"user=a", "lr"},       {"user=b", "lr"}},
		.was = {{.who = "user=a",
			 .rights = "lr",
			 .source = "user=a lr"},
			 {.who = "user=b",
			 .rights = "lr",
			 .source = "user=b lr"}},
		.there = {{"user=b", "rl"}}
        };

	(void)state;
	check(&w, NULL, usual, "keep user=a=lr;keep user=b=lr;");
	check(&w, NULL, full, "leave user=a=lr;note user=b=lr;");
}

/* It was cut off while it gave them: what is there is one or the other. */
static void what_was_on_its_way_is_ours(void **state)
{
	struct world w = {
		.from = {{"user=a", "l"}                                 },
		.was = {{.who = "user=a",
			 .rights = "lrs",
			 .sent = "lr",
			 .source = "user=a lrs"},
			 {.who = "user=b",
			 .rights = "lrs",
			 .sent = "",
			 .source = "user=b lrs"}},
		.there = {{"user=a", "lr"}					       }
        };

	(void)state;
	check(&w, NULL, usual, "give user=a=l;note user=b=;");
	w.there[0].rights = "lrs";
	w.there[1] = (struct bk_acl_entry){"user=b", "lrs"};
	check(&w, NULL, usual, "give user=a=l;give user=b=;");
	w.there[0].rights = "lrsw";
	check(&w, NULL, usual, "leave user=a=l;give user=b=;");
}

static void only_the_source_takes_away(void **state)
{
	struct world w = {
		.from = {{"user=eve", "lrs"},                               {"-user=eve", "w"}},
		.was = {{.who = "-user=eva",
			 .rights = "w",
			 .source = "-user=eve w"},
			 {.who = "user=eva",
			 .rights = "lr",
			 .source = "user=eve lr"}                                             },
		.there = {{"-user=eva", "w"},                                {"user=eva", "lr"}}
        };
	struct bk_rights_name later[] = {
		{"user=eve", "user=one"}
        };
	const struct bk_rights_map other = {.items = later, .n = 1};

	(void)state;
	check(&w, &empty, usual, "give user=eva=lrs;keep -user=eva=w;");
	/* More than he had is not for who is no longer named. */
	check(&w, &other, usual,
	      "give user=one=lrs;give -user=one=w;keep -user=eva=w;"
	      "note user=eva=lr;");
	w.from[0] = (struct bk_acl_entry){"user=eve", "l"};
	w.from[1] = (struct bk_acl_entry){0};
	check(&w, &other, usual,
	      "give user=one=l;give -user=eva=;give user=eva=l;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_who_become_one_may_what_either_may),
		cmocka_unit_test(what_was_changed_there_is_left),
		cmocka_unit_test(what_did_not_change_is_compared_if_asked),
		cmocka_unit_test(what_was_on_its_way_is_ours),
		cmocka_unit_test(only_the_source_takes_away),
	};

	return cmocka_run_group_tests_name("rights_plan", tests, NULL, NULL);
}
