/* bk-init: makes a repository and its first key slot. */

#include <stdio.h>

#include "base/buf.h"
#include "base/log.h"
#include "job/command.h"
#include "job/init.h"
#include "job/tool.h"

struct init_opts {
	const char *label;
};

static int run(struct bk_call *call, struct bk_err *err)
{
	const struct init_opts *opts = call->opts;
	struct bk_repo_settings which = {0};
	struct bk_opened opened = {0};

	if (call->common.slot)
		return bk_fail(err, BK_MISUSE,
			       "--slot: a new repository has no key slot yet; "
			       "--label names its first one");
	if (bk_settings_repo(&call->settings, &which, err) < 0)
		return -1;
	if (bk_init_run(&opened, &call->settings, &which, opts->label,
			&call->outcome, err) < 0)
		return -1;
	char id[BK_ID_TEXT];
	(void)printf("%s\n", bk_id_hex(id, opened.repo->id));
	bk_log(BK_LOG_INFO, "made a repository at %s, with key slot '%s'",
	       which.where, opts->label);
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

int main(int argc, char **argv)
{
	struct init_opts opts = {.label = "admin"};
	const struct bk_opt options[] = {
		{BK_OPT_TEXT, 0, "label", "LABEL",
		 "name of the first key slot (usually admin)", &opts.label},
		{BK_OPT_END,  0, NULL,    NULL,    NULL,       NULL       },
	};
	static const char *const usage[] = {
		"-r REPO [--password-from WHERE] [--label LABEL]", NULL};
	static const char *const examples[] = {
		"bk init -r /var/lib/bk/main",
		"asks for a password twice",
		"bk init -r /srv/bk --password-from file:/etc/bk/main.pass",
		"takes it from a file that only its owner may read",
		NULL,
	};
	static const char *const see_also[] = {"bk-key(1)", "bk-backup(1)",
					       "bk.conf(5)", "bk-format(5)",
					       NULL};
	const struct bk_tool tool = {
		.name = "bk-init",
		.purpose = "makes a repository and its first key slot",
		.usage = usage,
		.common = BK_COMMON_CONFIG | BK_COMMON_REPO,
		.options = options,
		.examples = examples,
		.see_also = see_also,
	};

	return bk_tool_main(&tool, run, &opts, argc, argv);
}
