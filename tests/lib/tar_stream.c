/* Tar streams by hand: see tar_stream.h. */

#include "lib/tar_stream.h"

#include <stdio.h>
#include <string.h>

static void header(struct bk_buf *to, const char *name, char type,
		   const char *link, size_t size)
{
	char block[TAR_BLOCK] = {0};
	unsigned sum = 0;

	memcpy(block, name, strnlen(name, 100));
	memcpy(block + 100, "0000644", 8);
	memcpy(block + 108, "0000000", 8);
	memcpy(block + 116, "0000000", 8);
	(void)snprintf(block + 124, 12, "%011o", (unsigned)size);
	memcpy(block + 136, "00000000000", 12);
	block[156] = type;
	if (link)
		memcpy(block + 157, link, strnlen(link, 100));
	memcpy(block + 257, "ustar\00000", 8);
	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += (unsigned char)block[i];
	(void)snprintf(block + 148, 8, "%06o", sum);
	bk_buf_add(to, block, TAR_BLOCK);
}

static void contents(struct bk_buf *to, const void *data, size_t len)
{
	static const char zeros[TAR_BLOCK];

	bk_buf_add(to, data, len);
	bk_buf_add(to, zeros, (TAR_BLOCK - len % TAR_BLOCK) % TAR_BLOCK);
}

void tar_entry(struct bk_buf *to, const char *name, char type, const char *link,
	       const char *text)
{
	header(to, name, type, link, strlen(text));
	contents(to, text, strlen(text));
}

/* Its length counts the digits that say it. */
void tar_pax(struct bk_buf *to, const char *key, const char *value)
{
	size_t rest = strlen(key) + strlen(value) + 3, len = rest;
	struct bk_buf record = {0};
	char digits[24];

	for (int i = 0; i < 3; i++)
		len = rest +
		      (size_t)snprintf(digits, sizeof(digits), "%zu", len);
	bk_buf_printf(&record, "%zu %s=%s\n", len, key, value);
	header(to, "pax", 'x', NULL, record.len);
	contents(to, record.data, record.len);
	bk_buf_clear(&record);
}
