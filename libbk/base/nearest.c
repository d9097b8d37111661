/* Suggestions by edit distance: see nearest.h. */

#include "base/nearest.h"

#include <string.h>

/* Longer words are no typing errors, and three rows fit on the stack. */
#define WORD_MAX 128

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* The three rows of the matrix that are still needed. */
struct rows {
	unsigned before[WORD_MAX + 1], last[WORD_MAX + 1], now[WORD_MAX + 1];
};

static unsigned cell(const struct rows *r, const char *a, size_t i,
		     const char *b, size_t j)
{
	unsigned changed = lower(a[i - 1]) != lower(b[j - 1]);
	unsigned best = r->last[j - 1] + changed;

	best = least(best, least(r->last[j], r->now[j - 1]) + 1);
	if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
	    lower(a[i - 2]) == lower(b[j - 1]))
		best = least(best, r->before[j - 2] + 1);
	return best;
}

unsigned bk_edit_distance(const char *a, const char *b, unsigned limit)
{
	struct rows r = {0};
	size_t na = strlen(a);
	size_t nb = strlen(b);

	if (na > WORD_MAX || nb > WORD_MAX ||
	    (na > nb ? na - nb : nb - na) > limit)
		return limit + 1;
	for (size_t j = 0; j <= nb; j++)
		r.now[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		memcpy(r.before, r.last, sizeof(r.before));
		memcpy(r.last, r.now, sizeof(r.last));
		r.now[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++)
			r.now[j] = cell(&r, a, i, b, j);
	}
	return least(r.now[nb], limit + 1);
}

void bk_nearest_init(struct bk_nearest *search, const char *word)
{
	size_t len = strlen(word);

	/* One slip in three letters, at most four: beyond that a suggestion
	 * is a guess. */
	search->word = word;
	search->best = NULL;
	search->distance =
		least(4, (unsigned)(len < 6 ? len + 2 : len) / 3) + 1;
}

void bk_nearest_offer(struct bk_nearest *search, const char *candidate)
{
	unsigned limit = search->distance - 1;

	if (search->distance == 0)
		return;
	unsigned d = bk_edit_distance(search->word, candidate, limit);
	if (d > limit)
		return;
	search->distance = d;
	search->best = candidate;
}

const char *bk_nearest_of(const char *word, const char *const *words)
{
	struct bk_nearest search;

	bk_nearest_init(&search, word);
	for (; *words; words++)
		bk_nearest_offer(&search, *words);
	return search.best;
}
