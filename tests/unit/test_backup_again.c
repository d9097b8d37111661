/* Runs that are cut short, and the ones after them: what was complete is taken
 * over, nothing is lost, nothing is left lying about. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/backups.h"
#include "lib/condemn.h"
#include "lib/dice.h"

#define LETTERS 30
#define MIB     ((uint64_t)1 << 20)

static struct backups b;

/* 30 messages of 1 MiB that do not compress, in two accounts. */
static int start(void **state)
{
	struct dice dice = {5};

	(void)state;
	backups_begin(&b);
	b.job.repo.pack_size = MIB;
	b.request.threads = 1;
	for (int i = 0; i < LETTERS; i++) {
		struct bk_buf text = {0};
		char name[40];
		bk_buf_printf(&text, "Subject: %d\n\n", i);
		for (size_t n = 0; n < MIB; n++)
			bk_buf_add_u8(&text, (uint8_t)(1 | dice_throw(&dice)));
		(void)snprintf(name, sizeof(name), "17%d.M0.host:2,", i);
		backups_deliver(&b, i % 2 ? ANN : BOB, "", name,
				bk_buf_text(&text));
		bk_buf_clear(&text);
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	backups_end(&b);
	return 0;
}

/* A run that ends when so many bytes were written. */
static void cut_after(uint64_t bytes)
{
	b.recorder.room = bytes;
	b.recorder.written = 0;
	assert_int_equal(backups_run(&b, BK_BACKUP_FULL), -1);
	assert_int_equal(b.err.kind, BK_FULL);
	b.recorder.room = 0;
	b.recorder.written = 0;
}

static size_t count(const char *folder)
{
	struct bk_blob_list list = {0};
	struct bk_err err = {0};

	testrepo_done(bk_target_list(b.below, folder, &list, &err), &err);
	size_t n = list.n;
	bk_blob_list_clear(&list);
	return n;
}

static void the_next_run_goes_on_from_complete_packs(void **state)
{
	(void)state;
	cut_after(20 * MIB);
	assert_true(count("data") >= 8);
	assert_int_equal(count("open"), 1);
	backups_make(&b, BK_BACKUP_FULL);
	assert_true(backups_said(&b, "going on from "));
	assert_true(b.recorder.written < 20 * MIB);
	assert_int_equal(count("open"), 0);
	/* And a set that stands on it finds everything again. */
	backups_rename(&b, ANN "/cur/171.M0.host:2,",
		       ANN "/cur/991.new.host:2,");
	b.recorder.written = 0;
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	assert_true(b.recorder.written < MIB / 4);
}

static void a_run_that_is_cut_twice_loses_nothing_of_the_first(void **state)
{
	(void)state;
	cut_after(20 * MIB);
	cut_after(1000 + 40 * 512); /* before it has a pack of its own */
	cut_after(2 * MIB);
	backups_make(&b, BK_BACKUP_FULL);
	assert_true(b.recorder.written < 9 * MIB);
	assert_int_equal(count("open"), 0);
}

static void a_pack_that_is_damaged_is_not_taken_over(void **state)
{
	struct bk_blob_list list = {0};
	struct bk_err err = {0};

	(void)state;
	cut_after(20 * MIB);
	testrepo_done(bk_target_list(b.below, "data", &list, &err), &err);
	for (size_t i = 0; i < list.n; i++) {
		if (i % 3 == 0)
			testrepo_flip(&b.t, list.items[i].name, i * 1000 + 300,
				      4);
		if (i % 3 == 1)
			testrepo_cut(&b.t, list.items[i].name,
				     (size_t)list.items[i].size - 1);
	}
	bk_blob_list_clear(&list);
	backups_make(&b, BK_BACKUP_FULL);
	assert_true(b.recorder.written > 20 * MIB);
	assert_true(b.recorder.written < 26 * MIB);
}

static void a_pack_that_is_condemned_is_not_taken_over(void **state)
{
	struct bk_blob_list list = {0};
	struct bk_err err = {0};

	(void)state;
	cut_after(20 * MIB);
	testrepo_done(bk_target_list(b.below, "data", &list, &err), &err);
	for (size_t i = 0; i < list.n; i++) {
		struct condemned_things sentence = {.number = (unsigned)i};
		struct bk_pack_id pack = {{0}, 0};
		struct bk_name name;
		assert_int_equal(bk_name_parse(list.items[i].name, &name),
				 BK_NAME_PACK);
		memcpy(pack.owner, name.id, sizeof(pack.owner));
		pack.ordinal = name.ordinal;
		sentence.pack = &pack;
		condemn(&b.t, &sentence);
	}
	bk_blob_list_clear(&list);
	b.recorder.written = 0;
	backups_make(&b, BK_BACKUP_FULL);
	assert_true(b.recorder.written > 25 * MIB);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_next_run_goes_on_from_complete_packs),
		CASE(a_run_that_is_cut_twice_loses_nothing_of_the_first),
		CASE(a_pack_that_is_damaged_is_not_taken_over),
		CASE(a_pack_that_is_condemned_is_not_taken_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
