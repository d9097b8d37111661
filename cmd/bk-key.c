/* bk-key: who can open a repository. */

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "job/key.h"
#include "job/sheet.h"
#include "job/tool.h"
#include "report/grid.h"

struct key_opts {
	const char *label;
	const char *new_password;
};

static int print_json(const struct bk_slot *slot, struct bk_err *err)
{
	struct bk_json *line = bk_json_new();
	char id[BK_ID_TEXT], made[BK_CLOCK_TEXT];

	bk_json_int(line, "v", 1);
	bk_json_text(line, "type", "slot");
	bk_json_text(line, "id", bk_id_hex(id, slot->id));
	bk_json_text(line, "label", slot->label);
	bk_json_text(line, "opens_with", bk_slot_type_name(slot->type));
	bk_json_text(line, "made", bk_clock_format_ms(made, slot->made_ms));
	int rc = bk_json_print(line, stdout, err);
	bk_json_free(line);
	return rc;
}

static int print_table(const struct bk_slot_list *slots, struct bk_err *err)
{
	static const struct bk_column columns[] = {
		{"LABEL",      BK_ALIGN_LEFT},
		{"OPENS WITH", BK_ALIGN_LEFT},
		{"MADE",       BK_ALIGN_LEFT},
		{"ID",         BK_ALIGN_LEFT},
	};
	struct bk_grid *grid = bk_grid_new(stdout, columns, 4);

	for (size_t i = 0; i < slots->n; i++) {
		const struct bk_slot *slot = &slots->items[i];
		char id[BK_ID_TEXT], made[BK_CLOCK_TEXT];
		const char *cells[] = {
			slot->label, bk_slot_type_name(slot->type),
			bk_clock_local(made, slot->made_ms / 1000),
			bk_id_hex(id, slot->id)};
		id[8] = 0;
		bk_grid_row(grid, cells);
	}
	return bk_grid_finish(grid, err);
}

static int list(struct bk_call *call, const struct bk_key_request *request,
		struct bk_err *err)
{
	struct bk_slot_list slots = {0};

	int rc = bk_key_list(request, &slots, err);
	if (rc == 0 && !call->common.json)
		rc = print_table(&slots, err);
	for (size_t i = 0; i < slots.n && rc == 0 && call->common.json; i++)
		rc = print_json(&slots.items[i], err);
	if (rc == 0 && slots.n_broken)
		bk_log(BK_LOG_WARN, "%zu damaged: %s", slots.n_broken,
		       slots.broken.text);
	bk_slot_list_clear(&slots);
	return rc;
}

static int sheet(struct bk_call *call, const struct bk_key_request *request,
		 struct bk_err *err)
{
	struct bk_opened opened = {0};
	struct bk_buf text = {0};

	int rc = bk_opened_open(&opened, &call->settings, request->repo,
				BK_OPEN_READ, &call->outcome, err);
	if (rc == 0)
		rc = bk_sheet_write(&opened, request->repo, &call->settings,
				    &text, err);
	if (rc == 0)
		(void)fwrite(text.data, 1, text.len, stdout);
	bk_buf_clear(&text);
	bk_opened_close(&opened);
	return rc;
}

static int change(const struct bk_key_request *request, const char *nothing,
		  struct bk_slot *slot, struct bk_err *err)
{
	(void)nothing;
	return bk_key_change(request, slot, err);
}

/* What makes or removes a slot, by the word that asks for it. */
static const struct {
	const char *word, *operand, *done;
	int (*act)(const struct bk_key_request *request, const char *operand,
		   struct bk_slot *slot, struct bk_err *err);
} words[] = {
	{"list",   NULL,    NULL,                      NULL         },
	{"sheet",  NULL,    NULL,                      NULL         },
	{"add",    "LABEL", "added",                   bk_key_add   },
	{"remove", "SLOT",  "removed",                 bk_key_remove},
	{"change", NULL,    "changed the password of", change       },
	{"export", "FILE",  "added",                   bk_key_export},
};

#define N_WORDS (sizeof(words) / sizeof(*words))

static int find_word(const struct bk_call *call, size_t *out,
		     struct bk_err *err)
{
	if (!call->n_operands)
		return bk_fail(err, BK_MISUSE,
			       "list, add, remove, change, export or sheet? "
			       "See: bk key --help");
	for (size_t i = 0; i < N_WORDS; i++) {
		if (strcmp(call->operands[0], words[i].word) != 0)
			continue;
		*out = i;
		if (call->n_operands == (words[i].operand ? 2 : 1))
			return 0;
		return bk_fail(err, BK_MISUSE, "it is: bk key %s %s",
			       words[i].word,
			       words[i].operand ? words[i].operand : "");
	}
	return bk_fail(err, BK_MISUSE,
		       "'%s' is none of list, add, remove, change, export and "
		       "sheet; see: bk key --help",
		       call->operands[0]);
}

/* No option is passed over in silence. */
static int check_options(const struct bk_call *call, const char *word,
			 struct bk_err *err)
{
	const struct key_opts *opts = call->opts;
	bool new_password =
		strcmp(word, "add") == 0 || strcmp(word, "change") == 0;

	if (opts->new_password && !new_password)
		return bk_fail(err, BK_MISUSE,
			       "--new-password-from is for add and change; "
			       "there is no new password in: bk key %s",
			       word);
	if (opts->label && strcmp(word, "add") == 0)
		return bk_fail(err, BK_MISUSE,
			       "--label is for export; the label of a new "
			       "password is said as: bk key add LABEL");
	if (opts->label && strcmp(word, "export") != 0)
		return bk_fail(err, BK_MISUSE,
			       "--label is for export; which slot is meant "
			       "--slot says");
	if (call->common.json && strcmp(word, "sheet") == 0)
		return bk_fail(err, BK_MISUSE,
			       "--json: a recovery sheet is for paper; its "
			       "slots are in: bk key list --json");
	return 0;
}

static int run(struct bk_call *call, struct bk_err *err)
{
	const struct key_opts *opts = call->opts;
	struct bk_repo_settings which = {0};
	const struct bk_key_request request = {
		.settings = &call->settings,
		.repo = &which,
		.label = opts->label,
		.new_password = opts->new_password,
		.outcome = &call->outcome,
	};
	struct bk_slot slot = {0};
	size_t i = 0;

	if (find_word(call, &i, err) < 0 ||
	    check_options(call, words[i].word, err) < 0 ||
	    bk_settings_repo(&call->settings, &which, err) < 0)
		return -1;
	if (!words[i].act)
		return i == 0 ? list(call, &request, err)
			      : sheet(call, &request, err);
	if (words[i].act(&request, call->operands[1], &slot, err) < 0)
		return -1;
	bk_log(BK_LOG_INFO, "%s key slot '%s'", words[i].done, slot.label);
	return 0;
}

int main(int argc, char **argv)
{
	struct key_opts opts = {0};
	const struct bk_opt options[] = {
		{BK_OPT_TEXT, 0, "label",             "LABEL",
		 "name of the slot of an exported key block",                &opts.label       },
		{BK_OPT_TEXT, 0, "new-password-from", "WHERE",
		 "where the new password comes from (else it is asked for)", &opts.new_password},
		{BK_OPT_END,  0, NULL,                NULL,    NULL,         NULL              },
	};
	static const char *const usage[] = {
		"list [-r REPO]",
		"add [-r REPO] [--new-password-from WHERE] LABEL",
		"remove [-r REPO] SLOT",
		"change [-r REPO] [--new-password-from WHERE]",
		"export [-r REPO] [--label LABEL] FILE",
		"sheet [-r REPO]",
		NULL,
	};
	static const char *const examples[] = {
		"bk key add escrow",
		"a second password, for a sealed envelope",
		"bk key export /etc/bk/main.key",
		"a key block for cron: password = keyblock:/etc/bk/main.key",
		"bk key sheet | lpr",
		"what one needs on the day when only paper is left",
		NULL,
	};
	static const char *const see_also[] = {"bk-init(1)", "bk.conf(5)",
					       "bk-format(5)", NULL};
	const struct bk_tool tool = {
		.name = "bk-key",
		.purpose =
			"lists, adds, removes and changes passwords and "
			"keys",
		.usage = usage,
		.operands = "list|add|remove|change|export|sheet FILE",
		.operands_max = 2,
		.common = BK_COMMON_CONFIG | BK_COMMON_REPO | BK_COMMON_JSON,
		.options = options,
		.examples = examples,
		.see_also = see_also,
	};

	return bk_tool_main(&tool, run, &opts, argc, argv);
}
