/* How fresh a standby is: see standby.h. */

#include <fcntl.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "job/standby_run.h"
#include "report/exposition.h"
#include "report/units.h"

/* What is known of it; times are UTC seconds. */
struct status {
	const struct bk_standby_state *state;
	int64_t now;
	int64_t taken; /* the set that was applied was begun; 0: none was */
	struct bk_standby_set newest;
	bool has_newest;
	uint64_t left; /* folders that are not wholly as the set has them */
	struct bk_standby_look look;
	bool ahead;  /* it is from the future: a clock is wrong */
	bool stale;  /* that, or older than is wanted */
	bool behind; /* the newest one is another one */
};

static uint64_t strays_of(const struct status *s)
{
	return bk_standby_state_strays(s->state) + s->look.others;
}

static const char *word_of(const struct status *s)
{
	if (s->state->promoted)
		return "promoted";
	if (s->state->promoting)
		return "promoting";
	if (!s->state->has_set)
		return "empty";
	if (s->stale)
		return "STALE";
	if (s->behind)
		return "behind";
	if (s->look.changed)
		return "changed";
	return s->state->incomplete || s->state->partly || s->left
		       ? "incomplete"
		       : "fresh";
}

static int64_t lag_of(const struct status *s)
{
	int64_t lag = s->has_newest ? s->newest.begun - s->taken : 0;

	return lag > 0 && s->taken ? lag : 0;
}

static void judge(struct status *s, const struct bk_standby *standby)
{
	const struct bk_standby_state *state = &standby->state;
	int64_t most = standby->request->max_age_s;

	s->state = state;
	s->now = bk_clock_now();
	if (state->has_set)
		s->taken = bk_setid_ms(state->set) / 1000;
	s->left = bk_standby_state_left(state);
	s->ahead = !state->promoted && state->has_set &&
		   bk_standby_is_ahead(s->taken, s->now);
	s->stale = s->ahead ||
		   (!state->promoted && most && s->now - s->taken > most);
	s->behind = s->has_newest && state->has_set &&
		    memcmp(s->newest.id, state->set, sizeof(state->set)) != 0;
}

static enum bk_ending ending_of(const struct status *s)
{
	if (!s->state->has_set)
		return BK_ENDING_NOTHING;
	if (s->state->promoted)
		return BK_ENDING_DONE;
	if (s->stale || s->behind || s->state->incomplete || s->state->partly ||
	    s->left || s->look.changed)
		return BK_ENDING_INCOMPLETE;
	return strays_of(s) ? BK_ENDING_DIFFERENT : BK_ENDING_DONE;
}

static struct bk_cell time_or_none(int64_t seconds)
{
	return seconds ? bk_cell_time(seconds) : bk_cell_none();
}

static int show(const struct status *s,
		const struct bk_standby_request *request, struct bk_err *err)
{
	static const struct bk_field fields[] = {
		{"STATE",       "state",       BK_FIELD_NAME },
		{"SET",         "set",         BK_FIELD_TEXT },
		{"TAKEN",       "taken",       BK_FIELD_TIME },
		{"AGE",         NULL,          BK_FIELD_TEXT },
		{NULL,          "age_seconds", BK_FIELD_COUNT},
		{"APPLIED",     "applied",     BK_FIELD_TIME },
		{"NEWEST",      "newest",      BK_FIELD_TEXT },
		{"LAG",         NULL,          BK_FIELD_TEXT },
		{NULL,          "lag_seconds", BK_FIELD_COUNT},
		{"NOT APPLIED", "left",        BK_FIELD_COUNT},
		{"CHANGED",     "changed",     BK_FIELD_COUNT},
		{"LACKS",       "lacks",       BK_FIELD_TEXT },
		{"STRANGERS",   "strangers",   BK_FIELD_COUNT},
	};
	char set[BK_CLOCK_TEXT], age[BK_UNITS_TEXT], lag[BK_UNITS_TEXT];
	uint64_t seconds =
		s->now > s->taken ? (uint64_t)(s->now - s->taken) : 0;
	bool any = s->state->has_set;
	const struct bk_cell cells[] = {
		bk_cell_text(word_of(s)),
		any ? bk_cell_text(bk_setid_time(set, s->state->set))
		    : bk_cell_none(),
		time_or_none(s->taken),
		any ? bk_cell_text(bk_units_duration(age, (double)seconds))
		    : bk_cell_none(),
		any ? bk_cell_n(seconds) : bk_cell_none(),
		time_or_none(s->state->applied),
		s->has_newest ? bk_cell_text(s->newest.label) : bk_cell_none(),
		bk_cell_text(bk_units_duration(lag, (double)lag_of(s))),
		bk_cell_n((uint64_t)lag_of(s)),
		bk_cell_n(s->left),
		bk_cell_n(s->look.changed),
		s->state->incomplete ? bk_cell_text("items") : bk_cell_none(),
		bk_cell_n(strays_of(s)),
	};
	struct bk_listing *listing =
		bk_listing_new(&request->style, "standby", fields,
			       sizeof(fields) / sizeof(*fields));

	if (bk_listing_row(listing, cells, err) < 0) {
		bk_listing_free(listing);
		return -1;
	}
	return bk_listing_finish(listing, err);
}

static int show_strays(const struct status *s,
		       const struct bk_standby_request *request,
		       struct bk_err *err)
{
	static const struct bk_field fields[] = {
		{"ACCOUNT",   "account",   BK_FIELD_NAME },
		{"FOLDER",    "folder",    BK_FIELD_TEXT },
		{"STRANGERS", "strangers", BK_FIELD_COUNT},
	};
	struct bk_listing *listing =
		bk_listing_new(&request->style, "stranger", fields,
			       sizeof(fields) / sizeof(*fields));
	int rc = 0;

	for (size_t i = 0; i < s->state->n && rc == 0; i++) {
		const struct bk_standby_folder *folder = &s->state->items[i];
		const struct bk_cell cells[] = {
			bk_cell_text(folder->account),
			bk_cell_text(folder->name),
			bk_cell_n(folder->strays),
		};
		if (folder->strays)
			rc = bk_listing_row(listing, cells, err);
	}
	if (rc == 0)
		return bk_listing_finish(listing, err);
	bk_listing_free(listing);
	return -1;
}

/* ---- for Prometheus ---- */

static void add(struct bk_exposition *out, const char *store, const char *name,
		const char *help, double value)
{
	bk_metric_family(out, name, help);
	bk_metric_label(out, "store", store);
	bk_metric_value(out, value);
}

static int write_metrics(const struct status *s,
			 const struct bk_standby *standby, struct bk_err *err)
{
	const char *store = standby->store.config.name;
	struct bk_exposition out = {0};

	if (!standby->request->prometheus)
		return 0;
	add(&out, store, "bk_standby_timestamp_seconds",
	    "When this was found out.", (double)s->now);
	add(&out, store, "bk_standby_set_timestamp_seconds",
	    "When the set that was applied was begun; 0: none was.",
	    (double)s->taken);
	add(&out, store, "bk_standby_lag_seconds",
	    "By how much the newest set is newer than that.",
	    (double)lag_of(s));
	add(&out, store, "bk_standby_folders_left",
	    "Folders that are not wholly as the set has them.",
	    (double)s->left);
	add(&out, store, "bk_standby_strangers",
	    "Messages there that bk did not bring.", (double)strays_of(s));
	add(&out, store, "bk_standby_folders_changed",
	    "Folders that are not as bk left them.", (double)s->look.changed);
	add(&out, store, "bk_standby_set_incomplete",
	    "1: the set that was applied lacks items.", s->state->incomplete);
	add(&out, store, "bk_standby_behind",
	    "1: the newest set is not the one that was applied.", s->behind);
	add(&out, store, "bk_standby_stale",
	    "1: it is older than --max-age, or from the future.", s->stale);
	add(&out, store, "bk_standby_promoted", "1: the store is live.",
	    s->state->promoted != 0);
	int rc = bk_file_replace(AT_FDCWD, standby->request->prometheus,
				 bk_buf_view(&out.text), 0644, err);
	bk_exposition_clear(&out);
	return rc;
}

/* ---- */

/* What is here is told even where the target does not answer. */
static int status(struct bk_standby *standby, struct bk_err *err)
{
	struct status s = {0};
	struct bk_err why = {0};

	bool seen = standby->state.promoted ||
		    bk_standby_newest(standby, &s.newest, &why) == 0;
	enum bk_place place = standby->outcome->place;
	s.has_newest = seen && !standby->state.promoted;
	standby->outcome->place = BK_PLACE_DESTINATION;
	if (standby->state.has_set && !standby->state.promoting &&
	    !standby->state.promoted &&
	    bk_standby_look(&standby->state, &standby->store.config, true,
			    &s.look, err) < 0)
		return -1;
	judge(&s, standby);
	standby->outcome->place = BK_PLACE_REQUEST;
	if (s.ahead)
		bk_progress_warning(standby->progress,
				    "the set that was applied is from the "
				    "future: the clock of this host or of the "
				    "primary is wrong");
	if (show(&s, standby->request, err) < 0 ||
	    (bk_standby_state_strays(s.state) &&
	     show_strays(&s, standby->request, err) < 0) ||
	    write_metrics(&s, standby, err) < 0)
		return -1;
	standby->outcome->ending = ending_of(&s);
	if (seen)
		return 0;
	standby->outcome->place = place;
	*err = why;
	return -1;
}

int bk_standby_status(const struct bk_standby_request *request,
		      struct bk_progress *progress, struct bk_outcome *outcome,
		      struct bk_err *err)
{
	struct bk_standby standby = {
		.request = request, .progress = progress, .outcome = outcome};

	int rc = bk_standby_open(&standby, false, err);
	if (rc == 0)
		rc = status(&standby, err);
	bk_standby_close(&standby);
	return rc;
}
