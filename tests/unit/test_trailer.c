/*
 * Which trailers can be those of their files: each is right but for one field,
 * in a file that is sealed rightly.
 */

#include "lib/test.h"

#include "repo/container.h"

#define TRAILER 156 /* bytes stored */

/* A file of that type: its body without the trailer ends at `end`. */
struct file {
	enum bk_file_type type;
	uint64_t end;
	uint32_t blocks; /* before the trailer */
	struct bk_trailer trailer;
};

static const struct file pack = {
	BK_FILE_PACK,
	256 + 2 * 140 + 112 + 80,
	4,
	{.first_directory = 3,
	  .n_directory = 1,
	  .n_items = 3,
	  .n_data = 2,
	  .directory_offset = 256 + 2 * 140 + 112,
	  .plain_bytes = 200,
	  .rows_offset = 256 + 2 * 140,
	  .rows_extra = 2730},
};

static const struct file table = {
	BK_FILE_TABLE,
	256 + 96 + 40,
	1,
	{.n_items = 1, .rows_offset = 256, .rows_extra = 682},
};

static const struct file manifest = {
	BK_FILE_MANIFEST,
	256 + 100 + 100 + 64,
	3,
	{.first_directory = 2,
	  .n_directory = 1,
	  .n_items = 5,
	  .n_data = 2,
	  .directory_offset = 456,
	  .plain_bytes = 120,
	  .rows_offset = 356,
	  .rows_extra = 1},
};

static const struct file root = {
	BK_FILE_ROOT,
	256 + 200,
	1,
	{.n_items = 8, .n_data = 1, .plain_bytes = 160},
};

static bool fits(const struct file *file)
{
	uint32_t row_blocks;

	return bk_trailer_fits(&file->trailer, file->type, file->blocks,
			       file->end + TRAILER, &row_blocks);
}

/* With another value in that field. */
#define REFUSED(base, field, value)                                            \
	do {                                                                   \
		struct file file = base;                                       \
		file.trailer.field = (value);                                  \
		if (fits(&file))                                               \
			fail_msg("%s with %s = %s", #base, #field, #value);    \
	} while (0)

static void files_as_they_should_be(void **state)
{
	const struct file empty = {BK_FILE_INDEX, 256, 0, {.rows_extra = 2730}};

	(void)state;
	assert_true(fits(&pack));
	assert_true(fits(&table));
	assert_true(fits(&manifest));
	assert_true(fits(&root));
	assert_true(fits(&empty));
}

static void counts_and_offsets_that_cannot_be(void **state)
{
	(void)state;
	REFUSED(pack, first_directory, 2);
	REFUSED(pack, n_directory, 2);
	REFUSED(pack, n_items, 4);
	REFUSED(pack, n_items, 2731);
	REFUSED(pack, n_data, 1);
	REFUSED(pack, directory_offset, 0);
	REFUSED(pack, directory_offset, 256 + 2 * 140 + 113);
	REFUSED(pack, rows_offset, 256 + 2 * 140 + 1);
	REFUSED(pack, rows_offset, 0);
	REFUSED(pack, rows_offset, UINT64_MAX - 80);
	REFUSED(pack, rows_extra, 2729);
	REFUSED(table, n_items, 0);
	REFUSED(table, n_items, 2);
	REFUSED(table, rows_offset, 257);
	REFUSED(table, rows_extra, 2730);
	REFUSED(manifest, rows_extra, 2);
	REFUSED(manifest, rows_offset, 256);
	REFUSED(manifest, rows_offset, 1000);
	REFUSED(manifest, first_directory, 1);
	REFUSED(manifest, directory_offset, 600);
	REFUSED(root, rows_offset, 256);
	REFUSED(root, rows_extra, 1);
	REFUSED(root, first_directory, 1);
	REFUSED(root, directory_offset, 256);
}

static void kinds_of_blocks_that_a_file_does_not_have(void **state)
{
	struct file with_data = table, with_directory = root;
	struct file no_data = root, bare = pack, chunkless = pack;

	(void)state;
	with_data.trailer.n_data = 1;
	with_data.trailer.rows_offset = 356;
	with_data.end += 100;
	with_data.blocks++;
	assert_false(fits(&with_data));
	REFUSED(table, plain_bytes, 1);
	with_directory.trailer.n_directory = 1;
	with_directory.trailer.first_directory = 1;
	with_directory.trailer.directory_offset = 300;
	with_directory.blocks++;
	assert_false(fits(&with_directory));
	no_data.trailer = (struct bk_trailer){0};
	no_data.blocks = 0;
	assert_false(fits(&no_data));
	/* A pack has a block table, and data if it has chunks. */
	bare.trailer.n_directory = 0;
	bare.trailer.first_directory = 0;
	bare.trailer.directory_offset = 0;
	bare.end -= 80;
	bare.blocks--;
	assert_false(fits(&bare));
	chunkless.trailer.n_data = 0;
	chunkless.trailer.plain_bytes = 0;
	chunkless.trailer.rows_offset = 256;
	chunkless.trailer.first_directory = 1;
	chunkless.trailer.directory_offset = 256 + 112;
	chunkless.end -= (uint64_t)2 * 140;
	chunkless.blocks -= 2;
	assert_false(fits(&chunkless));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_as_they_should_be),
		cmocka_unit_test(counts_and_offsets_that_cannot_be),
		cmocka_unit_test(kinds_of_blocks_that_a_file_does_not_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
