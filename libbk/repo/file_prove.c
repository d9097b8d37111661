/* Proving an encrypted file as a whole: see container.h. */

#include <string.h>

#include "repo/container.h"
#include "repo/file_reader.h"
#include "repo/parity.h"

#define STEP ((uint64_t)64 << 10)

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
	struct bk_parity *parity; /* NULL: there is none */
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
	else if (bk_file_open_block(reader, proving->at.number, kind, stored,
				    &proving->plain, err) < 0)
		return -1;
	return show_block(proving, kind, err);
}

static void add_body(struct proving *proving, const uint8_t *data, size_t len)
{
	bk_sha256_update(&proving->sha, data, len);
	if (proving->parity)
		bk_parity_add(proving->parity, data, len);
}

/* One block, which is added to the sum: 0, or 1 when it was the last. */
static int prove_block(struct bk_file_reader *reader, struct proving *proving,
		       struct bk_err *err)
{
	struct bk_block_at *at = &proving->at;
	enum bk_block_kind kind = kind_at(reader, at->number);
	struct bk_view stored = {0};

	int rc = bk_file_fetch_block(reader, at->offset, &stored, err);
	if (rc == 0)
		add_body(proving, stored.data, stored.len);
	if (rc == 0 && !is_at_its_place(reader, at))
		rc = bk_fail(err, BK_CORRUPT, "is not where the trailer says");
	if (rc == 0)
		rc = open_and_show(reader, proving, kind, stored, err);
	if (rc < 0)
		return bk_file_blame_block(reader, at->number, err);
	if (kind == BK_BLOCK_DATA)
		proving->plain_bytes += proving->plain.len;
	at->offset += stored.len;
	at->number++;
	return kind == BK_BLOCK_TRAILER;
}

/* What is not needed now is what will be when something else is damaged. */
static int prove_parity(const struct bk_file_reader *reader,
			struct proving *proving, struct bk_err *err)
{
	struct bk_buf *bytes = &proving->plain;
	struct bk_view should;
	uint64_t at = 0;
	int rc = 0;

	while (rc == 0 && (should = bk_parity_view(proving->parity, at)).len) {
		uint64_t n = should.len < STEP ? should.len : STEP;
		rc = bk_target_read(reader->target, reader->name,
				    reader->start + reader->body_len + at, n,
				    bytes, err);
		if (rc == 0 && memcmp(bytes->data, should.data, n) != 0)
			rc = bk_fail(err, BK_CORRUPT,
				     "its parity is not that of the body");
		at += n;
	}
	return rc < 0 ? bk_file_blame(reader, err) : 0;
}

/* What the sum of the blocks must be, and what lies between them. */
static int prove_whole(const struct bk_file_reader *reader,
		       struct proving *proving, const uint8_t *sha256,
		       struct bk_err *err)
{
	const struct bk_block_visitor *visitor = proving->visitor;
	uint8_t sum[BK_SHA256_LEN];

	bk_sha256_final(&proving->sha, sum);
	if (proving->at.offset != reader->body_len)
		(void)bk_fail(err, BK_CORRUPT, "bytes behind the trailer");
	else if ((!visitor || !visitor->leaves_data) &&
		 proving->plain_bytes != reader->trailer.plain_bytes)
		(void)bk_fail(err, BK_CORRUPT,
			      "the data is not as long as the trailer says");
	else if (memcmp(sum, reader->sum_begin, sizeof(reader->sum_begin)) !=
			 0 ||
		 (sha256 && memcmp(sum, sha256, sizeof(sum)) != 0))
		(void)bk_fail(err, BK_CORRUPT, "wrong SHA-256");
	else
		return 0;
	return bk_file_blame(reader, err);
}

int bk_file_reader_prove(struct bk_file_reader *reader,
			 const uint8_t sha256[BK_SHA256_LEN],
			 struct bk_block_visitor *visitor, struct bk_err *err)
{
	struct proving proving = {
		.at = {BK_HEAD_LEN, 0},
                  .visitor = visitor
        };
	int rc = 0;

	bk_sha256_init(&proving.sha);
	if (reader->file_len > reader->body_len + BK_FOOTER_LEN)
		proving.parity = bk_parity_new(reader->body_len);
	add_body(&proving, reader->head, BK_HEAD_LEN);
	while (rc == 0)
		rc = prove_block(reader, &proving, err);
	if (rc > 0)
		rc = prove_whole(reader, &proving, sha256, err);
	if (rc == 0 && proving.parity)
		rc = prove_parity(reader, &proving, err);
	bk_parity_free(proving.parity);
	bk_buf_clear(&proving.plain);
	return rc;
}
