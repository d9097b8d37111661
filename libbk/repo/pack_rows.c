/* What the rows of a pack may say: see pack_rows.h. */

#include "repo/pack_rows.h"

#include <string.h>

#include "base/bytes.h"
#include "mail/split.h"
#include "repo/known.h"
#include "repo/pack_writer.h"

#define ZERO 23 /* where a row has a zero */

static const char *fault_of_row(const uint8_t *row)
{
	static const uint8_t none[BK_CHUNK_ID_LEN];
	uint32_t len = bk_get_u32(row + BK_ROW_LENGTH);
	bool trace = row[BK_ROW_TYPE] == BK_CHUNK_TRACE;

	if (row[BK_ROW_TYPE] < BK_CHUNK_TRACE ||
	    row[BK_ROW_TYPE] > BK_CHUNK_TREE)
		return "a chunk of an impossible type";
	if (!len || len > BK_CHUNK_MAX)
		return "a chunk of an impossible length";
	if (trace && memcmp(row, none, sizeof(none)) != 0)
		return "a trace with an identifier";
	return row[ZERO] ? "a byte that should be zero" : NULL;
}

int bk_pack_rows_check(const struct bk_buf *rows, uint32_t first,
		       struct bk_err *err)
{
	for (size_t at = 0; at + BK_PACK_ROW_LEN <= rows->len;
	     at += BK_PACK_ROW_LEN) {
		const char *fault = fault_of_row(rows->data + at);
		if (fault)
			return bk_fail(err, BK_CORRUPT, "row %u: %s",
				       first + (uint32_t)(at / BK_PACK_ROW_LEN),
				       fault);
	}
	return 0;
}
