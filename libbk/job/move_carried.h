/* What became of what goes along with the mail of an account, for reports. */

#ifndef BK_JOB_MOVE_CARRIED_H
#define BK_JOB_MOVE_CARRIED_H

#include "job/move_record.h"

/* What reports call the UIDs: whole servers give out their own, so that they
 * are told together. */
#define BK_MOVE_UIDS "UIDs"

/*
 * The rows of a record as people read them: what was moved in one row a kind,
 * then one by one what was not; folders that got new UIDs for the same reason
 * together.  The caller clears *out.
 */
void bk_move_carried_rows(const struct bk_move_record *record,
			  struct bk_carried_list *out);

/* One more of what the list has with the same reason, or its first. */
void bk_move_carried_join(struct bk_carried_list *list,
			  const struct bk_carried *row, uint64_t n);

/* Of what could not be carried over? */
bool bk_move_carried_lacks(const struct bk_carried *row);

#endif
