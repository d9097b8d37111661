/* From words and settings to what a check looks at. */

#ifndef BK_JOB_CHECK_ENDS_H
#define BK_JOB_CHECK_ENDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/pattern.h"
#include "job/check.h"
#include "job/settings.h"

/* {0} is a valid empty one.  Texts live as long as the settings and argv. */
struct bk_check_ends {
	struct bk_repo_settings from;
	struct bk_check_copy *copies; /* owned */
	size_t n;
	const char *set;       /* the one set that is wanted, or NULL */
	const char *again;     /* the command that checks the same */
	struct bk_names names; /* of the copies */
};

/*
 * `word` (or NULL) is a job, whose repository and targets are meant, or else a
 * set.  Without a job the targets are those of all jobs that write to the
 * repository; of one that is named by a path or a URL there are none.  -o is
 * for the repository.
 */
int bk_check_ends_find(struct bk_check_ends *out, struct bk_settings *settings,
		       const char *word, bool with_targets, struct bk_err *err);
void bk_check_ends_clear(struct bk_check_ends *ends);

#endif
