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
