/* base/stream: nothing is lost or added between a source and a sink. */

#include "lib/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/stream.h"

#define BIG ((size_t)300000) /* several blocks of a copy, and a rest */

static uint8_t *pattern(size_t n)
{
	uint8_t *bytes = bk_alloc(n);

	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(i * 31 + i / 251);
	return bytes;
}

static void a_copy_is_the_same_bytes(void **state)
{
	static const size_t sizes[] = {0, 1, 65535, 65536, 65537, BIG};
	uint8_t *bytes = pattern(BIG);

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct bk_err err = {0};
		struct bk_buf copy = {0};
		struct bk_view_source from;
		struct bk_buf_sink to;
		uint64_t n = 7;

		bk_view_source_init(&from, (struct bk_view){bytes, sizes[i]});
		bk_buf_sink_init(&to, &copy, sizes[i]);
		assert_int_equal(
			0, bk_stream_copy(&from.source, &to.sink, &n, &err));
		assert_int_equal(n, sizes[i]);
		assert_int_equal(copy.len, sizes[i]);
		if (copy.len)
			assert_memory_equal(copy.data, bytes, copy.len);
		assert_int_equal(err.kind, BK_OK);
		bk_buf_clear(&copy);
	}
	free(bytes);
}

static void a_view_is_read_in_the_pieces_that_are_asked_for(void **state)
{
	struct bk_err err = {0};
	struct bk_view_source from;
	char into[4];
	size_t got;

	(void)state;
	bk_view_source_init(&from,
			    (struct bk_view){(const uint8_t *)"abcde", 5});
	assert_int_equal(0,
			 from.source.read(&from.source, into, 4, &got, &err));
	assert_int_equal(got, 4);
	assert_memory_equal(into, "abcd", 4);
	assert_int_equal(0,
			 from.source.read(&from.source, into, 4, &got, &err));
	assert_int_equal(got, 1);
	assert_int_equal(0,
			 from.source.read(&from.source, into, 4, &got, &err));
	assert_int_equal(got, 0);
}

static void a_buffer_takes_its_limit_and_not_a_byte_more(void **state)
{
	struct bk_err err = {0};
	struct bk_buf buf = {0};
	struct bk_buf_sink to;

	(void)state;
	bk_buf_sink_init(&to, &buf, 5);
	assert_int_equal(0, to.sink.write(&to.sink, "abc", 3, &err));
	assert_int_equal(0, to.sink.write(&to.sink, "de", 2, &err));
	assert_int_equal(0, to.sink.write(&to.sink, "", 0, &err));
	assert_int_equal(-1, to.sink.write(&to.sink, "f", 1, &err));
	assert_int_equal(err.kind, BK_CORRUPT);
	assert_int_equal(buf.len, 5);
	assert_memory_equal(buf.data, "abcde", 5);
	bk_buf_clear(&buf);
}

static void a_descriptor_gets_every_byte_and_they_are_counted(void **state)
{
	struct bk_err err = {0};
	uint8_t *bytes = pattern(BIG);
	uint8_t *back = bk_alloc(BIG + 1);
	struct bk_view_source from;
	struct bk_fd_sink to;
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0);
	bk_view_source_init(&from, (struct bk_view){bytes, BIG});
	bk_fd_sink_init(&to, fd);
	assert_int_equal(0, bk_stream_copy(&from.source, &to.sink, NULL, &err));
	assert_int_equal(to.written, BIG);
	assert_int_equal(pread(fd, back, BIG + 1, 0), BIG);
	assert_memory_equal(back, bytes, BIG);
	(void)close(fd);
	free(back);
	free(bytes);
}

static void a_full_disk_is_said_and_ends_the_copy(void **state)
{
	struct bk_err err = {0};
	struct bk_view_source from;
	struct bk_fd_sink to;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	bk_view_source_init(&from, (struct bk_view){(const uint8_t *)"x", 1});
	bk_fd_sink_init(&to, fd);
	assert_int_equal(-1,
			 bk_stream_copy(&from.source, &to.sink, NULL, &err));
	assert_int_equal(err.kind, BK_FULL);
	assert_string_equal(err.text, "write: No space left on device");
	assert_int_equal(to.written, 0);
	(void)close(fd);
}

static int broken_read(struct bk_source *from, void *into, size_t cap,
		       size_t *got, struct bk_err *err)
{
	(void)from, (void)into, (void)cap;
	*got = 1;
	return bk_fail(err, BK_LOST, "gone away");
}

static void a_source_that_breaks_is_no_end_of_file(void **state)
{
	struct bk_err err = {0};
	struct bk_source from = {broken_read};
	struct bk_buf buf = {0};
	struct bk_buf_sink to;
	uint64_t n = 7;

	(void)state;
	bk_buf_sink_init(&to, &buf, 100);
	assert_int_equal(-1, bk_stream_copy(&from, &to.sink, &n, &err));
	assert_int_equal(err.kind, BK_LOST);
	assert_int_equal(n, 0);
	assert_int_equal(buf.len, 0);
	bk_buf_clear(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_is_the_same_bytes),
		cmocka_unit_test(
			a_view_is_read_in_the_pieces_that_are_asked_for),
		cmocka_unit_test(a_buffer_takes_its_limit_and_not_a_byte_more),
		cmocka_unit_test(
			a_descriptor_gets_every_byte_and_they_are_counted),
		cmocka_unit_test(a_full_disk_is_said_and_ends_the_copy),
		cmocka_unit_test(a_source_that_breaks_is_no_end_of_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
