/*
 * MD5 (RFC 1321): what S3 and others check a body by that came over the
 * network.  It finds flipped bits; it proves nothing against an attacker.
 */

#ifndef BK_CRYPTO_MD5_H
#define BK_CRYPTO_MD5_H

#include <stddef.h>
#include <stdint.h>

#define BK_MD5_LEN 16

struct bk_md5 {
	_Alignas(16) uint8_t state[96]; /* opaque */
};

void bk_md5_init(struct bk_md5 *md5);
void bk_md5_update(struct bk_md5 *md5, const void *data, size_t len);
void bk_md5_final(struct bk_md5 *md5, uint8_t out[BK_MD5_LEN]);

/* All in one go. */
void bk_md5_of(const void *data, size_t len, uint8_t out[BK_MD5_LEN]);

#endif
