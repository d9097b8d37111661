/* Every act handed on to the target below: see wrapper.h. */

#include "target/wrapper.h"

#include <stdlib.h>

int bk_wrapper_put_begin(struct bk_target *target, const char *name,
			 uint64_t length, struct bk_put **out,
			 struct bk_err *err)
{
	struct bk_wrapper_put *put = bk_alloc(sizeof(*put));

	put->put.target = target;
	if (bk_target_put_begin(bk_wrapper_below(target), name, length,
				&put->below, err) < 0) {
		free(put);
		return -1;
	}
	*out = &put->put;
	return 0;
}

static int hand_put_write(struct bk_put *put, const void *data, size_t len,
			  struct bk_err *err)
{
	return bk_put_write(((struct bk_wrapper_put *)put)->below, data, len,
			    err);
}

static int hand_put_read(struct bk_put *put, uint64_t offset, uint64_t len,
			 struct bk_sink *to, struct bk_err *err)
{
	return bk_put_read(((struct bk_wrapper_put *)put)->below, offset, len,
			   to, err);
}

static int hand_put_commit(struct bk_put *put, struct bk_err *err)
{
	int rc = bk_put_commit(((struct bk_wrapper_put *)put)->below, err);

	free(put);
	return rc;
}

static void hand_put_abort(struct bk_put *put)
{
	bk_put_abort(((struct bk_wrapper_put *)put)->below);
	free(put);
}

static int hand_get(struct bk_target *target, const char *name, uint64_t offset,
		    uint64_t len, struct bk_sink *to, struct bk_err *err)
{
	return bk_target_get(bk_wrapper_below(target), name, offset, len, to,
			     err);
}

static int hand_get_stored(struct bk_target *target, const char *name,
			   uint64_t offset, uint64_t len, struct bk_sink *to,
			   struct bk_err *err)
{
	struct bk_target *below = bk_wrapper_below(target);

	return below->ops->get_stored(below, name, offset, len, to, err);
}

static int hand_peek(struct bk_target *target, const char *name, uint64_t most,
		     struct bk_buf *into, uint64_t *size, struct bk_err *err)
{
	struct bk_target *below = bk_wrapper_below(target);

	return below->ops->peek(below, name, most, into, size, err);
}

static int hand_get_many(struct bk_target *target, const char *name,
			 const struct bk_stretch *stretches, size_t n,
			 struct bk_sink *to, struct bk_err *err)
{
	struct bk_target *below = bk_wrapper_below(target);

	return below->ops->get_many(below, name, stretches, n, to, err);
}

static void hand_want(struct bk_target *target, const char *name,
		      const struct bk_stretch *stretches, size_t n)
{
	bk_target_want(bk_wrapper_below(target), name, stretches, n);
}

static int hand_list(struct bk_target *target, const char *folder,
		     struct bk_blob_list *out, struct bk_err *err)
{
	return bk_target_list(bk_wrapper_below(target), folder, out, err);
}

static int hand_stat(struct bk_target *target, const char *name, uint64_t *size,
		     struct bk_err *err)
{
	return bk_target_stat(bk_wrapper_below(target), name, size, err);
}

static int hand_remove(struct bk_target *target, const char *name,
		       struct bk_err *err)
{
	return bk_target_remove(bk_wrapper_below(target), name, err);
}

static int hand_sweep(struct bk_target *target, int64_t older_s,
		      bool (*ours)(const char *name), struct bk_err *err)
{
	return bk_target_sweep(bk_wrapper_below(target), older_s, ours, err);
}

static int hand_flush(struct bk_target *target, struct bk_err *err)
{
	return bk_target_flush(bk_wrapper_below(target), err);
}

static bool hand_proves_puts(const struct bk_target *target)
{
	return bk_target_proves_puts(
		((const struct bk_wrapper *)target)->below);
}

static void hand_close(struct bk_target *target)
{
	bk_wrapper_close_below((struct bk_wrapper *)target);
	free(target);
}

void bk_wrapper_init(struct bk_wrapper *wrapper, struct bk_target *below)
{
	wrapper->ops = (struct bk_target_ops){
		.scheme = below->ops->scheme,
		.close = hand_close,
		.put_begin = bk_wrapper_put_begin,
		.put_write = hand_put_write,
		.put_read = below->ops->put_read ? hand_put_read : NULL,
		.put_commit = hand_put_commit,
		.put_abort = hand_put_abort,
		.get = hand_get,
		.list = hand_list,
		.stat = hand_stat,
		.remove = hand_remove,
		.sweep = hand_sweep,
		.flush = hand_flush,
		.get_stored = below->ops->get_stored ? hand_get_stored : NULL,
		.proves_puts = hand_proves_puts,
		.peek = below->ops->peek ? hand_peek : NULL,
		.get_many = below->ops->get_many ? hand_get_many : NULL,
		.want = hand_want,
		.unknown_length = below->ops->unknown_length,
	};
	wrapper->target.ops = &wrapper->ops;
	wrapper->target.where = below->where;
	wrapper->below = below;
}

void bk_wrapper_close_below(struct bk_wrapper *wrapper)
{
	bk_target_close(wrapper->below);
	wrapper->below = NULL;
}
