/* What damaged packs held, read again from the mail store that they are of. */

#ifndef BK_JOB_REGAIN_STORE_H
#define BK_JOB_REGAIN_STORE_H

#include "base/err.h"
#include "job/regain.h"
#include "store/store.h"

/*
 * Looks for messages of sets of the store of that name (NULL: of any): in all
 * folders of their accounts, under their name or UID, or as long as they are,
 * for people move mail.  `where` is what it is called, for people, and lives as
 * long as the regain.  -1 when the store can no longer be read; what was found
 * until then was taken.
 */
int bk_regain_from_store(struct bk_regain *regain, struct bk_store *store,
			 const char *name, const char *where,
			 struct bk_err *err);

#endif
