/* Rows of a folder: written and read back, and changed over a base, with
 * random folders. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/dice.h"
#include "repo/rows.h"

#define MANY 300

static void random_message(struct dice *dice, struct bk_arena *arena,
			   uint32_t uid, struct bk_message *msg)
{
	char name[64];
	uint16_t *keywords = bk_arena_alloc(arena, 3 * sizeof(*keywords));
	size_t n = dice_below(dice, 4);

	(void)snprintf(name, sizeof(name), "%u.M%zuP1.host,S=%zu",
		       1700000000 + uid / 3, dice_below(dice, 1000000),
		       dice_below(dice, 5000));
	for (size_t i = 0; i < n; i++)
		keywords[i] = (uint16_t)(i * 5 + dice_below(dice, 5));
	*msg = (struct bk_message){
		.name = bk_arena_strdup(arena, name),
		.uid = uid,
		.flags = (uint8_t)dice_below(dice, 64),
		.n_keywords = (uint16_t)n,
		.keywords = keywords,
		.date = (int64_t)dice_throw(dice) >> dice_below(dice, 60),
		.size = dice_throw(dice) >> dice_below(dice, 60),
		.modseq = dice_throw(dice) >> dice_below(dice, 60),
	};
}

static void random_recipe(struct dice *dice, struct bk_recipe *recipe)
{
	bk_recipe_reset(recipe);
	size_t n = dice_below(dice, 5);
	for (size_t i = 0; i < n; i++) {
		recipe->refs =
			bk_array_room(recipe->refs, recipe->n_refs,
				      &recipe->cap_refs, sizeof(uint64_t));
		recipe->refs[recipe->n_refs++] = (uint64_t)dice_below(dice, 3)
							 << 32 |
						 dice_below(dice, 1000);
	}
	recipe->n_trace = (uint32_t)dice_below(dice, n + 1);
	recipe->n_skeleton = (uint32_t)n - recipe->n_trace;
}

static void add_row(struct dice *dice, struct bk_row_list *list, uint32_t uid,
		    struct bk_recipe *recipe)
{
	struct bk_row *row = bk_row_list_add(list);
	struct bk_ref_trail trail;
	struct bk_buf body = {0};

	random_message(dice, &list->arena, uid, &row->msg);
	dice_fill(dice, row->digest, sizeof(row->digest));
	random_recipe(dice, recipe);
	bk_ref_trail_init(&trail);
	bk_recipe_encode(recipe, &trail, &body);
	row->body.data = bk_arena_memdup(&list->arena, body.data, body.len);
	row->body.len = body.len;
	bk_buf_clear(&body);
}

static void read_recipe(const struct bk_row *row, struct bk_recipe *recipe)
{
	struct bk_cursor from = bk_cursor_over(row->body.data, row->body.len);
	struct bk_ref_trail trail;
	struct bk_err err = {0};

	bk_ref_trail_init(&trail);
	assert_int_equal(bk_recipe_decode(&from, &trail, recipe, &err), 0);
}

static void assert_same_row(const struct bk_row *a, const struct bk_row *b)
{
	assert_string_equal(a->msg.name, b->msg.name);
	assert_int_equal(a->msg.uid, b->msg.uid);
	assert_int_equal(a->msg.flags, b->msg.flags);
	assert_int_equal(a->msg.n_keywords, b->msg.n_keywords);
	for (size_t i = 0; i < a->msg.n_keywords; i++)
		assert_int_equal(a->msg.keywords[i], b->msg.keywords[i]);
	assert_true(a->msg.date == b->msg.date);
	assert_true(a->msg.size == b->msg.size);
	assert_true(a->msg.modseq == b->msg.modseq);
	assert_memory_equal(a->digest, b->digest, sizeof(a->digest));
	assert_int_equal(a->body.len, b->body.len);
	assert_memory_equal(a->body.data, b->body.data, a->body.len);
}

static void assert_same_rows(const struct bk_row_list *a,
			     const struct bk_row_list *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++)
		assert_same_row(&a->items[i], &b->items[i]);
}

/* The list as records 3, cut at random. */
static void write_rows(struct dice *dice, const struct bk_row_list *list,
		       struct bk_row_list *back)
{
	struct bk_rows_record record = {0};
	struct bk_recipe recipe = {0};
	struct bk_buf bytes = {0};
	struct bk_err err = {0};

	for (size_t i = 0; i < list->n; i++) {
		read_recipe(&list->items[i], &recipe);
		bk_rows_record_add(&record, &list->items[i].msg,
				   list->items[i].digest, &recipe);
		if (i + 1 < list->n && !dice_one_in(dice, 40))
			continue;
		bytes.len = 0;
		bk_rows_record_finish(&record, 9, &bytes);
		struct bk_cursor from = bk_cursor_over(bytes.data, bytes.len);
		assert_int_equal(bk_cursor_varint(&from), 9);
		assert_int_equal(bk_rows_decode(&from, true, back, &err), 0);
		assert_int_equal(bk_cursor_left(&from), 0);
	}
	bk_rows_record_clear(&record);
	bk_recipe_clear(&recipe);
	bk_buf_clear(&bytes);
}

static void rows_come_back(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 50; seed++) {
		struct dice dice = {seed};
		struct bk_row_list list = {0}, back = {0};
		struct bk_recipe recipe = {0};
		size_t n = dice_below(&dice, MANY);

		for (uint32_t i = 0; i < n; i++)
			add_row(&dice, &list, i * 3 + 1, &recipe);
		write_rows(&dice, &list, &back);
		assert_same_rows(&list, &back);
		bk_row_list_clear(&list);
		bk_row_list_clear(&back);
		bk_recipe_clear(&recipe);
	}
}

/* One world of a base and changes: what should come of it, and the records. */
struct change {
	struct dice dice;
	struct bk_row_list base, want, got;
	struct bk_delta_record record;
	struct bk_recipe recipe;
	struct bk_buf bytes;
	size_t at;
};

static void read_record(struct change *change)
{
	struct bk_err err = {0};

	change->bytes.len = 0;
	bk_delta_record_finish(&change->record, 9, &change->bytes);
	struct bk_cursor from =
		bk_cursor_over(change->bytes.data, change->bytes.len);
	assert_int_equal(bk_cursor_varint(&from), 9);
	assert_int_equal(bk_delta_decode(&from, true, &change->base,
					 &change->at, &change->got, &err),
			 0);
	assert_int_equal(bk_cursor_left(&from), 0);
}

static void change_row(struct change *change, const struct bk_row *was)
{
	struct bk_row *row;

	switch (dice_below(&change->dice, 5)) {
	case 0:
		bk_delta_record_drop(&change->record);
		return;
	case 1:
		row = bk_row_list_add(&change->want);
		*row = *was;
		row->msg.flags ^= BK_FLAG_SEEN;
		row->msg.modseq = dice_throw(&change->dice);
		bk_delta_record_flags(&change->record, &row->msg);
		return;
	default:
		*bk_row_list_add(&change->want) = *was;
		bk_delta_record_keep(&change->record);
	}
}

static void add_new(struct change *change, uint32_t uid)
{
	add_row(&change->dice, &change->want, uid, &change->recipe);
	const struct bk_row *row = &change->want.items[change->want.n - 1];
	bk_delta_record_add(&change->record, &row->msg, row->digest,
			    &change->recipe);
}

static void changes_over_a_base_give_the_folder_as_it_is(void **state)
{
	(void)state;
	for (uint64_t seed = 100; seed < 200; seed++) {
		struct change change = {.dice = {seed}};
		size_t n = dice_below(&change.dice, MANY);

		for (uint32_t i = 0; i < n; i++)
			add_row(&change.dice, &change.base, i * 3 + 1,
				&change.recipe);
		for (uint32_t i = 0; i < n; i++) {
			if (dice_one_in(&change.dice, 6))
				add_new(&change, i * 3);
			change_row(&change, &change.base.items[i]);
			if (dice_one_in(&change.dice, 50))
				read_record(&change);
		}
		add_new(&change, (uint32_t)n * 3 + 5);
		read_record(&change);
		assert_int_equal(change.at, change.base.n);
		assert_same_rows(&change.want, &change.got);
		bk_row_list_clear(&change.base);
		bk_row_list_clear(&change.want);
		bk_row_list_clear(&change.got);
		bk_delta_record_clear(&change.record);
		bk_recipe_clear(&change.recipe);
		bk_buf_clear(&change.bytes);
	}
}

static int decode_delta(const void *bytes, size_t len,
			const struct bk_row_list *base)
{
	struct bk_cursor from = bk_cursor_over(bytes, len);
	struct bk_row_list out = {0};
	struct bk_err err = {0};
	size_t at = 0;

	int rc = bk_delta_decode(&from, false, base, &at, &out, &err);
	assert_true(rc == 0 || err.kind == BK_CORRUPT);
	bk_row_list_clear(&out);
	return rc;
}

static void what_a_base_does_not_have_is_refused(void **state)
{
	static const uint8_t keep_two[] = {1, 2, 0}, drop_two[] = {2, 2, 0};
	static const uint8_t keep_one[] = {1, 1, 0}, unknown[] = {5, 0};
	static const uint8_t keep_twice[] = {1, 1, 1, 1, 0}, cut[] = {1, 1};
	struct bk_row_list base = {0};
	struct bk_recipe recipe = {0};
	struct dice dice = {7};

	(void)state;
	add_row(&dice, &base, 1, &recipe);
	assert_int_equal(decode_delta(keep_one, sizeof(keep_one), &base), 0);
	assert_int_equal(decode_delta(keep_two, sizeof(keep_two), &base), -1);
	assert_int_equal(decode_delta(drop_two, sizeof(drop_two), &base), -1);
	assert_int_equal(decode_delta(keep_twice, sizeof(keep_twice), &base),
			 -1);
	assert_int_equal(decode_delta(unknown, sizeof(unknown), &base), -1);
	assert_int_equal(decode_delta(cut, sizeof(cut), &base), -1);
	bk_row_list_clear(&base);
	bk_recipe_clear(&recipe);
}

static void rows_out_of_order_are_refused(void **state)
{
	struct bk_rows_record record = {0};
	struct bk_recipe recipe = {0};
	struct bk_row_list list = {0};
	struct bk_buf bytes = {0};
	struct bk_err err = {0};
	struct bk_message msg = {.name = "b", .uid = 1};
	const uint8_t digest[BK_DIGEST_LEN] = {0};

	(void)state;
	bk_rows_record_add(&record, &msg, digest, &recipe);
	msg.name = "a";
	bk_rows_record_add(&record, &msg, digest, &recipe);
	bk_rows_record_finish(&record, 1, &bytes);
	struct bk_cursor from = bk_cursor_over(bytes.data, bytes.len);
	(void)bk_cursor_varint(&from);
	assert_int_equal(bk_rows_decode(&from, true, &list, &err), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
	bk_row_list_clear(&list);
	bk_rows_record_clear(&record);
	bk_buf_clear(&bytes);
}

/* Is a row refused that is written as it is? */
static bool is_refused(const struct bk_message *msg)
{
	const uint8_t digest[BK_DIGEST_LEN] = {0};
	struct bk_rows_record record = {0};
	struct bk_row_list list = {0};
	struct bk_recipe recipe = {0};
	struct bk_buf bytes = {0};
	struct bk_err err = {0};

	bk_rows_record_add(&record, msg, digest, &recipe);
	bk_rows_record_finish(&record, 1, &bytes);
	struct bk_cursor from = bk_cursor_over(bytes.data, bytes.len);
	(void)bk_cursor_varint(&from);
	int rc = bk_rows_decode(&from, true, &list, &err);
	if (rc < 0)
		assert_int_equal(err.kind, BK_CORRUPT);
	bk_row_list_clear(&list);
	bk_rows_record_clear(&record);
	bk_buf_clear(&bytes);
	return rc < 0;
}

static void fields_of_a_row_that_cannot_be(void **state)
{
	const uint16_t keywords[] = {1, 4, 4, 2};
	char name[4098];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[4096] = 0;
	assert_false(is_refused(&(struct bk_message){.name = name}));
	name[4096] = 'n';
	name[4097] = 0;
	assert_true(is_refused(&(struct bk_message){.name = name}));
	assert_false(is_refused(&(struct bk_message){.name = "", .flags = 63}));
	assert_true(is_refused(&(struct bk_message){.name = "", .flags = 64}));
	assert_true(is_refused(&(struct bk_message){.name = "", .flags = 128}));
	assert_false(is_refused(&(struct bk_message){
		.name = "", .keywords = keywords, .n_keywords = 2}));
	assert_true(is_refused(&(struct bk_message){
		.name = "", .keywords = keywords, .n_keywords = 3}));
	assert_true(is_refused(&(struct bk_message){
		.name = "", .keywords = keywords + 2, .n_keywords = 2}));
}

/* Every prefix of a record is refused, and none reads beyond its end. */
static void a_record_that_is_cut_is_refused(void **state)
{
	struct bk_row_list list = {0};
	struct bk_rows_record record = {0};
	struct bk_recipe recipe = {0};
	struct bk_buf bytes = {0};
	struct dice dice = {11};

	(void)state;
	for (uint32_t i = 1; i < 20; i++)
		add_row(&dice, &list, i, &recipe);
	for (size_t i = 0; i < list.n; i++) {
		read_recipe(&list.items[i], &recipe);
		bk_rows_record_add(&record, &list.items[i].msg,
				   list.items[i].digest, &recipe);
	}
	bk_rows_record_finish(&record, 1, &bytes);
	for (size_t len = 0; len < bytes.len; len++) {
		uint8_t *copy = malloc(len + 1);
		struct bk_row_list out = {0};
		struct bk_err err = {0};
		memcpy(copy, bytes.data, len);
		struct bk_cursor from = bk_cursor_over(copy, len);
		(void)bk_cursor_varint(&from);
		assert_int_equal(bk_rows_decode(&from, true, &out, &err), -1);
		assert_int_equal(err.kind, BK_CORRUPT);
		bk_row_list_clear(&out);
		free(copy);
	}
	bk_row_list_clear(&list);
	bk_rows_record_clear(&record);
	bk_recipe_clear(&recipe);
	bk_buf_clear(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_back),
		cmocka_unit_test(changes_over_a_base_give_the_folder_as_it_is),
		cmocka_unit_test(what_a_base_does_not_have_is_refused),
		cmocka_unit_test(rows_out_of_order_are_refused),
		cmocka_unit_test(fields_of_a_row_that_cannot_be),
		cmocka_unit_test(a_record_that_is_cut_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
