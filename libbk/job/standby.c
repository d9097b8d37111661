/* Following: see standby.h. */

#include "job/standby.h"

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "job/standby_run.h"
#include "report/units.h"

#define NAP_MS 200

static int check_not_live(const struct bk_standby *standby, struct bk_err *err)
{
	const struct bk_standby_state *state = &standby->state;
	char when[BK_CLOCK_TEXT];

	if (!state->promoting && !state->promoted)
		return 0;
	return bk_fail(err, BK_UNSAFE,
		       "%s was promoted at %s and takes mail: nothing is "
		       "applied to it any more. To make it a standby again "
		       "empty it, and remove %s",
		       standby->store.config.name,
		       bk_clock_local(when, state->promoting ? state->promoting
							     : state->promoted),
		       state->folder);
}

static void tell(const struct bk_standby *standby,
		 const struct bk_standby_set *set,
		 const struct bk_standby_copy *copy)
{
	char age[BK_UNITS_TEXT];
	char *text = bk_asprintf(
		"%s is applied: the mail here is %s old; folders changed %ju, "
		"renamed %ju, gone %ju",
		set->label,
		bk_units_duration(age, (double)(bk_clock_now() - set->begun)),
		(uintmax_t)copy->changed, (uintmax_t)copy->renamed,
		(uintmax_t)copy->gone);

	bk_progress_note(standby->progress, text);
	free(text);
	if (bk_standby_is_ahead(set->begun, bk_clock_now()))
		bk_progress_warning(standby->progress,
				    "the set is from the future: the clock of "
				    "this host or of the primary is wrong");
	if (set->incomplete)
		bk_progress_warning(
			standby->progress,
			"the set is incomplete: nothing was taken away after "
			"it; the next complete one does");
}

static int follow_once(struct bk_standby *standby, struct bk_err *err)
{
	struct bk_standby_set set = {0};
	struct bk_standby_copy copy;

	standby->outcome->ending = BK_ENDING_DONE;
	if (bk_standby_see(standby, err) < 0 ||
	    bk_standby_fetch(standby, &set, err) < 0)
		return -1;
	if (bk_standby_has(standby, &set)) {
		char *text = bk_asprintf(
			"%s is applied already; there is no "
			"newer one",
			set.label);
		bk_progress_note(standby->progress, text);
		free(text);
		return 0;
	}
	if (bk_standby_check_set(standby, &set, err) < 0 ||
	    bk_standby_check_empty(standby, err) < 0)
		return -1;
	bk_standby_copy_init(&copy, &standby->state, standby->progress,
			     (standby->far ? BK_STANDBY_FAR : 0) |
				     BK_STANDBY_GOES_ON);
	int rc = bk_standby_apply(standby, &set, &copy, false, err);
	if (rc == 0)
		tell(standby, &set, &copy);
	bk_standby_copy_clear(&copy);
	return rc;
}

/* ---- again and again ---- */

/* What may be better in a minute. */
static bool passes(enum bk_kind kind)
{
	return kind != BK_MISUSE && kind != BK_CANCELLED && kind != BK_NO_KEY &&
	       kind != BK_NEWER && kind != BK_DENIED;
}

static int rest(int64_t ms, struct bk_err *err)
{
	int64_t until = bk_clock_monotonic_ms() + ms;

	while (bk_clock_monotonic_ms() < until) {
		if (bk_cancelled(err) < 0)
			return -1;
		bk_clock_rest(NAP_MS);
	}
	return bk_cancelled(err);
}

/* Another run may be needed that finds what this one left half done. */
static int reload(struct bk_standby *standby, struct bk_err *err)
{
	bk_standby_state_clear(&standby->state);
	standby->outcome->place = BK_PLACE_DESTINATION;
	return bk_standby_state_load(&standby->state,
				     standby->request->settings->state_dir,
				     &standby->store.config, err);
}

/* A failure that may pass is told, and no end. */
static int try_once(struct bk_standby *standby, struct bk_err *err)
{
	struct bk_err why = {0};

	if (check_not_live(standby, err) < 0)
		return -1;
	if (follow_once(standby, &why) == 0)
		return 0;
	if (standby->request->once || !passes(why.kind)) {
		*err = why;
		return -1;
	}
	bk_progress_warning(standby->progress, why.text);
	return 0;
}

static int follow(struct bk_standby *standby, struct bk_err *err)
{
	const struct bk_standby_request *request = standby->request;

	while (try_once(standby, err) == 0) {
		if (request->once)
			return 0;
		if (rest(request->interval_ms, err) < 0 ||
		    reload(standby, err) < 0)
			return -1;
	}
	return -1;
}

int bk_standby_follow(const struct bk_standby_request *request,
		      struct bk_progress *progress, struct bk_outcome *outcome,
		      struct bk_err *err)
{
	struct bk_standby standby = {
		.request = request, .progress = progress, .outcome = outcome};

	int rc = bk_standby_open(&standby, true, err);
	if (rc == 0)
		rc = follow(&standby, err);
	bk_standby_close(&standby);
	return rc;
}
