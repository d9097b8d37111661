/* What Cyrus's replication says of a mailbox, and what is said back. */

#include "lib/test.h"

#include <string.h>

#include "imap/replica.h"

static struct bk_err err;

static struct bk_view view(const char *text)
{
	return (struct bk_view){(const uint8_t *)text, strlen(text)};
}

static void only_numbers_change(void **state)
{
	static const char told[] =
		"%(UNIQUEID 8a9q MBOXNAME \"a.test!user.ann.LAST_UID 7)\" "
		"LAST_UID 41 HIGHESTMODSEQ 77 UIDVALIDITY 1700000001 "
		"ACL \"ann\tlrs\t\" OPTIONS P ANNOTATIONS (%(ENTRY /c VALUE "
		"{8}\r\nab\"\\)(\r\n) %(ENTRY /d VALUE {3+}\r\n{9}) "
		"%(LAST_UID 3)) X ())";
	static const char back[] =
		"%(UNIQUEID 8a9q MBOXNAME \"a.test!user.ann.LAST_UID 7)\" "
		"LAST_UID 99 HIGHESTMODSEQ 1000 UIDVALIDITY 5 "
		"ACL \"ann\tlrs\t\" OPTIONS P ANNOTATIONS (%(ENTRY /c VALUE "
		"{8+}\r\nab\"\\)(\r\n) %(ENTRY /d VALUE {3+}\r\n{9}) "
		"%(LAST_UID 3)) X () RECORD ())";
	const struct bk_imap_replica now = {5, 99, 1000};
	struct bk_imap_replica is = {0};
	struct bk_buf out = {0};

	(void)state;
	assert_int_equal(bk_imap_replica_parse(view(told), &is, &err), 0);
	assert_int_equal(is.uid_validity, 1700000001);
	assert_int_equal(is.last_uid, 41);
	assert_int_equal(is.highest_modseq, 77);
	assert_int_equal(bk_imap_replica_write(view(told), &now, &out, &err),
			 0);
	assert_string_equal(bk_buf_text(&out), back);
	bk_buf_clear(&out);
}

/* Cut anywhere, it is nothing that is said back. */
static void what_is_not_whole_is_refused(void **state)
{
	static const char told[] =
		"%(A {2}\r\nxy LAST_UID 41 UIDVALIDITY 17 B \"c\" D (e))";
	const struct bk_imap_replica now = {5, 99, 1000};
	struct bk_imap_replica is = {0};
	struct bk_buf out = {0};

	(void)state;
	for (size_t n = 0; n < sizeof(told) - 1; n++) {
		struct bk_view cut = {(const uint8_t *)told, n};
		assert_int_equal(bk_imap_replica_parse(cut, &is, &err), -1);
		assert_int_equal(err.kind, BK_REFUSED);
		assert_int_equal(bk_imap_replica_write(cut, &now, &out, &err),
				 -1);
	}
	bk_buf_clear(&out);
}

static void what_is_none_is_refused(void **state)
{
	static const char *const all[] = {
		"",
		"(LAST_UID 1 UIDVALIDITY 1)",
		"%(LAST_UID 1)",
		"%(UIDVALIDITY 1)",
		"%(LAST_UID 1 UIDVALIDITY 0)",
		"%(LAST_UID 4294967296 UIDVALIDITY 1)",
		"%(LAST_UID 99999999999999999999 UIDVALIDITY 1)",
		"%(LAST_UID -1 UIDVALIDITY 1)",
		"%(LAST_UID 1 UIDVALIDITY 1) more",
		"%(LAST_UID 1 UIDVALIDITY 1 A)",
		"%(LAST_UID 1 UIDVALIDITY 1 A {99}\r\nx)",
		"%(LAST_UID 1 UIDVALIDITY 1 A {99999999999999999999}\r\nx)",
		"%(LAST_UID 1 UIDVALIDITY 1 A {1}x)",
		"%(LAST_UID 1 UIDVALIDITY 1 A b\r\nSYNCAPPLY)",
		"%(LAST_UID 1 UIDVALIDITY 1 A ((((b))))))",
	};
	struct bk_imap_replica is = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (bk_imap_replica_parse(view(all[i]), &is, &err) == 0)
			fail_msg("%s", all[i]);
}

static void names_inside_the_server(void **state)
{
	static const struct {
		const char *name;
		char delimiter;
		const char *inside;
	} cases[] = {
		{"user/ann@a.test",          '/', "a.test!user.ann"         },
		{"user/ann.m/v1.0/x@a.test", '/', "a.test!user.ann^m.v1^0.x"},
		{"user.ann.Work",            '.', "user.ann.Work"           },
		{"user/ann",                 '/', "user.ann"                },
	};
	struct bk_buf out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		out.len = 0;
		bk_imap_replica_name(cases[i].name, cases[i].delimiter, &out);
		assert_string_equal(bk_buf_text(&out), cases[i].inside);
	}
	bk_buf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_numbers_change),
		cmocka_unit_test(what_is_not_whole_is_refused),
		cmocka_unit_test(what_is_none_is_refused),
		cmocka_unit_test(names_inside_the_server),
	};

	return cmocka_run_group_tests_name("replica", tests, NULL, NULL);
}
