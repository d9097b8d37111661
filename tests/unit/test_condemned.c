/* What a repository's trash lists condemn, and what only looks like one. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "lib/condemn.h"
#include "lib/recorder.h"
#include "repo/condemned.h"

static struct testrepo t;
static struct recorder recorder;
static struct bk_condemned condemned;
static struct bk_err err;

static const uint8_t set[BK_ID_LEN] = "the set";
static const struct bk_pack_id pack = {"its owner", 7};

static int start(void **state)
{
	(void)state;
	err = (struct bk_err){0};
	testrepo_make(&t);
	recorder_init(&recorder, t.repo.target);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_condemned_clear(&condemned);
	recorder_clear(&recorder);
	testrepo_drop(&t);
	return 0;
}

static bool has_set(void)
{
	bk_condemned_clear(&condemned);
	testrepo_done(bk_condemned_read(&t.repo, &condemned, &err), &err);
	return bk_condemned_has_set(&condemned, set);
}

static bool has_pack(const uint8_t owner[BK_ID_LEN], uint32_t ordinal)
{
	struct bk_table_row row = {.ordinal = 1, .owner_ordinal = ordinal};

	memcpy(row.owner, owner, sizeof(row.owner));
	return bk_condemned_has_pack(&condemned, &row);
}

static void without_lists_nothing_is_condemned(void **state)
{
	(void)state;
	assert_false(has_set());
	assert_false(has_pack(pack.owner, pack.ordinal));
}

static void a_list_condemns_its_sets_and_packs_and_no_others(void **state)
{
	const struct condemned_things first = {.number = 1, .set = set};
	const struct condemned_things second = {.number = 2, .pack = &pack};
	uint8_t other[BK_ID_LEN];

	(void)state;
	condemn(&t, &first);
	condemn(&t, &second);
	assert_true(has_set());
	assert_true(has_pack(pack.owner, 7));
	assert_false(has_pack(pack.owner, 6));
	assert_false(has_pack(set, 7));
	memcpy(other, set, sizeof(other));
	other[15] ^= 1;
	assert_false(bk_condemned_has_set(&condemned, other));
}

/* By their names too, until the list was carried out. */
static void the_files_of_a_list_are_condemned_until_it_was_carried_out(
	void **state)
{
	struct condemned_things list = {.number = 1, .pack = &pack};
	char seventh[BK_NAME_MAX], sixth[BK_NAME_MAX];

	(void)state;
	(void)bk_name_pack(seventh, pack.owner, 7);
	(void)bk_name_pack(sixth, pack.owner, 6);
	condemn(&t, &list);
	assert_false(has_set());
	assert_true(bk_condemned_has_file(&condemned, seventh));
	assert_false(bk_condemned_has_file(&condemned, sixth));
	assert_true(bk_condemned_touches(&condemned, pack.owner));
	assert_false(bk_condemned_touches(&condemned, set));
	list.step = BK_TRASH_DONE;
	list.pack = NULL;
	condemn(&t, &list);
	bk_condemned_clear(&condemned);
	testrepo_done(bk_tombstones_read(&t.repo, &condemned, &err), &err);
	assert_false(bk_condemned_has_file(&condemned, seventh));
}

static void deleting_that_began_condemns_and_deleting_that_ended_does_not(
	void **state)
{
	struct condemned_things list = {.number = 1, .set = set};

	(void)state;
	condemn(&t, &list);
	list.step = BK_TRASH_GO;
	list.set = NULL;
	condemn(&t, &list);
	assert_true(has_set());
	list.step = BK_TRASH_DONE;
	list.number = 2; /* of another list */
	condemn(&t, &list);
	assert_true(has_set());
	list.number = 1;
	condemn(&t, &list);
	assert_false(has_set());
}

static void a_list_that_is_not_signed_condemns_nothing(void **state)
{
	const struct condemned_things forged[] = {
		{.number = 1, .set = set, .forgery = UNSIGNED      },
		{.number = 2, .set = set, .forgery = WRONGLY_SIGNED},
	};

	(void)state;
	condemn(&t, &forged[0]);
	assert_false(has_set());
	condemn(&t, &forged[1]);
	assert_false(has_set());
}

static void a_list_under_another_name_condemns_nothing(void **state)
{
	const struct condemned_things list = {.number = 1, .set = set};
	struct condemned_things other = list;
	struct bk_buf bytes = {0};
	uint64_t size = 0;

	(void)state;
	condemn(&t, &list);
	other.number = 2;
	char *from = condemn_name(&list), *to = condemn_name(&other);
	testrepo_done(bk_target_stat(t.repo.target, from, &size, &err), &err);
	testrepo_done(
		bk_target_read(t.repo.target, from, 0, size, &bytes, &err),
		&err);
	testrepo_done(
		bk_target_put(t.repo.target, to, bk_buf_view(&bytes), &err),
		&err);
	testrepo_remove(&t, from);
	assert_false(has_set());
	free(from);
	free(to);
	bk_buf_clear(&bytes);
}

static void a_list_of_another_host_of_the_repository_condemns(void **state)
{
	const struct condemned_things list = {.number = 1, .set = set};
	uint8_t own = t.repo.host[0];

	(void)state;
	t.repo.host[0] ^= 1;
	condemn(&t, &list);
	t.repo.host[0] = own;
	assert_true(has_set());
}

/* Whatever byte is changed: it condemns what it should, or nothing. */
static void a_damaged_list_condemns_nothing(void **state)
{
	const struct condemned_things list = {.number = 1, .set = set};
	char *name = condemn_name(&list);
	uint64_t size = 0;
	size_t standing = 0;

	(void)state;
	condemn(&t, &list);
	testrepo_done(bk_target_stat(t.repo.target, name, &size, &err), &err);
	for (size_t at = 0; at < size; at++) {
		testrepo_flip(&t, name, at, 0x55);
		bk_condemned_clear(&condemned);
		struct bk_err why = {0};
		if (bk_condemned_read(&t.repo, &condemned, &why) < 0)
			assert_int_equal(why.kind, BK_NEWER);
		else
			standing += bk_condemned_has_set(&condemned, set);
		testrepo_flip(&t, name, at, 0x55);
	}
	assert_int_equal(standing, 0);
	testrepo_cut(&t, name, (size_t)size - 1);
	assert_false(has_set());
	testrepo_cut(&t, name, 0);
	assert_false(has_set());
	free(name);
}

static void a_listing_that_fails_is_an_error(void **state)
{
	struct bk_target *below = t.repo.target;

	(void)state;
	t.repo.target = &recorder.target;
	recorder.fail_on = "list trash";
	recorder.fail_kind = BK_LOST;
	assert_int_equal(bk_condemned_read(&t.repo, &condemned, &err), -1);
	assert_int_equal(err.kind, BK_LOST);
	assert_non_null(strstr(err.text, "trash"));
	t.repo.target = below;
}

/* Keys that cannot check the signature say so: it might be genuine. */
static void a_list_that_cannot_be_checked_is_an_error(void **state)
{
	const struct condemned_things list = {.number = 1, .set = set};
	struct bk_key_entry root = {.what = BK_KEY_CTL, .generation = 1};
	struct bk_repo poor = t.repo;

	(void)state;
	condemn(&t, &list);
	testrepo_done(
		bk_keys_get(&t.repo.keys, BK_KEY_CTL, 1, NULL, root.key, &err),
		&err);
	poor.keys = (struct bk_keys){0};
	testrepo_done(bk_keys_add(&poor.keys, &root, &err), &err);
	assert_int_equal(bk_condemned_read(&poor, &condemned, &err), -1);
	assert_int_equal(err.kind, BK_NO_KEY);
	bk_keys_clear(&poor.keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			without_lists_nothing_is_condemned, start, end),
		cmocka_unit_test_setup_teardown(
			a_list_condemns_its_sets_and_packs_and_no_others, start,
			end),
		cmocka_unit_test_setup_teardown(
			the_files_of_a_list_are_condemned_until_it_was_carried_out,
			start, end),
		cmocka_unit_test_setup_teardown(
			deleting_that_began_condemns_and_deleting_that_ended_does_not,
			start, end),
		cmocka_unit_test_setup_teardown(
			a_list_that_is_not_signed_condemns_nothing, start, end),
		cmocka_unit_test_setup_teardown(
			a_list_under_another_name_condemns_nothing, start, end),
		cmocka_unit_test_setup_teardown(
			a_list_of_another_host_of_the_repository_condemns,
			start, end),
		cmocka_unit_test_setup_teardown(a_damaged_list_condemns_nothing,
						start, end),
		cmocka_unit_test_setup_teardown(
			a_listing_that_fails_is_an_error, start, end),
		cmocka_unit_test_setup_teardown(
			a_list_that_cannot_be_checked_is_an_error, start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
