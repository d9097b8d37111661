/* Begins and several stretches of blobs: see target_reading.h. */

#include "contract/target_reading.h"

#include <stdio.h>

#include "lib/dice.h"
#include "lib/test.h"

#define BLOB "data/00112233445566778899aabbccddeeff/p00000001.bkp"

static struct bk_err err;

static void done(int rc)
{
	if (rc < 0)
		fail_msg("%s", err.text);
}

struct bk_buf target_bytes(uint64_t seed, size_t n)
{
	struct bk_buf bytes = {0};
	struct dice dice = {seed};

	dice_fill(&dice, bk_buf_grow(&bytes, n), n);
	return bytes;
}

void target_reads_begins(struct bk_target *target, struct bk_target *other)
{
	static const size_t sizes[] = {1, 4095, 4096, 4097, 100000};
	struct bk_buf bytes = target_bytes(8, 100000), got = {0};
	uint64_t size = 0;

	for (size_t i = 0; i < 5; i++) {
		char name[40];
		struct bk_view view = {bytes.data, sizes[i]};
		size_t n = sizes[i] < 4096 ? sizes[i] : 4096;
		(void)snprintf(name, sizeof(name), "sets/%zu", i);
		done(bk_target_put(target, name, view, &err));
		done(bk_target_peek(target, name, 4096, &got, &size, &err));
		assert_int_equal(size, sizes[i]);
		assert_int_equal(got.len, n);
		assert_memory_equal(got.data, bytes.data, n);
	}
	assert_int_equal(
		bk_target_peek(other, "sets/none", 4096, &got, &size, &err),
		-1);
	assert_int_equal(err.kind, BK_GONE);
	bk_buf_clear(&bytes);
	bk_buf_clear(&got);
}

static const struct bk_stretch some[] = {
	{0,      256  },
        {300,    1    },
        {70000,  90000},
        {299990, 10   }
};

/* Where it has an act for that, which is asked for them all. */
static void get_many(struct bk_target *target, const struct bk_buf *bytes)
{
	struct bk_buf got = {0};
	struct bk_buf_sink to;
	size_t at = 0;

	bk_buf_sink_init(&to, &got, bytes->len);
	done(target->ops->get_many(target, BLOB, some, 4, &to.sink, &err));
	for (size_t i = 0; i < 4; at += some[i++].len)
		assert_memory_equal(got.data + at, bytes->data + some[i].offset,
				    some[i].len);
	assert_int_equal(got.len, at);
	assert_int_equal(target->ops->get_many(target, "data/none", some, 4,
					       &to.sink, &err),
			 -1);
	assert_int_equal(err.kind, BK_GONE);
	bk_buf_clear(&got);
}

void target_reads_several(struct bk_target *target)
{
	struct bk_buf bytes = target_bytes(9, 300000), got = {0};

	done(bk_target_put(target, BLOB, bk_buf_view(&bytes), &err));
	done(bk_target_flush(target, &err));
	bk_target_want(target, BLOB, some, 4);
	for (size_t i = 0; i < 4; i++) {
		done(bk_target_read(target, BLOB, some[i].offset, some[i].len,
				    &got, &err));
		assert_memory_equal(got.data, bytes.data + some[i].offset,
				    got.len);
	}
	if (target->ops->get_many)
		get_many(target, &bytes);
	bk_buf_clear(&bytes);
	bk_buf_clear(&got);
}
