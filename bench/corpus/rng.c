/* Random numbers that are the same in every run: see rng.h. */

#include "corpus/rng.h"

#include <math.h>
#include <string.h>

#include "corpus/encode.h"

#define GOLDEN 0x9e3779b97f4a7c15u

static uint64_t splitmix(uint64_t *x)
{
	uint64_t z = *x += GOLDEN;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

void rng_seed(struct rng *rng, uint64_t what, uint64_t number)
{
	uint64_t x = what * GOLDEN ^
		     (number + 0x632be59bd9b4e019u) * 0xff51afd7ed558ccdu;

	rng->a = splitmix(&x);
	rng->b = splitmix(&x);
}

uint64_t rng_next(struct rng *rng)
{
	uint64_t x = rng->a, y = rng->b;

	rng->a = y;
	rng->b = (x ^ x << 23) ^ y ^ (x ^ x << 23) >> 18 ^ y >> 5;
	return x + y;
}

uint32_t rng_below(struct rng *rng, uint32_t n)
{
	return (uint32_t)((rng_next(rng) >> 32) * n >> 32);
}

double rng_unit(struct rng *rng)
{
	return (double)(rng_next(rng) >> 11) * 0x1p-53;
}

bool rng_chance(struct rng *rng, double p)
{
	return rng_unit(rng) < p;
}

/* Box and Muller's; one of the pair is thrown away. */
static double normal(struct rng *rng)
{
	double u = rng_unit(rng) + 1e-12;
	double v = rng_unit(rng);

	return sqrt(-2 * log(u)) * cos(6.283185307 * v);
}

double rng_lognormal(struct rng *rng, double median, double sigma)
{
	return median * exp(sigma * normal(rng));
}

const char *rng_pick(struct rng *rng, const char *const *texts, size_t n)
{
	return texts[rng_below(rng, (uint32_t)n)];
}

void rng_fields(struct rng *rng, uint32_t *out, const uint32_t *limits,
		size_t n)
{
	for (size_t i = n; i-- > 0;)
		out[i] = limits[i] ? rng_below(rng, limits[i])
				   : (uint32_t)rng_next(rng);
}

void rng_letters(struct rng *rng, struct bk_buf *out, size_t n,
		 uint32_t letters)
{
	uint8_t *at = bk_buf_grow(out, n);

	for (size_t i = 0; i < n; i++)
		at[i] = (uint8_t)base64_alphabet[rng_below(rng, letters)];
}

void rng_bytes(struct rng *rng, struct bk_buf *out, size_t n)
{
	uint8_t *at = bk_buf_grow(out, n);

	while (n > 0) {
		uint64_t word = rng_next(rng);
		size_t some = n < sizeof(word) ? n : sizeof(word);
		memcpy(at, &word, some);
		at += some;
		n -= some;
	}
}
