/* Where mail servers answer, from their configurations. */

#include "lib/test.h"

#include "job/find_mail.h"

static void dovecot_is_at(const char *conf, const char *url)
{
	struct bk_arena arena = {0};

	assert_string_equal(bk_mail_imap_of_dovecot(conf, &arena), url);
	bk_arena_clear(&arena);
}

static void a_dovecot_listens_where_it_says(void **state)
{
	(void)state;
	dovecot_is_at("", "imap://localhost");
	dovecot_is_at(
		"service imap-login {\n  inet_listener imap {\n    port "
		"= 10143\n  }\n}\n",
		"imap://localhost:10143");
	dovecot_is_at(
		"service imap-login {\n  inet_listener imap {\n    port "
		"= 0\n  }\n}\n",
		"imaps://localhost");
	dovecot_is_at(
		"service imap-login {\n  inet_listener imap {\n    port "
		"= 0\n  }\n  inet_listener imaps {\n    port = 9\n  }\n"
		"}\n",
		"imaps://localhost:9");
}

static void other_ports_are_others(void **state)
{
	(void)state;
	dovecot_is_at(
		"service imap-login-x {\n  inet_listener imap {\n    "
		"port = 1\n  }\n}\n"
		"service pop3-login {\n  inet_listener imap {\n    port "
		"= 2\n  }\n}\nport = 3\n"
		"service imap-login {\n  inet_listener x {\n    port = "
		"4\n  }\n  port = 5\n  inet_listener imap {\n    port = "
		"nonsense\n    port = 65536\n",
		"imap://localhost");
	dovecot_is_at("}\n}\n{\n", "imap://localhost");
}

static void cyrus_is_at(const char *imapd, const char *cyrus, const char *url,
			const char *login)
{
	struct bk_arena arena = {0};
	struct bk_mail_found found = {0};

	assert_true(bk_mail_of_cyrus(imapd, cyrus, &arena, &found));
	assert_string_equal(found.by, "Cyrus");
	assert_string_equal(found.server, url);
	assert_string_equal(found.login, login);
	bk_arena_clear(&arena);
}

static void a_cyrus_tells_where_and_who(void **state)
{
	(void)state;
	cyrus_is_at("configdirectory: /var/lib/cyrus\n", "", "imap://localhost",
		    "proxy:cyrus");
	cyrus_is_at(
		"# admins: nobody\nconfigdirectory: /c\nadmins:  boss cyrus\n",
		"SERVICES {\n  imap cmd=\"imapd -U 30\" listen=\"imap\" "
		"prefork=0\n  imaps cmd=\"imapd -s -U 30\" "
		"listen=\"imaps\"\n}\n",
		"imap://localhost", "proxy:boss");
	cyrus_is_at("configdirectory: /c\nadmins:\n",
		    "#imap cmd=\"imapd\" listen=\"1\"\n"
		    "imaps cmd=\"/usr/lib/cyrus/bin/imapd -s\" "
		    "listen=\"192.0.2.1:9993\"\n",
		    "imaps://192.0.2.1:9993", "proxy:cyrus");
	cyrus_is_at("configdirectory: /c\n",
		    "imap cmd=\"imapd\" listen=\"[::1]:imap\"", "imap://[::1]",
		    "proxy:cyrus");
	cyrus_is_at("configdirectory: /c\n",
		    "imap cmd=\"imapd\" listen=\"0.0.0.0:1143\"",
		    "imap://localhost:1143", "proxy:cyrus");
	cyrus_is_at("configdirectory: /c\n",
		    "lmtp cmd=\"lmtpd\" listen=\"24\"\nx cmd=\"imapd\" "
		    "listen=\"/run/imap\"\ny cmd=\"imapd\" listen=\"99999\"\n"
		    "z cmd=\"imapd",
		    "imap://localhost", "proxy:cyrus");
}

static void another_server_with_such_a_file_is_none(void **state)
{
	struct bk_arena arena = {0};
	struct bk_mail_found found = {0};

	(void)state;
	assert_false(bk_mail_of_cyrus("", "", &arena, &found));
	assert_false(
		bk_mail_of_cyrus("#configdirectory: /c\n", "", &arena, &found));
	bk_arena_clear(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dovecot_listens_where_it_says),
		cmocka_unit_test(other_ports_are_others),
		cmocka_unit_test(a_cyrus_tells_where_and_who),
		cmocka_unit_test(another_server_with_such_a_file_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
