/* All mail that the configuration has a name for: of a folder that does not say
 * between which ends it is, one of them is the destination. */

#ifndef BK_JOB_MOVE_KNOWN_H
#define BK_JOB_MOVE_KNOWN_H

#include "job/move.h"
#include "job/settings.h"

/* In the settings' arena; a section that cannot be used is left out. */
void bk_move_known_find(struct bk_move_request *request,
			struct bk_settings *settings);

#endif
