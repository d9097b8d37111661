/* Sets for retention rules: see keepsets.h. */

#include "lib/keepsets.h"

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/parse.h"

struct keepsets keepsets;

void zone(const char *name)
{
	assert_int_equal(setenv("TZ", name, 1), 0);
	tzset();
}

void given(const char *rules)
{
	struct bk_err err = {0};

	keepsets = (struct keepsets){.now_ms = INT64_MAX};
	if (bk_keep_parse(rules, &keepsets.rules, &err) < 0)
		fail_msg("%s", err.text);
	zone("Europe/Berlin");
}

bool same_rules(const struct bk_keep *a, const struct bk_keep *b)
{
	return a->all == b->all && a->within_ms == b->within_ms &&
	       a->last == b->last &&
	       memcmp(a->periods, b->periods, sizeof(a->periods)) == 0;
}

int64_t at(const char *text)
{
	struct bk_err err = {0};
	int64_t t = 0;

	if (bk_parse_time(text, 0, &t, &err) < 0)
		fail_msg("%s", err.text);
	return t * 1000;
}

struct bk_keep_item *set(const char *time)
{
	assert_true(keepsets.n < KEEPSETS_MAX);
	struct bk_keep_item *item = &keepsets.items[keepsets.n++];
	*item = (struct bk_keep_item){
		.name = time,
		.start_ms = at(time),
		.base = BK_KEEP_NONE,
		.complete = true,
		.rules = &keepsets.rules,
	};
	return item;
}

struct bk_keep_item *set_on(size_t base, const char *time)
{
	struct bk_keep_item *item = set(time);

	item->base = base;
	return item;
}

void stay(const char *marks)
{
	char got[KEEPSETS_MAX + 1] = "";

	bk_keep_plan(keepsets.items, keepsets.n, keepsets.min_keep,
		     keepsets.now_ms, keepsets.verdicts);
	for (size_t i = 0; i < keepsets.n; i++)
		got[i] = keepsets.verdicts[i].stays ? '#' : '.';
	assert_string_equal(got, marks);
}

void because(size_t i, const char *why)
{
	char text[BK_KEEP_WHY];

	assert_string_equal(
		bk_keep_why(text, keepsets.items, keepsets.verdicts, i), why);
}
