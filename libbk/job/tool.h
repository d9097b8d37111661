/*
 * The frame of every tool: options, --help and completions, settings, the
 * run, one line about what went wrong, the exit status.  A file in cmd/ is a
 * description and a call:
 *
 *	static int run(struct bk_call *call, struct bk_err *err)
 *	{
 *		const struct list_opts *opts = call->opts;
 *		struct bk_repo_settings repo;
 *
 *		if (bk_settings_repo(&call->settings, &repo, err) < 0)
 *			return -1;
 *		return bk_list_run(&repo, ..., &call->outcome, err);
 *	}
 *
 *	int main(int argc, char **argv)
 *	{
 *		struct list_opts opts = {0};
 *		const struct bk_opt options[] = {...};
 *		const struct bk_tool tool = {.name = "bk-list", ...};
 *
 *		return bk_tool_main(&tool, run, &opts, argc, argv);
 *	}
 */

#ifndef BK_JOB_TOOL_H
#define BK_JOB_TOOL_H

#include <stddef.h>

#include "base/err.h"
#include "base/opt.h"
#include "job/exit.h"
#include "job/settings.h"
#include "sync/progress.h"

struct bk_report;

struct bk_call {
	const struct bk_tool *tool;
	struct bk_common common;
	struct bk_settings settings;
	char **operands; /* NULL after the last */
	size_t n_operands;
	void *opts; /* the tool's own */
	struct bk_outcome outcome;
	struct bk_report *report; /* see bk_call_progress */
};

/* What the job reports to: a display on the terminal, or JSON lines, as the
 * common options say.  Made when it is first asked for; ends with the run. */
struct bk_progress *bk_call_progress(struct bk_call *call);

/*
 * Parses, loads the settings, catches SIGINT and SIGTERM (base/cancel.h),
 * calls run, and says on stderr "bk-list: text" if it failed; with --json the
 * last line on stdout is {"type":"exit","status":...}.  Returns the exit
 * status.  -q, -v and colours are in effect when run is called.
 */
int bk_tool_main(const struct bk_tool *tool,
		 int (*run)(struct bk_call *call, struct bk_err *err),
		 void *opts, int argc, char **argv);

/* Says "NAME: text" and gives the status, for what failed before or beside a
 * run. */
enum bk_exit bk_tool_failed(const char *name, const struct bk_outcome *outcome,
			    const struct bk_err *err);

#endif
