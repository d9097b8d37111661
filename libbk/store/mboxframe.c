/* What an mbox file has besides its messages: see mboxframe.h. */

#include "store/mboxframe.h"

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "crypto/digest.h"
#include "repo/compress.h"
#include "store/mboxshape.h"

#define VERSION   1
#define PLAIN_MAX ((size_t)64 << 20)
#define LEVEL     9

void bk_mbox_frame_clear(struct bk_mbox_frame *frame)
{
	free(frame->shapes);
	free(frame->places);
	bk_arena_clear(&frame->arena);
	*frame = (struct bk_mbox_frame){0};
}

void bk_mbox_frame_sum(const struct bk_message *msgs, size_t n,
		       uint8_t out[BK_MBOX_FRAME_SUM])
{
	uint8_t whole[BK_SHA256_LEN];
	struct bk_buf row = {0};
	struct bk_sha256 sha;

	bk_sha256_init(&sha);
	for (size_t i = 0; i < n; i++) {
		row.len = 0;
		bk_buf_add_u32(&row, msgs[i].uid);
		bk_buf_add_string(&row, msgs[i].name);
		bk_sha256_update(&sha, row.data, row.len);
	}
	bk_sha256_final(&sha, whole);
	memcpy(out, whole, BK_MBOX_FRAME_SUM);
	bk_buf_clear(&row);
}

static void add_plain(const struct bk_mbox_frame *frame, struct bk_buf *out)
{
	int64_t last = -1;

	bk_buf_add_blob(out, frame->prologue.data, frame->prologue.len);
	bk_buf_add_blob(out, frame->pseudo.data, frame->pseudo.len);
	bk_buf_add_varint(out, frame->n_shapes);
	for (size_t i = 0; i < frame->n_shapes; i++)
		bk_buf_add_blob(out, frame->shapes[i].data,
				frame->shapes[i].len);
	bk_buf_add_varint(out, frame->n);
	for (size_t i = 0; i < frame->n; i++) {
		int64_t at = frame->places[i].message;
		bk_buf_add_zigzag(out, at - last - 1);
		bk_buf_add_varint(out, frame->places[i].shape);
		last = at;
	}
	bk_buf_add(out, frame->sum, sizeof(frame->sum));
}

int bk_mbox_frame_encode(const struct bk_mbox_frame *frame, struct bk_buf *out,
			 struct bk_err *err)
{
	struct bk_buf plain = {0};
	struct bk_zstd *zstd = bk_zstd_new();

	add_plain(frame, &plain);
	out->len = 0;
	bk_buf_add_u8(out, VERSION);
	bk_buf_add_varint(out, plain.len);
	int rc = bk_zstd_compress(zstd, bk_buf_view(&plain), LEVEL, out, err);
	bk_zstd_free(zstd);
	bk_buf_clear(&plain);
	return rc;
}

/* ---- reading ---- */

static struct bk_view copy(struct bk_arena *arena, struct bk_view bytes)
{
	struct bk_view out = {NULL, bytes.len};

	if (bytes.len)
		out.data = bk_arena_memdup(arena, bytes.data, bytes.len);
	return out;
}

static int read_shapes(struct bk_cursor *from, struct bk_mbox_frame *out,
		       struct bk_err *err)
{
	uint64_t n = bk_cursor_varint_max(from, bk_cursor_left(from));

	for (uint64_t i = 0; i < n && !from->bad; i++) {
		struct bk_view shape = bk_cursor_blob(from);
		if (from->bad)
			break;
		if (bk_mbox_shape_check(shape, err) < 0)
			return -1;
		out->shapes =
			bk_array_room(out->shapes, out->n_shapes,
				      &out->cap_shapes, sizeof(*out->shapes));
		out->shapes[out->n_shapes++] = copy(&out->arena, shape);
	}
	return 0;
}

/* Every message has one place. */
static void read_places(struct bk_cursor *from, struct bk_mbox_frame *out)
{
	uint64_t n = bk_cursor_varint_max(from, bk_cursor_left(from));
	bool *taken = bk_alloc((size_t)n + 1);
	int64_t at = -1;

	for (uint64_t i = 0; i < n && !from->bad; i++) {
		int64_t step = bk_cursor_zigzag(from);
		uint64_t shape = bk_cursor_varint(from);
		if (step < -(int64_t)n || step > (int64_t)n)
			from->bad = true;
		else
			at += step + 1;
		if (from->bad || at < 0 || at >= (int64_t)n || taken[at] ||
		    shape >= out->n_shapes) {
			from->bad = true;
			break;
		}
		taken[at] = true;
		out->places = bk_array_room(out->places, out->n, &out->cap,
					    sizeof(*out->places));
		out->places[out->n++] =
			(struct bk_mbox_place){(uint32_t)at, (uint32_t)shape};
	}
	free(taken);
}

static int read_plain(struct bk_view plain, struct bk_mbox_frame *out,
		      struct bk_err *err)
{
	struct bk_cursor from = bk_cursor_over(plain.data, plain.len);

	out->prologue = copy(&out->arena, bk_cursor_blob(&from));
	out->pseudo = copy(&out->arena, bk_cursor_blob(&from));
	if (read_shapes(&from, out, err) < 0)
		return -1;
	read_places(&from, out);
	bk_cursor_copy(&from, out->sum, sizeof(out->sum));
	if (bk_cursor_left(&from))
		from.bad = true;
	return bk_cursor_check(&from, BK_MBOX_FRAME, err);
}

int bk_mbox_frame_decode(struct bk_view value, struct bk_mbox_frame *out,
			 struct bk_err *err)
{
	struct bk_cursor from = bk_cursor_over(value.data, value.len);
	uint8_t version = bk_cursor_u8(&from);
	uint64_t len = bk_cursor_varint_max(&from, PLAIN_MAX);
	struct bk_buf plain = {0};
	struct bk_zstd *zstd;

	if (version != VERSION)
		from.bad = true;
	if (bk_cursor_check(&from, BK_MBOX_FRAME, err) < 0)
		return -1;
	zstd = bk_zstd_new();
	int rc = bk_zstd_decompress(
		zstd, (struct bk_view){from.at, bk_cursor_left(&from)},
		(size_t)len, &plain, err);
	if (rc == 0)
		rc = read_plain(bk_buf_view(&plain), out, err);
	bk_zstd_free(zstd);
	bk_buf_clear(&plain);
	return rc < 0 ? -1 : 0;
}

/* ---- annotations ---- */

struct bk_view bk_mbox_annotation(const struct bk_folder *folder,
				  const char *name)
{
	for (size_t i = 0; i < folder->n_annotations; i++)
		if (strcmp(folder->annotations[i].name, name) == 0)
			return folder->annotations[i].value;
	return (struct bk_view){NULL, 0};
}

void bk_mbox_annotate(struct bk_folder *folder, const char *name,
		      struct bk_view value)
{
	struct bk_property *all = bk_arena_alloc(
		&folder->arena, (folder->n_annotations + 1) * sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; i < folder->n_annotations; i++)
		if (strcmp(folder->annotations[i].name, name) != 0)
			all[n++] = folder->annotations[i];
	all[n++] = (struct bk_property){name, copy(&folder->arena, value)};
	folder->annotations = all;
	folder->n_annotations = n;
}
