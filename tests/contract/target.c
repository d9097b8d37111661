/* What every target promises: see target.h. */

#include "contract/target.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "contract/target_reading.h"
#include "lib/dice.h"
#include "lib/test.h"

#define DEEP  "data/00112233445566778899aabbccddeeff/p00000000.bkp"
#define LARGE ((size_t)9 << 20)

static const struct target_driver *driver;
static struct bk_target *target, *other;
static struct bk_err err;

static int start(void **state)
{
	(void)state;
	err = (struct bk_err){0};
	driver->begin();
	target = driver->open();
	other = driver->open();
	return 0;
}

static int end(void **state)
{
	(void)state;
	driver->close(other);
	driver->close(target);
	driver->end();
	return 0;
}

static void done(int rc, const struct bk_err *why)
{
	if (rc < 0)
		fail_msg("%s", why->text);
}

static void put(const char *name, const char *text)
{
	struct bk_view bytes = {(const uint8_t *)text, strlen(text)};

	done(bk_target_put(target, name, bytes, &err), &err);
	done(bk_target_flush(target, &err), &err);
}

/* So that the other session sees it. */
static void commit(struct bk_put *blob)
{
	done(bk_put_commit(blob, &err), &err);
	done(bk_target_flush(target, &err), &err);
}

static struct bk_put *begin_put(const char *name, uint64_t length)
{
	struct bk_put *out = NULL;

	done(bk_target_put_begin(target, name, length, &out, &err), &err);
	assert_ptr_equal(out->target, target);
	return out;
}

/* In both sessions alike; the names, a line each. */
static void assert_listed(const char *folder, const char *want)
{
	struct bk_target *const both[] = {target, other};

	for (size_t i = 0; i < 2; i++) {
		struct bk_blob_list list = {0};
		struct bk_buf names = {0};
		done(bk_target_list(both[i], folder, &list, &err), &err);
		for (size_t k = 0; k < list.n; k++)
			bk_buf_printf(&names, "%s\n", list.items[k].name);
		assert_string_equal(bk_buf_text(&names), want);
		bk_buf_clear(&names);
		bk_blob_list_clear(&list);
	}
}

static void assert_gone(const char *name)
{
	struct bk_buf bytes = {0};
	uint64_t size;

	assert_int_equal(bk_target_stat(other, name, &size, &err), -1);
	assert_int_equal(err.kind, BK_GONE);
	err = (struct bk_err){0};
	assert_int_equal(bk_target_read(other, name, 0, 1, &bytes, &err), -1);
	assert_int_equal(err.kind, BK_GONE);
	assert_int_equal(bytes.len, 0);
	bk_buf_clear(&bytes);
}

static void assert_holds(const char *name, const struct bk_buf *want)
{
	struct bk_buf got = {0};
	uint64_t size = 0;

	done(bk_target_stat(other, name, &size, &err), &err);
	assert_int_equal(size, want->len);
	done(bk_target_read(other, name, 0, size, &got, &err), &err);
	assert_int_equal(got.len, want->len);
	if (want->len)
		assert_memory_equal(got.data, want->data, want->len);
	bk_buf_clear(&got);
}

/* ---- putting ---- */

static void a_new_place_is_empty(void **state)
{
	(void)state;
	assert_listed("", "");
	assert_listed("data", "");
	assert_gone("bkrepo");
	assert_gone(DEEP);
}

static void a_blob_is_nowhere_until_it_is_committed(void **state)
{
	(void)state;
	struct bk_put *blob = begin_put(DEEP, 3);
	done(bk_put_write(blob, "abc", 3, &err), &err);
	assert_gone(DEEP);
	assert_listed("", "");
	commit(blob);
	assert_listed("", DEEP "\n");
	assert_listed("data", DEEP "\n");
}

static void a_blob_that_is_aborted_was_never_there(void **state)
{
	(void)state;
	struct bk_put *blob = begin_put(DEEP, 3);
	done(bk_put_write(blob, "abc", 3, &err), &err);
	bk_put_abort(blob);
	bk_put_abort(NULL);
	bk_put_abort(begin_put("bkrepo", 64));
	assert_gone(DEEP);
	assert_listed("", "");
	put(DEEP, "again");
	assert_listed("", DEEP "\n");
}

static void a_blob_of_another_length_than_it_was_begun_with_is_refused(
	void **state)
{
	(void)state;
	for (int n = 2; n <= 4; n += 2) {
		struct bk_put *blob = begin_put(DEEP, 3);
		int rc = bk_put_write(blob, "abcd", (size_t)n, &err);
		if (rc == 0)
			rc = bk_put_commit(blob, &err);
		else
			bk_put_abort(blob);
		assert_int_equal(rc, -1);
		assert_int_equal(err.kind, BK_MISUSE);
		assert_gone(DEEP);
		assert_listed("", "");
		err = (struct bk_err){0};
	}
}

static void a_length_need_not_be_known_where_the_driver_says_so(void **state)
{
	struct bk_buf bytes = target_bytes(1, 100000);

	(void)state;
	if (target->ops->unknown_length) {
		struct bk_put *blob = begin_put(DEEP, BK_LENGTH_UNKNOWN);
		done(bk_put_write(blob, bytes.data, 1, &err), &err);
		done(bk_put_write(blob, bytes.data + 1, bytes.len - 1, &err),
		     &err);
		commit(blob);
		assert_holds(DEEP, &bytes);
	}
	bk_buf_clear(&bytes);
}

static void an_empty_blob_is_a_blob(void **state)
{
	struct bk_buf nothing = {0};

	(void)state;
	put("sets/empty", "");
	assert_holds("sets/empty", &nothing);
	assert_listed("sets", "sets/empty\n");
}

static void a_large_blob_comes_in_any_pieces(void **state)
{
	static const size_t pieces[] = {1, 4095, 65536, 1 << 20, 7};
	struct bk_buf bytes = target_bytes(2, LARGE);
	struct bk_put *blob = begin_put(DEEP, LARGE);
	size_t at = 0;

	(void)state;
	for (size_t i = 0; at < LARGE; i++) {
		size_t n = pieces[i % 5];
		n = LARGE - at < n ? LARGE - at : n;
		done(bk_put_write(blob, bytes.data + at, n, &err), &err);
		at += n;
	}
	commit(blob);
	assert_holds(DEEP, &bytes);
	bk_buf_clear(&bytes);
}

static void blobs_under_way_at_a_time_stay_apart(void **state)
{
	struct bk_buf a = target_bytes(3, 50000), b = target_bytes(4, 50000);
	struct bk_put *one = begin_put("data/a", 50000);
	struct bk_put *two = begin_put("data/b", 50000);

	(void)state;
	for (size_t at = 0; at < 50000; at += 10000) {
		done(bk_put_write(one, a.data + at, 10000, &err), &err);
		done(bk_put_write(two, b.data + at, 10000, &err), &err);
	}
	commit(two);
	assert_listed("", "data/b\n");
	commit(one);
	assert_holds("data/a", &a);
	assert_holds("data/b", &b);
	bk_buf_clear(&a);
	bk_buf_clear(&b);
}

/* ---- getting ---- */

static void assert_summed(const struct bk_buf *bytes, size_t at, size_t len)
{
	uint8_t want[BK_SHA256_LEN], sum[BK_SHA256_LEN];
	struct bk_sha256 sha;

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, bytes->data + at, len);
	bk_sha256_final(&sha, want);
	done(bk_target_sum(target, DEEP, at, len, sum, &err), &err);
	assert_memory_equal(sum, want, sizeof(sum));
}

static void any_stretch_of_a_blob_can_be_got(void **state)
{
	struct bk_buf bytes = target_bytes(5, 300000), got = {0};
	struct dice dice = {6};

	(void)state;
	done(bk_target_put(target, DEEP, bk_buf_view(&bytes), &err), &err);
	for (int n = 0; n < 200; n++) {
		size_t at = dice_below(&dice, bytes.len + 1);
		size_t len = dice_below(&dice, bytes.len - at + 1);
		done(bk_target_read(target, DEEP, at, len, &got, &err), &err);
		assert_int_equal(got.len, len);
		if (len)
			assert_memory_equal(got.data, bytes.data + at, len);
		assert_summed(&bytes, at, len);
	}
	bk_buf_clear(&bytes);
	bk_buf_clear(&got);
}

static void nothing_is_got_from_beyond_the_end(void **state)
{
	static const struct {
		uint64_t at, len;
	} beyond[] = {
		{0,          4       },
                {3,          1       },
                {2,          2       },
                {4,          1       },
		{1u << 30,   1       },
                {0,          1u << 20},
                {1ull << 40, 1       },
                {0,          1u << 22},
	};
	struct bk_buf got = {0};

	(void)state;
	put(DEEP, "abc");
	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		assert_int_equal(bk_target_read(target, DEEP, beyond[i].at,
						beyond[i].len, &got, &err),
				 -1);
		assert_int_equal(err.kind, BK_CORRUPT);
		err = (struct bk_err){0};
	}
	bk_buf_clear(&got);
}

static void begins_and_several_stretches_can_be_got(void **state)
{
	(void)state;
	target_reads_begins(target, other);
	target_reads_several(target);
}

static int refuse(struct bk_sink *to, const void *data, size_t len,
		  struct bk_err *why)
{
	(void)to;
	(void)data;
	(void)len;
	return bk_fail(why, BK_CANCELLED, "enough");
}

static void a_sink_that_fails_ends_the_getting(void **state)
{
	struct bk_sink sink = {refuse};
	struct bk_buf bytes = target_bytes(7, 1000000);

	(void)state;
	done(bk_target_put(target, DEEP, bk_buf_view(&bytes), &err), &err);
	done(bk_target_flush(target, &err), &err);
	assert_int_equal(bk_target_get(target, DEEP, 0, bytes.len, &sink, &err),
			 -1);
	assert_int_equal(err.kind, BK_CANCELLED);
	assert_holds(DEEP, &bytes); /* and the session goes on */
	bk_buf_clear(&bytes);
}

/* ---- listing and removing ---- */

static void a_listing_is_sorted_and_goes_all_the_way_down(void **state)
{
	(void)state;
	put("sets/b.bks", "1");
	put("bkrepo", "2");
	put("data/11/p00000001.bkp", "3");
	put("data/11/p00000000.bkp", "4");
	put("data/11.bkb", "5");
	put("data2/x", "6");
	put("data/10/i00000000.bki", "7");
	assert_listed("",
		      "bkrepo\n"
		      "data/10/i00000000.bki\n"
		      "data/11.bkb\n"
		      "data/11/p00000000.bkp\n"
		      "data/11/p00000001.bkp\n"
		      "data2/x\n"
		      "sets/b.bks\n");
	assert_listed("data",
		      "data/10/i00000000.bki\n"
		      "data/11.bkb\n"
		      "data/11/p00000000.bkp\n"
		      "data/11/p00000001.bkp\n");
	assert_listed("data/11",
		      "data/11/p00000000.bkp\n"
		      "data/11/p00000001.bkp\n");
	assert_listed("trash", "");
	assert_listed("data/12", "");
}

static void a_listing_has_sizes_and_times(void **state)
{
	struct bk_blob_list list = {0};
	const struct bk_blob *blob;

	(void)state;
	put("sets/a", "12345");
	put("sets/b", "");
	done(bk_target_list(other, "sets", &list, &err), &err);
	blob = bk_blob_list_find(&list, "sets/a");
	assert_non_null(blob);
	assert_int_equal(blob->size, 5);
	if (blob->mtime)
		assert_true(llabs((long long)blob->mtime -
				  (long long)time(NULL)) < 86400);
	assert_int_equal(bk_blob_list_find(&list, "sets/b")->size, 0);
	assert_null(bk_blob_list_find(&list, "sets/c"));
	/* A list that is used again is emptied first. */
	done(bk_target_list(other, "trash", &list, &err), &err);
	assert_int_equal(list.n, 0);
	bk_blob_list_clear(&list);
}

static void what_is_removed_is_gone_and_nothing_else(void **state)
{
	(void)state;
	put("open/a.bko", "1");
	put("open/b.bko", "2");
	put(DEEP, "3");
	done(bk_target_remove(target, "open/a.bko", &err), &err);
	assert_gone("open/a.bko");
	assert_listed("", DEEP "\nopen/b.bko\n");
	done(bk_target_remove(target, "open/b.bko", &err), &err);
	done(bk_target_remove(target, DEEP, &err), &err);
	assert_listed("", "");
	assert_int_equal(bk_target_remove(target, DEEP, &err), -1);
	assert_int_equal(err.kind, BK_GONE);
	put(DEEP, "4");
	assert_listed("", DEEP "\n");
}

/* ---- several at a time ---- */

struct worker {
	pthread_t thread;
	unsigned number;
	struct bk_target *target;
	int rc;
	struct bk_err err;
};

/* Puts, reads and removes blobs in folders that others fill and empty too. */
static void *come_and_go(void *arg)
{
	struct worker *w = arg;
	struct bk_buf bytes = target_bytes(w->number, 2000), got = {0};
	char name[40];

	for (unsigned n = 0; n < 40 && w->rc == 0; n++) {
		(void)snprintf(name, sizeof(name), "%s/%u-%u",
			       n % 2 ? "open" : "data/x", w->number, n);
		w->rc = bk_target_put(w->target, name, bk_buf_view(&bytes),
				      &w->err);
		if (w->rc == 0)
			w->rc = bk_target_read(w->target, name, 500, 1000, &got,
					       &w->err);
		if (w->rc == 0 && memcmp(got.data, bytes.data + 500, 1000) != 0)
			w->rc = bk_fail(&w->err, BK_CORRUPT, "other bytes");
		if (w->rc == 0 && n < 38)
			w->rc = bk_target_remove(w->target, name, &w->err);
	}
	if (w->rc == 0)
		w->rc = bk_target_flush(w->target, &w->err);
	bk_buf_clear(&bytes);
	bk_buf_clear(&got);
	return NULL;
}

static void several_sessions_do_not_disturb_each_other(void **state)
{
	struct worker workers[4] = {0};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		bool shared = driver->threads && i >= 2;
		workers[i].number = i;
		workers[i].target = i % 2 == 0 || shared ? target : other;
		if (!driver->threads && i >= 2)
			continue;
		assert_int_equal(pthread_create(&workers[i].thread, NULL,
						come_and_go, &workers[i]),
				 0);
	}
	for (unsigned i = 0; i < (driver->threads ? 4u : 2u); i++)
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
	for (unsigned i = 0; i < (driver->threads ? 4u : 2u); i++)
		done(workers[i].rc, &workers[i].err);
	if (driver->threads)
		assert_listed("",
			      "data/x/0-38\ndata/x/1-38\ndata/x/2-38\n"
			      "data/x/3-38\nopen/0-39\nopen/1-39\n"
			      "open/2-39\nopen/3-39\n");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)

int target_contract(const struct target_driver *with)
{
	const struct CMUnitTest tests[] = {
		CASE(a_new_place_is_empty),
		CASE(a_blob_is_nowhere_until_it_is_committed),
		CASE(a_blob_that_is_aborted_was_never_there),
		CASE(a_blob_of_another_length_than_it_was_begun_with_is_refused),
		CASE(a_length_need_not_be_known_where_the_driver_says_so),
		CASE(an_empty_blob_is_a_blob),
		CASE(a_large_blob_comes_in_any_pieces),
		CASE(blobs_under_way_at_a_time_stay_apart),
		CASE(any_stretch_of_a_blob_can_be_got),
		CASE(nothing_is_got_from_beyond_the_end),
		CASE(begins_and_several_stretches_can_be_got),
		CASE(a_sink_that_fails_ends_the_getting),
		CASE(a_listing_is_sorted_and_goes_all_the_way_down),
		CASE(a_listing_has_sizes_and_times),
		CASE(what_is_removed_is_gone_and_nothing_else),
		CASE(several_sessions_do_not_disturb_each_other),
	};

	driver = with;
	return cmocka_run_group_tests_name(with->name, tests, NULL, NULL);
}
