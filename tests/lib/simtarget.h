/*
 * A world of targets in memory and of actors who use them at the same time,
 * each over a link of its own.  Exactly one actor goes at a time, and every
 * act at a target (a get, a list, a stat, a commit, a removal) is a moment at
 * which another may go on: which one is thrown by dice or told by the test,
 * so that any interleaving can be had, and had again.
 *
 * Lists need not be atomic, as those of servers are not: what was there all
 * the time is shown, what came or went meanwhile may be or not.
 *
 * An actor may die at any act, by its number: from then on all its links are
 * dead for ever, BK_LOST; the act itself was done, and the answer lost, or
 * not.  Who is restarted is another actor.
 *
 * A blob's name can be put once; a second put fails and is remembered, for the
 * format promises that no name is used twice.
 */

#ifndef BK_TESTS_SIMTARGET_H
#define BK_TESTS_SIMTARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/dice.h"
#include "repo/id.h"
#include "target/target.h"

/* ---- what lies at a target ---- */

struct sim_blob {
	char name[BK_NAME_MAX];
	struct sim_bytes *bytes;
	uint64_t came, went;       /* moments; went 0: it is there */
	const struct sim_link *by; /* whose it is; NULL: from before */
};

struct sim_store {
	struct sim_blob *blobs; /* owned; gone ones too */
	size_t n, cap;
	int64_t mtime; /* of all blobs, as lists show it */
	bool reused;   /* a name was put twice: */
	char reused_name[BK_NAME_MAX];
};

void sim_store_clear(struct sim_store *store);
/* `store`, empty before, becomes what lies in `from` now; bytes are shared. */
void sim_store_copy(struct sim_store *store, const struct sim_store *from);
bool sim_store_has(const struct sim_store *store, const char *name);

/* ---- a way to it ---- */

/* A list that a link lies about, to leave a step of a protocol out: it shows
 * what lay there when the link last listed that folder, and what the link
 * itself put since. */
struct sim_lie {
	const char *folder; /* NULL: none */
	unsigned from;      /* its lists of that folder, from 1 */
};

#define SIM_LIES    3
#define SIM_FOLDERS 8

struct sim_link {
	struct bk_target target;
	struct sim_store *store;
	struct sim_actor *actor; /* NULL: acts at once, unseen by any other */
	bool puts_again;         /* names that were there and are gone */
	struct sim_lie lies[SIM_LIES];
	struct {
		char folder[16];
		unsigned lists;
		uint64_t last; /* the moment of the last */
	} folders[SIM_FOLDERS];
};

/* {0} before; holds nothing to clear. */
void sim_link_open(struct sim_link *link, struct sim_store *store,
		   struct sim_actor *actor);

/* ---- who acts ---- */

struct sim_actor {
	struct sim *sim;
	const char *name;
	int (*run)(void *arg, struct bk_err *err);
	void *arg;
	unsigned acts;    /* so far */
	unsigned dies_at; /* its act, from 1; 0: it does not */
	bool last_done;   /* that act was done all the same */
	bool ended;
	int rc; /* what run() returned */
	struct bk_err err;
	struct fiber *fiber;
};

#define SIM_ACTORS 8

/* So many acts of that actor; others follow. */
struct sim_leg {
	unsigned actor, acts;
};

struct sim {
	struct sim_actor actors[SIM_ACTORS];
	unsigned n;
	uint64_t now; /* the moment: the acts that were done */
	struct dice dice;
	unsigned stay; /* one goes on until one in so many throws says no */
	bool loose_lists;
	bool quick_reads; /* gets and stats are no acts: nobody goes before, and
			     nobody dies at them */
	const struct sim_leg *legs; /* first; then each to its end in turn, or
				       by dice if `stay` is set */
	size_t n_legs;
	bool tell; /* write the log: a line for each act */
	struct bk_buf log;
	struct fiber *fibers[SIM_ACTORS]; /* kept for the next run */
};

/* A new run: no actors, no log, moment 1.  {0} before the first. */
void sim_begin(struct sim *sim, uint64_t seed);
/* One more, who runs run(arg). */
struct sim_actor *sim_add(struct sim *sim, const char *name,
			  int (*run)(void *arg, struct bk_err *err), void *arg);
/* Until all have ended. */
void sim_run(struct sim *sim);
void sim_clear(struct sim *sim);

#endif
