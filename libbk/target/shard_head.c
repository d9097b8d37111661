/* What a shard is: its layout and its header.  See shard.h. */

#include "target/shard.h"

#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"

#define VERSION    1
#define STRIPE_LOG 16
#define LONGEST    ((uint64_t)1 << 40)

static const uint8_t magic[8] = {0x89, 'B', 'K', 'S', '\r', '\n', 0x1a, '\n'};

int bk_shard_layout(struct bk_shard_layout *out, unsigned d, uint64_t length,
		    struct bk_err *err)
{
	uint64_t row = (uint64_t)d * BK_PIECE;

	if (length >= LONGEST)
		return bk_fail(err, BK_CORRUPT, "a length that no blob has");
	uint64_t last = (length % row + d - 1) / d;
	*out = (struct bk_shard_layout){
		.length = length,
		.d = d,
		.payload = length / row * BK_PIECE + last,
		.rows = (uint32_t)(length / row + (last > 0)),
	};
	out->start = BK_SHARD_HEADER + 4 * ((uint64_t)out->rows + 1);
	return 0;
}

size_t bk_shard_piece(const struct bk_shard_layout *layout, uint32_t row)
{
	uint64_t left = layout->payload - row * (uint64_t)BK_PIECE;

	return left < BK_PIECE ? (size_t)left : BK_PIECE;
}

size_t bk_shard_cell(const struct bk_shard_layout *layout, uint32_t row,
		     unsigned column, uint64_t *offset)
{
	uint64_t piece = bk_shard_piece(layout, row);
	uint64_t at = row * (uint64_t)layout->d * BK_PIECE + column * piece;

	*offset = at;
	if (at >= layout->length)
		return 0;
	return layout->length - at < piece ? (size_t)(layout->length - at)
					   : (size_t)piece;
}

bool bk_shard_copy_length(uint64_t size, uint64_t *length)
{
	const uint64_t least = BK_SHARD_HEADER + 4;

	if (size < least || size >= LONGEST)
		return false;
	uint64_t pieces = (size - least + BK_PIECE + 3) / (BK_PIECE + 4);
	*length = size - least - 4 * pieces;
	return (*length + BK_PIECE - 1) / BK_PIECE == pieces;
}

void bk_shard_head_encode(const struct bk_shard_head *head,
			  uint8_t out[BK_SHARD_HEADER])
{
	memset(out, 0, BK_SHARD_HEADER);
	memcpy(out, magic, sizeof(magic));
	out[8] = VERSION;
	out[9] = head->d;
	out[10] = head->p;
	out[11] = head->targets;
	out[12] = head->position;
	out[13] = head->number;
	out[14] = head->code;
	out[15] = STRIPE_LOG;
	bk_put_u32(out + 16, head->turn);
	bk_put_u64(out + 24, head->length);
	memcpy(out + 32, head->name, sizeof(head->name));
	memcpy(out + 48, head->original, sizeof(head->original));
	memcpy(out + 80, head->payload, sizeof(head->payload));
	bk_put_u32(out + 124, bk_crc32(0, out, 124));
}

static bool is_possible(const struct bk_shard_head *head, const uint8_t *in)
{
	uint8_t zero = 0;

	for (size_t i = 112; i < 124; i++)
		zero |= in[i];
	if (zero || bk_get_u32(in + 20) || in[15] != STRIPE_LOG)
		return false;
	if (!head->d || !head->p || head->targets > BK_SPREAD_MOST ||
	    head->d + head->p > head->targets ||
	    head->position >= head->targets)
		return false;
	return head->code == BK_SHARD_COPY
		       ? head->number == 0 &&
				 memcmp(head->original, head->payload,
					BK_SHA256_LEN) == 0
		       : head->code == BK_SHARD_REED_SOLOMON &&
				 head->number < head->d + head->p;
}

int bk_shard_head_decode(const uint8_t in[BK_SHARD_HEADER],
			 struct bk_shard_head *out, struct bk_err *err)
{
	if (memcmp(in, magic, sizeof(magic)) != 0)
		return bk_fail(err, BK_CORRUPT, "is not the shard of a file");
	if (bk_get_u32(in + 124) != bk_crc32(0, in, 124))
		return bk_fail(err, BK_CORRUPT, "the header has a wrong CRC");
	if (in[8] > VERSION)
		return bk_fail(err, BK_NEWER,
			       "made by a newer version (spread %u); upgrade "
			       "this host first",
			       in[8]);
	*out = (struct bk_shard_head){
		.d = in[9],
		.p = in[10],
		.targets = in[11],
		.position = in[12],
		.number = in[13],
		.code = in[14],
		.turn = bk_get_u32(in + 16),
		.length = bk_get_u64(in + 24),
	};
	memcpy(out->name, in + 32, sizeof(out->name));
	memcpy(out->original, in + 48, sizeof(out->original));
	memcpy(out->payload, in + 80, sizeof(out->payload));
	if (in[8] != VERSION || !is_possible(out, in))
		return bk_fail(err, BK_CORRUPT, "a field that cannot be");
	return 0;
}
