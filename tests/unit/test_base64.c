/*
 * Exact base64, against an encoder written as the RFC puts it, on good and on
 * spoiled input: what the reader took is always what the writer gives back.
 */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/dice.h"
#include "mail/base64.h"
#include "mail/base64_rows.h"

static struct bk_buf data, text, decoded, again;

static int clear_all(void **state)
{
	(void)state;
	bk_buf_clear(&data);
	bk_buf_clear(&text);
	bk_buf_clear(&decoded);
	bk_buf_clear(&again);
	return 0;
}

/* RFC 4648 section 4, bit by bit. */
static void encode_by_the_book(const struct bk_buf *from, size_t line)
{
	size_t column = 0;

	text.len = 0;
	for (size_t i = 0; i < from->len; i += 3) {
		size_t n = from->len - i < 3 ? from->len - i : 3;
		uint32_t bits = (uint32_t)from->data[i] << 16;
		if (n > 1)
			bits |= (uint32_t)from->data[i + 1] << 8;
		if (n > 2)
			bits |= from->data[i + 2];
		if (line && column == line) {
			bk_buf_add_u8(&text, '\n');
			column = 0;
		}
		for (size_t k = 0; k < 4; k++) {
			char c = bk_base64_alphabet[bits >> (18 - 6 * k) & 63];
			bk_buf_add_u8(&text, (uint8_t)(k <= n ? c : '='));
		}
		column += 4;
	}
}

/* Decodes with pieces of random size; returns the characters taken. */
static size_t decode_text(struct dice *dice, struct bk_base64_reader *from)
{
	size_t got;

	decoded.len = 0;
	if (!bk_base64_open(from, bk_buf_view(&text))) {
		assert_true(from->ended);
		return 0;
	}
	do {
		size_t cap = BK_BASE64_ROOM_MIN + dice_below(dice, 9000);
		uint8_t *into = malloc(cap); /* exact: sanitizers see more */
		got = bk_base64_read(from, into, cap);
		bk_buf_add(&decoded, into, got);
		free(into);
	} while (got);
	assert_true(from->ended);
	return (size_t)(from->at - text.data);
}

static void encode_again(struct dice *dice, uint32_t line, bool eol)
{
	struct bk_base64_writer writer;
	uint8_t tail[8];

	again.len = 0;
	bk_base64_writer_init(&writer, line, eol);
	for (size_t at = 0; at < decoded.len;) {
		size_t n = 1 + dice_below(dice, 9000);
		if (n > decoded.len - at)
			n = decoded.len - at;
		uint8_t *piece = malloc(n);
		memcpy(piece, decoded.data + at, n);
		struct bk_view from = {piece, n};
		while (from.len) {
			size_t cap =
				BK_BASE64_ROOM_MIN + dice_below(dice, 9000);
			uint8_t *into = malloc(cap);
			size_t got = bk_base64_write(&writer, &from, into, cap);
			bk_buf_add(&again, into, got);
			free(into);
		}
		free(piece);
		at += n;
	}
	bk_buf_add(&again, tail, bk_base64_end(&writer, tail));
}

static size_t any_line(struct dice *dice)
{
	static const size_t lines[] = {0,  4,  8,  28,  32,  36,  60,   64,  72,
				       76, 76, 76, 128, 252, 256, 1000, 8192};

	return lines[dice_below(dice, sizeof(lines) / sizeof(*lines))];
}

static void any_data(struct dice *dice)
{
	data.len = 0;
	size_t most = dice_one_in(dice, 4) ? 40000 : 400;
	size_t n = dice_below(dice, most);
	dice_fill(dice, bk_buf_grow(&data, n), n);
}

static void any_bytes_at_any_line_length_come_back(void **state)
{
	struct dice dice = {1};
	struct bk_base64_reader from;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		any_data(&dice);
		encode_by_the_book(&data, any_line(&dice));
		size_t len = text.len;
		if (dice_one_in(&dice, 2) && len)
			bk_buf_add(&text, "\n\n", 1 + dice_below(&dice, 2));
		assert_int_equal(decode_text(&dice, &from), len);
		assert_int_equal(decoded.len, data.len);
		assert_memory_equal(decoded.data, data.data, data.len);
		encode_again(&dice, from.line, from.eol);
		assert_int_equal(again.len, len);
		assert_memory_equal(again.data, text.data, len);
	}
}

static void one_attachment_at_any_width_gives_the_same_bytes(void **state)
{
	static const size_t widths[] = {60, 64, 72, 76, 0};
	struct dice dice = {2};
	struct bk_base64_reader from;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		data.len = 0;
		for (size_t k = 0; k < 100000; k++)
			bk_buf_add_u8(&data, (uint8_t)(k * k >> 3));
		encode_by_the_book(&data, widths[i]);
		assert_int_equal(decode_text(&dice, &from), text.len);
		assert_int_equal(decoded.len, data.len);
		assert_memory_equal(decoded.data, data.data, data.len);
	}
}

static void spoil(struct dice *dice)
{
	static const char bad[] = "=\n\r \t-_A/+\0\377\200";
	size_t at = dice_below(dice, text.len);

	switch (dice_below(dice, 4)) {
	case 0: /* another character */
		text.data[at] = (uint8_t)bad[dice_below(dice, sizeof(bad))];
		break;
	case 1: /* cut short */
		text.len = at;
		break;
	case 2: /* one too many */
		bk_buf_add_u8(&text, 0);
		memmove(text.data + at + 1, text.data + at, text.len - at - 1);
		text.data[at] = (uint8_t)bad[dice_below(dice, sizeof(bad))];
		break;
	default: /* one lost */
		memmove(text.data + at, text.data + at + 1, text.len - at - 1);
		text.len--;
		break;
	}
}

/* This is what makes storing the decoded bytes safe. */
static void of_spoiled_text_what_was_taken_is_what_is_written(void **state)
{
	struct dice dice = {3};
	struct bk_base64_reader from;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		any_data(&dice);
		encode_by_the_book(&data, any_line(&dice));
		for (size_t n = dice_below(&dice, 4); n && text.len; n--)
			spoil(&dice);
		size_t taken = decode_text(&dice, &from);
		encode_again(&dice, from.line, from.eol);
		assert_int_equal(again.len, taken);
		assert_memory_equal(again.data, text.data, taken);
	}
}

static void short_strings_over_a_small_alphabet_are_all_tried(void **state)
{
	static const char letters[] = "AB=\n";
	struct dice dice = {4};
	struct bk_base64_reader from;

	(void)state;
	for (unsigned n = 0; n < 1U << 18; n++) {
		text.len = 0;
		for (unsigned i = 0; i < 9; i++)
			bk_buf_add_u8(&text, (uint8_t)letters[n >> 2 * i & 3]);
		size_t taken = decode_text(&dice, &from);
		encode_again(&dice, from.line, from.eol);
		if (again.len != taken ||
		    memcmp(again.data, text.data, taken) != 0)
			fail_msg("string %u", n);
	}
}

struct verdict {
	const char *text;
	const char *decoded;
	size_t taken;
};

static void the_end_is_where_the_encoding_stops_to_be_exact(void **state)
{
	/* clang-format off */
	static const struct verdict verdicts[] = {
		{"", "", 0},
		{"\n", "", 0},
		{"YWJj", "abc", 4},
		{"YWJjZA==", "abcd", 8},
		{"YWJjZGU=\n", "abcde", 8},
		{"YWJjZGU=YWJj", "abcde", 8},     /* padding, and more behind */
		{"YWJjZB==", "abc", 4},           /* bits left over are not 0 */
		{"YWJjZGV=", "abc", 4},
		{"YWJj\nZGVm\nZ2hp\n", "abcdefghi", 14},
		{"YWJj\nZGVmZ2hp\n", "abcdef", 9}, /* a longer line */
		{"YWJjZGVm\nYWJj\nYWJj", "abcdefabc", 13}, /* a shorter one */
		{"YWJj\n\nZGVm", "abc", 4},       /* an empty one */
		{"YWJj \nZGVm", "", 0},           /* 5 characters a line */
		{"YWJj    \nZGVm", "abc", 4},
		{"YWJj\r\nZGVm", "", 0},
		{"YWJjZ", "abc", 4},
		{"YW=j", "", 0},
		{"====", "", 0},
		{"YW-_", "", 0},                  /* the other alphabet */
		{"\nYWJj", "", 0},
	};
	/* clang-format on */
	struct dice dice = {5};
	struct bk_base64_reader from;

	(void)state;
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
		text.len = 0;
		bk_buf_add(&text, verdicts[i].text, strlen(verdicts[i].text));
		size_t taken = decode_text(&dice, &from);
		if (taken != verdicts[i].taken ||
		    decoded.len != strlen(verdicts[i].decoded) ||
		    (decoded.len && memcmp(decoded.data, verdicts[i].decoded,
					   decoded.len) != 0))
			fail_msg("verdict %zu: took %zu", i, taken);
	}
}

static void vectors_and_plain_loops_agree(void **state)
{
	struct dice dice = {6};
	uint8_t in[4096];
	uint8_t fast[4096 + 64];
	uint8_t plain[4096 + 64];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct bk_base64_shape shape = {
			.line = 4 * (1 + dice_below(&dice, 100)),
			.gap = dice_below(&dice, 2)};
		size_t rows = sizeof(in) / (shape.line + shape.gap);
		for (size_t i = 0; i < sizeof(in); i++)
			in[i] = (uint8_t)
				bk_base64_alphabet[dice_below(&dice, 64)];
		for (size_t row = 1; shape.gap && row <= rows; row++)
			in[row * (shape.line + 1) - 1] = '\n';
		if (dice_one_in(&dice, 2))
			in[dice_below(&dice, sizeof(in))] =
				(uint8_t)dice_throw(&dice);
		size_t n = bk_base64_rows_decode(&shape, in, rows, fast);
		assert_int_equal(
			bk_base64_rows_decode_plain(&shape, in, rows, plain),
			n);
		assert_memory_equal(fast, plain, n * (shape.line / 4 * 3));

		rows = 3072 / shape.line;
		bk_base64_rows_encode(&shape, in, rows, fast);
		bk_base64_rows_encode_plain(&shape, in, rows, plain);
		assert_memory_equal(fast, plain,
				    rows * (shape.line + shape.gap));
	}
}

static void each_byte_value_is_a_character_or_is_not(void **state)
{
	struct bk_base64_shape shape = {.line = 64};
	uint8_t in[64];
	uint8_t out[64 + BK_BASE64_SLACK];

	(void)state;
	for (int value = 0; value < 256; value++) {
		const char *at = memchr(bk_base64_alphabet, value, 64);
		size_t wanted = at != NULL;
		for (size_t place = 0; place < 64; place++) {
			memset(in, 'A', sizeof(in));
			in[place] = (uint8_t)value;
			assert_int_equal(
				bk_base64_rows_decode(&shape, in, 1, out),
				wanted);
		}
		if (at)
			assert_int_equal(bk_base64_value[value],
					 at - bk_base64_alphabet);
		else
			assert_true(bk_base64_value[value] > 63);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_bytes_at_any_line_length_come_back),
		cmocka_unit_test(
			one_attachment_at_any_width_gives_the_same_bytes),
		cmocka_unit_test(
			of_spoiled_text_what_was_taken_is_what_is_written),
		cmocka_unit_test(
			short_strings_over_a_small_alphabet_are_all_tried),
		cmocka_unit_test(
			the_end_is_where_the_encoding_stops_to_be_exact),
		cmocka_unit_test(vectors_and_plain_loops_agree),
		cmocka_unit_test(each_byte_value_is_a_character_or_is_not),
	};
	return cmocka_run_group_tests_name("base64", tests, NULL, clear_all);
}
