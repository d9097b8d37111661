/* Sets for the rules of job/keep.h, as sentences: given rules and sets, these
 * stay because of that.  One world at a time. */

#ifndef BK_TESTS_KEEPSETS_H
#define BK_TESTS_KEEPSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job/keep.h"

#define KEEPSETS_MAX 64

struct keepsets {
	struct bk_keep rules; /* of every set, if not told otherwise */
	struct bk_keep_item items[KEEPSETS_MAX];
	struct bk_keep_verdict verdicts[KEEPSETS_MAX];
	size_t n;
	unsigned min_keep;
	int64_t now_ms;
};
extern struct keepsets keepsets;

/* A new world: no sets, in Berlin, long after all of them, no minimum. */
void given(const char *rules);
void zone(const char *name);

bool same_rules(const struct bk_keep *a, const struct bk_keep *b);

/* As bk_parse_time reads it, in milliseconds. */
int64_t at(const char *text);

/* A complete set of series 0, made at that time, which is its name too; it
 * stands on nothing, or on the one with that number. */
struct bk_keep_item *set(const char *time);
struct bk_keep_item *set_on(size_t base, const char *time);

/* Plans, and compares: a mark for each set, '#' stays, '.' goes. */
void stay(const char *marks);

/* What is then said of one of them. */
void because(size_t i, const char *why);

#endif
