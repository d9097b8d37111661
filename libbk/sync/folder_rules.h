/* Which rule of a folder map is for which folder. */

#ifndef BK_SYNC_FOLDER_RULES_H
#define BK_SYNC_FOLDER_RULES_H

#include "sync/folder_map.h"

/* Of either side of a rule, without the '/' that a tree ends with. */
size_t bk_folder_rule_length(const char *text);

/* The longest that fits; of two as long, the one for this folder alone.  NULL:
 * none does. */
const struct bk_folder_rule *bk_folder_rule_for(
	const struct bk_folder_rules *rules, const char *name);

#endif
