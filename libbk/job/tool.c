/*
 * The frame around every tool: see tool.h.  With report/ this is the place
 * that prints: on behalf of cmd/.
 */

#include "job/tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/log.h"
#include "base/version.h"

static enum bk_log_level level_of(const struct bk_common *common)
{
	if (common->quiet)
		return BK_LOG_ERROR;
	return common->verbose > 0 ? BK_LOG_DEBUG : BK_LOG_INFO;
}

/* A full disk behind our results is a failure too.  Who closed the pipe has
 * read enough and need not be told. */
static int flush_results(struct bk_err *err)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	if (errno == EPIPE)
		return bk_fail(err, BK_FAILED, "%s", "");
	return bk_fail(err, errno == ENOSPC ? BK_FULL : BK_FAILED,
		       "the results could not be written");
}

static int load_and_run(struct bk_call *call,
			int (*run)(struct bk_call *call, struct bk_err *err),
			struct bk_err *err)
{
	if (bk_settings_load(&call->settings, &call->common, err) < 0)
		return -1;
	bk_cancel_catch();
	int rc = run(call, err);
	bk_settings_clear(&call->settings);
	return rc;
}

static int print_asked(const struct bk_call *call, bool *printed,
		       struct bk_err *err)
{
	(void)err;
	*printed = true;
	if (call->common.help)
		bk_opt_help(call->tool, stdout);
	else if (call->common.version)
		(void)printf("%s %s\n", call->tool->name, BK_VERSION);
	else
		*printed = false;
	return 0;
}

static int start(struct bk_call *call,
		 int (*run)(struct bk_call *call, struct bk_err *err), int argc,
		 char **argv, struct bk_err *err)
{
	bool printed = false;

	if (bk_opt_parse(call->tool, &call->common, &argc, argv, err) < 0)
		return -1;
	call->operands = argv + 1;
	call->n_operands = (size_t)argc - 1;
	const char *no_color = getenv("NO_COLOR");
	if (no_color && *no_color)
		call->common.no_color = true;
	bk_log_init(call->tool->name, level_of(&call->common));

	int rc = print_asked(call, &printed, err);
	if (!printed)
		rc = load_and_run(call, run, err);
	return rc < 0 ? -1 : flush_results(err);
}

int bk_tool_main(const struct bk_tool *tool,
		 int (*run)(struct bk_call *call, struct bk_err *err),
		 void *opts, int argc, char **argv)
{
	struct bk_call call = {.tool = tool, .opts = opts};
	struct bk_err err = {0};

	bk_log_init(tool->name, BK_LOG_INFO);
	int rc = start(&call, run, argc, argv, &err);
	if (rc < 0 && err.text[0])
		bk_log(BK_LOG_ERROR, "%s", err.text);
	return (int)bk_exit_status(rc, &call.outcome, &err);
}
