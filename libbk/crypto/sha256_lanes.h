/*
 * SHA-256's compression function (FIPS 180-4, 6.2.2) on sixteen states at a
 * time, for AVX-512.
 */

#ifndef BK_CRYPTO_SHA256_LANES_H
#define BK_CRYPTO_SHA256_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_SHA256_LANES 16

/* Word i of the state of each lane. */
struct bk_sha256_lanes {
	_Alignas(64) uint32_t words[8][BK_SHA256_LANES];
};

/* Whether this processor can do it, and is faster that way. */
bool bk_sha256_lanes_help(void);

/* Each lane takes `blocks` blocks of 64 bytes from its own place. */
void bk_sha256_lanes_take(struct bk_sha256_lanes *lanes,
			  const uint8_t *const from[BK_SHA256_LANES],
			  size_t blocks);

#endif
