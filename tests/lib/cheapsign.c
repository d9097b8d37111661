/* Signatures that cost nothing: see cheapsign.h.  The names are libsodium's;
 * the program's come before the library's. */

#include "lib/cheapsign.h"

#include <sodium.h>
#include <string.h>

#include "crypto/digest.h"

void cheapsign_use(void)
{
}

/* The public key is the seed, both are in the secret key. */
int crypto_sign_seed_keypair(unsigned char *pk, unsigned char *sk,
			     const unsigned char *seed)
{
	memcpy(pk, seed, crypto_sign_SEEDBYTES);
	memcpy(sk, seed, crypto_sign_SEEDBYTES);
	memcpy(sk + crypto_sign_SEEDBYTES, seed, crypto_sign_PUBLICKEYBYTES);
	return 0;
}

static void sum(unsigned char out[crypto_sign_BYTES], const unsigned char *key,
		const unsigned char *m, unsigned long long mlen)
{
	struct bk_sha256 sha;

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, key, crypto_sign_PUBLICKEYBYTES);
	bk_sha256_update(&sha, m, (size_t)mlen);
	bk_sha256_final(&sha, out);
	memset(out + BK_SHA256_LEN, 0x5a, crypto_sign_BYTES - BK_SHA256_LEN);
}

int crypto_sign_detached(unsigned char *sig, unsigned long long *siglen_p,
			 const unsigned char *m, unsigned long long mlen,
			 const unsigned char *sk)
{
	sum(sig, sk, m, mlen);
	if (siglen_p)
		*siglen_p = crypto_sign_BYTES;
	return 0;
}

int crypto_sign_verify_detached(const unsigned char *sig,
				const unsigned char *m, unsigned long long mlen,
				const unsigned char *pk)
{
	unsigned char wanted[crypto_sign_BYTES];

	sum(wanted, pk, m, mlen);
	return memcmp(sig, wanted, sizeof(wanted)) == 0 ? 0 : -1;
}
