/* What the stages of a check share. */

#ifndef BK_JOB_CHECK_RUN_H
#define BK_JOB_CHECK_RUN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "job/backup_state.h"
#include "job/check.h"
#include "job/check_found.h"
#include "repo/block_cache.h"
#include "repo/set.h"
#include "repo/table.h"
#include "target/target.h"

/* A pack that some set needs; each is looked at once. */
struct bk_check_pack {
	struct bk_table_row row;
	const struct bk_set_level *level; /* of whose table the row is */
	uint8_t *types; /* of its chunks, once it was opened; or NULL */
	bool bad;       /* a finding was told */
	bool sampled;   /* it is this run's turn to be read */
	/* Which of its blocks were proved, or are about to be; NULL where all
	 * were, or none will be. */
	uint8_t *proved;
	uint32_t n_blocks;
};

/* The check of one place. */
struct bk_check_run {
	const struct bk_check_request *request;
	struct bk_progress *progress;
	const struct bk_repo *repo; /* as it lies in that place */
	struct bk_check_place *place;
	size_t place_number; /* 0: the repository itself */
	struct bk_check_found *found;
	/* Of a copy: the repository, to compare with; else NULL. */
	const struct bk_check_place *original;
	struct bk_state_heads heads; /* what this host remembers */
	struct bk_blob_list files;   /* of the whole repository */
	struct bk_set_info_list sets;
	const struct bk_set_info *only; /* the set that was asked for, or NULL:
					   all */
	struct bk_check_pack *packs;    /* of all sets, by owner and ordinal */
	size_t n_packs, cap_packs;
	bool *bad_sets;       /* owned; by place in `sets` */
	pthread_mutex_t lock; /* of what packs say of bad and proved, and: */
	bool broke_off;       /* the place is out of reach, and no more can be
				 said of it: */
	struct bk_err why;
	uint64_t messages;
};

/*
 * One thing that is wrong, of the set with that identifier (NULL: of none).  A
 * file that it names is told once, by its first finding.  A place that does
 * not answer is no damage: then bk_check_lost says so from now on.
 */
void bk_check_finding(struct bk_check_run *run, const struct bk_err *why,
		      enum bk_check_cure cure, const uint8_t *set);

/* A message of that set cannot be put together, and that was told. */
void bk_check_spoilt(struct bk_check_run *run, const uint8_t set[BK_ID_LEN]);

/* Is it an error that ends the check of this place?  Then it is noted. */
bool bk_check_breaks_off(struct bk_check_run *run, const struct bk_err *why);

/* Whether the place went out of reach: BK_LOST and the like, or that we were
 * asked to stop. */
int bk_check_lost(struct bk_check_run *run, struct bk_err *err);

/* Looks at everything in one place.  *set is the one that was asked for, or
 * NULL: all. */
int bk_check_place_run(struct bk_check_run *run, const uint8_t *only,
		       struct bk_err *err);

/* Everything about a set that needs no data read; after the packs, whose chunk
 * types it compares with what messages want of them. */
void bk_check_structure(struct bk_check_run *run, struct bk_set *set);

/* That files lie where root and table say, and nothing else between them, that
 * the table has only packs that such a set may have, and that the root adds up.
 */
int bk_check_files(const struct bk_check_run *run, const struct bk_set *set,
		   struct bk_err *err);

/* The manifest: its sum, every block, and that its directory leads to all of
 * its records. */
int bk_check_manifest(const struct bk_set *set, struct bk_err *err);

/* The intents, trash lists and holds: whether they are what they must be. */
void bk_check_control(struct bk_check_run *run);

/* The set of that identifier, if it is listed; or NULL. */
const struct bk_set_info *bk_check_listed(const struct bk_check_run *run,
					  const uint8_t id[BK_ID_LEN]);

/* Whether the sets that a set says it has seen are these, as far as they are
 * here, and had not seen it themselves. */
void bk_check_seen(struct bk_check_run *run);

/* Does it stand on a set that is not here or does not open?  Then it cannot be
 * opened, and bk_check_bases tells it. */
bool bk_check_base_absent(const struct bk_check_run *run,
			  const struct bk_set_info *info);

/* Each such base once, with the sets that need it. */
void bk_check_bases(struct bk_check_run *run);

/* Sets that are missed, by those that came after them, by this host's memory
 * or by the files that they left; after the packs were collected.  What runs
 * that were interrupted left is no damage.  -1 only when it could not look. */
int bk_check_absent(struct bk_check_run *run, struct bk_err *err);

/* The packs of the sets that were opened (NULL: was not) are run->packs from
 * now on; where two tables describe one of them differently, that is told. */
void bk_check_packs_collect(struct bk_check_run *run, struct bk_set **sets,
			    size_t n);

/* The pack of a row of some table of these sets. */
struct bk_check_pack *bk_check_pack_of(const struct bk_check_run *run,
				       const struct bk_table_row *row);

/*
 * Opens every pack, and reads what the request wants of them, in threads.
 * Where that is everything, it leaves the blocks of data of packs whose sum is
 * right to those that open them for messages (bk_check_watch), and what these
 * did not need to bk_check_rest.  -1 only when it could not go on.
 */
int bk_check_packs(struct bk_check_run *run, struct bk_err *err);

/* Is any of them bad? */
bool bk_check_packs_bad(struct bk_check_run *run);

/* All data was looked at: what was read is remembered. */
void bk_check_packs_done(struct bk_check_run *run);

/* All chunks of each block that is opened, against their identifiers, unless
 * that was done before. */
struct bk_check_watch {
	struct bk_block_watch watch;
	struct bk_check_run *run;
};
struct bk_check_watch bk_check_watch(struct bk_check_run *run);

/* Proves the blocks that no message needed.  -1 only when it could not go on.
 */
int bk_check_rest(struct bk_check_run *run, struct bk_err *err);

/* Whether the set's index names the chunks of its packs, all of them and where
 * they are: a later set trusts it. */
void bk_check_index(struct bk_check_run *run, struct bk_set *set);

/* Puts together every message that the set itself added. */
int bk_check_messages(struct bk_check_run *run, struct bk_set *set,
		      struct bk_err *err);

/* Reads every tree of files that the set has. */
int bk_check_trees(struct bk_check_run *run, struct bk_set *set,
		   struct bk_err *err);

/* Names the accounts of a set whose messages lie in bad packs. */
void bk_check_affected(struct bk_check_run *run, struct bk_set *set);

#endif
