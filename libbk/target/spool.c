/* Puts that are gathered and uploaded behind the writer: see spool.h. */

#include "target/spool.h"

#include <stdlib.h>
#include <string.h>

#include "target/put_again.h"
#include "target/spool_blob.h"
#include "target/spool_queue.h"
#include "target/wrapper.h"

struct spool {
	struct bk_wrapper wrapper;
	struct bk_spool_queue *queue;
	struct bk_gather_room room;
	struct bk_retry_policy retry;
	char *folder;
};

struct spool_put {
	struct bk_put put;
	char *name;
	uint64_t expected; /* or BK_LENGTH_UNKNOWN */
	struct bk_gathered bytes;
	uint64_t reserved;
	bool cut; /* a write failed: it must not be taken for whole */
};

static struct spool *spool_of(struct bk_target *target)
{
	return (struct spool *)target;
}

static int spool_put_begin(struct bk_target *target, const char *name,
			   uint64_t length, struct bk_put **out,
			   struct bk_err *err)
{
	struct spool *spool = spool_of(target);
	struct spool_put *put;

	if (bk_spool_queue_check(spool->queue, err) < 0)
		return -1;
	put = bk_alloc(sizeof(*put));
	put->put.target = target;
	put->name = bk_strdup(name);
	put->expected = length;
	bk_gathered_init(&put->bytes, &spool->room);
	*out = &put->put;
	return 0;
}

static int wrong_length(const struct spool_put *put, uint64_t len,
			struct bk_err *err)
{
	return bk_fail(err, BK_MISUSE, "%s/%s: %ju bytes written, not %ju",
		       put->put.target->where, put->name, (uintmax_t)len,
		       (uintmax_t)put->expected);
}

static int was_cut(const struct spool_put *put, struct bk_err *err)
{
	return bk_fail(err, BK_MISUSE, "%s/%s: a write failed before",
		       put->put.target->where, put->name);
}

static int spool_put_write(struct bk_put *base, const void *data, size_t len,
			   struct bk_err *err)
{
	struct spool_put *put = (struct spool_put *)base;
	struct spool *spool = spool_of(base->target);

	if (put->cut)
		return was_cut(put, err);
	put->cut = true;
	if (len > put->expected - put->bytes.len)
		return wrong_length(put, put->bytes.len + len, err);
	if (bk_spool_queue_reserve(spool->queue, len, err) < 0)
		return -1;
	put->reserved += len;
	if (bk_gathered_add(&put->bytes, data, len, err) < 0)
		return -1;
	put->cut = false;
	return 0;
}

static int spool_put_read(struct bk_put *base, uint64_t offset, uint64_t len,
			  struct bk_sink *to, struct bk_err *err)
{
	const struct spool_put *put = (const struct spool_put *)base;

	if (put->cut)
		return was_cut(put, err);
	return bk_gathered_copy(&put->bytes, offset, len, to, err);
}

static void spool_put_abort(struct bk_put *base)
{
	struct spool_put *put = (struct spool_put *)base;

	bk_gathered_clear(&put->bytes);
	bk_spool_queue_release(spool_of(base->target)->queue, put->reserved);
	free(put->name);
	free(put);
}

/* Nothing that was committed before may come after it. */
static int upload_now(struct spool *spool, const struct spool_put *put,
		      struct bk_err *err)
{
	if (bk_spool_queue_settle(spool->queue, NULL, err) < 0 ||
	    bk_spool_queue_enter(spool->queue, err) < 0)
		return -1;
	int rc = bk_put_again(spool->wrapper.below, put->name, &put->bytes,
			      &spool->retry, NULL, err);
	bk_spool_queue_leave(spool->queue);
	return rc;
}

static int spool_put_commit(struct bk_put *base, struct bk_err *err)
{
	struct spool_put *put = (struct spool_put *)base;
	struct spool *spool = spool_of(base->target);
	int rc = 1;

	if (put->cut)
		rc = was_cut(put, err);
	else if (put->expected != BK_LENGTH_UNKNOWN &&
		 put->expected != put->bytes.len)
		rc = wrong_length(put, put->bytes.len, err);
	else if (strncmp(put->name, "data/", 5) == 0)
		rc = bk_spool_queue_add(spool->queue, put->name, &put->bytes,
					err);
	if (rc == 0) {
		free(put);
		return 0;
	}
	if (rc > 0)
		rc = upload_now(spool, put, err);
	spool_put_abort(base);
	return rc;
}

static int spool_get(struct bk_target *target, const char *name,
		     uint64_t offset, uint64_t len, struct bk_sink *to,
		     struct bk_err *err)
{
	struct spool *spool = spool_of(target);

	if (bk_spool_queue_settle(spool->queue, name, err) < 0 ||
	    bk_spool_queue_enter(spool->queue, err) < 0)
		return -1;
	int rc =
		bk_target_get(spool->wrapper.below, name, offset, len, to, err);
	bk_spool_queue_leave(spool->queue);
	return rc;
}

static int spool_peek(struct bk_target *target, const char *name, uint64_t most,
		      struct bk_buf *into, uint64_t *size, struct bk_err *err)
{
	struct spool *spool = spool_of(target);

	if (bk_spool_queue_settle(spool->queue, name, err) < 0 ||
	    bk_spool_queue_enter(spool->queue, err) < 0)
		return -1;
	int rc = bk_target_peek(spool->wrapper.below, name, most, into, size,
				err);
	bk_spool_queue_leave(spool->queue);
	return rc;
}

static int spool_get_many(struct bk_target *target, const char *name,
			  const struct bk_stretch *stretches, size_t n,
			  struct bk_sink *to, struct bk_err *err)
{
	struct spool *spool = spool_of(target);
	struct bk_target *below = spool->wrapper.below;

	if (bk_spool_queue_settle(spool->queue, name, err) < 0 ||
	    bk_spool_queue_enter(spool->queue, err) < 0)
		return -1;
	int rc = below->ops->get_many(below, name, stretches, n, to, err);
	bk_spool_queue_leave(spool->queue);
	return rc;
}

static int spool_list(struct bk_target *target, const char *folder,
		      struct bk_blob_list *out, struct bk_err *err)
{
	struct spool *spool = spool_of(target);

	bk_blob_list_clear(out);
	if (bk_spool_queue_settle(spool->queue, NULL, err) < 0 ||
	    bk_spool_queue_enter(spool->queue, err) < 0)
		return -1;
	int rc = bk_target_list(spool->wrapper.below, folder, out, err);
	bk_spool_queue_leave(spool->queue);
	return rc;
}

static int spool_stat(struct bk_target *target, const char *name,
		      uint64_t *size, struct bk_err *err)
{
	struct spool *spool = spool_of(target);

	if (bk_spool_queue_settle(spool->queue, name, err) < 0 ||
	    bk_spool_queue_enter(spool->queue, err) < 0)
		return -1;
	int rc = bk_target_stat(spool->wrapper.below, name, size, err);
	bk_spool_queue_leave(spool->queue);
	return rc;
}

static int spool_remove(struct bk_target *target, const char *name,
			struct bk_err *err)
{
	struct spool *spool = spool_of(target);

	if (bk_spool_queue_settle(spool->queue, name, err) < 0 ||
	    bk_spool_queue_enter(spool->queue, err) < 0)
		return -1;
	int rc = bk_target_remove(spool->wrapper.below, name, err);
	bk_spool_queue_leave(spool->queue);
	return rc;
}

static int spool_sweep(struct bk_target *target, int64_t older_s,
		       bool (*ours)(const char *name), struct bk_err *err)
{
	struct spool *spool = spool_of(target);

	if (bk_spool_queue_settle(spool->queue, NULL, err) < 0 ||
	    bk_spool_queue_enter(spool->queue, err) < 0)
		return -1;
	int rc = bk_target_sweep(spool->wrapper.below, older_s, ours, err);
	bk_spool_queue_leave(spool->queue);
	return rc;
}

static int spool_flush(struct bk_target *target, struct bk_err *err)
{
	struct spool *spool = spool_of(target);

	if (bk_spool_queue_settle(spool->queue, NULL, err) < 0)
		return -1;
	return bk_target_flush(spool->wrapper.below, err);
}

static void spool_close(struct bk_target *target)
{
	struct spool *spool = spool_of(target);

	bk_spool_queue_free(spool->queue);
	bk_wrapper_close_below(&spool->wrapper);
	free(spool->folder);
	free(spool);
}

struct bk_target *bk_spool_open(struct bk_target *below,
				const struct bk_spool_options *options)
{
	struct spool *spool = bk_alloc(sizeof(*spool));
	struct bk_target_ops *ops = &spool->wrapper.ops;

	bk_wrapper_init(&spool->wrapper, below);
	*ops = (struct bk_target_ops){
		.scheme = ops->scheme,
		.close = spool_close,
		.put_begin = spool_put_begin,
		.put_write = spool_put_write,
		.put_read = spool_put_read,
		.put_commit = spool_put_commit,
		.put_abort = spool_put_abort,
		.get = spool_get,
		.list = spool_list,
		.stat = spool_stat,
		.remove = spool_remove,
		.sweep = spool_sweep,
		.flush = spool_flush,
		.peek = below->ops->peek ? spool_peek : NULL,
		.get_many = below->ops->get_many ? spool_get_many : NULL,
		.unknown_length = true,
	};
	spool->folder =
		bk_strdup(options->folder ? options->folder : "/var/tmp");
	spool->room.folder = spool->folder;
	spool->room.memory_most =
		options->memory ? options->memory : (size_t)8 << 20;
	spool->retry = options->retry;
	spool->queue = bk_spool_queue_new(below, options);
	return &spool->wrapper.target;
}
