/* A session with an IMAP server that is a fakewire: what it says is written
 * down, and what it was told is compared. */

#ifndef BK_TESTS_FAKEIMAP_H
#define BK_TESTS_FAKEIMAP_H

#include "lib/test.h"

#include "imap/imap.h"
#include "lib/fakewire.h"

#define CAPS "* CAPABILITY IMAP4rev1 UIDPLUS MULTIAPPEND LITERAL+ ACL\r\n"

static struct fakewire wire;
static struct bk_imap *imap;
static struct bk_err err;

static const struct bk_view box = {(const uint8_t *)"Box", 3};

static inline int begin(void **state)
{
	static const char text[] =
		CAPS "b1 OK\r\nb2 OK\r\nb3 BAD\r\nb4 OK\r\nb5 OK\r\n";

	(void)state;
	fakewire_say(&wire, text, strlen(text));
	fakewire_next = &wire;
	assert_int_equal(bk_imap_open(&imap, NULL, NULL, NULL, &err), 0);
	wire.written.len = 0;
	return 0;
}

static inline int end(void **state)
{
	(void)state;
	bk_imap_close(imap);
	imap = NULL;
	fakewire_clear(&wire);
	err = (struct bk_err){0};
	return 0;
}

static inline void say_more(struct fakewire *fake)
{
	fakewire_say(fake, fake->arg, strlen(fake->arg));
}

/* Once everything was sent that is sent without waiting. */
static inline void answer(char *text)
{
	wire.more = say_more;
	wire.arg = text;
}

static inline void assert_written(const char *text)
{
	assert_string_equal(bk_buf_text(&wire.written), text);
	wire.written.len = 0;
}

#endif
