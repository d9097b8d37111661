/* Which reporter it is to be: see report.h. */

#include "report/report.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "report/jsonlines.h"
#include "report/terminal.h"

struct bk_report {
	struct bk_progress *progress;
	bool json;
};

static bool can_redraw(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

static enum bk_terminal_style style_of(const struct bk_common *common)
{
	if (common->progress == BK_PROGRESS_NONE)
		return BK_TERMINAL_NONE;
	if (common->progress == BK_PROGRESS_AUTO && can_redraw(STDERR_FILENO))
		return BK_TERMINAL_LIVE;
	return BK_TERMINAL_PLAIN;
}

static struct bk_progress *open_terminal(const char *tool,
					 const struct bk_common *common)
{
	const struct bk_terminal_options options = {
		.tool = tool,
		.results = stdout,
		.talk = stderr,
		.style = style_of(common),
		.quiet = common->quiet,
		.color_results = !common->no_color && can_redraw(STDOUT_FILENO),
		.color_talk = !common->no_color && can_redraw(STDERR_FILENO)};
	struct bk_progress *progress = bk_terminal_new(&options);

	bk_log_around(bk_terminal_around, progress);
	return progress;
}

static struct bk_progress *open_json(const struct bk_common *common)
{
	const struct bk_jsonlines_options options = {
		.out = stdout,
		.no_notes = common->quiet,
		.no_status =
			common->quiet || common->progress == BK_PROGRESS_NONE,
	};

	return bk_jsonlines_new(&options);
}

struct bk_report *bk_report_open(const char *tool,
				 const struct bk_common *common)
{
	struct bk_report *report = bk_alloc(sizeof(*report));

	report->json = common->json;
	report->progress =
		common->json ? open_json(common) : open_terminal(tool, common);
	return report;
}

struct bk_progress *bk_report_progress(struct bk_report *report)
{
	return report->progress;
}

int bk_report_close(struct bk_report *report, int status,
		    const struct bk_err *why, struct bk_err *err)
{
	int rc = 0;

	if (!report)
		return 0;
	if (report->json) {
		rc = bk_jsonlines_exit(report->progress, status, why, err);
		bk_jsonlines_free(report->progress);
	} else {
		bk_log_around(NULL, NULL);
		bk_terminal_free(report->progress);
	}
	free(report);
	return rc;
}
