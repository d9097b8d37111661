/* The marker of a repository: see repo.h. */

#include "repo/marker.h"

#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"

static const uint8_t magic[8] = {0x89, 'B', 'K', 'R', '\r', '\n', 0x1a, '\n'};

void bk_marker_encode(const struct bk_marker *marker,
		      uint8_t out[BK_MARKER_LEN])
{
	memset(out, 0, BK_MARKER_LEN);
	memcpy(out, magic, sizeof(magic));
	out[8] = marker->major;
	out[9] = marker->least_reader;
	bk_put_u32(out + 12, marker->made_days);
	memcpy(out + 16, marker->id, BK_ID_LEN);
	bk_put_u32(out + 60, bk_crc32(0, out, 60));
}

int bk_marker_decode(struct bk_view bytes, struct bk_marker *out,
		     struct bk_err *err)
{
	const uint8_t *at = bytes.data;
	uint8_t zero = 0;

	if (bytes.len != BK_MARKER_LEN || memcmp(at, magic, sizeof(magic)) != 0)
		return bk_fail(err, BK_CORRUPT,
			       "not the marker of a "
			       "repository");
	if (bk_get_u32(at + 60) != bk_crc32(0, at, 60))
		return bk_fail(err, BK_CORRUPT, "wrong CRC");
	if (at[9] > BK_FORMAT_MAJOR)
		return bk_fail(err, BK_NEWER,
			       "made by a newer version (format %u); upgrade "
			       "this host first",
			       at[9]);
	for (size_t i = 32; i < 60; i++)
		zero |= at[i];
	if (!at[8] || !at[9] || at[9] > at[8] || bk_get_u16(at + 10) ||
	    (zero && at[8] == BK_FORMAT_MAJOR))
		return bk_fail(err, BK_CORRUPT, "a field that cannot be");
	out->major = at[8];
	out->least_reader = at[9];
	out->made_days = bk_get_u32(at + 12);
	memcpy(out->id, at + 16, BK_ID_LEN);
	return 0;
}
