/* A wire to a server of the test: see wire_world.h. */

#include "lib/test.h"

#include "lib/wire_world.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/dice.h"
#include "lib/scripted.h"

struct wire_world world;

static struct scripted server;
static struct bk_url url;
static struct bk_link *link_;
static void (*speak)(int fd);

static void serve(int fd, unsigned number)
{
	int small = 16384;

	(void)number;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	/* What comes unasked in one breath with the login's OK is lost. */
	if (scripted_imap_login(fd) && strcmp(scripted_line(fd), "go") == 0)
		speak(fd);
}

void wire_world_begin(void (*speaks)(int fd))
{
	static const char word[] = "secret";
	struct bk_secret secret = {0};
	char text[64];

	world = (struct wire_world){
		.access = {.allow_cleartext = true, .timeout_s = 1},
	};
	speak = speaks;
	scripted_start(&server, serve);
	(void)snprintf(text, sizeof(text), "imap://ann@127.0.0.1:%u/",
		       (unsigned)server.port);
	assert_int_equal(bk_url_parse(&url, text, &world.err), 0);
	assert_int_equal(bk_link_open(&link_, &url, &world.access, &world.err),
			 0);
	bk_secret_set(&secret, word, strlen(word));
	struct bk_wire_login login = {.secret = &secret};
	if (bk_wire_open(&world.wire, link_, &login, &world.err) < 0)
		fail_msg("%s", world.err.text);
	bk_secret_clear(&secret);
	assert_int_equal(bk_wire_write(world.wire, "go\r\n", 4, &world.err), 0);
	assert_int_equal(bk_wire_flush(world.wire, &world.err), 0);
	world.wire->sent = 0;
}

void wire_world_end(void)
{
	bk_wire_close(world.wire);
	bk_link_close(link_);
	bk_url_clear(&url);
	scripted_stop(&server);
}

static uint8_t byte_at(size_t at)
{
	return (uint8_t)(at * 7 + at / 251);
}

void wire_made(uint8_t *into, size_t at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		into[i] = byte_at(at + i);
}

bool wire_is_made(const uint8_t *bytes, size_t at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] != byte_at(at + i))
			return false;
	return true;
}

bool wire_send_all(int fd, const uint8_t *bytes, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t went = send(fd, bytes + at, n - at, MSG_NOSIGNAL);
		if (went <= 0)
			return false;
		at += (size_t)went;
	}
	return true;
}

bool wire_pour(int fd, size_t n)
{
	uint8_t bytes[10000];

	for (size_t at = 0; at < n; at += sizeof(bytes)) {
		size_t now = n - at < sizeof(bytes) ? n - at : sizeof(bytes);
		wire_made(bytes, at, now);
		if (!wire_send_all(fd, bytes, now))
			return false;
	}
	return true;
}

void wire_goes_round(uint64_t seed)
{
	struct bk_wire *wire = world.wire;
	struct dice dice = {seed};
	uint8_t bytes[70000];
	size_t went = 0, came = 0;

	while (came < 8 * MIB) {
		size_t n = dice_below(&dice, sizeof(bytes));
		n = n < 8 * MIB - went ? n : 8 * MIB - went;
		wire_made(bytes, went, n);
		assert_int_equal(bk_wire_write(wire, bytes, n, &world.err), 0);
		went += n;
		if (went > came && (dice_one_in(&dice, 3) || went == 8 * MIB))
			assert_int_equal(bk_wire_fill(wire, &world.err), 0);
		assert_true(wire_is_made(wire->in.data, came, wire->in.len));
		came += wire->in.len;
		bk_wire_take(wire, wire->in.len);
	}
}
