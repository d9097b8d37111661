/* Tar streams, entry by entry, of whatever a hostile one may say. */

#ifndef BK_TESTS_TAR_STREAM_H
#define BK_TESTS_TAR_STREAM_H

#include "base/buf.h"

#define TAR_BLOCK 512u

/* An entry of that type ('0' a file, '1' a hard link, '2' a link, '5' a folder
 * ...); of a longer name the first 100 bytes, which tar_pax() completes. */
void tar_entry(struct bk_buf *to, const char *name, char type, const char *link,
	       const char *text);

/* A record of pax for the entry that follows. */
void tar_pax(struct bk_buf *to, const char *key, const char *value);

#endif
