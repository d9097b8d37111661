/* Memory for secrets, and random bytes. */

#include "lib/test.h"

#include <string.h>

#include "crypto/random.h"
#include "crypto/secret.h"

static void an_empty_secret_is_valid_everywhere(void **state)
{
	struct bk_secret a = {0}, b = {0};

	(void)state;
	assert_true(bk_secret_equal(&a, &b));
	bk_secret_set(&a, NULL, 0);
	bk_secret_alloc(&a, 0);
	bk_secret_cut(&a, 0);
	assert_null(a.data);
	bk_secret_clear(&a);
	bk_secret_clear(&a);
}

static void a_secret_keeps_what_it_was_given(void **state)
{
	struct bk_secret a = {0}, b = {0};

	(void)state;
	bk_secret_set(&a, "open sesame", 11);
	assert_int_equal(a.len, 11);
	assert_memory_equal(a.data, "open sesame", 11);
	bk_secret_set(&b, "open sesamf", 11);
	assert_false(bk_secret_equal(&a, &b));
	bk_secret_set(&b, "open sesame!", 12);
	assert_false(bk_secret_equal(&a, &b));
	bk_secret_cut(&b, 11);
	assert_true(bk_secret_equal(&a, &b));
	bk_secret_clear(&a);
	bk_secret_clear(&b);
	assert_null(a.data);
}

static void a_secret_may_become_a_part_of_itself(void **state)
{
	struct bk_secret a = {0};

	(void)state;
	bk_secret_set(&a, "open sesame", 11);
	bk_secret_set(&a, a.data + 5, 6);
	assert_int_equal(a.len, 6);
	assert_memory_equal(a.data, "sesame", 6);
	bk_secret_clear(&a);
}

static void fresh_secret_memory_is_zero(void **state)
{
	static const uint8_t zeros[64];
	struct bk_secret a = {0};

	(void)state;
	bk_secret_alloc(&a, sizeof(zeros));
	assert_memory_equal(a.data, zeros, sizeof(zeros));
	bk_secret_clear(&a);
}

static void wiping_leaves_zeros(void **state)
{
	uint8_t data[40], zeros[40] = {0};

	(void)state;
	memset(data, 7, sizeof(data));
	bk_wipe(data, sizeof(data));
	assert_memory_equal(data, zeros, sizeof(data));
	bk_wipe(NULL, 0);
}

static void random_bytes_differ_each_time(void **state)
{
	uint8_t a[32], b[32];

	(void)state;
	bk_random_bytes(a, sizeof(a));
	bk_random_bytes(b, sizeof(b));
	assert_false(bk_bytes_equal(a, b, sizeof(a)));
	bk_random_bytes(a, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_secret_is_valid_everywhere),
		cmocka_unit_test(a_secret_keeps_what_it_was_given),
		cmocka_unit_test(a_secret_may_become_a_part_of_itself),
		cmocka_unit_test(fresh_secret_memory_is_zero),
		cmocka_unit_test(wiping_leaves_zeros),
		cmocka_unit_test(random_bytes_differ_each_time),
	};

	return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
