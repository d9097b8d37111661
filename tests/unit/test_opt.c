/* What a person types becomes values, or one line that says what is wrong. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/opt.h"

struct values {
	bool all;
	const char *host;
	struct bk_opt_list accounts;
	unsigned layout;
	uint64_t number, size;
	int64_t age_ms, at;
	uint32_t ppm;
};

/* The last call's: options, what is left over, and the error. */
static struct values v;
static struct bk_common common;
static struct bk_err err;
static char *argv[16];
static int argc;

/* Parses a line of words parted by single spaces. */
static int parse(const char *line)
{
	const struct bk_opt options[] = {
		{BK_OPT_FLAG,     'a', "all",       NULL,                "everything", &v.all     },
		{BK_OPT_TEXT,     'H', "host",      "HOST",              "of a host",  &v.host    },
		{BK_OPT_LIST,     0,   "account",   "ACCOUNT",           "one",        &v.accounts},
		{BK_OPT_CHOICE,   0,   "layout",    "auto|fs|maildir++", "how",
		 &v.layout									},
		{BK_OPT_NUMBER,   0,   "number",    "N",                 "number",     &v.number  },
		{BK_OPT_SIZE,     's', "size",      "BYTES",             "size",       &v.size    },
		{BK_OPT_DURATION, 0,   "max-age",   "TIME",              "age",        &v.age_ms  },
		{BK_OPT_TIME,     0,   "at",        "TIME",              "moment",     &v.at      },
		{BK_OPT_PERCENT,  0,   "read-data", "[N%]",              "share",      &v.ppm     },
		{BK_OPT_END,      0,   NULL,        NULL,                NULL,         NULL       },
	};
	static const char *const usage[] = {"[SET [ACCOUNT]]", NULL};
	static const struct bk_opt_clash clashes[] = {
		{"layout", "size", "a layout has no size"},
		{NULL,     NULL,   NULL                  },
	};
	const struct bk_tool tool = {
		.name = "bk-test",
		.usage = usage,
		.operands_max = 2,
		.common = BK_COMMON_REPO | BK_COMMON_JSON,
		.options = options,
		.clashes = clashes,
	};
	static char words[256];

	bk_opt_list_clear(&v.accounts);
	v = (struct values){.ppm = 7};
	common = (struct bk_common){0};
	err = (struct bk_err){0};
	(void)strncat(memset(words, 0, sizeof(words)), line, 255);
	argc = 0;
	argv[argc++] = words;
	for (char *p = words; *p; p++)
		if (*p == ' ') {
			*p = 0;
			argv[argc++] = p + 1;
		}
	argv[argc] = NULL;
	return bk_opt_parse(&tool, &common, &argc, argv, &err);
}

static void refused(const char *line, const char *text)
{
	assert_int_equal(parse(line), -1);
	assert_int_equal(err.kind, BK_MISUSE);
	assert_string_equal(err.text, text);
}

static void options_and_operands_mix_in_any_order(void **state)
{
	(void)state;
	assert_int_equal(parse("t one --all -H mx1 two -r main"), 0);
	assert_true(v.all);
	assert_string_equal(v.host, "mx1");
	assert_string_equal(common.repo, "main");
	assert_int_equal(argc, 3);
	assert_string_equal(argv[1], "one");
	assert_string_equal(argv[2], "two");
	assert_null(argv[3]);
}

static void letters_bundle_and_the_last_takes_an_argument(void **state)
{
	(void)state;
	assert_int_equal(parse("t -avvHmx1"), 0);
	assert_true(v.all);
	assert_int_equal(common.verbose, 2);
	assert_string_equal(v.host, "mx1");
	assert_int_equal(parse("t -aH mx1"), 0);
	assert_string_equal(v.host, "mx1");
}

static void every_kind_is_read(void **state)
{
	(void)state;
	assert_int_equal(parse("t --number=12 --size 1.5K --max-age 3d "
			       "--at 20261119T1230"),
			 0);
	assert_int_equal(v.number, 12);
	assert_int_equal(v.size, 1536);
	assert_int_equal(v.age_ms, 3 * 86400000);
	assert_int_equal(v.at, 1795091400);
	assert_int_equal(v.ppm, 7);
	assert_int_equal(parse("t --layout fs"), 0);
	assert_int_equal(v.layout, 1);
	assert_int_equal(parse("t --account=a --account b"), 0);
	assert_int_equal(v.accounts.n, 2);
	assert_string_equal(v.accounts.items[1], "b");
}

static void an_optional_argument_needs_its_equals_sign(void **state)
{
	(void)state;
	assert_int_equal(parse("t --read-data 10%"), 0);
	assert_int_equal(v.ppm, 1000000);
	assert_int_equal(argc, 2);
	assert_int_equal(parse("t --read-data=10%"), 0);
	assert_int_equal(v.ppm, 100000);
	assert_int_equal(argc, 1);
}

static void two_dashes_end_the_options(void **state)
{
	(void)state;
	assert_int_equal(parse("t -a -- -a --all"), 0);
	assert_int_equal(argc, 3);
	assert_string_equal(argv[1], "-a");
	assert_string_equal(argv[2], "--all");
	assert_int_equal(parse("t -"), 0);
	assert_string_equal(argv[1], "-");
}

static void the_last_one_wins(void **state)
{
	(void)state;
	assert_int_equal(parse("t -H a --host=b"), 0);
	assert_string_equal(v.host, "b");
}

static void a_mistake_is_told_in_one_line(void **state)
{
	(void)state;
	refused("t --acount=x",
		"unknown option '--acount'; did you mean '--account'?");
	refused("t --frobnicate", "unknown option '--frobnicate'; see --help");
	refused("t -x", "unknown option '-x'; see --help");
	refused("t -ax", "unknown option '-x'; see --help");
	refused("t --host", "--host needs its HOST");
	refused("t -aH", "-H needs its HOST");
	refused("t --all=yes", "--all takes no argument");
	refused("t --layout=f", "--layout: 'f' is none of auto|fs|maildir++");
	refused("t --layout=", "--layout: '' is none of auto|fs|maildir++");
	refused("t --number=-1", "--number: '-1' is not a number");
	refused("t --number=99999999999",
		"--number: '99999999999' is too large, 4294967295 is the most");
	refused("t -s 64X", "-s: '64X' is not a size; write it as 64M or 1.5G");
	refused("t a b c",
		"'c' is one word too many; usage: bk-test [SET [ACCOUNT]]");
}

/* A variable that is not set: "$ACCOUNT" must not become every account. */
static void nothing_is_no_argument(void **state)
{
	(void)state;
	refused("t --host=", "--host: the HOST is empty");
	refused("t --host ", "--host: the HOST is empty");
	refused("t -H ", "-H: the HOST is empty");
	refused("t --account=", "--account: the ACCOUNT is empty");
	refused("t -r ", "-r: the REPO is empty");
	refused("t --number=0", "--number: 0 is too few");
	refused("t one ",
		"one of the words is empty; usage: bk-test "
		"[SET [ACCOUNT]]");
	assert_int_equal(parse("t --help --host="), 0);
}

static void options_that_clash_are_refused(void **state)
{
	(void)state;
	refused("t --layout=fs -s 1",
		"--layout and --size: a layout has no size");
	refused("t -s 1 --layout fs",
		"--layout and --size: a layout has no size");
	refused("t -q -v", "--quiet and --verbose: one of them, please");
	assert_int_equal(parse("t -a -a"), 0);
	assert_int_equal(parse("t --host x --host y"), 0);
	assert_int_equal(parse("t --help --layout fs -s 1"), 0);
}

static void an_option_of_other_tools_is_not_taken(void **state)
{
	(void)state;
	refused("t --dry-run", "unknown option '--dry-run'; see --help");
	refused("t -n", "unknown option '-n'; see --help");
	assert_int_equal(parse("t --json"), 0);
	assert_true(common.json);
}

static void help_wins_over_whatever_is_wrong(void **state)
{
	(void)state;
	assert_int_equal(parse("t a b c --help --bogus"), 0);
	assert_true(common.help);
	assert_int_equal(parse("t a b c --print-completion=zsh"), 0);
	assert_string_equal(common.print_completion, "zsh");
}

static void hidden_options_are_never_suggested(void **state)
{
	(void)state;
	refused("t --print-mann", "unknown option '--print-mann'; see --help");
}

static void help_shows_every_option_but_the_hidden_ones(void **state)
{
	static const struct bk_opt options[] = {
		{BK_OPT_PERCENT, 0, "read-data", "[N%]",
		 "read the packs too, or so much of them chosen at random, and "
		 "compare",				    NULL},
		{BK_OPT_END,     0, NULL,        NULL,   NULL, NULL},
	};
	static const char *const usage[] = {"[SET]", "--repair", NULL};
	static const char *const examples[] = {"bk check", "is it whole?",
					       NULL};
	static const char *const see[] = {"bk-list(1)", "bk(1)", NULL};
	const struct bk_tool tool = {
		.name = "bk-check",
		.purpose = "proves that a repository is whole",
		.usage = usage,
		.options = options,
		.examples = examples,
		.see_also = see,
	};
	char *text = NULL;
	size_t len = 0;

	(void)state;
	FILE *out = open_memstream(&text, &len);
	bk_opt_help(&tool, out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(
		text,
		"usage: bk-check [SET]\n"
		"       bk-check --repair\n"
		"bk-check proves that a repository is whole.\n"
		"\n"
		"options:\n"
		"      --read-data[=N%]    read the packs too, or so much of them chosen at\n"
		"                          random, and compare\n"
		"      --no-color          no colours, as with NO_COLOR in the environment\n"
		"  -q, --quiet             print nothing but results and errors\n"
		"  -v, --verbose           say more; twice: everything\n"
		"  -h, --help              show this help\n"
		"  -V, --version           show the version\n"
		"\n"
		"examples:\n"
		"  # is it whole?\n"
		"  bk check\n"
		"\n"
		"see also: bk-list(1), bk(1)\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_operands_mix_in_any_order),
		cmocka_unit_test(letters_bundle_and_the_last_takes_an_argument),
		cmocka_unit_test(every_kind_is_read),
		cmocka_unit_test(an_optional_argument_needs_its_equals_sign),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(the_last_one_wins),
		cmocka_unit_test(a_mistake_is_told_in_one_line),
		cmocka_unit_test(nothing_is_no_argument),
		cmocka_unit_test(options_that_clash_are_refused),
		cmocka_unit_test(an_option_of_other_tools_is_not_taken),
		cmocka_unit_test(help_wins_over_whatever_is_wrong),
		cmocka_unit_test(hidden_options_are_never_suggested),
		cmocka_unit_test(help_shows_every_option_but_the_hidden_ones),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	bk_opt_list_clear(&v.accounts);
	return rc;
}
