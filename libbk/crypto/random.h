/* Random bytes from the kernel, fit for keys. */

#ifndef BK_CRYPTO_RANDOM_H
#define BK_CRYPTO_RANDOM_H

#include <stddef.h>

/* Any thread.  Blocks only until the kernel has gathered entropy after boot;
 * dies when there is no source at all: going on would be worse. */
void bk_random_bytes(void *out, size_t len);

#endif
