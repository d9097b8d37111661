/*
 * Erasure codes: k pieces of data and m pieces of parity, of the same length,
 * any k of which give the data back.  Reed-Solomon over GF(2^8), polynomial
 * 0x11d, by ISA-L:
 *
 *	parity p = sum over the places j of inverse((k + p) xor j) * data j
 *
 * Pure functions on memory; a code may be used by several threads at a time.
 * It repairs pieces that are known to be bad, and does not find them.
 */

#ifndef BK_BASE_ERASURE_H
#define BK_BASE_ERASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_ERASURE_DATA_MOST   64
#define BK_ERASURE_PARITY_MOST 16

struct bk_erasure;

/* k from 1 to BK_ERASURE_DATA_MOST, m from 1 to BK_ERASURE_PARITY_MOST. */
struct bk_erasure *bk_erasure_new(unsigned k, unsigned m);
void bk_erasure_free(struct bk_erasure *code); /* NULL is fine */

/* Adds what `data` at place `place` counts for to `len` bytes of each parity
 * piece, which is zero to begin with.  In any order and any parts. */
void bk_erasure_add(const struct bk_erasure *code, unsigned place,
		    const uint8_t *data, size_t len, uint8_t *const parity[]);

/*
 * pieces[0..k) is data, pieces[k..k + m) parity.  Computes the data pieces that
 * are not good from those that are; parity is left as it is.  False, and
 * nothing is changed, when fewer than k are good.
 */
bool bk_erasure_rebuild(const struct bk_erasure *code, uint8_t *const pieces[],
			const bool good[], size_t len);

#endif
