/* Acts on a connection: what comes, what goes, and every way to break. */

#include "lib/test.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "lib/scripted_link.h"
#include "net/link.h"

static struct scripted_link there;
static struct bk_err err;

static void begin(void (*serve)(int fd, unsigned number))
{
	err = (struct bk_err){0};
	scripted_link_open(&there, "http", 1, serve);
}

static void end(void)
{
	scripted_link_close(&there);
}

static int get(const char *path, struct bk_buf *into)
{
	struct bk_line *line = bk_link_take(there.link);
	struct bk_buf_sink sink;

	into->len = 0;
	bk_buf_sink_init(&sink, into, 1000);
	bk_line_to(line, path);
	bk_line_into(line, &sink.sink);
	int rc = bk_line_run(line, &err);
	int status = (int)bk_line_status(line);
	bk_link_give(line);
	return rc < 0 ? -1 : status;
}

static int put(const char *bytes, size_t n, unsigned times)
{
	struct bk_line *line = bk_link_take(there.link);

	bk_line_to(line, "/put");
	int rc = bk_line_send_begin(line, n * times, &err);
	for (unsigned i = 0; rc == 0 && i < times; i++)
		rc = bk_line_send(line, bytes, n, &err);
	if (rc == 0)
		rc = bk_line_send_end(line, &err);
	if (rc == 0)
		rc = (int)bk_line_status(line);
	bk_link_give(line);
	return rc;
}

/* ---- getting ---- */

static void serve_two(int fd, unsigned number)
{
	(void)number;
	const char *asked = scripted_request(fd);
	assert_memory_equal(asked, "GET /a%20b HTTP/1.1\r\n", 21);
	scripted_say(fd,
		     "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
		     "X-Its: here\r\n\r\nabc");
	scripted_request(fd);
	scripted_say(fd, "HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\ngone");
}

static void a_body_comes_and_the_connection_is_used_again(void **state)
{
	struct bk_buf body = {0};

	(void)state;
	begin(serve_two);
	assert_int_equal(get("/a b", &body), 200);
	assert_string_equal(bk_buf_text(&body), "abc");
	struct bk_line *line = bk_link_take(there.link);
	assert_string_equal(bk_line_header(line, "x-its"), "here");
	assert_null(bk_line_header(line, "x-other"));
	bk_link_give(line);
	/* The body of an error is no file. */
	assert_int_equal(get("/b", &body), 404);
	assert_int_equal(body.len, 0);
	line = bk_link_take(there.link);
	assert_string_equal(bk_buf_text(&line->complaint), "gone");
	bk_link_give(line);
	bk_buf_clear(&body);
	end();
}

static void serve_half(int fd, unsigned number)
{
	(void)number;
	scripted_request(fd);
	scripted_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
}

static void a_body_that_is_cut_short_is_lost(void **state)
{
	struct bk_buf body = {0};

	(void)state;
	begin(serve_half);
	assert_int_equal(get("/a", &body), -1);
	assert_int_equal(err.kind, BK_LOST);
	bk_buf_clear(&body);
	end();
}

static void serve_silence(int fd, unsigned number)
{
	(void)number;
	scripted_request(fd);
	scripted_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
	(void)scripted_swallow(fd, 1);
}

static void a_stall_ends_in_time(void **state)
{
	struct bk_buf body = {0};
	int64_t start_ms = bk_clock_monotonic_ms();

	(void)state;
	begin(serve_silence);
	assert_int_equal(get("/a", &body), -1);
	assert_int_equal(err.kind, BK_LOST);
	assert_true(bk_clock_monotonic_ms() - start_ms < 6000);
	assert_non_null(strstr(err.text, "nothing came or went for 1 s"));
	bk_buf_clear(&body);
	end();
}

static int refuse(struct bk_sink *to, const void *data, size_t len,
		  struct bk_err *why)
{
	(void)to;
	(void)data;
	(void)len;
	return bk_fail(why, BK_CORRUPT, "not that");
}

static void serve_all(int fd, unsigned number)
{
	(void)number;
	while (*scripted_request(fd))
		scripted_say(fd,
			     "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"
			     "abc");
}

static void the_error_of_a_sink_is_the_error_of_the_act(void **state)
{
	struct bk_sink sink = {refuse};
	struct bk_line *line;
	struct bk_buf body = {0};

	(void)state;
	begin(serve_all);
	line = bk_link_take(there.link);
	bk_line_to(line, "/a");
	bk_line_into(line, &sink);
	assert_int_equal(bk_line_run(line, &err), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
	assert_string_equal(err.text, "not that");
	bk_link_give(line);
	assert_int_equal(get("/a", &body), 200);
	bk_buf_clear(&body);
	end();
}

static void nobody_there_is_lost_and_says_what_to_do(void **state)
{
	struct bk_buf body = {0};

	(void)state;
	begin(serve_all);
	scripted_stop(&there.server);
	assert_int_equal(get("/a", &body), -1);
	assert_int_equal(err.kind, BK_LOST);
	assert_non_null(strstr(err.text, "is the server running"));
	scripted_start(&there.server, serve_all);
	end();
}

/* ---- sending ---- */

#define PIECE ((size_t)100000)

static const char piece[PIECE];

static void serve_put(int fd, unsigned number)
{
	(void)number;
	bool expects = strstr(scripted_request(fd), "Expect") != NULL;
	size_t got = scripted_swallow(fd, PIECE * 7);
	scripted_say(fd,
		     got == PIECE * 7 && !expects
			     ? "HTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\n"
			     : "HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n");
}

static void a_body_goes_in_pieces(void **state)
{
	(void)state;
	begin(serve_put);
	assert_int_equal(put(piece, PIECE, 7), 201);
	end();
}

static void serve_full(int fd, unsigned number)
{
	(void)number;
	scripted_request(fd);
	(void)scripted_swallow(fd, PIECE);
	scripted_say(fd,
		     "HTTP/1.1 507 Full\r\nContent-Length: 4\r\n"
		     "Connection: close\r\n\r\nfull");
}

static void an_answer_before_the_end_is_heard(void **state)
{
	(void)state;
	begin(serve_full);
	int status = put(piece, PIECE, 200);
	if (status < 0)
		assert_int_equal(err.kind, BK_LOST);
	else
		assert_int_equal(status, 507);
	end();
}

static void serve_cut(int fd, unsigned number)
{
	(void)number;
	scripted_request(fd);
	(void)scripted_swallow(fd, PIECE);
}

static void a_sending_that_is_cut_is_lost(void **state)
{
	(void)state;
	begin(serve_cut);
	assert_int_equal(put(piece, PIECE, 200), -1);
	assert_int_equal(err.kind, BK_LOST);
	end();
}

static void a_sender_may_take_its_time(void **state)
{
	struct bk_line *line;

	(void)state;
	begin(serve_put);
	line = bk_link_take(there.link);
	bk_line_to(line, "/put");
	assert_int_equal(bk_line_send_begin(line, PIECE * 7, &err), 0);
	for (int i = 0; i < 7; i++) {
		if (i == 3)
			(void)usleep(1500000);
		if (bk_line_send(line, piece, PIECE, &err) < 0)
			fail_msg("%s", err.text);
	}
	assert_int_equal(bk_line_send_end(line, &err), 0);
	assert_int_equal(bk_line_status(line), 201);
	bk_link_give(line);
	end();
}

/* ---- the policy ---- */

static void clear_text_is_refused_unless_it_is_allowed(void **state)
{
	static const char *const texts[] = {"http://h/x", "ftp://h/x",
					    "s3:http://h/x"};
	struct bk_access nothing = {0};
	struct bk_url clear = {0};
	struct bk_link *none = NULL;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		err = (struct bk_err){0};
		assert_int_equal(bk_url_parse(&clear, texts[i], &err), 0);
		assert_int_equal(bk_link_open(&none, &clear, &nothing, &err),
				 -1);
		assert_int_equal(err.kind, BK_MISUSE);
		assert_non_null(strstr(err.text, "allow-cleartext = yes"));
		bk_url_clear(&clear);
	}
	assert_null(none);
}

static void serve_redirect(int fd, unsigned number)
{
	(void)number;
	scripted_request(fd);
	scripted_say(fd,
		     "HTTP/1.1 302 There\r\nContent-Length: 0\r\n"
		     "Location: http://127.0.0.1:9/steal\r\n\r\n");
}

static void a_redirect_is_not_followed(void **state)
{
	struct bk_buf body = {0};

	(void)state;
	begin(serve_redirect);
	assert_int_equal(get("/a", &body), 302);
	bk_buf_clear(&body);
	end();
}

static void the_environments_proxy_is_not_used(void **state)
{
	struct bk_buf body = {0};

	(void)state;
	assert_int_equal(setenv("http_proxy", "http://127.0.0.1:9", 1), 0);
	begin(serve_all);
	assert_int_equal(get("/a", &body), 200);
	bk_buf_clear(&body);
	end();
	assert_int_equal(unsetenv("http_proxy"), 0);
}

static void *cancel_soon(void *arg)
{
	(void)usleep(200000);
	bk_cancel();
	return arg;
}

/* The last but one: the flag stays. */
static void an_act_is_left_when_the_run_is_cancelled(void **state)
{
	struct bk_buf body = {0};
	pthread_t thread;

	(void)state;
	begin(serve_silence);
	there.access.timeout_s = 60;
	assert_int_equal(pthread_create(&thread, NULL, cancel_soon, NULL), 0);
	assert_int_equal(get("/a", &body), -1);
	assert_int_equal(err.kind, BK_CANCELLED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	bk_buf_clear(&body);
	end();
}

/* After the one before. */
static void what_cleans_up_is_done_all_the_same(void **state)
{
	struct bk_line *line;

	(void)state;
	begin(serve_all);
	line = bk_link_take(there.link);
	bk_line_tidy(line);
	bk_line_to(line, "/a");
	assert_int_equal(bk_line_run(line, &err), 0);
	bk_link_give(line);
	end();
	begin(serve_silence);
	there.access.timeout_s = 60;
	int64_t start_ms = bk_clock_monotonic_ms();
	line = bk_link_take(there.link);
	bk_line_tidy(line);
	bk_line_to(line, "/a");
	assert_int_equal(bk_line_run(line, &err), -1);
	assert_int_equal(err.kind, BK_LOST);
	assert_true(bk_clock_monotonic_ms() - start_ms < 5000);
	bk_link_give(line);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_comes_and_the_connection_is_used_again),
		cmocka_unit_test(a_body_that_is_cut_short_is_lost),
		cmocka_unit_test(a_stall_ends_in_time),
		cmocka_unit_test(the_error_of_a_sink_is_the_error_of_the_act),
		cmocka_unit_test(nobody_there_is_lost_and_says_what_to_do),
		cmocka_unit_test(a_body_goes_in_pieces),
		cmocka_unit_test(an_answer_before_the_end_is_heard),
		cmocka_unit_test(a_sending_that_is_cut_is_lost),
		cmocka_unit_test(a_sender_may_take_its_time),
		cmocka_unit_test(clear_text_is_refused_unless_it_is_allowed),
		cmocka_unit_test(a_redirect_is_not_followed),
		cmocka_unit_test(the_environments_proxy_is_not_used),
		cmocka_unit_test(an_act_is_left_when_the_run_is_cancelled),
		cmocka_unit_test(what_cleans_up_is_done_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
