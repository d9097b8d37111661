/*
 * A wire without a network: it gives out bytes that the test wrote down, in
 * pieces of the test's size, and keeps what was written to it.  It stands in
 * for the whole of net/wire.h, so one file of a program includes it.
 */

#ifndef BK_TESTS_FAKEWIRE_H
#define BK_TESTS_FAKEWIRE_H

#include <stdlib.h>
#include <string.h>

#include "net/wire.h"

struct fakewire {
	struct bk_wire wire;  /* first: its functions are given this */
	struct bk_buf coming; /* what the other side will say */
	size_t came;          /* so much of it was let in */
	size_t piece;         /* bytes a fill lets in; 0: all there are */
	int64_t slow_ms;      /* that it waits for them */
	struct bk_buf written;
	bool deflated, encrypted;
	/* Called when nothing more is coming: may say more.  May be NULL. */
	void (*more)(struct fakewire *wire);
	void *arg;       /* the test's own */
	uint8_t *window; /* what `in` looks into: exactly as long, and what was
			    taken is spoiled, for the sanitizers */
};

/* What bk_wire_open() opens: the test's. */
static struct fakewire *fakewire_next;

static inline void fakewire_say(struct fakewire *wire, const void *bytes,
				size_t len)
{
	bk_buf_add(&wire->coming, bytes, len);
}

static inline void fakewire_clear(struct fakewire *wire)
{
	bk_buf_clear(&wire->coming);
	bk_buf_clear(&wire->written);
	free(wire->window);
	*wire = (struct fakewire){0};
}

int bk_wire_open(struct bk_wire **out, struct bk_link *link,
		 const struct bk_wire_login *login, struct bk_err *err)
{
	(void)link;
	(void)login;
	if (!fakewire_next)
		return bk_fail(err, BK_LOST, "nobody listens");
	*out = &fakewire_next->wire;
	fakewire_next = NULL;
	return 0;
}

int bk_wire_connect(struct bk_wire **out, struct bk_link *link, uint16_t port,
		    struct bk_err *err)
{
	(void)port;
	return bk_wire_open(out, link, NULL, err);
}

int bk_wire_starttls(struct bk_wire *wire, struct bk_err *err)
{
	struct fakewire *fake = (struct fakewire *)wire;

	if (wire->in.len)
		return bk_fail(err, BK_DENIED, "more came");
	fake->encrypted = true;
	return 0;
}

int bk_wire_secret(struct bk_link *link, const struct bk_wire_login *login,
		   struct bk_secret *out, struct bk_err *err)
{
	(void)link;
	(void)login;
	(void)err;
	bk_secret_set(out, "pw", 3);
	return 0;
}

struct bk_view bk_wire_login_said(const struct bk_wire *wire)
{
	(void)wire;
	return (struct bk_view){NULL, 0};
}

/* The test's is the test's to clear. */
void bk_wire_close(struct bk_wire *wire)
{
	(void)wire;
}

int bk_wire_fill(struct bk_wire *wire, struct bk_err *err)
{
	struct fakewire *fake = (struct fakewire *)wire;

	if (fake->came == fake->coming.len) {
		fake->came = fake->coming.len = 0;
		if (fake->more)
			fake->more(fake);
	}
	size_t n = fake->coming.len - fake->came, had = wire->in.len;
	if (fake->piece && n > fake->piece)
		n = fake->piece;
	if (n > BK_WIRE_WINDOW - had)
		n = BK_WIRE_WINDOW - had;
	if (!n)
		return bk_fail(err, BK_LOST, "the stream ended");
	uint8_t *window = malloc(had + n);
	if (had)
		memcpy(window, wire->in.data, had);
	memcpy(window + had, fake->coming.data + fake->came, n);
	free(fake->window);
	fake->window = window;
	fake->came += n;
	wire->in = (struct bk_view){window, had + n};
	wire->received += n;
	wire->waited_ms += fake->slow_ms;
	return 0;
}

void bk_wire_take(struct bk_wire *wire, size_t n)
{
	struct fakewire *fake = (struct fakewire *)wire;

	if (n > wire->in.len)
		abort();
	if (n)
		memset(fake->window + (wire->in.data - fake->window), 0xdd, n);
	wire->in.data += n;
	wire->in.len -= n;
}

bool bk_wire_ready(struct bk_wire *wire)
{
	const struct fakewire *fake = (const struct fakewire *)wire;

	return wire->in.len || fake->came < fake->coming.len;
}

int bk_wire_write(struct bk_wire *wire, const void *data, size_t len,
		  struct bk_err *err)
{
	struct fakewire *fake = (struct fakewire *)wire;

	(void)err;
	bk_buf_add(&fake->written, data, len);
	wire->sent += len;
	return 0;
}

int bk_wire_flush(struct bk_wire *wire, struct bk_err *err)
{
	(void)wire;
	(void)err;
	return 0;
}

int bk_wire_deflate(struct bk_wire *wire, struct bk_err *err)
{
	(void)err;
	((struct fakewire *)wire)->deflated = true;
	return 0;
}

void bk_wire_pace(struct bk_wire *wire, struct bk_bucket *down,
		  struct bk_bucket *up)
{
	(void)wire;
	(void)down;
	(void)up;
}

#endif
