/* A scene in which nothing may be lost: see simstage.h. */

#include "lib/simstage.h"

#include <stdio.h>
#include <string.h>

#include "lib/test.h"

#define DAY_MS  ((int64_t)24 * 3600 * 1000)
#define MINUTES (24 * 60)

static struct sim_actor *actor(struct sim_stage *s, const char *name,
			       int (*run)(void *arg, struct bk_err *err),
			       void *arg, struct sim_link *link)
{
	struct sim_actor *added = sim_add(&s->world.sim, name, run, arg);

	sim_link_open(link, &s->world.store, added);
	return added;
}

static void hide_root(struct sim_stage *s, const struct sim_writer *of)
{
	char name[BK_NAME_MAX];
	struct sim_link link = {0};
	struct bk_err err = {0};

	sim_link_open(&link, &s->world.store, NULL);
	assert_int_equal(bk_target_remove(&link.target,
					  bk_name_root(name, of->set), &err),
			 0);
}

void sim_stage_make(struct sim_stage *s)
{
	*s = (struct sim_stage){0};
	sim_world_make(&s->world);
	for (unsigned i = 0; i < SIM_N_OLD; i++) {
		sim_writer_make(&s->old[i], &s->world, i == SIM_FULL_B,
				((int)i - 70) * MINUTES);
		s->old[i].bundled = i == SIM_DIFF_A || i == SIM_FULL_B;
		if (i == SIM_DIFF_A || i == SIM_SHIPPED)
			s->old[i].kind = BK_SET_DIFFERENTIAL;
		sim_writer_alone(&s->world, &s->old[i], 0);
		if (i == SIM_SHIPPED)
			sim_store_copy(&s->source, &s->world.store);
		if (i >= SIM_SHIPPED)
			hide_root(s, &s->old[i]);
	}
	s->world.store.mtime = (s->world.now_ms - 60 * DAY_MS) / 1000;
	sim_store_copy(&s->origin, &s->world.store);
}

void sim_stage_drop(struct sim_stage *s)
{
	sim_store_clear(&s->origin);
	sim_store_clear(&s->source);
	sim_world_drop(&s->world);
}

/* ---- who takes part ---- */

void sim_stage_begin(struct sim_stage *s, uint64_t seed)
{
	sim_store_copy(&s->world.store, &s->origin);
	sim_begin(&s->world.sim, seed);
	memset(s->writers, 0, sizeof(s->writers));
	memset(s->pruners, 0, sizeof(s->pruners));
	s->undelete = (struct sim_undelete){0};
	s->copier = (struct sim_copier){0};
	s->runs++;
}

struct sim_actor *sim_stage_writer(struct sim_stage *s, unsigned host,
				   enum bk_set_kind kind)
{
	struct sim_writer *writer = &s->writers[host];

	/* Begun so long ago that a clock which is right would take its files
	 * for forgotten: it took a month, or a clock is wrong. */
	sim_writer_make(writer, &s->world, host, -40 * MINUTES);
	writer->kind = kind;
	return actor(s, host ? "writer B" : "writer A", sim_writer_run, writer,
		     &writer->link);
}

/* Its clock takes every intent for dead. */
struct sim_actor *sim_stage_pruner(struct sim_stage *s, unsigned host,
				   bool late)
{
	struct sim_pruner *pruner = &s->pruners[host];

	sim_pruner_make(pruner, &s->world, host);
	pruner->dice.state = dice_throw(&s->world.sim.dice);
	if (late)
		pruner->now_ms += 2 * 3600 * 1000;
	pruner->until_ms = s->world.now_ms - 60 * DAY_MS;
	return actor(s, host ? "pruner B" : "pruner A", sim_pruner_run, pruner,
		     &pruner->link);
}

struct sim_actor *sim_stage_undelete(struct sim_stage *s, unsigned which)
{
	sim_world_view(&s->world, 0, &s->undelete.link, &s->undelete.repo);
	memcpy(s->undelete.set, s->old[which].set, BK_ID_LEN);
	s->undelete.now_ms = s->world.now_ms;
	return actor(s, "undelete", sim_undelete_run, &s->undelete,
		     &s->undelete.link);
}

struct sim_actor *sim_stage_copier(struct sim_stage *s)
{
	sim_world_view(&s->world, 1, &s->copier.link, &s->copier.repo);
	s->copier.source = &s->source;
	memcpy(s->copier.set, s->old[SIM_SHIPPED].set, BK_ID_LEN);
	memcpy(s->copier.base, s->old[SIM_FULL_A].set, BK_ID_LEN);
	return actor(s, "copier", sim_copier_run, &s->copier, &s->copier.link);
}

/* ---- what must hold ---- */

/* Lists that were not carried out are, by whoever made them. */
static void finish_prunes(struct sim_stage *s)
{
	for (unsigned host = 0; host < SIM_HOSTS; host++) {
		const struct bk_prune_terms terms = {.now_ms = s->world.now_ms +
							       DAY_MS};
		struct bk_prune_tally tally;
		struct sim_link link = {0};
		struct bk_repo repo;
		struct bk_err err = {0};
		sim_link_open(&link, &s->world.store, NULL);
		sim_world_view(&s->world, host, &link, &repo);
		if (bk_prune_execute(&repo, &terms, &tally, &err) < 0)
			fail_msg("a prune cannot be ended: %s", err.text);
	}
}

bool sim_stage_lost(struct sim_stage *s, const uint8_t set[BK_ID_LEN],
		    const char *whose, char why[200])
{
	struct bk_err err = {0};

	if (sim_set_is_whole(&s->world, set, &err))
		return false;
	(void)snprintf(why, 200, "%s: %.150s", whose, err.text);
	return true;
}

bool sim_stage_expired(const struct sim_stage *s, const uint8_t set[BK_ID_LEN])
{
	return sim_pruner_decided(&s->pruners[0], set) ||
	       sim_pruner_decided(&s->pruners[1], set);
}

/* Is anything lost that was reported?  Why, then. */
static bool something_is_lost(struct sim_stage *s, char why[200])
{
	static const char *const names[] = {"full A", "differential A",
					    "full B"};

	for (unsigned i = 0; i <= SIM_FULL_B; i++)
		if (!sim_stage_expired(s, s->old[i].set) &&
		    sim_stage_lost(s, s->old[i].set, names[i], why))
			return true;
	for (unsigned host = 0; host < SIM_HOSTS; host++)
		if (s->writers[host].good &&
		    !sim_stage_expired(s, s->writers[host].set) &&
		    sim_stage_lost(s, s->writers[host].set,
				   "what a writer reported", why))
			return true;
	if (s->undelete.good &&
	    (s->undelete.outcome == BK_UNDELETE_SAVED ||
	     s->undelete.outcome == BK_UNDELETE_VISIBLE) &&
	    sim_stage_lost(s, s->undelete.set, "what was undeleted", why))
		return true;
	if (s->copier.good && !sim_stage_expired(s, s->copier.set) &&
	    sim_stage_lost(s, s->copier.set, "what was copied", why))
		return true;
	if (s->world.store.reused)
		(void)snprintf(why, 200, "%s was put twice",
			       s->world.store.reused_name);
	return s->world.store.reused;
}

/* The run that was set up; true if it loses something. */
bool sim_stage_loses(struct sim_stage *s, char why[200])
{
	sim_run(&s->world.sim);
	finish_prunes(s);
	return something_is_lost(s, why);
}

/* ---- two at a time ---- */

const char *const sim_pair_names[SIM_PAIRS] = {
	"a full set in a bundle",
	"a set that adopts a pack",
	"a differential",
	"a bundled differential",
	"undelete of a full set",
	"undelete of a differential",
	"a copy",
};

static void add_other(struct sim_stage *s, enum sim_pair pair)
{
	switch (pair) {
	case SIM_PAIR_ONE_BUNDLE:
	case SIM_PAIR_ADOPTING:
	case SIM_PAIR_DIFFERENTIAL:
	case SIM_PAIR_BUNDLED:
		(void)sim_stage_writer(s, 0,
				       pair <= SIM_PAIR_ADOPTING
					       ? BK_SET_FULL
					       : BK_SET_DIFFERENTIAL);
		s->writers[0].bundled =
			pair == SIM_PAIR_BUNDLED || pair == SIM_PAIR_ONE_BUNDLE;
		if (pair == SIM_PAIR_ADOPTING)
			memcpy(s->writers[0].adopts, s->old[SIM_HALF].set,
			       BK_ID_LEN);
		break;
	case SIM_PAIR_UNDELETE_FULL:
	case SIM_PAIR_UNDELETE_DIFF:
		(void)sim_stage_undelete(s, pair == SIM_PAIR_UNDELETE_FULL
						    ? SIM_FULL_A
						    : SIM_DIFF_A);
		break;
	case SIM_PAIR_COPYING:
		(void)sim_stage_copier(s);
		break;
	case SIM_PAIRS:
		break;
	}
}

static struct sim_link *link_of_other(struct sim_stage *s, enum sim_pair pair)
{
	return pair == SIM_PAIR_COPYING         ? &s->copier.link
	       : pair >= SIM_PAIR_UNDELETE_FULL ? &s->undelete.link
						: &s->writers[0].link;
}

/* Actor 0 is the other, 1 the pruner, whose clock is late and who wants all
 * old sets gone. */
void sim_pair_set_up(struct sim_stage *s, enum sim_pair pair,
		     const struct sim_mutant *mutant)
{
	sim_stage_begin(s, 0);
	add_other(s, pair);
	(void)sim_stage_pruner(s, 1, true);
	s->pruners[1].all = true;
	s->world.sim.quick_reads = true;
	if (mutant)
		memcpy(mutant->pruner ? s->pruners[1].link.lies
				      : link_of_other(s, pair)->lies,
		       mutant->lies, sizeof(mutant->lies));
}

/* How many acts each takes at most. */
void sim_pair_acts(struct sim_stage *s, enum sim_pair pair, unsigned acts[2])
{
	acts[0] = acts[1] = 0;
	for (unsigned first = 0; first < 2; first++) {
		const struct sim_leg legs[] = {
			{first,  1000},
                        {!first, 1000}
                };
		sim_pair_set_up(s, pair, NULL);
		s->world.sim.legs = legs;
		s->world.sim.n_legs = 2;
		sim_run(&s->world.sim);
		for (unsigned i = 0; i < 2; i++)
			if (s->world.sim.actors[i].acts > acts[i])
				acts[i] = s->world.sim.actors[i].acts;
	}
}

/* One goes so many acts, then the other so many, then the one to its end:
 * does any choice lose something? */
bool sim_pair_loses(struct sim_stage *s, enum sim_pair pair,
		    const struct sim_mutant *mutant, char why[200])
{
	unsigned acts[2];

	sim_pair_acts(s, pair, acts);
	for (unsigned first = 0; first < 2; first++)
		for (unsigned i = 0; i <= acts[first]; i++)
			for (unsigned k = 1; k <= acts[!first]; k++) {
				const struct sim_leg legs[] = {
					{first,  i   },
                                        {!first, k   },
                                        {first,  1000}
                                };
				sim_pair_set_up(s, pair, mutant);
				s->world.sim.legs = legs;
				s->world.sim.n_legs = 3;
				if (sim_stage_loses(s, why))
					return true;
			}
	return false;
}
