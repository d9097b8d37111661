/*
 * A standby's store that is a mail server: which messages bk brought there, and
 * what its folders look like from outside.
 *
 * A message is on the roll by UIDVALIDITY, UID and digest before it is sent,
 * and by the first two alone as soon as the server said that it has them: a run
 * that is cut off may leave the UID to somebody else's message.
 */

#ifndef BK_JOB_STANDBY_FAR_H
#define BK_JOB_STANDBY_FAR_H

#include "crypto/digester.h"
#include "job/restore_folder.h"
#include "job/standby_copy.h"

/* Was the row's message there for sure when the roll was written? */
bool bk_standby_far_is_sure(const struct bk_standby_roll *roll,
			    const struct bk_row *row);

/* The hooks of restore_follow.h. */
int bk_standby_far_known(struct bk_standby_copy *copy,
			 struct bk_restore_folder *folder,
			 struct bk_digester *digester, struct bk_err *err);
int bk_standby_far_done(struct bk_standby_copy *copy,
			const struct bk_restore_folder *folder,
			const struct bk_restore_end *end, struct bk_err *err);

/* Is the folder all that the set has of it?  If not it is told why. */
bool bk_standby_far_is_whole(struct bk_standby_copy *copy,
			     const struct bk_restore_folder *folder,
			     const struct bk_restore_end *end);

/* Which messages of a folder that goes are ours: true for each; the caller's to
 * free.  NULL: it failed. */
bool *bk_standby_far_ours(struct bk_standby_copy *copy,
			  const struct bk_standby_roll *roll,
			  const struct bk_account *account,
			  struct bk_folder_writer *writer,
			  struct bk_message_list *list, struct bk_err *err);

/* Servers rename the folders below a folder, too: would that be wrong for one
 * of those of the state? */
bool bk_standby_far_tears(const struct bk_standby_copy *copy,
			  const struct bk_standby_folder *was,
			  const struct bk_standby_folder *now);

/* Before folders are written: those that are to hold no mail do not any more.
 */
int bk_standby_far_clear_levels(struct bk_standby_copy *copy,
				struct bk_store *store, struct bk_err *err);

/* One for each folder, from what the server says of it without opening it. */
void bk_standby_far_stamps(const struct bk_folder_list *folders,
			   uint8_t (*out)[BK_STANDBY_SUM]);

/* Can the server's account not be opened because there is none? */
bool bk_standby_far_lacks(struct bk_store *store, const char *address,
			  const struct bk_err *why);

/* New mail gets UIDs behind all that the primary can have given out. */
int bk_standby_far_raise(const struct bk_standby_state *state,
			 struct bk_store *store, uint32_t gap,
			 struct bk_err *err);

#endif
