/* Encrypted files from end to end, on a local target. */

#include "lib/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/file.h"
#include "crypto/random.h"
#include "repo/container.h"
#include "target/target.h"

#define NAME "data/set/m00000000.bkm"

static struct bk_repo repo;
static char folder[] = "/tmp/test_reader.XXXXXX";
static const struct bk_file_id manifest = {
	BK_FILE_MANIFEST, {1, 2, 3},
         0
};
static const struct bk_file_place place = {.name = NAME};

static int start(void **state)
{
	struct bk_err err = {0};

	(void)state;
	if (!mkdtemp(folder) || bk_keys_generate(&repo.keys, &err) < 0)
		return -1;
	bk_random_bytes(repo.id, sizeof(repo.id));
	return bk_target_open(&repo.target, folder, NULL, false, &err);
}

static int end(void **state)
{
	struct bk_err err = {0};
	char *data = bk_asprintf("%s/data", folder);

	(void)state;
	(void)bk_target_remove(repo.target, NAME, &err);
	bk_target_close(repo.target);
	(void)rmdir(data);
	free(data);
	return rmdir(folder);
}

static struct bk_view text(const char *s)
{
	return (struct bk_view){(const uint8_t *)s, strlen(s)};
}

static void done(int rc, const struct bk_err *err)
{
	if (rc < 0)
		fail_msg("%s", err->text);
}

/* Two data blocks, the second of names, and a directory. */
static void write_manifest(struct bk_file_sum *sum)
{
	struct bk_file_writer *writer = NULL;
	struct bk_block_at names;
	struct bk_err err = {0};

	done(bk_file_writer_open(&writer, &repo, repo.target, NAME, &manifest,
				 &err),
	     &err);
	done(bk_file_writer_block(
		     writer, BK_BLOCK_DATA,
		     text("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
		     3, NULL, &err),
	     &err);
	done(bk_file_writer_block(writer, BK_BLOCK_DATA, text("names"), 3,
				  &names, &err),
	     &err);
	done(bk_file_writer_directory(writer, text("entries"), &err), &err);
	struct bk_trailer trailer = {.n_items = 4,
				     .rows_offset = names.offset,
				     .rows_extra = names.number};
	done(bk_file_writer_finish(writer, &trailer, sum, &err), &err);
}

static int read_manifest(const uint8_t *sha256, struct bk_err *err)
{
	struct bk_file_reader *reader = NULL;
	struct bk_buf plain = {0};

	int rc = bk_file_reader_open(&reader, &repo, repo.target, &place,
				     &manifest, err);
	if (rc == 0)
		rc = bk_file_reader_directory(reader, &plain, err);
	if (rc == 0)
		rc = bk_file_reader_prove(reader, sha256, NULL, err);
	bk_file_reader_close(reader);
	bk_buf_clear(&plain);
	return rc;
}

static void read_object(struct bk_buf *into)
{
	struct bk_err err = {0};
	uint64_t size = 0;

	done(bk_target_stat(repo.target, NAME, &size, &err), &err);
	done(bk_target_read(repo.target, NAME, 0, size, into, &err), &err);
}

static void write_object(const struct bk_buf *bytes)
{
	struct bk_err err = {0};

	done(bk_target_put(repo.target, NAME, bk_buf_view(bytes), &err), &err);
}

static void what_is_written_is_read(void **state)
{
	struct bk_file_reader *reader = NULL;
	struct bk_buf plain = {0};
	struct bk_file_sum sum;
	struct bk_err err = {0};

	(void)state;
	write_manifest(&sum);
	done(bk_file_reader_open(&reader, &repo, repo.target, &place, &manifest,
				 &err),
	     &err);
	const struct bk_trailer *trailer = bk_file_reader_trailer(reader);
	assert_int_equal(trailer->n_items, 4);
	assert_int_equal(trailer->n_data, 2);
	assert_int_equal(trailer->plain_bytes, 82);
	assert_int_equal(bk_file_reader_body_len(reader), sum.body_len);
	assert_int_equal(sum.file_len, sum.body_len + 64);
	struct bk_block_at at = {BK_HEAD_LEN, 0};
	done(bk_file_reader_block(reader, &at, BK_BLOCK_DATA, &plain, &err),
	     &err);
	assert_int_equal(plain.len, 77);
	assert_int_equal(at.offset, trailer->rows_offset);
	done(bk_file_reader_block(reader, &at, BK_BLOCK_DATA, &plain, &err),
	     &err);
	assert_int_equal(plain.len, 5);
	assert_memory_equal(plain.data, "names", 5);
	assert_int_equal(at.number, trailer->first_directory);
	assert_int_equal(at.offset, trailer->directory_offset);
	done(bk_file_reader_directory(reader, &plain, &err), &err);
	assert_int_equal(plain.len, 7);
	assert_memory_equal(plain.data, "entries", 7);
	done(bk_file_reader_prove(reader, sum.sha256, NULL, &err), &err);
	bk_file_reader_close(reader);
	bk_buf_clear(&plain);
}

static void the_sum_is_that_of_the_body(void **state)
{
	struct bk_buf bytes = {0};
	struct bk_file_sum sum;
	struct bk_sha256 sha;
	uint8_t out[32];
	struct bk_err err = {0};

	(void)state;
	write_manifest(&sum);
	read_object(&bytes);
	assert_int_equal(bytes.len, sum.file_len);
	bk_sha256_init(&sha);
	bk_sha256_update(&sha, bytes.data, sum.body_len);
	bk_sha256_final(&sha, out);
	assert_memory_equal(out, sum.sha256, sizeof(out));
	out[31] ^= 1;
	assert_int_equal(read_manifest(out, &err), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
	assert_non_null(strstr(err.text, NAME ": wrong SHA-256"));
	bk_buf_clear(&bytes);
}

static void every_flipped_byte_of_a_file_is_found(void **state)
{
	static const uint8_t masks[] = {0x01, 0x80, 0xff};
	struct bk_buf bytes = {0};
	struct bk_file_sum sum;
	struct bk_err err = {0};

	(void)state;
	write_manifest(&sum);
	read_object(&bytes);
	for (size_t i = 0; i < bytes.len * 3; i++) {
		bytes.data[i / 3] ^= masks[i % 3];
		write_object(&bytes);
		if (read_manifest(NULL, &err) == 0)
			fail_msg("byte %zu", i / 3);
		assert_int_equal(err.kind, BK_CORRUPT);
		bytes.data[i / 3] ^= masks[i % 3];
	}
	bk_buf_clear(&bytes);
}

static void every_cut_of_a_file_is_found(void **state)
{
	struct bk_buf bytes = {0};
	struct bk_file_sum sum;
	struct bk_err err = {0};

	(void)state;
	write_manifest(&sum);
	read_object(&bytes);
	for (size_t len = bytes.len; len--;) {
		bytes.len = len;
		write_object(&bytes);
		assert_int_equal(read_manifest(NULL, &err), -1);
		assert_int_equal(err.kind, BK_CORRUPT);
		assert_non_null(strstr(err.text, NAME));
	}
	bk_buf_clear(&bytes);
}

/* Who has no key can recompute CRCs and the footer, and still not cut it. */
static void a_block_left_out_is_found_even_with_a_new_footer(void **state)
{
	uint8_t sum_of_rest[32], *at;
	struct bk_buf bytes = {0};
	struct bk_file_sum sum;
	struct bk_sha256 sha;
	struct bk_err err = {0};

	(void)state;
	write_manifest(&sum);
	read_object(&bytes);
	at = bytes.data + BK_HEAD_LEN;
	size_t first = 12 + bk_get_u32(at);
	size_t body = sum.body_len - first;
	memmove(at, at + first, body - BK_HEAD_LEN);
	bk_sha256_init(&sha);
	bk_sha256_update(&sha, bytes.data, body);
	bk_sha256_final(&sha, sum_of_rest);
	bk_footer_encode(body, false, sum_of_rest, bytes.data + body);
	bytes.len = body + BK_FOOTER_LEN;
	write_object(&bytes);
	assert_int_equal(read_manifest(NULL, &err), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
	bk_buf_clear(&bytes);
}

static void a_damaged_block_is_named(void **state)
{
	struct bk_buf bytes = {0};
	struct bk_file_sum sum;
	struct bk_err err = {0};

	(void)state;
	write_manifest(&sum);
	read_object(&bytes);
	bytes.data[BK_HEAD_LEN + 20] ^= 1;
	write_object(&bytes);
	assert_int_equal(read_manifest(NULL, &err), -1);
	assert_string_equal(err.text, NAME ": block 0: wrong CRC");
	bk_buf_clear(&bytes);
}

static void a_file_in_a_bundle_is_read_where_it_lies(void **state)
{
	struct bk_file_reader *reader = NULL;
	struct bk_buf bytes = {0}, bundle = {0}, plain = {0};
	struct bk_file_sum sum;
	struct bk_err err = {0};

	(void)state;
	write_manifest(&sum);
	read_object(&bytes);
	bk_buf_add(&bundle, "something before", 16);
	bk_buf_add(&bundle, bytes.data, bytes.len);
	bk_buf_add(&bundle, "something behind", 16);
	write_object(&bundle);
	struct bk_file_place inside = {
		.name = NAME,
		.offset = 16,
		.file_len = sum.file_len,
	};
	done(bk_file_reader_open(&reader, &repo, repo.target, &inside,
				 &manifest, &err),
	     &err);
	done(bk_file_reader_directory(reader, &plain, &err), &err);
	assert_memory_equal(plain.data, "entries", 7);
	done(bk_file_reader_prove(reader, sum.sha256, NULL, &err), &err);
	bk_file_reader_close(reader);
	inside.offset = 1;
	assert_int_equal(bk_file_reader_open(&reader, &repo, repo.target,
					     &inside, &manifest, &err),
			 -1);
	bk_buf_clear(&bytes);
	bk_buf_clear(&bundle);
	bk_buf_clear(&plain);
}

/* Larger than what is read at once, so that windows move. */
static void a_large_file_comes_back_block_by_block(void **state)
{
	enum { BLOCKS = 9, LEN = 150000 };
	struct bk_file_writer *writer = NULL;
	struct bk_file_reader *reader = NULL;
	struct bk_block_at at = {BK_HEAD_LEN, 0}, places[BLOCKS];
	struct bk_buf random = {0}, plain = {0};
	struct bk_file_sum sum;
	struct bk_err err = {0};

	(void)state;
	bk_random_bytes(bk_buf_grow(&random, LEN), LEN);
	done(bk_file_writer_open(&writer, &repo, repo.target, NAME, &manifest,
				 &err),
	     &err);
	for (size_t i = 0; i < BLOCKS; i++) {
		random.data[0] = (uint8_t)i;
		done(bk_file_writer_block(
			     writer, BK_BLOCK_DATA,
			     (struct bk_view){random.data, LEN / (i + 1)},
			     i % 2 ? 1 : 0, &places[i], &err),
		     &err);
	}
	struct bk_trailer trailer = {.rows_offset = BK_HEAD_LEN};
	done(bk_file_writer_finish(writer, &trailer, &sum, &err), &err);
	done(bk_file_reader_open(&reader, &repo, repo.target, &place, &manifest,
				 &err),
	     &err);
	for (size_t i = 0; i < BLOCKS; i++) {
		assert_int_equal(at.offset, places[i].offset);
		assert_int_equal(at.number, places[i].number);
		done(bk_file_reader_block(reader, &at, BK_BLOCK_DATA, &plain,
					  &err),
		     &err);
		random.data[0] = (uint8_t)i;
		assert_int_equal(plain.len, LEN / (i + 1));
		assert_memory_equal(plain.data, random.data, plain.len);
	}
	for (size_t i = BLOCKS; i--;) {
		at = places[i];
		done(bk_file_reader_block(reader, &at, BK_BLOCK_DATA, &plain,
					  &err),
		     &err);
		assert_int_equal(plain.data[0], i);
	}
	done(bk_file_reader_prove(reader, sum.sha256, NULL, &err), &err);
	bk_file_reader_close(reader);
	bk_buf_clear(&random);
	bk_buf_clear(&plain);
}

static void rows_lie_where_the_format_says(void **state)
{
	static const struct bk_file_id id = {BK_FILE_INDEX, {4}, 0};
	static const size_t rows[] = {0, 1, 2730, 2731};
	struct bk_buf bytes = {0}, plain = {0};
	struct bk_err err = {0};

	(void)state;
	bk_random_bytes(bk_buf_grow(&bytes, 2731 * 24), 2731 * 24);
	for (size_t i = 0; i < 4; i++) {
		struct bk_file_writer *writer = NULL;
		struct bk_file_reader *reader = NULL;
		struct bk_trailer trailer = {.n_items = (uint32_t)rows[i],
					     .rows_extra = 2730};
		struct bk_file_sum sum;
		trailer.rows_offset = rows[i] ? BK_HEAD_LEN : 0;
		done(bk_file_writer_open(&writer, &repo, repo.target, NAME, &id,
					 &err),
		     &err);
		for (size_t n = 0; n < rows[i]; n += 2730) {
			size_t len = rows[i] - n < 2730 ? rows[i] - n : 2730;
			struct bk_view view = {bytes.data + n * 24, len * 24};
			done(bk_file_writer_block(writer, BK_BLOCK_ROWS, view,
						  0, NULL, &err),
			     &err);
		}
		done(bk_file_writer_finish(writer, &trailer, &sum, &err), &err);
		done(bk_file_reader_open(&reader, &repo, repo.target, &place,
					 &id, &err),
		     &err);
		done(bk_file_reader_prove(reader, sum.sha256, NULL, &err),
		     &err);
		if (rows[i] > 2730) {
			struct bk_block_at at = {256 + 65560, 1};
			done(bk_file_reader_block(reader, &at, BK_BLOCK_ROWS,
						  &plain, &err),
			     &err);
			assert_int_equal(plain.len, 24);
			assert_memory_equal(plain.data, bytes.data + 2730 * 24,
					    24);
		}
		bk_file_reader_close(reader);
	}
	bk_buf_clear(&bytes);
	bk_buf_clear(&plain);
}

/* The writer is authentic but wrong: the reader does not follow it. */
static void a_trailer_that_does_not_agree_with_the_blocks_is_refused(
	void **state)
{
	static const struct bk_trailer wrong[] = {
		{.rows_offset = 0,               .rows_extra = 0},
		{.rows_offset = BK_HEAD_LEN,     .rows_extra = 1},
		{.rows_offset = 1 << 20,         .rows_extra = 0},
		{.rows_offset = BK_HEAD_LEN + 1, .rows_extra = 0},
	};
	struct bk_err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct bk_file_writer *writer = NULL;
		struct bk_file_sum sum;
		done(bk_file_writer_open(&writer, &repo, repo.target, NAME,
					 &manifest, &err),
		     &err);
		done(bk_file_writer_block(writer, BK_BLOCK_DATA, text("names"),
					  0, NULL, &err),
		     &err);
		done(bk_file_writer_finish(writer, &wrong[i], &sum, &err),
		     &err);
		assert_int_equal(read_manifest(sum.sha256, &err), -1);
		assert_int_equal(err.kind, BK_CORRUPT);
	}
}

static void blocks_in_a_wrong_order_or_too_large_are_the_callers_fault(
	void **state)
{
	struct bk_file_writer *writer = NULL;
	struct bk_buf large = {0};
	struct bk_err err = {0};

	(void)state;
	(void)bk_buf_grow(&large, ((size_t)1 << 22) - 11);
	done(bk_file_writer_open(&writer, &repo, repo.target, NAME, &manifest,
				 &err),
	     &err);
	assert_int_equal(bk_file_writer_block(writer, BK_BLOCK_DATA,
					      bk_buf_view(&large), 0, NULL,
					      &err),
			 -1);
	assert_int_equal(err.kind, BK_MISUSE);
	done(bk_file_writer_directory(writer, text("x"), &err), &err);
	assert_int_equal(bk_file_writer_block(writer, BK_BLOCK_DATA, text("x"),
					      0, NULL, &err),
			 -1);
	assert_int_equal(err.kind, BK_MISUSE);
	bk_file_writer_abort(writer);
	bk_buf_clear(&large);
}

static void an_aborted_file_leaves_the_old_one(void **state)
{
	struct bk_file_writer *writer = NULL;
	struct bk_file_sum sum;
	struct bk_err err = {0};

	(void)state;
	write_manifest(&sum);
	done(bk_file_writer_open(&writer, &repo, repo.target, NAME, &manifest,
				 &err),
	     &err);
	bk_file_writer_abort(writer);
	bk_file_writer_abort(NULL);
	done(read_manifest(sum.sha256, &err), &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(the_sum_is_that_of_the_body),
		cmocka_unit_test(every_flipped_byte_of_a_file_is_found),
		cmocka_unit_test(every_cut_of_a_file_is_found),
		cmocka_unit_test(
			a_block_left_out_is_found_even_with_a_new_footer),
		cmocka_unit_test(a_damaged_block_is_named),
		cmocka_unit_test(a_file_in_a_bundle_is_read_where_it_lies),
		cmocka_unit_test(a_large_file_comes_back_block_by_block),
		cmocka_unit_test(rows_lie_where_the_format_says),
		cmocka_unit_test(
			a_trailer_that_does_not_agree_with_the_blocks_is_refused),
		cmocka_unit_test(
			blocks_in_a_wrong_order_or_too_large_are_the_callers_fault),
		cmocka_unit_test(an_aborted_file_leaves_the_old_one),
	};

	return cmocka_run_group_tests_name("file_reader", tests, start, end);
}
