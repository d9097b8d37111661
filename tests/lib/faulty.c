/* A target that fails as it is told: see faulty.h. */

#include "lib/faulty.h"

#include <stdlib.h>
#include <string.h>

struct faulty_put {
	struct bk_wrapper_put wrapped;
	char *name;
	uint64_t written;
};

static struct faulty *faulty_of(struct bk_target *target)
{
	return (struct faulty *)target;
}

static bool is_meant(struct fault *fault, enum faulty_act act, const char *name,
		     uint64_t end)
{
	if (fault->act != act || !fault->times ||
	    (fault->name && strcmp(fault->name, name) != 0) ||
	    end < fault->after)
		return false;
	if (fault->skip) {
		fault->skip--;
		return false;
	}
	if (fault->every)
		fault->skip = fault->every - 1;
	else
		fault->times--;
	return true;
}

/* Counts the act; true and *out when it shall fail.  `end`: where in the blob
 * it would end. */
static bool shall_fail(struct faulty *faulty, enum faulty_act act,
		       const char *name, uint64_t end, struct fault *out)
{
	bool fails = false;

	if (faulty->before)
		faulty->before(faulty->arg, act, name);
	pthread_mutex_lock(&faulty->lock);
	faulty->counts[act]++;
	for (unsigned i = 0; i < faulty->n && !fails; i++) {
		fails = is_meant(&faulty->faults[i], act, name, end);
		if (fails)
			*out = faulty->faults[i];
	}
	pthread_mutex_unlock(&faulty->lock);
	return fails;
}

static int as_told(const struct fault *fault, const char *name,
		   struct bk_err *err)
{
	bk_fail(err, fault->kind, "%s: as the test says", name);
	err->retry_after_s = fault->retry_after_s;
	return -1;
}

static void busy(struct faulty *faulty, bool more)
{
	pthread_mutex_lock(&faulty->lock);
	faulty->busy += more ? 1u : -1u;
	if (faulty->busy > faulty->most_busy)
		faulty->most_busy = faulty->busy;
	pthread_mutex_unlock(&faulty->lock);
}

static int put_begin(struct bk_target *target, const char *name,
		     uint64_t length, struct bk_put **out, struct bk_err *err)
{
	struct faulty_put *put;
	struct fault fault;

	if (length == BK_LENGTH_UNKNOWN && !faulty_of(target)->any_length)
		return bk_fail(err, BK_MISUSE, "%s: of what length?", name);
	if (shall_fail(faulty_of(target), FAULTY_BEGIN, name, length, &fault))
		return as_told(&fault, name, err);
	put = bk_alloc(sizeof(*put));
	put->wrapped.put.target = target;
	if (bk_target_put_begin(bk_wrapper_below(target), name, length,
				&put->wrapped.below, err) < 0) {
		free(put);
		return -1;
	}
	put->name = bk_strdup(name);
	busy(faulty_of(target), true);
	*out = &put->wrapped.put;
	return 0;
}

static int put_write(struct bk_put *base, const void *data, size_t len,
		     struct bk_err *err)
{
	struct faulty_put *put = (struct faulty_put *)base;
	struct fault fault;

	put->written += len;
	if (shall_fail(faulty_of(base->target), FAULTY_WRITE, put->name,
		       put->written, &fault))
		return as_told(&fault, put->name, err);
	return bk_put_write(put->wrapped.below, data, len, err);
}

static void put_free(struct faulty_put *put)
{
	busy(faulty_of(put->wrapped.put.target), false);
	free(put->name);
	free(put);
}

static void put_abort(struct bk_put *base)
{
	struct faulty_put *put = (struct faulty_put *)base;

	bk_put_abort(put->wrapped.below);
	put_free(put);
}

static int put_commit(struct bk_put *base, struct bk_err *err)
{
	struct faulty_put *put = (struct faulty_put *)base;
	struct fault fault;
	int rc = 0;

	bool fails = shall_fail(faulty_of(base->target), FAULTY_COMMIT,
				put->name, put->written, &fault);
	if (!fails || fault.done)
		rc = bk_put_commit(put->wrapped.below, err);
	else
		bk_put_abort(put->wrapped.below);
	if (fails)
		rc = as_told(&fault, put->name, err);
	put_free(put);
	return rc;
}

struct counting_sink {
	struct bk_sink sink;
	struct bk_sink *to;
	struct faulty *faulty;
};

static int count_write(struct bk_sink *base, const void *data, size_t len,
		       struct bk_err *err)
{
	struct counting_sink *sink = (struct counting_sink *)base;

	pthread_mutex_lock(&sink->faulty->lock);
	sink->faulty->bytes_got += len;
	pthread_mutex_unlock(&sink->faulty->lock);
	return sink->to->write(sink->to, data, len, err);
}

static int get(struct bk_target *target, const char *name, uint64_t offset,
	       uint64_t len, struct bk_sink *to, struct bk_err *err)
{
	struct faulty *faulty = faulty_of(target);
	struct counting_sink sink = {{count_write}, to, faulty};
	struct fault fault;

	bool fails = shall_fail(faulty, FAULTY_GET, name, offset + len, &fault);
	if (fails && fault.crumbs)
		fault.after = offset + 1;
	if (fails && fault.after <= offset)
		return as_told(&fault, name, err);
	if (fails)
		len = fault.after - offset;
	busy(faulty, true);
	int rc = bk_target_get(bk_wrapper_below(target), name, offset, len,
			       &sink.sink, err);
	busy(faulty, false);
	return rc == 0 && fails ? as_told(&fault, name, err) : rc;
}

static int list(struct bk_target *target, const char *folder,
		struct bk_blob_list *out, struct bk_err *err)
{
	struct fault fault;

	if (shall_fail(faulty_of(target), FAULTY_LIST, folder, 0, &fault))
		return as_told(&fault, folder, err);
	return bk_target_list(bk_wrapper_below(target), folder, out, err);
}

static int stat_blob(struct bk_target *target, const char *name, uint64_t *size,
		     struct bk_err *err)
{
	struct fault fault;

	if (shall_fail(faulty_of(target), FAULTY_STAT, name, 0, &fault))
		return as_told(&fault, name, err);
	return bk_target_stat(bk_wrapper_below(target), name, size, err);
}

static int remove_blob(struct bk_target *target, const char *name,
		       struct bk_err *err)
{
	struct fault fault;

	bool fails =
		shall_fail(faulty_of(target), FAULTY_REMOVE, name, 0, &fault);
	if (fails && !fault.done)
		return as_told(&fault, name, err);
	if (bk_target_remove(bk_wrapper_below(target), name, err) < 0)
		return -1;
	return fails ? as_told(&fault, name, err) : 0;
}

static void close_faulty(struct bk_target *target)
{
	struct faulty *faulty = faulty_of(target);

	bk_wrapper_close_below(&faulty->wrapper);
	(void)pthread_mutex_destroy(&faulty->lock);
	free(faulty);
}

struct faulty *faulty_open(struct bk_target *below)
{
	struct faulty *faulty = bk_alloc(sizeof(*faulty));
	struct bk_target_ops *ops = &faulty->wrapper.ops;

	bk_wrapper_init(&faulty->wrapper, below);
	ops->close = close_faulty;
	ops->put_begin = put_begin;
	ops->put_write = put_write;
	ops->put_commit = put_commit;
	ops->put_abort = put_abort;
	ops->get = get;
	ops->list = list;
	ops->stat = stat_blob;
	ops->remove = remove_blob;
	ops->unknown_length = false;
	(void)pthread_mutex_init(&faulty->lock, NULL);
	return faulty;
}

void faulty_add(struct faulty *faulty, struct fault fault)
{
	if (!fault.times)
		fault.times = 1;
	if (fault.every)
		fault.skip = fault.every - 1;
	pthread_mutex_lock(&faulty->lock);
	faulty->faults[faulty->n++] = fault;
	pthread_mutex_unlock(&faulty->lock);
}

unsigned faulty_count(struct faulty *faulty, enum faulty_act act)
{
	pthread_mutex_lock(&faulty->lock);
	unsigned n = faulty->counts[act];
	pthread_mutex_unlock(&faulty->lock);
	return n;
}
