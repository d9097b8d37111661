/* What the stages of a check share. */

#ifndef BK_JOB_CHECK_RUN_H
#define BK_JOB_CHECK_RUN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "job/check.h"
#include "repo/set.h"
#include "repo/table.h"
#include "target/target.h"

/* A pack that some set needs; each is looked at once. */
struct bk_check_pack {
	struct bk_table_row row;
	bool bad; /* a finding was told */
};

struct bk_check_run {
	const struct bk_check_request *request;
	struct bk_progress *progress;
	struct bk_blob_list files; /* of the whole repository */
	struct bk_set_info_list sets;
	struct bk_check_pack *packs; /* of all sets, in the order met */
	size_t n_packs, cap_packs;
	_Atomic uint64_t findings;
	uint64_t n_sets, messages;
};

/* Tells one thing that is wrong, where, and what to do next. */
void bk_check_finding(struct bk_check_run *run, const struct bk_err *why,
		      const char *next);

/* Everything about a set that needs no pack opened; its packs are added to
 * run->packs.  *out is the opened set, NULL when it does not open. */
void bk_check_structure(struct bk_check_run *run,
			const struct bk_set_info *info, struct bk_set **out);

/* Opens every pack, and reads what the request wants of them, in threads.  -1
 * only when it could not go on. */
int bk_check_packs(struct bk_check_run *run, struct bk_err *err);

/* Whether the set's index names the chunks of its packs, all of them and where
 * they are: a later set trusts it. */
void bk_check_index(struct bk_check_run *run, struct bk_set *set);

/* Puts together every message that the set itself added. */
int bk_check_messages(struct bk_check_run *run, struct bk_set *set,
		      struct bk_err *err);

/* Names the accounts of a set whose messages lie in bad packs. */
void bk_check_affected(struct bk_check_run *run, struct bk_set *set);

#endif
