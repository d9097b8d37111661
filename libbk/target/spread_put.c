/*
 * What is put to a spread target.  A blob is gathered (target/spool_blob.h)
 * until it is committed, for its shards' headers hold sums of the whole; then
 * each child gets its shard, cut anew from what was gathered, in a thread.
 */

#include <stdlib.h>
#include <string.h>

#include "target/spread_cut.h"
#include "target/spread_parts.h"

struct spread_put {
	struct bk_put put;
	char *name;
	uint64_t expected; /* or BK_LENGTH_UNKNOWN */
	struct bk_gathered bytes;
	struct bk_sha256 sha;
	bool broken; /* a write failed: it must not be taken for whole */
};

int bk_spread_put_begin(struct bk_target *target, const char *name,
			uint64_t length, struct bk_put **out,
			struct bk_err *err)
{
	struct spread_put *put = bk_alloc(sizeof(*put));

	(void)err;
	put->put.target = target;
	put->name = bk_strdup(name);
	put->expected = length;
	bk_gathered_init(&put->bytes, &bk_spread_here(target)->room);
	bk_sha256_init(&put->sha);
	*out = &put->put;
	return 0;
}

int bk_spread_put_write(struct bk_put *base, const void *data, size_t len,
			struct bk_err *err)
{
	struct spread_put *put = (struct spread_put *)base;

	if (bk_gathered_add(&put->bytes, data, len, err) < 0) {
		put->broken = true;
		return -1;
	}
	bk_sha256_update(&put->sha, data, len);
	return 0;
}

int bk_spread_put_read(struct bk_put *base, uint64_t offset, uint64_t len,
		       struct bk_sink *to, struct bk_err *err)
{
	const struct spread_put *put = (const struct spread_put *)base;

	return bk_gathered_copy(&put->bytes, offset, len, to, err);
}

void bk_spread_put_abort(struct bk_put *base)
{
	struct spread_put *put = (struct spread_put *)base;

	bk_gathered_clear(&put->bytes);
	free(put->name);
	free(put);
}

/* ---- what counts as committed ---- */

static unsigned count(uint32_t children)
{
	return (unsigned)__builtin_popcount(children);
}

/* That these children have taken something, and so many must keep it. */
static void remember(struct bk_spread *spread, uint32_t children, unsigned need)
{
	(void)pthread_mutex_lock(&spread->lock);
	for (size_t i = 0; i < spread->n_taken; i++)
		if (spread->taken[i].children == children &&
		    spread->taken[i].need == need)
			goto out;
	spread->taken =
		bk_array_room(spread->taken, spread->n_taken,
			      &spread->cap_taken, sizeof(*spread->taken));
	spread->taken[spread->n_taken++] =
		(struct bk_spread_taken){children, need};
out:
	(void)pthread_mutex_unlock(&spread->lock);
}

/* A child may fail with what it had taken before, and then has nothing of what
 * it took in this run. */
static int check_taken(struct bk_spread *spread,
		       const struct bk_spread_answers *answers,
		       struct bk_err *err)
{
	uint32_t left = bk_spread_writable(spread);
	unsigned have = 0, need = 0;

	(void)pthread_mutex_lock(&spread->lock);
	for (size_t i = 0; i < spread->n_taken && have >= need; i++) {
		have = count(spread->taken[i].children & left);
		need = spread->taken[i].need;
	}
	(void)pthread_mutex_unlock(&spread->lock);
	return have < need ? bk_spread_too_few(spread, have, need, answers, err)
			   : 0;
}

static uint32_t note_failures(struct bk_spread *spread, uint32_t asked,
			      const struct bk_spread_answers *answers)
{
	uint32_t done = 0;

	for (unsigned n = 0; n < spread->shape.n; n++) {
		if (!(asked >> n & 1))
			continue;
		if (answers->rc[n] == 0)
			done |= UINT32_C(1) << n;
		else
			bk_spread_child_failed(spread, n, &answers->err[n]);
	}
	return done;
}

static int flush_child(struct bk_spread *spread, unsigned child, void *with,
		       struct bk_err *err)
{
	(void)with;
	return bk_target_flush(spread->children[child].target, err);
}

int bk_spread_flush(struct bk_target *target, struct bk_err *err)
{
	struct bk_spread *spread = bk_spread_here(target);
	uint32_t which = bk_spread_writable(spread);
	struct bk_spread_answers answers;

	bk_spread_each(spread, which, flush_child, NULL, &answers);
	(void)note_failures(spread, which, &answers);
	return check_taken(spread, &answers, err);
}

/* That this host has no room for a blob on its way, or was asked to stop, is no
 * child's fault. */
static bool is_ours(const struct bk_spread_answers *answers, uint32_t asked,
		    struct bk_err *err)
{
	for (unsigned n = 0; n < BK_SPREAD_MOST; n++)
		if ((asked >> n & 1) && answers->rc[n] < 0 &&
		    (answers->err[n].kind == BK_CANCELLED ||
		     answers->err[n].kind == BK_STARVED)) {
			*err = answers->err[n];
			return true;
		}
	return false;
}

static int send(struct bk_spread *spread, unsigned child, void *with,
		struct bk_err *err)
{
	const struct bk_cutting *cutting = with;

	(void)spread;
	return bk_cutting_send(cutting, child, cutting->there, err);
}

static uint32_t children_for(const struct bk_cutting *cutting)
{
	uint32_t which = bk_spread_writable(cutting->spread);

	for (unsigned n = 0; n < cutting->spread->shape.n; n++)
		if (cutting->cut && bk_cutting_shard_for(cutting, n) ==
					    cutting->spread->shape.n)
			which &= ~(UINT32_C(1) << n);
	return which;
}

static int send_to_all(struct bk_cutting *cutting, struct bk_err *err)
{
	struct bk_spread *spread = cutting->spread;
	struct bk_spread_answers answers;
	uint32_t which = children_for(cutting);
	unsigned need = bk_spread_need(spread);

	if (cutting->cut)
		need = spread->fresh ? cutting->shards : cutting->layout.d;
	if (count(which) < need)
		return bk_spread_too_few(spread, count(which), need, NULL, err);
	bk_spread_each(spread, which, send, cutting, &answers);
	if (is_ours(&answers, which, err))
		return -1;
	uint32_t done = note_failures(spread, which, &answers);
	if (count(done) < need)
		return bk_spread_too_few(spread, count(done), need, &answers,
					 err);
	remember(spread, done, need);
	return check_taken(spread, &answers, err);
}

static int check_whole(struct spread_put *put, struct bk_err *err)
{
	if (put->broken)
		return bk_fail(err, BK_MISUSE, "a write failed before");
	if (put->expected != BK_LENGTH_UNKNOWN &&
	    put->expected != put->bytes.len)
		return bk_fail(err, BK_MISUSE, "%ju bytes written, not %ju",
			       (uintmax_t)put->bytes.len,
			       (uintmax_t)put->expected);
	return 0;
}

/* Whatever says that data is there comes after the data. */
static int commit(struct spread_put *put, struct bk_cutting *cutting,
		  struct bk_err *err)
{
	struct bk_spread *spread = bk_spread_here(put->put.target);
	uint8_t original[BK_SHA256_LEN];

	if (check_whole(put, err) < 0)
		return -1;
	if (strncmp(put->name, "data/", 5) != 0 &&
	    bk_spread_flush(&spread->target, err) < 0)
		return -1;
	bk_sha256_final(&put->sha, original);
	if (bk_cutting_begin(cutting, spread, put->name, &put->bytes, original,
			     err) < 0)
		return -1;
	bk_spread_blob_forget(spread, put->name);
	return send_to_all(cutting, err);
}

int bk_spread_put_commit(struct bk_put *base, struct bk_err *err)
{
	struct spread_put *put = (struct spread_put *)base;
	struct bk_cutting cutting = {0};

	int rc = commit(put, &cutting, err);
	if (rc < 0)
		(void)bk_context(err, "%s/%s", base->target->where, put->name);
	bk_cutting_end(&cutting);
	bk_spread_put_abort(base);
	return rc;
}
