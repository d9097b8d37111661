/* Lists of messages, folders and accounts. */

#include "lib/test.h"

#include <stdio.h>
#include <string.h>

#include "mail/message.h"

static void add(struct bk_message_list *list, uint32_t uid, const char *name)
{
	struct bk_message *msg = bk_message_list_add(list);

	msg->uid = uid;
	msg->name = name ? bk_arena_strdup(&list->arena, name) : NULL;
}

static void an_empty_list_sorts_and_clears(void **state)
{
	struct bk_message_list list = {0};

	(void)state;
	bk_message_list_sort(&list);
	assert_int_equal(list.n, 0);
	bk_message_list_clear(&list);
	bk_message_list_clear(&list);
}

static void a_new_message_is_zeroed(void **state)
{
	struct bk_message_list list = {0};
	static const struct bk_message empty;

	(void)state;
	for (int i = 0; i < 100; i++) {
		struct bk_message *msg = bk_message_list_add(&list);
		assert_memory_equal(msg, &empty, sizeof(empty));
		memset(msg, 0xff, sizeof(*msg));
	}
	bk_message_list_clear(&list);
}

static void messages_are_ordered_by_uid_and_then_by_name(void **state)
{
	struct bk_message_list list = {0};

	(void)state;
	add(&list, 4000000000, "x");
	add(&list, 7, "b");
	add(&list, 7, "a");
	add(&list, 0, "z");
	add(&list, 0, NULL);
	bk_message_list_sort(&list);
	assert_null(list.items[0].name);
	assert_string_equal(list.items[1].name, "z");
	assert_string_equal(list.items[2].name, "a");
	assert_string_equal(list.items[3].name, "b");
	assert_int_equal(list.items[4].uid, 4000000000);
	bk_message_list_clear(&list);
}

static void a_keyword_keeps_its_index(void **state)
{
	struct bk_folder folder = {0};
	char name[16];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (uint16_t i = 0; i < 1000; i++) {
			(void)snprintf(name, sizeof(name), "k%u", i);
			assert_int_equal(bk_folder_keyword(&folder, name), i);
		}
	}
	assert_int_equal(folder.n_keywords, 1000);
	assert_string_equal(folder.keywords[999], "k999");
	bk_folder_clear(&folder);
}

static void a_table_made_by_a_driver_is_not_overrun(void **state)
{
	struct bk_folder folder = {0};

	(void)state;
	folder.keywords = bk_arena_alloc(&folder.arena, 2 * sizeof(char *));
	folder.keywords[0] = "$Forwarded";
	folder.keywords[1] = "NonJunk";
	folder.n_keywords = 2;
	assert_int_equal(bk_folder_keyword(&folder, "NonJunk"), 1);
	assert_int_equal(bk_folder_keyword(&folder, "nonjunk"), 2);
	assert_string_equal(folder.keywords[0], "$Forwarded");
	assert_string_equal(folder.keywords[2], "nonjunk");
	bk_folder_clear(&folder);
}

static void a_full_keyword_table_says_so(void **state)
{
	struct bk_folder folder = {0};

	(void)state;
	folder.keywords =
		bk_arena_alloc(&folder.arena, BK_KEYWORDS_MAX * sizeof(char *));
	for (size_t i = 0; i < BK_KEYWORDS_MAX; i++)
		folder.keywords[i] = "old";
	folder.keywords[BK_KEYWORDS_MAX - 1] = "last";
	folder.n_keywords = BK_KEYWORDS_MAX;
	assert_int_equal(bk_folder_keyword(&folder, "new"), BK_KEYWORD_NONE);
	assert_int_equal(bk_folder_keyword(&folder, "last"),
			 BK_KEYWORDS_MAX - 1);
	bk_folder_clear(&folder);
}

static void a_folder_list_frees_its_folders(void **state)
{
	struct bk_folder_list list = {0};

	(void)state;
	for (int i = 0; i < 50; i++) {
		struct bk_folder *folder = bk_folder_list_add(&list);
		assert_null(folder->name);
		folder->name = bk_arena_strdup(&folder->arena, "INBOX");
		(void)bk_folder_keyword(folder, "Junk");
	}
	assert_string_equal(list.items[0].name, "INBOX");
	bk_folder_list_clear(&list);
	assert_null(list.items);
}

static void accounts_are_ordered_by_address(void **state)
{
	struct bk_account_list list = {0};

	(void)state;
	bk_account_list_add(&list)->address = "b@example.org";
	bk_account_list_add(&list)->address = "a@example.org";
	bk_account_list_add(&list)->address = NULL;
	bk_account_list_sort(&list);
	assert_null(list.items[0].address);
	assert_string_equal(list.items[1].address, "a@example.org");
	assert_string_equal(list.items[2].address, "b@example.org");
	bk_account_list_clear(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_list_sorts_and_clears),
		cmocka_unit_test(a_new_message_is_zeroed),
		cmocka_unit_test(messages_are_ordered_by_uid_and_then_by_name),
		cmocka_unit_test(a_keyword_keeps_its_index),
		cmocka_unit_test(a_table_made_by_a_driver_is_not_overrun),
		cmocka_unit_test(a_full_keyword_table_says_so),
		cmocka_unit_test(a_folder_list_frees_its_folders),
		cmocka_unit_test(accounts_are_ordered_by_address),
	};
	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
