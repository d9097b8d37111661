/* Packs of earlier sets have numbers in the order in which they are met, and
 * keep them. */

#include "lib/test.h"

#include <string.h>

#include "repo/foreign.h"

#define PACKS 500

/* In no order: 77 and PACKS have no common divisor. */
static struct bk_table_row pack(size_t i)
{
	size_t n = i * 77 % PACKS;
	struct bk_table_row row = {.owner_ordinal = (uint32_t)(n / 7)};

	row.owner[15] = (uint8_t)(n % 7);
	return row;
}

static void each_pack_keeps_the_number_it_got_first(void **state)
{
	struct bk_foreign_list list = {0};

	(void)state;
	for (size_t i = 0; i < PACKS; i++) {
		struct bk_table_row row = pack(i);
		assert_int_equal(bk_foreign_number(&list, &row), i);
	}
	for (size_t i = PACKS; i-- > 0;) {
		struct bk_table_row row = pack(i);
		assert_int_equal(bk_foreign_number(&list, &row), i);
		assert_memory_equal(list.items[i].row.owner, row.owner,
				    sizeof(row.owner));
		assert_int_equal(list.items[i].ordinal, BK_NO_ORDINAL);
	}
	assert_int_equal(list.n, PACKS);
	bk_foreign_list_clear(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_pack_keeps_the_number_it_got_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
