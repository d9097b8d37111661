/*
 * Curve25519: Ed25519 signatures (RFC 8032), X25519 shared secrets (RFC 7748)
 * and boxes that anybody can seal and only the owner of a secret key can open.
 */

#ifndef BK_CRYPTO_SIGN_H
#define BK_CRYPTO_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/digest.h"

#define BK_SIGNATURE_LEN 64
#define BK_BOX_OVERHEAD  48 /* bytes that bk_box_seal adds */

/* The public key that belongs to a seed. */
void bk_sign_public(const uint8_t seed[BK_KEY_LEN], uint8_t out[BK_KEY_LEN]);
void bk_sign(const uint8_t seed[BK_KEY_LEN], struct bk_view message,
	     uint8_t out[BK_SIGNATURE_LEN]);
bool bk_sign_verify(const uint8_t public_key[BK_KEY_LEN],
		    struct bk_view message,
		    const uint8_t signature[BK_SIGNATURE_LEN]);

/* The X25519 public key that belongs to 32 secret bytes. */
void bk_x25519_public(const uint8_t secret[BK_KEY_LEN],
		      uint8_t out[BK_KEY_LEN]);
/* BK_CORRUPT for a public key that would give an all-zero secret. */
int bk_x25519_shared(const uint8_t secret[BK_KEY_LEN],
		     const uint8_t public_key[BK_KEY_LEN],
		     uint8_t out[BK_KEY_LEN], struct bk_err *err);

/* libsodium's crypto_box_seal: `out` takes plain.len + BK_BOX_OVERHEAD.
 * BK_CORRUPT for a public key that nothing can be sealed to. */
int bk_box_seal(const uint8_t public_key[BK_KEY_LEN], struct bk_view plain,
		uint8_t *out, struct bk_err *err);
/* `out` takes sealed.len - BK_BOX_OVERHEAD; BK_CORRUPT "wrong seal". */
int bk_box_open(const uint8_t secret[BK_KEY_LEN], struct bk_view sealed,
		uint8_t *out, struct bk_err *err);

#endif
