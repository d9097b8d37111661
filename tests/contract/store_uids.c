/* When a store keeps the UIDs that it is given. */

#include "contract/store_world.h"

/* It says so, and numbers its n messages as they came. */
static void assert_own_uids(const char *name, size_t n)
{
	assert_false(world.result.kept_uids);
	assert_true(world.result.own_uids);
	assert_non_null(strstr(world.result.note, "UID"));
	struct bk_folder *found = store_look_at(name);
	assert_int_equal(found->uid_next, n + 1);
	assert_int_not_equal(found->uid_validity, 1234567);
	assert_int_equal(world.list.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(world.list.items[i].uid, i + 1);
}

static void an_empty_folder_takes_the_uids_of_the_source(void **state)
{
	struct bk_folder folder = store_folder_with_uids("INBOX");

	(void)state;
	store_begin(&folder);
	assert_int_equal(world.writer->keeps_uids, !world.driver->gives_uids);
	store_put_text("b", 30, "thirty");
	store_put_text("a", 7, "seven");
	store_put_text("c", 31, "thirty-one");
	store_finish();
	if (world.driver->gives_uids) {
		assert_own_uids("INBOX", 3);
		return;
	}
	assert_true(world.result.kept_uids);
	assert_int_equal(world.result.uid_validity, 1234567);
	struct bk_folder *found = store_look_at("INBOX");
	assert_int_equal(found->uid_validity, 1234567);
	assert_int_equal(found->uid_next, 50 + STORE_GAP);
	assert_int_equal(world.list.n, 3);
	assert_int_equal(world.list.items[0].uid, 7);
	assert_string_equal(store_text_of(found, 0), "seven");
	assert_int_equal(world.list.items[1].uid, 30);
	assert_string_equal(store_text_of(found, 1), "thirty");
	assert_int_equal(world.list.items[2].uid, 31);
}

static void uidnext_passes_every_uid_that_was_given(void **state)
{
	struct bk_folder folder = store_folder_with_uids("INBOX");

	(void)state;
	store_begin(&folder);
	store_put_text("", 8000, "later than UIDNEXT says");
	store_finish();
	if (world.driver->gives_uids)
		assert_own_uids("INBOX", 1);
	else
		assert_true(store_look_at("INBOX")->uid_next >
			    8000 + STORE_GAP);
}

static void a_message_without_uid_is_kept_beside_those_with_one(void **state)
{
	struct bk_folder folder = store_folder_with_uids("INBOX");

	(void)state;
	store_begin(&folder);
	store_put_text("", 0, "none");
	store_put_text("", 7, "seven");
	store_finish();
	if (world.driver->gives_uids) {
		assert_own_uids("INBOX", 2);
		return;
	}
	assert_true(world.result.kept_uids);
	struct bk_folder *found = store_look_at("INBOX");
	assert_int_equal(world.list.n, 2);
	assert_int_equal(store_find_text(found, "seven")->uid, 7);
	uint32_t uid = store_find_text(found, "none")->uid;
	assert_true(uid == 0 || uid >= 50);
}

static void a_folder_that_gave_out_uids_keeps_its_own(void **state)
{
	struct bk_folder first = store_folder_with_uids("INBOX");
	struct bk_folder second = store_folder_with_uids("INBOX");

	(void)state;
	store_begin(&first);
	store_put_text("one", 1, "one");
	store_finish();
	second.uid_validity = 99;
	uint32_t validity = world.result.uid_validity;
	store_begin(&second);
	assert_false(world.writer->keeps_uids);
	store_put_text("two", 1, "two");
	store_finish();
	assert_false(world.result.kept_uids);
	assert_non_null(strstr(world.result.note, "UID"));
	struct bk_folder *found = store_look_at("INBOX");
	assert_int_equal(found->uid_validity, validity);
	assert_int_equal(world.list.n, 2);
	assert_int_equal(store_find_text(found, "one")->uid, 1);
	uint32_t uid = store_find_text(found, "two")->uid;
	assert_true(uid == 0 || uid > 1);
}

static void a_folder_without_uidvalidity_gets_what_the_store_gives(void **state)
{
	struct bk_folder folder = store_folder("INBOX");

	(void)state;
	store_begin(&folder);
	assert_false(world.writer->keeps_uids);
	store_put_text("", 7, "seven");
	store_finish();
	assert_false(world.result.kept_uids);
	(void)store_look_at("INBOX");
	assert_int_equal(world.list.n, 1);
}

static void an_empty_folder_keeps_its_uidvalidity_too(void **state)
{
	struct bk_folder folder = store_folder_with_uids("Empty");

	(void)state;
	store_begin(&folder);
	store_finish();
	if (world.driver->gives_uids) {
		assert_own_uids("Empty", 0);
		return;
	}
	assert_true(world.result.kept_uids);
	struct bk_folder *found = store_look_at("Empty");
	assert_int_equal(found->uid_validity, 1234567);
	assert_int_equal(found->uid_next, 50 + STORE_GAP);
}

const struct store_test store_uid_tests[] = {
	STORE_TEST(an_empty_folder_takes_the_uids_of_the_source),
	STORE_TEST(uidnext_passes_every_uid_that_was_given),
	STORE_TEST(a_message_without_uid_is_kept_beside_those_with_one),
	STORE_TEST(a_folder_that_gave_out_uids_keeps_its_own),
	STORE_TEST(a_folder_without_uidvalidity_gets_what_the_store_gives),
	STORE_TEST(an_empty_folder_keeps_its_uidvalidity_too),
	{NULL, NULL},
};
