/* Reading an encrypted file: see container.h. */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/secret.h"
#include "repo/compress.h"
#include "repo/container.h"

#define TRAILER_STORED  (BK_TRAILER_LEN + BK_BLOCK_OVERHEAD)
#define TAIL_LEN        (TRAILER_STORED + BK_FOOTER_LEN)
#define SHORT_FILE      ((uint64_t)64 << 10) /* read at once */
#define LAST            ((uint32_t)1 << 31)
#define HEAD_MODE       12
#define HEAD_GENERATION 24
#define MODE_SEALED     2

struct bk_file_reader {
	struct bk_target *target;
	char *name; /* of the object */
	uint64_t start, file_len, body_len;
	struct bk_file_id id;
	uint8_t head[BK_HEAD_LEN];
	uint8_t sum_begin[24]; /* of the SHA-256, by the footer */
	unsigned log2_block;
	struct bk_aead *aead;
	struct bk_zstd *zstd;
	struct bk_trailer trailer;
	uint32_t n_rows_blocks;
	struct bk_buf window;      /* bytes of the file from window_at on */
	uint64_t window_at, ahead; /* ahead: read when a block is begun */
	struct bk_buf data;        /* of a small block that was opened */
};

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

/* A target names the file itself. */
static int blame(const struct bk_file_reader *reader, struct bk_err *err)
{
	return strstr(err->text, reader->name)
		       ? -1
		       : bk_context(err, "%s", reader->name);
}

static int blame_block(const struct bk_file_reader *reader, uint32_t number,
		       struct bk_err *err)
{
	(void)bk_context(err, "block %u", number);
	return blame(reader, err);
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

/* The whole stored block at `offset`, which ends within the body. */
static int fetch_block(struct bk_file_reader *reader, uint64_t offset,
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

/* Records under a signature are never compressed. */
static bool may_be_compressed(enum bk_file_type type)
{
	switch (type) {
	case BK_FILE_PACK:
	case BK_FILE_INDEX:
	case BK_FILE_MANIFEST:
	case BK_FILE_TABLE:
		return true;
	case BK_FILE_ROOT:
	case BK_FILE_INTENT:
	case BK_FILE_TRASH:
	case BK_FILE_HOLD:
		break;
	}
	return false;
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

/* A stored block into *plain, emptied first. */
static int open_block(struct bk_file_reader *reader, uint32_t number,
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
	if (info.codec == BK_CODEC_ZSTD && !may_be_compressed(info.type))
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

	if (fetch_block(reader, at->offset, &stored, err) < 0 ||
	    open_block(reader, at->number, kind, stored, plain, err) < 0)
		return blame_block(reader, at->number, err);
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

static int read_footer(struct bk_file_reader *reader, struct bk_err *err)
{
	struct bk_view at;

	if (reader->file_len < BK_BODY_LEAST + BK_FOOTER_LEN)
		return bk_fail(err, BK_CORRUPT, "too short: %ju bytes",
			       (uintmax_t)reader->file_len);
	/* A short file is fetched as a whole, of a long one its end. */
	if (reader->file_len <= SHORT_FILE &&
	    fetch(reader, 0, reader->file_len, 0, &at, err) < 0)
		return -1;
	if (fetch(reader, reader->file_len - TAIL_LEN, TAIL_LEN, 0, &at, err) <
		    0 ||
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

	int rc = fetch(reader, reader->body_len - TRAILER_STORED,
		       TRAILER_STORED, 0, &stored, err);
	if (rc < 0)
		goto out;
	/* Its own number is believed because the seal holds with it, and
	 * because it agrees with the counts inside. */
	uint32_t number = bk_get_u32(stored.data + 4) & ~LAST;
	rc = open_block(reader, number, BK_BLOCK_TRAILER, stored, &plain, err);
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
	int rc = place->file_len ? 0
				 : bk_target_stat(target, place->name,
						  &reader->file_len, err);
	if (rc == 0 && !place->file_len)
		reader->file_len -= place->offset < reader->file_len
					    ? place->offset
					    : reader->file_len;
	if (rc == 0)
		rc = read_footer(reader, err);
	if (rc == 0)
		rc = read_head(reader, repo, err);
	if (rc == 0)
		rc = read_trailer(reader, err);
	if (rc < 0) {
		(void)blame(reader, err);
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
	    at.offset != reader->body_len - TRAILER_STORED) {
		(void)bk_fail(err, BK_CORRUPT, "bytes behind the directory");
		rc = blame(reader, err);
	}
	bk_buf_clear(&plain);
	return rc;
}

static enum bk_block_kind kind_at(const struct bk_file_reader *reader,
				  uint32_t number)
{
	const struct bk_trailer *trailer = &reader->trailer;

	if (number < trailer->n_data)
		return BK_BLOCK_DATA;
	number -= trailer->n_data;
	if (number < reader->n_rows_blocks)
		return BK_BLOCK_ROWS;
	number -= reader->n_rows_blocks;
	return number < trailer->n_directory ? BK_BLOCK_DIRECTORY
					     : BK_BLOCK_TRAILER;
}

/* Is the block that begins here where the trailer says that it is? */
static bool is_at_its_place(const struct bk_file_reader *reader,
			    const struct bk_block_at *at)
{
	const struct bk_trailer *trailer = &reader->trailer;
	bool manifest = reader->id.type == BK_FILE_MANIFEST;

	if (trailer->n_directory && at->number == trailer->first_directory &&
	    at->offset != trailer->directory_offset)
		return false;
	if (reader->n_rows_blocks && at->number == trailer->n_data &&
	    at->offset != trailer->rows_offset)
		return false;
	return !manifest || at->number != trailer->rows_extra ||
	       at->offset == trailer->rows_offset;
}

/* A file on its way to be proved. */
struct proving {
	struct bk_block_at at;
	struct bk_sha256 sha;
	uint64_t plain_bytes;
	struct bk_buf plain; /* of the block that is looked at */
	struct bk_block_visitor *visitor;
};

static int show_block(struct proving *proving, enum bk_block_kind kind,
		      struct bk_err *err)
{
	if (!proving->visitor)
		return 0;
	return proving->visitor->block(proving->visitor, kind, &proving->at,
				       bk_buf_view(&proving->plain), err);
}

static int open_and_show(struct bk_file_reader *reader, struct proving *proving,
			 enum bk_block_kind kind, struct bk_view stored,
			 struct bk_err *err)
{
	const struct bk_block_visitor *visitor = proving->visitor;

	if (visitor && visitor->leaves_data && kind == BK_BLOCK_DATA)
		proving->plain.len = 0;
	else if (open_block(reader, proving->at.number, kind, stored,
			    &proving->plain, err) < 0)
		return -1;
	return show_block(proving, kind, err);
}

/* One block, which is added to the sum: 0, or 1 when it was the last. */
static int prove_block(struct bk_file_reader *reader, struct proving *proving,
		       struct bk_err *err)
{
	struct bk_block_at *at = &proving->at;
	enum bk_block_kind kind = kind_at(reader, at->number);
	struct bk_view stored = {0};

	int rc = fetch_block(reader, at->offset, &stored, err);
	if (rc == 0)
		bk_sha256_update(&proving->sha, stored.data, stored.len);
	if (rc == 0 && !is_at_its_place(reader, at))
		rc = bk_fail(err, BK_CORRUPT, "is not where the trailer says");
	if (rc == 0)
		rc = open_and_show(reader, proving, kind, stored, err);
	if (rc < 0)
		return blame_block(reader, at->number, err);
	if (kind == BK_BLOCK_DATA)
		proving->plain_bytes += proving->plain.len;
	at->offset += stored.len;
	at->number++;
	return kind == BK_BLOCK_TRAILER;
}

int bk_file_reader_prove(struct bk_file_reader *reader,
			 const uint8_t sha256[BK_SHA256_LEN],
			 struct bk_block_visitor *visitor, struct bk_err *err)
{
	struct proving proving = {
		.at = {BK_HEAD_LEN, 0},
                  .visitor = visitor
        };
	uint8_t sum[BK_SHA256_LEN];
	int rc = 0;

	bk_sha256_init(&proving.sha);
	bk_sha256_update(&proving.sha, reader->head, BK_HEAD_LEN);
	while (rc == 0)
		rc = prove_block(reader, &proving, err);
	bk_buf_clear(&proving.plain);
	if (rc < 0)
		return -1;
	bk_sha256_final(&proving.sha, sum);
	if (proving.at.offset != reader->body_len)
		(void)bk_fail(err, BK_CORRUPT, "bytes behind the trailer");
	else if ((!visitor || !visitor->leaves_data) &&
		 proving.plain_bytes != reader->trailer.plain_bytes)
		(void)bk_fail(err, BK_CORRUPT,
			      "the data is not as long as the trailer says");
	else if (memcmp(sum, reader->sum_begin, 24) != 0 ||
		 (sha256 && memcmp(sum, sha256, sizeof(sum)) != 0))
		(void)bk_fail(err, BK_CORRUPT, "wrong SHA-256");
	else
		return 0;
	return blame(reader, err);
}
