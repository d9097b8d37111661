/* One tool becomes another: `bk list` is bk-list. */

#ifndef BK_JOB_EXEC_H
#define BK_JOB_EXEC_H

#include "base/err.h"

/*
 * Runs bk-NAME in place of this process: the one beside our own binary, or
 * else in PATH.  argv[0] becomes "bk-NAME", the rest is handed on.  Returns
 * only on failure: BK_GONE when there is no such tool.
 */
int bk_exec_tool(const char *name, char **argv, struct bk_err *err);

#endif
