/* bk-init: makes a repository and its first key slot, or asks for all that it
 * takes to have backups and makes that. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "job/command.h"
#include "job/init.h"
#include "job/setup.h"
#include "job/tool.h"

struct init_opts {
	const char *label; /* NULL: not given */
	bool ask;
};

#define CONFIG_FILE "/etc/bk/bk.conf"

static const char *config_of(const struct bk_call *call)
{
	const char *from =
		call->common.config ? call->common.config : getenv("BK_CONFIG");

	return from && *from ? from : CONFIG_FILE;
}

/* Nothing was said, and there is nothing to go by. */
static bool begins_dialogue(const struct bk_call *call)
{
	const struct init_opts *opts = call->opts;
	const struct bk_common *common = &call->common;
	const char *repo = getenv("BK_REPO");

	if (opts->ask)
		return true;
	return !common->repo && !(repo && *repo) && !common->no_input &&
	       !common->password_from && !common->slot && !opts->label &&
	       !bk_conf_next(&call->settings.conf, "repo", NULL);
}

/* The one that -c names must be there all the same. */
static int check_config(const struct bk_call *call, struct bk_err *err)
{
	struct bk_conf conf = {0};
	int rc = 0;

	if (access(config_of(call), F_OK) < 0 &&
	    strcmp(config_of(call), CONFIG_FILE) != 0)
		rc = bk_conf_read(&conf, config_of(call), err);
	bk_conf_clear(&conf);
	return rc;
}

static int make_repository(struct bk_call *call, struct bk_err *err)
{
	const struct init_opts *opts = call->opts;
	const char *label = opts->label ? opts->label : "admin";
	struct bk_repo_settings which = {0};
	struct bk_opened opened = {0};

	if (call->common.slot)
		return bk_fail(err, BK_MISUSE,
			       "--slot: a new repository has no key slot yet; "
			       "--label names its first one");
	if (check_config(call, err) < 0 ||
	    bk_settings_repo(&call->settings, &which, err) < 0)
		return -1;
	if (bk_init_run(&opened, &call->settings, &which, label, &call->outcome,
			err) < 0)
		return -1;
	char id[BK_ID_TEXT];
	(void)printf("%s\n", bk_id_hex(id, opened.repo->id));
	bk_log(BK_LOG_INFO, "made a repository at %s, with key slot '%s'",
	       which.where, label);
	struct bk_buf sheet = {0};
	bk_command_begin(&sheet, "key sheet", &which, BK_COMMAND_NAMED);
	bk_log(BK_LOG_INFO,
	       "nobody can read it without the password; print the recovery "
	       "sheet: %s",
	       bk_buf_text(&sheet));
	bk_buf_clear(&sheet);
	bk_opened_close(&opened);
	return 0;
}

static int run(struct bk_call *call, struct bk_err *err)
{
	const struct bk_ask ask = {STDIN_FILENO, stderr};

	if (!begins_dialogue(call))
		return make_repository(call, err);
	return bk_setup_run(&call->settings, config_of(call), &ask, stdout,
			    &call->outcome, err);
}

int main(int argc, char **argv)
{
	struct init_opts opts = {0};
	/* clang-format off */
	const struct bk_opt options[] = {
		{BK_OPT_TEXT, 0, "label", "LABEL", "name of the first key slot (usually admin)", &opts.label},
		{BK_OPT_FLAG, 0, "ask", NULL, "ask for everything, also where there is a configuration", &opts.ask},
		{BK_OPT_END, 0, NULL, NULL, NULL, NULL},
	};
	/* clang-format on */
	static const char *const usage[] = {
		"[--ask]", "-r REPO [--password-from WHERE] [--label LABEL]",
		NULL};
	static const char *const examples[] = {
		"bk init",
		"looks for mail and asks: from nothing to scheduled backups",
		"bk init -r /var/lib/bk/main",
		"asks for a password twice",
		"bk init -r /srv/bk --password-from file:/etc/bk/main.pass",
		"takes it from a file that only its owner may read",
		NULL,
	};
	static const struct bk_opt_clash clashes[] = {
		{"ask", "repo",     "the dialogue asks for it"         },
		{"ask", "label",    "the dialogue makes the slot admin"},
		{"ask", "no-input", "one of them, please"              },
		{NULL,  NULL,       NULL                               }
        };
	static const char *const see_also[] = {"bk-key(1)", "bk-backup(1)",
					       "bk.conf(5)", "bk-format(5)",
					       NULL};
	const struct bk_tool tool = {
		.name = "bk-init",
		.purpose = "makes a repository and its first key slot",
		.makes_config = true,
		.usage = usage,
		.common = BK_COMMON_CONFIG | BK_COMMON_REPO,
		.options = options,
		.clashes = clashes,
		.examples = examples,
		.see_also = see_also,
	};

	return bk_tool_main(&tool, run, &opts, argc, argv);
}
