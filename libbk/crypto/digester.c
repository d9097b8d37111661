/* The digest of a whole message: see digester.h. */

#include "crypto/digester.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

#define UPDATE_MOST ((size_t)1 << 30) /* EVP counts in int */
#define NONCE_LEN   12

struct bk_digester {
	EVP_CIPHER_CTX *hash;  /* AES-256-GCM under K1 */
	EVP_CIPHER_CTX *block; /* AES-256, one block, under K2 */
};

static _Noreturn void cannot(void)
{
	(void)fprintf(stderr, "bk: OpenSSL cannot compute AES-256-GCM\n");
	abort();
}

void bk_digest_key_derive(struct bk_digest_key *out,
			  const uint8_t id[BK_KEY_LEN])
{
	static const char info[] = "bk1 digest";

	bk_hkdf(id, BK_KEY_LEN, (struct bk_view){0},
		(struct bk_view){(const uint8_t *)info, sizeof(info) - 1},
		out->bytes, sizeof(out->bytes));
}

struct bk_digester *bk_digester_new(const struct bk_digest_key *key)
{
	struct bk_digester *digester = bk_alloc(sizeof(*digester));

	digester->hash = EVP_CIPHER_CTX_new();
	digester->block = EVP_CIPHER_CTX_new();
	if (!digester->hash || !digester->block ||
	    EVP_EncryptInit_ex2(digester->hash, EVP_aes_256_gcm(), key->bytes,
				NULL, NULL) != 1 ||
	    EVP_EncryptInit_ex2(digester->block, EVP_aes_256_ecb(),
				key->bytes + BK_KEY_LEN, NULL, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(digester->block, 0) != 1)
		cannot();
	return digester;
}

void bk_digester_free(struct bk_digester *digester)
{
	if (!digester)
		return;
	EVP_CIPHER_CTX_free(digester->hash);
	EVP_CIPHER_CTX_free(digester->block);
	free(digester);
}

void bk_digester_begin(struct bk_digester *digester)
{
	static const uint8_t nonce[NONCE_LEN];

	if (EVP_EncryptInit_ex2(digester->hash, NULL, NULL, nonce, NULL) != 1)
		cannot();
}

void bk_digester_update(struct bk_digester *digester, const void *data,
			size_t len)
{
	const uint8_t *at = data;
	int n;

	while (len) {
		size_t part = len < UPDATE_MOST ? len : UPDATE_MOST;
		if (EVP_EncryptUpdate(digester->hash, NULL, &n, at,
				      (int)part) != 1)
			cannot();
		at += part;
		len -= part;
	}
}

void bk_digester_final(struct bk_digester *digester,
		       uint8_t out[BK_DIGESTER_LEN])
{
	uint8_t tag[BK_DIGESTER_LEN];
	int n;

	if (EVP_EncryptFinal_ex(digester->hash, tag, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(digester->hash, EVP_CTRL_AEAD_GET_TAG,
				sizeof(tag), tag) != 1 ||
	    EVP_EncryptUpdate(digester->block, out, &n, tag, sizeof(tag)) !=
		    1 ||
	    n != (int)sizeof(tag))
		cannot();
}
