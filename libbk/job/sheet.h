/* The recovery sheet: what one needs on the day when only paper is left. */

#ifndef BK_JOB_SHEET_H
#define BK_JOB_SHEET_H

#include "base/buf.h"
#include "base/err.h"
#include "job/open.h"

/*
 * Appends the sheet as plain text for a printer: where the repository lies and
 * who it is, where its jobs ship sets to, its key slots, its newest set, and
 * the commands that bring mail back on a bare machine, with what -r and -o must
 * say there.  It holds no secret.
 */
int bk_sheet_write(const struct bk_opened *opened,
		   const struct bk_repo_settings *which,
		   struct bk_settings *settings, struct bk_buf *out,
		   struct bk_err *err);

#endif
