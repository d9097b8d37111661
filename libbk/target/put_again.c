/* Whole blobs, put until they are there: see put_again.h. */

#include "target/put_again.h"

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"

/* A bad spell of the network ends; a disk stays full. */
#define SAME_MOST 4

#define PIECE     ((size_t)256 << 10)
/* What a driver takes without a word of the server: smb has 4 MiB of slots. */
#define UNSENT_MAX ((uint64_t)5 << 20)
#define WAITED_MS  50

struct upload {
	struct bk_target *to;
	const char *name;
	const struct bk_gathered *bytes;
	const atomic_bool *stop;
	struct bk_tries tries;
	uint8_t *piece;
	uint64_t reached;   /* bytes that the last try got rid of */
	bool answer_missed; /* a commit was asked for and not answered */
};

static int must_end(const struct upload *upload, struct bk_err *err)
{
	if (upload->stop && atomic_load(upload->stop))
		return bk_fail(err, BK_CANCELLED, "stopped");
	return bk_cancelled(err);
}

static int64_t now_ms(const struct upload *upload)
{
	struct bk_timer *timer = upload->tries.policy.timer;

	return timer->monotonic_ms(timer);
}

/* One more piece was taken: by the target, if that waited for something, or
 * when more is gone than lies in between. */
static void see_whether_it_lives(struct upload *upload, int64_t began)
{
	if (upload->reached > UNSENT_MAX || now_ms(upload) - began >= WAITED_MS)
		bk_tries_alive(&upload->tries);
}

static int write_all(struct upload *upload, struct bk_put *put,
		     struct bk_err *err)
{
	const struct bk_gathered *bytes = upload->bytes;

	while (upload->reached < bytes->len) {
		uint64_t left = bytes->len - upload->reached;
		size_t n = left < PIECE ? (size_t)left : PIECE;
		if (must_end(upload, err) < 0 ||
		    bk_gathered_read(bytes, upload->reached, upload->piece, n,
				     err) < 0)
			return -1;
		int64_t began = now_ms(upload);
		if (bk_put_write(put, upload->piece, n, err) < 0)
			return -1;
		upload->reached += n;
		see_whether_it_lives(upload, began);
	}
	return must_end(upload, err);
}

static int put_once(struct upload *upload, struct bk_err *err)
{
	struct bk_put *put = NULL;

	upload->reached = 0;
	if (must_end(upload, err) < 0 ||
	    bk_target_put_begin(upload->to, upload->name, upload->bytes->len,
				&put, err) < 0)
		return -1;
	if (write_all(upload, put, err) < 0) {
		bk_put_abort(put);
		return -1;
	}
	if (bk_put_commit(put, err) == 0)
		return 0;
	upload->answer_missed |= err->kind == BK_LOST || err->kind == BK_BUSY;
	return -1;
}

struct comparing_sink {
	struct bk_sink sink;
	struct upload *upload;
	uint64_t at;
};

static int compare_write(struct bk_sink *base, const void *data, size_t len,
			 struct bk_err *err)
{
	struct comparing_sink *sink = (struct comparing_sink *)base;
	struct upload *upload = sink->upload;
	const uint8_t *got = data;

	while (len) {
		size_t n = len < PIECE ? len : PIECE;
		if (must_end(upload, err) < 0 ||
		    bk_gathered_read(upload->bytes, sink->at, upload->piece, n,
				     err) < 0)
			return -1;
		if (memcmp(got, upload->piece, n) != 0)
			return bk_fail(err, BK_CORRUPT, "other bytes");
		got += n;
		len -= n;
		sink->at += n;
	}
	return 0;
}

/* Is the blob there, each byte of it?  What cannot be read is not. */
static bool is_there(struct upload *upload)
{
	struct comparing_sink sink = {{compare_write}, upload, 0};
	uint64_t len = upload->bytes->len, size = 0;
	struct bk_err why = {0};

	return bk_target_stat(upload->to, upload->name, &size, &why) == 0 &&
	       size == len &&
	       bk_target_get(upload->to, upload->name, 0, len, &sink.sink,
			     &why) == 0 &&
	       sink.at == len;
}

/* What a server says that lets nothing be written over a blob. */
static bool may_be_in_the_way(enum bk_kind kind)
{
	return kind == BK_EXISTS || kind == BK_DENIED || kind == BK_REFUSED;
}

/* Where an answer is missing, another try may find the blob in its own way. */
static int put_or_find(struct upload *upload, struct bk_err *err)
{
	struct bk_err why = {0};

	if (upload->answer_missed && is_there(upload))
		return 0;
	if (put_once(upload, &why) == 0)
		return 0;
	if (upload->answer_missed && may_be_in_the_way(why.kind) &&
	    is_there(upload))
		return 0;
	*err = why;
	return -1;
}

static int try_until_done(struct upload *upload, struct bk_err *err)
{
	uint64_t before = 0, len = upload->bytes->len;
	unsigned same = 0;
	struct bk_err why;

	do {
		why = (struct bk_err){0};
		if (put_or_find(upload, &why) == 0)
			return 0;
		bool again = why.kind == BK_LOST && before > 0 &&
			     before < len && upload->reached == before;
		same = again ? same + 1 : 1;
		if (same == SAME_MOST)
			return bk_tries_end(
				&upload->tries, &why,
				"it broke at the same byte each time: see "
				"whether the target is full or limits sizes",
				err);
		before = upload->reached;
	} while (bk_tries_again(&upload->tries, &why, err) == 0);
	return -1;
}

int bk_put_again(struct bk_target *to, const char *name,
		 const struct bk_gathered *bytes,
		 const struct bk_retry_policy *policy, const atomic_bool *stop,
		 struct bk_err *err)
{
	struct upload upload = {
		.to = to,
		.name = name,
		.bytes = bytes,
		.stop = stop,
		.piece = bk_alloc(PIECE),
	};

	bk_tries_begin(&upload.tries, policy);
	upload.tries.stop = stop;
	int rc = try_until_done(&upload, err);
	free(upload.piece);
	return rc;
}
