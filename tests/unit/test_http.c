/* What HTTP servers say, and what is not believed of it. */

#include "lib/test.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
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

static int get(const char *from, uint64_t offset, uint64_t len,
	       struct bk_buf *into)
{
	struct bk_line *line = bk_link_take(there.link);
	struct bk_buf_sink sink;

	answer = from;
	err = (struct bk_err){0};
	into->len = 0;
	bk_buf_sink_init(&sink, into, (size_t)len);
	bk_line_to(line, "/blob");
	int rc = bk_http_get(line, offset, len, &sink.sink, &err);
	bk_link_give(line);
	return rc;
}

static void assert_got(const char *from, uint64_t offset, const char *want)
{
	struct bk_buf got = {0};

	if (get(from, offset, strlen(want), &got) < 0)
		fail_msg("%s: %s", from, err.text);
	assert_string_equal(bk_buf_text(&got), want);
	bk_buf_clear(&got);
}

/* Bytes 2 to 4 of "0123456789" were asked for. */
static void assert_not_got(const char *from, enum bk_kind kind,
			   const char *text)
{
	struct bk_buf got = {0};

	if (get(from, 2, 3, &got) == 0)
		fail_msg("believed: %s", from);
	if (err.kind != kind || !strstr(err.text, text))
		fail_msg("%s: kind %d, %s", from, (int)err.kind, err.text);
	bk_buf_clear(&got);
}

/* ---- getting ---- */

static void a_stretch_comes_as_a_range_or_with_the_whole(void **state)
{
	(void)state;
	assert_got(
		"HTTP/1.1 206 Part\r\nContent-Length: 3\r\n"
		"Content-Range: bytes 2-4/10\r\n\r\n234",
		2, "234");
	assert_got(
		"HTTP/1.1 206 Part\r\nConnection: close\r\n"
		"Content-Range: bytes 2-4/*\r\n\r\n234",
		2, "234");
	assert_got("HTTP/1.1 200 All\r\nContent-Length: 10\r\n\r\n0123456789",
		   2, "234");
	assert_got("HTTP/1.1 200 All\r\nContent-Length: 10\r\n\r\n0123456789",
		   7, "789");
	assert_got("HTTP/1.1 200 All\r\nConnection: close\r\n\r\n0123456789", 0,
		   "01");
	/* What is wanted is here: the rest may break. */
	assert_got("HTTP/1.1 200 All\r\nContent-Length: 10\r\n\r\n01234", 2,
		   "234");
}

static void other_bytes_are_not_taken(void **state)
{
	(void)state;
	assert_not_got(
		"HTTP/1.1 206 Part\r\nContent-Length: 3\r\n"
		"Content-Range: bytes 3-5/10\r\n\r\n345",
		BK_CORRUPT, "other bytes");
	assert_not_got("HTTP/1.1 206 Part\r\nContent-Length: 3\r\n\r\n234",
		       BK_CORRUPT, "other bytes");
	assert_not_got(
		"HTTP/1.1 206 Part\r\nContent-Length: 2\r\n"
		"Content-Range: bytes 2-3/10\r\n\r\n23",
		BK_CORRUPT, "2 bytes instead of 3");
	assert_not_got(
		"HTTP/1.1 206 Part\r\nContent-Length: 2\r\n"
		"Content-Range: bytes 2-3/4\r\n\r\n23",
		BK_CORRUPT, "it ends after 4 bytes");
	assert_not_got(
		"HTTP/1.1 206 Part\r\nContent-Length: 4\r\n"
		"Content-Range: bytes 2-4/10\r\n\r\n2345",
		BK_CORRUPT, "4 bytes instead of 3");
	assert_not_got(
		"HTTP/1.1 206 Part\r\nConnection: close\r\n"
		"Content-Range: bytes 2-4/10\r\n\r\n2345",
		BK_CORRUPT, "more than the 3 bytes");
	assert_not_got("HTTP/1.1 200 All\r\nContent-Length: 4\r\n\r\n0123",
		       BK_CORRUPT, "it ends after 4 bytes");
	assert_not_got("HTTP/1.1 416 No\r\nContent-Length: 0\r\n\r\n",
		       BK_CORRUPT, "it ends before");
	assert_not_got(
		"HTTP/1.1 200 All\r\nContent-Length: 10\r\n"
		"Content-Encoding: gzip\r\n\r\n0123456789",
		BK_FAILED, "gzip coded");
}

static void a_body_that_breaks_off_is_lost(void **state)
{
	(void)state;
	assert_not_got(
		"HTTP/1.1 206 Part\r\nContent-Length: 3\r\n"
		"Content-Range: bytes 2-4/10\r\n\r\n23",
		BK_LOST, "");
	assert_not_got(
		"HTTP/1.1 206 Part\r\nConnection: close\r\n"
		"Content-Range: bytes 2-4/10\r\n\r\n23",
		BK_LOST, "broke off 1 bytes early");
	assert_not_got("HTTP/1.1 200 All\r\nConnection: close\r\n\r\n", BK_LOST,
		       "broke off 3 bytes early");
	assert_not_got("HTTP/1.1 200 All\r\nContent-Length: 10\r\n\r\n0123",
		       BK_LOST, "");
	assert_not_got("", BK_LOST, "");
}

static void a_page_is_no_file(void **state)
{
	(void)state;
	assert_not_got(
		"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n"
		"Content-Type: text/html; charset=utf-8\r\n\r\n"
		"<html>login>",
		BK_DENIED, "a web page came");
	assert_not_got(
		"HTTP/1.1 302 Go\r\nContent-Length: 0\r\n"
		"Location: https://other.example/in\r\n\r\n",
		BK_DENIED, "redirect to https://other.example/in");
	assert_not_got("HTTP/1.1 204 Nothing\r\n\r\n", BK_FAILED, "HTTP 204");
}

static int size_of(const char *from, uint64_t *size)
{
	struct bk_line *line = bk_link_take(there.link);

	answer = from;
	err = (struct bk_err){0};
	bk_line_to(line, "/blob");
	int rc = bk_http_size(line, size, &err);
	bk_link_give(line);
	return rc;
}

static void a_size_must_be_said(void **state)
{
	uint64_t size = 0;

	(void)state;
	assert_int_equal(size_of("HTTP/1.1 200 OK\r\n"
				 "Content-Length: 5000000000\r\n\r\n",
				 &size),
			 0);
	assert_int_equal(size, 5000000000);
	assert_int_equal(size_of("HTTP/1.1 200 OK\r\n"
				 "Connection: close\r\n\r\n",
				 &size),
			 -1);
	assert_int_equal(err.kind, BK_FAILED);
	assert_int_equal(size_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
				 "Content-Type: text/html\r\n\r\n",
				 &size),
			 -1);
	assert_int_equal(err.kind, BK_DENIED);
	assert_int_equal(size_of("HTTP/1.1 404 No\r\n"
				 "Content-Length: 5\r\n\r\n",
				 &size),
			 -1);
	assert_int_equal(err.kind, BK_GONE);
	assert_int_equal(size, 5000000000);
}

/* ---- what a status means ---- */

static void a_status_says_what_to_do(void **state)
{
	static const struct {
		long status;
		enum bk_kind kind;
		const char *text;
	} wanted[] = {
		{0,   BK_LOST,   "no answer"                  },
		{200, BK_FAILED, "HTTP 200 was not expected"  },
		{301, BK_DENIED, "redirect to nowhere"        },
		{401, BK_DENIED, "are user and password right"},
		{403, BK_DENIED, "may this login"             },
		{404, BK_GONE,   ""                           },
		{408, BK_LOST,   ""                           },
		{410, BK_GONE,   ""                           },
		{412, BK_EXISTS, "there already"              },
		{418, BK_FAILED, "HTTP 418"                   },
		{429, BK_BUSY,   ""                           },
		{500, BK_LOST,   ""                           },
		{502, BK_LOST,   ""                           },
		{503, BK_BUSY,   ""                           },
		{504, BK_LOST,   ""                           },
		{507, BK_FULL,   "no room"                    },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct bk_http_answer heard = {.status = wanted[i].status,
					       .retry_after = "7"};
		assert_int_equal(bk_http_explain(&heard, &err), -1);
		assert_int_equal(err.kind, wanted[i].kind);
		assert_non_null(strstr(err.text, wanted[i].text));
		assert_int_equal(err.retry_after_s,
				 heard.status && (err.kind == BK_LOST ||
						  err.kind == BK_BUSY)
					 ? 7
					 : 0);
	}
}

static void nginx_says_500_when_it_is_full(void **state)
{
	struct bk_http_answer heard = {
		.status = 500,
		.server = "nginx/1.22.1",
		.complaint = "<html>\r\n<hr><center>nginx/1.22.1</center>",
		.put = true,
	};

	(void)state;
	assert_int_equal(bk_http_explain(&heard, &err), -1);
	assert_int_equal(err.kind, BK_FULL);
	heard.put = false;
	assert_int_equal(bk_http_explain(&heard, &err), -1);
	assert_int_equal(err.kind, BK_LOST);
	heard.put = true;
	heard.complaint = "<?xml?><error>of what lies behind</error>";
	assert_int_equal(bk_http_explain(&heard, &err), -1);
	assert_int_equal(err.kind, BK_LOST);
}

static void nginx_says_400_when_it_wants_a_certificate(void **state)
{
	struct bk_http_answer heard = {
		.status = 400,
		.complaint = "<center>No required SSL certificate was sent",
	};

	(void)state;
	assert_int_equal(bk_http_explain(&heard, &err), -1);
	assert_int_equal(err.kind, BK_DENIED);
	heard.complaint = "<center>400 Bad Request</center>";
	assert_int_equal(bk_http_explain(&heard, &err), -1);
	assert_int_equal(err.kind, BK_FAILED);
}

static void who_gave_no_user_is_told_to(void **state)
{
	struct bk_http_answer heard = {.status = 401, .anonymous = true};

	(void)state;
	assert_int_equal(bk_http_explain(&heard, &err), -1);
	assert_int_equal(err.kind, BK_DENIED);
	assert_non_null(strstr(err.text, "the user before the host"));
}

/* ---- headers ---- */

static void dates_have_three_forms(void **state)
{
	(void)state;
	assert_int_equal(bk_http_date("Sun, 06 Nov 1994 08:49:37 GMT"),
			 784111777);
	assert_int_equal(bk_http_date("Sunday, 06-Nov-94 08:49:37 GMT"),
			 784111777);
	assert_int_equal(bk_http_date("Sun Nov  6 08:49:37 1994"), 784111777);
	assert_int_equal(bk_http_date("Tue, 19 Jan 2038 03:14:08 GMT"),
			 2147483648);
	assert_int_equal(bk_http_date("yesterday"), 0);
	assert_int_equal(bk_http_date(""), 0);
	assert_int_equal(bk_http_date(NULL), 0);
}

static void retry_after_is_seconds_or_a_date(void **state)
{
	static const char date[] = "Sun, 06 Nov 1994 08:49:37 GMT";

	(void)state;
	assert_int_equal(bk_http_retry_after("120", 0), 120);
	assert_int_equal(bk_http_retry_after("99999999999", 0), UINT32_MAX);
	assert_int_equal(bk_http_retry_after(date, 784111777 - 30), 30);
	assert_int_equal(bk_http_retry_after(date, 784111777), 0);
	assert_int_equal(bk_http_retry_after(date, 784111778), 0);
	assert_int_equal(bk_http_retry_after("soon", 0), 0);
	assert_int_equal(bk_http_retry_after("-5", 0), 0);
	assert_int_equal(bk_http_retry_after(NULL, 0), 0);
}

static void a_range_is_read_strictly(void **state)
{
	static const char *const wrong[] = {
		"",
		"bytes",
		"bytes 1-2",
		"bytes 2-1/5",
		"bytes 1-5/5",
		"bytes */5",
		"bytes 1-2/5 ",
		"bytes 1-2/",
		"bytes -1-2/5",
		"items 1-2/5",
		"bytes 1-99999999999999999999999/*",
	};
	struct bk_http_range range;
	uint64_t n;

	(void)state;
	assert_true(bk_http_content_range("bytes 1-2/5", &range));
	assert_int_equal(range.first, 1);
	assert_int_equal(range.last, 2);
	assert_int_equal(range.size, 5);
	assert_true(bk_http_content_range("Bytes 0-0/*", &range));
	assert_true(range.size == UINT64_MAX);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(bk_http_content_range(wrong[i], &range));
	assert_false(bk_http_content_range(NULL, &range));
	assert_true(bk_http_content_length("18446744073709551615", &n));
	assert_false(bk_http_content_length("18446744073709551616", &n));
	assert_false(bk_http_content_length("5 ", &n));
	assert_false(bk_http_content_length("", &n));
	assert_false(bk_http_content_length(NULL, &n));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_stretch_comes_as_a_range_or_with_the_whole),
		CASE(other_bytes_are_not_taken),
		CASE(a_body_that_breaks_off_is_lost),
		CASE(a_page_is_no_file),
		CASE(a_size_must_be_said),
		cmocka_unit_test(a_status_says_what_to_do),
		cmocka_unit_test(nginx_says_500_when_it_is_full),
		cmocka_unit_test(nginx_says_400_when_it_wants_a_certificate),
		cmocka_unit_test(who_gave_no_user_is_told_to),
		cmocka_unit_test(dates_have_three_forms),
		cmocka_unit_test(retry_after_is_seconds_or_a_date),
		cmocka_unit_test(a_range_is_read_strictly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
