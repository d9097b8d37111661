/* What tests/drivers/test_imap.c is told to do with a session. */

#ifndef BK_TESTS_LIB_IMAP_ACTS_H
#define BK_TESTS_LIB_IMAP_ACTS_H

#include <stddef.h>

#include "imap/imap.h"

/* The session, what went wrong last, and the words of the command. */
extern struct bk_imap *imap;
extern struct bk_err err;
extern char **words;
extern int n_words;

struct imap_act {
	const char *verb;
	int (*act)(void); /* 0, or -1 with `err` */
};

/* Those of messages; ends with NULL. */
extern const struct imap_act imap_message_acts[];

const char *word(int i); /* "" behind the last one */
struct bk_view name(int i);
void show(const void *text, size_t len);
void show_status(const struct bk_imap_status *s);

#endif
