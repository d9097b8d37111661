/*
 * What kind of server a WebDAV target has met: one with WebDAV, or one that
 * only serves files.
 *
 * Whoever opens a repository reads its marker first.  So that is what is asked
 * for at opening: where there is one there is a folder, and the marker is kept
 * for its reader.  What else the server can do is asked when it is needed, by
 * the act itself or by bk_webdav_settle().
 */

#ifndef BK_TARGET_WEBDAV_LOOK_H
#define BK_TARGET_WEBDAV_LOOK_H

#include <stdbool.h>

#include "target/webdav_act.h"

/* As bk_target_open says. */
int bk_webdav_look(struct bk_webdav *dav, bool create, struct bk_err *err);

/* Makes sure that dav->plain is right. */
int bk_webdav_settle(struct bk_webdav *dav, struct bk_err *err);

/* The stretch of the marker that was kept, once; false: it has to be got. */
bool bk_webdav_take_marker(struct bk_webdav *dav, const char *name,
			   struct bk_stretch want, struct bk_buf *out);

#endif
