/*
 * Bytes that nobody else should see: passwords and keys.  They lie between
 * guard pages, are locked in memory where the system allows it, stay out of
 * core dumps, and are wiped when cleared.
 */

#ifndef BK_CRYPTO_SECRET_H
#define BK_CRYPTO_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* {0} is a valid empty one. */
struct bk_secret {
	uint8_t *data; /* owned; NULL while len is 0 */
	size_t len;
};

/* Makes libsodium ready; every function of this room that needs it calls this
 * by itself.  Any thread, any number of times; dies if it cannot be done. */
void bk_crypto_ready(void);

/* len zeroed bytes, what was there before cleared.  Each takes some pages:
 * keep keys together in one.  Dies when memory is out. */
void bk_secret_alloc(struct bk_secret *secret, size_t len);
void bk_secret_set(struct bk_secret *secret, const void *data, size_t len);
/* Shortens it; the bytes cut off are wiped. */
void bk_secret_cut(struct bk_secret *secret, size_t len);
void bk_secret_clear(struct bk_secret *secret); /* {0} again */
bool bk_secret_equal(const struct bk_secret *a, const struct bk_secret *b);

static inline struct bk_view bk_secret_view(const struct bk_secret *secret)
{
	return (struct bk_view){secret->data, secret->len};
}

/* n zeroed bytes of the same kind of memory, for a struct that holds keys.
 * Dies when memory is out. */
void *bk_secure_alloc(size_t n);
void bk_secure_free(void *p); /* wipes; NULL is fine */

/* In a time that does not depend on the bytes. */
bool bk_bytes_equal(const void *a, const void *b, size_t len);
/* The compiler does not leave it out. */
void bk_wipe(void *data, size_t len);

#endif
