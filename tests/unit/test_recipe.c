/* The body record of a message, against its byte table and random recipes. */

#include "lib/test.h"

#include <string.h>

#include "lib/dice.h"
#include "mail/recipe.h"

#define PLACE(ordinal, chunk) ((uint64_t)(ordinal) << 32 | (chunk))

static void add_ref(struct bk_recipe *recipe, uint64_t ref)
{
	recipe->refs = bk_array_room(recipe->refs, recipe->n_refs,
				     &recipe->cap_refs, sizeof(uint64_t));
	recipe->refs[recipe->n_refs++] = ref;
}

static struct bk_part *add_part(struct bk_recipe *recipe)
{
	recipe->parts =
		bk_array_room(recipe->parts, recipe->n_parts,
			      &recipe->cap_parts, sizeof(struct bk_part));
	recipe->parts[recipe->n_parts] = (struct bk_part){0};
	return &recipe->parts[recipe->n_parts++];
}

static void add_line(struct bk_recipe *recipe, uint32_t line)
{
	recipe->lines = bk_array_room(recipe->lines, recipe->n_lines,
				      &recipe->cap_lines, sizeof(uint32_t));
	recipe->lines[recipe->n_lines++] = line;
}

static void assert_same(const struct bk_recipe *a, const struct bk_recipe *b)
{
	assert_int_equal(a->style, b->style);
	assert_int_equal(a->n_lines, b->n_lines);
	for (size_t i = 0; i < a->n_lines; i++)
		assert_int_equal(a->lines[i], b->lines[i]);
	assert_int_equal(a->n_trace, b->n_trace);
	assert_int_equal(a->n_skeleton, b->n_skeleton);
	assert_int_equal(a->n_refs, b->n_refs);
	for (size_t i = 0; i < a->n_refs; i++)
		assert_true(a->refs[i] == b->refs[i]);
	assert_int_equal(a->n_parts, b->n_parts);
	for (size_t i = 0; i < a->n_parts; i++) {
		assert_true(a->parts[i].skip == b->parts[i].skip);
		assert_int_equal(a->parts[i].n_refs, b->parts[i].n_refs);
		assert_int_equal(a->parts[i].line, b->parts[i].line);
		assert_int_equal(a->parts[i].encoded, b->parts[i].encoded);
		assert_int_equal(a->parts[i].eol, b->parts[i].eol);
	}
}

static int decode(const void *bytes, size_t len, struct bk_recipe *out)
{
	struct bk_cursor from = bk_cursor_over(bytes, len);
	struct bk_ref_trail trail;
	struct bk_err err = {0};

	bk_ref_trail_init(&trail);
	int rc = bk_recipe_decode(&from, &trail, out, &err);
	assert_int_equal(err.kind, rc < 0 ? BK_CORRUPT : BK_OK);
	return rc < 0 || bk_cursor_left(&from) ? -1 : 0;
}

static void a_record_has_the_bytes_of_the_format(void **state)
{
	static const uint8_t wanted[] = {
		1,   2, 3,  197, 1, /* CRLF; lines 3 and 200 */
		1,   0, 0,          /* trace: (0, 0), the next in its role */
		1,   2, 9,          /* skeleton: (1, 9) */
		2,                  /* two parts */
		172, 2, 2,  0,   8, /* skip 300, one ref, plain: (0, 4) */
		0,   5, 76, 1,   4,
		7,   0, 0, /* two refs, base64: (2, 7), (2, 8) */
	};
	struct bk_recipe recipe = {
		.style = BK_STYLE_CRLF, .n_trace = 1, .n_skeleton = 1};
	struct bk_recipe again = {0};
	struct bk_ref_trail trail;
	struct bk_buf bytes = {0};

	(void)state;
	add_line(&recipe, 3);
	add_line(&recipe, 200);
	add_ref(&recipe, PLACE(0, 0));
	add_ref(&recipe, PLACE(1, 9));
	add_ref(&recipe, PLACE(0, 4));
	add_ref(&recipe, PLACE(2, 7));
	add_ref(&recipe, PLACE(2, 8));
	*add_part(&recipe) = (struct bk_part){.skip = 300, .n_refs = 1};
	*add_part(&recipe) = (struct bk_part){
		.n_refs = 2, .encoded = true, .line = 76, .eol = true};
	bk_ref_trail_init(&trail);
	bk_recipe_encode(&recipe, &trail, &bytes);
	assert_int_equal(bytes.len, sizeof(wanted));
	assert_memory_equal(bytes.data, wanted, sizeof(wanted));
	assert_int_equal(decode(wanted, sizeof(wanted), &again), 0);
	assert_same(&recipe, &again);
	bk_recipe_clear(&recipe);
	bk_recipe_clear(&again);
	bk_buf_clear(&bytes);
}

static uint64_t any_place(struct dice *dice, uint64_t near)
{
	switch (dice_below(dice, 4)) {
	case 0:
		return dice_throw(dice);
	case 1:
		return PLACE(0, UINT32_MAX);
	case 2:
		return PLACE(UINT32_MAX, 0);
	default:
		return near + 1;
	}
}

static void any_recipe(struct dice *dice, struct bk_recipe *out)
{
	uint32_t line = 0;
	uint64_t near = 0;

	bk_recipe_reset(out);
	out->style = (enum bk_style)dice_below(dice, 3);
	size_t n = out->style == BK_STYLE_VERBATIM ? 0 : dice_below(dice, 9);
	for (size_t i = 0; i < n; i++) {
		line += (uint32_t)dice_below(dice, 300) + (i ? 1 : 0);
		add_line(out, line);
	}
	out->n_trace = (uint32_t)dice_below(dice, 3);
	out->n_skeleton = (uint32_t)dice_below(dice, 3);
	for (size_t i = out->n_trace + out->n_skeleton; i; i--)
		add_ref(out, near = any_place(dice, near));
	for (size_t k = dice_below(dice, 6); k; k--) {
		struct bk_part *part = add_part(out);
		part->skip = dice_throw(dice) >> dice_below(dice, 64);
		part->n_refs = (uint32_t)dice_below(dice, 5);
		part->encoded = dice_one_in(dice, 2);
		if (part->encoded) {
			part->line = (uint32_t)dice_throw(dice) & ~3U;
			part->eol = dice_one_in(dice, 2);
		}
		for (uint32_t i = 0; i < part->n_refs; i++)
			add_ref(out, near = any_place(dice, near));
	}
}

static void any_run_of_recipes_comes_back_over_one_trail(void **state)
{
	struct dice dice = {1};
	struct bk_recipe run[8] = {{0}};
	struct bk_recipe got = {0};
	struct bk_buf bytes = {0};

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct bk_ref_trail trail;
		struct bk_err err = {0};
		bk_ref_trail_init(&trail);
		bytes.len = 0;
		for (int i = 0; i < 8; i++) {
			any_recipe(&dice, &run[i]);
			bk_recipe_encode(&run[i], &trail, &bytes);
		}
		struct bk_cursor from = bk_cursor_over(bytes.data, bytes.len);
		bk_ref_trail_init(&trail);
		for (int i = 0; i < 8; i++) {
			assert_int_equal(
				bk_recipe_decode(&from, &trail, &got, &err), 0);
			assert_same(&run[i], &got);
		}
		assert_int_equal(bk_cursor_left(&from), 0);
	}
	for (int i = 0; i < 8; i++)
		bk_recipe_clear(&run[i]);
	bk_recipe_clear(&got);
	bk_buf_clear(&bytes);
}

static void a_record_cut_anywhere_is_refused(void **state)
{
	struct dice dice = {2};
	struct bk_recipe recipe = {0};
	struct bk_buf bytes = {0};

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct bk_ref_trail trail;
		bk_ref_trail_init(&trail);
		any_recipe(&dice, &recipe);
		bytes.len = 0;
		bk_recipe_encode(&recipe, &trail, &bytes);
		for (size_t len = 0; len < bytes.len; len++)
			assert_int_equal(decode(bytes.data, len, &recipe), -1);
	}
	bk_recipe_clear(&recipe);
	bk_buf_clear(&bytes);
}

static void what_decodes_at_all_encodes_to_the_same_bytes(void **state)
{
	struct dice dice = {3};
	struct bk_recipe recipe = {0};
	struct bk_buf bytes = {0};
	struct bk_buf again = {0};
	int decoded = 0;

	(void)state;
	for (int round = 0; round < 40000; round++) {
		struct bk_ref_trail trail;
		bk_ref_trail_init(&trail);
		any_recipe(&dice, &recipe);
		bytes.len = 0;
		bk_recipe_encode(&recipe, &trail, &bytes);
		for (size_t n = dice_below(&dice, 3); n < 3; n++)
			bytes.data[dice_below(&dice, bytes.len)] =
				(uint8_t)dice_throw(&dice);
		if (decode(bytes.data, bytes.len, &recipe) < 0)
			continue;
		decoded++;
		again.len = 0;
		bk_ref_trail_init(&trail);
		bk_recipe_encode(&recipe, &trail, &again);
		assert_int_equal(again.len, bytes.len);
		assert_memory_equal(again.data, bytes.data, bytes.len);
	}
	assert_true(decoded > 1000);
	bk_recipe_clear(&recipe);
	bk_buf_clear(&bytes);
	bk_buf_clear(&again);
}

struct bad {
	const char *what;
	uint8_t bytes[24];
	size_t len;
};

static void malformed_records_are_refused(void **state)
{
	/* clang-format off */
	static const struct bad bad[] = {
		{"nothing", {0}, 0},
		{"an unknown style", {3, 0, 0, 0, 0}, 5},
		{"exceptions of a verbatim message", {2, 1, 0, 0, 0, 0}, 6},
		{"more exceptions than bytes", {0, 200, 1, 0, 0, 0}, 6},
		{"a line twice", {0, 2, 5, 0, 0, 0, 0}, 7},
		{"a line number of 33 bits", {0, 1, 255, 255, 255, 255, 31, 0, 0, 0}, 10},
		{"two lines that add up to 33 bits", {0, 2, 255, 255, 255, 255, 15, 1, 0, 0, 0}, 11},
		{"more traces than bytes", {0, 0, 100, 0, 0, 0, 0}, 7},
		{"more skeletons than bytes", {0, 0, 0, 3, 0, 0, 0, 0}, 8},
		{"more parts than bytes", {0, 0, 0, 0, 3, 0, 0, 0, 0}, 9},
		{"a count of 2^63", {0, 0, 0, 0, 1, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0}, 18},
		{"a chunk before the first", {0, 0, 1, 0, 1, 0, 0}, 7},
		{"an ordinal below 0", {0, 0, 1, 1, 0, 0, 0}, 7},
		{"a chunk number of 33 bits", {0, 0, 1, 2, 255, 255, 255, 255, 31, 0, 0}, 11},
		{"a line length that is not a multiple of 4", {0, 0, 0, 0, 1, 0, 3, 75, 1, 0, 0}, 11},
		{"an unknown line end", {0, 0, 0, 0, 1, 0, 3, 76, 2, 0, 0}, 11},
		{"a count that has a shorter form", {0, 128, 0, 0, 0, 0}, 6},
	};
	/* clang-format on */
	struct bk_recipe recipe = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (decode(bad[i].bytes, bad[i].len, &recipe) == 0)
			fail_msg("%s was taken", bad[i].what);
	}
	bk_recipe_clear(&recipe);
}

static void more_exceptions_than_the_ceiling_are_refused(void **state)
{
	struct bk_recipe recipe = {0};
	struct bk_recipe got = {0};
	struct bk_buf bytes = {0};

	(void)state;
	for (uint32_t more = 0; more < 2; more++) {
		struct bk_ref_trail trail;
		bk_recipe_reset(&recipe);
		for (uint32_t i = 0; i < BK_LINE_EXCEPTIONS_MAX + more; i++)
			add_line(&recipe, i);
		bytes.len = 0;
		bk_ref_trail_init(&trail);
		bk_recipe_encode(&recipe, &trail, &bytes);
		assert_int_equal(decode(bytes.data, bytes.len, &got),
				 more ? -1 : 0);
	}
	bk_recipe_clear(&recipe);
	bk_recipe_clear(&got);
	bk_buf_clear(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_has_the_bytes_of_the_format),
		cmocka_unit_test(any_run_of_recipes_comes_back_over_one_trail),
		cmocka_unit_test(a_record_cut_anywhere_is_refused),
		cmocka_unit_test(what_decodes_at_all_encodes_to_the_same_bytes),
		cmocka_unit_test(malformed_records_are_refused),
		cmocka_unit_test(more_exceptions_than_the_ceiling_are_refused),
	};
	return cmocka_run_group_tests_name("recipe", tests, NULL, NULL);
}
