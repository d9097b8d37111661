/* Having a job started at its times: by systemd where that runs the host and
 * knows the units of bk, else by cron. */

#ifndef BK_JOB_ENABLE_H
#define BK_JOB_ENABLE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/pattern.h"
#include "base/schedule.h"

struct bk_enable {
	const char *job;
	const char *config; /* NULL: the usual one */
	const struct bk_schedule *full, *differential;
	const struct bk_names *places; /* folders that it writes into */
	bool sendmail;                 /* mail goes by this host's own */
};

enum bk_enable_by {
	BK_ENABLE_NOBODY, /* neither is here, or this is not root */
	BK_ENABLE_SYSTEMD,
	BK_ENABLE_CRON,
};

enum bk_enable_by bk_enable_by(void);

/*
 * Writes what says when, and has it taken notice of; what a run before wrote
 * is replaced.  BK_EXISTS where somebody else wrote the file for cron.  *where
 * is what was written or enabled, the caller's to free.
 */
int bk_enable(const struct bk_enable *what, enum bk_enable_by by, char **where,
	      struct bk_err *err);

#endif
