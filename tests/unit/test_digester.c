/* Digests of messages, against OpenSSL's one-shot calls, known answers and
 * what they are for. */

#include "lib/test.h"

#include <openssl/evp.h>
#include <string.h>

#include "crypto/digester.h"
#include "lib/dice.h"

static struct bk_digest_key key;

static void digest_of(const void *data, size_t len, size_t step, uint8_t *out)
{
	struct bk_digester *digester = bk_digester_new(&key);

	bk_digester_begin(digester);
	for (size_t at = 0; at < len; at += step)
		bk_digester_update(digester, (const uint8_t *)data + at,
				   len - at < step ? len - at : step);
	bk_digester_final(digester, out);
	bk_digester_free(digester);
}

static int begin(void **state)
{
	uint8_t id[BK_KEY_LEN];

	(void)state;
	memset(id, 0x42, sizeof(id));
	bk_digest_key_derive(&key, id);
	return 0;
}

/* What the page says, by other calls of the library. */
static void it_is_the_tag_encrypted(void **state)
{
	static const uint8_t nonce[12];
	const char message[] = "Subject: one\n\nbody\n";
	uint8_t tag[16], want[32], got[16];
	EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new();
	EVP_CIPHER_CTX *ecb = EVP_CIPHER_CTX_new();
	int n;

	(void)state;
	assert_int_equal(EVP_EncryptInit_ex(gcm, EVP_aes_256_gcm(), NULL,
					    key.bytes, nonce),
			 1);
	(void)EVP_EncryptUpdate(gcm, NULL, &n, (const uint8_t *)message,
				sizeof(message) - 1);
	(void)EVP_EncryptFinal_ex(gcm, want, &n);
	(void)EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_GCM_GET_TAG, 16, tag);
	(void)EVP_EncryptInit_ex(ecb, EVP_aes_256_ecb(), NULL, key.bytes + 32,
				 NULL);
	(void)EVP_EncryptUpdate(ecb, want, &n, tag, 16);
	digest_of(message, sizeof(message) - 1, 1000, got);
	assert_memory_equal(got, want, 16);
	EVP_CIPHER_CTX_free(gcm);
	EVP_CIPHER_CTX_free(ecb);
}

static void pieces_do_not_matter(void **state)
{
	static uint8_t data[10000];
	struct dice dice = {3};
	uint8_t whole[16], pieces[16];

	(void)state;
	dice_fill(&dice, data, sizeof(data));
	for (size_t len = 0; len < sizeof(data); len += 997) {
		digest_of(data, len, sizeof(data), whole);
		for (size_t step = 1; step < 70; step += 17) {
			digest_of(data, len, step, pieces);
			assert_memory_equal(whole, pieces, 16);
		}
	}
}

static void each_bit_and_the_length_matter(void **state)
{
	uint8_t data[65] = {0}, whole[16], other[16];

	(void)state;
	digest_of(data, 64, 64, whole);
	digest_of(data, 65, 65, other);
	assert_memory_not_equal(whole, other, 16);
	for (size_t bit = 0; bit < 64 * 8; bit++) {
		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		digest_of(data, 64, 64, other);
		assert_memory_not_equal(whole, other, 16);
		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void a_digester_serves_again(void **state)
{
	struct bk_digester *digester = bk_digester_new(&key);
	uint8_t first[16], again[16];

	(void)state;
	bk_digester_begin(digester);
	bk_digester_update(digester, "one", 3);
	bk_digester_final(digester, first);
	bk_digester_begin(digester);
	bk_digester_update(digester, "other", 5);
	bk_digester_final(digester, again);
	assert_memory_not_equal(first, again, 16);
	bk_digester_begin(digester);
	bk_digester_update(digester, "one", 3);
	bk_digester_final(digester, again);
	assert_memory_equal(first, again, 16);
	bk_digester_free(digester);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_the_tag_encrypted),
		cmocka_unit_test(pieces_do_not_matter),
		cmocka_unit_test(each_bit_and_the_length_matter),
		cmocka_unit_test(a_digester_serves_again),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
