/* Whether a trailer can be that of its file: see container.h. */

#include "repo/container.h"

#define TRAILER_STORED (BK_TRAILER_LEN + BK_BLOCK_OVERHEAD)
#define PACK_BLOCKS    65535 /* data blocks of a pack, at most */

/* Rows of 24 bytes, 2730 to a block; len 0: a file of this type has none. */
struct rows_shape {
	uint32_t len, to_block;
};

static struct rows_shape shape_of(enum bk_file_type type)
{
	switch (type) {
	case BK_FILE_PACK:
	case BK_FILE_INDEX:
		return (struct rows_shape){24, 2730};
	case BK_FILE_TABLE:
		return (struct rows_shape){96, 682};
	case BK_FILE_MANIFEST:
	case BK_FILE_ROOT:
	case BK_FILE_INTENT:
	case BK_FILE_TRASH:
	case BK_FILE_HOLD:
		break;
	}
	return (struct rows_shape){0, 0};
}

/* Kinds of blocks that a file of this type does not have, or must have. */
static bool kinds_hold(const struct bk_trailer *trailer, enum bk_file_type type)
{
	switch (type) {
	case BK_FILE_PACK:
		return trailer->n_directory && trailer->n_data <= PACK_BLOCKS &&
		       !trailer->n_data == !trailer->n_items;
	case BK_FILE_INDEX:
	case BK_FILE_TABLE:
		return !trailer->n_data && !trailer->n_directory;
	case BK_FILE_MANIFEST:
		return trailer->n_data;
	case BK_FILE_ROOT:
	case BK_FILE_INTENT:
	case BK_FILE_TRASH:
	case BK_FILE_HOLD:
		break;
	}
	return trailer->n_data && !trailer->n_directory;
}

/* Do the fields that point to rows hold?  *end is where the row blocks end. */
static bool rows_hold(const struct bk_trailer *trailer, struct rows_shape shape,
		      uint64_t row_blocks, uint64_t *end)
{
	uint64_t rows = trailer->n_items;
	uint64_t least =
		BK_HEAD_LEN + (uint64_t)trailer->n_data * BK_BLOCK_OVERHEAD;

	if (trailer->rows_extra != shape.to_block)
		return false;
	if (!rows)
		return trailer->rows_offset == 0;
	/* Nothing is before the rows where there is no data. */
	if (trailer->rows_offset < least ||
	    (!trailer->n_data && trailer->rows_offset != least) ||
	    __builtin_add_overflow(
		    trailer->rows_offset,
		    rows * shape.len + row_blocks * BK_BLOCK_OVERHEAD, end))
		return false;
	return true;
}

/* The name blocks of a manifest are the last of its data blocks. */
static bool names_hold(const struct bk_trailer *trailer, enum bk_file_type type,
		       uint64_t end)
{
	if (type != BK_FILE_MANIFEST)
		return !trailer->rows_offset && !trailer->rows_extra;
	return trailer->rows_extra < trailer->n_data &&
	       trailer->rows_offset < end &&
	       trailer->rows_offset >=
		       BK_HEAD_LEN + (uint64_t)trailer->rows_extra *
					     BK_BLOCK_OVERHEAD;
}

static bool directory_holds(const struct bk_trailer *trailer,
			    uint64_t row_blocks, uint64_t end)
{
	if (!trailer->n_directory)
		return !trailer->first_directory && !trailer->directory_offset;
	return trailer->first_directory == trailer->n_data + row_blocks &&
	       trailer->directory_offset >= BK_HEAD_LEN &&
	       trailer->directory_offset < end;
}

bool bk_trailer_fits(const struct bk_trailer *trailer, enum bk_file_type type,
		     uint32_t number, uint64_t body_len, uint32_t *row_blocks)
{
	struct rows_shape shape = shape_of(type);
	uint64_t end = body_len - TRAILER_STORED;
	uint64_t rows_end = 0, n = 0;

	if (shape.to_block)
		n = ((uint64_t)trailer->n_items + shape.to_block - 1) /
		    shape.to_block;
	*row_blocks = (uint32_t)n;
	if (number != trailer->n_data + n + trailer->n_directory ||
	    !kinds_hold(trailer, type) || !directory_holds(trailer, n, end) ||
	    (!trailer->n_data && trailer->plain_bytes))
		return false;
	if (shape.to_block ? !rows_hold(trailer, shape, n, &rows_end)
			   : !names_hold(trailer, type, end))
		return false;
	if (trailer->n_directory)
		end = trailer->directory_offset;
	return !n || rows_end == end;
}
