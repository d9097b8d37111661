/* Being asked to stop: SIGINT and SIGTERM set a flag that loops look at. */

#ifndef BK_BASE_CANCEL_H
#define BK_BASE_CANCEL_H

#include <stdbool.h>

#include "base/err.h"

/* From now on SIGINT, SIGTERM and SIGHUP set the flag; a second one of them
 * ends the process at once, as if nothing were caught.  SIGPIPE and
 * SIGXFSZ are ignored (writes say EPIPE and EFBIG).  Blocking calls return
 * EINTR.  Before threads start. */
void bk_cancel_catch(void);

/* Sets the flag by hand; any thread. */
void bk_cancel(void);

bool bk_cancel_wanted(void);

/* From now on this thread is not told, until it says false: for a few acts that
 * must not be left half done.  The second signal ends the process all the
 * same. */
void bk_cancel_defer(bool defer);

/* 0, or -1 with BK_CANCELLED "interrupted" when the flag is set: for loops
 * that return errors. */
int bk_cancelled(struct bk_err *err);

#endif
