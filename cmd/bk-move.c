/* bk-move: moves mailboxes from one server or store to another. */

#include "job/move.h"
#include "job/move_words.h"
#include "job/tool.h"

static int run(struct bk_call *call, struct bk_err *err)
{
	struct bk_move_order order;

	int rc = bk_move_order_make(&order, &call->settings, call->opts,
				    call->operands[0], &call->outcome, err);
	if (rc == 0)
		rc = bk_move_run(&order.request, bk_call_progress(call),
				 &call->outcome, err);
	bk_move_order_clear(&order);
	return rc;
}

/* clang-format off */
static const struct bk_opt_clash clashes[] = {
	{"as", "accounts", "the file says under which address each one goes"},
	{NULL, NULL, NULL},
};

static const char *const usage[] = {
	"[plan|preflight] --from END --to END [--account PATTERN | --accounts FILE | --domains LIST]",
	"--stages data,account --from SERVER --to SERVER [--route NAME] ...",
	"announce|verify|status|report|rollback --from END --to END ...",
	NULL,
};
static const char *const examples[] = {
	"bk move preflight --from mx1 --to mx2 --accounts accounts.csv",
	"logins, room, limits, names; nothing is touched",
	"bk move plan --from mx1 --to mx2 --account ann@a.example",
	"which folder becomes which, and what would be copied",
	"bk move --from mx1 --to mx2 --accounts accounts.csv --domains a.example",
	"a pass over the accounts of a domain, while people work; again: only what is new",
	"bk move --from maildir:/var/vmail/%d/%n/Maildir --to mx2 --jobs 8",
	"all accounts of a Maildir tree into a server",
	"bk move --from mx1 --to mx2 --domains a.example --stages data,account",
	"one account after the other is held for seconds, and changes servers",
	"bk move plan --from mx1 --to mx2,mx3:2 --accounts accounts.csv",
	"mx3 gets two thirds of the mail: who goes where, and what each server gets",
	"bk move announce --from mx1 --to mx2 --domains a.example --cutover-at 2026-11-30T22:00",
	"people are told, each by a mail; nobody twice",
	"bk move --from mx1 --from-set latest --to mx2",
	"mx1 is dead: its accounts as the newest set has them; later, without the set, what that lacks",
	"bk move rollback --from mx1 --to mx2 --account ann@a.example",
	"back to where it was, with the mail that came since",
	"bk move verify --from mx1 --to mx2 --accounts accounts.csv",
	"message by message: status 0, or 17 and the list",
	NULL,
};
static const char *const see_also[] = {
	"bk(1)", "bk.conf(5)", "bk-exit(7)", "bk-move(7)", NULL,
};
/* clang-format on */

static struct bk_move_words words = {
	.bad_items = 100,
	.error_stop_ppm = BK_MOVE_STOP_UNSAID,
	.until_delta_ms = BK_MOVE_UNSAID,
	.choice.at = BK_NO_TIME,
};

/* clang-format off */
static const struct bk_opt options[] = {
	{BK_OPT_TEXT, 0, "from", "SERVER|STORE", "where the mail is: a section of the configuration, imaps://HOST or maildir:PATH", &words.from},
	{BK_OPT_TEXT, 0, "from-set", "SET", "its mail as a set of -r has it (latest, or one that bk list shows): the server is dead", &words.from_set},
	{BK_OPT_TEXT, 0, "host", "HOST", "of --from-set: of this host", &words.choice.host},
	{BK_OPT_TEXT, 0, "store", "STORE", "of --from-set: of this store", &words.choice.store},
	{BK_OPT_TEXT, 0, "to", "SERVER|STORE", "where it goes; several servers by their weights, as mx2,mx3 or mx2:3,mx3:1", &words.to},
	{BK_OPT_LIST, 0, "from-option", "KEY=VALUE", "how the server of --from is reached: a key of [server], such as password=file:PATH", &words.from_options},
	{BK_OPT_LIST, 0, "to-option", "KEY=VALUE", "the same for --to", &words.to_options},
	{BK_OPT_LIST, 0, "account", "PATTERN", "only these accounts", &words.accounts},
	{BK_OPT_TEXT, 0, "accounts", "FILE", "the accounts: a list, or a table of addresses here and there, and passwords", &words.accounts_file},
	{BK_OPT_TEXT, 0, "identities", "FILE", "whose rights become whose: two names a line, here and there", &words.identities},
	{BK_OPT_LIST, 0, "domains", "LIST", "only accounts of these domains, as a.example,b.example", &words.domains},
	{BK_OPT_TEXT, 0, "stages", "data,account", "data (the default): passes over the mail; account: hold, copy the rest, point to the other server", &words.stages},
	{BK_OPT_TEXT, 0, "route", "NAME,...", "what leads to the servers: sections [route NAME]; without it all of them", &words.route},
	{BK_OPT_TEXT, 0, "front", "SERVER", "what people reach: after an account has moved a login there, and a mail by its smtp, must get to the destination", &words.front},
	{BK_OPT_DURATION, 0, "until-delta", "DURATION", "passes until one took no longer, before an account is held (30s)", &words.until_delta_ms},
	{BK_OPT_NUMBER, 0, "max-passes", "N", "but not more than so many (5)", &words.max_passes},
	{BK_OPT_TIME, 0, "cutover-at", "TIME", "the data now, the accounts not before", &words.cutover_at},
	{BK_OPT_FLAG, 0, "leave-some", NULL, "accounts change servers though messages that could not be carried over stay behind", &words.leave_some},
	{BK_OPT_TEXT, 0, "reason", "TEXT", "what who logs in is told while an account is held", &words.reason},
	{BK_OPT_TEXT, 0, "notify", "ADDRESS", "who gets a mail at the end, instead of those of [notify]", &words.notify},
	{BK_OPT_TEXT, 0, "notify-users", "before,after", "people have a mail before their account is held, and after it has moved; none: they have not", &words.notify_users},
	{BK_OPT_LIST, 0, "map", "FROM=TO", "a folder becomes another; Old/=New/ with all below; Trash= is left out", &words.maps},
	{BK_OPT_TEXT, 0, "into", "FOLDER", "everything below this folder", &words.into},
	{BK_OPT_FLAG, 0, "no-special-use", NULL, "folders for sent mail, drafts and so on find each other by name alone", &words.no_special_use},
	{BK_OPT_FLAG, 0, "views", NULL, "folders that show mail of others come too, and whole: Gmail's All Mail, Starred and Important", &words.views},
	{BK_OPT_TEXT, 0, "as", "ACCOUNT", "into this account, for a rehearsal; with %n, %d, %u for several", &words.as},
	{BK_OPT_FLAG, 0, "keep-deleted", NULL, "what is gone at the source stays at the destination", &words.keep_deleted},
	{BK_OPT_FLAG, 0, "full", NULL, "compare everything, whatever the servers say of changes", &words.full},
	{BK_OPT_NUMBER, 0, "bad-items", "N", "so many messages of an account may fail; more end it (100)", &words.bad_items},
	{BK_OPT_PERCENT, 0, "error-stop", "N%", "stop when more than so many accounts have failed (5%, and two in any case)", &words.error_stop_ppm},
	{BK_OPT_FLAG, 0, "bodies", NULL, "verify: every byte, not headers and sizes alone", &words.bodies},
	{BK_OPT_FLAG, 0, "mail-only", NULL, "verify: messages and folders alone; not subscriptions, rights, annotations and scripts", &words.mail_only},
	{BK_OPT_FLAG, 0, "no-extra", NULL, "verify: what is at the destination alone is no difference", &words.no_extra},
	{BK_OPT_END, 0, NULL, NULL, NULL, NULL},
};
/* clang-format on */

int main(int argc, char **argv)
{
	const struct bk_tool tool = {
		.name = "bk-move",
		.purpose =
			"moves mailboxes from one server or store to "
			"another",
		.usage = usage,
		.operands =
			"plan|preflight|announce|verify|status|report|rollback",
		.operands_max = 1,
		.common = BK_COMMON_CONFIG | BK_COMMON_REPO | BK_COMMON_JSON |
			  BK_COMMON_PROGRESS | BK_COMMON_JOBS | BK_COMMON_WAIT |
			  BK_COMMON_DRY_RUN,
		.options = options,
		.clashes = clashes,
		.examples = examples,
		.see_also = see_also,
	};

	int status = bk_tool_main(&tool, run, &words, argc, argv);
	bk_move_words_clear(&words);
	return status;
}
