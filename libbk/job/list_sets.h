/* The list of sets, and whether the files of each are there. */

#ifndef BK_JOB_LIST_SETS_H
#define BK_JOB_LIST_SETS_H

#include "base/err.h"
#include "job/list.h"

/* The files are looked for by one listing, and by the pack table of each set:
 * none is opened beyond that. */
int bk_list_sets(const struct bk_list_request *request,
		 struct bk_outcome *outcome, struct bk_err *err);

#endif
