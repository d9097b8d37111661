/* The known word that somebody probably meant: "did you mean 'password'?" */

#ifndef BK_BASE_NEAREST_H
#define BK_BASE_NEAREST_H

#include <stddef.h>

/* A search among candidates offered one by one, so that a million account
 * names need no list.  Candidates are kept by pointer. */
struct bk_nearest {
	const char *word;
	const char *best; /* NULL while nothing was near enough */
	unsigned distance;
};

/* `word` is the caller's and must outlive the search. */
void bk_nearest_init(struct bk_nearest *search, const char *word);
void bk_nearest_offer(struct bk_nearest *search, const char *candidate);

/* The same over a list that ends in NULL; NULL when nothing is near. */
const char *bk_nearest_of(const char *word, const char *const *words);

/*
 * How many letters were left out, added, changed or swapped with their
 * neighbour (optimal string alignment), ignoring ASCII case.  `limit` bounds
 * the work: anything above it is reported as limit + 1.
 */
unsigned bk_edit_distance(const char *a, const char *b, unsigned limit);

#endif
