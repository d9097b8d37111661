/*
 * Writers, pruners, somebody who undeletes and somebody who copies, on two
 * hosts and at one target: what there is before, who takes part, and what must
 * hold when all is over.
 */

#ifndef BK_TESTS_SIMSTAGE_H
#define BK_TESTS_SIMSTAGE_H

#include "lib/simpruner.h"

/* What there is before each run: two full sets and a differential that were
 * reported good, one that is on its way to this target, and one that was
 * interrupted. */
enum { SIM_FULL_A, SIM_DIFF_A, SIM_FULL_B, SIM_SHIPPED, SIM_HALF, SIM_N_OLD };

struct sim_stage {
	struct sim_world world;
	struct sim_store origin, source;
	struct sim_writer old[SIM_N_OLD];
	/* One run. */
	struct sim_writer writers[SIM_HOSTS];
	struct sim_pruner pruners[SIM_HOSTS];
	struct sim_undelete undelete;
	struct sim_copier copier;
	unsigned long runs; /* so far */
};

void sim_stage_make(struct sim_stage *s);
void sim_stage_drop(struct sim_stage *s);

/* A new run without anybody. */
void sim_stage_begin(struct sim_stage *s, uint64_t seed);
struct sim_actor *sim_stage_writer(struct sim_stage *s, unsigned host,
				   enum bk_set_kind kind);
/* By the clock of one who is late every intent is dead. */
struct sim_actor *sim_stage_pruner(struct sim_stage *s, unsigned host,
				   bool late);
struct sim_actor *sim_stage_undelete(struct sim_stage *s, unsigned which);
struct sim_actor *sim_stage_copier(struct sim_stage *s);

/* Runs, ends the prunes that were cut off, and says whether anything is lost
 * that was reported good, and why. */
bool sim_stage_loses(struct sim_stage *s, char why[200]);

bool sim_stage_lost(struct sim_stage *s, const uint8_t set[BK_ID_LEN],
		    const char *whose, char why[200]);
/* Did a pruner decide to take it away, when all could see it? */
bool sim_stage_expired(const struct sim_stage *s, const uint8_t set[BK_ID_LEN]);

/* ---- two at a time ---- */

/* Actor 0; actor 1 is a pruner whose clock is late and who wants all old sets
 * gone. */
enum sim_pair {
	SIM_PAIR_ONE_BUNDLE,   /* a writer of a full set in one object */
	SIM_PAIR_ADOPTING,     /* of one that adopts a pack */
	SIM_PAIR_DIFFERENTIAL, /* of one on a set that goes */
	SIM_PAIR_BUNDLED,      /* the same, in one object */
	SIM_PAIR_UNDELETE_FULL,
	SIM_PAIR_UNDELETE_DIFF,
	SIM_PAIR_COPYING,
	SIM_PAIRS
};

extern const char *const sim_pair_names[SIM_PAIRS];

/* A step that is left out: of the pruner, or of the other one. */
struct sim_mutant {
	const char *name;
	bool pruner;
	struct sim_lie lies[SIM_LIES];
};

/* `mutant` may be NULL. */
void sim_pair_set_up(struct sim_stage *s, enum sim_pair pair,
		     const struct sim_mutant *mutant);
/* How many acts each takes at most. */
void sim_pair_acts(struct sim_stage *s, enum sim_pair pair, unsigned acts[2]);
/* One goes so many acts, then the other so many, then the one to its end: does
 * any choice lose something? */
bool sim_pair_loses(struct sim_stage *s, enum sim_pair pair,
		    const struct sim_mutant *mutant, char why[200]);

#endif
