/* bk-restore: brings mail back. */

#include <stdio.h>

#include "job/open.h"
#include "job/restore.h"
#include "job/restore_trees.h"
#include "job/tool.h"

struct restore_opts {
	struct bk_choice choice;
	struct bk_restore_wish wish;
	const char *to;
	struct bk_opt_list paths;
	bool merge, replace, heal, accounts_first, trees;
};

/* Files alone, or mail alone: what is for the one cannot be meant with the
 * other. */
static int check_trees(const struct restore_opts *opts, struct bk_err *err)
{
	const struct bk_restore_wish *wish = &opts->wish;

	if (!opts->trees && opts->paths.n)
		return bk_fail(err, BK_MISUSE, "--path needs --trees");
	if (opts->trees &&
	    (wish->accounts.n || wish->folders.n || wish->messages.n ||
	     wish->as || wish->into || opts->replace || opts->heal ||
	     opts->accounts_first || wish->deleted_since != BK_NO_TIME))
		return bk_fail(err, BK_MISUSE,
			       "--trees brings files back and no mail: of the "
			       "other options it takes --to, --path, --at, "
			       "--host and --store");
	return 0;
}

static int restore(struct bk_call *call,
		   const struct bk_restore_request *request, struct bk_err *err)
{
	const struct restore_opts *opts = call->opts;
	const struct bk_restore_trees_request trees = {
		.repo = request->repo,
		.choice = request->choice,
		.paths = &opts->paths,
		.to = request->to,
		.dry_run = request->dry_run,
		.style = request->style,
	};

	return opts->trees
		       ? bk_restore_trees_run(&trees, bk_call_progress(call),
					      &call->outcome, err)
		       : bk_restore_run(request, bk_call_progress(call),
					&call->outcome, err);
}

static int run(struct bk_call *call, struct bk_err *err)
{
	struct restore_opts *opts = call->opts;
	struct bk_repo_settings which = {0};
	struct bk_opened opened = {0};
	struct bk_restore_request request = {
		.settings = &call->settings,
		.choice = &opts->choice,
		.wish = &opts->wish,
		.to = opts->to,
		.accounts_first = opts->accounts_first,
		.heal = opts->heal,
		.replace = opts->replace,
		.dry_run = call->common.dry_run,
		.style = {.out = stdout, .json = call->common.json},
		.threads = call->settings.jobs,
		.wait_ms = call->common.wait_ms,
	};

	if (opts->merge && opts->heal)
		return bk_fail(err, BK_MISUSE,
			       "--merge or --heal, one of them");
	if (opts->merge && opts->replace)
		return bk_fail(err, BK_MISUSE,
			       "--merge or --replace, one of them");
	if (call->n_operands == 0 && opts->choice.at == BK_NO_TIME)
		return bk_fail(err, BK_MISUSE,
			       "which set? latest, or one that bk list shows");
	opts->wish.deleted = opts->wish.deleted_since != BK_NO_TIME;
	if (check_trees(opts, err) < 0)
		return -1;
	opts->choice.word = call->operands[0];
	opts->choice.store =
		bk_settings_store_name(&call->settings, opts->choice.store);
	opts->choice.usual_store = bk_choice_usual_store(&call->settings);
	if (bk_settings_repo(&call->settings, &which, err) < 0 ||
	    bk_opened_open(&opened, &call->settings, &which, BK_OPEN_READ,
			   &call->outcome, err) < 0)
		return -1;
	request.repo = opened.repo;
	int rc = restore(call, &request, err);
	bk_opened_close(&opened);
	return rc;
}

/* clang-format off */
static const char *const usage[] = {
	"[-r REPO] SET|latest [--account PATTERN] [--folder PATTERN] [--message ID] [--to STORE]",
	"[-r REPO] SET|latest --trees [--path PATTERN] [--to FOLDER]",
	"[-r REPO] --at TIME ...",
	"[-r REPO] SET|latest --deleted-since TIME ...",
	NULL,
};
static const char *const examples[] = {
	"bk restore latest",
	"everything, to where it was",
	"bk restore latest --account ann@a.example --folder Old --into Back",
	"a folder, beside what is there",
	"bk restore 20261119T1230 --to maildir:/srv/back/%d/%n/Maildir",
	"everything, elsewhere",
	"bk restore latest --deleted-since 14d --account ann@a.example --into Deleted",
	"what ann deleted in two weeks",
	"bk restore latest --trees -n",
	"which files of configuration it would make or overwrite",
	NULL,
};
/* clang-format on */
static const char *const see_also[] = {"bk-list(1)",   "bk-check(1)",
				       "bk-backup(1)", "bk.conf(5)",
				       "bk-exit(7)",   NULL};

int main(int argc, char **argv)
{
	struct restore_opts opts = {.choice.at = BK_NO_TIME,
				    .wish.deleted_since = BK_NO_TIME};
	/* clang-format off */
	const struct bk_opt options[] = {
		{BK_OPT_LIST, 0, "account", "ACCOUNT", "only these accounts, a pattern", &opts.wish.accounts},
		{BK_OPT_LIST, 0, "folder", "PATTERN", "only these folders", &opts.wish.folders},
		{BK_OPT_LIST, 0, "message", "ID", "only these messages: UID, name or digest", &opts.wish.messages},
		{BK_OPT_TIME, 0, "at", "TIME", "from the newest set that is not later", &opts.choice.at},
		{BK_OPT_TIME, 0, "deleted-since", "TIME", "only what was deleted between TIME and the set", &opts.wish.deleted_since},
		{BK_OPT_TEXT, 0, "to", "STORE", "into this store (else where it came from)", &opts.to},
		{BK_OPT_TEXT, 0, "as", "ACCOUNT", "as another account; with %n, %d, %u for several", &opts.wish.as},
		{BK_OPT_TEXT, 0, "into", "FOLDER", "below this folder", &opts.wish.into},
		{BK_OPT_FLAG, 0, "merge", NULL, "add what is not there yet (the default)", &opts.merge},
		{BK_OPT_FLAG, 0, "replace", NULL, "make the folders as they are in the set: remove other messages, set flags", &opts.replace},
		{BK_OPT_FLAG, 0, "trees", NULL, "trees of files (configuration) and no mail; --to is a folder then", &opts.trees},
		{BK_OPT_LIST, 0, "path", "PATTERN", "with --trees: only these files", &opts.paths},
		{BK_OPT_FLAG, 0, "heal", NULL, "mend damaged messages where they are, and nothing else", &opts.heal},
		{BK_OPT_FLAG, 0, "accounts-first", NULL, "all accounts and folders at once, then the mail, the newest first", &opts.accounts_first},
		{BK_OPT_TEXT, 0, "host", "HOST", "sets of this host", &opts.choice.host},
		{BK_OPT_TEXT, 0, "store", "STORE", "sets of this store", &opts.choice.store},
		{BK_OPT_END, 0, NULL, NULL, NULL, NULL},
	};
	/* clang-format on */
	const struct bk_tool tool = {
		.name = "bk-restore",
		.purpose =
			"brings back everything, an account, a folder, a "
			"message",
		.usage = usage,
		.operands = "SET|latest",
		.operands_min = 0,
		.operands_max = 1,
		.common = BK_COMMON_CONFIG | BK_COMMON_REPO | BK_COMMON_JSON |
			  BK_COMMON_PROGRESS | BK_COMMON_JOBS | BK_COMMON_WAIT |
			  BK_COMMON_DRY_RUN,
		.options = options,
		.examples = examples,
		.see_also = see_also,
	};

	int status = bk_tool_main(&tool, run, &opts, argc, argv);
	bk_opt_list_clear(&opts.wish.accounts);
	bk_opt_list_clear(&opts.wish.folders);
	bk_opt_list_clear(&opts.wish.messages);
	bk_opt_list_clear(&opts.paths);
	return status;
}
