/*
 * What is told about a run of a job, in words: a subject, a text for people
 * with what needs one of them first, and the same as JSON.
 */

#ifndef BK_JOB_JOB_NEWS_H
#define BK_JOB_JOB_NEWS_H

#include <stdint.h>

#include "base/err.h"
#include "job/exit.h"
#include "job/job_record.h"

enum bk_job_event {
	BK_JOB_COMPLETE,
	BK_JOB_RECOVERED, /* complete, after one that was not */
	BK_JOB_INCOMPLETE,
	BK_JOB_FAILED,
};

struct bk_job_news {
	const char *job;
	const char *host;
	enum bk_job_event event;
	enum bk_exit status;
	const struct bk_err *why;           /* of a run that failed, or NULL */
	const struct bk_job_record *record; /* or NULL: nothing was begun */
	int64_t began, ended;               /* UTC seconds */
	int64_t since;   /* something is, or was, wrong since then; 0: not */
	uint64_t runs;   /* so many runs */
	uint64_t untold; /* of them, not told */
};

/* Which trouble it is, in one line, the same for the same: the status, what
 * failed, and the targets that lack something.  The caller frees all three and
 * this. */
char *bk_job_trouble(const struct bk_job_news *news);
char *bk_job_subject(const struct bk_job_news *news);
char *bk_job_text(const struct bk_job_news *news);
char *bk_job_json(const struct bk_job_news *news);

/* "complete", "recovered", "incomplete", "failed". */
const char *bk_job_event_word(enum bk_job_event event);

#endif
