/* Accounts and folders of any store. */

#include "contract/store_world.h"

static void an_account_that_was_made_is_listed(void **state)
{
	(void)state;
	store_make_account();
	store_open();
	OK(store_ops()->accounts(world.store, &world.accounts, &world.err));
	assert_int_equal(world.accounts.n, 1);
	if (world.driver->many)
		assert_string_equal(world.accounts.items[0].address,
				    world.driver->address);
	store_make_account(); /* once more is fine */
}

static void an_account_is_found_when_it_is_there_and_not_made(void **state)
{
	struct bk_account found = {0};

	(void)state;
	for (int n = 0; world.driver->many && n < 2; n++) {
		world.err.kind = BK_OK;
		assert_int_equal(store_ops()->find_account(
					 world.store, "nobody@a.test",
					 &world.arena, &found, &world.err),
				 -1);
		assert_int_equal(world.err.kind, BK_GONE);
	}
	store_make_account();
	OK(store_ops()->find_account(world.store, world.driver->address,
				     &world.arena, &found, &world.err));
	assert_string_equal(found.address, world.driver->address);
	assert_string_equal(found.root, world.account.root);
}

/* Else it says that it cannot. */
static bool makes_account(const char *name)
{
	world.err.kind = BK_OK;
	if (store_ops()->create_account(world.store, name, &world.arena,
					&world.account, &world.err) == 0)
		return true;
	assert_int_equal(world.err.kind, BK_REFUSED);
	return false;
}

static void accounts_are_listed_by_address(void **state)
{
	static const char *const names[] = {"zoe@a.test", "ann@b.test",
					    "bob@a.test"};

	(void)state;
	if (!world.driver->many)
		return;
	if (store_ops()->accounts_are_given) {
		assert_false(makes_account(names[0]));
		return;
	}
	for (size_t i = 0; i < 3; i++)
		OK(store_ops()->create_account(world.store, names[i],
					       &world.arena, &world.account,
					       &world.err));
	OK(store_ops()->accounts(world.store, &world.accounts, &world.err));
	assert_int_equal(world.accounts.n, 3);
	assert_string_equal(world.accounts.items[0].address, "ann@b.test");
	assert_string_equal(world.accounts.items[1].address, "bob@a.test");
	assert_string_equal(world.accounts.items[2].address, "zoe@a.test");
}

static void an_address_cannot_lead_out_of_the_store(void **state)
{
	static const char *const names[] = {
		"../ann@a.test", "ann@..", "..@a.test",  "a/b@a.test", "",
		"ann@a\ntest",   "ann@/",  "\xff@a.test"};

	(void)state;
	if (!world.driver->many)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_false(makes_account(names[i]));
	/* Not even a tree need be there. */
	if (store_ops()->accounts(world.store, &world.accounts, &world.err) < 0)
		assert_int_equal(world.err.kind, BK_GONE);
	assert_int_equal(world.accounts.n, store_ops()->accounts_are_given);
}

static void a_store_of_one_account_takes_no_second(void **state)
{
	(void)state;
	if (world.driver->many)
		return;
	store_make_account();
	assert_false(makes_account("other@a.test"));
}

static void a_store_opened_for_reading_is_not_written(void **state)
{
	struct bk_folder folder = store_folder("INBOX");

	(void)state;
	store_make_account();
	world.config.writable = false;
	store_open();
	assert_int_equal(store_ops()->create_account(
				 world.store, world.driver->address,
				 &world.arena, &world.account, &world.err),
			 -1);
	assert_int_equal(world.err.kind, BK_MISUSE);
	assert_int_equal(store_ops()->begin(world.store, &world.account,
					    &folder, 0, &world.writer,
					    &world.err),
			 -1);
	assert_int_equal(world.err.kind, BK_MISUSE);
}

static bool is_no_name(const char *name)
{
	const char *chars = world.driver->not_in_names;

	return chars && strpbrk(name, chars);
}

static void assert_refused(const struct bk_folder *folder)
{
	if (store_ops()->begin(world.store, &world.account, folder, 0,
			       &world.writer, &world.err) == 0)
		fail_msg("'%s' was made", folder->name);
	assert_int_equal(world.err.kind, BK_REFUSED);
}

static void folders_come_back_sorted_with_the_inbox_first(void **state)
{
	static const char *const names[] = {
		"Zoo",
		"Entw\xc3\xbcrfe/J\xc3\xa4nner",
		"INBOX",
		"A & B",
		"Entw\xc3\xbcrfe",
		"INBOX/inside",
		"\"quoted\" 100%",
		"\xe6\x97\xa5\xe6\x9c\xac\xf0\x9f\x93\xa7",
		"a~b",
		"&Jjo-"};
	static const char *const sorted[] = {
		"INBOX",
		"\"quoted\" 100%",
		"&Jjo-",
		"A & B",
		"Entw\xc3\xbcrfe",
		"Entw\xc3\xbcrfe/J\xc3\xa4nner",
		"INBOX/inside",
		"Zoo",
		"a~b",
		"\xe6\x97\xa5\xe6\x9c\xac\xf0\x9f\x93\xa7"};

	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < 10; i++) {
		struct bk_folder folder = store_folder(names[i]);
		folder.subscribed = i % 2;
		if (is_no_name(names[i])) {
			assert_refused(&folder);
			continue;
		}
		store_begin(&folder);
		store_put_text("", 0, names[i]);
		store_finish();
	}
	for (size_t i = 0; i < 10; i++) {
		if (is_no_name(names[i]))
			continue;
		struct bk_folder *folder = store_look_at(names[i]);
		assert_int_equal(world.list.n, 1);
		assert_string_equal(store_text_of(folder, 0), names[i]);
		assert_int_equal(folder->subscribed, i % 2);
	}
	for (size_t i = 0; i < 10; i++)
		if (!is_no_name(sorted[i]))
			assert_string_equal(world.folders.items[n++].name,
					    sorted[i]);
	assert_int_equal(world.folders.n, n);
}

static void a_folder_cannot_lead_out_of_its_account(void **state)
{
	static const char *const names[] = {"..",   "../x", "a/../../x",
					    "",     "/etc", "a/",
					    "a//b", ".",    "a\nb/.."};

	(void)state;
	store_make_account();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct bk_folder folder = store_folder(names[i]);
		assert_refused(&folder);
	}
}

static void rights_come_back(void **state)
{
	struct bk_acl_entry acl[] = {
		{"user=ann", "lrws"},
                {"anyone",   "l"   },
                {"-group=x", "lr"  }
        };
	struct bk_folder folder = store_folder("Shared");

	(void)state;
	if (!world.driver->has_acl)
		return;
	folder.acl = acl;
	folder.n_acl = 3;
	store_begin(&folder);
	store_finish();
	struct bk_folder *found = store_look_at("Shared");
	assert_int_equal(found->n_acl, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(found->acl[i].who, acl[i].who);
		assert_string_equal(found->acl[i].rights, acl[i].rights);
	}
}

const struct store_test store_account_tests[] = {
	STORE_TEST(an_account_that_was_made_is_listed),
	STORE_TEST(an_account_is_found_when_it_is_there_and_not_made),
	STORE_TEST(accounts_are_listed_by_address),
	STORE_TEST(an_address_cannot_lead_out_of_the_store),
	STORE_TEST(a_store_of_one_account_takes_no_second),
	STORE_TEST(a_store_opened_for_reading_is_not_written),
	STORE_TEST(folders_come_back_sorted_with_the_inbox_first),
	STORE_TEST(a_folder_cannot_lead_out_of_its_account),
	STORE_TEST(rights_come_back),
	{NULL, NULL},
};
