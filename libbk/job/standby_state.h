/*
 * What a standby host remembers of a store that it keeps, in a folder of its
 * own in the state directory: `state`, small and read by people, which set was
 * applied and what each folder was then; and `rolls`, a file for each folder,
 * the messages there that bk brought.
 *
 * `state` is written when what it says is durable, so it may be behind and is
 * never ahead: what is done again is found to be there.  A roll is written
 * before what it lists can be seen; names of messages that are gone may stay on
 * it for a while.
 */

#ifndef BK_JOB_STANDBY_STATE_H
#define BK_JOB_STANDBY_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "mail/message.h"
#include "repo/id.h"
#include "store/store.h"

#define BK_STANDBY_SUM 16

/* A folder as it was applied. */
struct bk_standby_folder {
	const char *account, *name;
	uint32_t uid_validity;
	bool has_guid;
	uint8_t guid[16];
	/* Where its record and rows lie in sets: the same place says the same.
	 * And what they say, wherever they lie. */
	uint8_t place[BK_STANDBY_SUM], sum[BK_STANDBY_SUM];
	bool exact; /* all of it was applied, removals too */
	/* It was so when promote began, or has been since: what is no more
	 * there people took away.  Of one that is promoted. */
	bool had;
	/* What its directories were when that was done (standby_look.h); */
	uint8_t stamp[BK_STANDBY_SUM];
	uint64_t messages; /* of a set's folder; not written */
	bool due;          /* written in this run, and not stamped yet; */
	bool changed;      /* found otherwise than that; neither is written */
	bool missing;      /* not there at all; not written */
	bool anew;         /* nor is any of its account; likewise */
	uint64_t strays;   /* messages there that bk did not bring */
	bool gone;         /* the set that was applied has it no longer */
	bool given;        /* what belongs to its account and to none of its
			      folders came with promote; one of them says so */
	bool dropped;      /* it is no longer one: not written */
	bool loose;        /* its roll was extended and is not on disk yet: not
			      written */
};

/* {0} is a valid empty one. */
struct bk_standby_state {
	struct bk_arena arena; /* of all strings */
	char *folder;          /* of state and rolls */
	bool begun;            /* something may have been applied */
	bool has_set;
	uint8_t set[BK_ID_LEN];  /* that was applied last, wholly or */
	bool partly;             /* not wholly */
	bool incomplete;         /* it lacks items itself */
	uint8_t host[BK_ID_LEN]; /* whose it is; */
	const char *store;       /* of which store; NULL: none was applied */
	uint64_t sequence;       /* of the host's sets */
	uint64_t messages;       /* in it; more: in those before, of which
				    nothing was taken away */
	int64_t applied;         /* when; UTC seconds, as all that follow */
	int64_t promoting;       /* mail may have come here since; 0: not */
	int64_t promoted;        /* all of it is here since; 0: not */
	struct bk_standby_folder *items; /* owned; by account and name */
	size_t n, cap;
};

/* Of this store; nothing is made.  A state that is not there is an empty one.
 * BK_CORRUPT when it is not whole or cannot be understood, BK_NEWER when a
 * later version wrote it. */
int bk_standby_state_load(struct bk_standby_state *out, const char *state_dir,
			  const struct bk_store_config *store,
			  struct bk_err *err);
int bk_standby_state_save(struct bk_standby_state *state, struct bk_err *err);
void bk_standby_state_clear(struct bk_standby_state *state);

/* NULL: it was never applied. */
struct bk_standby_folder *bk_standby_state_find(struct bk_standby_state *state,
						const char *account,
						const char *name);
/* The first one of an account, which the others follow; NULL: none. */
struct bk_standby_folder *bk_standby_state_first(struct bk_standby_state *state,
						 const char *account);
/* One more, which nobody finds before the next sort; strings are copied. */
struct bk_standby_folder *bk_standby_state_add(struct bk_standby_state *state,
					       const char *account,
					       const char *name);
/* Leaves out those that were dropped. */
void bk_standby_state_sort(struct bk_standby_state *state);
/* Folders of sets that are not wholly here. */
uint64_t bk_standby_state_left(const struct bk_standby_state *state);
uint64_t bk_standby_state_strays(const struct bk_standby_state *state);

/* ---- standby_roll.c ---- */

/* Names of messages, by 64 bits of a digest of each. */
struct bk_standby_roll {
	uint64_t *items; /* owned; sorted once it was read or written */
	size_t n, cap;
	bool whole; /* it was read to its end */
};

/* One that is not there, or is damaged, is empty: what is there is a
 * stranger's then, and stays.  Of one that ends in the middle of a number all
 * before it counts. */
int bk_standby_roll_read(struct bk_standby_roll *out,
			 const struct bk_standby_state *state,
			 const char *account, const char *name,
			 struct bk_err *err);
void bk_standby_roll_add(struct bk_standby_roll *roll, const char *message);
bool bk_standby_roll_has(const struct bk_standby_roll *roll,
			 const char *message);
/* Do both say the same, of which one was read?  Sorts the other. */
bool bk_standby_roll_same(struct bk_standby_roll *roll,
			  const struct bk_standby_roll *read);
int bk_standby_roll_write(struct bk_standby_roll *roll,
			  const struct bk_standby_state *state,
			  const char *account, const char *name,
			  struct bk_err *err);
/* Lets it say what `roll` says and perhaps some names more that `read`, which
 * was read, has: 1 when they were added at its end, which is in order before
 * what comes later once it was settled; 0 when it is so already. */
int bk_standby_roll_extend(struct bk_standby_roll *roll,
			   const struct bk_standby_roll *read,
			   const struct bk_standby_state *state,
			   const char *account, const char *name,
			   struct bk_err *err);
/* On disk, those that are loose; and then none is. */
int bk_standby_rolls_settle(struct bk_standby_state *state, struct bk_err *err);
void bk_standby_roll_remove(const struct bk_standby_state *state,
			    const char *account, const char *name);
void bk_standby_roll_clear(struct bk_standby_roll *roll);

#endif
