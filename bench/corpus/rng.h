/*
 * Random numbers that are the same in every run: xorshift128+, seeded by
 * splitmix64.  Each thing that is made (a person, a
 * message, an attachment) has a generator of its own, seeded by its number, so
 * that a message can be made again without those before it.
 *
 * Where one line of text holds several random fields, the last one is drawn
 * first.  The order is part of what a seed means: keep to it.
 */

#ifndef BENCH_CORPUS_RNG_H
#define BENCH_CORPUS_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct rng {
	uint64_t a, b;
};

void rng_seed(struct rng *rng, uint64_t what, uint64_t number);

uint64_t rng_next(struct rng *rng);
uint32_t rng_below(struct rng *rng, uint32_t n); /* 0 to n - 1 */
double rng_unit(struct rng *rng);                /* 0 to below 1 */
bool rng_chance(struct rng *rng, double p);
double rng_lognormal(struct rng *rng, double median, double sigma);

/* One of n texts. */
const char *rng_pick(struct rng *rng, const char *const *texts, size_t n);

/* n numbers below their limits, the last one drawn first; a limit of 0 means
 * all of 32 bits. */
void rng_fields(struct rng *rng, uint32_t *out, const uint32_t *limits,
		size_t n);

/* n characters of the first `letters` of base64's alphabet: 62 or 64. */
void rng_letters(struct rng *rng, struct bk_buf *out, size_t n,
		 uint32_t letters);

/* n incompressible bytes. */
void rng_bytes(struct rng *rng, struct bk_buf *out, size_t n);

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
