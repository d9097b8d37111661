/* report/report and the frame of the tools: whatever happens to a run, its
 * reader is told how it ended. */

#include "lib/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "job/tool.h"
#include "report/report.h"

static int well(struct bk_call *call, struct bk_err *err)
{
	(void)err;
	bk_progress_start(bk_call_progress(call),
			  &(struct bk_run){.kind = "full"});
	bk_progress_finish(bk_call_progress(call),
			   &(struct bk_summary){.set = "S"});
	return 0;
}

static int badly(struct bk_call *call, struct bk_err *err)
{
	call->outcome.place = BK_PLACE_LOCK;
	bk_progress_start(bk_call_progress(call),
			  &(struct bk_run){.kind = "full"});
	bk_progress_item_error(
		bk_call_progress(call),
		&(struct bk_item_error){.account = "ann", .text = "no"});
	return bk_fail(err, BK_BUSY, "locked by bk-backup");
}

/* Runs a tool in a child; its exit status, and what it printed. */
static int run_tool(int (*run)(struct bk_call *call, struct bk_err *err),
		    const char *option, const char *into,
		    struct bk_buf *printed)
{
	static const char *const usage[] = {"", NULL};
	static const struct bk_opt none[] = {{.kind = BK_OPT_END}};
	const struct bk_tool tool = {.name = "bk-try",
				     .purpose = "is tried",
				     .usage = usage,
				     .common = BK_COMMON_PROGRESS |
					       BK_COMMON_JSON,
				     .options = none};
	char name[] = "bk-try", word[32];
	char *argv[] = {name, word, NULL};
	int both[2], status;
	char block[512];
	ssize_t n;

	(void)snprintf(word, sizeof(word), "%s", option);
	assert_int_equal(pipe2(both, O_CLOEXEC), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		int fd = into ? open(into, O_WRONLY | O_CLOEXEC) : both[1];
		(void)setenv("BK_CONFIG", "/dev/null", 1);
		(void)dup2(fd, STDOUT_FILENO);
		(void)dup2(both[1], STDERR_FILENO);
		_exit(bk_tool_main(&tool, run, NULL, 2, argv));
	}
	(void)close(both[1]);
	while ((n = read(both[0], block, sizeof(block))) > 0)
		bk_buf_add(printed, block, (size_t)n);
	(void)close(both[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void a_good_run_in_json_ends_with_its_exit(void **state)
{
	struct bk_buf printed = {0};

	(void)state;
	assert_int_equal(run_tool(well, "--json", NULL, &printed), 0);
	const char *text = bk_buf_text(&printed);
	assert_non_null(strstr(text, "\"type\":\"start\""));
	assert_non_null(strstr(text, "\"type\":\"summary\""));
	const char *last = strstr(text, "\"type\":\"exit\"");
	assert_non_null(last);
	assert_non_null(strstr(last, "\"status\":0"));
	assert_string_equal(strchr(last, '\n'), "\n");
	bk_buf_clear(&printed);
}

static void a_bad_run_in_json_says_why_and_in_words_too(void **state)
{
	struct bk_buf printed = {0};

	(void)state;
	assert_int_equal(run_tool(badly, "--json", NULL, &printed),
			 BK_EXIT_LOCKED);
	const char *text = bk_buf_text(&printed);
	const char *last = strstr(text, "\"type\":\"exit\"");
	assert_non_null(last);
	assert_non_null(strstr(last, "\"status\":11"));
	assert_non_null(strstr(last, "\"class\":\"busy\""));
	assert_string_equal(strchr(last, '\n'),
			    "\nbk-try: locked by bk-backup\n");
	bk_buf_clear(&printed);
}

static void json_that_nobody_could_read_is_no_success(void **state)
{
	struct bk_buf printed = {0};

	(void)state;
	assert_int_not_equal(run_tool(well, "--json", "/dev/full", &printed),
			     0);
	bk_buf_clear(&printed);
}

static void a_summary_that_nobody_could_read_is_no_success(void **state)
{
	struct bk_buf printed = {0};

	(void)state;
	assert_int_not_equal(
		run_tool(well, "--progress=none", "/dev/full", &printed), 0);
	bk_buf_clear(&printed);
}

static void problems_come_before_what_ended_the_run(void **state)
{
	struct bk_buf printed = {0};

	(void)state;
	assert_int_equal(run_tool(badly, "-q", NULL, &printed), BK_EXIT_LOCKED);
	assert_string_equal(bk_buf_text(&printed),
			    "NEEDS YOU\n"
			    "  ann    no\n"
			    "bk-try: locked by bk-backup\n");
	bk_buf_clear(&printed);
}

static void a_good_run_into_a_file_is_free_of_steering(void **state)
{
	struct bk_buf printed = {0};

	(void)state;
	assert_int_equal(run_tool(well, "--progress=auto", NULL, &printed), 0);
	const char *text = bk_buf_text(&printed);
	assert_non_null(strstr(text, "set S: complete\n"));
	assert_null(strchr(text, '\x1b'));
	assert_null(strchr(text, '\r'));
	bk_buf_clear(&printed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_run_in_json_ends_with_its_exit),
		cmocka_unit_test(a_bad_run_in_json_says_why_and_in_words_too),
		cmocka_unit_test(json_that_nobody_could_read_is_no_success),
		cmocka_unit_test(
			a_summary_that_nobody_could_read_is_no_success),
		cmocka_unit_test(problems_come_before_what_ended_the_run),
		cmocka_unit_test(a_good_run_into_a_file_is_free_of_steering),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
