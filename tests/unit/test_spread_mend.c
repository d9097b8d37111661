/* Mending a spread target whose shards are damaged at several places, cut off
 * at each step of it. */

#include "lib/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "lib/spread_world.h"
#include "target/spread_mend.h"
#include "target/spread_parts.h"

#define LENGTH (5 * BK_PIECE) /* three rows of two */

static struct spread_world world;
static struct bk_buf bytes;

static void read_file(const char *path, struct bk_buf *out)
{
	if (bk_file_read(AT_FDCWD, path, (size_t)1 << 20, out, &world.err) < 0)
		fail_msg("%s", world.err.text);
}

/* Of the blob, as they are now. */
static void read_files(const char *name, size_t length, struct bk_buf out[3])
{
	for (unsigned k = 0; k < 3; k++) {
		char *path = spread_file(&world, k, name, length);
		read_file(path, &out[k]);
		free(path);
	}
}

/* Shard of row k at target k, so that each has a row that is wrong. */
static struct bk_target *begin_damaged(unsigned damaged, struct bk_buf whole[3])
{
	struct bk_shard_layout layout;

	spread_begin(&world);
	struct bk_target *target = spread_open(&world, 2, 1, 3);
	spread_must_put(target, SPREAD_PACK, &bytes);
	read_files(SPREAD_PACK, LENGTH, whole);
	(void)bk_shard_layout(&layout, 2, LENGTH, &world.err);
	for (unsigned k = 0; k < damaged; k++)
		spread_flip(&world, k, SPREAD_PACK, LENGTH,
			    layout.start + k * BK_PIECE + 5);
	return target;
}

/* How many could not be mended. */
static size_t mend(struct bk_target *target)
{
	const struct bk_spread_survey survey = {.folder = "", .deep = true};
	struct bk_spread *spread = bk_spread_of(target);
	struct bk_spread_faults faults;
	size_t failed = 0;

	if (bk_spread_survey(spread, &survey, &faults, &world.err) < 0)
		fail_msg("%s", world.err.text);
	for (size_t i = 0; i < faults.n; i++) {
		world.err = (struct bk_err){0};
		failed += bk_spread_mend(spread, &faults.items[i], &world.err) <
			  0;
	}
	bk_spread_tidy(spread);
	bk_spread_faults_clear(&faults);
	return failed;
}

static void must_be_as_before(struct bk_target *target, struct bk_buf whole[3])
{
	struct bk_buf now[3] = {0};
	struct bk_blob_list list = {0};

	read_files(SPREAD_PACK, LENGTH, now);
	for (unsigned k = 0; k < 3; k++) {
		assert_int_equal(now[k].len, whole[k].len);
		assert_memory_equal(now[k].data, whole[k].data, now[k].len);
		bk_buf_clear(&now[k]);
		struct bk_target *at = bk_spread_of(target)->children[k].target;
		assert_int_equal(bk_target_list(at, "data", &list, &world.err),
				 0);
		assert_int_equal(list.n, 1);
		bk_blob_list_clear(&list);
	}
}

static void end(struct bk_target *target, struct bk_buf whole[3])
{
	for (unsigned k = 0; k < 3; k++)
		bk_buf_clear(&whole[k]);
	spread_end(&world, target);
}

static void shards_damaged_at_different_rows_mend_each_other(void **state)
{
	(void)state;
	for (unsigned damaged = 1; damaged <= 3; damaged++) {
		struct bk_buf whole[3] = {0};
		struct bk_target *target = begin_damaged(damaged, whole);
		assert_int_equal(mend(target), 0);
		must_be_as_before(target, whole);
		end(target, whole);
	}
}

/* The Nth act of that kind there fails, and all after it: as if the run had
 * ended there.  Nothing is lost, and the next run mends it. */
static bool cut_off(enum faulty_act act, unsigned at)
{
	struct bk_buf whole[3] = {0};
	struct bk_target *target = begin_damaged(2, whole);

	for (unsigned k = 0; k < 2; k++)
		faulty_add(spread_spoil(target, k),
			   (struct fault){.act = act,
					  .kind = BK_FULL,
					  .skip = at,
					  .times = 99});
	bool failed = mend(target) > 0;
	bk_target_close(target);
	if (spread_try(&world, &target, 2, 1, 3) < 0)
		fail_msg("%s", world.err.text);
	assert_true(spread_reads(target, SPREAD_PACK, &bytes));
	assert_int_equal(mend(target), 0);
	must_be_as_before(target, whole);
	end(target, whole);
	return failed;
}

static void a_mending_that_is_cut_off_loses_nothing(void **state)
{
	static const enum faulty_act acts[] = {FAULTY_BEGIN, FAULTY_COMMIT,
					       FAULTY_REMOVE};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		unsigned at = 0;
		while (cut_off(acts[i], at))
			at++;
		assert_true(at >= 2);
	}
}

static int make_bytes(void **state)
{
	(void)state;
	bytes = spread_bytes(LENGTH);
	return 0;
}

static int drop_bytes(void **state)
{
	(void)state;
	bk_buf_clear(&bytes);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			shards_damaged_at_different_rows_mend_each_other),
		cmocka_unit_test(a_mending_that_is_cut_off_loses_nothing),
	};

	return cmocka_run_group_tests(tests, make_bytes, drop_bytes);
}
