/* A server that gives the answers that the test planned, one request after the
 * other, and keeps what it was asked. */

#ifndef BK_TESTS_LIB_ANSWERS_H
#define BK_TESTS_LIB_ANSWERS_H

#include "lib/scripted.h"

#define ANSWERS_MAX 12

struct answers {
	struct scripted server;
	struct {
		char *answer; /* owned; NULL: it hangs up */
		char asked[8192];
	} steps[ANSWERS_MAX];
	unsigned planned, served;
	char *forgotten; /* may still be on its way out */
};

extern struct answers answers;

void answers_start(void);
void answers_stop(void);
/* What one request asked for so far is no part of the test. */
void answers_forget(void);

/* The next one: with the length of its body. */
void answers_say(int status, const char *headers, const char *body);

#endif
