/* scrypt (RFC 7914): a password made into a key, slowly on purpose. */

#ifndef BK_CRYPTO_SCRYPT_H
#define BK_CRYPTO_SCRYPT_H

#include <stdint.h>

#include "base/err.h"
#include "crypto/digest.h"
#include "crypto/secret.h"

#define BK_SCRYPT_SALT_LEN 32

/* What a reader accepts (bk-format(5)); a new slot is never made below
 * BK_SCRYPT_WRITE_LOG2_N. */
#define BK_SCRYPT_LEAST_LOG2_N 14
#define BK_SCRYPT_MOST_LOG2_N  22
#define BK_SCRYPT_MOST_R       32
#define BK_SCRYPT_MOST_P       16
#define BK_SCRYPT_WRITE_LOG2_N 17

struct bk_scrypt {
	uint8_t log2_n;
	uint8_t r;
	uint8_t p;
};

/* 256 MiB, about 0.8 s: what a new slot takes. */
extern const struct bk_scrypt bk_scrypt_usual;

/*
 * out = scrypt(password, salt).  BK_CORRUPT for parameters outside what a
 * reader accepts, BK_REFUSED when they want more than half of this machine's
 * memory; both are told before anything is computed.  Blocks for about a
 * second, more with higher parameters.
 */
int bk_scrypt(const struct bk_scrypt *cost, const struct bk_secret *password,
	      const uint8_t salt[BK_SCRYPT_SALT_LEN], uint8_t out[BK_KEY_LEN],
	      struct bk_err *err);

#endif
