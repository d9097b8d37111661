/* Logins at servers that never come to the point. */

#include "lib/test.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "lib/scripted_link.h"
#include "net/wire.h"

static struct bk_err err;

static int log_in(void (*serve)(int fd, unsigned number), uint32_t timeout_s)
{
	struct bk_wire_login login = {.user = "ann"};
	struct scripted_link to;
	struct bk_wire *wire = NULL;

	scripted_link_open(&to, "imap", timeout_s, serve);
	int rc = bk_wire_open(&wire, to.link, &login, &err);
	bk_wire_close(wire);
	scripted_link_close(&to);
	return rc;
}

static void serve_chatter(int fd, unsigned number)
{
	static const char line[] = "* OK and another thing\r\n";

	(void)number;
	while (send(fd, line, strlen(line), MSG_NOSIGNAL) > 0)
		(void)usleep(1000);
}

static void serve_long_line(int fd, unsigned number)
{
	char text[10000];

	(void)number;
	memset(text, 'x', sizeof(text));
	while (send(fd, text, sizeof(text), MSG_NOSIGNAL) > 0)
		(void)usleep(1000);
}

static void serve_nothing(int fd, unsigned number)
{
	(void)number;
	(void)scripted_line(fd);
}

static void who_never_comes_to_the_point_is_left(void **state)
{
	static void (*const serves[])(int, unsigned) = {
		serve_chatter, serve_long_line, serve_nothing};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		int64_t start_ms = bk_clock_monotonic_ms();
		assert_int_equal(log_in(serves[i], 1), -1);
		if (err.kind != BK_LOST)
			fail_msg("%zu: %s", i, err.text);
		assert_true(bk_clock_monotonic_ms() - start_ms < 10000);
	}
}

/* ---- the end; the flag stays set ---- */

static void *cancel_soon(void *arg)
{
	(void)usleep(200000);
	bk_cancel();
	return arg;
}

static void a_login_is_left_when_the_run_is_cancelled(void **state)
{
	int64_t start_ms = bk_clock_monotonic_ms();
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, cancel_soon, NULL), 0);
	assert_int_equal(log_in(serve_nothing, 60), -1);
	assert_int_equal(err.kind, BK_CANCELLED);
	assert_true(bk_clock_monotonic_ms() - start_ms < 10000);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_never_comes_to_the_point_is_left),
		cmocka_unit_test(a_login_is_left_when_the_run_is_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
