/* Putting blobs on a WebDAV server: the put ops of webdav.c. */

#ifndef BK_TARGET_WEBDAV_PUT_H
#define BK_TARGET_WEBDAV_PUT_H

#include "target/target.h"

/*
 * A PUT to NAME.part, whose size is asked then, and a MOVE to NAME that
 * overwrites nothing.  A server that renames nothing is noted: the put fails
 * with BK_LOST, and those that follow go to their own names (bk-format(5)).
 */
int bk_webdav_put_begin(struct bk_target *target, const char *name,
			uint64_t length, struct bk_put **out,
			struct bk_err *err);
int bk_webdav_put_commit(struct bk_put *put, struct bk_err *err);
void bk_webdav_put_abort(struct bk_put *put);

#endif
