/* bk-check: proves that a repository is whole. */

#include <string.h>

#include "job/check.h"
#include "job/open.h"
#include "job/tool.h"

struct check_opts {
	struct bk_choice choice;
	uint32_t read_ppm;
};

static int run(struct bk_call *call, struct bk_err *err)
{
	struct check_opts *opts = call->opts;
	struct bk_repo_settings which = {0};
	struct bk_opened opened = {0};
	struct bk_check_request request = {
		.read_ppm = opts->read_ppm,
		.threads = call->settings.jobs,
		.state_dir = call->settings.state_dir,
	};

	if (call->n_operands > 0) {
		const char *word = call->operands[0];
		if (strchr(word, '%'))
			return bk_fail(err, BK_MISUSE,
				       "'%s' is no set; a share is written as "
				       "one word: --read-data=%s",
				       word, word);
		opts->choice.word = call->operands[0];
		request.choice = &opts->choice;
	}
	if (bk_settings_repo(&call->settings, &which, err) < 0)
		return -1;
	which.reach.cache = NULL; /* what lies there is to be proved */
	opts->choice.usual_store = bk_choice_usual_store(&call->settings);
	if (bk_opened_open(&opened, &call->settings, &which, BK_OPEN_READ,
			   &call->outcome, err) < 0)
		return -1;
	request.repo = opened.repo;
	int rc = bk_check_run(&request, bk_call_progress(call), &call->outcome,
			      err);
	bk_opened_close(&opened);
	return rc;
}

int main(int argc, char **argv)
{
	struct check_opts opts = {.choice.at = BK_NO_TIME};
	/* clang-format off */
	const struct bk_opt options[] = {
		{BK_OPT_PERCENT, 0, "read-data", "[N%]", "read packs and messages too; with N% that share of the packs, another one each day", &opts.read_ppm},
		{BK_OPT_END, 0, NULL, NULL, NULL, NULL},
	};
	/* clang-format on */
	static const char *const usage[] = {
		"[-r REPO] [--read-data[=N%]] [SET|latest]", NULL};
	static const char *const examples[] = {
		"bk check",
		"every set, without reading mail",
		"bk check --read-data",
		"every byte, and every message put together",
		"bk check --read-data=10% -q",
		"from cron: everything in ten days",
		NULL,
	};
	static const char *const see_also[] = {"bk-list(1)", "bk-restore(1)",
					       "bk-exit(7)", NULL};
	const struct bk_tool tool = {
		.name = "bk-check",
		.purpose = "proves that a repository is whole",
		.usage = usage,
		.operands = "SET|latest",
		.operands_max = 1,
		.common = BK_COMMON_CONFIG | BK_COMMON_REPO | BK_COMMON_JSON |
			  BK_COMMON_PROGRESS | BK_COMMON_JOBS,
		.options = options,
		.examples = examples,
		.see_also = see_also,
	};

	return bk_tool_main(&tool, run, &opts, argc, argv);
}
