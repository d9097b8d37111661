/* Which messages of a set are in a folder already: see restore_match.h. */

#include "job/restore_match.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static uint32_t *indexes(size_t n, uint32_t value)
{
	uint32_t *list = bk_alloc((n + 1) * sizeof(*list));

	for (size_t i = 0; i < n; i++)
		list[i] = value;
	return list;
}

void bk_match_init(struct bk_match *match, const struct bk_row_list *rows,
		   const struct bk_message_list *present)
{
	*match = (struct bk_match){.rows = rows, .present = present};
	match->row_of = indexes(present->n, BK_MATCH_NONE);
	match->present_of = indexes(rows->n, BK_MATCH_NONE);
}

void bk_match_clear(struct bk_match *match)
{
	free(match->row_of);
	free(match->present_of);
	free(match->by_digest);
	*match = (struct bk_match){0};
}

static void pair(struct bk_match *match, uint32_t row, uint32_t present)
{
	match->present_of[row] = present;
	match->row_of[present] = row;
}

void bk_match_part(struct bk_match *match, uint32_t row)
{
	match->row_of[match->present_of[row]] = BK_MATCH_NONE;
	match->present_of[row] = BK_MATCH_NONE;
}

/* ---- by name ---- */

struct named {
	const char *name;
	uint32_t at;
};

static int compare_names(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->at > y->at) - (x->at < y->at);
}

static struct named *sorted_rows(const struct bk_row_list *rows)
{
	struct named *list = bk_alloc((rows->n + 1) * sizeof(*list));

	for (size_t i = 0; i < rows->n; i++)
		list[i] = (struct named){rows->items[i].msg.name, (uint32_t)i};
	qsort(list, rows->n, sizeof(*list), compare_names);
	return list;
}

static struct named *sorted_present(const struct bk_message_list *present)
{
	struct named *list = bk_alloc((present->n + 1) * sizeof(*list));

	for (size_t i = 0; i < present->n; i++)
		list[i] = (struct named){present->items[i].name, (uint32_t)i};
	qsort(list, present->n, sizeof(*list), compare_names);
	return list;
}

void bk_match_names(struct bk_match *match)
{
	struct named *rows, *here;
	size_t i = 0, k = 0;

	if (!match->rows->n || !match->present->n)
		return;
	rows = sorted_rows(match->rows);
	here = sorted_present(match->present);
	while (i < match->rows->n && k < match->present->n) {
		int order = strcmp(rows[i].name, here[k].name);
		if (order == 0 && *rows[i].name)
			pair(match, rows[i].at, here[k].at);
		i += order <= 0;
		k += order >= 0;
	}
	free(rows);
	free(here);
}

/* ---- by content ---- */

static int compare_sizes(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Is one of the sizes from `least` to `most`? */
static bool has_size(const uint64_t *sizes, size_t n, uint64_t least,
		     uint64_t most)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (sizes[middle] < least)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && sizes[low] <= most;
}

/* With CRLF a message has at most twice the bytes that it has with LF. */
static bool may_be_one(const struct bk_match *match, uint64_t size,
		       const uint64_t *sizes, size_t n)
{
	return has_size(sizes, n, match->wire ? size / 2 : size, size);
}

uint32_t *bk_match_candidates(const struct bk_match *match, size_t *n)
{
	uint64_t *sizes = bk_alloc((match->rows->n + 1) * sizeof(*sizes));
	uint32_t *out = bk_alloc((match->present->n + 1) * sizeof(*out));
	size_t n_sizes = 0;

	for (size_t i = 0; i < match->rows->n; i++)
		if (match->present_of[i] == BK_MATCH_NONE)
			sizes[n_sizes++] = match->rows->items[i].msg.size;
	if (n_sizes)
		qsort(sizes, n_sizes, sizeof(*sizes), compare_sizes);
	*n = 0;
	for (size_t i = 0; n_sizes && i < match->present->n; i++)
		if (match->row_of[i] == BK_MATCH_NONE &&
		    may_be_one(match, match->present->items[i].size, sizes,
			       n_sizes))
			out[(*n)++] = (uint32_t)i;
	free(sizes);
	return out;
}

static int compare_digests(const void *a, const void *b, void *rows)
{
	const struct bk_row_list *list = rows;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = memcmp(list->items[x].digest, list->items[y].digest,
			   BK_DIGEST_LEN);

	return order ? order : (x > y) - (x < y);
}

static void sort_by_digest(struct bk_match *match)
{
	struct bk_row_list rows = *match->rows;

	match->by_digest = indexes(rows.n, 0);
	for (size_t i = 0; i < rows.n; i++)
		match->by_digest[i] = (uint32_t)i;
	if (rows.n)
		qsort_r(match->by_digest, rows.n, sizeof(*match->by_digest),
			compare_digests, &rows);
}

bool bk_match_content(struct bk_match *match, uint32_t present,
		      const uint8_t digest[BK_DIGEST_LEN])
{
	const struct bk_row *items = match->rows->items;
	size_t low = 0, high = match->rows->n;

	if (!match->by_digest)
		sort_by_digest(match);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (memcmp(items[match->by_digest[middle]].digest, digest,
			   BK_DIGEST_LEN) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < match->rows->n; low++) {
		uint32_t row = match->by_digest[low];
		if (memcmp(items[row].digest, digest, BK_DIGEST_LEN) != 0)
			break;
		if (match->present_of[row] != BK_MATCH_NONE)
			continue;
		pair(match, row, present);
		return true;
	}
	return false;
}
