/*
 * A standby host: its store is kept as another host's is, a set at a time.
 *
 *	follow   takes new sets from a target and applies what changed
 *	status   says how old the mail here is; for monitoring
 *	promote  brings what is missing, and from then on the store is live
 *
 * Nothing that bk did not bring is ever taken away.
 */

#ifndef BK_JOB_STANDBY_H
#define BK_JOB_STANDBY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "job/exit.h"
#include "job/settings.h"
#include "report/listing.h"
#include "sync/progress.h"

struct bk_standby_request {
	struct bk_settings *settings;
	const char *from;         /* a target, whence sets are pulled into the
				     repository; NULL: they come there by
				     themselves */
	const char *to;           /* the store; NULL: the only one */
	const char *host, *store; /* whose sets; or NULL */
	const char *trees;        /* a folder for trees of files, or NULL */
	const char *prometheus;   /* status: a file, or NULL */
	int64_t interval_ms;
	bool once;
	bool adopt;        /* the store may hold mail already */
	int64_t max_age_s; /* 0: any */
	bool fenced;
	bool accept_stale, accept_incomplete;
	bool accept_older;  /* promote: with what was applied */
	bool accept_source; /* another host or store than what was applied */
	bool accept_shrink; /* the set has far less mail */
	struct bk_listing_style style;
	unsigned threads;
	int64_t wait_ms;
};

/* Until it is interrupted, or once.  BK_UNSAFE where it would touch live mail,
 * or make of the mail here another host's, an older one or far less, and that
 * was not accepted. */
int bk_standby_follow(const struct bk_standby_request *request,
		      struct bk_progress *progress, struct bk_outcome *outcome,
		      struct bk_err *err);

/* 0 with the outcome's ending: NOTHING when nothing was applied, INCOMPLETE
 * when it is too old, not the newest, not whole or not as it was left,
 * DIFFERENT when there is mail that bk did not bring. */
int bk_standby_status(const struct bk_standby_request *request,
		      struct bk_progress *progress, struct bk_outcome *outcome,
		      struct bk_err *err);

/* BK_UNSAFE when the request does not say that the primary is fenced, or the
 * newest set is too old, from the future or not whole and that was not
 * accepted. */
int bk_standby_promote(const struct bk_standby_request *request,
		       struct bk_progress *progress, struct bk_outcome *outcome,
		       struct bk_err *err);

#endif
