/* A target spread over others, opened: see spread.h. */

#include "target/spread.h"

#include <stdlib.h>
#include <string.h>

#include "target/spread_parts.h"

#define MARKER       "bkrepo"
#define MEMORY       ((size_t)8 << 20)
#define USUAL_FOLDER "/var/tmp"

static void spread_close(struct bk_target *target)
{
	struct bk_spread *spread = bk_spread_here(target);

	bk_spread_blobs_clear(spread);
	for (unsigned n = 0; n < spread->shape.n; n++)
		bk_target_close(spread->children[n].target);
	bk_blob_list_clear(&spread->lengths);
	for (size_t i = 0; i < spread->n_noted; i++)
		free(spread->noted[i].name);
	free(spread->noted);
	bk_erasure_free(spread->code);
	(void)pthread_mutex_destroy(&spread->lock);
	free(spread->taken);
	free(spread->folder);
	free(spread->where);
	free(spread);
}

/* ---- removing, sweeping ---- */

static int remove_there(struct bk_spread *spread, unsigned child, void *with,
			struct bk_err *err)
{
	return bk_target_remove(spread->children[child].target, with, err);
}

/* A revoked key slot must be gone everywhere; whatever else a prune leaves at a
 * child that is away is condemned by its trash list. */
static unsigned need_to_remove(const struct bk_spread *spread, const char *name)
{
	return strncmp(name, "keys/", 5) == 0 ? spread->shape.n
					      : bk_spread_need(spread);
}

static int spread_remove(struct bk_target *target, const char *name,
			 struct bk_err *err)
{
	struct bk_spread *spread = bk_spread_here(target);
	struct bk_spread_answers answers;
	unsigned need = need_to_remove(spread, name);
	unsigned asked = (unsigned)__builtin_popcount(bk_spread_all(spread));
	unsigned done = 0, gone = 0;
	uint64_t length = 0;

	/* Half of it would be worse than nothing. */
	if (asked < need)
		return bk_spread_too_few(spread, asked, need, NULL, err);
	if (bk_spread_is_cut(name) &&
	    bk_spread_length(spread, name, false, &length, err) < 0)
		return -1;
	char *there = bk_spread_name_there(name, length);
	bk_spread_each(spread, bk_spread_all(spread), remove_there, there,
		       &answers);
	free(there);
	bk_spread_blob_forget(spread, name);
	for (unsigned n = 0; n < spread->shape.n; n++) {
		done += answers.rc[n] == 0;
		gone += answers.rc[n] < 0 && answers.err[n].kind == BK_GONE;
		if (answers.rc[n] < 0 && answers.err[n].kind == BK_GONE)
			answers.err[n] = (struct bk_err){0};
	}
	if (done + gone < need)
		return bk_spread_too_few(spread, done + gone, need, &answers,
					 err);
	if (!done)
		return bk_fail(err, BK_GONE, "%s/%s: is not there",
			       target->where, name);
	return 0;
}

/* Who asks knows blobs, and not what they are called at children. */
static _Thread_local bool (*asked)(const char *name);

static bool is_ours_there(const char *there)
{
	uint64_t length;
	bool cut;
	char *name = bk_spread_name_here(there, &cut, &length);
	bool ours = name && asked(name);

	free(name);
	return ours;
}

static int spread_sweep(struct bk_target *target, int64_t older_s,
			bool (*ours)(const char *name), struct bk_err *err)
{
	struct bk_spread *spread = bk_spread_here(target);
	int rc = 0;

	asked = ours;
	for (unsigned n = 0; n < spread->shape.n; n++)
		if (bk_spread_usable(spread, n) &&
		    bk_target_sweep(spread->children[n].target, older_s,
				    is_ours_there, err) < 0)
			rc = -1;
	asked = NULL;
	return rc;
}

static bool spread_proves_puts(const struct bk_target *target)
{
	const struct bk_spread *spread = (const struct bk_spread *)target;

	for (unsigned n = 0; n < spread->shape.n; n++)
		if (bk_spread_usable(spread, n) &&
		    !bk_target_proves_puts(spread->children[n].target))
			return false;
	return true;
}

static const struct bk_target_ops ops = {
	.scheme = "spread",
	.close = spread_close,
	.put_begin = bk_spread_put_begin,
	.put_write = bk_spread_put_write,
	.put_read = bk_spread_put_read,
	.put_commit = bk_spread_put_commit,
	.put_abort = bk_spread_put_abort,
	.get = bk_spread_get,
	.list = bk_spread_list,
	.stat = bk_spread_stat,
	.remove = spread_remove,
	.sweep = spread_sweep,
	.flush = bk_spread_flush,
	.get_stored = bk_spread_get_stored,
	.proves_puts = spread_proves_puts,
	.unknown_length = true,
};

struct bk_spread *bk_spread_of(struct bk_target *target)
{
	return target && target->ops == &ops ? bk_spread_here(target) : NULL;
}

/* ---- opening ---- */

/* A child is reached as its own section says; what the run wants of the whole
 * beats that.  Its puts are tried again by itself. */
static struct bk_reach reach_of(const struct bk_spread_child_reach *child,
				const struct bk_reach *whole)
{
	struct bk_reach reach = child->reach;

	reach.cache = whole->direct ? NULL : whole->cache;
	reach.direct = false;
	if (whole->watcher)
		reach.watcher = whole->watcher;
	if (whole->spool)
		reach.spool = whole->spool;
	if (whole->up.n || whole->up.otherwise)
		reach.up = whole->up;
	if (whole->down.n || whole->down.otherwise)
		reach.down = whole->down;
	return reach;
}

int bk_spread_child_open(struct bk_spread *spread, unsigned child, bool create,
			 struct bk_err *err)
{
	const struct bk_spread_child_reach *it =
		&spread->reach.spread->children[child];
	struct bk_reach reach = reach_of(it, &spread->reach);

	return bk_target_open(&spread->children[child].target, it->where,
			      &reach, create, err);
}

static int open_child(struct bk_spread *spread, unsigned child, void *with,
		      struct bk_err *err)
{
	const bool *create = with;

	return bk_spread_child_open(spread, child, *create, err);
}

/* Is it what this spread has at that child? */
static int check_marker(const struct bk_spread *spread, unsigned child,
			const struct bk_shard_head *head, struct bk_err *err)
{
	const struct bk_spread_shape *shape = &spread->shape;
	const char *name = spread->children[child].name;

	if (head->d != shape->d || head->p != shape->p ||
	    head->targets != shape->n)
		return bk_fail(err, BK_MISUSE,
			       "%s holds a part of a repository that is "
			       "spread:%u+%u over %u targets, not %u+%u over "
			       "%u",
			       name, head->d, head->p, head->targets, shape->d,
			       shape->p, shape->n);
	if (head->position != child)
		return bk_fail(err, BK_MISUSE,
			       "%s is named as target %u and is number %u: "
			       "name them in the order in which they were "
			       "when it was made",
			       name, child + 1, head->position + 1U);
	return 0;
}

/* A repository of its own is nobody's shard. */
static int check_foreign(struct bk_spread *spread, unsigned child,
			 struct bk_err *err)
{
	static const uint8_t plain[] = {0x89, 'B', 'K', 'R'};
	struct bk_spread_child *it = &spread->children[child];
	struct bk_err ignored = {0};
	struct bk_buf begin = {0};
	int rc = 0;

	if (it->why.kind == BK_CORRUPT &&
	    bk_target_read(it->target, MARKER, 0, sizeof(plain), &begin,
			   &ignored) == 0 &&
	    memcmp(begin.data, plain, sizeof(plain)) == 0)
		rc = bk_fail(err, BK_UNSAFE,
			     "%s: %s holds a repository of its own",
			     spread->where, it->name);
	bk_buf_clear(&begin);
	return rc;
}

/* 1; 0: the child has none, or none that can be read. */
static int look_at_marker(struct bk_spread *spread, unsigned child,
			  struct bk_shard_head *head, struct bk_err *err)
{
	struct bk_spread_child *it = &spread->children[child];
	struct bk_shard *shard = NULL;

	if (!it->target)
		return 0;
	if (bk_shard_open(&shard, it->target, MARKER, false, &it->why) < 0) {
		if (it->why.kind == BK_GONE)
			(void)bk_fail(&it->why, BK_GONE,
				      "%s: there is no " MARKER
				      "; is it mounted?",
				      it->target->where);
		return check_foreign(spread, child, err);
	}
	*head = shard->head;
	bk_shard_close(shard);
	return check_marker(spread, child, head, err) < 0 ? -1 : 1;
}

static int look_at_markers(struct bk_spread *spread, unsigned *ready,
			   struct bk_err *err)
{
	struct bk_shard_head head, first = {0};

	*ready = 0;
	for (unsigned n = 0; n < spread->shape.n; n++) {
		int rc = look_at_marker(spread, n, &head, err);
		if (rc < 0)
			return -1;
		spread->children[n].ready = rc > 0;
		if (rc == 0)
			continue;
		if (!(*ready)++)
			first = head;
		else if (memcmp(first.original, head.original,
				sizeof(head.original)) != 0)
			return bk_fail(err, BK_UNSAFE,
				       "%s: %s holds a part of another "
				       "repository",
				       spread->where, spread->children[n].name);
	}
	return 0;
}

/* None has a marker.  All of them are needed to make a repository; a folder
 * that lacks, where others are empty, is to be made. */
static int begin_anew(struct bk_spread *spread, struct bk_err *err)
{
	const struct bk_err *gone = NULL;

	for (unsigned n = 0; n < spread->shape.n; n++) {
		struct bk_spread_child *child = &spread->children[n];
		if (child->why.kind && child->why.kind != BK_GONE) {
			*err = child->why;
			return bk_context(err, "%s", child->name);
		}
		if (!child->target)
			gone = &child->why;
	}
	if (gone) {
		*err = *gone;
		return -1;
	}
	for (unsigned n = 0; n < spread->shape.n; n++)
		spread->children[n].why = (struct bk_err){0};
	spread->fresh = true;
	return 0;
}

static int open_children(struct bk_spread *spread, bool create,
			 struct bk_err *err)
{
	struct bk_spread_answers answers;
	unsigned ready = 0;

	bk_spread_each(spread, (UINT32_C(1) << spread->shape.n) - 1, open_child,
		       &create, &answers);
	for (unsigned n = 0; n < spread->shape.n; n++) {
		if (answers.rc[n] == 0)
			continue;
		spread->children[n].why = answers.err[n];
		if (answers.err[n].kind == BK_MISUSE ||
		    answers.err[n].kind == BK_CANCELLED) {
			*err = answers.err[n];
			return bk_context(err, "%s", spread->children[n].name);
		}
	}
	if (look_at_markers(spread, &ready, err) < 0)
		return -1;
	if (!ready)
		return begin_anew(spread, err);
	if (ready >= bk_spread_majority(&spread->shape))
		return 0;
	(void)bk_spread_too_few(spread, ready,
				bk_spread_majority(&spread->shape), NULL, err);
	/* Folders that are not there, too, may be again. */
	if (err->kind == BK_CORRUPT)
		err->kind = BK_LOST;
	return -1;
}

int bk_spread_open(struct bk_target **out, const char *where,
		   const struct bk_reach *reach, bool create,
		   struct bk_err *err)
{
	const struct bk_spread_shape *shape = &reach->spread->shape;
	struct bk_spread *spread = bk_alloc(sizeof(*spread));

	spread->target.ops = &ops;
	spread->target.where = spread->where = bk_strdup(where);
	spread->shape = *shape;
	spread->reach = *reach;
	spread->code = bk_erasure_new(shape->d, shape->p);
	spread->folder = bk_strdup(reach->spool ? reach->spool : USUAL_FOLDER);
	spread->room.folder = spread->folder;
	spread->room.memory_most = MEMORY;
	(void)pthread_mutex_init(&spread->lock, NULL);
	for (unsigned n = 0; n < shape->n; n++)
		spread->children[n].name = reach->spread->children[n].name;
	if (open_children(spread, create, err) < 0) {
		spread_close(&spread->target);
		return -1;
	}
	*out = &spread->target;
	return 0;
}
