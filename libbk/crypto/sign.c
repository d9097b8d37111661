/* Curve25519 by libsodium: see sign.h. */

#include "crypto/sign.h"

#include <assert.h>
#include <sodium.h>

#include "crypto/secret.h"

static_assert(BK_SIGNATURE_LEN == crypto_sign_BYTES, "Ed25519");
static_assert(BK_BOX_OVERHEAD == crypto_box_SEALBYTES, "crypto_box_seal");

void bk_sign_public(const uint8_t seed[BK_KEY_LEN], uint8_t out[BK_KEY_LEN])
{
	uint8_t pair[crypto_sign_SECRETKEYBYTES];

	bk_crypto_ready();
	(void)crypto_sign_seed_keypair(out, pair, seed); /* cannot fail */
	bk_wipe(pair, sizeof(pair));
}

void bk_sign(const uint8_t seed[BK_KEY_LEN], struct bk_view message,
	     uint8_t out[BK_SIGNATURE_LEN])
{
	uint8_t pair[crypto_sign_SECRETKEYBYTES], public_key[BK_KEY_LEN];

	bk_crypto_ready();
	(void)crypto_sign_seed_keypair(public_key, pair, seed);
	(void)crypto_sign_detached(out, NULL, message.data, message.len, pair);
	bk_wipe(pair, sizeof(pair));
}

bool bk_sign_verify(const uint8_t public_key[BK_KEY_LEN],
		    struct bk_view message,
		    const uint8_t signature[BK_SIGNATURE_LEN])
{
	bk_crypto_ready();
	return crypto_sign_verify_detached(signature, message.data, message.len,
					   public_key) == 0;
}

void bk_x25519_public(const uint8_t secret[BK_KEY_LEN], uint8_t out[BK_KEY_LEN])
{
	bk_crypto_ready();
	(void)crypto_scalarmult_base(out, secret);
}

int bk_x25519_shared(const uint8_t secret[BK_KEY_LEN],
		     const uint8_t public_key[BK_KEY_LEN],
		     uint8_t out[BK_KEY_LEN], struct bk_err *err)
{
	bk_crypto_ready();
	if (crypto_scalarmult(out, secret, public_key) == 0)
		return 0;
	return bk_fail(err, BK_CORRUPT, "not a usable X25519 public key");
}

int bk_box_seal(const uint8_t public_key[BK_KEY_LEN], struct bk_view plain,
		uint8_t *out, struct bk_err *err)
{
	bk_crypto_ready();
	if (crypto_box_seal(out, plain.data, plain.len, public_key) == 0)
		return 0;
	return bk_fail(err, BK_CORRUPT, "not a usable X25519 public key");
}

int bk_box_open(const uint8_t secret[BK_KEY_LEN], struct bk_view sealed,
		uint8_t *out, struct bk_err *err)
{
	uint8_t public_key[BK_KEY_LEN];

	bk_x25519_public(secret, public_key);
	if (sealed.len >= BK_BOX_OVERHEAD &&
	    crypto_box_seal_open(out, sealed.data, sealed.len, public_key,
				 secret) == 0)
		return 0;
	return bk_fail(err, BK_CORRUPT, "wrong seal");
}
