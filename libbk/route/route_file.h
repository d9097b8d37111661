/*
 * Files of lines that a mail server reads while we change them.  A change is
 * made whole (base/file.h), keeps owner and mode, and is seen by servers that
 * look at size and second only.  Two changes of ours wait for each other, by a
 * lock on the folder; what another program writes meanwhile is found and the
 * change made anew.
 */

#ifndef BK_ROUTE_ROUTE_FILE_H
#define BK_ROUTE_ROUTE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* Makes the new contents of the old ones; *text is empty.  It may be asked more
 * than once. */
typedef int bk_route_edit(void *context, struct bk_view old,
			  struct bk_buf *text, struct bk_err *err);

/*
 * A link is followed to where it leads, if root or this process's user made it.
 * 1 changed; 0 it was so already; -1: nothing was changed, BK_BUSY when others
 * kept the lock for 10 s or kept changing it.
 */
int bk_route_file_edit(const char *path, bk_route_edit *edit, void *context,
		       struct bk_err *err);

/* A folder, locked: closing it unlocks.  -1, BK_BUSY when others kept the lock
 * for so long. */
int bk_route_folder_lock(const char *folder, int64_t ms, struct bk_err *err);

/* As it is now. */
int bk_route_file_read(const char *path, struct bk_buf *text,
		       struct bk_err *err);

/* Waits until it has been as it is for so long: who looks now and then whether
 * it changed has seen it then. */
int bk_route_file_wait(const char *path, int64_t ms, struct bk_err *err);

/* The line that begins at *next, without its end; *next is then where another
 * one does.  False at the end of the text. */
bool bk_route_file_line(struct bk_view text, size_t *next,
			struct bk_view *line);

#endif
