/*
 * An encrypted file that is being read, from within: what the parts of the
 * reader share.  For others it is container.h's.
 */

#ifndef BK_REPO_FILE_READER_H
#define BK_REPO_FILE_READER_H

#include "repo/container.h"

#define BK_TRAILER_STORED (BK_TRAILER_LEN + BK_BLOCK_OVERHEAD)

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

/* The whole stored block at `offset`, which ends within the body; valid until
 * the next call. */
int bk_file_fetch_block(struct bk_file_reader *reader, uint64_t offset,
			struct bk_view *stored, struct bk_err *err);
/* A stored block into *plain, emptied first. */
int bk_file_open_block(struct bk_file_reader *reader, uint32_t number,
		       enum bk_block_kind kind, struct bk_view stored,
		       struct bk_buf *plain, struct bk_err *err);

/* Names the file in the error, unless the target did; -1. */
int bk_file_blame(const struct bk_file_reader *reader, struct bk_err *err);
int bk_file_blame_block(const struct bk_file_reader *reader, uint32_t number,
			struct bk_err *err);

#endif
