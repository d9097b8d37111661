/* What a backup stands on when its repository cannot be read: nothing but
 * damage and loss makes a full set of a differential. */

#include "lib/test.h"

#include <stdio.h>
#include <string.h>

#include "job/backup_base.h"
#include "job/exit.h"
#include "lib/backups.h"
#include "lib/faulty.h"

static struct backups b;
static struct faulty *faulty;
static FILE *nowhere;

static int start(void **state)
{
	(void)state;
	backups_begin(&b);
	backups_fill(&b);
	faulty = faulty_open(b.below);
	faulty->any_length = true;
	b.below = &faulty->wrapper.target;
	b.t.repo.target = b.below;
	nowhere = fopen("/dev/null", "w");
	assert_non_null(nowhere);
	b.request.style.out = nowhere;
	b.request.threads = 1;
	backups_make(&b, BK_BACKUP_FULL);
	backups_deliver(&b, ANN, "", "9.new.host:2,", "Subject: x\n\nNew\n");
	backups_make(&b, BK_BACKUP_DIFFERENTIAL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	(void)fclose(nowhere);
	backups_end(&b);
	return 0;
}

static const enum bk_kind passing[] = {BK_DENIED,    BK_LOST,    BK_BUSY,
				       BK_CANCELLED, BK_STARVED, BK_FAILED};

/* One read after the other fails, until there is none left.  Each time the
 * choice ends with that error; the last time it is what was asked for. */
static unsigned fail_each(enum bk_kind kind, enum bk_set_kind chosen)
{
	for (unsigned n = 0;; n++) {
		struct bk_backup_base base = {0};
		struct bk_err err = {0};
		faulty->n = 0;
		faulty_add(faulty, (struct fault){.act = FAULTY_GET,
						  .kind = kind,
						  .skip = n});
		int rc = bk_backup_base_choose(&base, &b.request, NULL, &err);
		if (rc == 0)
			assert_int_equal(base.kind, chosen);
		bk_backup_base_clear(&base);
		if (rc == 0)
			return n;
		assert_int_equal(err.kind, kind);
		assert_non_null(strstr(err.text, "as the test says"));
	}
}

static void what_cannot_be_read_now_makes_no_full_set(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); i++) {
		b.request.wish = BK_BACKUP_DIFFERENTIAL;
		assert_true(fail_each(passing[i], BK_SET_DIFFERENTIAL) > 8);
		b.request.wish = BK_BACKUP_INCREMENTAL;
		assert_true(fail_each(passing[i], BK_SET_INCREMENTAL) > 8);
	}
	faulty->n = 0;
}

static void what_cannot_be_listed_now_makes_no_full_set(void **state)
{
	static const char *const folders[] = {"sets", "data", "trash"};

	(void)state;
	b.request.dry_run = true;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		faulty->n = 0;
		faulty_add(faulty, (struct fault){.act = FAULTY_LIST,
						  .kind = BK_DENIED,
						  .name = folders[i]});
		assert_int_equal(backups_run(&b, BK_BACKUP_AUTO), -1);
		assert_int_equal(b.err.kind, BK_DENIED);
		assert_int_equal(faulty->faults[0].times, 0);
	}
}

static void a_run_that_writes_ends_as_its_dry_run(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 8; n++) {
		faulty->n = 0;
		faulty_add(faulty, (struct fault){.act = FAULTY_GET,
						  .kind = BK_DENIED,
						  .skip = n});
		int rc = backups_run(&b, BK_BACKUP_AUTO);
		assert_int_equal(bk_exit_status(rc, &b.outcome, &b.err),
				 BK_EXIT_TARGET);
		assert_int_equal(backups_sets(&b), 2);
	}
	backups_make(&b, BK_BACKUP_AUTO);
	assert_string_equal(b.summary.kind, "differential");
}

/* Its name says neither host nor store. */
static void a_root_that_may_not_be_read_may_be_ours(void **state)
{
	char root[BK_NAME_MAX];

	(void)state;
	faulty_add(faulty, (struct fault){.act = FAULTY_GET,
					  .kind = BK_DENIED,
					  .every = 1,
					  .name = bk_name_root(root, b.set)});
	assert_int_equal(backups_run(&b, BK_BACKUP_DIFFERENTIAL), -1);
	assert_int_equal(b.err.kind, BK_DENIED);
	assert_non_null(strstr(b.err.text, root));
	faulty->n = 0;
	assert_int_equal(backups_sets(&b), 2);
}

/* There must be a way out where one file is never to be read again. */
static void who_asks_for_a_full_set_gets_it(void **state)
{
	char name[BK_NAME_MAX];

	(void)state;
	faulty_add(faulty, (struct fault){.act = FAULTY_GET,
					  .kind = BK_DENIED,
					  .every = 1,
					  .name = bk_name_bundle(name, b.set)});
	assert_int_equal(backups_run(&b, BK_BACKUP_AUTO), -1);
	testrepo_done(backups_run(&b, BK_BACKUP_FULL), &b.err);
	assert_true(backups_said(&b, "warning: cannot stand on an earlier"));
	faulty->n = 0;
	backups_check(&b);
	backups_make(&b, BK_BACKUP_AUTO);
	assert_string_equal(b.summary.kind, "differential");
}

static void a_full_set_for_want_of_its_base_is_a_warning(void **state)
{
	char name[BK_NAME_MAX];

	(void)state;
	backups_make(&b, BK_BACKUP_FULL);
	testrepo_remove(&b.t, bk_name_bundle(name, b.set));
	b.request.dry_run = true;
	testrepo_done(backups_run(&b, BK_BACKUP_AUTO), &b.err);
	assert_true(backups_said(&b, "warning: cannot stand on an earlier"));
	assert_string_equal(b.summary.kind, "full");
	b.request.dry_run = false;
	backups_make(&b, BK_BACKUP_AUTO);
	assert_true(backups_said(&b, "warning: cannot stand on an earlier"));
	assert_string_equal(b.summary.kind, "full");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_cannot_be_read_now_makes_no_full_set),
		CASE(what_cannot_be_listed_now_makes_no_full_set),
		CASE(a_run_that_writes_ends_as_its_dry_run),
		CASE(a_root_that_may_not_be_read_may_be_ours),
		CASE(who_asks_for_a_full_set_gets_it),
		CASE(a_full_set_for_want_of_its_base_is_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
