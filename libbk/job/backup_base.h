/* What a new set stands on: the sets that are there, of the same host and
 * store, and which of them a wish for a kind of set leads to. */

#ifndef BK_JOB_BACKUP_BASE_H
#define BK_JOB_BACKUP_BASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "job/backup.h"
#include "repo/index.h"
#include "repo/packer.h"
#include "repo/set.h"
#include "sync/progress.h"

struct bk_backup_base {
	enum bk_set_kind kind;   /* of the set that will be made */
	struct bk_set *base;     /* what it stands on; NULL: a full set */
	struct bk_set *previous; /* newest of the store, perhaps the same
				    object as base; NULL: none */
	uint8_t newest[16]; /* set of the store, damaged or not; zero: none */
	uint64_t previous_messages;
	uint8_t store[16]; /* the store's identifier */
	uint64_t sequence; /* of the new set */
	uint8_t last[16];  /* newest set of this host, zero: none */
	uint8_t last_sha256[32];
	struct bk_set_info_list sets; /* all that are visible */
};

/* Where what it should stand on is not there or damaged, it is a full set, and
 * a warning goes to `progress`.  What merely cannot be read (BK_DENIED,
 * BK_LOST,
 * ...) ends the run with that error. */
int bk_backup_base_choose(struct bk_backup_base *out,
			  const struct bk_backup_request *request,
			  struct bk_progress *progress, struct bk_err *err);

/* A run of some accounts keeps the others as the newest set has them: BK_UNSAFE
 * where it cannot stand on that one. */
int bk_backup_base_check(const struct bk_backup_base *base,
			 const struct bk_backup_request *request,
			 struct bk_err *err);

/* A set is called by the time when it was begun: one that does not fit into
 * its identifier would make a set that nobody can open. */
int bk_backup_base_check_clock(int64_t now_ms, struct bk_err *err);

/* Notes a clock far before the newest set: the order of sets does not depend
 * on it, but people look for a set by its time. */
void bk_backup_base_notice_clock(const struct bk_backup_base *base,
				 int64_t now_ms, struct bk_progress *progress);

void bk_backup_base_clear(struct bk_backup_base *base);

/* Makes a full set of it after all. */
void bk_backup_base_drop(struct bk_backup_base *base);

/* ---- looking chunks up in the base ---- */

struct bk_base_lookup;

/* The packer that will name foreign packs is bound before the first use. */
struct bk_base_lookup *bk_base_lookup_new(const struct bk_set *base);
void bk_base_lookup_bind(struct bk_base_lookup *lookup,
			 struct bk_packer *packer);
void bk_base_lookup_free(struct bk_base_lookup *lookup); /* NULL is fine */

/* A bk_packer_base_fn; indexes are opened at the first question. */
int bk_base_lookup_find(void *arg, const uint8_t id[BK_CHUNK_ID_LEN],
			uint64_t *ref, struct bk_err *err);

#endif
