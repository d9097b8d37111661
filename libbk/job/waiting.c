/* Telling what is waited for: see waiting.h. */

#include "job/waiting.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"

static void tell(struct bk_wait_watcher *watcher, const struct bk_wait *wait)
{
	struct bk_waiting *waiting = (struct bk_waiting *)watcher;
	int64_t seconds = (wait->ms + 999) / 1000;
	char *text = bk_asprintf("%s; trying again in %" PRId64 " s (%u of %u)",
				 wait->why, seconds, wait->next, wait->most);

	if (waiting->progress)
		bk_progress_note(waiting->progress, text);
	else
		bk_log(BK_LOG_INFO, "%s", text);
	free(text);
}

void bk_waiting_init(struct bk_waiting *waiting)
{
	*waiting = (struct bk_waiting){.watcher.waits = tell};
}
