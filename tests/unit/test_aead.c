/* AES-256-GCM: what one implementation seals the other opens, and nothing
 * that was changed opens. */

#include "lib/test.h"

#include <sodium.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/random.h"

#define MOST 5000

static uint8_t key[BK_KEY_LEN], nonce[BK_AEAD_NONCE_LEN], aad[12];
static uint8_t plain[MOST], sealed[MOST + BK_AEAD_TAG_LEN], again[MOST];
static const struct bk_view aad_view = {aad, sizeof(aad)};

static int start(void **state)
{
	bk_random_bytes(key, sizeof(key));
	bk_random_bytes(nonce, sizeof(nonce));
	bk_random_bytes(aad, sizeof(aad));
	bk_random_bytes(plain, sizeof(plain));
	*state = bk_aead_new(key);
	return 0;
}

static int end(void **state)
{
	bk_aead_free(*state);
	return 0;
}

static void what_is_sealed_opens_at_every_length(void **state)
{
	struct bk_err err = {0};

	for (size_t len = 0; len < 100; len++) {
		assert_int_equal(bk_aead_seal(*state, nonce, aad_view,
					      (struct bk_view){plain, len},
					      sealed, &err),
				 0);
		struct bk_view seal = {sealed, len + BK_AEAD_TAG_LEN};
		assert_int_equal(bk_aead_open(*state, nonce, aad_view, seal,
					      again, &err),
				 0);
		assert_memory_equal(again, plain, len);
	}
}

static void sealing_in_place_gives_the_same(void **state)
{
	uint8_t here[MOST + BK_AEAD_TAG_LEN];
	struct bk_err err = {0};

	memcpy(here, plain, MOST);
	assert_int_equal(bk_aead_seal(*state, nonce, aad_view,
				      (struct bk_view){here, MOST}, here, &err),
			 0);
	assert_int_equal(bk_aead_seal(*state, nonce, aad_view,
				      (struct bk_view){plain, MOST}, sealed,
				      &err),
			 0);
	assert_memory_equal(here, sealed, sizeof(here));
	assert_int_equal(bk_aead_open(*state, nonce, aad_view,
				      (struct bk_view){here, sizeof(here)},
				      here, &err),
			 0);
	assert_memory_equal(here, plain, MOST);
}

static void nothing_that_was_changed_opens(void **state)
{
	struct bk_view seal = {sealed, 40 + BK_AEAD_TAG_LEN};
	static const uint8_t zeros[40];
	struct bk_err err = {0};

	assert_int_equal(bk_aead_seal(*state, nonce, aad_view,
				      (struct bk_view){plain, 40}, sealed,
				      &err),
			 0);
	uint8_t *const parts[] = {sealed, nonce, aad};
	const size_t lens[] = {seal.len, sizeof(nonce), sizeof(aad)};
	for (size_t part = 0; part < 3; part++) {
		for (size_t bit = 0; bit < lens[part] * 8; bit++) {
			parts[part][bit / 8] ^= (uint8_t)(1 << bit % 8);
			memset(again, 1, 40);
			assert_int_equal(bk_aead_open(*state, nonce, aad_view,
						      seal, again, &err),
					 -1);
			assert_int_equal(err.kind, BK_CORRUPT);
			assert_memory_equal(again, zeros, 40);
			parts[part][bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
	assert_int_equal(
		bk_aead_open(*state, nonce, aad_view, seal, again, &err), 0);
}

static void what_is_too_short_for_a_tag_does_not_open(void **state)
{
	struct bk_err err = {0};

	for (size_t len = 0; len < BK_AEAD_TAG_LEN; len++) {
		assert_int_equal(bk_aead_open(*state, nonce, aad_view,
					      (struct bk_view){sealed, len},
					      again, &err),
				 -1);
		assert_int_equal(err.kind, BK_CORRUPT);
	}
}

static void another_key_does_not_open_and_the_first_does_again(void **state)
{
	struct bk_view seal = {sealed, MOST + BK_AEAD_TAG_LEN};
	uint8_t other[BK_KEY_LEN];
	struct bk_err err = {0};

	bk_random_bytes(other, sizeof(other));
	assert_int_equal(bk_aead_seal(*state, nonce, aad_view,
				      (struct bk_view){plain, MOST}, sealed,
				      &err),
			 0);
	bk_aead_set_key(*state, other);
	assert_int_equal(
		bk_aead_open(*state, nonce, aad_view, seal, again, &err), -1);
	bk_aead_set_key(*state, key);
	assert_int_equal(
		bk_aead_open(*state, nonce, aad_view, seal, again, &err), 0);
	assert_memory_equal(again, plain, MOST);
}

static void libsodium_and_this_open_each_others_seals(void **state)
{
	unsigned long long n = 0;
	struct bk_err err = {0};

	if (!crypto_aead_aes256gcm_is_available())
		return; /* no AES-NI: nothing to compare with */
	for (size_t len = 0; len <= MOST; len += 1 + len / 3) {
		struct bk_view seal = {sealed, len + BK_AEAD_TAG_LEN};
		assert_int_equal(bk_aead_seal(*state, nonce, aad_view,
					      (struct bk_view){plain, len},
					      sealed, &err),
				 0);
		assert_int_equal(crypto_aead_aes256gcm_decrypt(
					 again, &n, NULL, sealed, seal.len, aad,
					 sizeof(aad), nonce, key),
				 0);
		assert_int_equal(n, len);
		assert_memory_equal(again, plain, len);
		crypto_aead_aes256gcm_encrypt(sealed, &n, plain, len, aad,
					      sizeof(aad), NULL, nonce, key);
		assert_int_equal(n, seal.len);
		assert_int_equal(bk_aead_open(*state, nonce, aad_view, seal,
					      again, &err),
				 0);
		assert_memory_equal(again, plain, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_opens_at_every_length),
		cmocka_unit_test(sealing_in_place_gives_the_same),
		cmocka_unit_test(nothing_that_was_changed_opens),
		cmocka_unit_test(what_is_too_short_for_a_tag_does_not_open),
		cmocka_unit_test(
			another_key_does_not_open_and_the_first_does_again),
		cmocka_unit_test(libsodium_and_this_open_each_others_seals),
	};

	return cmocka_run_group_tests_name("aead", tests, start, end);
}
