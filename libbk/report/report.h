/*
 * The reporter that the common options ask for: a terminal on stderr and
 * stdout, or JSON lines on stdout.
 */

#ifndef BK_REPORT_REPORT_H
#define BK_REPORT_REPORT_H

#include "base/err.h"
#include "base/opt.h"
#include "sync/progress.h"

struct bk_report;

/* Before threads start.  From now on lines of bk_log() and the display make
 * room for each other.  `tool` is the name, kept by pointer. */
struct bk_report *bk_report_open(const char *tool,
				 const struct bk_common *common);

/* What the job reports to. */
struct bk_progress *bk_report_progress(struct bk_report *report);

/*
 * Takes the display away and frees the report; with --json, prints the exit
 * line first, of `status` and the error that ended the run (NULL: none).
 * Fails when JSON lines could not be written.  NULL is fine.
 */
int bk_report_close(struct bk_report *report, int status,
		    const struct bk_err *why, struct bk_err *err);

#endif
