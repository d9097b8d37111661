/* scrypt: its RFC's vector, and what is refused before it is computed. */

#include "lib/test.h"

#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

#include "crypto/scrypt.h"

static const uint8_t salt[BK_SCRYPT_SALT_LEN] = "SodiumChloride and some more";

static void openssl_gives_the_same_key(void **state)
{
	const struct bk_scrypt cost = {14, 8, 2};
	struct bk_secret password = {0};
	uint8_t got[BK_KEY_LEN], want[BK_KEY_LEN];
	struct bk_err err = {0};

	(void)state;
	bk_secret_set(&password, "pleaseletmein", 13);
	assert_int_equal(bk_scrypt(&cost, &password, salt, got, &err), 0);
	assert_int_equal(EVP_PBE_scrypt("pleaseletmein", 13, salt, sizeof(salt),
					1 << 14, 8, 2, 1 << 26, want,
					sizeof(want)),
			 1);
	assert_memory_equal(got, want, sizeof(want));
	bk_secret_clear(&password);
}

static void parameters_outside_the_format_are_refused_at_once(void **state)
{
	static const struct bk_scrypt wrong[] = {
		{13,  8,  1 },
                {23,  8,  1 },
                {255, 8,  1 },
                {0,   8,  1 },
		{18,  33, 1 },
                {18,  0,  1 },
                {18,  8,  17},
                {18,  8,  0 },
	};
	struct bk_secret password = {0};
	uint8_t out[BK_KEY_LEN];
	struct bk_err err = {0};

	(void)state;
	bk_secret_set(&password, "x", 1);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(
			bk_scrypt(&wrong[i], &password, salt, out, &err), -1);
		assert_int_equal(err.kind, BK_CORRUPT);
	}
	bk_secret_clear(&password);
}

static void more_than_half_of_the_memory_is_refused_at_once(void **state)
{
	const struct bk_scrypt most = {22, 32, 16}; /* 16 GiB */
	struct bk_secret password = {0};
	uint8_t out[BK_KEY_LEN];
	struct bk_err err = {0};

	(void)state;
	if (sysconf(_SC_PHYS_PAGES) > (32L << 30) / sysconf(_SC_PAGESIZE))
		return; /* a machine that could */
	bk_secret_set(&password, "x", 1);
	assert_int_equal(bk_scrypt(&most, &password, salt, out, &err), -1);
	assert_int_equal(err.kind, BK_REFUSED);
	assert_non_null(strstr(err.text, "16384 MiB"));
	bk_secret_clear(&password);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openssl_gives_the_same_key),
		cmocka_unit_test(
			parameters_outside_the_format_are_refused_at_once),
		cmocka_unit_test(
			more_than_half_of_the_memory_is_refused_at_once),
	};

	return cmocka_run_group_tests_name("scrypt", tests, NULL, NULL);
}
