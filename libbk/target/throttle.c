/* Puts and gets through buckets: see throttle.h. */

#include "target/throttle.h"

#include <stdlib.h>

#include "target/wrapper.h"

struct throttle {
	struct bk_wrapper wrapper;
	struct bk_bucket *up, *down; /* NULL: no limit */
};

struct slow_sink {
	struct bk_sink sink;
	struct bk_sink *to;
	struct bk_bucket *down;
};

static int slow_put_write(struct bk_put *base, const void *data, size_t len,
			  struct bk_err *err)
{
	struct bk_wrapper_put *put = (struct bk_wrapper_put *)base;
	struct bk_bucket *up = ((struct throttle *)base->target)->up;
	const char *at = data;
	size_t n = 0;

	for (; len; at += n, len -= n)
		if (bk_bucket_take(up, len, &n, err) < 0 ||
		    bk_put_write(put->below, at, n, err) < 0)
			return -1;
	return 0;
}

static int slow_write(struct bk_sink *base, const void *data, size_t len,
		      struct bk_err *err)
{
	struct slow_sink *sink = (struct slow_sink *)base;
	const char *at = data;
	size_t n = 0;

	for (; len; at += n, len -= n)
		if (bk_bucket_take(sink->down, len, &n, err) < 0 ||
		    sink->to->write(sink->to, at, n, err) < 0)
			return -1;
	return 0;
}

static int slow_get(struct bk_target *target, const char *name, uint64_t offset,
		    uint64_t len, struct bk_sink *to, struct bk_err *err)
{
	struct throttle *throttle = (struct throttle *)target;
	struct slow_sink slow = {{slow_write}, to, throttle->down};

	return bk_target_get(throttle->wrapper.below, name, offset, len,
			     &slow.sink, err);
}

/* A little, which is paid for when it is there. */
static int slow_peek(struct bk_target *target, const char *name, uint64_t most,
		     struct bk_buf *into, uint64_t *size, struct bk_err *err)
{
	struct throttle *throttle = (struct throttle *)target;
	size_t n = 0;

	if (bk_target_peek(throttle->wrapper.below, name, most, into, size,
			   err) < 0)
		return -1;
	for (size_t left = into->len; left; left -= n)
		if (bk_bucket_take(throttle->down, left, &n, err) < 0)
			return -1;
	return 0;
}

static int slow_get_many(struct bk_target *target, const char *name,
			 const struct bk_stretch *stretches, size_t n,
			 struct bk_sink *to, struct bk_err *err)
{
	struct throttle *throttle = (struct throttle *)target;
	struct bk_target *below = throttle->wrapper.below;
	struct slow_sink slow = {{slow_write}, to, throttle->down};

	return below->ops->get_many(below, name, stretches, n, &slow.sink, err);
}

static void throttle_close(struct bk_target *target)
{
	struct throttle *throttle = (struct throttle *)target;

	bk_wrapper_close_below(&throttle->wrapper);
	bk_bucket_free(throttle->up);
	bk_bucket_free(throttle->down);
	free(throttle);
}

struct bk_target *bk_throttle_open(struct bk_target *below,
				   const struct bk_limit *up,
				   const struct bk_limit *down,
				   struct bk_timer *timer)
{
	struct throttle *throttle = bk_alloc(sizeof(*throttle));

	bk_wrapper_init(&throttle->wrapper, below);
	throttle->wrapper.ops.close = throttle_close;
	if (up) {
		throttle->up = bk_bucket_new(up, timer);
		throttle->wrapper.ops.put_write = slow_put_write;
	}
	if (down) {
		throttle->down = bk_bucket_new(down, timer);
		throttle->wrapper.ops.get = slow_get;
		if (below->ops->peek)
			throttle->wrapper.ops.peek = slow_peek;
		if (below->ops->get_many)
			throttle->wrapper.ops.get_many = slow_get_many;
	}
	return &throttle->wrapper.target;
}
