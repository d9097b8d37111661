/* Targets that a repository is spread over: see check_spread.h. */

#include "job/check_spread.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "target/spread_mend.h"

/* A target that was away may still have files of sets that are gone; their
 * packs may be in use by others. */
static bool is_wanted(void *arg, const char *file)
{
	const struct bk_condemned *gone = *(const struct bk_condemned **)arg;
	struct bk_name name;
	enum bk_name_kind kind = bk_name_parse(file, &name);

	if (kind != BK_NAME_ROOT && kind != BK_NAME_INDEX &&
	    kind != BK_NAME_MANIFEST && kind != BK_NAME_TABLE)
		return true;
	return !bk_condemned_has_set(gone, name.id);
}

/* ---- findings ---- */

static void add(struct bk_check_found *found, size_t place, enum bk_kind kind,
		char *text)
{
	struct bk_check_item item = {
		.place = place,
		.kind = kind,
		.cure = BK_CURE_SPREAD,
		.text = text,
	};

	(void)bk_check_found_add(found, &item);
	free(text);
}

/* A target that is not in use. */
static void add_gap(struct bk_check_found *found, size_t place,
		    const struct bk_spread_gap *gap)
{
	add(found, place, BK_GONE,
	    bk_asprintf("degraded: %s is not in use: %s", gap->child,
			gap->why.text));
}

static bool has_gap(const struct bk_spread_gap *gaps, unsigned n,
		    const char *child)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(gaps[i].child, child) == 0)
			return true;
	return false;
}

/* How many of that target are like this one; 0: one before it was. */
static size_t count_alike(const struct bk_spread_faults *faults, size_t which)
{
	const struct bk_spread_fault *like = &faults->items[which];
	size_t n = 0;

	for (size_t i = 0; i < faults->n; i++) {
		if (faults->items[i].why.kind != like->why.kind ||
		    strcmp(faults->items[i].where, like->where) != 0)
			continue;
		if (i < which)
			return 0;
		n++;
	}
	return n;
}

/* What is damaged is one finding a file, all else one a target. */
static void add_fault(struct bk_check_found *found, size_t place,
		      const struct bk_spread_faults *faults, size_t i)
{
	const struct bk_spread_fault *fault = &faults->items[i];
	bool left = fault->why.kind == BK_EXISTS;

	if (fault->why.kind == BK_CORRUPT) {
		add(found, place, BK_CORRUPT,
		    bk_asprintf("%s: %s", fault->where, fault->why.text));
		return;
	}
	size_t n = count_alike(faults, i);
	if (n)
		add(found, place, BK_GONE,
		    bk_asprintf("degraded: %s %s %zu file%s%s, first %s",
				fault->where, left ? "still has" : "lacks", n,
				n == 1 ? "" : "s",
				left ? " taken away elsewhere" : "",
				fault->name));
}

int bk_check_spread(const struct bk_check_spread *what,
		    struct bk_check_found *found, struct bk_err *err)
{
	struct bk_spread *spread = bk_spread_of(what->at);
	const struct bk_condemned *gone = what->gone;
	const struct bk_spread_survey survey = {
		.folder = "",
		.deep = what->deep,
		.wanted = is_wanted,
		.arg = &gone,
	};
	struct bk_spread_gap gaps[BK_SPREAD_MOST];
	struct bk_spread_faults faults = {0};

	if (!spread)
		return 0;
	if (bk_spread_survey(spread, &survey, &faults, err) < 0)
		return -1;
	unsigned n = bk_spread_missed(spread, gaps);
	for (unsigned i = 0; i < n; i++)
		add_gap(found, what->place, &gaps[i]);
	for (size_t i = 0; i < faults.n; i++)
		if (!has_gap(gaps, n, faults.items[i].where))
			add_fault(found, what->place, &faults, i);
	bk_spread_faults_clear(&faults);
	return 0;
}

/* ---- mending ---- */

static const char *done(const struct bk_spread_fault *fault, bool dry_run)
{
	if (fault->why.kind == BK_EXISTS)
		return dry_run ? "can be taken away, as elsewhere"
			       : "taken away, as elsewhere";
	return dry_run ? "can be mended from the other targets"
		       : "mended from the other targets";
}

static int mend(struct bk_spread *spread, const struct bk_spread_fault *fault,
		struct bk_spread_mending *how, struct bk_err *err)
{
	struct bk_err why = {0};
	int rc = 0;

	if (bk_cancelled(err) < 0)
		return -1;
	if (!how->dry_run)
		rc = bk_spread_mend(spread, fault, &why);
	if (rc < 0 && (why.kind == BK_CANCELLED || why.kind == BK_STARVED)) {
		*err = why;
		return -1;
	}
	char *text =
		rc < 0 ? bk_asprintf("%s: %s: not mended: %s", fault->where,
				     fault->name, why.text)
		       : bk_asprintf("%s: %s: %s", fault->where, fault->name,
				     done(fault, how->dry_run));
	bk_progress_warning(how->progress, text);
	free(text);
	how->mended += rc == 0;
	return 0;
}

int bk_check_spread_mend(struct bk_target *at, struct bk_spread_mending *how,
			 struct bk_err *err)
{
	struct bk_spread *spread = bk_spread_of(at);
	const struct bk_condemned *gone = how->gone;
	const struct bk_spread_survey survey = {
		.folder = "",
		.deep = how->deep,
		.wanted = is_wanted,
		.arg = &gone,
	};
	struct bk_spread_faults faults = {0};

	if (!spread)
		return 0;
	if (!how->dry_run)
		bk_spread_reopen(spread);
	int rc = bk_spread_survey(spread, &survey, &faults, err);
	for (size_t i = 0; rc == 0 && i < faults.n; i++)
		rc = mend(spread, &faults.items[i], how, err);
	bk_spread_faults_clear(&faults);
	if (rc == 0 && !how->dry_run)
		bk_spread_tidy(spread);
	return rc;
}
