/*
 * Programs that the configuration names with their first words: doveadm,
 * postmap, cyr_deny, the user's own.  No shell is asked.
 */

#ifndef BK_BASE_RUNLINE_H
#define BK_BASE_RUNLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct bk_runline {
	const char *line;        /* its words and first arguments */
	const char *const *more; /* arguments, up to NULL */
	size_t most;             /* bytes that it may print; 0: 64 KiB */
	int64_t timeout_ms;
	bool last_line; /* is its complaint; else its first */
};

/*
 * What it prints is in *said (emptied first), *status is what it exited with.
 * *complaint (or NULL), emptied first, is one line of what it wrote to standard
 * error.  Errors are those of bk_run().
 */
int bk_runline_try(const struct bk_runline *program, struct bk_buf *said,
		   struct bk_buf *complaint, int *status, struct bk_err *err);

/* The same; BK_FAILED with its complaint when it does not exit with 0. */
int bk_runline_run(const struct bk_runline *program, struct bk_buf *said,
		   struct bk_err *err);

#endif
