/*
 * SHA-256, HMAC and HKDF: see digest.h.  OpenSSL's low-level SHA256_* calls
 * are deprecated, not slower: they run the same assembly as EVP, and there is
 * no allocation and no look-up of an algorithm for each of millions of chunks
 * of 1 KiB.
 */

#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/digest.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

#define SHA256_BLOCK 64

static_assert(sizeof(SHA256_CTX) <= sizeof(struct bk_sha256),
	      "struct bk_sha256 must hold OpenSSL's context");
static_assert(_Alignof(SHA256_CTX) <= _Alignof(struct bk_sha256),
	      "struct bk_sha256 must be aligned for OpenSSL's context");

static SHA256_CTX *context(struct bk_sha256 *sha)
{
	return (void *)sha->state;
}

void bk_sha256_init(struct bk_sha256 *sha)
{
	(void)SHA256_Init(context(sha)); /* these three cannot fail */
}

void bk_sha256_update(struct bk_sha256 *sha, const void *data, size_t len)
{
	if (len)
		(void)SHA256_Update(context(sha), data, len);
}

void bk_sha256_final(struct bk_sha256 *sha, uint8_t out[BK_SHA256_LEN])
{
	(void)SHA256_Final(out, context(sha));
}

static void absorb_pad(struct bk_sha256 *sha,
		       const uint8_t secret[SHA256_BLOCK], uint8_t with)
{
	uint8_t pad[SHA256_BLOCK];

	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] = secret[i] ^ with;
	bk_sha256_init(sha);
	bk_sha256_update(sha, pad, sizeof(pad));
	OPENSSL_cleanse(pad, sizeof(pad));
}

void bk_mac_key_init_any(struct bk_mac_key *key, struct bk_view secret)
{
	uint8_t block[SHA256_BLOCK] = {0};

	if (secret.len > sizeof(block)) {
		struct bk_sha256 sha;
		bk_sha256_init(&sha);
		bk_sha256_update(&sha, secret.data, secret.len);
		bk_sha256_final(&sha, block);
		OPENSSL_cleanse(&sha, sizeof(sha));
	} else if (secret.len) {
		memcpy(block, secret.data, secret.len);
	}
	absorb_pad(&key->inner, block, 0x36);
	absorb_pad(&key->outer, block, 0x5c);
	OPENSSL_cleanse(block, sizeof(block));
}

void bk_mac_key_init(struct bk_mac_key *key, const uint8_t secret[BK_KEY_LEN])
{
	bk_mac_key_init_any(key, (struct bk_view){secret, BK_KEY_LEN});
}

void bk_mac_key_clear(struct bk_mac_key *key)
{
	OPENSSL_cleanse(key, sizeof(*key));
}

void bk_mac_init(struct bk_mac *mac, const struct bk_mac_key *key)
{
	mac->sha = key->inner;
	mac->key = key;
}

void bk_mac_update(struct bk_mac *mac, const void *data, size_t len)
{
	bk_sha256_update(&mac->sha, data, len);
}

void bk_mac_final(struct bk_mac *mac, uint8_t out[BK_SHA256_LEN])
{
	uint8_t inner[BK_SHA256_LEN];

	bk_sha256_final(&mac->sha, inner);
	mac->sha = mac->key->outer;
	bk_sha256_update(&mac->sha, inner, sizeof(inner));
	bk_sha256_final(&mac->sha, out);
}

void bk_mac_tagged(const struct bk_mac_key *key, uint8_t tag,
		   struct bk_view bytes, uint8_t out[BK_SHA256_LEN])
{
	struct bk_mac mac;

	bk_mac_init(&mac, key);
	bk_mac_update(&mac, &tag, 1);
	bk_mac_update(&mac, bytes.data, bytes.len);
	bk_mac_final(&mac, out);
}

void bk_hkdf(const void *ikm, size_t ikm_len, struct bk_view salt,
	     struct bk_view info, uint8_t *out, size_t out_len)
{
	uint8_t okm[BK_SHA256_LEN];
	struct bk_mac_key key;
	struct bk_mac mac;

	assert(out_len <= (size_t)255 * BK_SHA256_LEN);
	bk_mac_key_init_any(&key, salt);
	bk_mac_init(&mac, &key);
	bk_mac_update(&mac, ikm, ikm_len);
	bk_mac_final(&mac, okm);
	bk_mac_key_init(&key, okm);
	for (uint8_t n = 1; out_len; n++) {
		bk_mac_init(&mac, &key);
		if (n > 1)
			bk_mac_update(&mac, okm, sizeof(okm));
		bk_mac_update(&mac, info.data, info.len);
		bk_mac_update(&mac, &n, 1);
		bk_mac_final(&mac, okm);
		size_t take = out_len < sizeof(okm) ? out_len : sizeof(okm);
		memcpy(out, okm, take);
		out += take;
		out_len -= take;
	}
	bk_mac_key_clear(&key);
	OPENSSL_cleanse(&mac, sizeof(mac));
	OPENSSL_cleanse(okm, sizeof(okm));
}
