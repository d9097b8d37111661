/* A standby that takes over: see standby.h. */

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "job/standby_far.h"
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

	if (!request->accept_stale &&
	    bk_standby_is_ahead(set->begun, bk_clock_now()))
		return bk_fail(err, BK_UNSAFE,
			       "the newest set, %s, is from the future: the "
			       "clock of this host or of the primary is wrong, "
			       "and nobody can tell how old its mail is. Set "
			       "this host's clock right; if it is: "
			       "--accept-stale. Nothing changed.",
			       set->label);
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
		standby->far ? "next: let mail and people in, where they were "
			       "kept out; then lead them here (DNS, addresses, "
			       "proxies); then bk backup of this server, which "
			       "is the primary now"
			     : "next: systemctl start dovecot postfix; then "
			       "lead people here (DNS, addresses, proxies); "
			       "then bk backup on this host, which is the "
			       "primary now");
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

static int may_start(void *arg, uint64_t messages, uint64_t unmade,
		     struct bk_err *err)
{
	struct bk_standby *standby = arg;
	char n[BK_UNITS_TEXT];

	if (mark(standby, err) < 0)
		return -1;
	char *but = unmade ? bk_asprintf(
				     "mail may start now, but not for %ju "
				     "%s whose folders are not all there",
				     (uintmax_t)unmade,
				     unmade == 1 ? "account" : "accounts")
			   : bk_strdup(
				     "mail may start now: all accounts and "
				     "folders are there");
	char *text = bk_asprintf(
		"%s; %s messages are still coming in, the newest first", but,
		bk_units_count(n, messages));
	free(but);
	bk_progress_note(standby->progress, text);
	free(text);
	tell_next(standby);
	return 0;
}

/* A server gives UIDs out in their order, so that all mail comes before. */
static bool is_early(const struct bk_standby *standby)
{
	return !standby->far &&
	       (!standby->state.begun || standby->state.promoting);
}

static void tell_away(struct bk_standby *standby, uint64_t away)
{
	char *text = bk_asprintf(
		"%ju messages of the set were here and are no more, since "
		"people deleted or moved them: they do not come again",
		(uintmax_t)away);

	bk_progress_note(standby->progress, text);
	free(text);
}

/* A host without mail takes mail as soon as it has folders; one that followed
 * lacks little, and gets that before. */
static int apply(struct bk_standby *standby, const struct bk_standby_set *set,
		 uint64_t *lacking, struct bk_err *err)
{
	bool early = is_early(standby);
	bool live = standby->far ? standby->state.promoting != 0 : early;
	struct bk_standby_copy copy;

	bk_standby_copy_init(
		&copy, &standby->state, standby->progress,
		(standby->far ? BK_STANDBY_FAR : 0) |
			(live ? BK_STANDBY_LIVE : 0) |
			(standby->state.promoting ? BK_STANDBY_AGAIN : 0));
	copy.takes_over = standby->state.begun && !standby->state.promoting;
	copy.may_start = may_start;
	copy.may_start_arg = standby;
	int rc = bk_standby_apply(standby, set, &copy, early, err);
	*lacking = copy.lacking;
	if (rc == 0 && copy.away)
		tell_away(standby, copy.away);
	bk_standby_copy_clear(&copy);
	return rc;
}

static void tell_done(struct bk_standby *standby,
		      const struct bk_standby_set *set, bool early)
{
	char *text = bk_asprintf("%sall mail of the set is here",
				 early ? "" : "mail may start now: ");

	bk_progress_note(standby->progress, text);
	free(text);
	if (set->incomplete) {
		text = bk_asprintf(
			"the set itself lacks %ju items, which "
			"could not be read at the primary: they "
			"are NOT here",
			(uintmax_t)set->errors);
		bk_progress_warning(standby->progress, text);
		free(text);
	}
	if (!early)
		tell_next(standby);
}

/* Whoever starts mail then knows what people will miss. */
static void tell_lacking(struct bk_standby *standby, uint64_t lacking)
{
	char *what =
		lacking ? bk_asprintf("%ju %s NOT here", (uintmax_t)lacking,
				      lacking == 1 ? "message is"
						   : "messages are")
			: bk_strdup(
				  "all mail is here, but not all that "
				  "belongs to it");
	char *text = bk_asprintf(
		"%s: mend what is named above, and run promote "
		"again after that. Mail that starts before lacks "
		"it until then",
		what);

	bk_progress_warning(standby->progress, text);
	free(text);
	free(what);
}

static int finish(struct bk_standby *standby, const struct bk_standby_set *set,
		  bool early, uint64_t lacking, struct bk_err *err)
{
	struct bk_standby_state *state = &standby->state;
	bool done = standby->outcome->ending == BK_ENDING_DONE;

	if (mark(standby, err) < 0)
		return -1;
	/* What lacks comes with another run. */
	if (done)
		state->promoted = bk_clock_now();
	standby->outcome->place = BK_PLACE_DESTINATION;
	if (bk_standby_state_save(state, err) < 0)
		return -1;
	if (done)
		tell_done(standby, set, early);
	else
		tell_lacking(standby, lacking);
	return 0;
}

/* The set that was applied, as far as it is remembered. */
static void recall(const struct bk_standby *standby, struct bk_standby_set *out)
{
	const struct bk_standby_state *state = &standby->state;

	memcpy(out->id, state->set, sizeof(out->id));
	(void)bk_set_label(out->label, state->set, BK_SET_FULL);
	out->begun = bk_setid_ms(state->set) / 1000;
	out->incomplete = state->incomplete;
	out->errors = 0;
}

/* No set is applied that would. */
static int raise_uids(struct bk_standby *standby, struct bk_err *err)
{
	struct bk_store_config config = standby->store.config;
	struct bk_store *store = NULL;

	if (!standby->far)
		return 0;
	standby->outcome->place = BK_PLACE_DESTINATION;
	config.writable = true;
	int rc = bk_store_open(&store, &config, err);
	if (rc == 0)
		rc = bk_standby_far_raise(&standby->state, store,
					  standby->store.uid_gap, err);
	bk_store_close(store);
	return rc;
}

/* Folders that may lack what the set has.  One that was written from a set that
 * is incomplete itself, and wholly, lacks nothing of it; and an account of
 * which nothing is there any more is counted once. */
static uint64_t count_left(const struct bk_standby *standby)
{
	const struct bk_standby_state *state = &standby->state;
	const struct bk_standby_look *look = &standby->look;

	if (state->promoting)
		return bk_standby_state_left(state);
	return look->changed + (state->incomplete && !state->partly
					? look->touched
					: bk_standby_state_left(state));
}

/* Nothing more can come of a set that is gone: is all of its mail here? */
static int check_as_is(struct bk_standby *standby,
		       const struct bk_standby_set *set,
		       const struct bk_standby_set *newest, struct bk_err *err)
{
	const struct bk_standby_state *state = &standby->state;
	const char *store = standby->store.config.name;
	uint64_t left = count_left(standby);

	if (left)
		return bk_fail(err, BK_UNSAFE,
			       "%s, which was applied, is no longer there, and "
			       "%ju folders of %s are not as it has them: "
			       "nobody can tell what they lack. Mount the disk "
			       "if one is not; or bring that set back to the "
			       "target, and run bk standby promote "
			       "--fenced-primary --to %s. Nothing changed.",
			       set->label, (uintmax_t)left, store, store);
	if (!state->partly)
		return 0;
	if (standby->request->trees)
		return bk_fail(
			err, BK_UNSAFE,
			"all mail of %s is here, but its trees of files were "
			"not all staged into %s, and it is no longer there: "
			"leave out --trees, and take those of the newest set "
			"that is there: bk restore %s --trees --to %s. Nothing "
			"changed.",
			set->label, standby->request->trees, newest->hex,
			standby->request->trees);
	char *text = bk_asprintf(
		"all mail of %s is here, but what it has besides, trees of "
		"files, was not all staged; those of the newest set that is "
		"there: bk restore %s --trees --to FOLDER",
		set->label, newest->hex);
	bk_progress_warning(standby->progress, text);
	free(text);
	return 0;
}

/* The newest set is older than what is here, which stays as it is. */
static int promote_as_is(struct bk_standby *standby,
			 const struct bk_standby_set *newest,
			 struct bk_err *err)
{
	struct bk_standby_set set = {0};

	recall(standby, &set);
	if (check_fresh(standby, &set, err) < 0 ||
	    check_whole(standby, &set, err) < 0 ||
	    check_as_is(standby, &set, newest, err) < 0)
		return -1;
	standby->outcome->ending = BK_ENDING_DONE;
	if (raise_uids(standby, err) < 0)
		return -1;
	return finish(standby, &set, false, 0, err);
}

static int check(struct bk_standby *standby, const struct bk_standby_set *set,
		 struct bk_err *err)
{
	/* Where people are already nothing is taken away. */
	bool live = standby->state.promoting;

	if (bk_standby_check_source(standby, set, err) < 0 ||
	    bk_standby_check_order(standby, set, err) < 0 ||
	    check_fresh(standby, set, err) < 0 ||
	    check_whole(standby, set, err) < 0 ||
	    (!live && bk_standby_check_shrink(standby, set, err) < 0))
		return -1;
	return bk_standby_check_empty(standby, err);
}

static int promote(struct bk_standby *standby, struct bk_err *err)
{
	struct bk_standby_set set = {0};
	bool early = is_early(standby);
	uint64_t lacking = 0;

	if (standby->state.promoted) {
		bk_progress_note(standby->progress,
				 "it was promoted already: nothing to do");
		tell_next(standby);
		return 0;
	}
	/* The last pass before people come trusts nothing; where they are, what
	 * came wholly is theirs. */
	standby->looks_at_all = !standby->state.promoting;
	standby->applies_again = true;
	if (bk_standby_see(standby, err) < 0 ||
	    bk_standby_fetch(standby, &set, err) < 0)
		return -1;
	if (standby->request->accept_older &&
	    bk_standby_is_older(standby, &set))
		return promote_as_is(standby, &set, err);
	if (check(standby, &set, err) < 0)
		return -1;
	standby->outcome->ending = BK_ENDING_DONE;
	if (apply(standby, &set, &lacking, err) < 0)
		return -1;
	return finish(standby, &set, early, lacking, err);
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
