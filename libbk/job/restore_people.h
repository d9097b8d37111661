/*
 * Whom the rights of an account name, in a set: what others have in a folder
 * that a server made is not the set's matter.
 */

#ifndef BK_JOB_RESTORE_PEOPLE_H
#define BK_JOB_RESTORE_PEOPLE_H

#include <stdint.h>

#include "job/restore_plan.h"
#include "mail/message.h"
#include "repo/set.h"

struct bk_restore_people {
	const struct bk_set *set;
	uint32_t account_id;
	struct bk_acl_watch watch; /* for what its folders are to become */
};
void bk_restore_people_of(struct bk_restore_people *out,
			  const struct bk_set *set,
			  const struct bk_restore_item *item);

#endif
