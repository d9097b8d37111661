/* What a repository holds: sets; of a set its accounts; of an account its
 * folders; of a folder its messages.  No message is opened for it. */

#ifndef BK_JOB_LIST_H
#define BK_JOB_LIST_H

#include "base/err.h"
#include "job/choose.h"
#include "job/exit.h"
#include "repo/repo.h"
#include "report/listing.h"

struct bk_list_request {
	const struct bk_repo *repo;
	const struct bk_choice *choice;
	const char *state_dir; /* what this host remembers; or NULL */
	bool sets;             /* all sets; else what is in the chosen one */
	const char *account;   /* NULL: the set's accounts */
	const char *folder;    /* NULL: the account's folders */
	struct bk_listing_style style;
};

/* Of sets that are shown and damaged the outcome says BK_ENDING_DAMAGED.
 * BK_CORRUPT when there is none, and this host remembers that it made some.
 * BK_GONE, with the nearest, for an account or folder that is not there. */
int bk_list_run(const struct bk_list_request *request,
		struct bk_outcome *outcome, struct bk_err *err);

#endif
