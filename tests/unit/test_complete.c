/* What may stand where the cursor is, for any tool and any shell. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/complete.h"
#include "base/manpage.h"

static const struct bk_opt options[] = {
	{BK_OPT_FLAG,    'a', "all",       NULL,                "everything",     NULL},
	{BK_OPT_TEXT,    'A', "account",   "ACCOUNT",           "one account",    NULL},
	{BK_OPT_CHOICE,  0,   "layout",    "auto|fs|maildir++", "how it lies",    NULL},
	{BK_OPT_PERCENT, 0,   "read-data", "[N%]",              "read packs too", NULL},
	{BK_OPT_TEXT,    0,   "list",      "FILE",              "a list: C:\\x",  NULL},
	{BK_OPT_END,     0,   NULL,        NULL,                NULL,             NULL},
};

static const struct bk_tool tool = {
	.name = "bk-test",
	.purpose = "tests",
	.operands = "JOB|STORE|latest DIR FILE...",
	.options = options,
	.common = BK_COMMON_REPO,
};

static void print_kind(void *data, const char *kind, FILE *out)
{
	(void)data;
	(void)fprintf(out, "<%s>\n", kind);
}

/* The answer to a line of words parted by single blanks, the last of which is
 * being typed. */
static char *answer(const char *line)
{
	char *copy = strdup(line);
	char *typed[16] = {copy};
	char *text = NULL;
	size_t len = 0;
	size_t n = 1;

	for (char *p = copy; *p; p++)
		if (*p == ' ') {
			*p = 0;
			typed[n++] = p + 1;
		}
	FILE *out = open_memstream(&text, &len);
	bk_complete(&tool, typed, n, print_kind, NULL, out);
	assert_int_equal(fclose(out), 0);
	free(copy);
	return text;
}

static void answers(const char *line, const char *want)
{
	char *text = answer(line);

	assert_string_equal(text, want);
	free(text);
}

static void operands_follow_their_place(void **state)
{
	(void)state;
	answers("", "<JOB>\n<STORE>\nlatest\n");
	answers("nightly ", ":dirs\n");
	answers("nightly /x ", ":files\n");
	answers("nightly /x y z ", ":files\n");
	answers("-a nightly ", ":dirs\n");
	answers("-A ann nightly ", ":dirs\n");
	answers("-Aann nightly ", ":dirs\n");
	answers("--account=ann nightly ", ":dirs\n");
	answers("--account ann nightly ", ":dirs\n");
	answers("--read-data nightly ", ":dirs\n");
	answers("-- -a ", ":dirs\n");
	answers("-- -", "<JOB>\n<STORE>\nlatest\n");
}

static void arguments_of_options_are_of_their_kind(void **state)
{
	(void)state;
	answers("-A ", "<ACCOUNT>\n");
	answers("-aA ", "<ACCOUNT>\n");
	answers("--account ", "<ACCOUNT>\n");
	answers("--account=x", "<ACCOUNT>\n");
	answers("--layout ", "auto\nfs\nmaildir++\n");
	answers("--layout=m", "auto\nfs\nmaildir++\n");
	answers("--list -", ":files\n");
	answers("--repo ", "<REPO>\n:dirs\n");
	answers("--read-data=", "");
	answers("--no-such=", "");
	answers("--all=", "");
}

static void a_dash_lists_the_options_but_the_hidden_ones(void **state)
{
	char *text = answer("nightly -");

	(void)state;
	assert_non_null(strstr(text, "--account\tone account\n"));
	assert_non_null(strstr(text, "--help\t"));
	assert_null(strstr(text, "print-"));
	assert_null(strstr(text, "--dry-run"));
	free(text);
}

static void every_shell_has_a_script_that_names_the_tool(void **state)
{
	static const char *const shells[] = {"bash", "zsh", "fish"};
	struct bk_err err = {0};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char *text = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&text, &len);
		assert_int_equal(
			bk_complete_script("bk-x", shells[i], out, &err), 0);
		assert_int_equal(fclose(out), 0);
		assert_non_null(strstr(text, "bk-x"));
		assert_non_null(strstr(text, "--complete"));
		free(text);
	}
	assert_int_equal(bk_complete_script("bk-x", "ksh", stderr, &err), -1);
	assert_string_equal(err.text, "'ksh' is none of bash|zsh|fish");
}

static void the_manual_has_every_option(void **state)
{
	static const char begin[] =
		".\\\" made by: bk-test --print-man\n"
		".Sh OPTIONS\n"
		".Bl -tag -width Ds\n"
		".It Fl a , Fl -all\n"
		"Everything.\n"
		".It Fl A Ar ACCOUNT , Fl -account Ns = Ns Ar ACCOUNT\n"
		"One account.\n"
		".It Fl -layout Ns = Ns Ar auto|fs|maildir++\n"
		"How it lies.\n"
		".It Fl -read-data Ns Oo = Ns Ar N% Oc\n"
		"Read packs too.\n"
		".It Fl -list Ns = Ns Ar FILE\n"
		"A list: C:\\ex.\n"
		".It Fl r Ar REPO , Fl -repo Ns = Ns Ar REPO\n";
	static const char end[] = ".El\n.\\\" end of what is made\n";
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	bk_manpage_options(&tool, out);
	assert_int_equal(fclose(out), 0);
	assert_memory_equal(text, begin, sizeof(begin) - 1);
	assert_string_equal(text + len - sizeof(end) + 1, end);
	assert_null(strstr(text, "print-completion"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operands_follow_their_place),
		cmocka_unit_test(arguments_of_options_are_of_their_kind),
		cmocka_unit_test(a_dash_lists_the_options_but_the_hidden_ones),
		cmocka_unit_test(every_shell_has_a_script_that_names_the_tool),
		cmocka_unit_test(the_manual_has_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
