/* Retention rules as people write them: see keep.h. */

#include "job/keep.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/nearest.h"
#include "base/parse.h"
#include "base/pattern.h"

#define HOUR_MS 3600000

#define WHAT_THERE_IS                                                          \
	"write 30d, last:10, hourly:24, daily:14, weekly:8, monthly:12, "      \
	"yearly:5 or all"

#define LAST BK_KEEP_PERIODS /* among these names, after the periods */

static const char *const counted[] = {
	[BK_KEEP_HOUR] = "hourly",    [BK_KEEP_DAY] = "daily",
	[BK_KEEP_WEEK] = "weekly",    [BK_KEEP_MONTH] = "monthly",
	[BK_KEEP_YEAR] = "yearly",    [LAST] = "last",
	[BK_KEEP_PERIODS + 1] = NULL,
};

static int said_twice(const char *rule, struct bk_err *err)
{
	return bk_fail(err, BK_MISUSE, "%s is there twice; write it once",
		       rule);
}

/* Where the count of that rule goes, NULL if there is none of that name. */
static uint32_t *place_of(struct bk_keep *rules, const char *name)
{
	for (size_t i = 0; counted[i]; i++)
		if (strcmp(counted[i], name) == 0)
			return i == LAST ? &rules->last : &rules->periods[i];
	return NULL;
}

static int refuse(const char *word, const char *name, struct bk_err *err)
{
	const char *near = bk_nearest_of(name, counted);

	if (near)
		return bk_fail(err, BK_MISUSE,
			       "unknown rule '%s'; did you mean '%s', as in "
			       "%s:10?",
			       word, near, near);
	return bk_fail(err, BK_MISUSE,
		       "'%s' is not a rule of what to keep; " WHAT_THERE_IS,
		       word);
}

/* "daily:14", in two. */
static int take_count(struct bk_keep *rules, const char *word, const char *name,
		      const char *digits, struct bk_err *err)
{
	uint32_t *place = place_of(rules, name);
	uint64_t count = 0;

	if (!place)
		return refuse(word, name, err);
	if (!digits || !*digits)
		return bk_fail(err, BK_MISUSE,
			       "'%s' lacks how many, as in %s:10", word, name);
	if (bk_parse_number(digits, UINT32_MAX, &count, err) < 0)
		return bk_context(err, "%s", name);
	if (count == 0)
		return bk_fail(err, BK_MISUSE,
			       "'%s' keeps nothing; count from 1", word);
	if (*place)
		return said_twice(name, err);
	*place = (uint32_t)count;
	return 0;
}

static int take_duration(struct bk_keep *rules, const char *word, int64_t ms,
			 struct bk_err *err)
{
	if (ms == 0)
		return bk_fail(err, BK_MISUSE,
			       "'%s' keeps nothing; " WHAT_THERE_IS, word);
	if (ms < HOUR_MS)
		return bk_fail(err, BK_MISUSE,
			       "'%s' is less than an hour (m is for minutes); "
			       "for months write monthly:6 or 180d",
			       word);
	if (rules->within_ms)
		return said_twice("a duration", err);
	rules->within_ms = ms;
	return 0;
}

static int take_word(struct bk_keep *rules, const char *word,
		     struct bk_err *err)
{
	const char *colon = strchr(word, ':');
	struct bk_err not_a_duration = {0};
	int64_t ms = 0;

	if (bk_parse_duration(word, &ms, &not_a_duration) == 0)
		return take_duration(rules, word, ms, err);
	if (strcmp(word, "all") == 0) {
		if (rules->all)
			return said_twice(word, err);
		rules->all = true;
		return 0;
	}
	char *name =
		bk_strndup(word, colon ? (size_t)(colon - word) : strlen(word));
	int rc = take_count(rules, word, name, colon ? colon + 1 : NULL, err);
	free(name);
	return rc;
}

int bk_keep_parse(const char *text, struct bk_keep *out, struct bk_err *err)
{
	struct bk_keep rules = {0};
	struct bk_names words = {0};
	int rc = 0;

	bk_names_add_words(&words, text);
	for (size_t i = 0; rc == 0 && i < words.n; i++)
		rc = take_word(&rules, words.items[i], err);
	if (words.n == 0)
		rc = bk_fail(err, BK_MISUSE,
			     "it does not say what to keep; " WHAT_THERE_IS);
	if (rc == 0)
		*out = rules;
	bk_names_clear(&words);
	return rc;
}

bool bk_keep_is_empty(const struct bk_keep *rules)
{
	bool any = rules->all || rules->within_ms > 0 || rules->last > 0;

	for (size_t i = 0; i < BK_KEEP_PERIODS; i++)
		any |= rules->periods[i] > 0;
	return !any;
}

void bk_keep_add(struct bk_keep *to, const struct bk_keep *more)
{
	to->all |= more->all;
	if (more->within_ms > to->within_ms)
		to->within_ms = more->within_ms;
	if (more->last > to->last)
		to->last = more->last;
	for (size_t i = 0; i < BK_KEEP_PERIODS; i++)
		if (more->periods[i] > to->periods[i])
			to->periods[i] = more->periods[i];
}
