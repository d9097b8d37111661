/* bk-backup writes a set of a mail store. */

#include <stdlib.h>

#include "job/backup.h"
#include "job/open.h"
#include "job/tool.h"

struct backup_opts {
	bool automatic, full, differential, incremental;
	struct bk_opt_list accounts, exclude;
	const char *domains, *accounts_from;
	bool accept_shrink, stat;
};

static int wish_of(const struct backup_opts *opts, enum bk_backup_wish *wish,
		   struct bk_err *err)
{
	if (opts->automatic + opts->full + opts->differential +
		    opts->incremental >
	    1)
		return bk_fail(err, BK_MISUSE,
			       "one of --auto, --full, --differential and "
			       "--incremental, please");
	*wish = opts->full           ? BK_BACKUP_FULL
		: opts->differential ? BK_BACKUP_DIFFERENTIAL
		: opts->incremental  ? BK_BACKUP_INCREMENTAL
				     : BK_BACKUP_AUTO;
	return 0;
}

static int filter_of(const struct backup_opts *opts, struct bk_filter *filter,
		     struct bk_err *err)
{
	for (size_t i = 0; i < opts->accounts.n; i++)
		bk_names_add(&filter->include, opts->accounts.items[i]);
	for (size_t i = 0; i < opts->exclude.n; i++)
		bk_names_add(&filter->exclude, opts->exclude.items[i]);
	if (opts->domains)
		bk_names_add_words(&filter->domains, opts->domains);
	if (opts->accounts_from)
		return bk_names_add_file(&filter->include, opts->accounts_from,
					 err);
	return 0;
}

static int run(struct bk_call *call, struct bk_err *err)
{
	const struct backup_opts *opts = call->opts;
	struct bk_job_settings job = {0};
	struct bk_opened opened = {0};
	struct bk_filter only = {0};
	struct bk_backup_request request = {
		.job = &job,
		.only = &only,
		.state_dir = call->settings.state_dir,
		.accept_shrink = opts->accept_shrink,
		.stat = opts->stat,
		.threads = call->settings.jobs,
		.wait_ms = call->common.wait_ms,
	};
	int rc = -1;

	if (wish_of(opts, &request.wish, err) < 0 ||
	    filter_of(opts, &only, err) < 0 ||
	    bk_settings_job(&call->settings, call->operands[0], &job, err) <
		    0 ||
	    bk_opened_open(&opened, &call->settings, &job.repo, BK_OPEN_WRITE,
			   &call->outcome, err) < 0)
		goto out;
	request.repo = opened.repo;
	rc = bk_backup_run(&request, bk_call_progress(call), &call->outcome,
			   err);
out:
	bk_opened_close(&opened);
	bk_job_settings_clear(&job);
	bk_filter_clear(&only);
	return rc;
}

int main(int argc, char **argv)
{
	struct backup_opts opts = {0};
	/* clang-format off */
	const struct bk_opt options[] = {
		{BK_OPT_FLAG, 0, "auto", NULL, "full or differential, as the job's schedule says (the default)", &opts.automatic},
		{BK_OPT_FLAG, 0, "full", NULL, "everything anew; needs no other set", &opts.full},
		{BK_OPT_FLAG, 0, "differential", NULL, "what changed since the last full set", &opts.differential},
		{BK_OPT_FLAG, 0, "incremental", NULL, "what changed since the last set of any kind", &opts.incremental},
		{BK_OPT_LIST, 0, "account", "PATTERN", "only these accounts; the others stay as the last set has them", &opts.accounts},
		{BK_OPT_TEXT, 0, "domains", "LIST", "only accounts of these domains, as a.example,b.example", &opts.domains},
		{BK_OPT_TEXT, 0, "accounts-from", "FILE", "only the accounts that FILE names, one a line", &opts.accounts_from},
		{BK_OPT_LIST, 0, "exclude", "PATTERN", "not these accounts", &opts.exclude},
		{BK_OPT_FLAG, 0, "accept-shrink", NULL, "the store has lost many messages, and that is right", &opts.accept_shrink},
		{BK_OPT_FLAG, 0, "stat", NULL, "compare sizes and dates of known messages too, not names alone", &opts.stat},
		{BK_OPT_END, 0, NULL, NULL, NULL, NULL},
	};
	/* clang-format on */
	static const char *const usage[] = {"[-r REPO] [JOB|STORE]", NULL};
	static const char *const examples[] = {
		"bk backup nightly",
		"the job of that name, as its schedule says",
		"bk backup -r /backup maildir:/var/vmail/%d/%n/Maildir --full",
		"a full set, without a configuration",
		"bk backup nightly --account ann@example.org",
		"one account, as it is now",
		NULL,
	};
	static const char *const see_also[] = {"bk-list(1)",    "bk-check(1)",
					       "bk-restore(1)", "bk.conf(5)",
					       "bk-exit(7)",    NULL};
	const struct bk_tool tool = {
		.name = "bk-backup",
		.purpose = "writes a set of a mail store",
		.usage = usage,
		.operands = "JOB|STORE",
		.operands_max = 1,
		.common = BK_COMMON_CONFIG | BK_COMMON_REPO | BK_COMMON_JSON |
			  BK_COMMON_PROGRESS | BK_COMMON_JOBS | BK_COMMON_WAIT,
		.options = options,
		.examples = examples,
		.see_also = see_also,
	};

	int status = bk_tool_main(&tool, run, &opts, argc, argv);
	bk_opt_list_clear(&opts.accounts);
	bk_opt_list_clear(&opts.exclude);
	return status;
}
