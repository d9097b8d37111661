/* Reading from a spread target: rows of pieces, and those that are missing
 * computed from the others. */

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "target/spread_parts.h"

#define AT_A_TIME 16 /* pieces of data */

/* Some rows of a blob on their way. */
struct rows {
	struct bk_spread *spread;
	struct bk_spread_blob *blob;
	uint32_t first, n;
	size_t len; /* of the pieces of one shard, one after the other */
	uint8_t *pieces[BK_SPREAD_MOST];
	bool good[BK_SPREAD_MOST];
};

/* 1; 0: that shard is no good; -1: nobody has it, for it is our fault. */
static int read_shard(struct rows *rows, unsigned number, struct bk_err *err)
{
	struct bk_spread_blob *blob = rows->blob;
	struct bk_spread *spread = rows->spread;
	struct bk_err why = {0};

	if (bk_cancelled(err) < 0)
		return -1;
	struct bk_shard *shard =
		bk_spread_blob_shard(spread, blob, number, &why);
	if (!shard)
		return 0;
	if (bk_shard_read(shard, rows->first, rows->n, rows->pieces[number],
			  &why) == 0) {
		rows->good[number] = true;
		return 1;
	}
	if (why.kind == BK_CANCELLED || why.kind == BK_STARVED) {
		*err = why;
		return -1;
	}
	bk_spread_blob_spoilt(spread, blob, number, &why);
	return 0;
}

static int too_few(const struct rows *rows, unsigned have, struct bk_err *err)
{
	struct bk_spread_blob *blob = rows->blob;
	struct bk_err why = {.kind = BK_GONE};

	(void)pthread_mutex_lock(&blob->lock);
	for (unsigned i = 0; i < blob->shards; i++)
		if (blob->why[i].kind && why.kind == BK_GONE)
			why = blob->why[i];
	(void)pthread_mutex_unlock(&blob->lock);
	*err = why;
	bk_spread_blob_forget(rows->spread, blob->name);
	return bk_context(err, "%s: %u of the %u %s that are needed; first",
			  blob->name, have, blob->d,
			  blob->cut ? "shards" : "copies");
}

/* Any d shards, those that lack computed. */
static int rebuild(struct rows *rows, struct bk_err *err)
{
	struct bk_spread_blob *blob = rows->blob;
	unsigned have = 0;

	for (unsigned i = 0; i < blob->shards; i++)
		have += rows->good[i];
	for (unsigned i = 0; i < blob->shards && have < blob->d; i++) {
		int rc = rows->good[i] ? 0 : read_shard(rows, i, err);
		if (rc < 0)
			return -1;
		have += rc > 0;
	}
	if (have < blob->d)
		return too_few(rows, have, err);
	(void)bk_erasure_rebuild(rows->spread->code, rows->pieces, rows->good,
				 rows->len);
	return 0;
}

/* A copy from whoever has a good one, those that did not answer last. */
static int read_copy(struct rows *rows, struct bk_err *err)
{
	struct bk_spread_blob *blob = rows->blob;

	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < blob->shards; i++) {
			bool silent =
				atomic_load(&rows->spread->children[i].silent);
			if (silent != (pass == 1))
				continue;
			rows->pieces[i] = rows->pieces[0];
			int rc = read_shard(rows, i, err);
			if (rc != 0)
				return rc < 0 ? -1 : 0;
		}
	return too_few(rows, 0, err);
}

/* The columns that are wanted, [from, to). */
static int read_columns(struct rows *rows, unsigned from, unsigned to,
			struct bk_err *err)
{
	bool all = true;

	memset(rows->good, 0, sizeof(rows->good));
	if (!rows->blob->cut)
		return read_copy(rows, err);
	for (unsigned c = from; c < to; c++) {
		int rc = read_shard(rows, c, err);
		if (rc < 0)
			return -1;
		all &= rc > 0;
	}
	return all ? 0 : rebuild(rows, err);
}

/* ---- which rows ---- */

static void choose_rows(struct rows *rows, uint64_t at)
{
	const struct bk_shard_layout *layout = &rows->blob->layout;
	uint64_t row = (uint64_t)layout->d * BK_PIECE;
	uint32_t most = AT_A_TIME / layout->d ? AT_A_TIME / layout->d : 1;

	rows->first = (uint32_t)(at / row);
	rows->n = layout->rows - rows->first;
	if (rows->n > most)
		rows->n = most;
}

/* No more of them than reach to `end`. */
static void cut_rows(struct rows *rows, uint64_t end)
{
	const struct bk_shard_layout *layout = &rows->blob->layout;
	uint64_t row = (uint64_t)layout->d * BK_PIECE;
	uint32_t last = (uint32_t)((end - 1) / row);

	if (rows->first + rows->n > last + 1)
		rows->n = last + 1 - rows->first;
	rows->len = 0;
	for (uint32_t i = 0; i < rows->n; i++)
		rows->len += bk_shard_piece(layout, rows->first + i);
}

/* What lies in [from, to) of them. */
static int send_cells(const struct rows *rows, uint64_t from, uint64_t to,
		      struct bk_sink *sink, struct bk_err *err)
{
	const struct bk_shard_layout *layout = &rows->blob->layout;

	for (uint32_t i = 0; i < rows->n; i++)
		for (unsigned c = 0; c < layout->d; c++) {
			uint64_t start;
			size_t n = bk_shard_cell(layout, rows->first + i, c,
						 &start);
			uint64_t end = start + n < to ? start + n : to;
			uint64_t at = start > from ? start : from;
			if (at >= end)
				continue;
			const uint8_t *cell =
				rows->pieces[c] + i * (size_t)BK_PIECE;
			if (sink->write(sink, cell + (at - start),
					(size_t)(end - at), err) < 0)
				return -1;
		}
	return 0;
}

/* The columns of a single row that reach into [from, to). */
static void choose_columns(const struct rows *rows, uint64_t from, uint64_t to,
			   unsigned *first, unsigned *end)
{
	const struct bk_shard_layout *layout = &rows->blob->layout;

	*first = 0;
	*end = layout->d;
	if (rows->n > 1)
		return;
	for (unsigned c = 0; c < layout->d; c++) {
		uint64_t start;
		size_t n = bk_shard_cell(layout, rows->first, c, &start);
		if (start + n <= from)
			*first = c + 1;
		if (start >= to && *end > c)
			*end = c;
	}
}

int bk_spread_blob_read(struct bk_spread *spread, struct bk_spread_blob *blob,
			uint64_t offset, uint64_t len, struct bk_sink *to,
			struct bk_err *err)
{
	struct rows rows = {.spread = spread, .blob = blob};
	uint64_t end = offset + len;
	int rc = 0;

	if (end < offset || end > blob->layout.length)
		return bk_fail(err, BK_CORRUPT, "%s/%s: ends at %ju bytes",
			       spread->where, blob->name,
			       (uintmax_t)blob->layout.length);
	unsigned slots = blob->cut ? blob->shards : 1;
	size_t room = (AT_A_TIME / blob->d + 1) * BK_PIECE;
	uint8_t *bytes = len ? bk_alloc(slots * room) : NULL;
	for (unsigned i = 0; i < slots && bytes; i++)
		rows.pieces[i] = bytes + i * room;
	while (rc == 0 && offset < end) {
		unsigned first, last;
		choose_rows(&rows, offset);
		cut_rows(&rows, end);
		choose_columns(&rows, offset, end, &first, &last);
		rc = read_columns(&rows, first, last, err);
		if (rc == 0)
			rc = send_cells(&rows, offset, end, to, err);
		offset = (uint64_t)(rows.first + rows.n) * blob->layout.d *
			 BK_PIECE;
	}
	free(bytes);
	return rc;
}

/* ---- the acts ---- */

static int get(struct bk_spread *spread, struct bk_spread_blob *blob,
	       struct bk_stretch what, struct bk_sink *to, struct bk_err *err)
{
	int rc = bk_spread_blob_read(spread, blob, what.offset, what.len, to,
				     err);

	bk_spread_blob_close(spread, blob);
	return rc;
}

int bk_spread_get(struct bk_target *target, const char *name, uint64_t offset,
		  uint64_t len, struct bk_sink *to, struct bk_err *err)
{
	struct bk_spread *spread = bk_spread_here(target);
	struct bk_spread_blob *blob = NULL;

	if (bk_spread_blob_open(spread, name, false, &blob, err) < 0)
		return -1;
	return get(spread, blob, (struct bk_stretch){offset, len}, to, err);
}

int bk_spread_get_stored(struct bk_target *target, const char *name,
			 uint64_t offset, uint64_t len, struct bk_sink *to,
			 struct bk_err *err)
{
	struct bk_spread *spread = bk_spread_here(target);
	struct bk_spread_blob *blob = NULL;

	if (bk_spread_blob_open(spread, name, true, &blob, err) < 0)
		return -1;
	return get(spread, blob, (struct bk_stretch){offset, len}, to, err);
}

int bk_spread_stat(struct bk_target *target, const char *name, uint64_t *size,
		   struct bk_err *err)
{
	struct bk_spread *spread = bk_spread_here(target);
	struct bk_spread_blob *blob = NULL;

	bk_spread_blob_forget(spread, name);
	if (bk_spread_blob_open(spread, name, false, &blob, err) < 0)
		return -1;
	*size = blob->layout.length;
	bk_spread_blob_close(spread, blob);
	return 0;
}
