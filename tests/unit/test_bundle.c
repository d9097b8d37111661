/* A set's files on their way to a target: one object while they are small,
 * themselves once they are not. */

#include "lib/test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/dice.h"
#include "lib/recorder.h"
#include "lib/testrepo.h"
#include "repo/bundle.h"

#define MIB ((size_t)1 << 20)

static struct testrepo t;
static struct recorder recorder;
static struct bk_bundle *bundle;
static struct bk_err err;

static int start(void **state)
{
	(void)state;
	err = (struct bk_err){0};
	testrepo_make(&t);
	recorder_init(&recorder, t.repo.target);
	bundle = bk_bundle_new(&recorder.target);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_bundle_free(bundle);
	bk_bundle_free(NULL);
	recorder_clear(&recorder);
	testrepo_drop(&t);
	return 0;
}

/* The bytes of a file follow from its name. */
static void bytes_of(const char *name, size_t len, struct bk_buf *out)
{
	struct dice dice = {strlen(name)};

	for (; *name; name++)
		dice.state = dice.state * 31 + (uint8_t)*name;
	out->len = 0;
	dice_fill(&dice, bk_buf_grow(out, len), len);
}

static struct bk_put *begin(const char *name)
{
	struct bk_put *put = NULL;

	testrepo_done(bk_target_put_begin(bk_bundle_target(bundle), name,
					  BK_LENGTH_UNKNOWN, &put, &err),
		      &err);
	return put;
}

/* In pieces, as files are written. */
static int write_all(struct bk_put *put, const char *name, size_t len,
		     struct bk_err *why)
{
	struct bk_buf bytes = {0};
	int rc = 0;

	bytes_of(name, len, &bytes);
	for (size_t at = 0; rc == 0 && at < len; at += 70000)
		rc = bk_put_write(put, bytes.data + at,
				  len - at < 70000 ? len - at : 70000, why);
	bk_buf_clear(&bytes);
	return rc;
}

static void put_file(const char *name, size_t len)
{
	struct bk_put *put = begin(name);

	testrepo_done(write_all(put, name, len, &err), &err);
	testrepo_done(bk_put_commit(put, &err), &err);
}

static void check_bytes(const char *object, uint64_t offset, const char *name,
			size_t len)
{
	struct bk_buf want = {0}, got = {0};

	bytes_of(name, len, &want);
	testrepo_done(
		bk_target_read(t.repo.target, object, offset, len, &got, &err),
		&err);
	assert_memory_equal(want.data, got.data, len);
	bk_buf_clear(&want);
	bk_buf_clear(&got);
}

static void check_files(const char *want)
{
	struct bk_buf files = {0};

	testrepo_files(&t, "", &files);
	assert_string_equal(bk_buf_text(&files), want);
	bk_buf_clear(&files);
}

static void small_files_become_one_object(void **state)
{
	uint64_t size = 0;

	(void)state;
	put_file("data/s/p0", 3 * MIB);
	put_file("data/s/i0", 100);
	put_file("data/s/m0", 0);
	check_files("");
	assert_true(bk_bundle_settle(bundle));
	put_file("data/s/t0", 6 * MIB); /* settled is settled */
	testrepo_done(bk_bundle_commit(bundle, "data/s.bkb", &err), &err);
	check_files("data/s.bkb\n");
	assert_int_equal(bk_bundle_offset(bundle, "data/s/p0"), 0);
	assert_int_equal(bk_bundle_offset(bundle, "data/s/i0"), 3 * MIB);
	check_bytes("data/s.bkb", 0, "data/s/p0", 3 * MIB);
	check_bytes("data/s.bkb", 3 * MIB, "data/s/i0", 100);
	check_bytes("data/s.bkb", bk_bundle_offset(bundle, "data/s/t0"),
		    "data/s/t0", 6 * MIB);
	testrepo_done(bk_target_stat(t.repo.target, "data/s.bkb", &size, &err),
		      &err);
	assert_int_equal(size, 9 * MIB + 100);
}

static void at_the_limit_it_is_a_bundle(void **state)
{
	(void)state;
	put_file("data/s/p0", BK_BUNDLE_MAX - 1);
	put_file("data/s/i0", 1);
	assert_true(bk_bundle_settle(bundle));
	check_files("");
}

static void beyond_the_limit_each_file_goes_its_way(void **state)
{
	(void)state;
	put_file("data/s/p0", BK_BUNDLE_MAX - 1);
	struct bk_put *manifest = begin("data/s/m0");
	testrepo_done(write_all(manifest, "data/s/m0", 2, &err), &err);
	put_file("data/s/p1", 5);
	testrepo_done(bk_put_commit(manifest, &err), &err);
	assert_false(bk_bundle_settle(bundle));
	testrepo_done(bk_bundle_commit(bundle, "data/s.bkb", &err), &err);
	check_files("data/s/m0\ndata/s/p0\ndata/s/p1\n");
	check_bytes("data/s/p0", 0, "data/s/p0", BK_BUNDLE_MAX - 1);
	check_bytes("data/s/m0", 0, "data/s/m0", 2);
	check_bytes("data/s/p1", 0, "data/s/p1", 5);
	assert_int_equal(bk_bundle_offset(bundle, "data/s/m0"), 0);
}

static void what_is_aborted_is_nowhere(void **state)
{
	(void)state;
	struct bk_put *put = begin("data/s/p0");
	testrepo_done(write_all(put, "data/s/p0", 1000, &err), &err);
	bk_put_abort(put);
	put_file("data/s/i0", 10);
	put = begin("data/s/p1");
	testrepo_done(write_all(put, "data/s/p1", BK_BUNDLE_MAX, &err), &err);
	bk_put_abort(put);
	assert_false(bk_bundle_settle(bundle));
	check_files("data/s/i0\n");
	assert_int_equal(testrepo_parts(&t), 0);
}

struct worker {
	pthread_t thread;
	char name[32];
	size_t len;
	int rc;
	struct bk_err err;
};

static void *write_one(void *arg)
{
	struct worker *worker = arg;
	struct bk_put *put = NULL;

	worker->rc = bk_target_put_begin(bk_bundle_target(bundle), worker->name,
					 BK_LENGTH_UNKNOWN, &put, &worker->err);
	if (worker->rc == 0)
		worker->rc =
			write_all(put, worker->name, worker->len, &worker->err);
	if (worker->rc == 0)
		worker->rc = bk_put_commit(put, &worker->err);
	else
		bk_put_abort(put);
	return NULL;
}

static void run_all(struct worker *workers, size_t n, size_t len)
{
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(workers[i].name, sizeof(workers[i].name),
			       "data/s/p%zu", i);
		workers[i].len = len + i;
		assert_int_equal(pthread_create(&workers[i].thread, NULL,
						write_one, &workers[i]),
				 0);
	}
	for (size_t i = 0; i < n; i++)
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
}

static void files_in_several_threads_stay_apart(void **state)
{
	/* 7 MiB: a bundle; 11 MiB: none. */
	static const size_t lens[] = {MIB, MIB + MIB / 2};

	for (size_t round = 0; round < 2; round++) {
		struct worker workers[7] = {0};
		(void)start(state);
		run_all(workers, 7, lens[round]);
		assert_int_equal(bk_bundle_settle(bundle), round == 0);
		testrepo_done(bk_bundle_commit(bundle, "data/s.bkb", &err),
			      &err);
		for (size_t i = 0; i < 7; i++) {
			testrepo_done(workers[i].rc, &workers[i].err);
			check_bytes(round == 0 ? "data/s.bkb" : workers[i].name,
				    bk_bundle_offset(bundle, workers[i].name),
				    workers[i].name, workers[i].len);
		}
		(void)end(state);
	}
}

/* When it grows out of memory and the target has no room, nothing of a file
 * that was put may be written over, whoever writes on. */
static void a_target_that_fails_midway_fails_all_the_others(void **state)
{
	struct worker workers[7] = {0};
	uint64_t size = 0;

	(void)state;
	put_file("data/s/a", 2 * MIB);
	put_file("data/s/b", 3 * MIB);
	recorder.fail_on = "put data/s/b";
	recorder.fail_kind = BK_FULL;
	run_all(workers, 7, MIB);
	for (size_t i = 0; i < 7; i++) {
		if (workers[i].rc == 0)
			continue; /* it was in memory, and done */
		assert_int_equal(workers[i].err.kind, BK_FULL);
	}
	struct bk_put *put = NULL;
	assert_int_equal(bk_target_put_begin(bk_bundle_target(bundle),
					     "data/s/m0", BK_LENGTH_UNKNOWN,
					     &put, &err),
			 -1);
	assert_int_equal(err.kind, BK_FULL);
	assert_int_equal(bk_bundle_commit(bundle, "data/s.bkb", &err), -1);
	testrepo_done(bk_target_stat(t.repo.target, "data/s/a", &size, &err),
		      &err);
	assert_int_equal(size, 2 * MIB);
	assert_int_equal(testrepo_parts(&t), 0);
}

static void a_bundle_that_does_not_fit_leaves_nothing(void **state)
{
	(void)state;
	put_file("data/s/p0", 2 * MIB);
	assert_true(bk_bundle_settle(bundle));
	recorder.room = MIB;
	assert_int_equal(bk_bundle_commit(bundle, "data/s.bkb", &err), -1);
	assert_int_equal(err.kind, BK_FULL);
	check_files("");
	assert_int_equal(testrepo_parts(&t), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(small_files_become_one_object,
						start, end),
		cmocka_unit_test_setup_teardown(at_the_limit_it_is_a_bundle,
						start, end),
		cmocka_unit_test_setup_teardown(
			beyond_the_limit_each_file_goes_its_way, start, end),
		cmocka_unit_test_setup_teardown(what_is_aborted_is_nowhere,
						start, end),
		cmocka_unit_test(files_in_several_threads_stay_apart),
		cmocka_unit_test_setup_teardown(
			a_target_that_fails_midway_fails_all_the_others, start,
			end),
		cmocka_unit_test_setup_teardown(
			a_bundle_that_does_not_fit_leaves_nothing, start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
