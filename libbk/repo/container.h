/*
 * The shape that every encrypted file has: a header that names it and binds
 * its key, sealed blocks, a trailer, a footer.  bk-format(5), CONTAINER.
 *
 * Sealing and opening a block are pure functions on buffers, so that worker
 * threads can call them; the writer and the reader below are for files that
 * one thread writes or reads from end to end (all but packs).
 */

#ifndef BK_REPO_CONTAINER_H
#define BK_REPO_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/aead.h"
#include "crypto/digest.h"
#include "repo/repo.h"
#include "target/target.h"

/* What an error says of a whole file that was put into the wrong place. */
#define BK_OF_ANOTHER_REPO  "belongs to another repository"

#define BK_HEAD_LEN         256
#define BK_BLOCK_HEAD_LEN   12  /* in clear, before the ciphertext */
#define BK_BLOCK_FIELDS_LEN 12  /* before the data, sealed with it */
#define BK_BLOCK_OVERHEAD   40  /* of a block without padding, over its data */
#define BK_TRAILER_LEN      116 /* of data; 156 stored */
#define BK_FOOTER_LEN       64
#define BK_FOOTER_SUM       36  /* where 24 bytes of the SHA-256 lie in it */
#define BK_BODY_LEAST       412 /* header and trailer */

/* Compatible features in a header.  Of a root: index, manifest, table and own
 * packs of the set have parity where their bodies are long enough. */
#define BK_FEATURE_PARITY ((uint32_t)1)

/* log2 of the most that the fields, data and padding of a block may take; and
 * of its plain length. */
#define BK_LOG2_BLOCK_LEAST 16
#define BK_LOG2_BLOCK_MOST  22

enum bk_file_type {
	BK_FILE_PACK = 1,
	BK_FILE_INDEX = 2,
	BK_FILE_MANIFEST = 3,
	BK_FILE_ROOT = 4,
	BK_FILE_INTENT = 5,
	BK_FILE_TRASH = 6,
	BK_FILE_TABLE = 7,
	BK_FILE_HOLD = 8,
};

enum bk_block_kind {
	BK_BLOCK_DATA = 0,
	BK_BLOCK_DIRECTORY = 1,
	BK_BLOCK_TRAILER = 2,
	BK_BLOCK_ROWS = 3,
};

enum bk_codec { BK_CODEC_RAW = 0, BK_CODEC_ZSTD = 1 };

/* Which file: what the header says and the name must agree with. */
struct bk_file_id {
	enum bk_file_type type;
	uint8_t set[16];
	uint32_t ordinal;
};

/* What others need: its blocks may be compressed, and parity is written for it.
 * The rest are small records under a signature, which are neither. */
bool bk_file_is_bulk(enum bk_file_type type);

/* How large the blocks of a new file may be, as header[13] says it. */
unsigned bk_log2_block(enum bk_file_type type);

/* Makes a header with a fresh salt, of the newest key generation, and derives
 * the file key from it, which the caller wipes.  BK_NO_KEY when the keys that
 * this takes are not held. */
int bk_head_make(const struct bk_repo *repo, const struct bk_file_id *id,
		 unsigned log2_block, uint8_t head[BK_HEAD_LEN],
		 uint8_t key[BK_KEY_LEN], struct bk_err *err);

/*
 * Checks a header that was read (every field, against repository and id) and
 * derives the key; the commitment is compared before anything is decrypted.
 * BK_NEWER for a higher major or an unknown incompatible feature, BK_CORRUPT
 * for anything else; BK_NO_KEY when the key that it takes is not held.
 */
int bk_head_open(const struct bk_repo *repo, const struct bk_file_id *id,
		 const uint8_t head[BK_HEAD_LEN], uint8_t key[BK_KEY_LEN],
		 unsigned *log2_block, struct bk_err *err);

/* What is in clear or authenticated about a block. */
struct bk_block_info {
	enum bk_file_type type; /* of the file */
	enum bk_block_kind kind;
	enum bk_codec codec;
	uint32_t number;
	bool last;
	uint32_t plain_len; /* uncompressed length of the data */
};

/* Appends the whole sealed block (12-byte head, ciphertext, tag) to *out. */
int bk_block_seal(struct bk_aead *aead, const struct bk_block_info *info,
		  struct bk_view data, struct bk_buf *out, struct bk_err *err);

/*
 * Opens one stored block (head included; exactly `stored`): checks CRC,
 * number, last, seal, kind, lengths against 1 << log2_block.  info->type,
 * number, last and kind say what is expected; codec and plain_len are filled.
 * *data (emptied first) gets the data as stored, still compressed if
 * codec says so.
 */
int bk_block_open(struct bk_aead *aead, struct bk_block_info *info,
		  unsigned log2_block, struct bk_view stored,
		  struct bk_buf *data, struct bk_err *err);

/* The same in place: *block is the stored block, and then its data; empty after
 * a failure. */
int bk_block_open_in_place(struct bk_aead *aead, struct bk_block_info *info,
			   unsigned log2_block, struct bk_buf *block,
			   struct bk_err *err);

/* Numbers of the trailer, and where the body ends. */
struct bk_trailer {
	uint32_t first_directory, n_directory;
	uint32_t n_items; /* chunks, rows or records */
	uint32_t n_data;
	uint64_t directory_offset;
	uint64_t plain_bytes;
	uint64_t rows_offset; /* manifest: of the first name block */
	uint32_t rows_extra;  /* rows to a row block; manifest: number of the
				 first name block */
};
void bk_trailer_encode(const struct bk_trailer *trailer,
		       uint8_t out[BK_TRAILER_LEN]);
int bk_trailer_decode(struct bk_view data, struct bk_trailer *out,
		      struct bk_err *err);
/* Can block `number` of a file of that type and body length be this trailer?
 * Kinds, counts and offsets; *row_blocks is how many there are of rows. */
bool bk_trailer_fits(const struct bk_trailer *trailer, enum bk_file_type type,
		     uint32_t number, uint64_t body_len, uint32_t *row_blocks);

/* How long a file with that body is; short bodies have no parity in any case.
 */
uint64_t bk_file_len(uint64_t body_len, bool parity);

/* Its footer. */
void bk_footer_encode(uint64_t body_len, bool parity,
		      const uint8_t sha256[BK_SHA256_LEN],
		      uint8_t out[BK_FOOTER_LEN]);
/* BK_CORRUPT unless it is whole, says file_len, and has no parity or that of
 * the body. */
int bk_footer_decode(const uint8_t footer[BK_FOOTER_LEN], uint64_t file_len,
		     uint64_t *body_len, struct bk_err *err);

/* Everything behind a body that was written to `put`: its parity, for which it
 * is read back from there, and its footer. */
int bk_file_end(struct bk_put *put, uint64_t body_len, bool parity,
		const uint8_t sha256[BK_SHA256_LEN], struct bk_err *err);

/* What a file is known by once it is written. */
struct bk_file_sum {
	uint64_t body_len, file_len;
	uint8_t sha256[BK_SHA256_LEN];
};

/* A block of a file: {BK_HEAD_LEN, 0} is the first. */
struct bk_block_at {
	uint64_t offset; /* of its head, in the file */
	uint32_t number;
};

/* ---- writing a file from end to end ---- */

struct bk_file_writer;

/* Blocks are as large as bk_log2_block(type) allows. */
int bk_file_writer_open(struct bk_file_writer **out, const struct bk_repo *repo,
			struct bk_target *target, const char *name,
			const struct bk_file_id *id, struct bk_err *err);
/* The header that was written: root and intents sign its first 220 bytes. */
const uint8_t *bk_file_writer_head(const struct bk_file_writer *writer);
/* One block; compressed with zstd at `level` if that is shorter, level 0:
 * never.  Kinds in the order of the format.  *at (may be NULL) becomes where it
 * lies. */
int bk_file_writer_block(struct bk_file_writer *writer, enum bk_block_kind kind,
			 struct bk_view data, int level, struct bk_block_at *at,
			 struct bk_err *err);
/* Directory contents of any length, in as many blocks as it takes. */
int bk_file_writer_directory(struct bk_file_writer *writer,
			     struct bk_view contents, struct bk_err *err);
/* Writes trailer (n_items, rows_offset and rows_extra are the caller's, the
 * rest is counted) and footer, commits; ends the writer either way. */
int bk_file_writer_finish(struct bk_file_writer *writer,
			  const struct bk_trailer *trailer,
			  struct bk_file_sum *sum, struct bk_err *err);
void bk_file_writer_abort(struct bk_file_writer *writer); /* NULL is fine */

/* ---- reading a file ---- */

struct bk_file_reader;

/* Where a file lies: an object of its own or a stretch of a bundle. */
struct bk_file_place {
	const char *name;  /* of the object */
	uint64_t offset;   /* in it */
	uint64_t file_len; /* 0: all of the object */
	uint64_t tail; /* so many bytes of the end of its body are read next;
			  0: not known better than by its type */
	uint64_t body_len; /* as a table says; 0: not known */
};

/* Reads and checks header, footer and trailer. */
int bk_file_reader_open(struct bk_file_reader **out, const struct bk_repo *repo,
			struct bk_target *target,
			const struct bk_file_place *place,
			const struct bk_file_id *id, struct bk_err *err);
void bk_file_reader_close(struct bk_file_reader *reader); /* NULL is fine */
const struct bk_trailer *bk_file_reader_trailer(
	const struct bk_file_reader *reader);
const uint8_t *bk_file_reader_head(const struct bk_file_reader *reader);
uint64_t bk_file_reader_body_len(const struct bk_file_reader *reader);
unsigned bk_file_reader_log2_block(const struct bk_file_reader *reader);
bool bk_file_reader_is_sealed(const struct bk_file_reader *reader);
uint32_t bk_file_reader_generation(const struct bk_file_reader *reader);
/* The compatible features of its header. */
uint32_t bk_file_reader_features(const struct bk_file_reader *reader);

/* The block at *at, decompressed into *plain (emptied first); *at moves to the
 * block behind it. */
int bk_file_reader_block(struct bk_file_reader *reader, struct bk_block_at *at,
			 enum bk_block_kind kind, struct bk_buf *plain,
			 struct bk_err *err);
/* The next block is said to take `len` bytes with its head: that many are
 * fetched at once.  Nothing else depends on it. */
void bk_file_reader_expect(struct bk_file_reader *reader, uint32_t len);
/* These stretches of the file are read next: bk_target_want().  At most 16. */
void bk_file_reader_want(const struct bk_file_reader *reader,
			 const struct bk_stretch *stretches, size_t n);
/* Lets go of buffers: for a file that will not be read for a while. */
void bk_file_reader_rest(struct bk_file_reader *reader);
/* Takes the buffers of `from`, which will not be read for a while: a thread
 * that reads many files in turn needs those of one. */
void bk_file_reader_take_over(struct bk_file_reader *reader,
			      struct bk_file_reader *from);
/* The contents of the directory, into *contents (emptied first). */
int bk_file_reader_directory(struct bk_file_reader *reader,
			     struct bk_buf *contents, struct bk_err *err);

/* Who looks at the blocks of a file while it is proved. */
struct bk_block_visitor {
	/* Each block in its order, decompressed; valid during the call only.
	 * -1 ends it. */
	int (*block)(struct bk_block_visitor *visitor, enum bk_block_kind kind,
		     const struct bk_block_at *at, struct bk_view plain,
		     struct bk_err *err);
	/* Blocks of data stay closed and are shown empty: who opens them
	 * elsewhere has to see that they open and are as long as they should.
	 */
	bool leaves_data;
};

/* SHA-256 over the whole body (NULL: only what the footer has of it), that
 * every block lies at its place, has its CRC and opens, and that the parity is
 * that of the body; `visitor` may be NULL.  Memory: one block, and as much as
 * the parity takes. */
int bk_file_reader_prove(struct bk_file_reader *reader,
			 const uint8_t sha256[BK_SHA256_LEN],
			 struct bk_block_visitor *visitor, struct bk_err *err);

#endif
