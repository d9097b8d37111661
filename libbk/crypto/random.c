/* Random bytes, by libsodium (getrandom): see random.h. */

#include "crypto/random.h"

#include <sodium.h>

#include "crypto/secret.h"

void bk_random_bytes(void *out, size_t len)
{
	bk_crypto_ready();
	randombytes_buf(out, len);
}
