/*
 * Accounts and folders of a set by what a person typed, and what to say when
 * they are not there: the nearest name, and whether other sets have it.
 */

#ifndef BK_JOB_LOOKUP_H
#define BK_JOB_LOOKUP_H

#include "base/err.h"
#include "job/choose.h"
#include "repo/set.h"

/* The account of that address, whatever the case of its ASCII letters (exactly
 * that one first).  NULL if there is none. */
const struct bk_set_account *bk_lookup_account(const struct bk_set *set,
					       const char *address);

/* The account's folder of that name; INBOX in any case of letters. */
const struct bk_set_folder *bk_lookup_folder(const struct bk_set *set,
					     uint32_t account_id,
					     const char *name);

/*
 * BK_GONE: no account of the set fits `word`, a name or a pattern.  Looks
 * through the other sets that `choice` allows, which takes a while: "'ann' is
 * in no set; nearest: ..." or "... is not in set S; it is in 3 others, the
 * newest of them T".
 */
int bk_lookup_no_account(const struct bk_set *set,
			 const struct bk_choice *choice, const char *word,
			 struct bk_err *err);

/* BK_GONE: none of the account's folders (of all, where it is NULL) fits. */
int bk_lookup_no_folder(const struct bk_set *set,
			const struct bk_set_account *account, const char *word,
			struct bk_err *err);

#endif
