/*
 * Reading the page that a web server makes of a folder: nginx's autoindex as
 * HTML or JSON, Apache's mod_autoindex.  They are made for people, so only what
 * is surely one of these is read, and only names that blobs and their folders
 * may have; the others are passed over.
 */

#ifndef BK_TARGET_AUTOINDEX_H
#define BK_TARGET_AUTOINDEX_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "target/walk.h"

/*
 * `type` is the page's Content-Type, or NULL.  For each entry `found` is
 * called, which may fail; `sized` is false for a file whose length the page
 * rounds.  BK_DENIED: it is no such page; BK_LOST: it is not complete;
 * BK_CORRUPT: it is malformed.
 */
int bk_autoindex_read(struct bk_view page, const char *type,
		      int (*found)(void *arg, const struct bk_entry *entry,
				   bool sized, struct bk_err *err),
		      void *arg, struct bk_err *err);

#endif
