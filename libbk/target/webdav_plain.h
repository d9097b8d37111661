/* Listing a plain tree of files on a web server, by the pages that it makes of
 * folders: for webdav.c. */

#ifndef BK_TARGET_WEBDAV_PLAIN_H
#define BK_TARGET_WEBDAV_PLAIN_H

#include "target/webdav_act.h"

/* Calls found for each entry of a folder; sizes that a page rounds are asked
 * one by one.  1; 0: there is no such folder, in a tree that is listed; -1,
 * BK_DENIED where it cannot be. */
int bk_webdav_plain_list(struct bk_webdav *dav, const char *folder,
			 int (*found)(void *arg, const struct bk_entry *entry,
				      struct bk_err *err),
			 void *arg, struct bk_err *err);

#endif
