/* A standby that takes over: see standby.h. */

#include <stdlib.h>

#include "base/clock.h"
#include "base/fault.h"
#include "job/standby_run.h"
#include "report/units.h"

static int check_fence(const struct bk_standby_request *request,
		       struct bk_err *err)
{
	if (request->fenced)
		return 0;
	return bk_fail(
		err, BK_UNSAFE,
		"two servers that both take mail give out the same UIDs "
		"for different messages, and nobody can merge them: make "
		"sure that the primary is off and stays off, then say "
		"--fenced-primary. Nothing changed.");
}

static int check_fresh(const struct bk_standby *standby,
		       const struct bk_standby_set *set, struct bk_err *err)
{
	const struct bk_standby_request *request = standby->request;
	int64_t age = bk_clock_now() - set->begun;
	char is[BK_UNITS_TEXT], most[BK_UNITS_TEXT];

	if (request->accept_stale || !request->max_age_s ||
	    age <= request->max_age_s)
		return 0;
	return bk_fail(err, BK_UNSAFE,
		       "the newest set, %s, is %s old, and --max-age is %s: "
		       "mail that came since is not in it. Is there a newer "
		       "one elsewhere? If not: --accept-stale. Nothing "
		       "changed.",
		       set->label, bk_units_duration(is, (double)age),
		       bk_units_duration(most, (double)request->max_age_s));
}

static int check_whole(const struct bk_standby *standby,
		       const struct bk_standby_set *set, struct bk_err *err)
{
	if (!set->incomplete || standby->request->accept_incomplete)
		return 0;
	return bk_fail(err, BK_UNSAFE,
		       "the newest set, %s, is incomplete: it lacks %ju items "
		       "that could not be read. bk list %s names what it has; "
		       "to go on with it: --accept-incomplete. Nothing "
		       "changed.",
		       set->label, (uintmax_t)set->errors, set->label);
}

static void tell_next(struct bk_standby *standby)
{
	bk_progress_note(
		standby->progress,
		"next: systemctl start dovecot postfix; then lead "
		"people here (DNS, addresses, proxies); then bk backup "
		"on this host, which is the primary now");
}

/* The store is live from here on. */
static int mark(struct bk_standby *standby, struct bk_err *err)
{
	struct bk_standby_state *state = &standby->state;

	if (!state->promoting)
		state->promoting = bk_clock_now();
	int rc = bk_standby_state_save(state, err);
	bk_fault("standby: marked as live");
	return rc;
}

static int may_start(void *arg, uint64_t messages, struct bk_err *err)
{
	struct bk_standby *standby = arg;
	char n[BK_UNITS_TEXT];

	if (mark(standby, err) < 0)
		return -1;
	char *text = bk_asprintf(
		"mail may start now: all accounts and folders "
		"are there; %s messages are still coming in, "
		"the newest first",
		bk_units_count(n, messages));
	bk_progress_note(standby->progress, text);
	free(text);
	tell_next(standby);
	return 0;
}

/* A host without mail takes mail as soon as it has folders; one that followed
 * lacks little, and gets that before. */
static int apply(struct bk_standby *standby, const struct bk_standby_set *set,
		 struct bk_err *err)
{
	bool early = !standby->state.begun || standby->state.promoting;
	struct bk_standby_copy copy;

	bk_standby_copy_init(&copy, &standby->state, standby->progress, early);
	copy.may_start = may_start;
	copy.may_start_arg = standby;
	int rc = bk_standby_apply(standby, set, &copy, early, err);
	bk_standby_copy_clear(&copy);
	return rc;
}

static int finish(struct bk_standby *standby, bool early, struct bk_err *err)
{
	struct bk_standby_state *state = &standby->state;

	if (mark(standby, err) < 0)
		return -1;
	/* What lacks comes with another run. */
	if (standby->outcome->ending == BK_ENDING_DONE)
		state->promoted = bk_clock_now();
	standby->outcome->place = BK_PLACE_DESTINATION;
	if (bk_standby_state_save(state, err) < 0)
		return -1;
	bk_progress_note(standby->progress,
			 early ? "all mail of the set is here"
			       : "mail may start now: all mail of the set is "
				 "here");
	if (!early)
		tell_next(standby);
	return 0;
}

static int promote(struct bk_standby *standby, struct bk_err *err)
{
	struct bk_standby_set set = {0};
	bool early = !standby->state.begun || standby->state.promoting;

	if (standby->state.promoted) {
		bk_progress_note(standby->progress,
				 "it was promoted already: nothing to do");
		tell_next(standby);
		return 0;
	}
	if (bk_standby_fetch(standby, &set, err) < 0 ||
	    bk_standby_check_order(standby, &set, err) < 0 ||
	    check_fresh(standby, &set, err) < 0 ||
	    check_whole(standby, &set, err) < 0 ||
	    bk_standby_check_empty(standby, err) < 0)
		return -1;
	standby->outcome->ending = BK_ENDING_DONE;
	if (!bk_standby_has(standby, &set) && apply(standby, &set, err) < 0)
		return -1;
	return finish(standby, early, err);
}

int bk_standby_promote(const struct bk_standby_request *request,
		       struct bk_progress *progress, struct bk_outcome *outcome,
		       struct bk_err *err)
{
	struct bk_standby standby = {
		.request = request, .progress = progress, .outcome = outcome};

	outcome->place = BK_PLACE_REQUEST;
	if (check_fence(request, err) < 0)
		return -1;
	int rc = bk_standby_open(&standby, true, err);
	if (rc == 0)
		rc = promote(&standby, err);
	bk_standby_close(&standby);
	return rc;
}
