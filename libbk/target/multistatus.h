/*
 * Reading the answer to a PROPFIND, as it comes: RFC 4918 13.  Nothing of it is
 * believed: what is no well-formed and complete multistatus, or names what does
 * not lie in the folder that was asked for, is an error, never a shorter list.
 */

#ifndef BK_TARGET_MULTISTATUS_H
#define BK_TARGET_MULTISTATUS_H

#include <stddef.h>

#include "base/err.h"
#include "target/walk.h"

struct bk_multistatus;

/* What is asked for: the body of the PROPFIND. */
#define BK_MULTISTATUS_QUERY                                                   \
	"<?xml version=\"1.0\" encoding=\"utf-8\"?>"                           \
	"<propfind xmlns=\"DAV:\"><prop><resourcetype/><getcontentlength/>"    \
	"<getlastmodified/></prop></propfind>"

/* Of the folder `path` (decoded, no '/' at its end; "" for the root).  For each
 * entry in it `found` is called, which may fail; NULL: none is looked at. */
struct bk_multistatus *bk_multistatus_new(
	const char *path,
	int (*found)(void *arg, const struct bk_entry *entry,
		     struct bk_err *err),
	void *arg);
void bk_multistatus_free(struct bk_multistatus *from); /* NULL is fine */

/* BK_CORRUPT: it is none, or has more than is read; BK_DENIED: an entry may not
 * be looked at; found's own errors.  After a failure only free. */
int bk_multistatus_feed(struct bk_multistatus *from, const void *data,
			size_t len, struct bk_err *err);
/* All of it was fed: BK_LOST if it is not complete; BK_CORRUPT if the folder
 * itself is not in it, or is none. */
int bk_multistatus_end(struct bk_multistatus *from, struct bk_err *err);

#endif
