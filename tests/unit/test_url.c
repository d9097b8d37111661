/* URLs: what they say, and what is refused. */

#include "lib/test.h"

#include <string.h>

#include "net/url.h"

static void assert_url(const char *text, const char *want)
{
	struct bk_url url = {0};
	struct bk_buf got = {0};
	struct bk_err err = {0};

	if (bk_url_parse(&url, text, &err) < 0)
		fail_msg("%s", err.text);
	bk_buf_printf(&got, "%s %s [%s] [%s] %s %u %s", url.scheme,
		      url.transport, url.domain ? url.domain : "",
		      url.user ? url.user : "", url.host, (unsigned)url.port,
		      url.path);
	assert_string_equal(bk_buf_text(&got), want);
	assert_string_equal(url.text, text);
	bk_buf_clear(&got);
	bk_url_clear(&url);
}

static void assert_refused(const char *text, const char *why)
{
	struct bk_url url = {0};
	struct bk_err err = {0};

	assert_int_equal(bk_url_parse(&url, text, &err), -1);
	assert_int_equal(err.kind, BK_MISUSE);
	if (!strstr(err.text, why))
		fail_msg("%s: %s", text, err.text);
	assert_null(strstr(err.text, "hunter2"));
	assert_null(url.text);
}

static void a_url_has_a_scheme_a_user_a_host_a_port_and_a_path(void **state)
{
	(void)state;
	assert_url("ftpes://mx1@ftp.example.net/bk",
		   "ftpes ftpes [] [mx1] ftp.example.net 0 /bk");
	assert_url("sftp://bk@192.0.2.1:2222/srv/bk/mx1/",
		   "sftp sftp [] [bk] 192.0.2.1 2222 /srv/bk/mx1");
	assert_url("HTTPS://[2001:db8::1]:8443",
		   "https https [] [] 2001:db8::1 8443 ");
	assert_url("smb://OFFICE;backup@nas/bk/mx1",
		   "smb smb [OFFICE] [backup] nas 0 /bk/mx1");
	assert_url("s3:https://AKIA1@s3.example.com/mail/mx1",
		   "s3 https [] [AKIA1] s3.example.com 0 /mail/mx1");
	assert_url("ftp://a%40b.example@h/x%20y",
		   "ftp ftp [] [a@b.example] h 0 /x y");
	assert_url("https://h/", "https https [] [] h 0 ");
}

static void what_is_no_url_is_refused(void **state)
{
	(void)state;
	assert_refused("/var/lib/bk", "not a URL");
	assert_refused("s3:ftp://h/b", "followed by https://");
	assert_refused("s3:bucket", "followed by https://");
	assert_refused("ftp:///x", "no host");
	assert_refused("ftp://h:0/x", "not a port");
	assert_refused("ftp://h:65536/x", "not a port");
	assert_refused("ftp://h:2x/x", "not a port");
	assert_refused("ftp://h:/x", "not a port");
	assert_refused("ftp://[::1/x", "']' is missing");
	assert_refused("ftp://[::1]x/x", "behind ']'");
	assert_refused("ftp://h h/x", "name of a host");
	assert_refused("ftp://h/a/../b", "'..'");
	assert_refused("ftp://h/a//b", "empty level");
	assert_refused("ftp://h/a/%2e/b", "'.'");
	assert_refused("ftp://h/a%0d%0aDELE b", "control character");
	assert_refused("ftp://h/a%0", "two hexadecimal digits");
	assert_refused("ftp://h/a%zz", "two hexadecimal digits");
	assert_refused("ftp://h/a\nb", "control character");
	assert_refused("ftp://u%00@h/a", "control character");
	assert_refused("https://h/a?b", "'?'");
}

static void a_password_is_refused_and_never_repeated(void **state)
{
	(void)state;
	assert_refused("ftp://me:hunter2@h/x", "password = file:PATH");
	assert_refused("s3:https://key:hunter2@h/x", "password = file:PATH");
	assert_refused("ftp://me:hunter2@h:x/x", "password = file:PATH");
}

static void a_url_is_told_from_a_path(void **state)
{
	(void)state;
	assert_true(bk_url_is("smb://nas/bk"));
	assert_true(bk_url_is("s3:https://h/b"));
	assert_true(bk_url_is("file:///var/lib/bk"));
	assert_false(bk_url_is("/var/lib/bk"));
	assert_false(bk_url_is("main"));
	assert_false(bk_url_is("backups/a://b"));
	assert_false(bk_url_is("1x://b"));
}

static void a_path_is_escaped_for_servers(void **state)
{
	struct bk_buf out = {0};
	struct bk_url url = {0};
	struct bk_err err = {0};

	(void)state;
	bk_url_escape(&out, "/a b/\xc3\xbc%~-_.;");
	assert_string_equal(bk_buf_text(&out), "/a%20b/%C3%BC%25~-_.%3B");
	out.len = 0;
	assert_int_equal(
		bk_url_parse(&url, "https://u@[2001:db8::1]:8443/x", &err), 0);
	bk_url_origin(&out, &url, "https");
	assert_string_equal(bk_buf_text(&out), "https://[2001:db8::1]:8443");
	bk_url_clear(&url);
	bk_buf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_url_has_a_scheme_a_user_a_host_a_port_and_a_path),
		cmocka_unit_test(what_is_no_url_is_refused),
		cmocka_unit_test(a_password_is_refused_and_never_repeated),
		cmocka_unit_test(a_url_is_told_from_a_path),
		cmocka_unit_test(a_path_is_escaped_for_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
