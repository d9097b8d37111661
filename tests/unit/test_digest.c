/* SHA-256, HMAC and HKDF against the RFCs' vectors and OpenSSL's EVP. */

#include "lib/test.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"

static struct bk_view text(const char *s)
{
	return (struct bk_view){(const uint8_t *)s, strlen(s)};
}

static size_t unhex(const char *hex, uint8_t *out)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
		out[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return n;
}

static void assert_hex(const uint8_t *got, const char *hex)
{
	uint8_t want[256];
	size_t n = unhex(hex, want);

	assert_memory_equal(got, want, n);
}

static void fill(uint8_t *data, size_t n)
{
	uint32_t x = 12345;

	for (size_t i = 0; i < n; i++) {
		x = x * 1664525 + 1013904223;
		data[i] = (uint8_t)(x >> 24);
	}
}

static void sha256_of_abc_is_what_fips_says(void **state)
{
	struct bk_sha256 sha;
	uint8_t out[BK_SHA256_LEN];

	(void)state;
	bk_sha256_init(&sha);
	bk_sha256_update(&sha, "abc", 3);
	bk_sha256_final(&sha, out);
	assert_hex(out,
		   "ba7816bf8f01cfea414140de5dae2223"
		   "b00361a396177a9cb410ff61f20015ad");
}

static void sha256_agrees_with_evp_at_every_length_and_cut(void **state)
{
	uint8_t data[300], got[BK_SHA256_LEN], want[BK_SHA256_LEN];

	(void)state;
	fill(data, sizeof(data));
	for (size_t len = 0; len <= sizeof(data); len++) {
		struct bk_sha256 sha;
		size_t cut = len / 3;
		bk_sha256_init(&sha);
		bk_sha256_update(&sha, data, cut);
		bk_sha256_update(&sha, data + cut, len - cut);
		bk_sha256_final(&sha, got);
		assert_int_equal(
			EVP_Digest(data, len, want, NULL, EVP_sha256(), NULL),
			1);
		assert_memory_equal(got, want, sizeof(want));
	}
}

struct hmac_case {
	const char *key, *data, *mac; /* hex */
};

/* RFC 4231, cases 1 to 4, 6 and 7. */
/* clang-format off */
static const struct hmac_case hmac_cases[] = {
	{"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
	 "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
	{"4a656665",
	 "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	 "dddddddddddddddddddddddddddddddddddddddddddddddddd"
	 "dddddddddddddddddddddddddddddddddddddddddddddddddd",
	 "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
	{"0102030405060708090a0b0c0d0e0f10111213141516171819",
	 "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
	 "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
	 "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
};
/* clang-format on */

static void hmac_gives_the_vectors_of_rfc_4231(void **state)
{
	uint8_t key[131], data[256], out[BK_SHA256_LEN];
	struct bk_mac_key ready;
	struct bk_mac mac;

	(void)state;
	for (size_t i = 0; i < sizeof(hmac_cases) / sizeof(*hmac_cases); i++) {
		size_t len = unhex(hmac_cases[i].key, key);
		bk_mac_key_init_any(&ready, (struct bk_view){key, len});
		bk_mac_init(&mac, &ready);
		len = unhex(hmac_cases[i].data, data);
		bk_mac_update(&mac, data, len);
		bk_mac_final(&mac, out);
		assert_hex(out, hmac_cases[i].mac);
	}
	memset(key, 0xaa, sizeof(key));
	bk_mac_key_init_any(&ready, (struct bk_view){key, sizeof(key)});
	bk_mac_init(&mac, &ready);
	bk_mac_update(&mac,
		      "Test Using Larger Than Block-Size Key - Hash Key First",
		      54);
	bk_mac_final(&mac, out);
	assert_hex(out,
		   "60e431591ee0b67f0d8a26aacbf5b77f"
		   "8e0bc6213728c5140546040f0ee37f54");
}

static void a_tagged_mac_is_the_mac_of_tag_and_bytes(void **state)
{
	uint8_t secret[BK_KEY_LEN], data[4001], got[BK_SHA256_LEN];
	uint8_t want[BK_SHA256_LEN];
	struct bk_mac_key key;

	(void)state;
	fill(secret, sizeof(secret));
	fill(data, sizeof(data));
	bk_mac_key_init(&key, secret);
	for (size_t len = 0; len < sizeof(data); len += 57) {
		data[0] = (uint8_t)len;
		bk_mac_tagged(&key, data[0], (struct bk_view){data + 1, len},
			      got);
		assert_non_null(HMAC(EVP_sha256(), secret, sizeof(secret), data,
				     len + 1, want, NULL));
		assert_memory_equal(got, want, sizeof(want));
	}
	bk_mac_key_clear(&key);
}

static void hkdf_gives_the_vectors_of_rfc_5869(void **state)
{
	uint8_t ikm[80], salt[80], info[80], out[82];

	(void)state;
	memset(ikm, 0x0b, 22);
	for (uint8_t i = 0; i < 13; i++)
		salt[i] = i;
	for (uint8_t i = 0; i < 10; i++)
		info[i] = 0xf0 + i;
	bk_hkdf(ikm, 22, (struct bk_view){salt, 13}, (struct bk_view){info, 10},
		out, 42);
	assert_hex(out,
		   "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db0"
		   "2d56ecc4c5bf34007208d5b887185865");
	for (uint8_t i = 0; i < 80; i++) {
		ikm[i] = i;
		salt[i] = 0x60 + i;
		info[i] = 0xb0 + i;
	}
	bk_hkdf(ikm, 80, (struct bk_view){salt, 80}, (struct bk_view){info, 80},
		out, 82);
	assert_hex(out,
		   "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050"
		   "cc4c19afa97c59045a99cac7827271cb41c65e590e09da327560"
		   "0c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3"
		   "434f1d87");
	memset(ikm, 0x0b, 22);
	bk_hkdf(ikm, 22, (struct bk_view){0}, (struct bk_view){0}, out, 42);
	assert_hex(out,
		   "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec345"
		   "4e5f3c738d2d9d201395faa4b61a96c8");
}

static void evp_hkdf(struct bk_view ikm, struct bk_view salt,
		     struct bk_view info, uint8_t *out, size_t len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);

	assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
	EVP_PKEY_CTX_set_hkdf_md(ctx, EVP_sha256());
	EVP_PKEY_CTX_set1_hkdf_salt(ctx, salt.data, (int)salt.len);
	EVP_PKEY_CTX_set1_hkdf_key(ctx, ikm.data, (int)ikm.len);
	EVP_PKEY_CTX_add1_hkdf_info(ctx, info.data, (int)info.len);
	assert_int_equal(EVP_PKEY_derive(ctx, out, &len), 1);
	EVP_PKEY_CTX_free(ctx);
}

static void hkdf_agrees_with_evp_at_every_length(void **state)
{
	uint8_t ikm[BK_KEY_LEN], salt[BK_KEY_LEN], got[200], want[200];
	struct bk_view info = text("bk1 file");

	(void)state;
	fill(ikm, sizeof(ikm));
	fill(salt, sizeof(salt));
	for (size_t len = 1; len <= sizeof(got); len++) {
		memset(got, 0, sizeof(got));
		bk_hkdf(ikm, sizeof(ikm), (struct bk_view){salt, sizeof(salt)},
			info, got, len);
		evp_hkdf((struct bk_view){ikm, sizeof(ikm)},
			 (struct bk_view){salt, sizeof(salt)}, info, want, len);
		assert_memory_equal(got, want, len);
	}
}

/* R_1 = 00..1f, K_id = HKDF(R_1, empty, "bk1 role id"). */
static void a_chunk_id_is_the_known_answer_of_the_format(void **state)
{
	uint8_t master[BK_KEY_LEN], role[BK_KEY_LEN], out[BK_SHA256_LEN];
	struct bk_mac_key key;

	(void)state;
	for (uint8_t i = 0; i < sizeof(master); i++)
		master[i] = i;
	bk_hkdf(master, sizeof(master), (struct bk_view){0},
		text("bk1 role id"), role, sizeof(role));
	bk_mac_key_init(&key, role);
	bk_mac_tagged(&key, 1,
		      text("From: a@example.org\r\nSubject: one\r\n\r\n"), out);
	assert_hex(out, "00e22a864251d4afb0461c727f3ecbca");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_of_abc_is_what_fips_says),
		cmocka_unit_test(
			sha256_agrees_with_evp_at_every_length_and_cut),
		cmocka_unit_test(hmac_gives_the_vectors_of_rfc_4231),
		cmocka_unit_test(a_tagged_mac_is_the_mac_of_tag_and_bytes),
		cmocka_unit_test(hkdf_gives_the_vectors_of_rfc_5869),
		cmocka_unit_test(hkdf_agrees_with_evp_at_every_length),
		cmocka_unit_test(a_chunk_id_is_the_known_answer_of_the_format),
	};

	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
