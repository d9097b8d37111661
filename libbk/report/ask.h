/*
 * Questions to a person, or to a script that knows the answers: a line of text
 * out, a line in, and the question again where the answer will not do.
 */

#ifndef BK_REPORT_ASK_H
#define BK_REPORT_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

struct bk_ask {
	int in;    /* answers; nothing is read beyond the line that is asked */
	FILE *out; /* questions */
};

struct bk_question {
	const char *text;  /* "Where does the repository go?" */
	const char *usual; /* what an empty answer means; NULL: nothing does */
	/* Why the answer will not do; the question is asked again, except after
	 * BK_CANCELLED.  NULL: any will. */
	int (*check)(void *arg, const char *answer, struct bk_err *err);
	void *arg;
};

/* *answer is the caller's to free.  BK_MISUSE where the answers end,
 * BK_CANCELLED when asked to stop. */
int bk_ask(const struct bk_ask *ask, const struct bk_question *question,
	   char **answer, struct bk_err *err);

/* yes or no. */
int bk_ask_yes(const struct bk_ask *ask, const char *text, bool usual,
	       bool *answer, struct bk_err *err);

/* One line as it comes, without its end, in `into`; what is longer is cut, and
 * *len is then `room`.  For secrets: it goes nowhere else. */
int bk_ask_bytes(const struct bk_ask *ask, const char *text, uint8_t *into,
		 size_t room, size_t *len, struct bk_err *err);

/* A line of talk between questions; control characters are escaped. */
void bk_ask_say(const struct bk_ask *ask, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
