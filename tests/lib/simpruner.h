/*
 * Those who take sets away from a simulated target, or copy them there, or
 * take a deletion back: see simworld.h.
 */

#ifndef BK_TESTS_SIMPRUNER_H
#define BK_TESTS_SIMPRUNER_H

#include "lib/simworld.h"
#include "repo/prune.h"

#define SIM_DECISIONS 16

struct sim_pruner {
	struct sim_link link;
	struct bk_repo repo;
	int64_t now_ms;   /* by its clock */
	int64_t until_ms; /* sets that were begun before may go */
	struct dice dice; /* for which of them go: every other */
	bool all;         /* all of them go */
	struct bk_prune_tally tally;
	/* What it decided to take away, when all could see it. */
	uint8_t decided[SIM_DECISIONS][BK_ID_LEN];
	unsigned n_decided;
	unsigned faulty; /* sets of which it said that they are not whole */
};

void sim_pruner_make(struct sim_pruner *pruner, const struct sim_world *world,
		     unsigned host);
/* Looks, condemns, deletes without a time of grace. */
int sim_pruner_run(void *arg, struct bk_err *err);
bool sim_pruner_decided(const struct sim_pruner *pruner,
			const uint8_t set[BK_ID_LEN]);

struct sim_undelete {
	struct sim_link link;
	struct bk_repo repo;
	uint8_t set[BK_ID_LEN];
	int64_t now_ms;
	enum bk_undelete outcome; /* if it was good */
	bool good;
};

int sim_undelete_run(void *arg, struct bk_err *err);

/* Copies one set by its files, its root last, with the looks at trash before
 * and after that bk-ship takes. */
struct sim_copier {
	struct sim_link link;
	struct bk_repo repo;
	struct sim_store *source; /* that has all of the set */
	uint8_t set[BK_ID_LEN], base[BK_ID_LEN];
	bool good;
};

int sim_copier_run(void *arg, struct bk_err *err);

#endif
