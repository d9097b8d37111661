/* Bytes to and from a mail server: see wire.h. */

#include "net/wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "net/wire_parts.h"

#define OUT_SIZE ((size_t)64 << 10)
/* In less the compressor cannot say anything. */
#define OUT_LEAST ((size_t)16)
#define RAW_SIZE  ((size_t)64 << 10)
/* What one fill lets in: it stays in the processor's cache. */
#define FILL_SIZE ((size_t)64 << 10)
/* What may lie taken before `in`, until that is moved to the front. */
#define TAKEN_MAX ((size_t)64 << 10)
#define POLL_MS   500

struct bk_view bk_wire_login_said(const struct bk_wire *wire)
{
	return bk_buf_view(&wire->line->replies);
}

struct bk_wire *bk_wire_new(struct bk_line *line)
{
	struct bk_wire *wire = bk_alloc(sizeof(*wire));
	curl_socket_t fd = CURL_SOCKET_BAD;

	(void)curl_easy_getinfo(line->easy, CURLINFO_ACTIVESOCKET, &fd);
	line->error[0] = 0;
	wire->line = line;
	wire->fd = fd;
	/* What lies taken is never longer than TAKEN_MAX or than `in`: a whole
	 * window fits behind it.  Pages that are not touched cost nothing. */
	wire->window = bk_alloc(2 * BK_WIRE_WINDOW);
	wire->in.data = wire->window;
	wire->out = bk_alloc(OUT_SIZE);
	return wire;
}

void bk_wire_close(struct bk_wire *wire)
{
	if (!wire)
		return;
	bk_link_give(wire->line);
	bk_deflate_free(wire->deflate);
	free(wire->window);
	free(wire->raw);
	free(wire->out);
	free(wire);
}

/* ---- how it ends ---- */

/* Whoever calls hears what broke it first. */
static int broke(struct bk_wire *wire, const struct bk_err *why)
{
	if (wire->broken.kind != BK_OK)
		return -1;
	wire->broken = *why;
	return bk_context(&wire->broken, "%s",
			  bk_link_url(wire->line->link)->text);
}

static int broke_by(struct bk_wire *wire, CURLcode code)
{
	const char *text = wire->line->error;
	struct bk_err why;

	bk_fail(&why, BK_LOST, "the connection broke: %s",
		*text ? text : curl_easy_strerror(code));
	return broke(wire, &why);
}

static int result(const struct bk_wire *wire, int rc, struct bk_err *err)
{
	if (rc < 0)
		*err = wire->broken;
	return rc;
}

/* ---- what a limit lets pass ---- */

void bk_wire_pace(struct bk_wire *wire, struct bk_bucket *down,
		  struct bk_bucket *up)
{
	wire->down = down;
	wire->up = up;
	wire->down_granted = wire->up_granted = 0;
}

/* Makes *want what may pass.  What was granted and did not pass stays granted:
 * so a send that is tried again is never shorter than it was. */
static int ask(struct bk_wire *wire, struct bk_bucket *bucket, size_t *granted,
	       size_t *want)
{
	struct bk_err why;

	if (!bucket)
		return 0;
	if (*granted == 0) {
		if (bk_bucket_take(bucket, *want, granted, &why) < 0)
			return broke(wire, &why);
		/* That we waited is no stall. */
		wire->moved_ms = bk_clock_monotonic_ms();
	}
	*want = *want < *granted ? *want : *granted;
	return 0;
}

static void spend(const struct bk_bucket *bucket, size_t *granted, size_t n)
{
	if (bucket)
		*granted -= n;
}

/* ---- steps that do not wait ---- */

/* 1: *got bytes came; 0: nothing is there. */
static int receive(struct bk_wire *wire, uint8_t *into, size_t room,
		   size_t *got)
{
	struct bk_err why;

	*got = 0;
	if (ask(wire, wire->down, &wire->down_granted, &room) < 0)
		return -1;
	CURLcode code = curl_easy_recv(wire->line->easy, into, room, got);
	if (code == CURLE_AGAIN)
		return 0;
	if (code != CURLE_OK)
		return broke_by(wire, code);
	if (*got == 0) {
		bk_fail(&why, BK_LOST, "the server closed the connection");
		return broke(wire, &why);
	}
	spend(wire->down, &wire->down_granted, *got);
	wire->received += *got;
	wire->moved_ms = bk_clock_monotonic_ms();
	return 1;
}

static int receive_packed(struct bk_wire *wire, uint8_t *into, size_t room,
			  size_t *got)
{
	struct bk_err why;

	for (;;) {
		size_t n = 0;
		if (bk_deflate_unpack(wire->deflate, &wire->packed, into, room,
				      got, &why) < 0)
			return broke(wire, &why);
		if (*got > 0)
			return 1;
		int rc = receive(wire, wire->raw, RAW_SIZE, &n);
		if (rc <= 0)
			return rc;
		wire->packed = (struct bk_view){wire->raw, n};
	}
}

/* Reads until nothing is there, `most` bytes came or the window is full. */
static int let_in(struct bk_wire *wire, size_t most)
{
	size_t room = BK_WIRE_WINDOW - wire->in.len;
	size_t at = (size_t)(wire->in.data - wire->window) + wire->in.len;
	int rc = 1;

	most = most < room ? most : room;
	while (rc == 1 && most > 0) {
		uint8_t *into = wire->window + at;
		size_t got = 0;
		rc = wire->deflate ? receive_packed(wire, into, most, &got)
				   : receive(wire, into, most, &got);
		at += got;
		most -= got;
		wire->in.len += got;
	}
	return rc < 0 ? -1 : 0;
}

/* Sends what goes. */
static int let_out(struct bk_wire *wire)
{
	while (wire->out_at < wire->out_len) {
		size_t n = wire->out_len - wire->out_at, sent = 0;
		if (ask(wire, wire->up, &wire->up_granted, &n) < 0)
			return -1;
		CURLcode code = curl_easy_send(
			wire->line->easy, wire->out + wire->out_at, n, &sent);
		if (code == CURLE_AGAIN)
			return 0;
		if (code != CURLE_OK) {
			(void)broke_by(wire, code);
			/* The other side's last words say more. */
			(void)let_in(wire, BK_WIRE_WINDOW);
			return -1;
		}
		spend(wire->up, &wire->up_granted, sent);
		wire->out_at += sent;
		wire->sent += sent;
		wire->moved_ms = bk_clock_monotonic_ms();
	}
	wire->out_at = wire->out_len = 0;
	return 0;
}

/* ---- waiting ---- */

static int check_time(struct bk_wire *wire)
{
	uint32_t timeout_s = bk_link_access(wire->line->link)->timeout_s;
	int64_t idle_ms = bk_clock_monotonic_ms() - wire->moved_ms;
	struct bk_err why;

	timeout_s = timeout_s ? timeout_s : BK_ACCESS_TIMEOUT_S;
	wire->timeout_ms = (int64_t)timeout_s * 1000;
	if (bk_cancelled(&why) < 0)
		return broke(wire, &why);
	if (idle_ms < wire->timeout_ms)
		return 0;
	bk_fail(&why, BK_LOST,
		"nothing came or went for %u s; is the network up?",
		(unsigned)timeout_s);
	return broke(wire, &why);
}

/* Until something can be done again.  Linux forgets the wish for prompt
 * acknowledgements, without which Cyrus waits 40 ms in an answer. */
static int wait_for(struct bk_wire *wire)
{
	struct pollfd socket_ = {.fd = wire->fd};
	int64_t since_ms = bk_clock_monotonic_ms();
	struct bk_err why;
	int on = 1;

	if (wire->in.len < BK_WIRE_WINDOW)
		socket_.events |= POLLIN;
	if (wire->out_at < wire->out_len)
		socket_.events |= POLLOUT;
	(void)setsockopt(wire->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
	for (;;) {
		if (check_time(wire) < 0)
			return -1;
		int n = poll(&socket_, 1, POLL_MS);
		if (n > 0) {
			wire->waited_ms += bk_clock_monotonic_ms() - since_ms;
			return 0;
		}
		if (n < 0 && errno != EINTR) {
			bk_fail_errno(&why, "cannot wait for the connection");
			return broke(wire, &why);
		}
	}
}

/* Until all is sent; what comes meanwhile is kept. */
static int drain(struct bk_wire *wire)
{
	wire->moved_ms = bk_clock_monotonic_ms();
	for (;;) {
		if (let_out(wire) < 0)
			return -1;
		if (wire->out_len == 0)
			return 0;
		if (let_in(wire, BK_WIRE_WINDOW) < 0 || wait_for(wire) < 0)
			return -1;
	}
}

/* ---- writing ---- */

static int make_room(struct bk_wire *wire)
{
	return wire->out_len + OUT_LEAST <= OUT_SIZE ? 0 : drain(wire);
}

static int gather(struct bk_wire *wire, struct bk_view *from)
{
	while (from->len > 0) {
		if (make_room(wire) < 0)
			return -1;
		size_t room = OUT_SIZE - wire->out_len;
		size_t n = from->len < room ? from->len : room;
		memcpy(wire->out + wire->out_len, from->data, n);
		wire->out_len += n;
		from->data += n;
		from->len -= n;
	}
	return 0;
}

static int pack(struct bk_wire *wire, struct bk_view *from, bool flush)
{
	bool more = true;

	while (more) {
		if (make_room(wire) < 0)
			return -1;
		size_t room = OUT_SIZE - wire->out_len;
		size_t n = bk_deflate_pack(wire->deflate, from, flush,
					   wire->out + wire->out_len, room);
		wire->out_len += n;
		more = from->len > 0 || n == room;
	}
	wire->unflushed = !flush;
	return 0;
}

static int pack_the_rest(struct bk_wire *wire)
{
	struct bk_view nothing = {0};

	return wire->unflushed ? pack(wire, &nothing, true) : 0;
}

int bk_wire_write(struct bk_wire *wire, const void *data, size_t len,
		  struct bk_err *err)
{
	struct bk_view from = {data, len};

	if (wire->broken.kind != BK_OK)
		return result(wire, -1, err);
	if (wire->deflate)
		return result(wire, pack(wire, &from, false), err);
	return result(wire, gather(wire, &from), err);
}

int bk_wire_flush(struct bk_wire *wire, struct bk_err *err)
{
	/* That it broke is told by bk_wire_fill(), after what came before. */
	if (wire->in.len > 0 && wire->out_len == 0 && !wire->unflushed)
		return 0;
	if (wire->broken.kind != BK_OK || pack_the_rest(wire) < 0)
		return result(wire, -1, err);
	return result(wire, drain(wire), err);
}

/* ---- reading ---- */

static int wait_for_more(struct bk_wire *wire)
{
	size_t had = wire->in.len;
	struct bk_err why;

	if (had == BK_WIRE_WINDOW) {
		bk_fail(&why, BK_LOST,
			"%zu bytes came, and no end of what they say", had);
		return broke(wire, &why);
	}
	wire->moved_ms = bk_clock_monotonic_ms();
	if (check_time(wire) < 0)
		return -1;
	for (;;) {
		if (let_out(wire) < 0)
			return -1;
		int rc = let_in(wire, FILL_SIZE);
		/* Of an end is told after what came before it. */
		if (wire->in.len > had)
			return 0;
		if (rc < 0 || wait_for(wire) < 0)
			return -1;
	}
}

int bk_wire_fill(struct bk_wire *wire, struct bk_err *err)
{
	if (wire->broken.kind != BK_OK || pack_the_rest(wire) < 0)
		return result(wire, -1, err);
	return result(wire, wait_for_more(wire), err);
}

void bk_wire_take(struct bk_wire *wire, size_t n)
{
	struct bk_view *in = &wire->in;

	in->data += n;
	in->len -= n;
	size_t taken = (size_t)(in->data - wire->window);
	if (in->len == 0 || (taken > TAKEN_MAX && taken >= in->len)) {
		memmove(wire->window, in->data, in->len);
		in->data = wire->window;
	}
}

bool bk_wire_ready(struct bk_wire *wire)
{
	if (wire->in.len == 0 && wire->broken.kind == BK_OK)
		(void)let_in(wire, FILL_SIZE);
	return wire->in.len > 0;
}

/* ---- compression ---- */

int bk_wire_deflate(struct bk_wire *wire, struct bk_err *err)
{
	if (wire->broken.kind != BK_OK || drain(wire) < 0)
		return result(wire, -1, err);
	/* What came already is compressed. */
	size_t n = wire->in.len;
	wire->raw = bk_alloc(n > RAW_SIZE ? n : RAW_SIZE);
	memcpy(wire->raw, wire->in.data, n);
	wire->packed = (struct bk_view){wire->raw, n};
	bk_wire_take(wire, n);
	wire->deflate = bk_deflate_new();
	return 0;
}
