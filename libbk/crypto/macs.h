/*
 * bk_mac_tagged() of many messages at a time.
 *
 * One SHA-256 uses a small part of a core, because each round waits for the
 * one before it; sixteen of them side by side in the lanes of AVX-512 take
 * hardly longer than one.  Where the processor has SHA instructions, or no
 * AVX-512, the messages are done one after the other.  The results are the
 * same.
 */

#ifndef BK_CRYPTO_MACS_H
#define BK_CRYPTO_MACS_H

#include <stdbool.h>

#include "crypto/digest.h"

/* A message: the tag byte, then the bytes, which are the caller's. */
struct bk_mac_job {
	uint8_t tag;
	struct bk_view bytes;
	uint8_t out[BK_SHA256_LEN];
};

/* Whether many at a time take less than one after the other. */
bool bk_macs_gain(void);

/* Fills `out` of n jobs.  Several threads may use one key. */
void bk_macs_tagged(const struct bk_mac_key *key, struct bk_mac_job *jobs,
		    size_t n);

#endif
