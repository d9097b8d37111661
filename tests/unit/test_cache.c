/* A cache saves requests, answers what the target holds, and may be spoiled in
 * any way without anybody noticing. */

#include "lib/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cached.h"
#include "lib/dice.h"

static struct cached cached;

static int start(void **state)
{
	(void)state;
	cached_start(&cached);
	return 0;
}

static int end(void **state)
{
	(void)state;
	cached_end(&cached);
	return 0;
}

static unsigned get(const char *name, size_t offset, size_t len)
{
	return cached_get(&cached, name, offset, len);
}

/* ---- requests ---- */

static void what_was_got_once_is_not_asked_for_again(void **state)
{
	(void)state;
	assert_int_equal(get(CACHED_INDEX, 1000, 2000000), 1);
	assert_int_equal(get(CACHED_INDEX, 1000, 2000000), 0);
	assert_int_equal(get(CACHED_INDEX, 500000, 100), 0);
	assert_int_equal(get(CACHED_ROOT, 0, 1000), 1);
	cached_again(&cached);
	assert_int_equal(get(CACHED_INDEX, 1000, 2000000), 0);
	assert_int_equal(get(CACHED_INDEX, 1500000, 400000), 0);
	assert_int_equal(get(CACHED_ROOT, 0, 900), 0);
	assert_int_equal(get(CACHED_INDEX, 999, 1), 1);
}

static void ranges_of_packs_are_not_kept_for_the_next_run(void **state)
{
	(void)state;
	assert_int_equal(get(CACHED_PACK, 1000, 1000), 1);
	assert_int_equal(get(CACHED_PACK, 1000, 1000), 0);
	cached_again(&cached);
	assert_int_equal(get(CACHED_PACK, 1000, 1000), 1);
	assert_int_equal(get(CACHED_PACK, 0, 2000000), 1);
	assert_int_equal(get(CACHED_PACK, 0, 2000000), 1);
}

static void what_can_be_taken_away_is_asked_for_each_time(void **state)
{
	static const char *const names[] = {"keys/00.bkk", "open/00.bko",
					    "trash/00.bkx", "hold/00.bkh",
					    "bkrepo"};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		cached_put(&cached, names[i], 100);
		assert_int_equal(get(names[i], 0, 100), 1);
		assert_int_equal(get(names[i], 0, 100), 1);
	}
}

/* As a file is opened: its end, its head, its end, its directory. */
static void the_ends_of_a_file_are_two_requests(void **state)
{
	static const char *const names[] = {CACHED_INDEX, CACHED_PACK};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		uint64_t before = cached.faulty->bytes_got;
		unsigned n = get(names[i], CACHED_SIZE - 220, 220);
		n += get(names[i], 0, 256);
		n += get(names[i], CACHED_SIZE - 220, 156);
		n += get(names[i], CACHED_SIZE - 600, 12);
		n += get(names[i], CACHED_SIZE - 600, 380);
		n += get(names[i], 256, 3000);
		assert_int_equal(n, 2);
		assert_true(cached.faulty->bytes_got - before <= 2 << 16);
	}
}

static void reading_in_order_takes_fewer_requests(void **state)
{
	unsigned n = 0;

	(void)state;
	(void)get(CACHED_PACK, CACHED_SIZE - 220, 220);
	uint64_t before = cached.faulty->bytes_got;
	for (size_t at = 500000; at < 500000 + 20 * 65560; at += 65560)
		n += get(CACHED_PACK, at, 65560);
	assert_in_range(n, 1, 9);
	assert_true(cached.faulty->bytes_got - before <=
		    21 * 65560 + (256 << 10));
}

static void leaps_take_little_more_than_is_asked_for(void **state)
{
	struct dice dice = {2};
	uint64_t asked = 0;

	(void)state;
	(void)get(CACHED_PACK, CACHED_SIZE - 220, 220);
	uint64_t before = cached.faulty->bytes_got;
	for (int i = 0; i < 100; i++) {
		size_t at = dice_below(&dice, CACHED_SIZE - 70000);
		(void)get(CACHED_PACK, at, 65560);
		asked += 65560;
	}
	assert_true(cached.faulty->bytes_got - before <= asked);
}

/* ---- truth ---- */

static void any_gets_bring_the_right_bytes(void **state)
{
	static const char *const names[] = {CACHED_INDEX, CACHED_PACK};
	struct dice dice = {3};

	(void)state;
	for (int i = 0; i < 1500; i++) {
		size_t most = (size_t)1 << (1 + dice_below(&dice, 20));
		size_t len = 1 + dice_below(&dice, most);
		size_t at = dice_one_in(&dice, 4)
				    ? CACHED_SIZE - len
				    : dice_below(&dice, CACHED_SIZE - len + 1);
		(void)get(names[i % 2], at, len);
		if (dice_one_in(&dice, 200))
			cached_again(&cached);
	}
}

static void a_sum_is_of_what_the_target_holds(void **state)
{
	uint8_t sum[BK_SHA256_LEN], other[BK_SHA256_LEN];
	char *path =
		bk_asprintf("%s/repo/%s", cached.scratch.path, CACHED_INDEX);

	(void)state;
	assert_int_equal(get(CACHED_INDEX, 0, CACHED_SIZE), 1);
	assert_int_equal(bk_target_sum(cached.target, CACHED_INDEX, 0,
				       CACHED_SIZE, sum, &cached.err),
			 0);
	int fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "damage", 6, 100000), 6);
	assert_int_equal(close(fd), 0);
	assert_int_equal(bk_target_sum(cached.target, CACHED_INDEX, 0,
				       CACHED_SIZE, other, &cached.err),
			 0);
	assert_memory_not_equal(sum, other, sizeof(sum));
	free(path);
}

static void a_blob_that_no_listing_shows_is_dropped(void **state)
{
	struct bk_target *elsewhere = cached.faulty->wrapper.below;
	struct bk_blob_list list = {0};

	(void)state;
	assert_int_equal(get(CACHED_INDEX, 0, CACHED_SIZE), 1);
	assert_int_equal(get(CACHED_PACK, 0, 100), 1);
	assert_int_equal(get(CACHED_ROOT, 0, 1000), 1);
	assert_int_equal(bk_target_remove(elsewhere, CACHED_INDEX, &cached.err),
			 0);
	assert_int_equal(bk_target_remove(elsewhere, CACHED_PACK, &cached.err),
			 0);
	assert_int_equal(bk_target_remove(elsewhere, CACHED_ROOT, &cached.err),
			 0);
	assert_int_equal(
		bk_target_list(cached.target, "data", &list, &cached.err), 0);
	assert_int_equal(list.n, 0);
	assert_int_equal(bk_target_read(cached.target, CACHED_INDEX, 0, 100,
					&cached.got, &cached.err),
			 -1);
	assert_int_equal(cached.err.kind, BK_GONE);
	assert_int_equal(bk_target_read(cached.target, CACHED_PACK, 0, 100,
					&cached.got, &cached.err),
			 -1);
	assert_int_equal(cached.err.kind, BK_GONE);
	/* It lies in another folder, that was not listed. */
	assert_int_equal(get(CACHED_ROOT, 0, 1000), 0);
	assert_int_equal(bk_target_list(cached.target, "", &list, &cached.err),
			 0);
	assert_int_equal(bk_target_read(cached.target, CACHED_ROOT, 0, 100,
					&cached.got, &cached.err),
			 -1);
	assert_int_equal(cached.err.kind, BK_GONE);
}

static void a_listing_that_failed_drops_nothing(void **state)
{
	struct bk_blob_list list = {0};

	(void)state;
	assert_int_equal(get(CACHED_INDEX, 0, CACHED_SIZE), 1);
	faulty_add(cached.faulty,
		   (struct fault){.act = FAULTY_LIST, .kind = BK_LOST});
	assert_int_equal(bk_target_list(cached.target, "", &list, &cached.err),
			 -1);
	assert_int_equal(get(CACHED_INDEX, 0, CACHED_SIZE), 0);
}

static void what_was_removed_is_gone(void **state)
{
	uint64_t size;

	(void)state;
	assert_int_equal(get(CACHED_INDEX, 0, CACHED_SIZE), 1);
	assert_int_equal(get(CACHED_ROOT, 0, 1000), 1);
	assert_int_equal(
		bk_target_remove(cached.target, CACHED_INDEX, &cached.err), 0);
	assert_int_equal(bk_target_read(cached.target, CACHED_INDEX, 0, 1,
					&cached.got, &cached.err),
			 -1);
	assert_int_equal(cached.err.kind, BK_GONE);
	assert_int_equal(bk_target_remove(cached.faulty->wrapper.below,
					  CACHED_ROOT, &cached.err),
			 0);
	assert_int_equal(
		bk_target_stat(cached.target, CACHED_ROOT, &size, &cached.err),
		-1);
	assert_int_equal(bk_target_read(cached.target, CACHED_ROOT, 0, 1,
					&cached.got, &cached.err),
			 -1);
	assert_int_equal(cached.err.kind, BK_GONE);
}

static void a_get_that_fails_leaves_nothing_behind(void **state)
{
	(void)state;
	faulty_add(cached.faulty, (struct fault){.act = FAULTY_GET,
						 .kind = BK_LOST,
						 .after = 1000000});
	assert_int_equal(bk_target_read(cached.target, CACHED_INDEX, 0,
					CACHED_SIZE, &cached.got, &cached.err),
			 -1);
	assert_int_equal(cached.err.kind, BK_LOST);
	faulty_add(cached.faulty,
		   (struct fault){.act = FAULTY_GET, .kind = BK_LOST});
	assert_int_equal(bk_target_read(cached.target, CACHED_INDEX, 0, 100,
					&cached.got, &cached.err),
			 -1);
	assert_int_equal(cached.err.kind, BK_LOST);
	assert_int_equal(get(CACHED_INDEX, 0, CACHED_SIZE), 1);
	assert_int_equal(get(CACHED_INDEX, 0, 100), 0);
}

/* ---- a folder that anything may happen to ---- */

enum { DELETE, CUT, EXTEND, EMPTY, FLIP, FLIP_SUM, SWAP, UNREADABLE, WAYS };

/* Does it to each file of the cache; the number of files. */
static unsigned spoil(unsigned way)
{
	char folder[80], path[400], first[400] = "";
	struct dirent *entry;
	unsigned n = 0;
	struct stat st;

	(void)snprintf(folder, sizeof(folder), "%s/cache", cached.scratch.path);
	DIR *dir = opendir(folder);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (!strchr(entry->d_name, '@'))
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder,
			       entry->d_name);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		uint8_t byte = 0;
		off_t at = way == FLIP_SUM ? st.st_size - 1 : st.st_size / 3;
		int fd = open(path, O_RDWR);
		assert_true(fd >= 0);
		if (way == DELETE)
			assert_int_equal(unlink(path), 0);
		if (way == CUT)
			assert_int_equal(ftruncate(fd, st.st_size - 1), 0);
		if (way == EXTEND)
			assert_int_equal(ftruncate(fd, st.st_size + 1), 0);
		if (way == EMPTY)
			assert_int_equal(ftruncate(fd, 0), 0);
		if (way == FLIP || way == FLIP_SUM) {
			assert_int_equal(pread(fd, &byte, 1, at), 1);
			byte ^= 1;
			assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		}
		if (way == SWAP && n % 2)
			assert_int_equal(renameat2(AT_FDCWD, first, AT_FDCWD,
						   path, RENAME_EXCHANGE),
					 0);
		if (way == UNREADABLE) {
			assert_int_equal(unlink(path), 0);
			assert_int_equal(mkdir(path, 0700), 0);
		}
		(void)snprintf(first, sizeof(first), "%s", path);
		assert_int_equal(close(fd), 0);
		n++;
	}
	assert_int_equal(closedir(dir), 0);
	return n;
}

static void whatever_happens_to_the_folder_heals(void **state)
{
	(void)state;
	for (unsigned way = 0; way < 2 * WAYS; way++) {
		(void)get(CACHED_INDEX, 0, 1000000);
		(void)get(CACHED_INDEX, 1100000, 1000000);
		if (way % 2)
			cached_again(&cached);
		assert_true(spoil(way / 2) >= 2);
		if (way % 2)
			cached_again(&cached);
		assert_int_equal(get(CACHED_INDEX, 0, 1000000), 1);
		assert_int_equal(get(CACHED_INDEX, 1100000, 1000000), 1);
		if (way / 2 == UNREADABLE)
			break;
		cached_again(&cached);
		assert_int_equal(get(CACHED_INDEX, 0, 1000000), 0);
		assert_int_equal(get(CACHED_INDEX, 1100000, 1000000), 0);
	}
}

static void strangers_in_the_folder_are_left_alone(void **state)
{
	(void)state;
	scratch_file(&cached.scratch, "cache/notes.txt", "mine");
	scratch_file(&cached.scratch, "cache/data_x.bki@0+4", "no sum");
	scratch_file(&cached.scratch, "cache/data_x.bki@zero+4", "no number");
	scratch_file(&cached.scratch, "cache/data_x.bki@0+4.1.2.part", "old");
	scratch_age(&cached.scratch, "cache/data_x.bki@0+4.1.2.part",
		    1000000000);
	scratch_file(&cached.scratch, "cache/data_y.bki@0+4.1.2.part", "new");
	cached_again(&cached);
	assert_true(scratch_has(&cached.scratch, "cache/notes.txt"));
	assert_true(
		scratch_has(&cached.scratch, "cache/data_y.bki@0+4.1.2.part"));
	assert_false(scratch_has(&cached.scratch, "cache/data_x.bki@0+4"));
	assert_false(scratch_has(&cached.scratch, "cache/data_x.bki@zero+4"));
	assert_false(
		scratch_has(&cached.scratch, "cache/data_x.bki@0+4.1.2.part"));
}

static uint64_t folder_size(void)
{
	char folder[80];
	struct dirent *entry;
	uint64_t sum = 0;
	struct stat st;

	(void)snprintf(folder, sizeof(folder), "%s/cache", cached.scratch.path);
	DIR *dir = opendir(folder);
	while ((entry = readdir(dir)))
		if (strchr(entry->d_name, '@') &&
		    fstatat(dirfd(dir), entry->d_name, &st, 0) == 0)
			sum += (uint64_t)st.st_size;
	assert_int_equal(closedir(dir), 0);
	return sum;
}

static void the_folder_stays_within_its_bound(void **state)
{
	char name[40];

	(void)state;
	bk_target_close(cached.target);
	cached_open(&cached, 4000000);
	for (unsigned i = 0; i < 12; i++) {
		(void)snprintf(name, sizeof(name), "data/%u/m.bkm", i);
		cached_put(&cached, name, CACHED_SIZE);
		assert_int_equal(get(name, 0, 900000), 1);
		if (i)
			assert_int_equal(get("data/0/m.bkm", 0, 900000), 0);
		assert_true(folder_size() <= 4000000);
	}
	/* The first one was used all the time; the second one went. */
	assert_int_equal(get("data/1/m.bkm", 0, 900000), 1);
	/* Too large a part of it. */
	assert_int_equal(get(CACHED_INDEX, 0, 2000000), 1);
	assert_int_equal(get(CACHED_INDEX, 0, 2000000), 1);
	bk_target_close(cached.target);
	cached_open(&cached, 1000000);
	assert_true(folder_size() <= 1000000);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_was_got_once_is_not_asked_for_again),
		CASE(ranges_of_packs_are_not_kept_for_the_next_run),
		CASE(what_can_be_taken_away_is_asked_for_each_time),
		CASE(the_ends_of_a_file_are_two_requests),
		CASE(reading_in_order_takes_fewer_requests),
		CASE(leaps_take_little_more_than_is_asked_for),
		CASE(any_gets_bring_the_right_bytes),
		CASE(a_sum_is_of_what_the_target_holds),
		CASE(a_blob_that_no_listing_shows_is_dropped),
		CASE(a_listing_that_failed_drops_nothing),
		CASE(what_was_removed_is_gone),
		CASE(a_get_that_fails_leaves_nothing_behind),
		CASE(whatever_happens_to_the_folder_heals),
		CASE(strangers_in_the_folder_are_left_alone),
		CASE(the_folder_stays_within_its_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
