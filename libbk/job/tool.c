/*
 * The frame around every tool: see tool.h.  With report/ this is the place
 * that prints: on behalf of cmd/.
 */

#include "job/tool.h"
#include "job/denied.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/complete.h"
#include "base/log.h"
#include "base/manpage.h"
#include "base/version.h"
#include "job/denied.h"
#include "job/words.h"
#include "report/report.h"

static enum bk_log_level level_of(const struct bk_common *common)
{
	if (common->quiet)
		return BK_LOG_ERROR;
	return common->verbose > 0 ? BK_LOG_DEBUG : BK_LOG_INFO;
}

/* What an earlier write failed of, errno may no longer know: one more says. */
static int write_once_more(void)
{
	clearerr(stdout);
	return fputc('\n', stdout) == EOF || fflush(stdout) != 0 ? -1 : 0;
}

/* A full disk behind our results is a failure too; and is there still a
 * reader? */
static int flush_results(struct bk_err *err)
{
	struct pollfd pipe = {.fd = STDOUT_FILENO};

	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	bool full = errno == ENOSPC || errno == EDQUOT;
	if (poll(&pipe, 1, 0) > 0 && pipe.revents & POLLERR)
		errno = EPIPE;
	else if (!full && write_once_more() == 0)
		return bk_fail(err, BK_FAILED,
			       "the results could not be written");
	return bk_fail_output(err, "the results");
}

/* Who closed the pipe has read enough, and what was done is done. */
static bool is_left_by_reader(const struct bk_err *err)
{
	return err->kind == BK_LOST && !err->text[0];
}

/* A server that went away, or has too much to do, and said nothing that helps.
 */
static void advise_later(struct bk_err *err)
{
	size_t len = strlen(err->text);

	if ((err->kind == BK_LOST || err->kind == BK_BUSY) && len &&
	    !strstr(err->text, "; ") && !strpbrk(err->text, "?") &&
	    err->text[len - 1] != '.')
		(void)snprintf(err->text + len, sizeof(err->text) - len,
			       "; run it again when the server answers");
}

static int load_and_run(struct bk_call *call,
			int (*run)(struct bk_call *call, struct bk_err *err),
			struct bk_err *err)
{
	if (bk_settings_load(&call->settings, &call->common, err) < 0) {
		bk_denied_advise(err, BK_PLACE_REQUEST, NULL);
		if (call->tool->bad_config)
			call->tool->bad_config(&call->common, call->operands[0],
					       err);
		return -1;
	}
	bk_cancel_catch();
	/* What is told before the job reports is for programs, too. */
	if (call->common.json)
		(void)bk_call_progress(call);
	int rc = run(call, err);
	if (rc < 0)
		bk_denied_advise(err, call->outcome.place,
				 call->settings.state_dir);
	if (rc < 0 && call->outcome.place != BK_PLACE_LOCK)
		advise_later(err);
	bk_settings_clear(&call->settings);
	return rc;
}

/* --help and the like: prints it and says so, or leaves *printed alone. */
static int print_asked(const struct bk_call *call, bool *printed,
		       struct bk_err *err)
{
	const struct bk_common *common = &call->common;

	*printed = true;
	if (common->print_completion)
		return bk_complete_script(call->tool->name,
					  common->print_completion, stdout,
					  err);
	if (common->help)
		bk_opt_help(call->tool, stdout);
	else if (common->version)
		(void)printf("%s %s\n", call->tool->name, BK_VERSION);
	else if (common->print_man)
		bk_manpage_options(call->tool, stdout);
	else
		*printed = false;
	return 0;
}

/* Of what the parser cannot know: values of common options that clash. */
static int check_common(const struct bk_common *common, struct bk_err *err)
{
	if (common->progress != BK_PROGRESS_PLAIN)
		return 0;
	if (common->json)
		return bk_fail(err, BK_MISUSE,
			       "--json and --progress=plain: progress comes as "
			       "JSON lines too, or with --progress=none not at "
			       "all");
	if (common->quiet)
		return bk_fail(err, BK_MISUSE,
			       "--quiet and --progress=plain: one of them, "
			       "please");
	return 0;
}

static int parse(struct bk_call *call, int argc, char **argv,
		 struct bk_err *err)
{
	if (bk_opt_parse(call->tool, &call->common, &argc, argv, err) < 0)
		return -1;
	call->common.config_may_lack = call->tool->makes_config;
	call->operands = argv + 1;
	call->n_operands = (size_t)argc - 1;
	const char *no_color = getenv("NO_COLOR");
	if (no_color && *no_color)
		call->common.no_color = true;
	bk_log_init(call->tool->name, level_of(&call->common));
	return check_common(&call->common, err);
}

/*
 * With --json the last line says how it went, also when nothing was begun.
 * Fails if the report could not be written.
 */
static int end_report(struct bk_call *call, int rc, struct bk_err *err)
{
	struct bk_err why = {0};

	if (call->common.json)
		(void)bk_call_progress(call);
	enum bk_exit status = bk_exit_status(rc, &call->outcome, err);
	if (bk_report_close(call->report, (int)status, rc < 0 ? err : NULL,
			    &why) < 0 &&
	    rc == 0) {
		*err = why;
		return -1;
	}
	return rc;
}

/* The end of a run that did what it should: 0, unless its results could not be
 * written.  But who reads a failure takes it that no set was committed. */
static int finish(struct bk_call *call, bool printed, struct bk_err *err)
{
	const char *set = call->outcome.committed;
	int rc = flush_results(err);

	if (rc < 0 && is_left_by_reader(err))
		rc = 0;
	if (!printed && end_report(call, *set ? 0 : rc, err) < 0)
		rc = -1;
	if (rc == 0 || is_left_by_reader(err))
		return 0;
	if (!*set)
		return -1;
	bk_log(BK_LOG_ERROR, "set %s was committed, but %s", set, err->text);
	return 0;
}

/* A file that is opened where stdout was closed would get our results.  What is
 * put there instead cannot be used either, so that it is noticed. */
static void open_standard_files(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null", fd ? O_RDONLY : O_WRONLY);
}

struct bk_progress *bk_call_progress(struct bk_call *call)
{
	if (!call->report)
		call->report = bk_report_open(call->tool->name, &call->common);
	call->settings.waiting.progress = bk_report_progress(call->report);
	return call->settings.waiting.progress;
}

int bk_tool_main(const struct bk_tool *tool,
		 int (*run)(struct bk_call *call, struct bk_err *err),
		 void *opts, int argc, char **argv)
{
	struct bk_call call = {.tool = tool, .opts = opts};
	struct bk_err err = {0};
	bool printed = false;

	bk_alloc_init();
	open_standard_files();
	bk_log_init(tool->name, BK_LOG_INFO);
	if (argc > 1 && strcmp(argv[1], "--complete") == 0) {
		bk_words_complete(tool, argc, argv);
		return BK_EXIT_DONE;
	}
	int rc = parse(&call, argc, argv, &err);
	if (rc == 0)
		rc = print_asked(&call, &printed, &err);
	if (rc == 0 && !printed)
		rc = load_and_run(&call, run, &err);
	if (rc == 0 || is_left_by_reader(&err)) {
		rc = finish(&call, printed, &err);
	} else if (!printed) {
		rc = end_report(&call, rc, &err);
	}
	bk_opt_list_clear(&call.common.target_options);
	if (rc < 0)
		return (int)bk_tool_failed(tool->name, &call.outcome, &err);
	return (int)bk_exit_status(0, &call.outcome, &err);
}

enum bk_exit bk_tool_failed(const char *name, const struct bk_outcome *outcome,
			    const struct bk_err *err)
{
	bk_log_init(name, bk_log_level());
	if (err->text[0])
		bk_log(BK_LOG_ERROR, "%s", err->text);
	return bk_exit_status(-1, outcome, err);
}
