/*
 * A repository in a simulated target, and hosts that write sets into it: by
 * the real code of everything that others can see, but with packs of junk and
 * manifests that say nothing.
 */

#ifndef BK_TESTS_SIMWORLD_H
#define BK_TESTS_SIMWORLD_H

#include "lib/simtarget.h"
#include "repo/repo.h"
#include "repo/root.h"

#define SIM_HOSTS 2

struct sim_world {
	struct sim sim;
	struct sim_store store;
	struct bk_repo keys; /* of all hosts; its target and host are not */
	int64_t now_ms;      /* when it was made */
};

/* A marker and no set.  Every helper but runs of actors fails the test. */
void sim_world_make(struct sim_world *world);
void sim_world_drop(struct sim_world *world);

/* The repository as host `host` sees it over that link. */
void sim_world_view(const struct sim_world *world, unsigned host,
		    struct sim_link *link, struct bk_repo *out);

/* ---- a writer ---- */

struct sim_writer {
	struct sim_link link;
	struct bk_repo repo;
	unsigned host;
	uint8_t set[BK_ID_LEN];
	enum bk_set_kind kind; /* that is wished; FULL where there is no base */
	bool bundled;
	uint8_t adopts[BK_ID_LEN]; /* zero, or of whom it reuses pack 0 */
	bool good;                 /* it was reported as good */
};

/* The set's identifier is of so many minutes after the world was made. */
void sim_writer_make(struct sim_writer *writer, const struct sim_world *world,
		     unsigned host, int minutes);
/* One actor's whole life; `arg` is the writer, whose link is open. */
int sim_writer_run(void *arg, struct bk_err *err);
/* A writer with nobody else about, who is cut off at that act; 0: never. */
void sim_writer_alone(struct sim_world *world, struct sim_writer *writer,
		      unsigned dies_at);

/* ---- what came of it ---- */

/* Does the set open, and is all there that it needs?  Or why not. */
bool sim_set_is_whole(struct sim_world *world, const uint8_t id[16],
		      struct bk_err *why);

#endif
