/* Writing an encrypted file from end to end: see container.h. */

#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "repo/compress.h"
#include "repo/container.h"

struct bk_file_writer {
	struct bk_put *put; /* NULL once it was ended */
	bool parity;
	char *name;
	uint8_t head[BK_HEAD_LEN];
	struct bk_aead *aead;
	struct bk_zstd *zstd;
	struct bk_sha256 sha;
	struct bk_buf packed, sealed;
	enum bk_file_type type;
	enum bk_block_kind kind; /* of the block before */
	size_t block_most;       /* fields and data of a block */
	uint64_t offset;         /* where the next block goes */
	uint32_t number;
	struct bk_trailer trailer; /* as far as it is counted here */
};

static void writer_free(struct bk_file_writer *writer)
{
	bk_aead_free(writer->aead);
	bk_zstd_free(writer->zstd);
	bk_buf_clear(&writer->packed);
	bk_buf_clear(&writer->sealed);
	free(writer->name);
	free(writer);
}

void bk_file_writer_abort(struct bk_file_writer *writer)
{
	if (!writer)
		return;
	bk_put_abort(writer->put);
	writer_free(writer);
}

static int put_body(struct bk_file_writer *writer, struct bk_view bytes,
		    struct bk_err *err)
{
	bk_sha256_update(&writer->sha, bytes.data, bytes.len);
	writer->offset += bytes.len;
	return bk_put_write(writer->put, bytes.data, bytes.len, err);
}

int bk_file_writer_open(struct bk_file_writer **out, const struct bk_repo *repo,
			struct bk_target *target, const char *name,
			const struct bk_file_id *id, struct bk_err *err)
{
	struct bk_file_writer *writer = bk_alloc(sizeof(*writer));
	unsigned log2_block = bk_log2_block(id->type);
	uint8_t key[BK_KEY_LEN];

	writer->name = bk_strdup(name);
	writer->type = id->type;
	writer->parity = repo->parity && bk_file_is_bulk(id->type);
	writer->block_most = (size_t)1 << log2_block;
	bk_sha256_init(&writer->sha);
	int rc = bk_head_make(repo, id, log2_block, writer->head, key, err);
	if (rc < 0)
		goto out;
	writer->aead = bk_aead_new(key);
	writer->zstd = bk_zstd_new();
	bk_wipe(key, sizeof(key));
	rc = bk_target_put_begin(target, name, BK_LENGTH_UNKNOWN, &writer->put,
				 err);
	if (rc < 0)
		goto out;
	rc = put_body(writer,
		      (struct bk_view){writer->head, sizeof(writer->head)},
		      err);
out:
	if (rc < 0)
		bk_file_writer_abort(writer);
	else
		*out = writer;
	return rc;
}

const uint8_t *bk_file_writer_head(const struct bk_file_writer *writer)
{
	return writer->head;
}

/* Their order in a file. */
static unsigned rank(enum bk_block_kind kind)
{
	switch (kind) {
	case BK_BLOCK_DATA:
		return 0;
	case BK_BLOCK_ROWS:
		return 1;
	case BK_BLOCK_DIRECTORY:
		return 2;
	case BK_BLOCK_TRAILER:
		break;
	}
	return 3;
}

static void count(struct bk_file_writer *writer, enum bk_block_kind kind,
		  size_t plain_len)
{
	struct bk_trailer *trailer = &writer->trailer;

	if (kind == BK_BLOCK_DATA) {
		trailer->n_data++;
		trailer->plain_bytes += plain_len;
	} else if (kind == BK_BLOCK_DIRECTORY && !trailer->n_directory++) {
		trailer->first_directory = writer->number;
		trailer->directory_offset = writer->offset;
	}
}

/* What a block keeps of its data, and by which codec. */
static int pack(struct bk_file_writer *writer, struct bk_view *data, int level,
		struct bk_block_info *info, struct bk_err *err)
{
	writer->packed.len = 0;
	if (!level || !data->len)
		return 0;
	if (bk_zstd_compress(writer->zstd, *data, level, &writer->packed, err) <
	    0)
		return -1;
	if (writer->packed.len < data->len) {
		info->codec = BK_CODEC_ZSTD;
		*data = bk_buf_view(&writer->packed);
	}
	return 0;
}

int bk_file_writer_block(struct bk_file_writer *writer, enum bk_block_kind kind,
			 struct bk_view data, int level, struct bk_block_at *at,
			 struct bk_err *err)
{
	struct bk_block_info info = {
		.type = writer->type,
		.kind = kind,
		.number = writer->number,
		.last = kind == BK_BLOCK_TRAILER,
		.plain_len = (uint32_t)data.len,
	};

	if (rank(kind) < rank(writer->kind))
		return bk_fail(err, BK_MISUSE, "%s: blocks in a wrong order",
			       writer->name);
	if (data.len > writer->block_most - BK_BLOCK_FIELDS_LEN)
		return bk_fail(err, BK_MISUSE,
			       "%s: %zu bytes do not fit in a block",
			       writer->name, data.len);
	if (pack(writer, &data, level, &info, err) < 0)
		return -1;
	writer->sealed.len = 0;
	if (bk_block_seal(writer->aead, &info, data, &writer->sealed, err) < 0)
		return bk_context(err, "%s", writer->name);
	if (at)
		*at = (struct bk_block_at){writer->offset, writer->number};
	count(writer, kind, info.plain_len);
	writer->kind = kind;
	writer->number++;
	return put_body(writer, bk_buf_view(&writer->sealed), err);
}

int bk_file_writer_directory(struct bk_file_writer *writer,
			     struct bk_view contents, struct bk_err *err)
{
	size_t most = writer->block_most - BK_BLOCK_FIELDS_LEN;

	while (contents.len) {
		size_t n = contents.len < most ? contents.len : most;
		if (bk_file_writer_block(writer, BK_BLOCK_DIRECTORY,
					 (struct bk_view){contents.data, n}, 0,
					 NULL, err) < 0)
			return -1;
		contents.data += n;
		contents.len -= n;
	}
	return 0;
}

static int write_end(struct bk_file_writer *writer,
		     const struct bk_trailer *trailer, struct bk_file_sum *sum,
		     struct bk_err *err)
{
	uint8_t bytes[BK_TRAILER_LEN];

	writer->trailer.n_items = trailer->n_items;
	writer->trailer.rows_offset = trailer->rows_offset;
	writer->trailer.rows_extra = trailer->rows_extra;
	bk_trailer_encode(&writer->trailer, bytes);
	if (bk_file_writer_block(writer, BK_BLOCK_TRAILER,
				 (struct bk_view){bytes, sizeof(bytes)}, 0,
				 NULL, err) < 0)
		return -1;
	sum->body_len = writer->offset;
	sum->file_len = bk_file_len(sum->body_len, writer->parity);
	bk_sha256_final(&writer->sha, sum->sha256);
	return bk_file_end(writer->put, sum->body_len, writer->parity,
			   sum->sha256, err);
}

int bk_file_writer_finish(struct bk_file_writer *writer,
			  const struct bk_trailer *trailer,
			  struct bk_file_sum *sum, struct bk_err *err)
{
	struct bk_file_sum mine;

	int rc = write_end(writer, trailer, &mine, err);
	if (rc == 0) {
		struct bk_put *put = writer->put;
		writer->put = NULL;
		rc = bk_put_commit(put, err);
	}
	if (rc == 0)
		*sum = mine;
	bk_file_writer_abort(writer);
	return rc;
}
