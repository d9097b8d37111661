/*
 * SHA-256 (FIPS 180-4), HMAC-SHA-256 (RFC 2104) and HKDF-SHA-256 (RFC 5869).
 * A keyed state is prepared once and copied for each message, because most
 * chunks are small.
 */

#ifndef BK_CRYPTO_DIGEST_H
#define BK_CRYPTO_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define BK_SHA256_LEN 32
#define BK_KEY_LEN    32

struct bk_sha256 {
	_Alignas(16) uint8_t state[128]; /* opaque */
};

void bk_sha256_init(struct bk_sha256 *sha);
void bk_sha256_update(struct bk_sha256 *sha, const void *data, size_t len);
void bk_sha256_final(struct bk_sha256 *sha, uint8_t out[BK_SHA256_LEN]);

/* A key made ready; holds key material: clear it when done. */
struct bk_mac_key {
	struct bk_sha256 inner, outer;
};

void bk_mac_key_init(struct bk_mac_key *key, const uint8_t secret[BK_KEY_LEN]);
/* The same for a secret of any length; above 64 bytes it is hashed first, as
 * RFC 2104 says. */
void bk_mac_key_init_any(struct bk_mac_key *key, struct bk_view secret);
void bk_mac_key_clear(struct bk_mac_key *key);

/* The key is the caller's and outlives the mac; one key may serve several
 * threads at a time. */
struct bk_mac {
	struct bk_sha256 sha;
	const struct bk_mac_key *key;
};

void bk_mac_init(struct bk_mac *mac, const struct bk_mac_key *key);
void bk_mac_update(struct bk_mac *mac, const void *data, size_t len);
void bk_mac_final(struct bk_mac *mac, uint8_t out[BK_SHA256_LEN]);

/* HMAC over one byte and the bytes behind it: chunk ids and digests. */
void bk_mac_tagged(const struct bk_mac_key *key, uint8_t tag,
		   struct bk_view bytes, uint8_t out[BK_SHA256_LEN]);

/* RFC 5869; salt may be empty; out_len at most 255 * 32. */
void bk_hkdf(const void *ikm, size_t ikm_len, struct bk_view salt,
	     struct bk_view info, uint8_t *out, size_t out_len);

#endif
