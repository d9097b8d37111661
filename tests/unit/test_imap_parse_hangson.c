/* What hangs on mailboxes and servers: ACL, METADATA, QUOTA, ID. */

#include "lib/imap_words.h"

#include "base/buf.h"
#include "imap/hangson.h"

static struct bk_acl_list acl;
static struct bk_metadata_list metadata;

static int clear_all(void **state)
{
	bk_acl_list_clear(&acl);
	bk_metadata_list_clear(&metadata);
	return end(state);
}

static void rights_are_read(void **state)
{
	struct bk_view mailbox;

	(void)state;
	assert_fine(bk_imap_parse_acl(
		words("\"a b\" ann lrswipkxtea \"-bob\" lr {3}\r\nx y \"\" "
		      "anyone {0}\r\n "),
		&mailbox, &acl, &err));
	assert_view(mailbox, "a b");
	assert_int_equal(acl.n, 4);
	assert_string_equal(acl.items[0].who, "ann");
	assert_string_equal(acl.items[0].rights, "lrswipkxtea");
	assert_string_equal(acl.items[1].who, "-bob");
	assert_string_equal(acl.items[2].who, "x y");
	assert_string_equal(acl.items[2].rights, "");
	assert_string_equal(acl.items[3].who, "anyone");
	assert_fine(bk_imap_parse_acl(words("INBOX"), &mailbox, &acl, &err));
	assert_int_equal(acl.n, 4);
}

static void what_is_no_acl_is_refused(void **state)
{
	static const char *const wrong[] = {"", "INBOX ann", "INBOX (ann lr)",
					    "INBOX ann lr )", "INBOX \"ann"};
	struct bk_view mailbox;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_corrupt(bk_imap_parse_acl(words(wrong[i]), &mailbox,
						 &acl, &err),
			       "ACL: a word expected");
}

static void acls_have_a_ceiling(void **state)
{
	struct bk_buf many = {0};
	struct bk_view mailbox;

	(void)state;
	bk_buf_add(&many, "x", 1);
	for (int i = 0; i <= BK_IMAP_ENTRIES_MAX; i++)
		bk_buf_add(&many, " a b", 4);
	assert_corrupt(
		bk_imap_parse_acl(bk_buf_view(&many), &mailbox, &acl, &err),
		"more than 65536 entries");
	bk_buf_clear(&many);
}

static void metadata_are_read(void **state)
{
	static const char with_nul[] = "\"\" (/shared/x {3}\r\na\0b)";
	const struct bk_view nul = {(const uint8_t *)with_nul,
				    sizeof(with_nul) - 1};
	struct bk_view mailbox;

	(void)state;
	assert_fine(bk_imap_parse_metadata(
		words("INBOX (/private/comment \"My \\\"own\\\"\" "
		      "/shared/none NIL /shared/long {4}\r\na\r\nb "
		      "/shared/empty \"\" /shared/eight ~{1}\r\n\377)"),
		&mailbox, &metadata, &err));
	assert_view(mailbox, "INBOX");
	assert_int_equal(metadata.n, 4);
	assert_string_equal(metadata.items[0].name, "/private/comment");
	assert_view(metadata.items[0].value, "My \"own\"");
	assert_string_equal(metadata.items[1].name, "/shared/long");
	assert_view(metadata.items[1].value, "a\r\nb");
	assert_view(metadata.items[2].value, "");
	assert_view(metadata.items[3].value, "\377");
	assert_fine(bk_imap_parse_metadata(nul, &mailbox, &metadata, &err));
	assert_int_equal(metadata.n, 5);
	assert_int_equal(metadata.items[4].value.len, 3);
}

static void names_of_what_changed_are_no_values(void **state)
{
	struct bk_view mailbox;

	(void)state;
	assert_fine(bk_imap_parse_metadata(
		words("INBOX /shared/comment /private/comment"), &mailbox,
		&metadata, &err));
	assert_fine(bk_imap_parse_metadata(words("INBOX ()"), &mailbox,
					   &metadata, &err));
	assert_int_equal(metadata.n, 0);
}

static void what_is_no_metadata_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",           "x (/a",  "x (/a (b))", "x (/a b",
		"x (/a b) c", "x (/a)", "x /a (b"};
	struct bk_view mailbox;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_corrupt(bk_imap_parse_metadata(words(wrong[i]), &mailbox,
						      &metadata, &err),
			       "METADATA: ");
}

static void quota_roots_are_read(void **state)
{
	static const struct {
		const char *rest, *root;
		bool has;
	} cases[] = {
		{"INBOX \"User quota\" b", "User quota", true },
		{"INBOX \"\"",             "",           true },
		{"INBOX ",                 "",           false},
	};
	struct bk_view mailbox, root;
	bool has;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_fine(bk_imap_parse_quotaroot(words(cases[i].rest),
						    &arena, &mailbox, &has,
						    &root, &err));
		assert_view(mailbox, "INBOX");
		assert_view(root, cases[i].root);
		assert_int_equal(has, cases[i].has);
	}
	assert_corrupt(bk_imap_parse_quotaroot(words("INBOX (x)"), &arena,
					       &mailbox, &has, &root, &err),
		       "QUOTAROOT: a word");
}

static void quotas_are_read_as_bytes(void **state)
{
	struct bk_imap_quota quota;
	struct bk_view root;

	(void)state;
	assert_fine(bk_imap_parse_quota(
		words("\"\" (STORAGE 10 15728640 MESSAGE 5 1000 X-NEW 1 2)"),
		&arena, &root, &quota, &err));
	assert_int_equal(quota.used, 10240);
	assert_int_equal(quota.limit, UINT64_C(15728640) * 1024);
	assert_int_equal(quota.messages, 5);
	assert_int_equal(quota.messages_limit, 1000);
	assert_fine(bk_imap_parse_quota(words("a (storage 1 -1)"), &arena,
					&root, &quota, &err));
	assert_view(root, "a");
	assert_int_equal(quota.used, 1024);
	assert_int_equal(quota.limit, 0);
	assert_fine(bk_imap_parse_quota(words("a ()"), &arena, &root, &quota,
					&err));
	assert_int_equal(quota.used, 0);
	assert_fine(bk_imap_parse_quota(words("\"ROOT\""), &arena, &root,
					&quota, &err));
	assert_int_equal(quota.limit, 0);
}

static void what_is_no_quota_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"a (STORAGE)",
		"a (STORAGE 1)",
		"a (STORAGE 1 2",
		"a (STORAGE 1 2) x",
		"a (STORAGE 1 18014398509481984)", /* 2^64 bytes */
		"a (STORAGE 1 (2))",
		"a (STORAGE x 2)",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct bk_imap_quota quota;
		struct bk_view root;
		assert_corrupt(bk_imap_parse_quota(words(wrong[i]), &arena,
						   &root, &quota, &err),
			       "QUOTA: ");
	}
}

static void servers_say_who_they_are(void **state)
{
	static const struct {
		const char *rest, *server;
	} cases[] = {
		{"NIL",						    ""  },
		{"()",						     ""  },
		{"(\"name\" \"Dovecot\" \"version\" \"2.3.19\")",
		 "Dovecot 2.3.19"					      },
		{"(\"vendor\" \"Project Cyrus\" \"name\" \"Cyrus IMAP\")",
		 "Cyrus IMAP"						  },
		{"(\"NAME\" \"a\" \"Version\" NIL)",                       "a" },
		{"(\"name\" NIL \"version\" \"5\")",                       "5" },
		{"(\"name\" {2}\r\nab \"odd\")",                           "ab"},
	};
	const char *server = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_fine(bk_imap_parse_id(words(cases[i].rest), &arena,
					     &server, &err));
		assert_string_equal(server, cases[i].server);
	}
	assert_corrupt(bk_imap_parse_id(words("x"), &arena, &server, &err),
		       "ID: a list");
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, clear_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rights_are_read),
		TEST(what_is_no_acl_is_refused),
		TEST(acls_have_a_ceiling),
		TEST(metadata_are_read),
		TEST(names_of_what_changed_are_no_values),
		TEST(what_is_no_metadata_is_refused),
		TEST(quota_roots_are_read),
		TEST(quotas_are_read_as_bytes),
		TEST(what_is_no_quota_is_refused),
		TEST(servers_say_who_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
