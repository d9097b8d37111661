/*
 * The hot loops of base64: see base64_rows.h.  The packing of 6-bit values with
 * multiply-add follows W. Mula and D. Lemire, "Faster Base64 Encoding and
 * Decoding Using AVX2 Instructions", ACM TWEB 12 (2018).
 */

#include "mail/base64_rows.h"

#include <stdbool.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#define NO 255

/* clang-format off */
const uint8_t bk_base64_value[256] = {
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO, NO, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,
	NO, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, NO,
	NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
};
/* clang-format on */

const char bk_base64_alphabet[65] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static uint8_t decode_quads(const uint8_t *in, size_t chars, uint8_t *out)
{
	const uint8_t *value = bk_base64_value;
	uint8_t seen = 0;

	for (size_t i = 0; i < chars; i += 4, out += 3) {
		uint8_t a = value[in[i]];
		uint8_t b = value[in[i + 1]];
		uint8_t c = value[in[i + 2]];
		uint8_t d = value[in[i + 3]];
		seen |= a | b | c | d;
		out[0] = (uint8_t)(a << 2 | b >> 4);
		out[1] = (uint8_t)(b << 4 | c >> 2);
		out[2] = (uint8_t)(c << 6 | d);
	}
	return seen;
}

size_t bk_base64_rows_decode_plain(const struct bk_base64_shape *shape,
				   const uint8_t *in, size_t rows, uint8_t *out)
{
	for (size_t row = 0; row < rows; row++) {
		if (decode_quads(in, shape->line, out) > 63)
			return row;
		if (shape->gap && in[shape->line] != '\n')
			return row;
		in += shape->line + shape->gap;
		out += shape->line / 4 * 3;
	}
	return rows;
}

void bk_base64_rows_encode_plain(const struct bk_base64_shape *shape,
				 const uint8_t *in, size_t rows, uint8_t *out)
{
	const char *alphabet = bk_base64_alphabet;

	for (size_t row = 0; row < rows; row++) {
		if (shape->gap)
			*out++ = '\n';
		for (size_t i = 0; i < shape->line; i += 4, in += 3) {
			*out++ = (uint8_t)alphabet[in[0] >> 2];
			*out++ = (uint8_t)
				alphabet[(in[0] << 4 | in[1] >> 4) & 63];
			*out++ = (uint8_t)
				alphabet[(in[1] << 2 | in[2] >> 6) & 63];
			*out++ = (uint8_t)alphabet[in[2] & 63];
		}
	}
}

#ifdef __x86_64__

#define BLOCK 32 /* characters a vector; 24 bytes */

#define AVX2  __attribute__((target("avx2")))

/* All ones in the bytes of v from lo to hi; bytes above 127 are in none. */
AVX2 static inline __m256i between(__m256i v, char lo, char hi)
{
	__m256i above = _mm256_cmpgt_epi8(v, _mm256_set1_epi8((char)(lo - 1)));
	__m256i below = _mm256_cmpgt_epi8(_mm256_set1_epi8((char)(hi + 1)), v);

	return _mm256_and_si256(above, below);
}

AVX2 static inline __m256i pick(__m256i mask, char value)
{
	return _mm256_and_si256(mask, _mm256_set1_epi8(value));
}

AVX2 static inline __m256i either(__m256i a, __m256i b)
{
	return _mm256_or_si256(a, b);
}

/* Decodes 32 characters to 24 bytes (and 8 of rubbish behind them); returns
 * ones for each character that is one, and-ed with `good`. */
AVX2 static inline __m256i decode_block(const uint8_t *in, uint8_t *out,
					__m256i good)
{
	__m256i v = _mm256_loadu_si256((const void *)in);
	__m256i upper = between(v, 'A', 'Z');
	__m256i lower = between(v, 'a', 'z');
	__m256i digit = between(v, '0', '9');
	__m256i plus = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('+'));
	__m256i slash = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('/'));
	__m256i letter = either(upper, lower);
	__m256i other = either(plus, slash);

	__m256i shift = either(pick(upper, 0 - 'A'), pick(lower, 26 - 'a'));
	shift = either(shift, pick(digit, 52 - '0'));
	shift = either(shift, pick(plus, 62 - '+'));
	shift = either(shift, pick(slash, 63 - '/'));
	v = _mm256_add_epi8(v, shift);

	/* aaaaaa bbbbbb cccccc dddddd: pairs to 12 bits, pairs of those to 24,
	 * then the three bytes of each in their order. */
	v = _mm256_maddubs_epi16(v, _mm256_set1_epi32(0x01400140));
	v = _mm256_madd_epi16(v, _mm256_set1_epi32(0x00011000));
	v = _mm256_shuffle_epi8(
		v, _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1,
				    -1, -1, -1, 2, 1, 0, 6, 5, 4, 10, 9, 8, 14,
				    13, 12, -1, -1, -1, -1));
	v = _mm256_permutevar8x32_epi32(
		v, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
	_mm256_storeu_si256((void *)out, v);
	return _mm256_and_si256(good, either(either(letter, digit), other));
}

/* A row's last block overlaps the one before it, so that no row needs a
 * narrower loop at its end. */
AVX2 static size_t decode_avx2(const struct bk_base64_shape *shape,
			       const uint8_t *in, size_t rows, uint8_t *out)
{
	size_t last = shape->line - BLOCK;

	for (size_t row = 0; row < rows; row++) {
		__m256i good = _mm256_set1_epi8(-1);
		for (size_t i = 0; i < last; i += BLOCK)
			good = decode_block(in + i, out + i / 4 * 3, good);
		good = decode_block(in + last, out + last / 4 * 3, good);
		if (_mm256_movemask_epi8(good) != -1)
			return row;
		if (shape->gap && in[shape->line] != '\n')
			return row;
		in += shape->line + shape->gap;
		out += shape->line / 4 * 3;
	}
	return rows;
}

/* Encodes 24 bytes to 32 characters; 4 more bytes are read. */
AVX2 static inline void encode_block(const uint8_t *in, uint8_t *out)
{
	__m128i low = _mm_loadu_si128((const void *)in);
	__m128i high = _mm_loadu_si128((const void *)(in + 12));
	__m256i v = _mm256_set_m128i(high, low);

	/* Of each three bytes 1 0 2 1, then each 6 bits to a byte of its own
	 * by multiplications that act as shifts. */
	v = _mm256_shuffle_epi8(v, _mm256_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7,
						    6, 8, 7, 10, 9, 11, 10, 1,
						    0, 2, 1, 4, 3, 5, 4, 7, 6,
						    8, 7, 10, 9, 11, 10));
	__m256i ac = _mm256_and_si256(v, _mm256_set1_epi32(0x0fc0fc00));
	__m256i bd = _mm256_and_si256(v, _mm256_set1_epi32(0x003f03f0));
	ac = _mm256_mulhi_epu16(ac, _mm256_set1_epi32(0x04000040));
	bd = _mm256_mullo_epi16(bd, _mm256_set1_epi32(0x01000010));
	v = either(ac, bd);

	__m256i shift = _mm256_set1_epi8('A');
	shift = _mm256_add_epi8(shift,
				pick(_mm256_cmpgt_epi8(v, _mm256_set1_epi8(25)),
				     'a' - 26 - 'A'));
	shift = _mm256_add_epi8(shift,
				pick(_mm256_cmpgt_epi8(v, _mm256_set1_epi8(51)),
				     '0' - 52 - ('a' - 26)));
	shift = _mm256_add_epi8(shift,
				pick(_mm256_cmpgt_epi8(v, _mm256_set1_epi8(61)),
				     '+' - 62 - ('0' - 52)));
	shift = _mm256_add_epi8(shift,
				pick(_mm256_cmpgt_epi8(v, _mm256_set1_epi8(62)),
				     '/' - 63 - ('+' - 62)));
	_mm256_storeu_si256((void *)out, _mm256_add_epi8(v, shift));
}

AVX2 static void encode_avx2(const struct bk_base64_shape *shape,
			     const uint8_t *in, size_t rows, uint8_t *out)
{
	size_t last = shape->line - BLOCK;

	for (size_t row = 0; row < rows; row++) {
		if (shape->gap)
			*out++ = '\n';
		for (size_t i = 0; i < last; i += BLOCK)
			encode_block(in + i / 4 * 3, out + i);
		encode_block(in + last / 4 * 3, out + last);
		in += shape->line / 4 * 3;
		out += shape->line;
	}
}

static bool has_vectors(const struct bk_base64_shape *shape)
{
	return shape->line >= BLOCK && __builtin_cpu_supports("avx2");
}

#endif

size_t bk_base64_rows_decode(const struct bk_base64_shape *shape,
			     const uint8_t *in, size_t rows, uint8_t *out)
{
#ifdef __x86_64__
	if (has_vectors(shape))
		return decode_avx2(shape, in, rows, out);
#endif
	return bk_base64_rows_decode_plain(shape, in, rows, out);
}

void bk_base64_rows_encode(const struct bk_base64_shape *shape,
			   const uint8_t *in, size_t rows, uint8_t *out)
{
#ifdef __x86_64__
	if (has_vectors(shape)) {
		encode_avx2(shape, in, rows, out);
		return;
	}
#endif
	bk_base64_rows_encode_plain(shape, in, rows, out);
}
