/* How a target is reached: by its section, by its URL, by -o. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job/resolve.h"

static char path[] = "/tmp/bk-target-XXXXXX";
static struct bk_common common;
static struct bk_settings settings;
static struct bk_target_settings target;
static struct bk_err err;

static const char text[] =
	"[repo main]\n"
	"path = /var/lib/bk/main\n"
	"password = file:/etc/bk/main.pass\n"
	"[repo far]\n"
	"target = offsite\n"
	"[target offsite]\n"
	"url = ftpes://mx1@ftp.example.net/bk\n"
	"password = file:/etc/bk/offsite.pass\n"
	"limit = 07:00-19:00 2M\n"
	"timeout = 90s\n"
	"allow-cleartext = no\n"
	"ca = /etc/bk/ca.pem\n"
	"keep = 30d\n"
	"[target empty]\n"
	"password = prompt\n";

static int start(void **state)
{
	FILE *out = fopen(path, "w");

	(void)state;
	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
	common = (struct bk_common){.config = path};
	err = (struct bk_err){0};
	assert_int_equal(bk_settings_load(&settings, &common, &err), 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_settings_clear(&settings);
	bk_opt_list_clear(&common.target_options);
	return 0;
}

static void option(const char *item)
{
	struct bk_opt_list *list = &common.target_options;

	list->items = bk_array_room(list->items, list->n, &list->cap,
				    sizeof(*list->items));
	list->items[list->n++] = item;
}

static void found(const char *word)
{
	if (bk_settings_target(&settings, word, &target, &err) < 0)
		fail_msg("%s", err.text);
}

static void refused(const char *word, const char *why)
{
	assert_int_equal(bk_settings_target(&settings, word, &target, &err),
			 -1);
	assert_int_equal(err.kind, BK_MISUSE);
	if (!strstr(err.text, why))
		fail_msg("%s", err.text);
}

static void a_section_says_how_its_target_is_reached(void **state)
{
	(void)state;
	found("offsite");
	assert_string_equal(target.where, "ftpes://mx1@ftp.example.net/bk");
	assert_string_equal(target.reach.access.password,
			    "file:/etc/bk/offsite.pass");
	assert_string_equal(target.reach.access.ca, "/etc/bk/ca.pem");
	assert_int_equal(target.reach.access.timeout_s, 90);
	assert_int_equal(target.reach.up.n, 1);
	assert_int_equal(target.reach.down.n, 0);
}

static void a_url_is_that_of_the_section_that_has_it(void **state)
{
	(void)state;
	found("ftpes://mx1@ftp.example.net/bk");
	assert_string_equal(target.name, "offsite");
	assert_int_equal(target.reach.access.timeout_s, 90);
	found("ftpes://mx1@ftp.example.net/other");
	assert_null(target.reach.access.password);
	found("/var/lib/bk/main");
	assert_string_equal(target.where, "/var/lib/bk/main");
}

static void options_add_to_the_section(void **state)
{
	(void)state;
	option("timeout=5s");
	option("ca=/tmp/ca=1.pem");
	option("limit-down=1M");
	found("offsite");
	assert_int_equal(target.reach.access.timeout_s, 5);
	assert_string_equal(target.reach.access.ca, "/tmp/ca=1.pem");
	assert_int_equal(target.reach.down.otherwise, 1 << 20);
	assert_string_equal(target.reach.access.password,
			    "file:/etc/bk/offsite.pass");
}

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	refused("ofsite", "did you mean 'offsite'?");
	refused("nowhere", "write its path or URL");
	refused("empty", "[target empty] has no url");
	refused("ftp://u:p@h/x", "password = file:PATH");
}

static void a_wrong_option_is_refused(void **state)
{
	static const struct {
		const char *option, *why;
	} wrong[] = {
		{"pasword=file:/x", "did you mean 'password'?"},
		{"password=secret", "not the password itself" },
		{"timeout=soon",    "-o timeout"              },
		{"timeout=0",       "from 1s to 1h"           },
		{"pin=abc",         "begin with sha256//"     },
		{"proxy=/x",        "not a URL"               },
		{"proxy=ftp://h",   "unknown 'ftp'"           },
		{"ca=relative.pem", "does not begin with '/'" },
		{"url=ftp://h",     "into the configuration"  },
		{"=x",              "KEY=VALUE"               },
		{"ca",              "KEY=VALUE"               },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		common.target_options.n = 0;
		option(wrong[i].option);
		refused("offsite", wrong[i].why);
	}
}

static void a_repository_lies_on_a_target(void **state)
{
	struct bk_repo_settings repo;

	(void)state;
	common.repo = "far";
	if (bk_settings_repo(&settings, &repo, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(repo.name, "far");
	assert_string_equal(repo.where, "ftpes://mx1@ftp.example.net/bk");
	assert_string_equal(repo.password, "prompt");
	assert_int_equal(repo.reach.access.timeout_s, 90);
	common.repo = "offsite";
	assert_int_equal(bk_settings_repo(&settings, &repo, &err), 0);
	assert_string_equal(repo.where, "ftpes://mx1@ftp.example.net/bk");
	common.repo = "main";
	option("timeout=5s");
	assert_int_equal(bk_settings_repo(&settings, &repo, &err), -1);
	assert_non_null(strstr(err.text, "is a folder here"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_section_says_how_its_target_is_reached, start, end),
		cmocka_unit_test_setup_teardown(
			a_url_is_that_of_the_section_that_has_it, start, end),
		cmocka_unit_test_setup_teardown(options_add_to_the_section,
						start, end),
		cmocka_unit_test_setup_teardown(what_is_wrong_is_said, start,
						end),
		cmocka_unit_test_setup_teardown(a_wrong_option_is_refused,
						start, end),
		cmocka_unit_test_setup_teardown(a_repository_lies_on_a_target,
						start, end),
	};
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	(void)close(fd);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(path);
	return failed;
}
