/* bk-stat: what sets say of themselves. */

#include <stdio.h>

#include "base/clock.h"
#include "base/parse.h"
#include "job/open.h"
#include "job/stat.h"
#include "job/tool.h"

struct stat_opts {
	const char *host, *store, *prometheus, *overdue;
	uint64_t capacity;
	int64_t grace_ms;
	bool sets;
};

/* The job's store, repository and schedule. */
static int due_by_job(struct bk_call *call, struct bk_stat_request *request,
		      struct bk_repo_settings *which, struct bk_due *due,
		      struct bk_err *err)
{
	const struct stat_opts *opts = call->opts;
	struct bk_job_settings job = {0};

	if (!bk_conf_find(&call->settings.conf, "job", opts->overdue))
		return bk_fail(err, BK_MISUSE,
			       "--overdue %s: there is no [job %s] in %s, and "
			       "a time is written as 26h",
			       opts->overdue, opts->overdue,
			       call->settings.source);
	if (bk_settings_job(&call->settings, opts->overdue, &job, err) < 0)
		return -1;
	*which = job.repo;
	request->choice.store = job.store.config.name;
	bk_due_by_schedule(due, &job.full, &job.differential,
			   opts->grace_ms / 1000, bk_clock_now());
	int rc = 0;
	if (!job.full.n && !job.differential.n)
		rc = bk_fail(err, BK_MISUSE,
			     "[job %s] has no full = and no differential =: "
			     "nobody can be late; say a time, as in --overdue "
			     "26h",
			     opts->overdue);
	bk_job_settings_clear(&job);
	return rc;
}

static int find_due(struct bk_call *call, struct bk_stat_request *request,
		    struct bk_repo_settings *which, struct bk_due *due,
		    struct bk_err *err)
{
	const struct stat_opts *opts = call->opts;
	struct bk_err ignored = {0};
	int64_t age_ms;

	if (!opts->overdue)
		return bk_settings_repo(&call->settings, which, err);
	request->due = due;
	if (bk_parse_duration(opts->overdue, &age_ms, &ignored) < 0)
		return due_by_job(call, request, which, due, err);
	if (age_ms < 1000)
		return bk_fail(err, BK_MISUSE, "--overdue %s: no set is as new",
			       opts->overdue);
	bk_due_by_age(due, age_ms / 1000, bk_clock_now());
	return bk_settings_repo(&call->settings, which, err);
}

static int run(struct bk_call *call, struct bk_err *err)
{
	const struct stat_opts *opts = call->opts;
	struct bk_repo_settings which = {0};
	struct bk_opened opened = {0};
	struct bk_due due = {0};
	struct bk_stat_request request = {
		.choice = {.host = opts->host,        .at = BK_NO_TIME},
		.capacity = opts->capacity,
		.prometheus = opts->prometheus,
		.sets = opts->sets,
		.style = { .out = stdout,
			   .json = call->common.json,
			   .quiet = call->common.quiet},
	};

	request.choice.store =
		bk_settings_store_name(&call->settings, opts->store);
	if (find_due(call, &request, &which, &due, err) < 0)
		return -1;
	if (bk_opened_open(&opened, &call->settings, &which, BK_OPEN_READ,
			   &call->outcome, err) < 0)
		return -1;
	request.repo = opened.repo;
	request.where = which.where;
	int rc = bk_stat_run(&request, &call->outcome, err);
	bk_opened_close(&opened);
	return rc;
}

/* clang-format off */
static const struct bk_opt_clash clashes[] = {
	{"sets", "overdue", "one of them"},
	{NULL, NULL, NULL},
};
/* clang-format on */

static const char *const usage[] = {
	"[-r REPO] [--host HOST] [--store STORE] [--sets]",
	"[-r REPO] --overdue TIME|JOB [--grace TIME]", NULL};
static const char *const examples[] = {
	"bk stat",
	"who makes sets, how large they are, and when the place is full",
	"bk stat --overdue nightly",
	"on another host: status 17 if the job is late, by its schedule",
	"bk stat -r sftp://watch@nas/bk --overdue 26h -q",
	"with the URL alone: who made no set for 26 hours",
	"bk stat --prometheus /var/lib/node_exporter/bk.prom -q",
	"for node_exporter, from cron",
	NULL,
};
static const char *const see_also[] = {"bk-list(1)", "bk-check(1)",
				       "bk.conf(5)", "bk-exit(7)", NULL};

int main(int argc, char **argv)
{
	struct stat_opts opts = {.grace_ms = (int64_t)2 * 3600 * 1000};
	/* clang-format off */
	const struct bk_opt options[] = {
		{BK_OPT_TEXT, 0, "host", "HOST", "sets of this host (by name) only", &opts.host},
		{BK_OPT_TEXT, 0, "store", "STORE", "sets of this store only", &opts.store},
		{BK_OPT_FLAG, 0, "sets", NULL, "a line for each set, too", &opts.sets},
		{BK_OPT_SIZE, 0, "capacity", "SIZE", "what the place of the repository holds, where it cannot be asked", &opts.capacity},
		{BK_OPT_TEXT, 0, "prometheus", "FILE", "write what node_exporter's textfile collector reads, too", &opts.prometheus},
		{BK_OPT_TEXT, 0, "overdue", "TIME|JOB", "who completed no set in so long a time, or did not by the job's schedule", &opts.overdue},
		{BK_OPT_DURATION, 0, "grace", "TIME", "with --overdue JOB: what a run may take (2h)", &opts.grace_ms},
		{BK_OPT_END, 0, NULL, NULL, NULL, NULL},
	};
	/* clang-format on */
	const struct bk_tool tool = {
		.name = "bk-stat",
		.purpose =
			"tells time and space of sets, growth, and who is "
			"overdue",
		.usage = usage,
		.operands_max = 0,
		.common = BK_COMMON_CONFIG | BK_COMMON_REPO | BK_COMMON_JSON,
		.options = options,
		.clashes = clashes,
		.examples = examples,
		.see_also = see_also,
	};

	return bk_tool_main(&tool, run, &opts, argc, argv);
}
