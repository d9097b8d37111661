/* Programs that a route runs: postmap, doveadm, cyr_deny, the user's own. */

#ifndef BK_ROUTE_ROUTE_RUN_H
#define BK_ROUTE_ROUTE_RUN_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "route/route.h"

struct bk_route_program {
	const char *line;        /* its words and first arguments */
	const char *const *more; /* arguments, up to NULL */
	size_t most;             /* bytes that it may print; 0: 64 KiB */
	int64_t timeout_ms;
};

/*
 * What it prints is in *said (emptied first), *status is what it exited with.
 * *complaint (or NULL), emptied first, is one line of what it wrote to standard
 * error.  Errors are those of bk_run().
 */
int bk_route_try(const struct bk_route_program *program, struct bk_buf *said,
		 struct bk_buf *complaint, int *status, struct bk_err *err);

/* The same; BK_FAILED with its complaint when it does not exit with 0. */
int bk_route_run(const struct bk_route_program *program, struct bk_buf *said,
		 struct bk_err *err);

#endif
