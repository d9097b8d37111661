/* Sets of UIDs: see uid_set.h. */

#include "mail/uid_set.h"

#include <inttypes.h>
#include <stdlib.h>

void bk_uid_set_clear(struct bk_uid_set *set)
{
	free(set->items);
	*set = (struct bk_uid_set){0};
}

void bk_uid_set_add_range(struct bk_uid_set *set, uint32_t first, uint32_t last)
{
	struct bk_uid_range *end = set->n ? &set->items[set->n - 1] : NULL;

	if (end && end->last < UINT32_MAX && end->last + 1 == first) {
		end->last = last;
		return;
	}
	set->items = bk_array_room(set->items, set->n, &set->cap,
				   sizeof(*set->items));
	set->items[set->n++] = (struct bk_uid_range){first, last};
}

void bk_uid_set_add(struct bk_uid_set *set, uint32_t uid)
{
	bk_uid_set_add_range(set, uid, uid);
}

uint64_t bk_uid_set_count(const struct bk_uid_set *set)
{
	uint64_t count = 0;

	for (size_t i = 0; i < set->n; i++)
		count += (uint64_t)set->items[i].last - set->items[i].first + 1;
	return count;
}

static int compare(const void *a, const void *b)
{
	const struct bk_uid_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

void bk_uid_set_sort(struct bk_uid_set *set)
{
	size_t n = 0;

	if (!set->n)
		return;
	qsort(set->items, set->n, sizeof(*set->items), compare);
	for (size_t i = 1; i < set->n; i++) {
		struct bk_uid_range *end = &set->items[n];
		struct bk_uid_range next = set->items[i];

		if (next.first > end->last && next.first - end->last > 1)
			set->items[++n] = next;
		else if (next.last > end->last)
			end->last = next.last;
	}
	set->n = n + 1;
}

bool bk_uid_set_has(const struct bk_uid_set *set, uint32_t uid)
{
	size_t from = 0, to = set->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (set->items[middle].last < uid)
			from = middle + 1;
		else
			to = middle;
	}
	return from < set->n && set->items[from].first <= uid;
}

void bk_uid_set_format(const struct bk_uid_set *set, struct bk_buf *out)
{
	for (size_t i = 0; i < set->n; i++) {
		struct bk_uid_range range = set->items[i];

		bk_buf_printf(out, "%s%" PRIu32, i ? "," : "", range.first);
		if (range.last != range.first)
			bk_buf_printf(out, ":%" PRIu32, range.last);
	}
}
