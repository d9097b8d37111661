/* Memory for keys and passwords, by libsodium: see secret.h. */

#include "crypto/secret.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void make_ready(void)
{
	if (sodium_init() >= 0)
		return;
	(void)fprintf(stderr, "bk: no source of random numbers\n");
	abort();
}

void bk_crypto_ready(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, make_ready);
}

void *bk_secure_alloc(size_t n)
{
	bk_crypto_ready();
	void *p = sodium_malloc(n);
	if (!p) {
		(void)fprintf(stderr, "bk: out of memory for keys\n");
		abort();
	}
	memset(p, 0, n);
	return p;
}

void bk_secure_free(void *p)
{
	sodium_free(p);
}

void bk_secret_alloc(struct bk_secret *secret, size_t len)
{
	bk_secret_clear(secret);
	if (!len)
		return;
	secret->data = bk_secure_alloc(len);
	secret->len = len;
}

void bk_secret_set(struct bk_secret *secret, const void *data, size_t len)
{
	struct bk_secret copy = {0};

	bk_secret_alloc(&copy, len); /* data may be a part of *secret */
	if (len)
		memcpy(copy.data, data, len);
	bk_secret_clear(secret);
	*secret = copy;
}

void bk_secret_cut(struct bk_secret *secret, size_t len)
{
	if (len < secret->len)
		bk_secret_set(secret, secret->data, len);
}

void bk_secret_clear(struct bk_secret *secret)
{
	bk_secure_free(secret->data);
	*secret = (struct bk_secret){0};
}

bool bk_secret_equal(const struct bk_secret *a, const struct bk_secret *b)
{
	return a->len == b->len && bk_bytes_equal(a->data, b->data, a->len);
}

bool bk_bytes_equal(const void *a, const void *b, size_t len)
{
	return len == 0 || sodium_memcmp(a, b, len) == 0;
}

void bk_wipe(void *data, size_t len)
{
	if (len)
		sodium_memzero(data, len);
}
