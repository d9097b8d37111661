/* The processes of a Postfix: asking the master to read its files anew, and
 * waiting for the end of one. */

#ifndef BK_ROUTE_ROUTE_MASTER_H
#define BK_ROUTE_ROUTE_MASTER_H

#include <stdint.h>

#include "base/err.h"

/* A descriptor that stands for the process of that name that the master of this
 * queue directory started; the caller's to close.  -1 where it cannot be found,
 * and where the directory is NULL. */
int bk_route_master_child(const char *queue_directory, const char *name);

/* Has the master of this queue directory read its files anew, as `postfix
 * reload` does.  Returns what bk_route_master_child() does of who ends then;
 * -1: nothing was done. */
int bk_route_master_reload(const char *queue_directory, const char *name);

/* Until that process has ended; BK_LOST when it does not. */
int bk_route_master_wait(int process, int64_t timeout_ms, struct bk_err *err);

#endif
