/* Base64 by libsodium: see encode.h. */

#include "crypto/encode.h"

#include <sodium.h>
#include <string.h>

#include "crypto/secret.h"

void bk_encode_base64(struct bk_buf *out, const void *data, size_t len,
		      bool padded)
{
	int variant = padded ? sodium_base64_VARIANT_ORIGINAL
			     : sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
	size_t room = sodium_base64_encoded_len(len, variant);

	bk_crypto_ready();
	char *text = (char *)bk_buf_room(out, room);
	(void)sodium_bin2base64(text, room, data, len, variant);
	out->len += strlen(text);
}

bool bk_decode_base64(struct bk_buf *out, const void *text, size_t len)
{
	size_t room = len / 4 * 3 + 3, n = 0;

	bk_crypto_ready();
	uint8_t *bytes = bk_buf_room(out, room);
	if (sodium_base642bin(bytes, room, text, len, NULL, &n, NULL,
			      sodium_base64_VARIANT_ORIGINAL) < 0)
		return false;
	out->len += n;
	return true;
}
