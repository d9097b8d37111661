/* bk-check: proves that a repository and its copies are whole. */

#include "job/check.h"
#include "job/check_ends.h"
#include "job/open.h"
#include "job/tool.h"

struct check_opts {
	struct bk_choice choice;
	uint32_t read_ppm;
	const char *store;
	bool no_targets;
	bool repair;
};

static int check(struct bk_call *call, struct bk_check_ends *ends,
		 struct bk_err *err)
{
	const struct check_opts *opts = call->opts;
	const struct bk_check_words words = {
		.settings = &call->settings,
		.which = &ends->from,
		.again = ends->again,
		.repairing = opts->repair && !call->common.dry_run,
	};
	struct bk_opened opened = {0};
	struct bk_check_request request = {
		.choice = opts->choice.word ? &opts->choice : NULL,
		.read_ppm = opts->read_ppm,
		.threads = call->settings.jobs,
		.state_dir = call->settings.state_dir,
		.copies = ends->copies,
		.n_copies = ends->n,
		.repair = opts->repair,
		.dry_run = call->common.dry_run,
		.store = opts->store,
		.words = &words,
	};

	if (bk_opened_open(&opened, &call->settings, &ends->from,
			   opts->repair ? BK_OPEN_TRY : BK_OPEN_READ,
			   &call->outcome, err) < 0)
		return -1;
	request.repo = opened.repo;
	int rc = bk_check_run(&request, bk_call_progress(call), &call->outcome,
			      err);
	bk_opened_close(&opened);
	return rc;
}

static int run(struct bk_call *call, struct bk_err *err)
{
	struct check_opts *opts = call->opts;
	struct bk_check_ends ends = {0};
	const char *word = call->n_operands > 0 ? call->operands[0] : NULL;

	if (opts->store && !opts->repair)
		return bk_fail(err, BK_MISUSE, "--store is for --repair");
	if (call->common.dry_run && !opts->repair)
		return bk_fail(err, BK_MISUSE,
			       "-n is for --repair; without it a check changes "
			       "nothing");
	int rc = bk_check_ends_find(&ends, &call->settings, word,
				    !opts->no_targets, err);
	if (rc == 0) {
		opts->choice.word = ends.set;
		opts->choice.usual_store =
			bk_choice_usual_store(&call->settings);
		rc = check(call, &ends, err);
	}
	bk_check_ends_clear(&ends);
	return rc;
}

int main(int argc, char **argv)
{
	struct check_opts opts = {.choice.at = BK_NO_TIME};
	/* clang-format off */
	const struct bk_opt options[] = {
		{BK_OPT_PERCENT, 0, "read-data", "[N%]", "read packs and messages too; with N% that share of the packs, another one in each run", &opts.read_ppm},
		{BK_OPT_FLAG, 0, "repair", NULL, "mend what is damaged, from parity, another copy or the mail store, and check again", &opts.repair},
		{BK_OPT_TEXT, 0, "store", "STORE", "--repair looks there for mail that is lost, not in the stores that the sets are of", &opts.store},
		{BK_OPT_FLAG, 0, "no-targets", NULL, "the repository only, not where its sets are shipped to", &opts.no_targets},
		{BK_OPT_END, 0, NULL, NULL, NULL, NULL},
	};
	/* clang-format on */
	static const char *const usage[] = {
		"[-r REPO] [--read-data[=N%]] [--repair [-n] [--store STORE]] [--no-targets] [JOB|SET|latest]",
		NULL};
	static const char *const examples[] = {
		"bk check",
		"every set, here and at every target, without reading mail",
		"bk check nightly --read-data=10% -q",
		"from cron: everything in ten runs",
		"bk check --read-data --no-targets",
		"every byte here, and every message put together",
		"bk check --read-data --repair",
		"mends what bits were lost here, and at every target",
		"bk check -r nas --read-data",
		"all that lies at one target",
		NULL,
	};
	static const char *const see_also[] = {"bk-list(1)", "bk-restore(1)",
					       "bk-ship(1)", "bk-exit(7)",
					       NULL};
	const struct bk_tool tool = {
		.name = "bk-check",
		.purpose = "proves that a repository and its copies are whole",
		.usage = usage,
		.operands = "JOB|SET|latest",
		.operands_max = 1,
		.common = BK_COMMON_CONFIG | BK_COMMON_REPO | BK_COMMON_JSON |
			  BK_COMMON_PROGRESS | BK_COMMON_JOBS |
			  BK_COMMON_DRY_RUN,
		.options = options,
		.examples = examples,
		.see_also = see_also,
	};

	return bk_tool_main(&tool, run, &opts, argc, argv);
}
