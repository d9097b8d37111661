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

/* How many files of that target, from *at on, lack. */
static size_t count_lacking(const struct bk_spread_faults *faults,
			    const char *child)
{
	size_t n = 0;

	for (size_t i = 0; i < faults->n; i++)
		n += faults->items[i].why.kind == BK_GONE &&
		     strcmp(faults->items[i].where, child) == 0;
	return n;
}

/* What lacks is one finding a target, what is damaged one a file. */
static void add_fault(struct bk_check_found *found, size_t place,
		      const struct bk_spread_faults *faults, size_t i)
{
	const struct bk_spread_fault *fault = &faults->items[i];

	if (fault->why.kind != BK_GONE) {
		add(found, place, BK_CORRUPT,
		    bk_asprintf("%s: %s", fault->where, fault->why.text));
		return;
	}
	for (size_t k = 0; k < i; k++)
		if (faults->items[k].why.kind == BK_GONE &&
		    strcmp(faults->items[k].where, fault->where) == 0)
			return;
	size_t n = count_lacking(faults, fault->where);
	add(found, place, BK_GONE,
	    bk_asprintf("degraded: %s lacks %zu file%s, first %s", fault->where,
			n, n == 1 ? "" : "s", fault->name));
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
		       : bk_asprintf("%s: %s: %s from the other targets",
				     fault->where, fault->name,
				     how->dry_run ? "can be mended" : "mended");
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
	return rc;
}
