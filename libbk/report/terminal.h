/*
 * A run as a person sees it.
 *
 * While it runs, on `talk`: one line drawn again up to ten times a second
 * (BK_TERMINAL_LIVE), or a line a minute (BK_TERMINAL_PLAIN), or nothing.
 * Lines of talk go between, whole.  At the end: what failed and was collected
 * on the way first, on `talk`; the summary on `results`; what to do next.
 * With `quiet` nothing but warnings is printed unless something failed, and
 * then all of it on `talk`.
 */

#ifndef BK_REPORT_TERMINAL_H
#define BK_REPORT_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

#include "sync/progress.h"

enum bk_terminal_style {
	BK_TERMINAL_LIVE,
	BK_TERMINAL_PLAIN,
	BK_TERMINAL_NONE,
};

struct bk_terminal_options {
	const char *tool; /* "bk-backup", before each line of talk */
	FILE *results;    /* stdout */
	FILE *talk;       /* stderr */
	enum bk_terminal_style style;
	bool quiet;
	bool color_results, color_talk;
	unsigned interval_ms; /* between two displays; 0: 100, PLAIN 60,000 */
};

/* Options are copied; what they point to outlives the progress. */
struct bk_progress *bk_terminal_new(const struct bk_terminal_options *options);

/* Takes the display away; lists what failed, if finish was never called.  NULL
 * is fine. */
void bk_terminal_free(struct bk_progress *progress);

/* For bk_log_around(): `data` is the progress.  Before a line (after = 0) the
 * display is taken away and other threads wait; after it, it comes back. */
void bk_terminal_around(void *data, int after);

#endif
