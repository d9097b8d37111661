/* What a set lacks at targets that its repository is spread over. */

#ifndef BK_JOB_SET_GAPS_H
#define BK_JOB_SET_GAPS_H

#include <stddef.h>

#include "job/settings.h"
#include "repo/repo.h"
#include "sync/progress.h"

/* Tells of each such target that is not in use or lacks files of this set,
 * though it is committed, and how it is mended; the number of them.  None,
 * where the repository is not spread. */
size_t bk_set_gaps_tell(const struct bk_repo *repo,
			const struct bk_repo_settings *which,
			const uint8_t set[BK_ID_LEN],
			struct bk_progress *progress);

/* A warning for each target that is not in use, for who only reads: the others
 * are enough. */
void bk_set_gaps_warn(const struct bk_repo *repo, struct bk_progress *progress);

#endif
