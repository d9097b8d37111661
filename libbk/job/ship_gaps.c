/* Targets that a copy is spread over: see ship_run.h. */

#include <stdlib.h>
#include <string.h>

#include "job/ship_run.h"
#include "target/spread_mend.h"

static const char next[] =
	"the sets are there and can be read, but are degraded until "
	"bk check --repair";

static void tell(struct bk_ship_lane *lane, const char *child,
		 const struct bk_err *why)
{
	struct bk_err text = *why;

	(void)bk_context(&text, "%s", child);
	lane->gaps++;
	bk_ship_lane_problem(lane, &text, next);
}

static bool is_shipped(const struct bk_ship_world *world, const char *name)
{
	for (size_t i = 0; i < world->n_blobs; i++)
		if (strcmp(world->blobs[i].name, name) == 0)
			return true;
	return false;
}

/* One file is enough to name a child. */
static void tell_lacking(struct bk_ship_lane *lane,
			 const struct bk_spread_faults *faults)
{
	bool told[BK_SPREAD_MOST] = {0};

	for (size_t i = 0; i < faults->n; i++) {
		const struct bk_spread_fault *fault = &faults->items[i];
		if (told[fault->child] ||
		    !is_shipped(&lane->run->world, fault->name))
			continue;
		told[fault->child] = true;
		tell(lane, fault->where, &fault->why);
	}
}

void bk_ship_lane_gaps(struct bk_ship_lane *lane)
{
	const struct bk_spread_survey survey = {.folder = ""};
	struct bk_spread *spread = bk_spread_of(lane->target);
	struct bk_spread_gap gaps[BK_SPREAD_MOST];
	struct bk_spread_faults faults;
	struct bk_err why = {0};

	if (!spread)
		return;
	int rc = bk_spread_survey(spread, &survey, &faults, &why);
	unsigned n = bk_spread_missed(spread, gaps);
	for (unsigned i = 0; i < n; i++)
		tell(lane, gaps[i].child, &gaps[i].why);
	if (rc < 0) {
		tell(lane, lane->end->name, &why);
		return;
	}
	if (!n)
		tell_lacking(lane, &faults);
	bk_spread_faults_clear(&faults);
}
