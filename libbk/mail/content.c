/* Text or binary: see content.h. */

#include "mail/content.h"

#include <stddef.h>

#define SAMPLES    4
#define SAMPLE_LEN ((size_t)512)
#define BLOCK      ((size_t)64)

/* One in 32 is forgiven: compressed data has three times as many. */
#define STRANGE_MAX(len) ((len) / 32)

/* Fine are tab to CR, ESC, which ISO-2022 uses, and all but DEL from space on.
 * Without branches, so that a compiler can make vectors of it. */
static uint8_t is_strange(uint8_t byte)
{
	uint8_t control = (byte < 32) & ((uint8_t)(byte - '\t') > '\r' - '\t');

	return (control & (byte != 27)) | (byte == 127);
}

static bool sample_is_text(const uint8_t *bytes, size_t len)
{
	size_t strange = 0;
	size_t at = 0;

	for (; at + BLOCK <= len; at += BLOCK) {
		uint8_t n = 0;
		for (size_t i = 0; i < BLOCK; i++)
			n = (uint8_t)(n + is_strange(bytes[at + i]));
		strange += n;
	}
	for (; at < len; at++)
		strange += is_strange(bytes[at]);
	return strange <= STRANGE_MAX(len);
}

bool bk_content_is_text(struct bk_view bytes)
{
	if (bytes.len <= SAMPLES * SAMPLE_LEN)
		return sample_is_text(bytes.data, bytes.len);
	size_t step = (bytes.len - SAMPLE_LEN) / (SAMPLES - 1);
	for (size_t i = 0; i < SAMPLES; i++) {
		if (!sample_is_text(bytes.data + i * step, SAMPLE_LEN))
			return false;
	}
	return true;
}
