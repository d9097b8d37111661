/* What tells a message from others: see identity.h. */

#include "mail/identity.h"

#include <string.h>

static void take_waiting(struct bk_identifier *it)
{
	if (!it->in_body)
		bk_sha256_update(&it->header, it->waiting, it->len);
	if (it->wants_whole)
		bk_sha256_update(&it->whole, it->waiting, it->len);
	it->len = 0;
}

static void take(struct bk_identifier *it, uint8_t byte)
{
	if (it->len == sizeof(it->waiting))
		take_waiting(it);
	it->waiting[it->len++] = byte;
	it->line_begun = byte != '\n';
}

/* The empty line is not of the header: not all servers send it. */
static void end_line(struct bk_identifier *it)
{
	if (!it->in_body && !it->line_begun) {
		take_waiting(it);
		it->in_body = true;
	}
	take(it, '\n');
}

static uint8_t plain(const struct bk_identifier *it, uint8_t byte)
{
	if (it->in_body)
		return byte ? byte : 0x80;
	return byte & 0x80 || !byte ? 'X' : byte;
}

static void add(struct bk_identifier *it, uint8_t byte)
{
	bool after_cr = it->cr;

	it->cr = byte == '\r';
	if (byte == '\n') {
		it->wire_size += !after_cr;
		end_line(it);
		return;
	}
	if (after_cr)
		take(it, '\r');
	if (!it->cr)
		take(it, plain(it, byte));
}

static int write_identifier(struct bk_sink *sink, const void *data, size_t len,
			    struct bk_err *err)
{
	struct bk_identifier *it = (struct bk_identifier *)sink;
	const uint8_t *bytes = data;

	(void)err;
	it->wire_size += len;
	for (size_t i = 0; i < len; i++)
		add(it, bytes[i]);
	return 0;
}

void bk_identifier_init(struct bk_identifier *it, bool whole)
{
	it->sink.write = write_identifier;
	bk_sha256_init(&it->header);
	bk_sha256_init(&it->whole);
	it->wants_whole = whole;
	it->in_body = it->cr = it->line_begun = false;
	it->wire_size = 0;
	it->len = 0;
}

void bk_identifier_end(struct bk_identifier *it, struct bk_identity *out)
{
	uint8_t digest[BK_SHA256_LEN];

	if (it->cr)
		take(it, '\r');
	it->cr = false;
	take_waiting(it);
	/* A last line without an end is a line. */
	if (!it->in_body && it->line_begun)
		bk_sha256_update(&it->header, "\n", 1);
	bk_sha256_final(&it->header, digest);
	memcpy(out->header, digest, sizeof(out->header));
	out->wire_size = it->wire_size;
}

void bk_identifier_whole(struct bk_identifier *it,
			 uint8_t digest[BK_DIGEST_LEN])
{
	uint8_t all[BK_SHA256_LEN];

	bk_sha256_final(&it->whole, all);
	memcpy(digest, all, BK_DIGEST_LEN);
}

bool bk_identity_is_bare(const struct bk_identity *identity)
{
	struct bk_identifier nothing;
	struct bk_identity bare;

	bk_identifier_init(&nothing, false);
	bk_identifier_end(&nothing, &bare);
	return memcmp(bare.header, identity->header, sizeof(bare.header)) == 0;
}
