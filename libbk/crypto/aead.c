/* AES-256-GCM by OpenSSL's EVP: see aead.h. */

#include "crypto/aead.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define AEAD_MOST ((size_t)1 << 30) /* EVP counts in int */

/* EVP sets a direction with the key, so there is a context for each. */
struct bk_aead {
	EVP_CIPHER_CTX *sealing, *opening;
};

static _Noreturn void cannot_start(void)
{
	(void)fprintf(stderr, "bk: OpenSSL cannot set up AES-256-GCM\n");
	abort();
}

struct bk_aead *bk_aead_new(const uint8_t key[BK_KEY_LEN])
{
	struct bk_aead *aead = bk_alloc(sizeof(*aead));
	const EVP_CIPHER *gcm = EVP_aes_256_gcm();

	aead->sealing = EVP_CIPHER_CTX_new();
	aead->opening = EVP_CIPHER_CTX_new();
	if (!aead->sealing || !aead->opening ||
	    EVP_EncryptInit_ex2(aead->sealing, gcm, key, NULL, NULL) != 1 ||
	    EVP_DecryptInit_ex2(aead->opening, gcm, key, NULL, NULL) != 1)
		cannot_start();
	return aead;
}

void bk_aead_set_key(struct bk_aead *aead, const uint8_t key[BK_KEY_LEN])
{
	if (EVP_EncryptInit_ex2(aead->sealing, NULL, key, NULL, NULL) != 1 ||
	    EVP_DecryptInit_ex2(aead->opening, NULL, key, NULL, NULL) != 1)
		cannot_start();
}

void bk_aead_free(struct bk_aead *aead)
{
	if (!aead)
		return;
	EVP_CIPHER_CTX_free(aead->sealing); /* wipes the key schedule */
	EVP_CIPHER_CTX_free(aead->opening);
	free(aead);
}

int bk_aead_seal(struct bk_aead *aead, const uint8_t nonce[BK_AEAD_NONCE_LEN],
		 struct bk_view aad, struct bk_view plain, uint8_t *out,
		 struct bk_err *err)
{
	EVP_CIPHER_CTX *gcm = aead->sealing;
	uint8_t *tag = out + plain.len;
	int n;

	if (plain.len > AEAD_MOST || aad.len > AEAD_MOST)
		return bk_fail(err, BK_MISUSE, "%zu bytes to seal at once",
			       plain.len);
	if (EVP_EncryptInit_ex2(gcm, NULL, NULL, nonce, NULL) != 1)
		goto failed;
	if (aad.len &&
	    EVP_EncryptUpdate(gcm, NULL, &n, aad.data, (int)aad.len) != 1)
		goto failed;
	if (plain.len &&
	    EVP_EncryptUpdate(gcm, out, &n, plain.data, (int)plain.len) != 1)
		goto failed;
	if (EVP_EncryptFinal_ex(gcm, tag, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_GET_TAG, BK_AEAD_TAG_LEN,
				tag) != 1)
		goto failed;
	return 0;
failed:
	return bk_fail(err, BK_FAILED, "OpenSSL could not seal %zu bytes",
		       plain.len);
}

/* The tag is copied by EVP, which wants it writable. */
static int decrypt(EVP_CIPHER_CTX *gcm, const uint8_t nonce[BK_AEAD_NONCE_LEN],
		   struct bk_view aad, struct bk_view sealed, uint8_t *out)
{
	uint8_t tag[BK_AEAD_TAG_LEN], none[BK_AEAD_TAG_LEN];
	size_t len = sealed.len - BK_AEAD_TAG_LEN;
	int n;

	for (size_t i = 0; i < sizeof(tag); i++)
		tag[i] = sealed.data[len + i];
	if (EVP_DecryptInit_ex2(gcm, NULL, NULL, nonce, NULL) != 1)
		return -1;
	if (aad.len &&
	    EVP_DecryptUpdate(gcm, NULL, &n, aad.data, (int)aad.len) != 1)
		return -1;
	if (len && EVP_DecryptUpdate(gcm, out, &n, sealed.data, (int)len) != 1)
		return -1;
	if (EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_SET_TAG, BK_AEAD_TAG_LEN,
				tag) != 1)
		return -1;
	return EVP_DecryptFinal_ex(gcm, none, &n) == 1 ? 0 : -1;
}

int bk_aead_open(struct bk_aead *aead, const uint8_t nonce[BK_AEAD_NONCE_LEN],
		 struct bk_view aad, struct bk_view sealed, uint8_t *out,
		 struct bk_err *err)
{
	if (sealed.len < BK_AEAD_TAG_LEN || sealed.len > AEAD_MOST ||
	    aad.len > AEAD_MOST)
		return bk_fail(err, BK_CORRUPT, "%zu bytes cannot be a seal",
			       sealed.len);
	if (decrypt(aead->opening, nonce, aad, sealed, out) == 0)
		return 0;
	OPENSSL_cleanse(out, sealed.len - BK_AEAD_TAG_LEN);
	return bk_fail(err, BK_CORRUPT, "wrong seal");
}
