/*
 * What of a set is to be restored, and what it is to be called where it goes:
 * a pure function of the set's names and the request.
 */

#ifndef BK_JOB_RESTORE_PLAN_H
#define BK_JOB_RESTORE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/opt.h"
#include "repo/set.h"

struct bk_restore_wish {
	struct bk_opt_list accounts; /* patterns; none: all */
	struct bk_opt_list folders;  /* patterns; none: all */
	struct bk_opt_list messages; /* UIDs, names or digests; none: all */
	const char *as; /* another account: an address, or with %u %n %d for
			   several; NULL: the same */
	bool deleted;   /* of those only what was deleted between deleted_since
			   and the set: restore_deleted.h */
	int64_t deleted_since; /* UTC seconds */
	const char *into; /* a folder to collect what is restored, NULL: none */
};

/* A folder of the set, and where it goes. */
struct bk_restore_item {
	const struct bk_set_account *account;
	const struct bk_set_folder *folder;
	const char *to_account;
	const char *to_folder;
};

/* {0} is a valid empty one. */
struct bk_restore_plan {
	struct bk_arena arena;
	struct bk_restore_item *items; /* owned; account by account */
	size_t n;
	bool whole_accounts; /* all folders of each, under their own names */
	bool renamed;        /* by as or into */
};

/*
 * *out is {0} before, and the caller clears it, after a failure too.
 * BK_MISUSE for a name that can be no folder, for several accounts that would
 * become one, and for a UID without a folder.  BK_GONE when nothing fits; then
 * *missing is the account pattern that no account fits, or NULL.
 */
int bk_restore_plan_make(const struct bk_set *set,
			 const struct bk_restore_wish *wish,
			 struct bk_restore_plan *out, const char **missing,
			 struct bk_err *err);
/* All folders of the set as a wish that is like this one and leaves none out
 * would call them, in the order of every plan.  *out is {0} before. */
void bk_restore_plan_names(const struct bk_set *set,
			   const struct bk_restore_wish *wish,
			   struct bk_restore_plan *out);
void bk_restore_plan_clear(struct bk_restore_plan *plan);

/* Is the row one of those that the wish names?  All are if it names none.
 * *which (may be NULL) becomes the index of the name. */
bool bk_restore_wants(const struct bk_restore_wish *wish,
		      const struct bk_row *row, size_t *which);

/* Does it choose among the messages of a folder?  One without any of them is
 * passed over then. */
bool bk_restore_is_choosy(const struct bk_restore_wish *wish);

/* What the folder of an item is to become; `copy`: beside another one.  Its
 * strings stay the item's. */
void bk_restore_item_describe(struct bk_folder *out,
			      const struct bk_restore_item *item, bool copy);

#endif
