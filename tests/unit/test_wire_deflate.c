/* What is between a wire and its bytes: compression, and limits. */

#include "lib/test.h"

#include <string.h>
#include <unistd.h>

#include "lib/clockwork.h"
#include "lib/scripted.h"
#include "lib/wire_world.h"
#include "net/deflate.h"

/* How far the server came. */
static size_t server_got;

/* ---- compression ---- */

/* What comes goes back, compressed anew; each read is flushed. */
static void echo_packed(int fd)
{
	struct bk_deflate *both = bk_deflate_new();
	uint8_t raw[3000], plain[20000], packed[30000];
	ssize_t n;
	size_t got;
	struct bk_err why;

	/* Not waited for: it comes with the line before it. */
	static const char hello[] = "hello";
	struct bk_view from = {(const uint8_t *)hello, 5};
	memcpy(packed, "a OK go\r\n", 9);
	got = bk_deflate_pack(both, &from, true, packed + 9, 1000);
	wire_send_all(fd, packed, 9 + got);
	while ((n = read(fd, raw, sizeof(raw))) > 0) {
		from = (struct bk_view){raw, (size_t)n};
		while (bk_deflate_unpack(both, &from, plain, sizeof(plain),
					 &got, &why) == 0 &&
		       got > 0) {
			struct bk_view back = {plain, got};
			server_got += got;
			got = bk_deflate_pack(both, &back, true, packed,
					      sizeof(packed));
			wire_send_all(fd, packed, got);
		}
	}
	bk_deflate_free(both);
}

static void compressed_it_is_less_and_the_same(void **state)
{
	(void)state;
	server_got = 0;
	wire_world_begin(echo_packed);
	while (!memchr(world.wire->in.data, '\n', world.wire->in.len))
		assert_int_equal(bk_wire_fill(world.wire, &world.err), 0);
	bk_wire_take(world.wire, 9);
	assert_int_equal(bk_wire_deflate(world.wire, &world.err), 0);
	while (world.wire->in.len < 5)
		assert_int_equal(bk_wire_fill(world.wire, &world.err), 0);
	assert_memory_equal(world.wire->in.data, "hello", 5);
	bk_wire_take(world.wire, 5);
	wire_goes_round(3);
	assert_int_equal(server_got, 8 * MIB);
	assert_true(world.wire->sent < 4 * MIB);
	assert_true(world.wire->received < 4 * MIB);
	wire_world_end();
}

static void bomb(int fd)
{
	static const uint8_t zeros[MIB];
	struct bk_deflate *both = bk_deflate_new();
	uint8_t packed[30000];

	for (unsigned i = 0; i < 100; i++) {
		struct bk_view from = {zeros, sizeof(zeros)};
		wire_send_all(fd, packed,
			      bk_deflate_pack(both, &from, true, packed,
					      sizeof(packed)));
	}
	bk_deflate_free(both);
}

static void a_bomb_fills_the_window_and_no_more(void **state)
{
	int rc = 0;

	(void)state;
	wire_world_begin(bomb);
	assert_int_equal(bk_wire_deflate(world.wire, &world.err), 0);
	while (rc == 0)
		rc = bk_wire_fill(world.wire, &world.err);
	assert_int_equal(world.wire->in.len, BK_WIRE_WINDOW);
	assert_true(world.wire->received < 200000);
	wire_world_end();
}

static void say_plain(int fd)
{
	scripted_say(fd, "\a OK what is compression?\r\n");
}

static void what_is_not_compressed_is_corrupt(void **state)
{
	int rc = 0;

	(void)state;
	wire_world_begin(say_plain);
	assert_int_equal(bk_wire_deflate(world.wire, &world.err), 0);
	while (rc == 0)
		rc = bk_wire_fill(world.wire, &world.err);
	assert_int_equal(world.err.kind, BK_CORRUPT);
	wire_world_end();
}

/* ---- limits ---- */

static void pour_three(int fd)
{
	(void)wire_pour(fd, 3 * MIB);
}

static void echo(int fd)
{
	uint8_t bytes[5000];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		if (!wire_send_all(fd, bytes, (size_t)n))
			break;
}

static void a_limit_holds_both_ways(void **state)
{
	struct clockwork clock;
	struct bk_limit limit = {.otherwise = MIB};
	size_t came = 0;

	(void)state;
	clockwork_init(&clock, 1000000);
	int64_t before = clock.monotonic_ms;
	struct bk_bucket *down = bk_bucket_new(&limit, &clock.timer);
	struct bk_bucket *up = bk_bucket_new(&limit, &clock.timer);
	wire_world_begin(pour_three);
	bk_wire_pace(world.wire, down, NULL);
	while (came < 3 * MIB) {
		assert_int_equal(bk_wire_fill(world.wire, &world.err), 0);
		came += world.wire->in.len;
		bk_wire_take(world.wire, world.wire->in.len);
	}
	/* What was granted and not used is less than 128 KiB. */
	assert_in_range(clock.monotonic_ms - before, 1990, 2130);
	wire_world_end();

	before = clock.monotonic_ms;
	wire_world_begin(echo);
	bk_wire_pace(world.wire, NULL, up);
	wire_goes_round(5);
	assert_in_range(clock.monotonic_ms - before, 6990, 7130);
	wire_world_end();
	bk_bucket_free(down);
	bk_bucket_free(up);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compressed_it_is_less_and_the_same),
		cmocka_unit_test(a_bomb_fills_the_window_and_no_more),
		cmocka_unit_test(what_is_not_compressed_is_corrupt),
		cmocka_unit_test(a_limit_holds_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
