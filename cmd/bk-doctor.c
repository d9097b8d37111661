/* bk-doctor looks for what will keep backups from being made or of use. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/json.h"
#include "job/doctor.h"
#include "job/tool.h"

struct doctor_opts {
	bool writes;
};

static const char *const levels[] = {
	[BK_FINDING_FINE] = "fine",
	[BK_FINDING_NOTE] = "note",
	[BK_FINDING_WRONG] = "wrong",
};

static void print_json(const struct bk_finding *finding)
{
	struct bk_json *line = bk_json_new();
	char when[BK_CLOCK_TEXT];
	struct bk_err unsaid = {0};

	bk_json_int(line, "v", 1);
	bk_json_text(line, "t", bk_clock_format(when, bk_clock_now()));
	bk_json_text(line, "type", "finding");
	bk_json_text(line, "level", levels[finding->level]);
	bk_json_text(line, "check", finding->check);
	bk_json_text(line, "where", finding->where);
	bk_json_text(line, "text", finding->what);
	if (finding->next)
		bk_json_text(line, "next", finding->next);
	/* What fails here fails again at the end of the run, and is told. */
	(void)bk_json_print(line, stdout, &unsaid);
	bk_json_free(line);
}

static void print_line(const struct bk_finding *finding)
{
	struct bk_buf line = {0};

	bk_buf_printf(&line, "%-6s", levels[finding->level]);
	bk_escape(&line, finding->where, strlen(finding->where));
	bk_buf_printf(&line, ": ");
	bk_escape(&line, finding->what, strlen(finding->what));
	if (finding->next) {
		bk_buf_printf(&line, " -> ");
		bk_escape(&line, finding->next, strlen(finding->next));
	}
	(void)printf("%s\n", bk_buf_text(&line));
	bk_buf_clear(&line);
}

static void tell(void *arg, const struct bk_finding *finding)
{
	const struct bk_call *call = arg;

	if (call->common.json)
		print_json(finding);
	else if (finding->level == BK_FINDING_WRONG ||
		 (finding->level == BK_FINDING_NOTE && !call->common.quiet) ||
		 call->common.verbose)
		print_line(finding);
}

static int run(struct bk_call *call, struct bk_err *err)
{
	const struct doctor_opts *opts = call->opts;
	struct bk_doctor doctor = {
		.settings = &call->settings,
		.writes = opts->writes,
		.tell = tell,
		.arg = call,
	};

	/* All of the configuration is meant. */
	(void)unsetenv("BK_REPO");
	if (bk_doctor_run(&doctor, err) < 0)
		return -1;
	if (!call->common.json && !call->common.quiet)
		(void)printf("%zu to mend, %zu to think of, %zu fine\n",
			     doctor.wrong, doctor.notes, doctor.fine);
	if (doctor.wrong)
		call->outcome.ending = BK_ENDING_DIFFERENT;
	return 0;
}

int main(int argc, char **argv)
{
	struct doctor_opts opts = {0};
	/* clang-format off */
	const struct bk_opt options[] = {
		{BK_OPT_FLAG, 0, "write", NULL, "write a file at each target and repository, read it back and take it away", &opts.writes},
		{BK_OPT_END, 0, NULL, NULL, NULL, NULL},
	};
	/* clang-format on */
	static const char *const usage[] = {"[-c FILE] [--write]", NULL};
	static const char *const examples[] = {
		"bk doctor",
		"one line for each thing to mend, and what to do",
		"bk doctor -v",
		"what was looked at and is fine, too",
		"bk doctor --json -q",
		"for monitoring: status 0, or 17 where something is wrong",
		NULL,
	};
	static const char *const see_also[] = {
		"bk-check(1)", "bk-init(1)", "bk.conf(5)", "bk-exit(7)", NULL};
	const struct bk_tool tool = {
		.name = "bk-doctor",
		.purpose = "looks for what will keep backups from being made",
		.usage = usage,
		.common = BK_COMMON_CONFIG | BK_COMMON_JSON,
		.options = options,
		.examples = examples,
		.see_also = see_also,
	};

	return bk_tool_main(&tool, run, &opts, argc, argv);
}
