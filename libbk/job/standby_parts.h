/* Folders of a standby's store that get another name, or go. */

#ifndef BK_JOB_STANDBY_PARTS_H
#define BK_JOB_STANDBY_PARTS_H

#include "job/standby_copy.h"

/* `was` is now called as `now` is, roll and state too: 1; 0: it cannot be,
 * and comes anew. */
int bk_standby_rename(struct bk_standby_copy *copy, struct bk_store *store,
		      struct bk_standby_folder *was,
		      const struct bk_standby_folder *now, struct bk_err *err);

/* What bk brought to it goes, and with nothing else in it so does the folder:
 * 1; 0: it is kept, with what others put there, which is told.
 * `stays_subscribed`: the account goes on subscribing to its name. */
int bk_standby_remove(struct bk_standby_copy *copy, struct bk_store *store,
		      struct bk_standby_folder *folder, bool stays_subscribed,
		      struct bk_err *err);

/* An account with folders that were renamed or went subscribes to what its
 * source does: it may do so to a folder that is no more. */
int bk_standby_settle(struct bk_standby_copy *copy, struct bk_store *store,
		      const char *account, struct bk_err *err);

/* So many messages there are not ours. */
void bk_standby_tell_strays(struct bk_standby_copy *copy,
			    const struct bk_standby_folder *folder,
			    uint64_t strays);

#endif
