/* Routes of the configuration, and where they lead between two servers. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job/route_settings.h"

static char path[] = "/tmp/bk-routes-XXXXXX";
static struct bk_common common;
static struct bk_settings settings;
static struct bk_route_config *routes;
static size_t n;
static struct bk_err err;

static const char servers[] =
	"[server mx1]\n"
	"url = imaps://mx1.example.org\n"
	"proxy-to = proxy=y host=10.0.0.1\n"
	"transport = lmtp:inet:10.0.0.1:24\n"
	"[server mx2]\n"
	"url = imaps://mx2.example.org\n"
	"proxy-to = proxy=y host=10.0.0.2\n"
	"transport = lmtp:inet:10.0.0.2:24\n"
	"place = mail2.example.org\n"
	"[server bare]\n"
	"url = imaps://bare.example.org\n";

static int load(const char *more)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_true(fputs(servers, out) >= 0 && fputs(more, out) >= 0);
	assert_int_equal(fclose(out), 0);
	bk_settings_clear(&settings);
	common = (struct bk_common){.config = path};
	err = (struct bk_err){0};
	return bk_settings_load(&settings, &common, &err);
}

static int between(const char *from, const char *to, const char *names)
{
	static struct bk_opt_list none;
	static struct bk_server_settings ends[2];
	struct bk_key_options options = {&none, "-o", "server"};

	err = (struct bk_err){0};
	assert_int_equal(
		bk_settings_server(&settings, from, &options, &ends[0], &err),
		0);
	assert_int_equal(
		bk_settings_server(&settings, to, &options, &ends[1], &err), 0);
	return bk_settings_routes(&settings, names, &ends[0], &ends[1], &routes,
				  &n, &err);
}

static void fails_with(int rc, const char *part)
{
	assert_int_equal(rc, -1);
	assert_int_equal(err.kind, BK_MISUSE);
	if (!strstr(err.text, part))
		fail_msg("'%s' has no '%s'", err.text, part);
}

static const char front[] =
	"[route logins]\n"
	"type = dovecot-passwd\n"
	"file = /etc/dovecot/users\n"
	"account = %n\n"
	"[route mail]\n"
	"type = postfix-transport\n"
	"file = /etc/postfix/transport\n"
	"wait = 2s\n"
	"[route ours]\n"
	"type = command\n"
	"command = /usr/local/bin/switch --now\n"
	"timeout = 90s\n";

static void each_route_leads_to_both_servers(void **state)
{
	(void)state;
	assert_int_equal(load(front), 0);
	assert_int_equal(between("mx1", "mx2", NULL), 0);
	assert_int_equal(n, 3);
	assert_string_equal(routes[0].name, "logins");
	assert_string_equal(routes[0].account, "%n");
	assert_string_equal(routes[0].source, "proxy=y host=10.0.0.1");
	assert_string_equal(routes[0].destination, "proxy=y host=10.0.0.2");
	assert_int_equal(routes[0].wait_ms, -1);
	assert_string_equal(routes[1].destination, "lmtp:inet:10.0.0.2:24");
	assert_int_equal(routes[1].wait_ms, 2000);
	assert_string_equal(routes[2].source, "mx1");
	assert_string_equal(routes[2].destination, "mail2.example.org");
	assert_int_equal(routes[2].timeout_ms, 90000);
}

static void the_way_back_is_the_other_way_round(void **state)
{
	(void)state;
	assert_int_equal(between("mx2", "mx1", "mail"), 0);
	assert_int_equal(n, 1);
	assert_string_equal(routes[0].source, "lmtp:inet:10.0.0.2:24");
	assert_string_equal(routes[0].destination, "lmtp:inet:10.0.0.1:24");
}

static void a_cyrus_is_opened_or_denied_by_the_side_it_is_on(void **state)
{
	(void)state;
	assert_int_equal(load("[route old]\n"
			      "type = cyrus-deny\n"
			      "server = mx1\n"
			      "services = imaps,lmtp\n"),
			 0);
	assert_int_equal(between("mx1", "mx2", NULL), 0);
	assert_int_equal(n, 1);
	assert_string_equal(routes[0].source, "open");
	assert_string_equal(routes[0].destination, "denied");
	assert_string_equal(routes[0].services, "imaps,lmtp");
	assert_int_equal(between("mx2", "mx1", NULL), 0);
	assert_string_equal(routes[0].source, "denied");
	assert_int_equal(between("mx2", "bare", NULL), 0);
	assert_int_equal(n, 0);
}

static void what_is_missing_is_named(void **state)
{
	(void)state;
	assert_int_equal(load(front), 0);
	fails_with(between("mx1", "bare", "logins"),
		   "[route logins]: server bare has no proxy-to");
	fails_with(between("bare", "mx1", "mail"),
		   "[route mail]: server bare has no transport");
	fails_with(between("mx1", "mx1", "mail"), "have the same transport");
	fails_with(between("mx1", "mx2", "login"),
		   "no route 'login'; did you mean 'logins'?");
	assert_int_equal(load("[route x]\nfile = /x\n"), 0);
	fails_with(between("mx1", "mx2", NULL), "[route x]: it has no type");
	assert_int_equal(load("[route x]\ntype = cyrus-deny\n"), 0);
	fails_with(between("mx1", "mx2", NULL), "say server = NAME");
}

static void what_is_wrong_is_found_when_the_file_is_read(void **state)
{
	(void)state;
	fails_with(load("[route x]\ntype = dovecot-passwort\n"),
		   "did you mean 'dovecot-passwd'?");
	fails_with(load("[route x]\nfile = users\n"), "begin with '/'");
	fails_with(load("[route x]\naccount = %q\n"), "'%q' is no variable");
	fails_with(load("[route x]\nserver = mx3\n"),
		   "there is no [server mx3]");
	fails_with(load("[route x]\nwait = 2m\n"), "more than 1m");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_route_leads_to_both_servers),
		cmocka_unit_test(the_way_back_is_the_other_way_round),
		cmocka_unit_test(
			a_cyrus_is_opened_or_denied_by_the_side_it_is_on),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(what_is_wrong_is_found_when_the_file_is_read),
	};

	(void)close(mkstemp(path));
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	bk_settings_clear(&settings);
	(void)unlink(path);
	return failed;
}
