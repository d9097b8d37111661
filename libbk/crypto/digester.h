/*
 * The digest of a whole message, 16 bytes under a key: a polynomial hash, then
 * a block cipher over it.
 *
 *	T      = tag of AES-256-GCM (NIST SP 800-38D) under K1, nonce zero,
 *	         without plaintext, the message as additional data
 *	digest = AES-256 of T under K2
 *
 * GHASH is an almost-universal hash, so two messages that were not made with
 * the key in hand have equal T with probability (blocks + 1) / 2^128; the
 * cipher over it keeps T, and with it K1, from showing, which is why one nonce
 * may serve all messages (Carter and Wegman, 1981; the same shape as POLYVAL
 * and AES in RFC 8452).  Every byte that is backed up and restored goes
 * through it: it runs at memory speed with or without SHA instructions, where
 * a second SHA-256 over all mail was a third of a backup's time.
 */

#ifndef BK_CRYPTO_DIGESTER_H
#define BK_CRYPTO_DIGESTER_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/digest.h"

#define BK_DIGESTER_LEN 16

/* K1, then K2; the caller's to wipe. */
struct bk_digest_key {
	uint8_t bytes[2 * BK_KEY_LEN];
};

/* HKDF(K_id, empty, "bk1 digest"): bk-format(5). */
void bk_digest_key_derive(struct bk_digest_key *out,
			  const uint8_t id[BK_KEY_LEN]);

/* Belongs to one thread at a time; begin, update ..., final, again. */
struct bk_digester;

struct bk_digester *bk_digester_new(const struct bk_digest_key *key);
void bk_digester_free(struct bk_digester *digester); /* wipes; NULL is fine */

void bk_digester_begin(struct bk_digester *digester);
void bk_digester_update(struct bk_digester *digester, const void *data,
			size_t len);
void bk_digester_final(struct bk_digester *digester,
		       uint8_t out[BK_DIGESTER_LEN]);

#endif
