/* Dovecot's small files. */

#include "lib/test.h"

#include <string.h>

#include "store/dovecot_files.h"

static struct bk_view view(const char *text)
{
	return (struct bk_view){(const uint8_t *)text, strlen(text)};
}

static struct bk_subscriptions subs;
static struct bk_arena arena;
static struct bk_buf out;

static int end(void **state)
{
	(void)state;
	bk_subscriptions_clear(&subs);
	bk_arena_clear(&arena);
	bk_buf_clear(&out);
	return 0;
}

static void letters_are_read_by_their_number(void **state)
{
	struct bk_keyword_letters letters;

	(void)state;
	bk_keyword_letters_read(&letters,
				view("0 $Forwarded\n2 two words\r\n"
				     "25 last\n26 beyond\n-1 x\n7\n8 \nx y\n"),
				&arena);
	assert_string_equal(letters.name[0], "$Forwarded");
	assert_null(letters.name[1]);
	assert_string_equal(letters.name[2], "two words");
	assert_string_equal(letters.name[25], "last");
	assert_null(letters.name[7]);
	assert_null(letters.name[8]);
}

static void a_new_keyword_takes_a_free_letter(void **state)
{
	struct bk_keyword_letters letters;
	static const char *const names[] = {
		"n0",  "n1",  "n2",  "n3",  "n4",  "n5",  "n6",  "n7",
		"n8",  "n9",  "n10", "n11", "n12", "n13", "n14", "n15",
		"n16", "n17", "n18", "n19", "n20", "n21", "n22", "n23"};
	(void)state;
	bk_keyword_letters_read(&letters, view("0 a\n2 c\n"), &arena);
	assert_int_equal(bk_keyword_letters_find(&letters, "C"), 2);
	assert_int_equal(bk_keyword_letters_find(&letters, "new"), 1);
	assert_int_equal(bk_keyword_letters_find(&letters, "new"), 1);
	for (size_t i = 0; i < 23; i++)
		assert_int_equal(bk_keyword_letters_find(&letters, names[i]),
				 3 + i);
	assert_int_equal(bk_keyword_letters_find(&letters, names[23]), -1);
	assert_int_equal(bk_keyword_letters_find(&letters, "a"), 0);
	bk_keyword_letters_write(&letters, &out);
	assert_memory_equal(out.data, "0 a\n1 new\n2 c\n3 n0\n", 19);
}

static void both_forms_of_subscriptions_are_read(void **state)
{
	(void)state;
	bk_subscriptions_read(
		&subs, view("V\t2\n\nSent\nWork\t2026\nodd\001t\0011name\n"),
		'.');
	assert_true(subs.version2);
	assert_int_equal(subs.n, 3);
	assert_true(bk_subscriptions_has(&subs, "Sent"));
	assert_true(bk_subscriptions_has(&subs, "Work.2026"));
	assert_true(bk_subscriptions_has(&subs, "odd\t\001name"));
	bk_subscriptions_clear(&subs);
	bk_subscriptions_read(&subs, view("INBOX.Sent\nWork.2026\n"), '.');
	assert_false(subs.version2);
	assert_int_equal(subs.n, 2);
	assert_true(bk_subscriptions_has(&subs, "INBOX.Sent"));
}

static void subscriptions_are_written_in_the_form_they_had(void **state)
{
	static const char *const texts[] = {
		"V\t2\n\nSent\nWork\t2026\nodd\001t\0011name\n",
		"Sent\nWork/2026\n"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		out.len = 0;
		bk_subscriptions_clear(&subs);
		bk_subscriptions_read(&subs, view(texts[i]), '/');
		bk_subscriptions_write(&subs, '/', &out);
		assert_string_equal(bk_buf_text(&out), texts[i]);
	}
}

static void a_name_is_subscribed_once_and_only_if_it_fits_a_line(void **state)
{
	(void)state;
	assert_true(bk_subscriptions_add(&subs, "a"));
	assert_false(bk_subscriptions_add(&subs, "a"));
	assert_false(bk_subscriptions_add(&subs, "a\nb"));
	assert_false(bk_subscriptions_add(&subs, ""));
	assert_int_equal(subs.n, 1);
}

static void rights_are_kept_as_they_are_written(void **state)
{
	static const char text[] =
		"user=ann lrws\n\"user=two words\" lr :x\n"
		"anyone \n";
	struct bk_folder folder = {0};

	(void)state;
	bk_acl_read(&folder, view("# comment\nnonsense\n\"open lr\n \n"));
	assert_int_equal(folder.n_acl, 0);
	bk_acl_read(&folder, view(text));
	assert_int_equal(folder.n_acl, 3);
	assert_string_equal(folder.acl[0].who, "user=ann");
	assert_string_equal(folder.acl[0].rights, "lrws");
	assert_string_equal(folder.acl[1].who, "\"user=two words\"");
	assert_string_equal(folder.acl[1].rights, "lr :x");
	assert_true(bk_acl_write(&folder, &out));
	assert_string_equal(bk_buf_text(&out), text);
	bk_folder_clear(&folder);
}

static void rights_that_would_read_otherwise_are_not_written(void **state)
{
	static const struct bk_acl_entry bad[] = {
		{"user=two words", "lr"                   },
		{"user=a",         "l\nanyone lrwstipekxa"},
		{"#x",             "l"                    },
		{"user=a\nanyone", "l"                    },
		{"\"open",         "l"                    },
		{"",               "l"                    }
        };
	struct bk_folder folder = {.n_acl = 1};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bk_acl_entry entry = bad[i];
		folder.acl = &entry;
		assert_false(bk_acl_write(&folder, &out));
	}
}

int main(void)
{
#define WORLD(t) cmocka_unit_test_teardown(t, end)
	const struct CMUnitTest tests[] = {
		WORLD(letters_are_read_by_their_number),
		WORLD(a_new_keyword_takes_a_free_letter),
		WORLD(both_forms_of_subscriptions_are_read),
		WORLD(subscriptions_are_written_in_the_form_they_had),
		WORLD(a_name_is_subscribed_once_and_only_if_it_fits_a_line),
		WORLD(rights_are_kept_as_they_are_written),
		WORLD(rights_that_would_read_otherwise_are_not_written),
	};
	return cmocka_run_group_tests_name("dovecot_files", tests, NULL, NULL);
}
