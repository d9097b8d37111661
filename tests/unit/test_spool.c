/* Uploads go on behind the writer, and nothing overtakes them: no root, no
 * listing and no good end before, or without, what was committed earlier. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cancel.h"
#include "lib/clockwork.h"
#include "lib/faulty.h"
#include "lib/scratch.h"
#include "target/local.h"
#include "target/spool.h"

static struct scratch scratch;
static char own[80];
static struct clockwork clk;
static struct faulty *faulty;
static struct bk_target *target;
static struct bk_err err;

/* Puts of "data/..." wait at the driver while this is closed. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool closed;
	unsigned waiting;
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER,
	  .changed = PTHREAD_COND_INITIALIZER};

static void pass_gate(void *arg, enum faulty_act act, const char *name)
{
	(void)arg;
	if (act != FAULTY_BEGIN || strncmp(name, "data/", 5) != 0)
		return;
	pthread_mutex_lock(&gate.lock);
	gate.waiting++;
	pthread_cond_broadcast(&gate.changed);
	while (gate.closed)
		pthread_cond_wait(&gate.changed, &gate.lock);
	gate.waiting--;
	pthread_mutex_unlock(&gate.lock);
}

static void set_gate(bool closed)
{
	pthread_mutex_lock(&gate.lock);
	gate.closed = closed;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
}

/* Until n uploads stand before the gate. */
static void wait_at_gate(unsigned n)
{
	pthread_mutex_lock(&gate.lock);
	while (gate.waiting < n)
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
}

static void rest(void)
{
	(void)nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
}

static void open_with(struct bk_spool_options options)
{
	struct bk_target *local = NULL;
	char path[80];

	(void)snprintf(path, sizeof(path), "%s/repo", scratch.path);
	assert_int_equal(bk_local_open(&local, path, true, &err), 0);
	faulty = faulty_open(local);
	faulty->before = pass_gate;
	options.folder = own;
	options.retry.timer = &clk.timer;
	target = bk_spool_open(&faulty->wrapper.target, &options);
}

static int start(void **state)
{
	(void)state;
	err = (struct bk_err){0};
	gate.closed = false;
	scratch_make(&scratch);
	scratch_dir(&scratch, "own");
	(void)snprintf(own, sizeof(own), "%s/own", scratch.path);
	clockwork_init(&clk, 1790000000);
	return 0;
}

static int end(void **state)
{
	(void)state;
	set_gate(false);
	bk_target_close(target);
	target = NULL;
	scratch_drop(&scratch);
	return 0;
}

static int put(const char *name)
{
	static const uint8_t text[] = "some bytes";

	return bk_target_put(target, name, (struct bk_view){text, 10}, &err);
}

static bool is_there(const char *name)
{
	char *path = bk_asprintf("repo/%s", name);
	bool there = scratch_has(&scratch, path);

	free(path);
	return there;
}

/* An act in a thread of its own. */
struct act {
	pthread_t thread;
	int (*what)(struct bk_err *err);
	atomic_bool ended;
	int rc;
	struct bk_err err;
};

static void *run(void *arg)
{
	struct act *act = arg;

	act->rc = act->what(&act->err);
	atomic_store(&act->ended, true);
	return NULL;
}

static void begin(struct act *act, int (*what)(struct bk_err *why))
{
	*act = (struct act){.what = what};
	assert_int_equal(pthread_create(&act->thread, NULL, run, act), 0);
}

static int finish(struct act *act)
{
	assert_int_equal(pthread_join(act->thread, NULL), 0);
	return act->rc;
}

static int put_root(struct bk_err *why)
{
	return bk_target_put(target, "sets/a.bks",
			     (struct bk_view){(const uint8_t *)"root", 4}, why);
}

static int list_all(struct bk_err *why)
{
	struct bk_blob_list list = {0};

	int rc = bk_target_list(target, "", &list, why);
	if (rc == 0 && !bk_blob_list_find(&list, "data/b"))
		rc = bk_fail(why, BK_FAILED, "data/b is missing");
	bk_blob_list_clear(&list);
	return rc;
}

static int stat_b(struct bk_err *why)
{
	uint64_t size;

	return bk_target_stat(target, "data/b", &size, why);
}

static int get_b(struct bk_err *why)
{
	struct bk_buf got = {0};

	int rc = bk_target_read(target, "data/b", 5, 5, &got, why);
	if (rc == 0 && memcmp(got.data, "bytes", 5) != 0)
		rc = bk_fail(why, BK_FAILED, "other bytes");
	bk_buf_clear(&got);
	return rc;
}

static int remove_b(struct bk_err *why)
{
	return bk_target_remove(target, "data/b", why);
}

static int flush(struct bk_err *why)
{
	return bk_target_flush(target, why);
}

static int (*const acts[])(struct bk_err *why) = {put_root, list_all, stat_b,
						  get_b,    flush,    remove_b};
#define ACTS (sizeof(acts) / sizeof(acts[0]))

/* ---- order ---- */

static void a_commit_of_data_is_answered_before_it_is_uploaded(void **state)
{
	(void)state;
	set_gate(true);
	open_with((struct bk_spool_options){.uploads = 2});
	assert_int_equal(put("data/a"), 0);
	assert_int_equal(put("data/b"), 0);
	wait_at_gate(2);
	assert_false(is_there("data/a"));
	set_gate(false);
	assert_int_equal(flush(&err), 0);
	assert_true(is_there("data/a"));
	assert_true(is_there("data/b"));
}

static void whatever_depends_on_it_waits_for_it(void **state)
{
	(void)state;
	open_with((struct bk_spool_options){.uploads = 1});
	for (size_t i = 0; i < ACTS; i++) {
		struct act act;
		set_gate(true);
		assert_int_equal(put("data/a"), 0);
		assert_int_equal(put("data/b"), 0);
		wait_at_gate(1);
		begin(&act, acts[i]);
		rest();
		assert_false(atomic_load(&act.ended));
		assert_int_equal(is_there("sets/a.bks"), i > 0);
		set_gate(false);
		if (finish(&act) < 0)
			fail_msg("act %zu: %s", i, act.err.text);
		assert_true(is_there("data/a"));
	}
	assert_false(is_there("data/b"));
}

static void other_blobs_can_be_read_meanwhile(void **state)
{
	struct bk_buf got = {0};
	uint64_t size = 0;

	(void)state;
	open_with((struct bk_spool_options){.uploads = 1});
	assert_int_equal(put("sets/old.bks"), 0);
	set_gate(true);
	assert_int_equal(put("data/a"), 0);
	wait_at_gate(1);
	assert_int_equal(bk_target_stat(target, "sets/old.bks", &size, &err),
			 0);
	assert_int_equal(
		bk_target_read(target, "sets/old.bks", 0, size, &got, &err), 0);
	assert_int_equal(got.len, 10);
	assert_int_equal(bk_target_remove(target, "sets/old.bks", &err), 0);
	bk_buf_clear(&got);
}

/* ---- failures ---- */

static void after_a_failed_upload_nothing_succeeds(void **state)
{
	static const enum faulty_act where[] = {FAULTY_BEGIN, FAULTY_WRITE,
						FAULTY_COMMIT};

	(void)state;
	for (size_t n = 0; n < 3 * ACTS; n++) {
		struct act act;
		set_gate(true);
		open_with((struct bk_spool_options){.uploads = 1});
		faulty_add(faulty, (struct fault){.act = where[n / ACTS],
						  .kind = BK_FULL,
						  .name = "data/a"});
		assert_int_equal(put("data/a"), 0);
		assert_int_equal(put("data/b"), 0);
		wait_at_gate(1);
		begin(&act, acts[n % ACTS]);
		set_gate(false);
		assert_int_equal(finish(&act), -1);
		assert_int_equal(act.err.kind, BK_FULL);
		assert_string_equal(act.err.text, "data/a: as the test says");
		/* Later too, and what was queued is never uploaded. */
		for (size_t i = 0; i < ACTS; i++) {
			struct bk_err why = {0};
			assert_int_equal(acts[i](&why), -1);
			assert_string_equal(why.text, act.err.text);
		}
		assert_int_equal(put("data/c"), -1);
		assert_int_equal(err.kind, BK_FULL);
		assert_false(is_there("sets/a.bks"));
		assert_false(is_there("data/a"));
		assert_false(is_there("data/b"));
		assert_false(is_there("data/c"));
		bk_target_close(target);
	}
	target = NULL;
}

static void a_put_that_began_before_the_failure_fails_too(void **state)
{
	struct bk_put *root = NULL;

	(void)state;
	open_with((struct bk_spool_options){.uploads = 1});
	assert_int_equal(
		bk_target_put_begin(target, "sets/a.bks", 4, &root, &err), 0);
	assert_int_equal(bk_put_write(root, "root", 4, &err), 0);
	faulty_add(faulty,
		   (struct fault){.act = FAULTY_COMMIT, .kind = BK_DENIED});
	assert_int_equal(put("data/a"), 0);
	assert_int_equal(bk_put_commit(root, &err), -1);
	assert_int_equal(err.kind, BK_DENIED);
	assert_false(is_there("sets/a.bks"));
}

static void without_threads_a_commit_is_an_upload(void **state)
{
	(void)state;
	open_with((struct bk_spool_options){0});
	assert_int_equal(put("data/a"), 0);
	assert_true(is_there("data/a"));
	faulty_add(faulty,
		   (struct fault){.act = FAULTY_COMMIT, .kind = BK_FULL});
	assert_int_equal(put("data/b"), -1);
	assert_int_equal(err.kind, BK_FULL);
	assert_false(is_there("data/b"));
	assert_int_equal(put("open/a.bko"), 0); /* who asked was told */
}

static void a_blob_that_could_not_be_gathered_is_never_put(void **state)
{
	struct bk_put *blob = NULL;
	char *much = bk_alloc(2 << 20);

	(void)state;
	(void)snprintf(own, sizeof(own), "/nowhere/at/all");
	open_with((struct bk_spool_options){.uploads = 1});
	assert_int_equal(bk_target_put_begin(target, "data/a",
					     BK_LENGTH_UNKNOWN, &blob, &err),
			 0);
	assert_int_equal(bk_put_write(blob, "abc", 3, &err), 0);
	assert_int_equal(bk_put_write(blob, much, 2 << 20, &err), -1);
	assert_int_equal(err.kind, BK_STARVED);
	assert_int_equal(bk_put_write(blob, "abc", 3, &err), -1);
	assert_int_equal(bk_put_commit(blob, &err), -1);
	assert_int_equal(err.kind, BK_MISUSE);
	assert_int_equal(flush(&err), 0);
	assert_false(is_there("data/a"));
	free(much);
}

/* ---- bounds ---- */

static int put_c(struct bk_err *why)
{
	char *much = bk_alloc(1 << 20);

	int rc = bk_target_put(target, "data/c",
			       (struct bk_view){(uint8_t *)much, 1 << 20}, why);
	free(much);
	return rc;
}

static void a_full_queue_is_waited_for(void **state)
{
	static const struct bk_spool_options tight[] = {
		{.uploads = 1, .queue_bytes = 1 << 20},
		{.uploads = 1, .queue_blobs = 2      },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct act act;
		set_gate(true);
		open_with(tight[i]);
		assert_int_equal(put("data/a"), 0);
		assert_int_equal(put("data/b"), 0);
		wait_at_gate(1);
		begin(&act, put_c);
		rest();
		assert_false(atomic_load(&act.ended));
		set_gate(false);
		assert_int_equal(finish(&act), 0);
		assert_int_equal(flush(&err), 0);
		assert_true(is_there("data/c"));
		bk_target_close(target);
	}
	target = NULL;
}

static void a_blob_larger_than_the_queue_goes_through(void **state)
{
	(void)state;
	open_with((struct bk_spool_options){.uploads = 1, .queue_bytes = 1000});
	assert_int_equal(put_c(&err), 0);
	assert_int_equal(put("data/a"), 0);
	assert_int_equal(put_c(&err), 0);
	assert_int_equal(flush(&err), 0);
}

static void the_driver_is_asked_for_no_more_at_a_time_than_it_may_be(
	void **state)
{
	char name[20];

	(void)state;
	for (unsigned sessions = 1; sessions <= 3; sessions += 2) {
		open_with((struct bk_spool_options){.uploads = 5,
						    .sessions = sessions});
		for (unsigned n = 0; n < 60; n++) {
			struct bk_buf got = {0};
			(void)snprintf(name, sizeof(name), "data/%u", n);
			assert_int_equal(put(name), 0);
			if (n % 5 == 0)
				assert_int_equal(bk_target_read(target, name, 0,
								5, &got, &err),
						 0);
			bk_buf_clear(&got);
		}
		assert_int_equal(flush(&err), 0);
		assert_in_range(faulty->most_busy, 1, sessions);
		bk_target_close(target);
	}
	target = NULL;
}

/* ---- ends ---- */

static int close_target(struct bk_err *why)
{
	(void)why;
	bk_target_close(target);
	return 0;
}

static void closing_drops_what_is_queued(void **state)
{
	struct act act;

	(void)state;
	set_gate(true);
	open_with((struct bk_spool_options){.uploads = 1});
	assert_int_equal(put("data/a"), 0);
	assert_int_equal(put("data/b"), 0);
	wait_at_gate(1);
	begin(&act, close_target);
	rest();
	set_gate(false);
	assert_int_equal(finish(&act), 0);
	target = NULL;
	assert_false(is_there("data/a"));
	assert_false(is_there("data/b"));
}

/* The flag cannot be taken back: this one is the last. */
static void who_is_asked_to_stop_waits_no_longer(void **state)
{
	struct act act;

	(void)state;
	set_gate(true);
	open_with((struct bk_spool_options){.uploads = 1});
	assert_int_equal(put("data/b"), 0);
	wait_at_gate(1);
	begin(&act, put_root);
	rest();
	assert_false(atomic_load(&act.ended));
	bk_cancel();
	assert_int_equal(finish(&act), -1);
	assert_int_equal(act.err.kind, BK_CANCELLED);
	set_gate(false);
	assert_int_equal(flush(&err), -1);
	assert_int_equal(err.kind, BK_CANCELLED);
	assert_false(is_there("sets/a.bks"));
	assert_false(is_there("data/b"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_commit_of_data_is_answered_before_it_is_uploaded),
		CASE(whatever_depends_on_it_waits_for_it),
		CASE(other_blobs_can_be_read_meanwhile),
		CASE(after_a_failed_upload_nothing_succeeds),
		CASE(a_put_that_began_before_the_failure_fails_too),
		CASE(without_threads_a_commit_is_an_upload),
		CASE(a_blob_that_could_not_be_gathered_is_never_put),
		CASE(a_full_queue_is_waited_for),
		CASE(a_blob_larger_than_the_queue_goes_through),
		CASE(the_driver_is_asked_for_no_more_at_a_time_than_it_may_be),
		CASE(closing_drops_what_is_queued),
		CASE(who_is_asked_to_stop_waits_no_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
