/* MD5: see md5.h; the low-level calls for the reasons given in digest.c. */

#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/md5.h"

#include <assert.h>
#include <openssl/md5.h>

static_assert(sizeof(MD5_CTX) <= sizeof(struct bk_md5),
	      "struct bk_md5 must hold OpenSSL's context");
static_assert(_Alignof(MD5_CTX) <= _Alignof(struct bk_md5),
	      "struct bk_md5 must be aligned for OpenSSL's context");

static MD5_CTX *context(struct bk_md5 *md5)
{
	return (void *)md5->state;
}

void bk_md5_init(struct bk_md5 *md5)
{
	(void)MD5_Init(context(md5)); /* these three cannot fail */
}

void bk_md5_update(struct bk_md5 *md5, const void *data, size_t len)
{
	if (len)
		(void)MD5_Update(context(md5), data, len);
}

void bk_md5_final(struct bk_md5 *md5, uint8_t out[BK_MD5_LEN])
{
	(void)MD5_Final(out, context(md5));
}

void bk_md5_of(const void *data, size_t len, uint8_t out[BK_MD5_LEN])
{
	struct bk_md5 md5;

	bk_md5_init(&md5);
	bk_md5_update(&md5, data, len);
	bk_md5_final(&md5, out);
}
