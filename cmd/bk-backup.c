/* bk-backup writes a set of a mail store. */

#include <stdio.h>
#include <stdlib.h>

#include "job/job_tell.h"
#include "job/jobrun.h"
#include "job/tool.h"

struct backup_opts {
	bool automatic, full, differential, incremental;
	struct bk_opt_list accounts, exclude;
	struct bk_opt_list domains, accounts_from;
	bool accept_shrink, stat, only_set;
};

#define ONE_KIND "a set is of one kind, choose one of them"
#define PART                                                                   \
	"a set of some accounts is incremental, and keeps the others as the "  \
	"last set has them; leave one of the two out"

static const struct bk_opt_clash clashes[] = {
	{"auto",         "full",          ONE_KIND},
	{"auto",         "differential",  ONE_KIND},
	{"auto",         "incremental",   ONE_KIND},
	{"full",         "differential",  ONE_KIND},
	{"full",         "incremental",   ONE_KIND},
	{"differential", "incremental",   ONE_KIND},
	{"auto",         "account",       PART    },
	{"auto",         "domains",       PART    },
	{"auto",         "accounts-from", PART    },
	{"auto",         "exclude",       PART    },
	{"full",         "account",       PART    },
	{"full",         "domains",       PART    },
	{"full",         "accounts-from", PART    },
	{"full",         "exclude",       PART    },
	{"differential", "account",       PART    },
	{"differential", "domains",       PART    },
	{"differential", "accounts-from", PART    },
	{"differential", "exclude",       PART    },
	{NULL,           NULL,            NULL    },
};

static enum bk_backup_wish wish_of(const struct backup_opts *opts)
{
	return opts->full           ? BK_BACKUP_FULL
	       : opts->differential ? BK_BACKUP_DIFFERENTIAL
	       : opts->incremental  ? BK_BACKUP_INCREMENTAL
				    : BK_BACKUP_AUTO;
}

/* A list without a name in it must not become "everything". */
static int add_file(struct bk_names *names, const char *path,
		    struct bk_err *err)
{
	size_t before = names->n;

	if (bk_names_add_file(names, path, err) < 0)
		return bk_context(err, "--accounts-from");
	return names->n > before
		       ? 0
		       : bk_fail(err, BK_MISUSE,
				 "--accounts-from: %s has no names in it",
				 path);
}

static int add_domains(struct bk_names *names, const char *list,
		       struct bk_err *err)
{
	size_t before = names->n;

	bk_names_add_words(names, list);
	return names->n > before ? 0
				 : bk_fail(err, BK_MISUSE,
					   "--domains: '%s' has no domain "
					   "in it",
					   list);
}

static int filter_of(const struct backup_opts *opts, struct bk_filter *filter,
		     struct bk_err *err)
{
	for (size_t i = 0; i < opts->accounts.n; i++)
		bk_names_add(&filter->include, opts->accounts.items[i]);
	for (size_t i = 0; i < opts->exclude.n; i++)
		bk_names_add(&filter->exclude, opts->exclude.items[i]);
	for (size_t i = 0; i < opts->domains.n; i++)
		if (add_domains(&filter->domains, opts->domains.items[i], err) <
		    0)
			return -1;
	for (size_t i = 0; i < opts->accounts_from.n; i++)
		if (add_file(&filter->include, opts->accounts_from.items[i],
			     err) < 0)
			return -1;
	return 0;
}

static int run(struct bk_call *call, struct bk_err *err)
{
	const struct backup_opts *opts = call->opts;
	struct bk_job_settings job = {0};
	struct bk_filter only = {0};
	struct bk_jobrun_request request = {
		.settings = &call->settings,
		.job = &job,
		.only_due = opts->automatic,
		.only_set = opts->only_set,
		.backup =
			{
				 .only = &only,
				 .wish = wish_of(opts),
				 .state_dir = call->settings.state_dir,
				 .accept_shrink = opts->accept_shrink,
				 .stat = opts->stat,
				 .threads = call->settings.jobs,
				 .wait_ms = call->common.wait_ms,
				 .dry_run = call->common.dry_run,
				 .style = {.out = stdout,
					  .json = call->common.json},
				 },
	};
	int rc = -1;

	if (filter_of(opts, &only, err) < 0)
		goto out;
	if (bk_settings_job(&call->settings, call->operands[0], &job, err) <
	    0) {
		if (!opts->only_set && !call->common.dry_run)
			bk_job_tell_unfit(&call->settings, call->operands[0],
					  err);
		goto out;
	}
	rc = bk_jobrun(&request, bk_call_progress(call), &call->outcome, err);
out:
	bk_job_settings_clear(&job);
	bk_filter_clear(&only);
	return rc;
}

int main(int argc, char **argv)
{
	struct backup_opts opts = {0};
	/* clang-format off */
	const struct bk_opt options[] = {
		{BK_OPT_FLAG, 0, "auto", NULL, "only what has become due by the job's schedule; nothing, if nothing has", &opts.automatic},
		{BK_OPT_FLAG, 0, "full", NULL, "everything anew; needs no other set", &opts.full},
		{BK_OPT_FLAG, 0, "differential", NULL, "what changed since the last full set", &opts.differential},
		{BK_OPT_FLAG, 0, "incremental", NULL, "what changed since the last set of any kind", &opts.incremental},
		{BK_OPT_LIST, 0, "account", "PATTERN", "only these accounts; the others stay as the last set has them", &opts.accounts},
		{BK_OPT_LIST, 0, "domains", "LIST", "only accounts of these domains, as a.example,b.example", &opts.domains},
		{BK_OPT_LIST, 0, "accounts-from", "FILE", "only the accounts that FILE names, one a line", &opts.accounts_from},
		{BK_OPT_LIST, 0, "exclude", "PATTERN", "not these accounts", &opts.exclude},
		{BK_OPT_FLAG, 0, "accept-shrink", NULL, "the store has lost many messages, and that is right", &opts.accept_shrink},
		{BK_OPT_FLAG, 0, "stat", NULL, "compare sizes and dates of known messages too, not names alone", &opts.stat},
		{BK_OPT_FLAG, 0, "only-set", NULL, "the job's set alone: nothing is shipped, pruned or mailed", &opts.only_set},
		{BK_OPT_END, 0, NULL, NULL, NULL, NULL},
	};
	/* clang-format on */
	static const char *const usage[] = {"[-r REPO] [JOB|STORE]", NULL};
	static const char *const examples[] = {
		"bk backup nightly",
		"the job of that name: its set, its copies, its mails",
		"bk backup nightly --auto -q",
		"from a timer or cron, as often as you like",
		"bk backup -r /backup maildir:/var/vmail/%d/%n/Maildir --full",
		"a full set, without a configuration",
		"bk backup nightly -n",
		"what it would do, account by account; writes nothing",
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
			  BK_COMMON_PROGRESS | BK_COMMON_JOBS | BK_COMMON_WAIT |
			  BK_COMMON_DRY_RUN,
		.options = options,
		.clashes = clashes,
		.examples = examples,
		.see_also = see_also,
		.bad_config = bk_job_tell_bad_config,
	};

	int status = bk_tool_main(&tool, run, &opts, argc, argv);
	bk_opt_list_clear(&opts.accounts);
	bk_opt_list_clear(&opts.exclude);
	bk_opt_list_clear(&opts.domains);
	bk_opt_list_clear(&opts.accounts_from);
	return status;
}
