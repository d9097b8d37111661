/* A line of talk for each wait for a target: else a run that only waits looks
 * like one that hangs. */

#ifndef BK_JOB_WAITING_H
#define BK_JOB_WAITING_H

#include "sync/progress.h"
#include "target/retry.h"

struct bk_waiting {
	struct bk_wait_watcher watcher;
	struct bk_progress *progress; /* told by a note; NULL: by bk_log() */
};

void bk_waiting_init(struct bk_waiting *waiting);

#endif
