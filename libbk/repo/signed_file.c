/* Signed records as files: see signed_file.h. */

#include "repo/signed_file.h"

#include <string.h>

#include "base/bytes.h"
#include "crypto/sign.h"
#include "repo/signed.h"

#define BLOCK_FULL      ((size_t)60 << 10)
#define FILE_MAX        ((uint64_t)64 << 20)
#define TRAILER_STORED  (BK_TRAILER_LEN + BK_BLOCK_OVERHEAD)
#define HEAD_HOST       64
#define HEAD_GENERATION 24

static int sign_records(const struct bk_repo *repo, const uint8_t *head,
			struct bk_buf *records, struct bk_err *err)
{
	uint8_t seed[BK_KEY_LEN], signature[BK_SIGNATURE_LEN];
	struct bk_buf message = {0};

	if (bk_keys_sign(&repo->keys, bk_get_u32(head + HEAD_GENERATION),
			 repo->host, seed, err) < 0)
		return -1;
	bk_signed_message(&message, head, bk_buf_view(records));
	bk_sign(seed, bk_buf_view(&message), signature);
	bk_signed_end(records, signature);
	explicit_bzero(seed, sizeof(seed));
	bk_buf_clear(&message);
	return 0;
}

/* How many records there are, for the trailer. */
static uint32_t count_records(const struct bk_buf *records)
{
	struct bk_cursor from = bk_cursor_over(records->data, records->len);
	uint32_t n = 0;

	for (; bk_cursor_left(&from) && !from.bad; n++) {
		(void)bk_cursor_u8(&from);
		(void)bk_cursor_blob(&from);
	}
	return n;
}

static int write_blocks(struct bk_file_writer *file,
			const struct bk_buf *records, struct bk_err *err)
{
	for (size_t at = 0; at < records->len; at += BLOCK_FULL) {
		size_t n = records->len - at;
		struct bk_view part = {records->data + at,
				       n < BLOCK_FULL ? n : BLOCK_FULL};
		if (bk_file_writer_block(file, BK_BLOCK_DATA, part, 0, NULL,
					 err) < 0)
			return -1;
	}
	return 0;
}

int bk_signed_file_write(const struct bk_repo *repo, const char *name,
			 const struct bk_file_id *id, struct bk_buf *records,
			 struct bk_file_sum *sum, struct bk_err *err)
{
	struct bk_file_writer *file = NULL;
	struct bk_trailer trailer = {0};

	if (bk_file_writer_open(&file, repo, repo->target, name, id, err) < 0)
		return -1;
	if (sign_records(repo, bk_file_writer_head(file), records, err) < 0 ||
	    write_blocks(file, records, err) < 0) {
		bk_file_writer_abort(file);
		return -1;
	}
	trailer.n_items = count_records(records);
	return bk_file_writer_finish(file, &trailer, sum, err);
}

static int public_key(const struct bk_repo *repo, uint32_t generation,
		      const uint8_t host[16], uint8_t out[BK_KEY_LEN],
		      struct bk_err *err)
{
	uint8_t seed[BK_KEY_LEN];
	struct bk_err ignored = {0};

	if (bk_keys_sign(&repo->keys, generation, host, seed, &ignored) < 0)
		return bk_keys_get(&repo->keys, BK_KEY_SIGN_PUBLIC, generation,
				   host, out, err);
	bk_sign_public(seed, out);
	explicit_bzero(seed, sizeof(seed));
	return 0;
}

static int verify(const struct bk_repo *repo, const uint8_t *head,
		  struct bk_signed_file *file, struct bk_err *err)
{
	uint8_t signature[BK_SIGNATURE_LEN], key[BK_KEY_LEN];
	struct bk_buf message = {0};
	int rc = 0;

	memcpy(file->host, head + HEAD_HOST, sizeof(file->host));
	if (bk_signed_split(bk_buf_view(&file->all), &file->records, signature,
			    err) < 0 ||
	    public_key(repo, bk_get_u32(head + HEAD_GENERATION), file->host,
		       key, err) < 0)
		return -1;
	bk_signed_message(&message, head, file->records);
	if (!bk_sign_verify(key, bk_buf_view(&message), signature))
		rc = bk_fail(err, BK_CORRUPT, "wrong signature");
	bk_buf_clear(&message);
	return rc;
}

static int read_blocks(struct bk_file_reader *reader, struct bk_buf *all,
		       struct bk_err *err)
{
	const struct bk_trailer *trailer = bk_file_reader_trailer(reader);
	struct bk_block_at at = {BK_HEAD_LEN, 0};
	uint64_t body_len = bk_file_reader_body_len(reader);
	struct bk_buf block = {0};
	int rc = 0;

	if (body_len > FILE_MAX)
		return bk_fail(err, BK_CORRUPT, "too long for what it is");
	while (rc == 0 && at.number < trailer->n_data) {
		rc = bk_file_reader_block(reader, &at, BK_BLOCK_DATA, &block,
					  err);
		bk_buf_add(all, block.data, block.len);
	}
	bk_buf_clear(&block);
	if (rc < 0)
		return -1;
	if (at.offset != body_len - TRAILER_STORED ||
	    all->len != trailer->plain_bytes ||
	    count_records(all) != trailer->n_items)
		return bk_fail(err, BK_CORRUPT,
			       "its trailer does not agree with its blocks");
	return 0;
}

/* Others name a root by the sum of its body.  What a cache has of it does: that
 * was proved. */
static int sum_body(const struct bk_repo *repo, const char *name, uint64_t len,
		    uint8_t out[BK_SHA256_LEN], struct bk_err *err)
{
	struct bk_buf body = {0};
	struct bk_sha256 sha;

	int rc = bk_target_read(repo->target, name, 0, len, &body, err);
	bk_sha256_init(&sha);
	bk_sha256_update(&sha, body.data, body.len);
	bk_sha256_final(&sha, out);
	bk_buf_clear(&body);
	return rc;
}

int bk_signed_file_read(const struct bk_repo *repo, const char *name,
			const struct bk_file_id *id, struct bk_signed_file *out,
			struct bk_err *err)
{
	struct bk_file_reader *reader = NULL;
	struct bk_file_place place = {.name = name};

	if (bk_file_reader_open(&reader, repo, repo->target, &place, id, err) <
	    0)
		return -1;
	out->generation = bk_file_reader_generation(reader);
	out->features = bk_file_reader_features(reader);
	int rc = read_blocks(reader, &out->all, err);
	if (rc == 0)
		rc = verify(repo, bk_file_reader_head(reader), out, err);
	if (rc == 0)
		rc = sum_body(repo, name, bk_file_reader_body_len(reader),
			      out->sha256, err);
	bk_file_reader_close(reader);
	return rc < 0 ? bk_context(err, "%s", name) : 0;
}

void bk_signed_file_clear(struct bk_signed_file *file)
{
	bk_buf_clear(&file->all);
	*file = (struct bk_signed_file){0};
}
