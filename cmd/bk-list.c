/* bk-list: what a repository holds. */

#include <stdio.h>

#include "job/list.h"
#include "job/open.h"
#include "job/tool.h"

static int list(struct bk_call *call, const struct bk_list_request *request,
		const struct bk_repo_settings *which, struct bk_err *err)
{
	struct bk_list_request with_repo = *request;
	struct bk_opened opened = {0};

	if (bk_opened_open(&opened, &call->settings, which, BK_OPEN_READ,
			   &call->outcome, err) < 0)
		return -1;
	with_repo.repo = opened.repo;
	int rc = bk_list_run(&with_repo, &call->outcome, err);
	bk_opened_close(&opened);
	return rc;
}

static int run(struct bk_call *call, struct bk_err *err)
{
	struct bk_choice *choice = call->opts;
	struct bk_repo_settings which = {0};
	struct bk_list_request request = {
		.choice = choice,
		.state_dir = call->settings.state_dir,
		.sets = call->n_operands == 0 && choice->at == BK_NO_TIME,
		.style = {.out = stdout,
			  .json = call->common.json,
			  .quiet = call->common.quiet},
	};

	if (call->n_operands > 0)
		choice->word = call->operands[0];
	if (call->n_operands > 1)
		request.account = call->operands[1];
	if (call->n_operands > 2)
		request.folder = call->operands[2];
	if (bk_settings_repo(&call->settings, &which, err) < 0)
		return -1;
	choice->store = bk_settings_store_name(&call->settings, choice->store);
	choice->usual_store = bk_choice_usual_store(&call->settings);
	return list(call, &request, &which, err);
}

int main(int argc, char **argv)
{
	struct bk_choice choice = {.at = BK_NO_TIME};
	/* clang-format off */
	const struct bk_opt options[] = {
		{BK_OPT_TEXT, 0, "host", "HOST",
		 "sets of this host (by name) only", &choice.host},
		{BK_OPT_TEXT, 0, "store", "STORE",
		 "sets of this store only", &choice.store},
		{BK_OPT_TIME, 0, "at", "TIME",
		 "the newest set that is not later", &choice.at},
		{BK_OPT_END, 0, NULL, NULL, NULL, NULL},
	};
	/* clang-format on */
	static const char *const usage[] = {
		"[-r REPO] [--host HOST] [--store STORE]",
		"[-r REPO] SET|latest [ACCOUNT [FOLDER]]",
		"[-r REPO] SET|latest PATH",
		NULL,
	};
	static const char *const examples[] = {
		"bk list",
		"all sets, oldest first",
		"bk list latest ann@example.org",
		"the folders of an account in the newest set",
		"bk list 20261119T1230 ann@example.org INBOX",
		"the messages of a folder, with UIDs and identifiers",
		"bk list latest /etc/dovecot",
		"the files of configuration that went along",
		NULL,
	};
	static const char *const see_also[] = {"bk-backup(1)", "bk-restore(1)",
					       "bk-check(1)", NULL};
	const struct bk_tool tool = {
		.name = "bk-list",
		.purpose =
			"shows sets, and the accounts, folders and messages "
			"in them",
		.usage = usage,
		.operands = "SET|latest ACCOUNT",
		.operands_min = 0,
		.operands_max = 3,
		.common = BK_COMMON_CONFIG | BK_COMMON_REPO | BK_COMMON_JSON,
		.options = options,
		.examples = examples,
		.see_also = see_also,
	};

	return bk_tool_main(&tool, run, &choice, argc, argv);
}
