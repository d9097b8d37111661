/* Where a Dovecot keeps mail, from its configuration. */

#include "lib/test.h"

#include "job/find_mail.h"

struct found {
	struct bk_arena arena;
	struct bk_mail_found mail;
	const char *note;
};

static int look(struct found *f, const char *conf)
{
	*f = (struct found){0};
	return bk_mail_of_dovecot(conf, &f->arena, &f->mail, &f->note);
}

static void path_is(const char *conf, const char *path)
{
	struct found f;

	assert_int_equal(look(&f, conf), 1);
	assert_string_equal(f.mail.path, path);
	bk_arena_clear(&f.arena);
}

static void a_path_may_be_said_as_it_is(void **state)
{
	(void)state;
	path_is("# 2.3.19\nmail_location = maildir:/var/vmail/%d/%n\n",
		"/var/vmail/%d/%n");
	path_is("mail_location = maildir:/var/vmail/%Ld/%Ln/Maildir:LAYOUT=fs\n",
		"/var/vmail/%Ld/%Ln/Maildir");
}

static void a_home_comes_from_where_it_is_said(void **state)
{
	(void)state;
	path_is("mail_home = /srv/%u\nmail_location = maildir:~/Maildir\n"
		"userdb {\n  args = home=/wrong\n  driver = static\n}\n",
		"/srv/%u/Maildir");
	path_is("mail_location = maildir:%h/Maildir\n"
		"passdb {\n  args = home=/wrong\n}\n"
		"userdb {\n  args = uid=v home=/var/vmail/%d/%n gid=v\n}\n",
		"/var/vmail/%d/%n/Maildir");
	path_is("mail_location = maildir:~/Maildir\n"
		"userdb {\n  args = /etc/users\n  default_fields = uid=v "
		"home=/m/%n\n  driver = passwd-file\n}\n",
		"/m/%n/Maildir");
	path_is("mail_location = maildir:~/Maildir\n"
		"userdb {\n  driver = passwd\n}\n",
		"/home/%u/Maildir");
}

static void version_2_4_says_it_otherwise(void **state)
{
	struct found f;

	(void)state;
	path_is("mail_driver = maildir\nmail_path = ~/Maildir\n"
		"mail_home = /var/vmail/%{user | domain}/%{user|username}\n",
		"/var/vmail/%d/%n/Maildir");
	assert_int_equal(look(&f,
			      "mail_driver = maildir\n"
			      "mail_path = /m/%{user}\n"
			      "mailbox_list_layout = fs\n"
			      "mail_control_path = /c/%{user}\n"),
			 1);
	assert_string_equal(f.mail.layout, "fs");
	assert_string_equal(f.mail.control, "/c/%u");
	bk_arena_clear(&f.arena);
}

static void parts_of_the_location_are_kept(void **state)
{
	struct found f;

	(void)state;
	assert_int_equal(look(&f,
			      "mail_location = maildir:/m/%u:LAYOUT=fs:CONTROL="
			      "/c/%u:INDEX=/i/%u\n"),
			 1);
	assert_string_equal(f.mail.layout, "fs");
	assert_string_equal(f.mail.control, "/c/%u");
	assert_string_equal(f.mail.index, "/i/%u");
	bk_arena_clear(&f.arena);
	assert_int_equal(look(&f,
			      "mail_location = maildir:/m/%u:INDEX=MEMORY"
			      "\n"),
			 1);
	assert_null(f.mail.index);
	bk_arena_clear(&f.arena);
}

static void what_is_of_no_use_is_told(void **state)
{
	static const char *const confs[] = {
		"mail_location = maildir:~/Maildir\n",
		"mail_location = maildir:/m/%{ldap:x}\n",
		"mail_location = maildir:relative\n",
		"mail_location = maildir:/m/%{user\n",
	};
	struct found f;

	(void)state;
	for (size_t i = 0; i < sizeof(confs) / sizeof(*confs); i++) {
		assert_int_equal(look(&f, confs[i]), 0);
		assert_non_null(f.note);
		bk_arena_clear(&f.arena);
	}
}

static void a_silent_one_is_passed_over(void **state)
{
	static const char *const confs[] = {
		"",
		"\n\n",
		"}\n}\n",
		"protocols = imap",
		"mail_location = \n",
		"userdb {\n mail_location = maildir:/m\n}\n",
	};
	struct found f;

	(void)state;
	for (size_t i = 0; i < sizeof(confs) / sizeof(*confs); i++) {
		assert_int_equal(look(&f, confs[i]), 0);
		assert_null(f.note);
		bk_arena_clear(&f.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_may_be_said_as_it_is),
		cmocka_unit_test(a_home_comes_from_where_it_is_said),
		cmocka_unit_test(version_2_4_says_it_otherwise),
		cmocka_unit_test(parts_of_the_location_are_kept),
		cmocka_unit_test(what_is_of_no_use_is_told),
		cmocka_unit_test(a_silent_one_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
