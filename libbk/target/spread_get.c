/* Reading from a spread target: rows of pieces, and those that are missing
 * computed from the others. */

#include <limits.h>
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
	uint32_t all; /* a bit for each of them */
	uint8_t *pieces[BK_SPREAD_MOST];
	uint32_t good[BK_SPREAD_MOST]; /* rows whose piece is there */
};

/* It says nothing of what lies there. */
static bool is_ours(enum bk_kind kind)
{
	return kind == BK_CANCELLED || kind == BK_STARVED;
}

/* The shard's own, and not the place where it lies: other pieces of it may be
 * right. */
static bool is_of_the_piece(enum bk_kind kind)
{
	return kind == BK_CORRUPT || kind == BK_FAILED;
}

/* One piece; -1 with what ends the reading of this shard. */
static int read_piece(struct rows *rows, unsigned number,
		      const struct bk_shard *shard, uint32_t i,
		      struct bk_err *why)
{
	uint8_t *into = rows->pieces[number] + i * (size_t)BK_PIECE;
	struct bk_err wrong = {0};

	if (bk_cancelled(why) < 0)
		return -1;
	if (bk_shard_read(shard, rows->first + i, 1, into, &wrong) == 0) {
		rows->good[number] |= UINT32_C(1) << i;
		return 0;
	}
	if (!is_of_the_piece(wrong.kind)) {
		*why = wrong;
		return -1;
	}
	bk_spread_blob_piece_bad(rows->spread, rows->blob, number,
				 rows->first + i, &wrong);
	return 0;
}

/* The rows in `want`: by one request, or, where that does not give all of them,
 * one after the other. */
static int read_pieces(struct rows *rows, unsigned number,
		       const struct bk_shard *shard, uint32_t want,
		       struct bk_err *why)
{
	struct bk_err wrong = {0};
	int rc = 0;

	want &= ~bk_spread_blob_bad(rows->blob, number, rows->first);
	if (want == rows->all) {
		if (bk_shard_read(shard, rows->first, rows->n,
				  rows->pieces[number], &wrong) == 0) {
			rows->good[number] = want;
			return 0;
		}
		if (!is_of_the_piece(wrong.kind)) {
			*why = wrong;
			return -1;
		}
	}
	for (uint32_t i = 0; rc == 0 && i < rows->n; i++)
		if (want >> i & 1)
			rc = read_piece(rows, number, shard, i, why);
	return rc;
}

/* What that shard has of the rows in `want`; -1: nobody has it, for it is our
 * fault. */
static int read_shard(struct rows *rows, unsigned number, uint32_t want,
		      struct bk_err *err)
{
	struct bk_spread_blob *blob = rows->blob;
	struct bk_spread *spread = rows->spread;
	struct bk_err why = {0};

	if (bk_cancelled(err) < 0)
		return -1;
	struct bk_shard *shard =
		bk_spread_blob_shard(spread, blob, number, &why);
	if (!shard || read_pieces(rows, number, shard, want, &why) == 0)
		return 0;
	if (is_ours(why.kind)) {
		*err = why;
		return -1;
	}
	rows->good[number] = 0;
	bk_spread_blob_spoilt(spread, blob, number, &why);
	return 0;
}

static int too_few(const struct rows *rows, unsigned have, struct bk_err *err)
{
	struct bk_spread_blob *blob = rows->blob;
	struct bk_err why = {.kind = BK_GONE};

	(void)pthread_mutex_lock(&blob->lock);
	if (blob->first_bad.kind)
		why = blob->first_bad;
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

/* How many pieces that row has. */
static unsigned pieces_of(const struct rows *rows, uint32_t row)
{
	unsigned n = 0;

	for (unsigned i = 0; i < rows->blob->shards; i++)
		n += rows->good[i] >> row & 1;
	return n;
}

/* Of the row that has least. */
static unsigned least(const struct rows *rows)
{
	unsigned n = UINT_MAX;

	for (uint32_t row = 0; row < rows->n; row++) {
		unsigned its = pieces_of(rows, row);
		if (its < n)
			n = its;
	}
	return n;
}

/* Those rows from `row` on that the same shards have, from these; the one after
 * them. */
static uint32_t rebuild_alike(const struct rows *rows, uint32_t row)
{
	const struct bk_spread_blob *blob = rows->blob;
	uint8_t *pieces[BK_SPREAD_MOST];
	bool good[BK_SPREAD_MOST] = {0};
	uint32_t end = row;
	size_t len = 0;
	bool alike = true;

	for (unsigned i = 0; i < blob->shards; i++) {
		good[i] = rows->good[i] >> row & 1;
		pieces[i] = rows->pieces[i] + row * (size_t)BK_PIECE;
	}
	while (alike) {
		len += bk_shard_piece(&blob->layout, rows->first + end++);
		alike = end < rows->n;
		for (unsigned i = 0; alike && i < blob->shards; i++)
			alike = good[i] == (rows->good[i] >> end & 1);
	}
	(void)bk_erasure_rebuild(rows->spread->code, pieces, good, len);
	return end;
}

/* Of each row any d pieces, those that lack computed. */
static int rebuild(struct rows *rows, unsigned from, unsigned to,
		   struct bk_err *err)
{
	struct bk_spread_blob *blob = rows->blob;

	for (unsigned i = 0; i < blob->shards && least(rows) < blob->d; i++)
		if ((i < from || i >= to) &&
		    read_shard(rows, i, rows->all, err) < 0)
			return -1;
	if (least(rows) < blob->d)
		return too_few(rows, least(rows), err);
	for (uint32_t row = 0; row < rows->n;)
		row = rebuild_alike(rows, row);
	return 0;
}

/* Each row from whoever has it right, those that did not answer last. */
static int read_copy(struct rows *rows, struct bk_err *err)
{
	struct bk_spread_blob *blob = rows->blob;
	uint32_t lacking = rows->all;

	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < blob->shards && lacking; i++) {
			bool silent =
				atomic_load(&rows->spread->children[i].silent);
			if (silent != (pass == 1))
				continue;
			rows->pieces[i] = rows->pieces[0];
			if (read_shard(rows, i, lacking, err) < 0)
				return -1;
			lacking &= ~rows->good[i];
		}
	return lacking ? too_few(rows, 0, err) : 0;
}

/* The columns that are wanted, [from, to). */
static int read_columns(struct rows *rows, unsigned from, unsigned to,
			struct bk_err *err)
{
	uint32_t good = rows->all;

	memset(rows->good, 0, sizeof(rows->good));
	if (!rows->blob->cut)
		return read_copy(rows, err);
	for (unsigned c = from; c < to; c++) {
		if (read_shard(rows, c, rows->all, err) < 0)
			return -1;
		good &= rows->good[c];
	}
	return good == rows->all ? 0 : rebuild(rows, from, to, err);
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
	rows->all = (uint32_t)((UINT64_C(1) << rows->n) - 1);
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
