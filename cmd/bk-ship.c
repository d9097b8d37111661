/* bk-ship: copies sets to other places and back. */

#include <string.h>

#include "job/open.h"
#include "job/ship.h"
#include "job/ship_ends.h"
#include "job/tool.h"

struct ship_opts {
	const char *set, *limit_up, *limit_down;
	unsigned proof; /* enum bk_ship_proof */
	bool mend;
};

static int find_verb(const struct bk_call *call, enum bk_ship_verb *out,
		     bool *pull, struct bk_err *err)
{
	static const char *const words[] = {"push", "status", "verify"};

	if (!call->n_operands)
		return bk_fail(err, BK_MISUSE,
			       "push, pull, status or verify? See: bk ship "
			       "--help");
	*pull = strcmp(call->operands[0], "pull") == 0;
	*out = BK_SHIP_PUSH;
	if (*pull)
		return 0;
	for (unsigned i = 0; i < 3; i++) {
		*out = (enum bk_ship_verb)i;
		if (strcmp(call->operands[0], words[i]) == 0)
			return 0;
	}
	return bk_fail(err, BK_MISUSE,
		       "'%s' is none of push, pull, status and verify; see: bk "
		       "ship --help",
		       call->operands[0]);
}

static int run(struct bk_call *call, struct bk_err *err)
{
	const struct ship_opts *opts = call->opts;
	struct bk_ship_ends ends = {0};
	struct bk_opened opened = {0};
	struct bk_choice choice = {.word = opts->set, .at = BK_NO_TIME};
	struct bk_ship_request request = {
		.proof = (enum bk_ship_proof)opts->proof,
		.choice = opts->set ? &choice : NULL,
		.state_dir = call->settings.state_dir,
		.wait_ms = call->common.wait_ms,
		.dry_run = call->common.dry_run,
		.mend = opts->mend,
	};
	bool pull = false;

	if (find_verb(call, &request.verb, &pull, err) < 0)
		return -1;
	if (opts->mend && request.verb != BK_SHIP_PUSH)
		return bk_fail(
			err, BK_MISUSE,
			"--mend is for push and pull; what is wrong says "
			"bk ship verify");
	struct bk_ship_words words = {
		.verb = pull ? "pull" : "push",
		.targets = call->operands + 1,
		.n = call->n_operands - 1,
		.limit_up = opts->limit_up,
		.limit_down = opts->limit_down,
	};
	choice.usual_store = bk_choice_usual_store(&call->settings);
	int rc = pull ? bk_ship_ends_pull(&ends, &call->settings, &words, err)
		      : bk_ship_ends_push(&ends, &call->settings, &words, err);
	if (rc == 0)
		rc = bk_opened_open(&opened, &call->settings, &ends.from,
				    BK_OPEN_READ, &call->outcome, err);
	if (rc == 0) {
		request.repo = opened.repo;
		request.ends = ends.to;
		request.n_ends = ends.n;
		rc = bk_ship_run(&request, bk_call_progress(call),
				 &call->outcome, err);
	}
	bk_opened_close(&opened);
	bk_ship_ends_clear(&ends);
	return rc;
}

int main(int argc, char **argv)
{
	struct ship_opts opts = {0};
	/* clang-format off */
	const struct bk_opt options[] = {
		{BK_OPT_TEXT, 0, "set", "SET", "only this set, and those that it stands on", &opts.set},
		{BK_OPT_CHOICE, 0, "verify", "full|sample|size", "read all back (the default), an eighth of the packs, or none", &opts.proof},
		{BK_OPT_FLAG, 0, "mend", NULL, "prove what is there too, and put anew what is damaged", &opts.mend},
		{BK_OPT_TEXT, 0, "limit-up", "RATE", "bytes a second to each target, as 2M or '07:00-19:00 2M'", &opts.limit_up},
		{BK_OPT_TEXT, 0, "limit-down", "RATE", "bytes a second from each target", &opts.limit_down},
		{BK_OPT_END, 0, NULL, NULL, NULL, NULL},
	};
	/* clang-format on */
	static const char *const usage[] = {
		"push [-r REPO] [TARGET...]", "pull [-r REPO] TARGET",
		"status [-r REPO] [TARGET...]", "verify [-r REPO] [TARGET...]",
		NULL};
	static const char *const examples[] = {
		"bk ship push",
		"everything that the targets of the job lack",
		"bk ship push /mnt/disk --verify=size",
		"to a disk that travels",
		"bk ship pull -r /var/lib/bk/main nas",
		"a copy of the repository on a bare host",
		"bk ship verify offsite --verify=sample",
		"proves what lies there, an eighth of the packs a day",
		NULL,
	};
	static const char *const see_also[] = {"bk-backup(1)", "bk-check(1)",
					       "bk.conf(5)",   "bk-exit(7)",
					       "bk-url(7)",    NULL};
	const struct bk_tool tool = {
		.name = "bk-ship",
		.purpose = "copies sets to other places and back",
		.usage = usage,
		.operands = "push|pull|status|verify TARGET...",
		.operands_max = SIZE_MAX,
		.common = BK_COMMON_CONFIG | BK_COMMON_REPO | BK_COMMON_JSON |
			  BK_COMMON_PROGRESS | BK_COMMON_WAIT |
			  BK_COMMON_DRY_RUN,
		.options = options,
		.examples = examples,
		.see_also = see_also,
	};

	return bk_tool_main(&tool, run, &opts, argc, argv);
}
