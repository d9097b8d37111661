/*
 * By which command a finding is mended.  Pure: from what was found in all
 * places, and the words of configuration and command line.
 */

#ifndef BK_JOB_CHECK_CURE_H
#define BK_JOB_CHECK_CURE_H

#include "job/check.h"
#include "job/check_found.h"

/*
 * The command, ready to paste, which the caller frees; NULL where none helps.
 * *outcome is what is to be known besides it, or what to do instead; or NULL.
 */
char *bk_check_cure(const struct bk_check_words *words,
		    const struct bk_check_found *found,
		    const struct bk_check_item *item, const char **outcome);

/* The command that makes a new full set of that store (NULL: of the only one),
 * which the caller frees. */
char *bk_check_cure_full(const struct bk_check_words *words, const char *store);

#endif
