/* The one line that says how far a run is: text only, no I/O. */

#ifndef BK_REPORT_LINE_H
#define BK_REPORT_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "sync/progress.h"

struct bk_line {
	struct bk_totals done;
	struct bk_totals totals; /* 0: not known, left out */
	uint64_t errors;
	double rate;         /* bytes a second; 0: left out */
	double left_s;       /* seconds left; below 0: left out */
	const char *account; /* being worked on; NULL: left out */
	bool color;
};

/*
 * Appends "12/212 accounts  18,402/48,213 messages  1.2 GiB/96.0 GiB
 * 84.2 MiB/s  6m12s left  3 errors  ann@example.org" without a line end.  What
 * matters least goes first where it takes more than `width` columns; errors
 * stay to the end.
 */
void bk_line_format(struct bk_buf *out, const struct bk_line *line,
		    size_t width);

#endif
