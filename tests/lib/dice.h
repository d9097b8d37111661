/* Random inputs that are the same on every run: splitmix64 from a seed. */

#ifndef BK_TESTS_DICE_H
#define BK_TESTS_DICE_H

#include <stddef.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

static inline uint64_t dice_throw(struct dice *dice)
{
	uint64_t z = dice->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* 0 to n - 1; n must not be 0. */
static inline size_t dice_below(struct dice *dice, size_t n)
{
	return (size_t)(dice_throw(dice) % n);
}

/* True once in n. */
static inline int dice_one_in(struct dice *dice, size_t n)
{
	return dice_below(dice, n) == 0;
}

static inline void dice_fill(struct dice *dice, uint8_t *into, size_t n)
{
	for (size_t i = 0; i < n; i++)
		into[i] = (uint8_t)dice_throw(dice);
}

#endif
