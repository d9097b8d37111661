/*
 * Accounts and domains that were asked for by options, and that the store has
 * not: a slip of the finger must not look like a backup.
 */

#ifndef BK_JOB_BACKUP_MISSING_H
#define BK_JOB_BACKUP_MISSING_H

#include <stddef.h>

#include "base/err.h"
#include "base/pattern.h"
#include "mail/message.h"
#include "repo/set.h"
#include "sync/progress.h"

/* Adds to *out every pattern of `only` that fits none of the accounts. */
void bk_missing_find(const struct bk_filter *only,
		     const struct bk_account_list *accounts,
		     struct bk_names *out);

/* Reports each of them as an item, but for those whose account an earlier set
 * (NULL: there is none) has: that is gone, and the new set says so.  Returns
 * how many were reported. */
size_t bk_missing_report(const struct bk_names *missing,
			 const struct bk_set *base,
			 struct bk_progress *progress);

/* BK_GONE: no account at all is chosen, the first of `missing` (may be empty)
 * is named, with the nearest. */
int bk_missing_all(const struct bk_names *missing,
		   const struct bk_account_list *accounts, const char *where,
		   struct bk_err *err);

#endif
