/* bk-standby: keeps a standby host as its primary is. */

#include <stdio.h>
#include <string.h>

#include "job/standby.h"
#include "job/tool.h"

#define INTERVAL_MS ((int64_t)60 * 1000)
#define MAX_AGE_S   ((int64_t)8 * 3600)

struct standby_opts {
	struct bk_standby_request request;
	int64_t max_age_ms;
};

static int run(struct bk_call *call, struct bk_err *err)
{
	struct standby_opts *opts = call->opts;
	struct bk_standby_request *request = &opts->request;
	struct bk_progress *progress;
	const char *verb = call->n_operands ? call->operands[0] : "";

	request->settings = &call->settings;
	request->threads = call->settings.jobs;
	request->wait_ms = call->common.wait_ms;
	request->max_age_s = opts->max_age_ms / 1000;
	request->style = (struct bk_listing_style){.out = stdout,
						   .json = call->common.json};
	if (strcmp(verb, "status") == 0)
		return bk_standby_status(request, bk_call_progress(call),
					 &call->outcome, err);
	progress = bk_call_progress(call);
	if (strcmp(verb, "follow") == 0)
		return bk_standby_follow(request, progress, &call->outcome,
					 err);
	if (strcmp(verb, "promote") != 0)
		return bk_fail(err, BK_MISUSE,
			       "follow, status or promote? See: bk standby "
			       "--help");
	if (!opts->max_age_ms)
		request->max_age_s = MAX_AGE_S;
	return bk_standby_promote(request, progress, &call->outcome, err);
}

int main(int argc, char **argv)
{
	struct standby_opts opts = {.request.interval_ms = INTERVAL_MS};
	struct bk_standby_request *request = &opts.request;
	/* clang-format off */
	const struct bk_opt options[] = {
		{BK_OPT_TEXT, 0, "from", "TARGET", "pull sets from there into the repository (else they come by themselves)", &request->from},
		{BK_OPT_TEXT, 0, "to", "STORE", "the store that is kept (else the only one)", &request->to},
		{BK_OPT_DURATION, 0, "interval", "TIME", "follow: look for a new set so often (60s)", &request->interval_ms},
		{BK_OPT_FLAG, 0, "once", NULL, "follow: look once", &request->once},
		{BK_OPT_FLAG, 0, "adopt", NULL, "the store may hold mail already; what the set lacks stays", &request->adopt},
		{BK_OPT_TEXT, 0, "trees", "DIR", "put trees of files (configuration) below DIR, to be looked through", &request->trees},
		{BK_OPT_DURATION, 0, "max-age", "TIME", "status, promote: older mail is stale (promote: 8h)", &opts.max_age_ms},
		{BK_OPT_TEXT, 0, "prometheus", "FILE", "status: write it for node_exporter, too", &request->prometheus},
		{BK_OPT_FLAG, 0, "fenced-primary", NULL, "promote: the primary is off, and stays off", &request->fenced},
		{BK_OPT_FLAG, 0, "accept-stale", NULL, "promote: with a set older than --max-age", &request->accept_stale},
		{BK_OPT_FLAG, 0, "accept-incomplete", NULL, "promote: with a set that lacks mail", &request->accept_incomplete},
		{BK_OPT_FLAG, 0, "accept-older", NULL, "promote: with what was applied, though the newest set is older", &request->accept_older},
		{BK_OPT_FLAG, 0, "accept-source", NULL, "the set is of another host or store than the one applied, and that is right", &request->accept_source},
		{BK_OPT_FLAG, 0, "accept-shrink", NULL, "the set has far less mail than the one applied, and that is right", &request->accept_shrink},
		{BK_OPT_TEXT, 0, "host", "HOST", "sets of this host", &request->host},
		{BK_OPT_TEXT, 0, "store", "STORE", "sets of this store", &request->store},
		{BK_OPT_END, 0, NULL, NULL, NULL, NULL},
	};
	/* clang-format on */
	static const char *const usage[] = {
		"follow [-r REPO] [--from TARGET] [--to STORE] [--once]",
		"status [-r REPO] [--from TARGET] [--to STORE] [--max-age TIME]",
		"promote [-r REPO] [--from TARGET] [--to STORE] --fenced-primary",
		NULL};
	static const char *const examples[] = {
		"bk standby follow --from nas --to mail",
		"new sets into the repository, their mail into the store",
		"bk standby status --max-age 8h",
		"is it fresh? For monitoring",
		"bk standby promote --fenced-primary",
		"the primary is dead: this host takes over",
		NULL,
	};
	static const char *const see_also[] = {
		"bk-ship(1)", "bk-restore(1)",          "bk.conf(5)",
		"bk-exit(7)", "bk-restore-a-server(7)", NULL};
	const struct bk_tool tool = {
		.name = "bk-standby",
		.purpose =
			"keeps a standby host as its primary is, and lets "
			"it take over",
		.usage = usage,
		.operands = "follow|status|promote",
		.operands_max = 1,
		.common = BK_COMMON_CONFIG | BK_COMMON_REPO | BK_COMMON_JSON |
			  BK_COMMON_PROGRESS | BK_COMMON_JOBS | BK_COMMON_WAIT,
		.options = options,
		.examples = examples,
		.see_also = see_also,
	};

	return bk_tool_main(&tool, run, &opts, argc, argv);
}
