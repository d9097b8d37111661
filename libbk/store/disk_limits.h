/* What accounts that are files may still take. */

#ifndef BK_STORE_DISK_LIMITS_H
#define BK_STORE_DISK_LIMITS_H

#include "store/store.h"

/* A driver's limits(): what the disk has free under account->root, or where
 * that would be made; the account need not be there yet. */
int bk_store_disk_limits(struct bk_store *store,
			 const struct bk_account *account,
			 struct bk_store_limits *out, struct bk_err *err);

#endif
