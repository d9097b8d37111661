/* A repository that is spread over several targets: what each of them lacks,
 * and mending it. */

#ifndef BK_JOB_CHECK_SPREAD_H
#define BK_JOB_CHECK_SPREAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "job/check_found.h"
#include "repo/condemned.h"
#include "sync/progress.h"
#include "target/target.h"

/*
 * What lacks or is damaged at the targets that `at` is spread over becomes
 * findings of that place, with `deep` after all of it was read; nothing, where
 * it is not spread.  What a prune took away, `gone`, need not be there.  -1
 * only when it could not look.
 */
struct bk_check_spread {
	struct bk_target *at;
	size_t place;
	bool deep;
	const struct bk_condemned *gone;
};
int bk_check_spread(const struct bk_check_spread *what,
		    struct bk_check_found *found, struct bk_err *err);

/* How a mending goes. */
struct bk_spread_mending {
	struct bk_progress *progress; /* is told of each file, and of those
					 that could not be mended */
	const struct bk_condemned *gone;
	bool deep;
	bool dry_run;
	size_t mended; /* files, added to */
};

/* Mends all of that.  -1 only when it could not go on. */
int bk_check_spread_mend(struct bk_target *at, struct bk_spread_mending *how,
			 struct bk_err *err);

#endif
