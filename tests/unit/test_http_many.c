/* Begins and several stretches of a file by one request, and what is not
 * believed of the answer. */

#include "lib/test.h"

#include <stdio.h>
#include <string.h>

#include "lib/scripted_link.h"
#include "net/http.h"

static struct scripted_link there;
static struct bk_err err;
static const char *answer;

/* The same answer to whoever comes, and no other on that connection. */
static void serve(int fd, unsigned number)
{
	(void)number;
	if (*scripted_request(fd))
		scripted_say(fd, answer);
}

static int begin(void **state)
{
	(void)state;
	err = (struct bk_err){0};
	scripted_link_open(&there, "http", 5, serve);
	return 0;
}

static int end(void **state)
{
	(void)state;
	scripted_link_close(&there);
	return 0;
}

/* The first bytes of "0123456789", up to eight of them. */
static int peek(const char *from, struct bk_buf *into, uint64_t *size)
{
	struct bk_line *line = bk_link_take(there.link);
	struct bk_buf_sink sink;

	answer = from;
	err = (struct bk_err){0};
	into->len = 0;
	bk_buf_sink_init(&sink, into, 8);
	bk_line_to(line, "/blob");
	int rc = bk_http_peek(line, 8, &sink.sink, size, &err);
	bk_link_give(line);
	return rc;
}

static void the_begin_of_a_file_tells_how_long_it_is(void **state)
{
	static const struct {
		const char *says, *bytes;
		uint64_t size;
	} cases[] = {
		{"HTTP/1.1 206 Part\r\nContent-Range: bytes 0-7/10\r\n"
		 "Content-Length: 8\r\n\r\n01234567",       "01234567", 10},
		{"HTTP/1.1 206 Part\r\nContent-Range: bytes 0-4/5\r\n"
		 "Content-Length: 5\r\n\r\n01234",          "01234",    5 },
		{"HTTP/1.1 200 All\r\nContent-Length: 10\r\n\r\n0123456789",
		 "01234567",							     10},
		{"HTTP/1.1 200 All\r\nContent-Length: 3\r\n\r\n012",         "012",      3 },
		{"HTTP/1.1 200 All\r\nContent-Length: 0\r\n\r\n",            "",         0 },
	};
	struct bk_buf got = {0};
	uint64_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (peek(cases[i].says, &got, &size) < 0)
			fail_msg("%zu: %s", i, err.text);
		assert_string_equal(bk_buf_text(&got), cases[i].bytes);
		assert_int_equal(size, cases[i].size);
	}
	bk_buf_clear(&got);
}

static void a_begin_that_is_not_one_is_not_taken(void **state)
{
	static const struct {
		const char *says;
		enum bk_kind kind;
	} cases[] = {
		{"HTTP/1.1 206 Part\r\nContent-Range: bytes 0-4/10\r\n"
		 "Content-Length: 5\r\n\r\n01234",    BK_CORRUPT},
		{"HTTP/1.1 206 Part\r\nContent-Range: bytes 0-4/5\r\n"
		 "Content-Length: 8\r\n\r\n01234567", BK_CORRUPT},
		{"HTTP/1.1 206 Part\r\nContent-Range: bytes 1-8/10\r\n"
		 "Content-Length: 8\r\n\r\n12345678", BK_CORRUPT},
		{"HTTP/1.1 206 Part\r\nContent-Range: bytes 0-7/*\r\n"
		 "Content-Length: 8\r\n\r\n01234567", BK_FAILED },
		{"HTTP/1.1 200 All\r\nConnection: close\r\n\r\n01234",
		 BK_FAILED						       },
		{"HTTP/1.1 200 All\r\nContent-Length: 6\r\n"
		 "Connection: close\r\n\r\n01234",    BK_LOST   },
		{"HTTP/1.1 200 All\r\nContent-Type: text/html\r\n"
		 "Content-Length: 5\r\n\r\nLogin",    BK_DENIED },
	};
	struct bk_buf got = {0};
	uint64_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (peek(cases[i].says, &got, &size) == 0)
			fail_msg("believed: %s", cases[i].says);
		if (err.kind != cases[i].kind)
			fail_msg("%zu: kind %d, %s", i, (int)err.kind,
				 err.text);
	}
	bk_buf_clear(&got);
}

/* ---- several stretches ---- */

/* Bytes 2 to 4 and 7 to 8 of "0123456789". */
static int get_both(const char *from, struct bk_buf *into)
{
	static const struct bk_stretch both[] = {
		{2, 3},
                {7, 2}
        };
	struct bk_line *line = bk_link_take(there.link);
	struct bk_buf_sink sink;

	answer = from;
	err = (struct bk_err){0};
	into->len = 0;
	bk_buf_sink_init(&sink, into, 5);
	bk_line_to(line, "/blob");
	int rc = bk_http_get_many(line, both, 2, &sink.sink, &err);
	bk_link_give(line);
	return rc;
}

#define PARTS(type)                                                            \
	"HTTP/1.1 206 Part\r\nConnection: close\r\n"                           \
	"Content-Type: multipart/byteranges; boundary=" type "\r\n\r\n"
#define PART(range, bytes)                                                     \
	"\r\n--xy\r\nContent-Type: text/plain\r\n"                             \
	"Content-Range: bytes " range "\r\n\r\n" bytes
#define LAST "\r\n--xy--\r\n"

static void stretches_come_in_parts(void **state)
{
	static const char *const says[] = {
		PARTS("xy") PART("2-4/10", "234") PART("7-8/10", "78") LAST,
		PARTS("\"xy\"; more") PART("2-4/10", "234") PART("7-8/*", "78")
			LAST,
		/* The last boundary is nobody's business. */
		PARTS("xy") PART("2-4/10", "234") PART("7-8/10", "78"),
		/* Nor is what looks like one. */
		PARTS("xy") "--xy\r\ncontent-range:bytes 2-4/10\r\n\r\n234" PART(
			"7-8/10", "78") LAST,
	};
	struct bk_buf got = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
		if (get_both(says[i], &got) < 0)
			fail_msg("%zu: %s", i, err.text);
		assert_string_equal(bk_buf_text(&got), "23478");
	}
	bk_buf_clear(&got);
}

static void other_parts_are_not_taken(void **state)
{
	static const char *const says[] = {
		PARTS("xy") PART("7-8/10", "78") PART("2-4/10", "234") LAST,
		PARTS("xy") PART("2-4/10", "234") LAST,
		PARTS("xy") PART("2-8/10", "2345678") LAST,
		PARTS("xy") PART("2-4/10", "234") PART("7-8/10", "7"),
		PARTS("xy") PART("2-4/10", "234") PART("6-7/10", "67") LAST,
		PARTS("xz") PART("2-4/10", "234") PART("7-8/10", "78") LAST,
		PARTS("xy") "\r\n--xy\r\n\r\n234" PART("7-8/10", "78") LAST,
		PARTS("xy") "\r\n--xy\r\nContent-Range: bytes 2-4/10",
		PARTS("xy"),
		PARTS("") PART("2-4/10", "234") PART("7-8/10", "78") LAST,
		"HTTP/1.1 206 Part\r\nContent-Range: bytes 2-4/10\r\n"
		"Content-Length: 3\r\n\r\n234",
		"HTTP/1.1 206 Part\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 All\r\nContent-Length: 10\r\n\r\n0123456789",
		"HTTP/1.1 200 All\r\nContent-Type: multipart/byteranges; "
		"boundary=xy\r\nConnection: close\r\n\r\n" PART("2-4/10", "234")
			PART("7-8/10", "78"),
	};
	struct bk_buf got = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
		if (get_both(says[i], &got) == 0)
			fail_msg("believed: %s", says[i]);
		if (err.kind != BK_FAILED)
			fail_msg("%zu: kind %d, %s", i, (int)err.kind,
				 err.text);
	}
	assert_int_equal(get_both("HTTP/1.1 503 Busy\r\n"
				  "Content-Length: 0\r\n\r\n",
				  &got),
			 -1);
	assert_int_equal(err.kind, BK_BUSY);
	bk_buf_clear(&got);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_begin_of_a_file_tells_how_long_it_is),
		CASE(a_begin_that_is_not_one_is_not_taken),
		CASE(stretches_come_in_parts),
		CASE(other_parts_are_not_taken),
	};

	return cmocka_run_group_tests_name("http_many", tests, NULL, NULL);
}
