/*
 * Who is told of a run of a job, and when: [notify] of bk.conf(5).  The ping at
 * its begin and end each time; a mail and the webhook when something is news:
 *
 *	trouble		at once, and again when it has been so for `repeat`;
 *			another trouble meanwhile at once
 *	recovery	once, if the trouble was told
 *	always		each run
 *	digest		once a week, all runs since the last one
 *
 * What no way took counts as not told: the next run tries it again.
 */

#ifndef BK_JOB_JOB_TELL_H
#define BK_JOB_JOB_TELL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/opt.h"
#include "job/exit.h"
#include "job/job_record.h"
#include "job/job_state.h"
#include "job/settings.h"

/* One run. */
struct bk_job_tale {
	struct bk_settings *settings;
	const char *job;
	const char *ping; /* the job's own URL; NULL: that of [notify] */
	int64_t began;    /* UTC seconds */
	enum bk_exit status;
	const struct bk_err *why;           /* or NULL */
	const struct bk_job_record *record; /* or NULL */
};

/* It begins: the ping. */
void bk_job_tell_start(const struct bk_job_tale *tale);

/* It has ended.  The state is brought up to date, and is the caller's to
 * save.  What cannot be told is told in the log. */
void bk_job_tell_end(const struct bk_job_tale *tale,
		     struct bk_job_state *state);

/* A run that never began: its section, or another one, is not right.  Nothing
 * where somebody sees it on his terminal, or where `word` is no job's name. */
void bk_job_tell_unfit(struct bk_settings *settings, const char *word,
		       const struct bk_err *why);

/* The same where not even the configuration could be loaded: as much of it is
 * used as can be. */
void bk_job_tell_bad_config(const struct bk_common *common, const char *word,
			    const struct bk_err *why);

/* ---- pure: for bk_job_tell_end and tests ---- */

enum bk_job_saying {
	BK_JOB_SILENT,
	BK_JOB_SAY_TROUBLE,
	BK_JOB_SAY_RECOVERY,
	BK_JOB_SAY_ALWAYS,
};

/* After a run with that status and trouble: brings since and bad up to date,
 * and says whether it is news. */
enum bk_job_saying bk_job_weigh(struct bk_job_state *state, unsigned on,
				int64_t repeat_ms, enum bk_exit status,
				const char *trouble, int64_t now);

#endif
