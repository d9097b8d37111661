/* Parity of a body: what it costs, what it is, and that every burst within its
 * bound is given back, and every one beyond it told. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/crc32.h"
#include "lib/dice.h"
#include "lib/manual.h"
#include "repo/container.h"
#include "repo/parity.h"
#include "repo/parity_mend.h"

#define KIB ((uint64_t)1024)
#define MIB (KIB * 1024)

/* ---- a body and its parity ---- */

struct file {
	struct bk_parity_source source;
	struct bk_parity_shape shape;
	uint8_t *right; /* body and parity */
	uint8_t *bytes; /* the same, with damage */
	size_t len;
};

static int read_file(struct bk_parity_source *from, uint64_t offset, size_t len,
		     uint8_t *into, struct bk_err *err)
{
	const struct file *file = (const struct file *)from;

	(void)err;
	assert_true(offset + len <= file->len);
	memcpy(into, file->bytes + offset, len);
	return 0;
}

static void add_in_pieces(struct bk_parity *parity, const uint8_t *bytes,
			  size_t len, size_t piece)
{
	for (size_t at = 0; at < len; at += piece)
		bk_parity_add(parity, bytes + at,
			      len - at < piece ? len - at : piece);
}

static void take_parity(struct bk_parity *parity, uint8_t *into)
{
	struct bk_view view;
	size_t at = 0;

	while ((view = bk_parity_view(parity, at)).len) {
		memcpy(into + at, view.data, view.len);
		at += view.len;
	}
}

static void make(struct file *file, size_t body_len)
{
	*file = (struct file){.source.read = read_file};
	bk_parity_shape_of(&file->shape, body_len);
	file->len = body_len + (size_t)file->shape.len;
	file->right = malloc(file->len);
	file->bytes = malloc(file->len);
	assert_non_null(file->right);
	assert_non_null(file->bytes);
	for (size_t i = 0; i < body_len; i++)
		file->right[i] = (uint8_t)(i * 7 + i / 256);
	struct bk_parity *parity = bk_parity_new(body_len);
	add_in_pieces(parity, file->right, body_len, 10000);
	take_parity(parity, file->right + body_len);
	bk_parity_free(parity);
	memcpy(file->bytes, file->right, file->len);
}

static void drop(struct file *file)
{
	free(file->right);
	free(file->bytes);
}

/* ---- damage ---- */

static void spoil(struct file *file, size_t at, size_t len)
{
	for (size_t i = at; i < at + len && i < file->len; i++)
		file->bytes[i] ^= (uint8_t)(i % 255 + 1);
}

static void heal(struct file *file, size_t at, size_t len)
{
	if (len > file->len - at)
		len = file->len - at;
	memcpy(file->bytes + at, file->right + at, len);
}

/* Mends it: true if it could be, and then every byte is right. */
static bool is_mended(struct file *file, uint32_t *count)
{
	struct bk_parity_mend *mend = NULL;
	struct bk_buf body = {0};
	struct bk_buf_sink to;
	struct bk_err err = {0};

	if (bk_parity_mend_open(&mend, &file->source, file->shape.body_len,
				&err) < 0) {
		assert_int_equal(err.kind, BK_CORRUPT);
		assert_non_null(strstr(err.text, "gives back"));
		return false;
	}
	*count = bk_parity_mend_count(mend);
	bk_buf_sink_init(&to, &body, file->len);
	assert_int_equal(bk_parity_mend_body(mend, &to.sink, &err), 0);
	assert_int_equal(body.len, file->shape.body_len);
	assert_memory_equal(body.data, file->right, body.len);
	bk_buf_clear(&body);
	bk_parity_mend_close(mend);
	return true;
}

/* ---- what it costs ---- */

static void shapes_are_those_of_the_page(void **state)
{
	static const struct {
		uint64_t body;
		struct bk_parity_shape want;
	} rows[] = {
		{16 * KIB - 1,   {0}                                },
		{16 * KIB,       {0, 12, 4, 4, 1, 32, 0}            },
		{256 * KIB,      {0, 12, 64, 64, 1, 272, 0}         },
		{256 * KIB + 1,  {0, 12, 33, 65, 2, 284, 0}         },
		{MIB - 1,        {0, 12, 64, 256, 4, 1064, 0}       },
		{MIB,            {0, 14, 64, 64, 1, 272, 0}         },
		{16 * MIB,       {0, 16, 64, 256, 4, 1064, 0}       },
		{64 * MIB,       {0, 16, 64, 1024, 16, 4232, 0}     },
		{64 * MIB + 1,   {0, 16, 61, 1025, 17, 4244, 0}     },
		{4096 * MIB - 1, {0, 16, 64, 65536, 1024, 270344, 0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bk_parity_shape got, want = rows[i].want;
		bk_parity_shape_of(&got, rows[i].body);
		assert_int_equal(got.log2, want.log2);
		assert_int_equal(got.k, want.k);
		assert_int_equal(got.segments, want.segments);
		assert_int_equal(got.groups, want.groups);
		assert_int_equal(got.table_len, want.table_len);
		assert_int_equal(got.len, 2 * (uint64_t)want.table_len +
						  (want.groups * (uint64_t)2
						   << want.log2) *
							  (want.k != 0));
	}
}

static void a_pack_costs_about_three_percent_and_survives_two_mebibytes(
	void **state)
{
	struct bk_parity_shape shape;

	(void)state;
	bk_parity_shape_of(&shape, 64 * MIB);
	assert_true((double)shape.len / (64.0 * MIB) < 0.032);
	assert_int_equal(bk_parity_burst(&shape), 31 * 64 * KIB + 1);
	for (uint64_t body = 4 * MIB; body < 2048 * MIB; body += body / 7) {
		bk_parity_shape_of(&shape, body);
		assert_true((double)shape.len < 0.05 * (double)body);
	}
}

static void file_lengths_lead_back_to_their_bodies(void **state)
{
	static const uint64_t near[] = {16 * KIB, 64 * KIB, MIB, 16 * MIB,
					64 * MIB};
	struct dice dice = {1};
	uint64_t found[2] = {0};

	(void)state;
	for (unsigned n = 0; n < 100000; n++) {
		uint64_t body = near[n % 5] + dice_below(&dice, 16384);
		if (n & 8)
			body -= 8192;
		if (body < BK_PARITY_LEAST)
			continue;
		uint64_t file_len = bk_file_len(body, true);
		bool twice = file_len == 1081952 || file_len == 17303696;
		assert_int_equal(bk_parity_bodies(file_len, found), 1 + twice);
		assert_true(found[0] == body || (twice && found[1] == body));
	}
	assert_int_equal(bk_parity_bodies(1081952, found), 2);
	assert_int_equal(found[1], MIB);
	assert_int_equal(bk_parity_bodies(17303696, found), 2);
	assert_int_equal(found[1], 16 * MIB);
	uint64_t none = bk_file_len(BK_PARITY_LEAST - 1, true);
	assert_int_equal(bk_parity_bodies(none, found), 0);
}

/* ---- what it is ---- */

static void pieces_of_any_size_come_to_the_same(void **state)
{
	static const size_t sizes[] = {1, 3, 4095, 4096, 4097, 1 << 20};
	struct file file;
	uint8_t *again;

	(void)state;
	make(&file, 300001);
	again = malloc((size_t)file.shape.len);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct bk_parity *parity = bk_parity_new(300001);
		add_in_pieces(parity, file.right, 300001, sizes[i]);
		take_parity(parity, again);
		assert_memory_equal(again, file.right + 300001,
				    (size_t)file.shape.len);
		bk_parity_free(parity);
	}
	free(again);
	drop(&file);
}

static void the_example_of_the_page_is_right(void **state)
{
	struct bk_buf want = {0};
	struct file file;

	(void)state;
	make(&file, 20000);
	manual_dump(".Ss Parity", "The parity of a body", &want);
	assert_int_equal(want.len, file.shape.table_len + 32);
	assert_memory_equal(want.data, file.right + 20000,
			    file.shape.table_len);
	for (size_t p = 0; p < 2; p++)
		assert_memory_equal(want.data + file.shape.table_len + 16 * p,
				    file.right + 20000 + file.shape.table_len +
					    4096 * p,
				    16);
	bk_buf_clear(&want);
	drop(&file);
}

/* ---- what it gives back ---- */

/* Every place in a segment, and every border. */
static void meet_every_burst(size_t body_len, size_t want, size_t step)
{
	struct file file;
	uint32_t count = 0;

	make(&file, body_len);
	size_t burst = (size_t)bk_parity_burst(&file.shape);
	assert_int_equal(burst, want);
	for (size_t at = 0; at < file.len; at += step) {
		spoil(&file, at, burst);
		assert_true(is_mended(&file, &count));
		assert_int_equal(count > 0, at < file.shape.body_len);
		heal(&file, at, burst);
	}
	drop(&file);
}

static void every_burst_within_the_bound_is_mended_wherever_it_is(void **state)
{
	(void)state;
	/* A last segment of 5 bytes, and a table of 36. */
	meet_every_burst(16 * 1024 + 5, 5 + 36 + 1, 1);
	meet_every_burst(20480, 4097, 23);
	meet_every_burst(18 * 1024, 2048 + 36 + 1, 29);
	/* Two groups, three groups. */
	meet_every_burst(66 * 4096 + 100, 2 * 4096 + 100 + 292 + 1, 401);
	meet_every_burst(130 * 4096, 5 * 4096 + 1, 1009);
}

static void bursts_in_larger_bodies_are_mended(void **state)
{
	static const size_t bodies[] = {70 * 4096 + 1, 1000000, 2 << 20,
					3000000, (17 << 20) + 77};
	struct dice dice = {7};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		struct file file;
		uint32_t count = 0;
		make(&file, bodies[i]);
		size_t burst = (size_t)bk_parity_burst(&file.shape);
		for (unsigned n = bodies[i] > 5000000 ? 4 : 20; n; n--) {
			size_t at = dice_below(&dice, file.len);
			size_t len =
				n % 2 ? burst : 1 + dice_below(&dice, burst);
			spoil(&file, at, len);
			assert_true(is_mended(&file, &count));
			heal(&file, at, len);
		}
		drop(&file);
	}
}

static void a_burst_beyond_the_bound_is_told_and_no_byte_is_wrong(void **state)
{
	struct file file;
	uint32_t count = 0;

	(void)state;
	make(&file, 40 * 4096);
	for (size_t at = 0; at + 3 * 4096 <= file.shape.body_len; at += 509) {
		spoil(&file, at, 2 * 4096 + 2);
		/* Three segments are touched, or two. */
		size_t first = at / 4096, last = (at + 2 * 4096 + 1) / 4096;
		assert_int_equal(is_mended(&file, &count), last - first < 2);
		heal(&file, at, 2 * 4096 + 2);
	}
	drop(&file);
}

/* Damage of any kind: mended rightly, or told. */
static void scattered_damage_is_mended_or_told(void **state)
{
	struct dice dice = {11};
	unsigned mended = 0, told = 0;
	struct file file;
	uint32_t count = 0;

	(void)state;
	make(&file, 130 * 4096 + 99);
	for (unsigned n = 0; n < 250; n++) {
		unsigned holes = 1 + (unsigned)dice_below(&dice, 8);
		for (unsigned i = 0; i < holes; i++)
			spoil(&file, dice_below(&dice, file.shape.body_len),
			      1 + dice_below(&dice, 3000));
		if (is_mended(&file, &count))
			mended++;
		else
			told++;
		heal(&file, 0, file.len);
	}
	assert_true(mended > 50);
	assert_true(told > 50);
	drop(&file);
}

static void what_is_whole_stays_as_it_is(void **state)
{
	struct file file;
	uint32_t count = 9;

	(void)state;
	make(&file, 100000);
	assert_true(is_mended(&file, &count));
	assert_int_equal(count, 0);
	/* Even when all that is behind it is lost. */
	spoil(&file, 100000, (size_t)file.shape.len);
	assert_true(is_mended(&file, &count));
	assert_int_equal(count, 0);
	drop(&file);
}

static void a_body_without_parity_is_not_mended(void **state)
{
	struct file file = {.source.read = read_file};
	struct bk_parity_mend *mend = NULL;
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(bk_parity_mend_open(&mend, &file.source, 10000, &err),
			 -1);
	assert_int_equal(err.kind, BK_MISUSE);
}

/* ---- footers ---- */

static void footers_say_what_parity_there_is(void **state)
{
	uint8_t footer[BK_FOOTER_LEN], sum[BK_SHA256_LEN] = {3};
	struct bk_err err = {0};
	uint64_t body = 0;

	(void)state;
	for (uint64_t len = 16 * KIB; len < 80 * MIB; len += len / 3) {
		uint64_t file_len = bk_file_len(len, true);
		bk_footer_encode(len, true, sum, footer);
		assert_int_equal(
			bk_footer_decode(footer, file_len, &body, &err), 0);
		assert_int_equal(body, len);
		for (size_t at = 24; at < 36; at++) {
			footer[at] ^= 1; /* whatever its CRC says */
			uint32_t crc = bk_crc32(0, footer, 60);
			memcpy(footer + 60, &crc, 4);
			assert_int_equal(
				bk_footer_decode(footer, file_len, &body, &err),
				-1);
			footer[at] ^= 1;
			err = (struct bk_err){0};
		}
	}
	bk_footer_encode(BK_PARITY_LEAST - 1, true, sum, footer);
	assert_int_equal(footer[24], 0);
	assert_int_equal(bk_file_len(BK_PARITY_LEAST - 1, true),
			 BK_PARITY_LEAST - 1 + BK_FOOTER_LEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes_are_those_of_the_page),
		cmocka_unit_test(
			a_pack_costs_about_three_percent_and_survives_two_mebibytes),
		cmocka_unit_test(file_lengths_lead_back_to_their_bodies),
		cmocka_unit_test(pieces_of_any_size_come_to_the_same),
		cmocka_unit_test(the_example_of_the_page_is_right),
		cmocka_unit_test(
			every_burst_within_the_bound_is_mended_wherever_it_is),
		cmocka_unit_test(bursts_in_larger_bodies_are_mended),
		cmocka_unit_test(
			a_burst_beyond_the_bound_is_told_and_no_byte_is_wrong),
		cmocka_unit_test(scattered_damage_is_mended_or_told),
		cmocka_unit_test(what_is_whole_stays_as_it_is),
		cmocka_unit_test(a_body_without_parity_is_not_mended),
		cmocka_unit_test(footers_say_what_parity_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
