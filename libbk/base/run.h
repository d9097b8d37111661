/*
 * Running a program for what it prints: no shell, no descriptors but its
 * output and what it is to read, and an environment of PATH, HOME and a few
 * names that agents need; no secret has a name there.
 */

#ifndef BK_BASE_RUN_H
#define BK_BASE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct bk_program {
	char *const *argv; /* up to NULL; the first is looked for in PATH */
	int timeout_ms;
	int input; /* a descriptor that it reads; 0: nothing */
	/* What it prints: at most one byte less than there is room. */
	uint8_t *out;
	size_t room;
	/* The beginning of what it complains about, as a string; NULL: that
	 * goes where ours goes. */
	char *complaint;
	size_t complaint_room;
	/* In a process group of its own, which ends with it when it must be
	 * ended; without, it may ask on the terminal. */
	bool apart;
	char *const *more_env; /* "NAME=value" besides, up to NULL; or NULL */
	bool chatty;           /* what it prints beyond the room is dropped */
	bool heeds; /* it is ended when we are asked to stop: BK_CANCELLED */
};

/*
 * *len bytes were printed; *status is what it exited with.  It is ended when it
 * does not end itself within the time; what it leaves running is not waited
 * for.  BK_MISUSE when it cannot be run; BK_CORRUPT when it prints too much;
 * BK_LOST when it is not done in time or a signal ends it.  Errors do not
 * repeat its arguments: they may be secret.
 */
int bk_run(const struct bk_program *run, size_t *len, int *status,
	   struct bk_err *err);

#endif
