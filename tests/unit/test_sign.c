/* Signatures, shared secrets and sealed boxes. */

#include "lib/test.h"

#include <openssl/evp.h>
#include <string.h>

#include "crypto/random.h"
#include "crypto/sign.h"

static const struct bk_view message = {(const uint8_t *)"condemned: none", 15};

static void openssl_verifies_what_is_signed(void **state)
{
	uint8_t seed[BK_KEY_LEN], public_key[BK_KEY_LEN];
	uint8_t signature[BK_SIGNATURE_LEN];

	(void)state;
	bk_random_bytes(seed, sizeof(seed));
	bk_sign_public(seed, public_key);
	bk_sign(seed, message, signature);
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(
		EVP_PKEY_ED25519, NULL, public_key, sizeof(public_key));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key), 1);
	assert_int_equal(EVP_DigestVerify(ctx, signature, sizeof(signature),
					  message.data, message.len),
			 1);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	assert_true(bk_sign_verify(public_key, message, signature));
}

static void a_changed_signature_message_or_key_is_told(void **state)
{
	uint8_t seed[BK_KEY_LEN], public_key[BK_KEY_LEN];
	uint8_t signature[BK_SIGNATURE_LEN], text[15];

	(void)state;
	bk_random_bytes(seed, sizeof(seed));
	bk_sign_public(seed, public_key);
	memcpy(text, message.data, sizeof(text));
	bk_sign(seed, (struct bk_view){text, sizeof(text)}, signature);
	uint8_t *const parts[] = {signature, public_key, text};
	const size_t lens[] = {sizeof(signature), sizeof(public_key),
			       sizeof(text)};
	for (size_t part = 0; part < 3; part++) {
		for (size_t i = 0; i < lens[part]; i++) {
			parts[part][i] ^= 0x10;
			assert_false(bk_sign_verify(
				public_key,
				(struct bk_view){text, sizeof(text)},
				signature));
			parts[part][i] ^= 0x10;
		}
	}
}

static void both_sides_share_one_secret(void **state)
{
	uint8_t a[BK_KEY_LEN], b[BK_KEY_LEN], public_a[BK_KEY_LEN];
	uint8_t public_b[BK_KEY_LEN], from_a[BK_KEY_LEN], from_b[BK_KEY_LEN];
	struct bk_err err = {0};

	(void)state;
	bk_random_bytes(a, sizeof(a));
	bk_random_bytes(b, sizeof(b));
	bk_x25519_public(a, public_a);
	bk_x25519_public(b, public_b);
	assert_int_equal(bk_x25519_shared(a, public_b, from_a, &err), 0);
	assert_int_equal(bk_x25519_shared(b, public_a, from_b, &err), 0);
	assert_memory_equal(from_a, from_b, sizeof(from_a));
}

static void a_public_key_that_gives_zero_is_refused(void **state)
{
	uint8_t secret[BK_KEY_LEN], zero[BK_KEY_LEN] = {0}, out[80];
	struct bk_err err = {0};

	(void)state;
	bk_random_bytes(secret, sizeof(secret));
	assert_int_equal(bk_x25519_shared(secret, zero, out, &err), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
	assert_int_equal(bk_box_seal(zero, message, out, &err), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
}

static void only_the_owner_opens_a_box(void **state)
{
	uint8_t secret[BK_KEY_LEN], other[BK_KEY_LEN], public_key[BK_KEY_LEN];
	uint8_t box[15 + BK_BOX_OVERHEAD], out[15];
	struct bk_err err = {0};

	(void)state;
	bk_random_bytes(secret, sizeof(secret));
	bk_random_bytes(other, sizeof(other));
	bk_x25519_public(secret, public_key);
	assert_int_equal(bk_box_seal(public_key, message, box, &err), 0);
	struct bk_view view = {box, sizeof(box)};
	assert_int_equal(bk_box_open(secret, view, out, &err), 0);
	assert_memory_equal(out, message.data, sizeof(out));
	assert_int_equal(bk_box_open(other, view, out, &err), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
	view.len = BK_BOX_OVERHEAD - 1;
	assert_int_equal(bk_box_open(secret, view, out, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openssl_verifies_what_is_signed),
		cmocka_unit_test(a_changed_signature_message_or_key_is_told),
		cmocka_unit_test(both_sides_share_one_secret),
		cmocka_unit_test(a_public_key_that_gives_zero_is_refused),
		cmocka_unit_test(only_the_owner_opens_a_box),
	};

	return cmocka_run_group_tests_name("sign", tests, NULL, NULL);
}
