/* How a mail server is reached: by its section, by its URL, by options. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "imap/answer.h"
#include "job/schema.h"
#include "job/server.h"

static char path[] = "/tmp/bk-server-XXXXXX";
static struct bk_common common;
static struct bk_settings settings;
static struct bk_opt_list said;
static struct bk_key_options options = {
	.items = &said, .option = "--from-option", .type = "server"};
static struct bk_server_settings server;
static struct bk_err err;

static const char text[] =
	"[server mx1]\n"
	"url = imaps://mx1.example.org:1993\n"
	"login = master:dovecot-admin\n"
	"password = file:/etc/bk/mx1.pass\n"
	"master-separator = +\n"
	"auth = plain\n"
	"connections = 8\n"
	"compress = yes\n"
	"without = QRESYNC, COMPRESS=DEFLATE\n"
	"ca = /etc/bk/ca.pem\n"
	"timeout = 90s\n"
	"smtp = smtp://mx1.example.org:25\n"
	"limit = 2M\n"
	"limit-down = 07:00-19:00 4M\n"
	"accounts-file = /etc/bk/mx1.accounts\n"
	"[server empty]\n"
	"login = user\n";

static int load(const char *conf)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_true(fputs(conf, out) >= 0);
	assert_int_equal(fclose(out), 0);
	bk_settings_clear(&settings);
	common = (struct bk_common){.config = path};
	err = (struct bk_err){0};
	return bk_settings_load(&settings, &common, &err);
}

static int find(const char *word)
{
	err = (struct bk_err){0};
	return bk_settings_server(&settings, word, &options, &server, &err);
}

static void option(const char *item)
{
	bk_opt_list_clear(&said);
	said.items = bk_array_room(NULL, 0, &said.cap, sizeof(*said.items));
	said.items[said.n++] = item;
}

static void fails_with(int rc, const char *want)
{
	assert_int_equal(rc, -1);
	assert_int_equal(err.kind, BK_MISUSE);
	assert_string_equal(err.text, want);
}

static void a_section_says_all_of_it(void **state)
{
	(void)state;
	assert_int_equal(load(text), 0);
	assert_int_equal(find("mx1"), 0);
	assert_string_equal(server.name, "mx1");
	assert_string_equal(server.where, "imaps://mx1.example.org:1993");
	assert_string_equal(server.login, "master:dovecot-admin");
	assert_string_equal(server.master_separator, "+");
	assert_string_equal(server.smtp, "smtp://mx1.example.org:25");
	assert_string_equal(server.auth, "plain");
	assert_int_equal(server.connections, 8);
	assert_true(server.compress);
	assert_int_equal(bk_schema_capabilities(server.without),
			 BK_IMAP_QRESYNC | BK_IMAP_DEFLATE);
	assert_string_equal(server.reach.access.password,
			    "file:/etc/bk/mx1.pass");
	assert_string_equal(server.reach.access.ca, "/etc/bk/ca.pem");
	assert_int_equal(server.reach.access.timeout_s, 90);
	assert_int_equal(server.reach.up.otherwise, 2 << 20);
	assert_int_equal(server.reach.down.n, 1);
	assert_string_equal(server.accounts_file, "/etc/bk/mx1.accounts");
	assert_true(bk_settings_is_server(&settings, "mx1"));
	assert_false(bk_settings_is_server(&settings, "mx2"));
	assert_true(bk_settings_is_server(&settings, "IMAPS://h"));
}

static void a_url_is_enough(void **state)
{
	(void)state;
	assert_int_equal(load(text), 0);
	assert_int_equal(find("imaps://ann@mail.example"), 0);
	assert_string_equal(server.name, "imaps://ann@mail.example");
	assert_null(server.login);
	/* The section's URL means the section. */
	assert_int_equal(find("imaps://mx1.example.org:1993"), 0);
	assert_string_equal(server.name, "mx1");
	option("login=proxy:admin");
	assert_int_equal(find("imap://mail.example"), 0);
	assert_string_equal(server.login, "proxy:admin");
	option("ca=/etc/other.pem");
	assert_int_equal(find("mx1"), 0);
	assert_string_equal(server.reach.access.ca, "/etc/other.pem");
	bk_opt_list_clear(&said);
}

static void slips_are_told(void **state)
{
	(void)state;
	assert_int_equal(load(text), 0);
	fails_with(find("mx"), "no server or store 'mx'; did you mean 'mx1'?");
	char *want = bk_asprintf("%s:16: [server empty] has no url", path);
	fails_with(find("empty"), want);
	free(want);
	fails_with(find("imaps://h/INBOX"),
		   "imaps://h/INBOX: a mail server has no path; accounts are "
		   "named apart");
	fails_with(find("imaps://ann:secret@h"),
		   "a URL with a password in it is refused; write password = "
		   "file:PATH beside it");
	option("pasword=file:/x");
	fails_with(find("mx1"),
		   "--from-option pasword: unknown key; did you "
		   "mean 'password'?");
	option("password=hunter2");
	fails_with(find("mx1"),
		   "--from-option password: say where the password is, not the "
		   "password itself: file:PATH, command:COMMAND, env:NAME, "
		   "credential:NAME, fd:N, keyblock:PATH or prompt");
	option("url=imaps://x");
	fails_with(find("mx1"),
		   "--from-option url: this key belongs into the "
		   "configuration");
	option("region=x");
	fails_with(find("mx1"),
		   "--from-option region: unknown key; see "
		   "[server] in bk.conf(5)");
	option("ca");
	fails_with(find("mx1"),
		   "--from-option ca: write KEY=VALUE, with a "
		   "key of [server] in bk.conf(5)");
	bk_opt_list_clear(&said);
}

static void refused(const char *conf, const char *what)
{
	char *want = bk_asprintf("%s:2: %s", path, what);
	char *all = bk_asprintf("[server mx1]\n%s\n", conf);

	fails_with(load(all), want);
	free(all);
	free(want);
}

static void values_are_checked(void **state)
{
	(void)state;
	refused("url = imap.example",
		"url: 'imap.example' is not a URL; write "
		"imaps://HOST");
	refused("url = imapd://h",
		"url: unknown 'imapd'; did you mean 'imaps'?");
	refused("login = admin",
		"login: 'admin' is none of user, master:NAME and proxy:NAME");
	refused("login = master:",
		"login: 'master:' is none of user, master:NAME and "
		"proxy:NAME");
	refused("auth = xoauth",
		"auth: unknown 'xoauth'; did you mean "
		"'xoauth2'?");
	refused("connections = 0", "connections: '0' lets nobody in");
	refused("connections = many", "connections: 'many' is not a number");
	refused("without = QRESYNC SUNSHINE",
		"without: 'SUNSHINE' is no capability that is used; write it "
		"as the server does, as in QRESYNC or COMPRESS=DEFLATE");
	refused("compress = perhaps",
		"compress: 'perhaps' is neither yes nor "
		"no");
	refused("known-hosts = /x",
		"unknown key 'known-hosts' in [server "
		"mx1]; see bk.conf(5)");
}

/* Sets are found again by the store's name: one server has one. */
static void a_server_is_a_store(void **state)
{
	static const char conf[] =
		"[server mx1]\n"
		"url = imaps://ann@mx1.example.org\n"
		"password = file:/etc/bk/mx1.pass\n"
		"[store ann]\n"
		"type = imap\n"
		"server = mx1\n"
		"uid-gap = 7\n"
		"[store lost]\n"
		"type = imap\n"
		"[job nightly]\n"
		"store = mx1\n";
	static const struct {
		const char *word, *name;
	} words[] = {
		{"ann",			 "ann"                        },
		{"mx1",			 "mx1"                        },
		{"imaps://ann@mx1.example.org", "mx1"                        },
		{"imaps://bob@mx1.example.org", "imaps://bob@mx1.example.org"},
	};
	struct bk_store_settings store;

	(void)state;
	assert_int_equal(load(conf), 0);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_int_equal(bk_settings_store(&settings, words[i].word,
						   &store, &err),
				 0);
		assert_string_equal(store.config.name, words[i].name);
		assert_string_equal(store.config.type, "imap");
		assert_non_null(store.server);
		assert_null(store.config.server);
	}
	assert_string_equal(store.server->reach.access.password, "prompt");
	assert_string_equal(bk_settings_store_name(
				    &settings, "imaps://ann@mx1.example.org"),
			    "mx1");
	assert_int_equal(bk_settings_store(&settings, "ann", &store, &err), 0);
	assert_int_equal(store.uid_gap, 7);
	assert_string_equal(store.server->reach.access.password,
			    "file:/etc/bk/mx1.pass");
	char *want = bk_asprintf("%s:8: [store lost] has no server", path);
	fails_with(bk_settings_store(&settings, "lost", &store, &err), want);
	free(want);
	want = bk_asprintf(
		"%s:3: server: there is no [server mx2]; did you "
		"mean 'mx1'?",
		path);
	fails_with(load("[store ann]\ntype = imap\nserver = mx2\n"
			"[server mx1]\nurl = imaps://mx1.example.org\n"),
		   want);
	free(want);
}

static int begin(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	return close(fd);
}

static int end(void **state)
{
	(void)state;
	bk_settings_clear(&settings);
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_section_says_all_of_it),
		cmocka_unit_test(a_url_is_enough),
		cmocka_unit_test(slips_are_told),
		cmocka_unit_test(values_are_checked),
		cmocka_unit_test(a_server_is_a_store),
	};

	return cmocka_run_group_tests_name("settings_server", tests, begin,
					   end);
}
