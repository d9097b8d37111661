/*
 * A run as other programs see it: one object a line, each
 * {"v":1,"t":RFC 3339,"run":id,"type":...}.
 *
 *	start       act, store, repo, kind, set, totals
 *	status      seconds, done, totals, rate (bytes a second), errors; each
 *	            second
 *	item_error  class, account, folder, uid, name, text, outcome
 *	note        text (no_notes: of warnings alone)
 *	target      target, state, sets, sets_of, files, bytes, seconds, newest,
 *	            why, next
 *	account     of a move: account, to, state, folders, messages {total,
 *	            new, found, kept, flags, gone, refused, unread,
 *	            lost_flags}, bytes, seconds, why, next
 *	summary     act, result, set, base, kind, store, repo, accounts,
 *	            accounts_left,
 *	            messages {total, new, kept, flags, dates, gone, left},
 *	            bytes {source, stored}, errors, seconds, next
 *	exit        status, and class and text of the error if there was one
 *
 * What a run does not have is left out, not null.
 */

#ifndef BK_REPORT_JSONLINES_H
#define BK_REPORT_JSONLINES_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "sync/progress.h"

struct bk_jsonlines_options {
	FILE *out;
	const char *run;          /* NULL: 16 random hex digits */
	unsigned interval_ms;     /* between two status lines; 0: 1,000 */
	bool no_status, no_notes; /* leave these lines out */
};

struct bk_progress *bk_jsonlines_new(
	const struct bk_jsonlines_options *options);

/* The last line.  `why` (may be NULL) is the error that ended the run.  Fails
 * when any line so far could not be written. */
int bk_jsonlines_exit(struct bk_progress *progress, int status,
		      const struct bk_err *why, struct bk_err *err);

void bk_jsonlines_free(struct bk_progress *progress); /* NULL is fine */

#endif
