/* Scripts among what a set has of an account: in, kept over, out again, and
 * what a set that is not ours says. */

#include "lib/test.h"

#include <string.h>

#include "store/kept_texts.h"

static struct bk_property own[] = {
	{"maildirsize", {(const uint8_t *)"1", 1}},
};

static struct bk_account account_of_one_file(void)
{
	return (struct bk_account){
		.address = "ann@a.test",
		.settings = own,
		.n_settings = 1,
	};
}

static void add(struct bk_script_list *list, const char *name, const char *text,
		bool active)
{
	*bk_script_list_add(list) = (struct bk_script){
		.name = name,
		.text = {(const uint8_t *)text, strlen(text)},
		.active = active,
	};
}

static void assert_script(const struct bk_script_list *list, const char *name,
			  const char *text, bool active)
{
	const struct bk_script *script = bk_script_list_find(list, name);

	assert_non_null(script);
	assert_int_equal(script->text.len, strlen(text));
	assert_memory_equal(script->text.data, text, script->text.len);
	assert_int_equal(script->active, active);
}

static void what_was_put_is_there_and_so_is_all_else(void **state)
{
	struct bk_account account = account_of_one_file();
	struct bk_script_list list = {0}, back = {0};
	struct bk_arena arena = {0};
	struct bk_err err = {0};

	(void)state;
	add(&list, "b/../c", "keep;", true);
	add(&list, "", "", false);
	list.items[1].name = "empty";
	assert_int_equal(bk_kept_texts_put(BK_TEXT_SCRIPTS, &account, &list,
					   &arena, &err),
			 0);
	assert_string_equal(account.settings[0].name, "maildirsize");
	assert_int_equal(bk_kept_texts(BK_TEXT_SCRIPTS, &account, &back), 1);
	assert_int_equal(back.n, 2);
	assert_script(&back, "b/../c", "keep;", true);
	assert_script(&back, "empty", "", false);
	bk_script_list_clear(&back);
	bk_script_list_clear(&list);

	/* Anew, in their place: none is there now, and that is known. */
	assert_int_equal(bk_kept_texts_put(BK_TEXT_SCRIPTS, &account, &list,
					   &arena, &err),
			 0);
	assert_int_equal(account.n_settings, 2);
	assert_int_equal(bk_kept_texts(BK_TEXT_SCRIPTS, &account, &back), 1);
	assert_int_equal(back.n, 0);
	bk_arena_clear(&arena);
}

static void what_an_earlier_set_has_is_taken_over(void **state)
{
	struct bk_account was = account_of_one_file(), now = was, none = was;
	struct bk_script_list list = {0}, back = {0};
	struct bk_arena arena = {0};
	struct bk_err err = {0};

	(void)state;
	add(&list, "main", "stop;", true);
	assert_int_equal(
		bk_kept_texts_put(BK_TEXT_SCRIPTS, &was, &list, &arena, &err),
		0);
	assert_true(
		bk_kept_texts_take_over(BK_TEXT_SCRIPTS, &now, &was, &arena));
	assert_int_equal(now.n_settings, was.n_settings);
	assert_int_equal(bk_kept_texts(BK_TEXT_SCRIPTS, &now, &back), 1);
	assert_script(&back, "main", "stop;", true);
	assert_false(
		bk_kept_texts_take_over(BK_TEXT_SCRIPTS, &now, &none, &arena));
	assert_int_equal(now.n_settings, 1);
	bk_script_list_clear(&back);
	bk_script_list_clear(&list);
	assert_int_equal(bk_kept_texts(BK_TEXT_SCRIPTS, &now, &back), 0);
	bk_arena_clear(&arena);
}

static void what_a_record_cannot_hold_is_refused(void **state)
{
	static uint8_t text[BK_KEPT_TEXTS_MOST];
	struct bk_account account = account_of_one_file();
	struct bk_script_list list = {0};
	struct bk_arena arena = {0};
	struct bk_err err = {0};

	(void)state;
	add(&list, "a", "", false);
	list.items[0].text = (struct bk_view){text, sizeof(text) - 1};
	assert_int_equal(bk_kept_texts_put(BK_TEXT_SCRIPTS, &account, &list,
					   &arena, &err),
			 0);
	list.items[0].text.len++;
	assert_int_equal(bk_kept_texts_put(BK_TEXT_SCRIPTS, &account, &list,
					   &arena, &err),
			 -1);
	assert_int_equal(err.kind, BK_REFUSED);
	bk_script_list_clear(&list);
	bk_arena_clear(&arena);
}

static void names_that_no_server_gives_are_none(void **state)
{
	struct bk_property settings[] = {
		{"sieve/",       {(const uint8_t *)"keep;", 5}},
		{"sieve/a\nb",   {(const uint8_t *)"keep;", 5}},
		{"sieve/\xff",   {(const uint8_t *)"keep;", 5}},
		{"sieve/a\x7f",  {(const uint8_t *)"keep;", 5}},
		{"sievery/main", {(const uint8_t *)"keep;", 5}},
		{"sieve/main",   {(const uint8_t *)"keep;", 5}},
		{"sieve",        {(const uint8_t *)"other", 5}},
	};
	struct bk_account account = {
		.address = "ann@a.test",
		.settings = settings,
		.n_settings = sizeof(settings) / sizeof(*settings),
	};
	struct bk_script_list back = {0};

	(void)state;
	assert_int_equal(bk_kept_texts(BK_TEXT_SCRIPTS, &account, &back), 1);
	assert_int_equal(back.n, 1);
	assert_script(&back, "main", "keep;", false);
	bk_script_list_clear(&back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_there_and_so_is_all_else),
		cmocka_unit_test(what_an_earlier_set_has_is_taken_over),
		cmocka_unit_test(what_a_record_cannot_hold_is_refused),
		cmocka_unit_test(names_that_no_server_gives_are_none),
	};

	return cmocka_run_group_tests_name("kept_texts", tests, NULL, NULL);
}
