/* bk-prune: which sets go, here and at every target. */

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "job/choose.h"
#include "job/open.h"
#include "job/retention.h"
#include "job/tool.h"

struct prune_opts {
	const char *keep, *pin, *unpin, *undelete, *host;
	int64_t until, grace_ms;
	uint64_t min_keep;
	bool all_hosts, incomplete, accept_missing;
};

/* At most one of them; without any, the rules. */
static void find_verb(const struct prune_opts *opts,
		      struct bk_prune_request *out)
{
	const char *const words[] = {
		[BK_PRUNE_PIN] = opts->pin,
		[BK_PRUNE_UNPIN] = opts->unpin,
		[BK_PRUNE_UNDELETE] = opts->undelete,
	};

	out->verb = BK_PRUNE_RULES;
	for (unsigned i = BK_PRUNE_PIN; i <= BK_PRUNE_UNDELETE; i++) {
		if (!words[i])
			continue;
		out->verb = (enum bk_prune_verb)i;
		out->set = words[i];
	}
}

static int check_until(const struct prune_opts *opts, struct bk_err *err)
{
	if (opts->until == BK_NO_TIME)
		return 0;
	if (!opts->pin)
		return bk_fail(err, BK_MISUSE, "--until goes with --pin");
	if (opts->until <= bk_clock_now())
		return bk_fail(err, BK_MISUSE, "--until is in the past");
	return 0;
}

static int run(struct bk_call *call, struct bk_err *err)
{
	const struct prune_opts *opts = call->opts;
	struct bk_prune_places places = {0};
	struct bk_opened opened = {0};
	struct bk_prune_request request = {
		.until_ms = opts->until == BK_NO_TIME ? 0 : opts->until * 1000,
		.host = opts->host,
		.all_hosts = opts->all_hosts,
		.min_keep = (unsigned)opts->min_keep,
		.grace_ms = opts->grace_ms,
		.incomplete = opts->incomplete,
		.accept_missing = opts->accept_missing,
		.dry_run = call->common.dry_run,
		.state_dir = call->settings.state_dir,
		.wait_ms = call->common.wait_ms,
		.style = {.out = stdout,
			  .json = call->common.json,
			  .quiet = call->common.quiet},
	};

	find_verb(opts, &request);
	if (check_until(opts, err) < 0)
		return -1;
	int rc = bk_prune_places_find(&places, &call->settings, call->operands,
				      call->n_operands, opts->keep, err);
	if (rc == 0)
		rc = bk_opened_open(&opened, &call->settings, &places.repo,
				    request.dry_run ? BK_OPEN_TRY
						    : BK_OPEN_WRITE,
				    &call->outcome, err);
	if (rc == 0) {
		request.repo = opened.repo;
		request.which = &places.repo;
		request.places = places.items;
		request.n_places = places.n;
		rc = bk_prune_run(&request, &call->outcome, err);
	}
	bk_opened_close(&opened);
	bk_prune_places_clear(&places);
	return rc;
}

/* clang-format off */
static const struct bk_opt_clash clashes[] = {
	{"pin", "unpin", "one of them"},
	{"pin", "undelete", "--undelete pins it too"},
	{"unpin", "undelete", "one of them"},
	{"pin", "keep", "rules are for what is not pinned"},
	{"unpin", "keep", "unpin it first"},
	{"undelete", "keep", "save it first"},
	{"host", "all-hosts", "one of them"},
	{NULL, NULL, NULL},
};
/* clang-format on */

static const char *const usage[] = {
	"[-r REPO] [--keep RULES] [TARGET...]",
	"[-r REPO] --pin|--unpin|--undelete SET [TARGET...]", NULL};
static const char *const examples[] = {
	"bk prune -n",
	"what would go, and why the rest stays; nothing is changed",
	"bk prune",
	"as keep = of jobs and targets says, here and at each target",
	"bk prune nas --keep 'daily:14 weekly:8 monthly:12'",
	"at one target, by other rules",
	"bk prune --pin 20261119T1230",
	"this set stays",
	"bk prune --undelete 20261119T1230",
	"within a day of the prune that took it",
	NULL,
};
static const char *const see_also[] = {"bk-list(1)",   "bk-ship(1)",
				       "bk.conf(5)",   "bk-exit(7)",
				       "bk-format(5)", NULL};

int main(int argc, char **argv)
{
	struct prune_opts opts = {
		.until = BK_NO_TIME,
		.grace_ms = (int64_t)24 * 3600 * 1000,
		.min_keep = 1,
	};
	/* clang-format off */
	const struct bk_opt options[] = {
		{BK_OPT_TEXT, 0, "keep", "RULES", "what stays, as '30d', 'daily:14 weekly:8 monthly:12' or 'last:10'; else as the configuration says", &opts.keep},
		{BK_OPT_NUMBER, 0, "min-keep", "N", "so many complete sets of each host and store stay whatever the rules say (1)", &opts.min_keep},
		{BK_OPT_DURATION, 0, "grace", "TIME", "between taking sets out of view and deleting them (1d)", &opts.grace_ms},
		{BK_OPT_TEXT, 0, "host", "HOST", "sets of this host, not of the one that runs it", &opts.host},
		{BK_OPT_FLAG, 0, "all-hosts", NULL, "sets of all hosts, and those that do not open", &opts.all_hosts},
		{BK_OPT_TEXT, 0, "pin", "SET", "this set stays, and what it stands on, until it is unpinned", &opts.pin},
		{BK_OPT_TIME, 0, "until", "TIME", "with --pin: until then", &opts.until},
		{BK_OPT_TEXT, 0, "unpin", "SET", "the rules hold for it again", &opts.unpin},
		{BK_OPT_TEXT, 0, "undelete", "SET", "saves a set whose grace time is not over", &opts.undelete},
		{BK_OPT_FLAG, 0, "incomplete", NULL, "sets that are not whole go too, when they are 30 days old", &opts.incomplete},
		{BK_OPT_FLAG, 0, "accept-missing", NULL, "go on though sets that were seen here before are missing", &opts.accept_missing},
		{BK_OPT_END, 0, NULL, NULL, NULL, NULL},
	};
	/* clang-format on */
	const struct bk_tool tool = {
		.name = "bk-prune",
		.purpose = "takes old sets away, here and at every target",
		.usage = usage,
		.operands = "TARGET...",
		.operands_max = SIZE_MAX,
		.common = BK_COMMON_CONFIG | BK_COMMON_REPO | BK_COMMON_JSON |
			  BK_COMMON_WAIT | BK_COMMON_DRY_RUN,
		.options = options,
		.clashes = clashes,
		.examples = examples,
		.see_also = see_also,
	};

	return bk_tool_main(&tool, run, &opts, argc, argv);
}
