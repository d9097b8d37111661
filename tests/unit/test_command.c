/* Commands that people paste: quoted, and with the words that lead back. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "job/command.h"

static struct bk_buf line;

static int fresh(void **state)
{
	(void)state;
	line.len = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_buf_clear(&line);
	return 0;
}

static void assert_quoted(const char *word, const char *as)
{
	line.len = 0;
	bk_quote(&line, word);
	assert_string_equal(bk_buf_text(&line), as);
}

static void only_what_a_shell_would_take_apart_is_quoted(void **state)
{
	(void)state;
	assert_quoted("/var/lib/bk/main", "/var/lib/bk/main");
	assert_quoted("sftp://bk@nas:2222/a", "sftp://bk@nas:2222/a");
	assert_quoted("password=file:/etc/x", "password=file:/etc/x");
	assert_quoted("", "''");
	assert_quoted("a b", "'a b'");
	assert_quoted("~/x", "'~/x'");
	assert_quoted("a'b", "'a'\\''b'");
	assert_quoted("'", "''\\'''");
	assert_quoted("07:00-19:00 2M", "'07:00-19:00 2M'");
	assert_quoted("*?[$`\"\\!#&;|<>(){}", "'*?[$`\"\\!#&;|<>(){}'");
}

/* What sh makes of it is the word itself. */
static void a_shell_reads_any_word_back(void **state)
{
	char word[128] = {0}, back[128] = {0};
	size_t n = 0;

	(void)state;
	for (int c = 1; c < 127; c++)
		word[n++] = (char)c;
	bk_buf_printf(&line, "printf %%s ");
	bk_quote(&line, word);
	FILE *shell = popen(bk_buf_text(&line), "r"); /* NOLINT: a test's */
	assert_non_null(shell);
	assert_int_equal(fread(back, 1, sizeof(back), shell), n);
	assert_int_equal(pclose(shell), 0);
	assert_memory_equal(word, back, n);
}

static const char *said[] = {"ca=/etc/a b.pem", "timeout=2s"};

static void what_the_user_said_is_said_again(void **state)
{
	struct bk_common common = {
		.config = "my conf",
		.slot = "escrow",
		.password_from = "file:/root/p w",
		.target_options = {.items = said, .n = 2},
	};
	struct bk_repo_settings which = {.name = "sftp://bk@nas/x",
					 .said = "sftp://bk@nas/x",
					 .common = &common};

	(void)state;
	bk_command_begin(&line, "ship push", &which, 0);
	bk_command_word(&line, "off site");
	assert_string_equal(bk_buf_text(&line),
			    "bk ship push -c 'my conf' -r sftp://bk@nas/x "
			    "-o 'ca=/etc/a b.pem' -o timeout=2s --slot escrow "
			    "--password-from 'file:/root/p w' 'off site'");
}

static void what_is_found_by_itself_is_not(void **state)
{
	struct bk_common common = {.password_from = "fd:3"};
	struct bk_repo_settings which = {.name = "main", .common = &common};

	(void)state;
	bk_command_begin(&line, "check", &which, 0);
	assert_string_equal(bk_buf_text(&line), "bk check");
	line.len = 0;
	bk_command_begin(&line, "check", &which, BK_COMMAND_NAMED);
	assert_string_equal(bk_buf_text(&line), "bk check -r main");
}

static void a_new_repository_has_no_keys_yet(void **state)
{
	struct bk_common common = {.slot = "x", .password_from = "keyblock:/k"};
	struct bk_repo_settings which = {.name = "main", .common = &common};

	(void)state;
	bk_command_begin(&line, "init", &which,
			 BK_COMMAND_NAMED | BK_COMMAND_MAKES);
	assert_string_equal(bk_buf_text(&line), "bk init -r main");
}

static void on_a_bare_machine_the_section_is_spelt_out(void **state)
{
	static char url[] = "url", ca[] = "ca", limit[] = "limit";
	struct bk_conf_entry entries[] = {
		{.key = url,   .value = "ftpes://x/y"},
		{.key = ca,    .value = "/etc/ca.pem"},
		{.key = limit, .value = "2M"         },
	};
	struct bk_conf_section section = {.entries = entries, .n = 3};
	struct bk_repo_settings which = {
		.name = "nas", .where = "ftpes://x/y", .target = &section};

	(void)state;
	bk_command_bare(&line, &which);
	assert_string_equal(bk_buf_text(&line),
			    " -r ftpes://x/y -o ca=/etc/ca.pem");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			only_what_a_shell_would_take_apart_is_quoted, fresh),
		cmocka_unit_test_setup(a_shell_reads_any_word_back, fresh),
		cmocka_unit_test_setup(what_the_user_said_is_said_again, fresh),
		cmocka_unit_test_setup(what_is_found_by_itself_is_not, fresh),
		cmocka_unit_test_setup(a_new_repository_has_no_keys_yet, fresh),
		cmocka_unit_test_setup(
			on_a_bare_machine_the_section_is_spelt_out, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
