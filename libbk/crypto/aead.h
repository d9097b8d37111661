/*
 * AES-256-GCM (NIST SP 800-38D): 12-byte nonces, 16-byte tags.  A context
 * belongs to one thread at a time and is made once for a key, because setting
 * a key costs more than sealing a small message.
 *
 * GCM does not commit to its key, and a nonce used twice under one key gives
 * both away: the caller sees to it that neither matters (bk-format(5)).
 */

#ifndef BK_CRYPTO_AEAD_H
#define BK_CRYPTO_AEAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/digest.h"

#define BK_AEAD_NONCE_LEN 12
#define BK_AEAD_TAG_LEN   16

struct bk_aead;

struct bk_aead *bk_aead_new(const uint8_t key[BK_KEY_LEN]);
/* Another key for the same context: cheaper than a new one. */
void bk_aead_set_key(struct bk_aead *aead, const uint8_t key[BK_KEY_LEN]);
void bk_aead_free(struct bk_aead *aead); /* wipes; NULL is fine */

/*
 * Writes plain.len + BK_AEAD_TAG_LEN bytes to `out`, which is plain.data
 * itself or does not overlap it.  BK_MISUSE above 1 GiB.
 */
int bk_aead_seal(struct bk_aead *aead, const uint8_t nonce[BK_AEAD_NONCE_LEN],
		 struct bk_view aad, struct bk_view plain, uint8_t *out,
		 struct bk_err *err);

/*
 * Writes sealed.len - BK_AEAD_TAG_LEN bytes to `out`, which is sealed.data
 * itself or does not overlap it.  BK_CORRUPT "wrong seal": then what was
 * written to `out` is wiped.
 */
int bk_aead_open(struct bk_aead *aead, const uint8_t nonce[BK_AEAD_NONCE_LEN],
		 struct bk_view aad, struct bk_view sealed, uint8_t *out,
		 struct bk_err *err);

#endif
