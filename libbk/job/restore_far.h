/*
 * A copy that follows its source on a mail server.  A message is known there by
 * UIDVALIDITY and UID, which a server gives out once; but only where whoever
 * keeps the copy knows that it was brought (job/standby_far.h).  Any other one
 * is read: somebody else may have got the UID.
 *
 * A server gives out ascending UIDs.  Where one is to come again that is past,
 * or the source's folder is another one by now, the copy begins anew, if all
 * that is in it is ours.
 */

#ifndef BK_JOB_RESTORE_FAR_H
#define BK_JOB_RESTORE_FAR_H

#include "job/restore_folder.h"

/* What rows and messages are called; "" for what has no UID.  Where no newer
 * set is to come, rows without one get those behind all others. */
void bk_restore_far_names(struct bk_restore_folder *folder,
			  const struct bk_restore_into *into);
void bk_restore_far_name_present(struct bk_message_list *list,
				 uint32_t uid_validity);

/* The digest of a message present: 1; 0: it cannot be read. */
int bk_restore_far_digest(const struct bk_restore_folder *folder,
			  struct bk_digester *digester, size_t present,
			  uint8_t digest[BK_DIGEST_LEN], struct bk_err *err);

#define BK_FAR_NEW   1 /* it is a new folder, */
#define BK_FAR_EMPTY 2 /* an empty one at least: it is to be opened again */

/* One of these; 0: it need not be, or never can. */
int bk_restore_far_renew(struct bk_restore_folder *folder,
			 const struct bk_restore_into *into,
			 struct bk_err *err);
/* After that.  BK_REFUSED where the server does not take the UIDs at all.  What
 * has none yet waits for the next set. */
int bk_restore_far_check(struct bk_restore_folder *folder,
			 const struct bk_restore_into *into, bool renewed,
			 struct bk_err *err);

#endif
