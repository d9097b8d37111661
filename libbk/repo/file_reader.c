/* Reading an encrypted file: see container.h. */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/secret.h"
#include "repo/compress.h"
#include "repo/container.h"
#include "repo/file_reader.h"

#define LAST            ((uint32_t)1 << 31)
#define HEAD_MODE       12
#define HEAD_FEATURES   20
#define HEAD_GENERATION 24
#define MODE_SEALED     2
#define SHORT_FILE      ((uint64_t)64 << 10) /* read at once */
#define END_LEN         (BK_TRAILER_STORED + BK_FOOTER_LEN)
#define TAIL_MOST       ((uint64_t)1 << 20)
#define WANTED          16

void bk_file_reader_rest(struct bk_file_reader *reader)
{
	bk_buf_clear(&reader->window);
	bk_buf_clear(&reader->data);
}

void bk_file_reader_close(struct bk_file_reader *reader)
{
	if (!reader)
		return;
	bk_aead_free(reader->aead);
	bk_zstd_free(reader->zstd);
	bk_file_reader_rest(reader);
	free(reader->name);
	free(reader);
}

void bk_file_reader_take_over(struct bk_file_reader *reader,
			      struct bk_file_reader *from)
{
	struct bk_zstd *zstd = reader->zstd;

	bk_file_reader_rest(reader);
	reader->window = from->window;
	reader->window.len = 0;
	reader->data = from->data;
	reader->zstd = from->zstd;
	from->window = from->data = (struct bk_buf){0};
	from->zstd = zstd;
}

void bk_file_reader_expect(struct bk_file_reader *reader, uint32_t len)
{
	uint64_t most = BK_BLOCK_HEAD_LEN + BK_AEAD_TAG_LEN +
			((uint64_t)1 << reader->log2_block);

	reader->ahead = len < most ? len : most;
}

int bk_file_blame(const struct bk_file_reader *reader, struct bk_err *err)
{
	return strstr(err->text, reader->name)
		       ? -1
		       : bk_context(err, "%s", reader->name);
}

int bk_file_blame_block(const struct bk_file_reader *reader, uint32_t number,
			struct bk_err *err)
{
	(void)bk_context(err, "block %u", number);
	return bk_file_blame(reader, err);
}

void bk_file_reader_want(const struct bk_file_reader *reader,
			 const struct bk_stretch *stretches, size_t n)
{
	struct bk_stretch in_object[WANTED];

	n = n < WANTED ? n : WANTED;
	for (size_t i = 0; i < n; i++)
		in_object[i] = (struct bk_stretch){
			reader->start + stretches[i].offset,
			stretches[i].len,
		};
	bk_target_want(reader->target, reader->name, in_object, n);
}

/*
 * Bytes [offset, offset + len) of the file in *at, valid until the next call.
 * Where they have to be fetched, `more` bytes are, if there are as many.
 */
static int fetch(struct bk_file_reader *reader, uint64_t offset, uint64_t len,
		 uint64_t more, struct bk_view *at, struct bk_err *err)
{
	uint64_t skip = offset - reader->window_at;

	if (offset > reader->file_len || len > reader->file_len - offset) {
		(void)bk_fail(err, BK_CORRUPT, "cut short");
		return -1;
	}
	if (offset < reader->window_at || skip > reader->window.len ||
	    len > reader->window.len - skip) {
		uint64_t most = reader->file_len - offset;
		uint64_t want = more > len ? more : len;
		reader->window_at = offset;
		skip = 0;
		if (bk_target_read(reader->target, reader->name,
				   reader->start + offset,
				   want < most ? want : most, &reader->window,
				   err) < 0) {
			reader->window.len = 0;
			return -1;
		}
	}
	*at = (struct bk_view){reader->window.data + skip, (size_t)len};
	return 0;
}

int bk_file_fetch_block(struct bk_file_reader *reader, uint64_t offset,
			struct bk_view *stored, struct bk_err *err)
{
	uint64_t most = BK_BLOCK_HEAD_LEN + BK_AEAD_TAG_LEN +
			((uint64_t)1 << reader->log2_block);

	if (offset > reader->body_len ||
	    reader->body_len - offset < BK_BLOCK_OVERHEAD)
		return bk_fail(err, BK_CORRUPT, "lies beyond the body");
	if (fetch(reader, offset, BK_BLOCK_HEAD_LEN, reader->ahead, stored,
		  err) < 0)
		return -1;
	uint64_t len = (uint64_t)bk_get_u32(stored->data) + BK_BLOCK_HEAD_LEN;
	if (len > most || len > reader->body_len - offset)
		return bk_fail(err, BK_CORRUPT, "wrong length");
	reader->ahead = len + BK_BLOCK_HEAD_LEN;
	return fetch(reader, offset, len, len, stored, err);
}

/* *data is what the block holds, valid until the next read.  A large block is
 * opened where it lies in the window, which has no other. */
static int open_stored(struct bk_file_reader *reader,
		       struct bk_block_info *info, struct bk_view stored,
		       struct bk_view *data, struct bk_err *err)
{
	struct bk_buf block = reader->window;
	bool alone = stored.len > SHORT_FILE && stored.data == block.data;

	if (!alone) {
		int rc = bk_block_open(reader->aead, info, reader->log2_block,
				       stored, &reader->data, err);
		*data = bk_buf_view(&reader->data);
		return rc;
	}
	reader->window.len = 0;
	block.len = stored.len;
	int rc = bk_block_open_in_place(reader->aead, info, reader->log2_block,
					&block, err);
	*data = bk_buf_view(&block);
	return rc;
}

int bk_file_open_block(struct bk_file_reader *reader, uint32_t number,
		       enum bk_block_kind kind, struct bk_view stored,
		       struct bk_buf *plain, struct bk_err *err)
{
	struct bk_block_info info = {
		.type = reader->id.type,
		.kind = kind,
		.number = number,
		.last = kind == BK_BLOCK_TRAILER,
	};

	struct bk_view data = {0};

	if (open_stored(reader, &info, stored, &data, err) < 0)
		return -1;
	if (info.codec == BK_CODEC_ZSTD && !bk_file_is_bulk(info.type))
		return bk_fail(err, BK_CORRUPT, "is compressed");
	if (info.codec == BK_CODEC_ZSTD)
		return bk_zstd_decompress(reader->zstd, data, info.plain_len,
					  plain, err);
	plain->len = 0;
	bk_buf_add(plain, data.data, data.len);
	return 0;
}

int bk_file_reader_block(struct bk_file_reader *reader, struct bk_block_at *at,
			 enum bk_block_kind kind, struct bk_buf *plain,
			 struct bk_err *err)
{
	struct bk_view stored = {0};

	if (bk_file_fetch_block(reader, at->offset, &stored, err) < 0 ||
	    bk_file_open_block(reader, at->number, kind, stored, plain, err) <
		    0)
		return bk_file_blame_block(reader, at->number, err);
	at->offset += stored.len;
	at->number++;
	return 0;
}

/* ---- opening ---- */

static int read_head(struct bk_file_reader *reader, const struct bk_repo *repo,
		     struct bk_err *err)
{
	uint8_t key[BK_KEY_LEN];
	struct bk_view at;

	if (fetch(reader, 0, BK_HEAD_LEN, BK_HEAD_LEN, &at, err) < 0)
		return -1;
	memcpy(reader->head, at.data, BK_HEAD_LEN);
	if (bk_head_open(repo, &reader->id, reader->head, key,
			 &reader->log2_block, err) < 0)
		return -1;
	reader->aead = bk_aead_new(key);
	bk_wipe(key, sizeof(key));
	return 0;
}

/* Does parity lie between the body, as far as that is known, and the footer? */
static bool is_apart(const struct bk_file_reader *reader,
		     const struct bk_file_place *place)
{
	return place->body_len &&
	       place->body_len + BK_FOOTER_LEN < reader->file_len;
}

static void want_ends(const struct bk_file_reader *reader,
		      const struct bk_file_place *place)
{
	bool apart = is_apart(reader, place);
	uint64_t end =
		apart ? place->body_len : reader->file_len - BK_FOOTER_LEN;
	uint64_t tail = place->tail && place->tail < TAIL_MOST ? place->tail
							       : SHORT_FILE;
	if (tail >= end - BK_HEAD_LEN)
		return;
	struct bk_stretch ends[] = {
		{0,				BK_HEAD_LEN                       },
		{end - tail,                       tail + (apart ? 0 : BK_FOOTER_LEN)},
		{reader->file_len - BK_FOOTER_LEN, BK_FOOTER_LEN                     },
	};
	bk_file_reader_want(reader, ends, apart ? 3 : 2);
}

/* A short file is fetched as a whole, a long one from both ends: what is read
 * of it first. */
static int fetch_ends(struct bk_file_reader *reader,
		      const struct bk_file_place *place, struct bk_err *err)
{
	struct bk_view at;

	if (reader->file_len <= SHORT_FILE)
		return fetch(reader, 0, reader->file_len, 0, &at, err);
	want_ends(reader, place);
	if (is_apart(reader, place))
		return 0;
	return fetch(reader, reader->file_len - END_LEN, END_LEN, 0, &at, err);
}

static int read_footer(struct bk_file_reader *reader,
		       const struct bk_file_place *place, struct bk_err *err)
{
	struct bk_view at;

	if (reader->file_len < BK_BODY_LEAST + BK_FOOTER_LEN)
		return bk_fail(err, BK_CORRUPT, "too short: %ju bytes",
			       (uintmax_t)reader->file_len);
	if (fetch_ends(reader, place, err) < 0 ||
	    fetch(reader, reader->file_len - BK_FOOTER_LEN, BK_FOOTER_LEN, 0,
		  &at, err) < 0)
		return -1;
	memcpy(reader->sum_begin, at.data + BK_FOOTER_SUM,
	       sizeof(reader->sum_begin));
	return bk_footer_decode(at.data, reader->file_len, &reader->body_len,
				err);
}

static int read_trailer(struct bk_file_reader *reader, struct bk_err *err)
{
	struct bk_buf plain = {0};
	struct bk_view stored = {0};

	int rc = fetch(reader, reader->body_len - BK_TRAILER_STORED,
		       BK_TRAILER_STORED, 0, &stored, err);
	if (rc < 0)
		goto out;
	/* Its own number is believed because the seal holds with it, and
	 * because it agrees with the counts inside. */
	uint32_t number = bk_get_u32(stored.data + 4) & ~LAST;
	rc = bk_file_open_block(reader, number, BK_BLOCK_TRAILER, stored,
				&plain, err);
	if (rc < 0)
		goto out;
	rc = bk_trailer_decode(bk_buf_view(&plain), &reader->trailer, err);
	if (rc == 0 &&
	    !bk_trailer_fits(&reader->trailer, reader->id.type, number,
			     reader->body_len, &reader->n_rows_blocks))
		rc = bk_fail(err, BK_CORRUPT, "it does not fit the file");
out:
	bk_buf_clear(&plain);
	return rc < 0 ? bk_context(err, "trailer") : 0;
}

/* How long it is, when it is all of the object from `start` on.  A short one is
 * read by that. */
static int look(struct bk_file_reader *reader, struct bk_err *err)
{
	uint64_t size = 0;

	if (bk_target_peek(reader->target, reader->name, SHORT_FILE,
			   &reader->window, &size, err) < 0)
		return -1;
	if (reader->start)
		reader->window.len = 0;
	reader->file_len = size > reader->start ? size - reader->start : 0;
	return 0;
}

int bk_file_reader_open(struct bk_file_reader **out, const struct bk_repo *repo,
			struct bk_target *target,
			const struct bk_file_place *place,
			const struct bk_file_id *id, struct bk_err *err)
{
	struct bk_file_reader *reader = bk_alloc(sizeof(*reader));

	reader->target = target;
	reader->name = bk_strdup(place->name);
	reader->start = place->offset;
	reader->file_len = place->file_len;
	reader->id = *id;
	reader->zstd = bk_zstd_new();
	int rc = place->file_len ? 0 : look(reader, err);
	if (rc == 0)
		rc = read_footer(reader, place, err);
	if (rc == 0)
		rc = read_head(reader, repo, err);
	if (rc == 0)
		rc = read_trailer(reader, err);
	if (rc < 0) {
		(void)bk_file_blame(reader, err);
		bk_file_reader_close(reader);
	} else {
		*out = reader;
	}
	return rc;
}

const struct bk_trailer *bk_file_reader_trailer(
	const struct bk_file_reader *reader)
{
	return &reader->trailer;
}

const uint8_t *bk_file_reader_head(const struct bk_file_reader *reader)
{
	return reader->head;
}

uint64_t bk_file_reader_body_len(const struct bk_file_reader *reader)
{
	return reader->body_len;
}

unsigned bk_file_reader_log2_block(const struct bk_file_reader *reader)
{
	return reader->log2_block;
}

bool bk_file_reader_is_sealed(const struct bk_file_reader *reader)
{
	return reader->head[HEAD_MODE] == MODE_SEALED;
}

uint32_t bk_file_reader_generation(const struct bk_file_reader *reader)
{
	return bk_get_u32(reader->head + HEAD_GENERATION);
}

uint32_t bk_file_reader_features(const struct bk_file_reader *reader)
{
	return bk_get_u32(reader->head + HEAD_FEATURES);
}

/* ---- reading on ---- */

int bk_file_reader_directory(struct bk_file_reader *reader,
			     struct bk_buf *contents, struct bk_err *err)
{
	const struct bk_trailer *trailer = &reader->trailer;
	struct bk_block_at at = {trailer->directory_offset,
				 trailer->first_directory};
	struct bk_buf plain = {0};
	int rc = 0;

	contents->len = 0;
	for (uint32_t i = 0; i < trailer->n_directory && rc == 0; i++) {
		rc = bk_file_reader_block(reader, &at, BK_BLOCK_DIRECTORY,
					  &plain, err);
		if (rc == 0)
			bk_buf_add(contents, plain.data, plain.len);
	}
	if (rc == 0 && trailer->n_directory &&
	    at.offset != reader->body_len - BK_TRAILER_STORED) {
		(void)bk_fail(err, BK_CORRUPT, "bytes behind the directory");
		rc = bk_file_blame(reader, err);
	}
	bk_buf_clear(&plain);
	return rc;
}
