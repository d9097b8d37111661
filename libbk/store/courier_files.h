/*
 * Courier's keywords, in the folder courierimapkeywords:
 *
 *	:list         the keywords, a line each, an empty line, then
 *	              "basename:0 2" for each message that has some
 *	.N.basename   a later state of one message: its keywords, a line each;
 *	basename      the highest N counts, and a name without N most of all
 */

#ifndef BK_STORE_COURIER_FILES_H
#define BK_STORE_COURIER_FILES_H

#include "base/err.h"
#include "mail/message.h"
#include "store/sightings.h"

#define BK_COURIER_KEYWORDS "courierimapkeywords"

/* Sets the keywords of seen->messages, indexes of the folder's table.  `dir`
 * is the folder; nothing there is fine. */
int bk_courier_keywords_read(int dir, struct bk_sightings *seen,
			     struct bk_folder *folder, struct bk_err *err);

#endif
