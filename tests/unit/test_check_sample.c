/* Whose turn it is to be read: everything, in time, whatever comes and goes. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "job/check_sample.h"
#include "lib/dice.h"
#include "lib/scratch.h"

#define PPM 1000000u

static struct scratch scratch;
static const uint8_t repo[BK_ID_LEN] = {1};

/* A repository that grows and shrinks. */
#define MOST 200
static struct {
	struct bk_sample_item items[MOST];
	unsigned since[MOST]; /* run that it was read in, or first seen before
			       */
	size_t n;
	uint32_t made;
} world;

static void add_packs(size_t n, uint64_t size)
{
	for (size_t i = 0; i < n && world.n < MOST; i++) {
		struct bk_sample_item *item = &world.items[world.n];
		*item = (struct bk_sample_item){.size = size};
		/* Some come before others: clocks differ. */
		item->key.owner[0] = (uint8_t)(world.made * 37);
		item->key.ordinal = world.made++;
		world.since[world.n++] = UINT32_MAX;
	}
}

static void take_pack(size_t i)
{
	world.n--;
	world.items[i] = world.items[world.n];
	world.since[i] = world.since[world.n];
}

/* One run; returns the bytes that it read. */
static uint64_t run_once(unsigned number, uint32_t ppm)
{
	struct bk_check_sample sample;
	struct bk_err err = {0};
	uint64_t bytes = 0;

	bk_check_sample_load(&sample, scratch.path, "/a", repo);
	bk_check_sample_choose(&sample, world.items, world.n, ppm, 7);
	for (size_t i = 0; i < world.n; i++) {
		world.items[i].bad = false;
		if (world.since[i] == UINT32_MAX)
			world.since[i] = number - 1;
		if (!world.items[i].chosen)
			continue;
		bytes += world.items[i].size;
		world.since[i] = number;
	}
	assert_int_equal(
		bk_check_sample_save(&sample, world.items, world.n, &err), 0);
	bk_check_sample_clear(&sample);
	return bytes;
}

static int fresh(void **state)
{
	char *path = bk_asprintf("rm -f %s/*", scratch.path);

	(void)state;
	memset(&world, 0, sizeof(world));
	int rc = system(path); /* NOLINT: a test's own folder */
	free(path);
	return rc;
}

static void a_tenth_reads_everything_in_ten_runs_and_nothing_twice(void **state)
{
	(void)state;
	add_packs(100, 64);
	for (unsigned run = 1; run <= 30; run++)
		assert_int_equal(run_once(run, PPM / 10), 10 * 64);
	for (size_t i = 0; i < world.n; i++)
		assert_in_range(world.since[i], 21, 30);
}

static void whatever_comes_and_goes_none_waits_longer(void **state)
{
	static const uint32_t shares[] = {PPM / 2, PPM / 3, PPM / 10,
					  PPM / 7 + 1, 990000};

	for (unsigned seed = 0; seed < 40; seed++) {
		uint32_t ppm = shares[seed % 5];
		unsigned most = (PPM + ppm - 1) / ppm;
		struct dice dice = {seed};
		(void)fresh(state);
		add_packs(1 + dice_below(&dice, 20), 5);
		for (unsigned run = 1; run <= 40; run++) {
			(void)run_once(run, ppm);
			for (size_t i = 0; i < world.n; i++)
				assert_in_range(run - world.since[i], 0,
						most - 1);
			if (dice_below(&dice, 3) == 0)
				add_packs(dice_below(&dice, 12),
					  1 + dice_below(&dice, 90));
			for (size_t k = dice_below(&dice, 6); k && world.n; k--)
				take_pack(dice_below(&dice, world.n));
		}
	}
}

static void what_is_damaged_is_read_until_it_is_whole(void **state)
{
	struct bk_check_sample sample;
	struct bk_err err = {0};

	(void)state;
	add_packs(50, 10);
	for (unsigned run = 1; run <= 9; run++) {
		bool bad = run < 8;
		bk_check_sample_load(&sample, scratch.path, "/a", repo);
		bk_check_sample_choose(&sample, world.items, 50, PPM / 50, 0);
		if (run > 1)
			assert_int_equal(world.items[3].chosen, run < 9);
		world.items[3].bad = bad;
		assert_int_equal(
			bk_check_sample_save(&sample, world.items, 50, &err),
			0);
		bk_check_sample_clear(&sample);
	}
}

static void without_memory_each_day_has_another_share(void **state)
{
	const struct bk_check_sample none = {0};
	bool seen[100] = {false};

	(void)state;
	add_packs(100, 1);
	for (uint64_t day = 20000; day < 20010; day++) {
		bk_check_sample_choose(&none, world.items, 100, PPM / 10, day);
		for (size_t i = 0; i < 100; i++)
			seen[i] |= world.items[i].chosen;
	}
	for (size_t i = 0; i < 100; i++)
		assert_true(seen[i]);
}

static void nonsense_in_the_file_is_as_good_as_none(void **state)
{
	static const char *const texts[] = {
		"", "run\n", "run 18446744073709551615\n",
		"run 1000005\nx y z\n",
		"run 1000005\n01000000000000000000000000000000 1 2000000\n"};
	char *name = NULL;

	(void)state;
	add_packs(10, 1);
	(void)run_once(1, PPM / 2);
	struct bk_check_sample sample;
	bk_check_sample_load(&sample, scratch.path, "/a", repo);
	name = bk_strdup(sample.path);
	bk_check_sample_clear(&sample);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		FILE *out = fopen(name, "w");
		assert_non_null(out);
		assert_true(fputs(texts[i], out) >= 0);
		assert_int_equal(fclose(out), 0);
		assert_int_equal(run_once(2, PPM / 2), 5);
	}
	free(name);
}

static void a_small_share_reads_one_at_least(void **state)
{
	(void)state;
	add_packs(1, 100);
	for (unsigned run = 1; run < 5; run++)
		assert_int_equal(run_once(run, 1), 100);
	(void)fresh(state);
	assert_int_equal(run_once(1, 1), 0); /* of none, none */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			a_tenth_reads_everything_in_ten_runs_and_nothing_twice,
			fresh),
		cmocka_unit_test_setup(
			whatever_comes_and_goes_none_waits_longer, fresh),
		cmocka_unit_test_setup(
			what_is_damaged_is_read_until_it_is_whole, fresh),
		cmocka_unit_test_setup(
			without_memory_each_day_has_another_share, fresh),
		cmocka_unit_test_setup(nonsense_in_the_file_is_as_good_as_none,
				       fresh),
		cmocka_unit_test_setup(a_small_share_reads_one_at_least, fresh),
	};

	scratch_make(&scratch);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	scratch_drop(&scratch);
	return failed;
}
