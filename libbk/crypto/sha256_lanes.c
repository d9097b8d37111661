/* Sixteen times SHA-256: see sha256_lanes.h. */

#include "crypto/sha256_lanes.h"

#ifdef __x86_64__

#include <cpuid.h>
#include <immintrin.h>

#include "base/bytes.h"

#define ROUNDS 64
#define WINDOW 16 /* words of the schedule that are still needed */
#define WIDE   __attribute__((target("avx512f"), always_inline)) static inline

static const uint32_t constants[ROUNDS] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* Truth tables of three bits: what _mm512_ternarylogic_epi32 is told. */
#define XOR3     0x96
#define CHOOSE   0xca
#define MAJORITY 0xe8

bool bk_sha256_lanes_help(void)
{
	unsigned a, b = 0, c, d;

	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
		return false;
	bool has_sha = b & (1u << 29);
	return !has_sha && __builtin_cpu_supports("avx512f");
}

WIDE __m512i big_sigma0(__m512i x)
{
	return _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, 2),
					 _mm512_ror_epi32(x, 13),
					 _mm512_ror_epi32(x, 22), XOR3);
}

WIDE __m512i big_sigma1(__m512i x)
{
	return _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, 6),
					 _mm512_ror_epi32(x, 11),
					 _mm512_ror_epi32(x, 25), XOR3);
}

WIDE __m512i small_sigma0(__m512i x)
{
	return _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, 7),
					 _mm512_ror_epi32(x, 18),
					 _mm512_srli_epi32(x, 3), XOR3);
}

WIDE __m512i small_sigma1(__m512i x)
{
	return _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, 17),
					 _mm512_ror_epi32(x, 19),
					 _mm512_srli_epi32(x, 10), XOR3);
}

WIDE __m512i add(__m512i a, __m512i b)
{
	return _mm512_add_epi32(a, b);
}

/* The word of the schedule that comes 16 after w[i], in its place. */
WIDE __m512i schedule(__m512i w[WINDOW], unsigned i)
{
	__m512i early = add(w[i], small_sigma0(w[(i + 1) % WINDOW]));
	__m512i late =
		add(w[(i + 9) % WINDOW], small_sigma1(w[(i + 14) % WINDOW]));

	w[i] = add(early, late);
	return w[i];
}

/* The variables change their names from round to round instead of their
 * places: s[-i] is a, and those behind it b to h. */
WIDE void one_round(__m512i s[8], unsigned i, __m512i kw)
{
	__m512i a = s[(16 - i) % 8], b = s[(17 - i) % 8];
	__m512i c = s[(18 - i) % 8], *d = &s[(19 - i) % 8];
	__m512i e = s[(20 - i) % 8], f = s[(21 - i) % 8];
	__m512i g = s[(22 - i) % 8], *h = &s[(23 - i) % 8];
	__m512i one = add(add(*h, kw), big_sigma1(e));
	__m512i two = big_sigma0(a);

	one = add(one, _mm512_ternarylogic_epi32(e, f, g, CHOOSE));
	two = add(two, _mm512_ternarylogic_epi32(a, b, c, MAJORITY));
	*d = add(*d, one);
	*h = add(one, two);
}

WIDE __m512i constant(unsigned t)
{
	return _mm512_set1_epi32((int)constants[t]);
}

/* The words of a block of each lane, side by side. */
static void gather(const uint8_t *const from[BK_SHA256_LANES], size_t at,
		   uint32_t words[WINDOW][BK_SHA256_LANES])
{
	for (size_t lane = 0; lane < BK_SHA256_LANES; lane++)
		for (size_t t = 0; t < WINDOW; t++)
			words[t][lane] = __builtin_bswap32(
				bk_get_u32(from[lane] + at + t * 4));
}

__attribute__((target("avx512f"))) void bk_sha256_lanes_take(
	struct bk_sha256_lanes *lanes,
	const uint8_t *const from[BK_SHA256_LANES], size_t blocks)
{
	_Alignas(64) uint32_t words[WINDOW][BK_SHA256_LANES];
	__m512i before[8], s[8], w[WINDOW];

	for (unsigned i = 0; i < 8; i++)
		s[i] = _mm512_load_si512(lanes->words[i]);
	for (size_t block = 0; block < blocks; block++) {
		gather(from, block * 64, words);
		for (unsigned i = 0; i < 8; i++)
			before[i] = s[i];
		for (unsigned t = 0; t < WINDOW; t++)
			w[t] = _mm512_load_si512(words[t]);
#pragma GCC unroll 16
		for (unsigned i = 0; i < WINDOW; i++)
			one_round(s, i, add(w[i], constant(i)));
		for (unsigned t = WINDOW; t < ROUNDS; t += WINDOW) {
#pragma GCC unroll 16
			for (unsigned i = 0; i < WINDOW; i++)
				one_round(s, i,
					  add(schedule(w, i), constant(t + i)));
		}
		for (unsigned i = 0; i < 8; i++)
			s[i] = add(s[i], before[i]);
	}
	for (unsigned i = 0; i < 8; i++)
		_mm512_store_si512(lanes->words[i], s[i]);
}

#else

bool bk_sha256_lanes_help(void)
{
	return false;
}

void bk_sha256_lanes_take(struct bk_sha256_lanes *lanes,
			  const uint8_t *const from[BK_SHA256_LANES],
			  size_t blocks)
{
	(void)lanes;
	(void)from;
	(void)blocks;
}

#endif
