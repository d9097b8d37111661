/* Cutting by content. */

#include "lib/test.h"

#include <string.h>

#include "lib/dice.h"
#include "mail/cdc.h"

static struct bk_buf text, other;

static int clear_all(void **state)
{
	(void)state;
	bk_buf_clear(&text);
	bk_buf_clear(&other);
	return 0;
}

static void any_text(uint64_t seed, size_t n)
{
	struct dice dice = {seed};

	text.len = 0;
	while (text.len < n)
		bk_buf_add_u64(&text, dice_throw(&dice));
	text.len = n;
}

/* Known answers: if these change, every long text of every repository is
 * stored once more. */
static void cuts_stay_where_they_were(void **state)
{
	static const size_t cuts[2][4] = {
		{14070, 13138, 11225, 16760},
                {61999, 48797, 39259, 41948}
        };
	struct bk_view left;

	(void)state;
	any_text(0, 1000000);
	for (unsigned shift = 0; shift < 3; shift += 2) {
		left = bk_buf_view(&text);
		for (size_t i = 0; i < 4; i++) {
			size_t n = bk_cdc_cut(left, shift);
			assert_int_equal(n, cuts[shift / 2][i]);
			left.data += n;
			left.len -= n;
		}
	}
}

static void pieces_keep_their_limits_and_their_average(void **state)
{
	(void)state;
	any_text(1, 20000000);
	for (unsigned shift = 0; shift <= BK_CDC_SHIFT_MAX; shift++) {
		struct bk_view left = bk_buf_view(&text);
		size_t n = 0;
		for (; left.len; n++) {
			size_t len = bk_cdc_cut(left, shift);
			assert_true(len && len <= BK_CDC_MAX << shift);
			assert_true(len >= BK_CDC_MIN << shift ||
				    len == left.len);
			left.data += len;
			left.len -= len;
		}
		size_t average = text.len / (n ? n : 1);
		assert_true(average > (BK_CDC_AVG << shift) * 8 / 10);
		assert_true(average < (BK_CDC_AVG << shift) * 15 / 10);
	}
}

static void a_cut_depends_on_nothing_behind_the_longest_piece(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 50; seed++) {
		any_text(seed, 300000);
		struct bk_view all = bk_buf_view(&text);
		struct bk_view some = {text.data, BK_CDC_MAX};
		assert_int_equal(bk_cdc_cut(all, 0), bk_cdc_cut(some, 0));
	}
}

static void cuts_find_each_other_again_behind_a_change(void **state)
{
	struct bk_view a, b;

	(void)state;
	any_text(2, 400000);
	other.len = 0;
	bk_buf_add(&other, "something in front", 18);
	bk_buf_add(&other, text.data, text.len);
	a = bk_buf_view(&text);
	b = bk_buf_view(&other);
	for (int pieces = 0; a.len != b.len; pieces++) {
		struct bk_view *longer = a.len > b.len ? &a : &b;
		size_t n = bk_cdc_cut(*longer, 0);
		longer->data += n;
		longer->len -= n;
		assert_true(pieces < 20);
	}
	assert_true(a.len > 300000);
}

static void a_text_without_variety_is_cut_at_the_limit(void **state)
{
	(void)state;
	text.len = 0;
	memset(bk_buf_grow(&text, 200000), 0, 200000);
	size_t n = bk_cdc_cut(bk_buf_view(&text), 0);
	assert_true(n == BK_CDC_MAX || n <= BK_CDC_MIN + 64);
}

static void short_texts_are_one_piece(void **state)
{
	(void)state;
	any_text(3, BK_CDC_MIN);
	for (size_t n = 1; n <= BK_CDC_MIN; n++) {
		struct bk_view some = {text.data, n};
		assert_int_equal(bk_cdc_cut(some, 0), n);
	}
}

static void longer_messages_are_cut_more_coarsely(void **state)
{
	(void)state;
	assert_int_equal(bk_cdc_shift(0), 0);
	assert_int_equal(bk_cdc_shift((uint64_t)32 << 20), 0);
	assert_int_equal(bk_cdc_shift((uint64_t)33 << 20), 1);
	assert_int_equal(bk_cdc_shift((uint64_t)512 << 20), 4);
	assert_int_equal(bk_cdc_shift(UINT64_MAX), BK_CDC_SHIFT_MAX);
	assert_true(BK_CDC_MAX << BK_CDC_SHIFT_MAX <= (size_t)1 << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_stay_where_they_were),
		cmocka_unit_test(pieces_keep_their_limits_and_their_average),
		cmocka_unit_test(
			a_cut_depends_on_nothing_behind_the_longest_piece),
		cmocka_unit_test(cuts_find_each_other_again_behind_a_change),
		cmocka_unit_test(a_text_without_variety_is_cut_at_the_limit),
		cmocka_unit_test(short_texts_are_one_piece),
		cmocka_unit_test(longer_messages_are_cut_more_coarsely),
	};
	return cmocka_run_group_tests_name("cdc", tests, NULL, clear_all);
}
