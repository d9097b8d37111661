/* Bytes to and from a server: all ways in which they stall, mix and end. */

#include "lib/test.h"

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "lib/dice.h"
#include "lib/scripted.h"
#include "lib/wire_world.h"

/* How far the server came. */
static size_t server_got;
static bool server_content;

static void catch_all(int fd, size_t n)
{
	uint8_t bytes[10000];

	server_got = 0;
	server_content = true;
	while (server_got < n) {
		ssize_t now = read(fd, bytes, sizeof(bytes));
		if (now <= 0)
			break;
		server_content =
			server_content && wire_is_made(bytes, server_got, now);
		server_got += (size_t)now;
	}
}

static int write_made(size_t n)
{
	uint8_t bytes[7777];

	for (size_t at = 0; at < n;) {
		size_t now = n - at < sizeof(bytes) ? n - at : sizeof(bytes);
		wire_made(bytes, at, now);
		if (bk_wire_write(world.wire, bytes, now, &world.err) < 0)
			return -1;
		at += now;
	}
	return bk_wire_flush(world.wire, &world.err);
}

/* ---- reading ---- */

static void talk(int fd)
{
	scripted_say(fd, "* OK here I am\r\n");
	if (strcmp(scripted_line(fd), "a NOOP") == 0)
		scripted_say(fd, "a OK done\r\n");
}

static void what_is_said_comes(void **state)
{
	(void)state;
	wire_world_begin(talk);
	assert_int_equal(bk_wire_fill(world.wire, &world.err), 0);
	while (world.wire->in.len < 16)
		assert_int_equal(bk_wire_fill(world.wire, &world.err), 0);
	assert_memory_equal(world.wire->in.data, "* OK here I am\r\n", 16);
	bk_wire_take(world.wire, 16);
	assert_int_equal(world.wire->in.len, 0);
	assert_false(bk_wire_ready(world.wire));
	/* A fill sends what was kept. */
	assert_int_equal(bk_wire_write(world.wire, "a NO", 4, &world.err), 0);
	assert_int_equal(bk_wire_write(world.wire, "OP\r\n", 4, &world.err), 0);
	assert_int_equal(world.wire->sent, 0);
	assert_int_equal(bk_wire_fill(world.wire, &world.err), 0);
	assert_int_equal(world.wire->sent, 8);
	assert_true(bk_wire_ready(world.wire));
	while (world.wire->in.len < 11)
		assert_int_equal(bk_wire_fill(world.wire, &world.err), 0);
	assert_memory_equal(world.wire->in.data, "a OK done\r\n", 11);
	assert_int_equal(world.wire->received, 27);
	assert_int_equal(world.err.kind, BK_OK);
	wire_world_end();
}

static void pour_three(int fd)
{
	(void)wire_pour(fd, 3 * MIB);
}

static void what_is_not_taken_stays_where_it_is(void **state)
{
	struct dice dice = {1};
	size_t at = 0;

	(void)state;
	wire_world_begin(pour_three);
	while (at < 3 * MIB) {
		const uint8_t *was = world.wire->in.data;
		size_t len = world.wire->in.len;
		if (len < 200000 && at + len < 3 * MIB) {
			assert_int_equal(bk_wire_fill(world.wire, &world.err),
					 0);
			assert_true(world.wire->in.len > len);
			assert_ptr_equal(world.wire->in.data, was);
		}
		assert_true(wire_is_made(world.wire->in.data, at,
					 world.wire->in.len));
		size_t n = 1 + dice_below(&dice, 150000);
		n = n < world.wire->in.len ? n : world.wire->in.len;
		bk_wire_take(world.wire, n);
		at += n;
	}
	/* The end comes after all that came before. */
	assert_int_equal(bk_wire_fill(world.wire, &world.err), -1);
	assert_int_equal(world.err.kind, BK_LOST);
	assert_non_null(
		strstr(world.err.text, "the server closed the connection"));
	assert_int_equal(memcmp(world.err.text, "imap://", 7), 0);
	/* And is said again. */
	assert_int_equal(bk_wire_fill(world.wire, &world.err), -1);
	assert_int_equal(bk_wire_flush(world.wire, &world.err), -1);
	assert_int_equal(world.err.kind, BK_LOST);
	wire_world_end();
}

static void a_window_is_all_that_is_let_in(void **state)
{
	int rc = 0;

	(void)state;
	wire_world_begin(pour_three);
	while (rc == 0)
		rc = bk_wire_fill(world.wire, &world.err);
	assert_int_equal(world.err.kind, BK_LOST);
	assert_int_equal(world.wire->in.len, BK_WIRE_WINDOW);
	assert_true(wire_is_made(world.wire->in.data, 0, world.wire->in.len));
	wire_world_end();
}

/* ---- writing ---- */

static void pour_then_catch(int fd)
{
	if (wire_pour(fd, MIB - 1))
		catch_all(fd, 8 * MIB);
	scripted_say(fd, "!");
}

/* It speaks before it listens: who only wrote would wait for ever. */
static void who_writes_hears_what_is_said_meanwhile(void **state)
{
	(void)state;
	wire_world_begin(pour_then_catch);
	assert_int_equal(write_made(8 * MIB), 0);
	while (world.wire->in.len < MIB)
		assert_int_equal(bk_wire_fill(world.wire, &world.err), 0);
	assert_true(wire_is_made(world.wire->in.data, 0, MIB - 1));
	assert_int_equal(server_got, 8 * MIB);
	assert_true(server_content);
	assert_int_equal(world.wire->sent, 8 * MIB);
	wire_world_end();
}

static void echo(int fd)
{
	uint8_t bytes[5000];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		if (send(fd, bytes, (size_t)n, MSG_NOSIGNAL) != n)
			break;
}

static void both_ways_at_a_time_all_bytes_come(void **state)
{
	(void)state;
	wire_world_begin(echo);
	wire_goes_round(2);
	wire_world_end();
}

static void pour_without_end(int fd)
{
	(void)wire_pour(fd, 1000 * MIB);
}

/* Two that only speak, and neither listens. */
static void a_window_that_is_full_ends_the_reading(void **state)
{
	(void)state;
	wire_world_begin(pour_without_end);
	assert_int_equal(write_made(100 * MIB), -1);
	assert_int_equal(world.err.kind, BK_LOST);
	assert_non_null(strstr(world.err.text, "nothing came or went for 1 s"));
	assert_int_equal(world.wire->in.len, BK_WIRE_WINDOW);
	wire_world_end();
}

static void say_bye(int fd)
{
	scripted_say(fd, "* BYE enough\r\n");
}

static void the_last_words_are_kept(void **state)
{
	static const char bye[] = "* BYE enough\r\n";
	int rc = 0;

	(void)state;
	wire_world_begin(say_bye);
	for (unsigned i = 0; rc == 0 && i < 1000; i++)
		rc = write_made(MIB);
	assert_int_equal(rc, -1);
	assert_int_equal(world.err.kind, BK_LOST);
	assert_int_equal(world.wire->in.len, strlen(bye));
	assert_memory_equal(world.wire->in.data, bye, strlen(bye));
	wire_world_end();
}

/* ---- waiting ---- */

static void say_nothing(int fd)
{
	(void)scripted_line(fd);
}

static double spent(void)
{
	struct rusage used;

	(void)getrusage(RUSAGE_THREAD, &used);
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void silence_ends_in_time_and_costs_nothing(void **state)
{
	int64_t start_ms;
	double before;

	(void)state;
	wire_world_begin(say_nothing);
	start_ms = bk_clock_monotonic_ms();
	before = spent();
	assert_int_equal(bk_wire_fill(world.wire, &world.err), -1);
	assert_int_equal(world.err.kind, BK_LOST);
	assert_true(bk_clock_monotonic_ms() - start_ms >= 1000);
	assert_true(bk_clock_monotonic_ms() - start_ms < 6000);
	assert_true(spent() - before < 0.1);
	assert_non_null(strstr(world.err.text, "nothing came or went for 1 s"));
	wire_world_end();
}

static void say_slowly(int fd)
{
	for (unsigned i = 0; i < 5; i++) {
		(void)usleep(300000);
		scripted_say(fd, "x");
	}
}

static void slow_is_not_silent(void **state)
{
	(void)state;
	wire_world_begin(say_slowly);
	while (world.wire->in.len < 5)
		assert_int_equal(bk_wire_fill(world.wire, &world.err), 0);
	wire_world_end();
}

/* The caller's own pauses are no silence of the server. */
static void who_is_slow_himself_blames_nobody(void **state)
{
	(void)state;
	wire_world_begin(talk);
	assert_int_equal(bk_wire_fill(world.wire, &world.err), 0);
	(void)usleep(1200000);
	assert_int_equal(bk_wire_write(world.wire, "a NOOP\r\n", 8, &world.err),
			 0);
	assert_int_equal(bk_wire_fill(world.wire, &world.err), 0);
	wire_world_end();
}

/* ---- the end; the flag stays set ---- */

static void *cancel_soon(void *arg)
{
	(void)usleep(200000);
	bk_cancel();
	return arg;
}

static void it_is_left_when_the_run_is_cancelled(void **state)
{
	int64_t start_ms = bk_clock_monotonic_ms();
	pthread_t thread;

	(void)state;
	wire_world_begin(say_nothing);
	world.access.timeout_s = 60;
	assert_int_equal(pthread_create(&thread, NULL, cancel_soon, NULL), 0);
	assert_int_equal(bk_wire_fill(world.wire, &world.err), -1);
	assert_int_equal(world.err.kind, BK_CANCELLED);
	assert_true(bk_clock_monotonic_ms() - start_ms < 10000);
	assert_int_equal(pthread_join(thread, NULL), 0);
	wire_world_end();
}

/* ---- an end along with what came before it ---- */

static void say_all_and_leave(int fd)
{
	scripted_say(fd, "a OK\r\n* BYE\r\n");
}

/* Who asked two things and has heard of one flushes, and reads on. */
static void an_end_does_not_hide_what_came_before(void **state)
{
	struct pollfd left = {.events = POLLRDHUP};

	(void)state;
	wire_world_begin(say_all_and_leave);
	left.fd = world.wire->fd;
	assert_int_equal(poll(&left, 1, 10000), 1);
	assert_int_equal(bk_wire_fill(world.wire, &world.err), 0);
	assert_int_equal(world.wire->broken.kind, BK_LOST);
	bk_wire_take(world.wire, 6);
	assert_int_equal(bk_wire_flush(world.wire, &world.err), 0);
	assert_int_equal(world.wire->in.len, 7);
	assert_memory_equal(world.wire->in.data, "* BYE\r\n", 7);
	bk_wire_take(world.wire, 7);
	assert_int_equal(bk_wire_fill(world.wire, &world.err), -1);
	assert_int_equal(world.err.kind, BK_LOST);
	assert_int_equal(bk_wire_write(world.wire, "b", 1, &world.err), -1);
	wire_world_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_said_comes),
		cmocka_unit_test(what_is_not_taken_stays_where_it_is),
		cmocka_unit_test(a_window_is_all_that_is_let_in),
		cmocka_unit_test(who_writes_hears_what_is_said_meanwhile),
		cmocka_unit_test(both_ways_at_a_time_all_bytes_come),
		cmocka_unit_test(a_window_that_is_full_ends_the_reading),
		cmocka_unit_test(the_last_words_are_kept),
		cmocka_unit_test(silence_ends_in_time_and_costs_nothing),
		cmocka_unit_test(slow_is_not_silent),
		cmocka_unit_test(who_is_slow_himself_blames_nobody),
		cmocka_unit_test(an_end_does_not_hide_what_came_before),
		cmocka_unit_test(it_is_left_when_the_run_is_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
