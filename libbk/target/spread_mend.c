/* Finding what children lack, and mending it: see spread_mend.h. */

#include "target/spread_mend.h"

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "target/spread_parts.h"

#define MARKER "bkrepo"

/* ---- what lacks ---- */

static void add_fault(struct bk_spread *spread, const char *name,
		      unsigned child, const struct bk_err *why,
		      struct bk_spread_faults *out)
{
	out->items = bk_array_room(out->items, out->n, &out->cap,
				   sizeof(*out->items));
	out->items[out->n++] = (struct bk_spread_fault){
		.name = bk_strdup(name),
		.child = child,
		.where = spread->children[child].name,
		.why = *why,
	};
}

void bk_spread_faults_clear(struct bk_spread_faults *faults)
{
	for (size_t i = 0; i < faults->n; i++)
		free(faults->items[i].name);
	free(faults->items);
	*faults = (struct bk_spread_faults){0};
}

/* Those that can be listed: what an empty one lacks is told, too. */
static uint32_t opened(const struct bk_spread *spread)
{
	uint32_t which = 0;

	for (unsigned n = 0; n < spread->shape.n; n++)
		if (spread->children[n].target)
			which |= UINT32_C(1) << n;
	return which;
}

/* The children that should have a file of this blob. */
static uint32_t holders(const struct bk_spread *spread, const char *name)
{
	uint32_t which = 0, turn = bk_spread_turn(name);
	bool cut = bk_spread_is_cut(name);

	for (unsigned n = 0; n < spread->shape.n; n++)
		if (!cut || bk_spread_shard_at(&spread->shape, turn, n) !=
				    spread->shape.n)
			which |= UINT32_C(1) << n;
	return which;
}

static void compare(struct bk_spread *spread,
		    const struct bk_spread_found *found, uint32_t answered,
		    struct bk_spread_faults *out)
{
	uint32_t lack =
		holders(spread, found->name) & answered & ~found->children;

	for (unsigned n = 0; n < spread->shape.n; n++) {
		struct bk_err why = {0};
		if (!(lack >> n & 1))
			continue;
		if (found->others >> n & 1)
			(void)bk_fail(&why, BK_CORRUPT,
				      "%s: has not the length that it should "
				      "have",
				      found->name);
		else
			(void)bk_fail(&why, BK_GONE, "%s: is not there",
				      found->name);
		add_fault(spread, found->name, n, &why, out);
	}
}

/* ---- what is damaged ---- */

/* A shard or copy at that child, all of it. */
static int prove(struct bk_spread *spread, unsigned child, void *with,
		 struct bk_err *err)
{
	struct bk_spread_blob *blob = with;
	unsigned number = child;

	if (blob->cut)
		number = bk_spread_shard_at(&spread->shape, blob->turn, child);
	const struct bk_shard *shard =
		bk_spread_blob_shard(spread, blob, number, err);
	return shard ? bk_shard_prove(shard, err) : -1;
}

/* What cannot be read says nothing of what lies there. */
static bool is_damage(enum bk_kind kind)
{
	return kind == BK_CORRUPT || kind == BK_GONE || kind == BK_FAILED ||
	       kind == BK_NEWER;
}

static void judge(struct bk_spread *spread, const char *name, unsigned child,
		  const struct bk_err *why, struct bk_spread_faults *out)
{
	struct bk_err damaged = *why;

	damaged.kind = BK_CORRUPT;
	if (is_damage(why->kind))
		add_fault(spread, name, child, &damaged, out);
	else
		bk_spread_child_silent(spread, child, why);
}

static void prove_blob(struct bk_spread *spread,
		       const struct bk_spread_found *found,
		       struct bk_spread_faults *out)
{
	uint32_t asked = found->children & bk_spread_all(spread);
	struct bk_spread_blob *blob = NULL;
	struct bk_spread_answers answers;
	struct bk_err why = {0};

	if (bk_spread_blob_open(spread, found->name, true, &blob, &why) < 0) {
		for (unsigned n = 0; n < spread->shape.n; n++)
			if ((asked >> n & 1) && is_damage(why.kind))
				judge(spread, found->name, n, &why, out);
		return;
	}
	bk_spread_each(spread, asked, prove, blob, &answers);
	for (unsigned n = 0; n < spread->shape.n; n++) {
		if (!(asked >> n & 1))
			continue;
		out->files++;
		out->bytes += blob->layout.payload;
		if (answers.rc[n] < 0)
			judge(spread, found->name, n, &answers.err[n], out);
	}
	bk_spread_blob_close(spread, blob);
}

/* ---- surveys ---- */

/* A root or a key slot at a few children, which nobody wants any more. */
static void add_leftover(struct bk_spread *spread,
			 const struct bk_spread_found *found,
			 struct bk_spread_faults *out)
{
	struct bk_err why = {0};

	(void)bk_fail(&why, BK_EXISTS, "%s: was taken away elsewhere",
		      found->name);
	for (unsigned n = 0; n < spread->shape.n; n++)
		if (found->children >> n & 1)
			add_fault(spread, found->name, n, &why, out);
}

/* Intents come and go. */
static bool is_to_be_compared(struct bk_spread *spread,
			      const struct bk_spread_survey *what,
			      const struct bk_spread_files *files,
			      const struct bk_spread_found *found,
			      struct bk_spread_faults *out)
{
	bool left = bk_spread_is_left(spread, files, found);
	bool root = strncmp(found->name, "sets/", 5) == 0;
	bool slot = strncmp(found->name, "keys/", 5) == 0;
	bool wanted = !what->wanted || what->wanted(what->arg, found->name);

	if (left && (slot || (root && !wanted)))
		add_leftover(spread, found, out);
	return wanted && (!left || root) &&
	       strncmp(found->name, "open/", 5) != 0;
}

static int look(struct bk_spread *spread, const struct bk_spread_survey *what,
		struct bk_spread_faults *out, struct bk_err *err)
{
	struct bk_spread_files files = {0};
	struct bk_spread_answers answers;
	struct bk_spread_found found;
	size_t at = 0;
	int rc = 0;

	bk_spread_files_list(spread, what->folder, opened(spread), &files,
			     &answers);
	while (rc == 0 && bk_spread_files_next(&files, &at, &found)) {
		rc = bk_cancelled(err);
		if (rc < 0 ||
		    !is_to_be_compared(spread, what, &files, &found, out))
			continue;
		compare(spread, &found, files.answered, out);
		if (what->deep)
			prove_blob(spread, &found, out);
	}
	bk_spread_files_clear(&files);
	return rc;
}

static bool has(const struct bk_spread_faults *faults, const char *name,
		unsigned child)
{
	for (size_t i = 0; i < faults->n; i++)
		if (faults->items[i].child == child &&
		    strcmp(faults->items[i].name, name) == 0)
			return true;
	return false;
}

/* What lacks twice, or is at a few twice, is not just on its way. */
static int look_again(struct bk_spread *spread,
		      const struct bk_spread_survey *what,
		      struct bk_spread_faults *out, struct bk_err *err)
{
	struct bk_spread_survey listed = *what;
	struct bk_spread_faults again = {0};
	size_t n = 0;

	listed.deep = false;
	int rc = look(spread, &listed, &again, err);
	for (size_t i = 0; rc == 0 && i < out->n; i++) {
		struct bk_spread_fault *fault = &out->items[i];
		if (fault->why.kind != BK_CORRUPT &&
		    !has(&again, fault->name, fault->child))
			free(fault->name);
		else
			out->items[n++] = *fault;
	}
	if (rc == 0)
		out->n = n;
	bk_spread_faults_clear(&again);
	return rc;
}

static void add_noted(struct bk_spread *spread, struct bk_spread_faults *out)
{
	(void)pthread_mutex_lock(&spread->lock);
	for (size_t i = 0; i < spread->n_noted; i++) {
		const struct bk_spread_noted *it = &spread->noted[i];
		if (!has(out, it->name, it->child))
			add_fault(spread, it->name, it->child, &it->why, out);
	}
	(void)pthread_mutex_unlock(&spread->lock);
}

static int markers_last(const void *a, const void *b)
{
	const struct bk_spread_fault *x = a, *y = b;
	bool first = strcmp(x->name, MARKER) == 0;
	bool second = strcmp(y->name, MARKER) == 0;

	if (first != second)
		return first ? 1 : -1;
	int order = strcmp(x->name, y->name);
	return order ? order : (int)x->child - (int)y->child;
}

int bk_spread_survey(struct bk_spread *spread,
		     const struct bk_spread_survey *what,
		     struct bk_spread_faults *out, struct bk_err *err)
{
	*out = (struct bk_spread_faults){0};
	int rc = look(spread, what, out, err);
	if (rc == 0 && out->n)
		rc = look_again(spread, what, out, err);
	if (rc < 0) {
		bk_spread_faults_clear(out);
		return -1;
	}
	if (!what->deep && !*what->folder)
		add_noted(spread, out);
	if (out->n)
		qsort(out->items, out->n, sizeof(*out->items), markers_last);
	return 0;
}

/* ---- mending ---- */

/* From now on it is one of them. */
static void take_in(struct bk_spread *spread, unsigned child)
{
	struct bk_spread_child *it = &spread->children[child];

	(void)pthread_mutex_lock(&spread->lock);
	it->ready = true;
	it->why = (struct bk_err){0};
	(void)pthread_mutex_unlock(&spread->lock);
}

static void forget_noted(struct bk_spread *spread, const char *name,
			 unsigned child)
{
	size_t n = 0;

	(void)pthread_mutex_lock(&spread->lock);
	for (size_t i = 0; i < spread->n_noted; i++) {
		struct bk_spread_noted *it = &spread->noted[i];
		if (it->child == child && strcmp(it->name, name) == 0)
			free(it->name);
		else
			spread->noted[n++] = *it;
	}
	spread->n_noted = n;
	(void)pthread_mutex_unlock(&spread->lock);
}

/* The damaged one is of no help to itself: what it says may be wrong. */
static void leave_out(struct bk_spread *spread, struct bk_spread_blob *blob,
		      const struct bk_spread_fault *fault)
{
	unsigned number = fault->child;

	if (blob->cut)
		number = bk_spread_shard_at(&spread->shape, blob->turn,
					    fault->child);
	bk_spread_blob_spoilt(spread, blob, number, &fault->why);
}

/* From the others alone, or with what is right of the damaged one too. */
static int replace(struct bk_spread *spread,
		   const struct bk_spread_fault *fault, bool itself,
		   struct bk_err *err)
{
	struct bk_spread_blob *blob = NULL;

	bk_spread_blob_forget(spread, fault->name);
	if (bk_spread_blob_open(spread, fault->name, true, &blob, err) < 0)
		return -1;
	if (!itself)
		leave_out(spread, blob, fault);
	int rc = bk_spread_replace(spread, blob, fault->child, itself, err);
	bk_spread_blob_close(spread, blob);
	bk_spread_blob_forget(spread, fault->name);
	return rc;
}

/* Then nobody knows all that lacks. */
static bool is_one_silent(const struct bk_spread *spread)
{
	for (unsigned n = 0; n < spread->shape.n; n++)
		if (bk_spread_usable(spread, n) &&
		    atomic_load(&spread->children[n].silent))
			return true;
	return false;
}

int bk_spread_mend(struct bk_spread *spread,
		   const struct bk_spread_fault *fault, struct bk_err *err)
{
	struct bk_spread_child *child = &spread->children[fault->child];
	bool marker = strcmp(fault->name, MARKER) == 0;

	if (fault->why.kind == BK_EXISTS)
		return bk_target_remove(child->target, fault->name, err);
	if (marker && (child->not_mended || is_one_silent(spread)))
		return bk_fail(err, BK_FAILED,
			       "it still lacks files, or another one did not "
			       "answer: it is not used yet");
	int rc = replace(spread, fault, false, err);
	/* Others are damaged too, at another place. */
	if (rc < 0 && err->kind == BK_CORRUPT) {
		struct bk_err why = {0};
		rc = replace(spread, fault, true, &why);
		if (rc < 0 && why.kind != BK_CORRUPT)
			*err = why;
	}
	if (rc < 0) {
		child->not_mended = true;
		return -1;
	}
	forget_noted(spread, fault->name, fault->child);
	if (marker)
		take_in(spread, fault->child);
	return 0;
}

void bk_spread_reopen(struct bk_spread *spread)
{
	for (unsigned n = 0; n < spread->shape.n; n++) {
		struct bk_spread_child *child = &spread->children[n];
		struct bk_err why = {0};
		child->not_mended = false;
		if (!child->target && child->why.kind == BK_GONE &&
		    bk_spread_child_open(spread, n, true, &why) < 0)
			child->why = why;
	}
}
