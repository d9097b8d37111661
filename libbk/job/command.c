/* Commands for people to paste: see command.h. */

#include "job/command.h"

#include <string.h>

#include "base/quote.h"

void bk_command_word(struct bk_buf *line, const char *word)
{
	bk_buf_printf(line, " ");
	bk_quote(line, word);
}

static void add_option(struct bk_buf *line, const char *option,
		       const char *value)
{
	if (!value)
		return;
	bk_buf_printf(line, " %s", option);
	bk_command_word(line, value);
}

static bool begins(const char *text, const char *with)
{
	return text && strncmp(text, with, strlen(with)) == 0;
}

static void add_said(struct bk_buf *line, const struct bk_opt_list *options)
{
	for (size_t i = 0; i < options->n; i++)
		add_option(line, "-o", options->items[i]);
}

/* A descriptor is this run's own. */
static void add_keys(struct bk_buf *line, const struct bk_common *common,
		     bool makes)
{
	const char *from = common->password_from;

	if (!makes)
		add_option(line, "--slot", common->slot);
	if (!begins(from, "fd:") && !(makes && begins(from, "keyblock:")))
		add_option(line, "--password-from", from);
}

void bk_command_begin(struct bk_buf *line, const char *verb,
		      const struct bk_repo_settings *which, unsigned flags)
{
	const char *said = which->said;

	if (!said && flags & BK_COMMAND_NAMED)
		said = which->name;
	bk_buf_printf(line, "bk %s", verb);
	if (which->common)
		add_option(line, "-c", which->common->config);
	add_option(line, "-r", said);
	if (!which->common)
		return;
	add_said(line, &which->common->target_options);
	add_keys(line, which->common, flags & BK_COMMAND_MAKES);
}

/* What says nothing of how to get there. */
static bool is_aside(const char *key)
{
	static const char *const aside[] = {"url", "keep", "limit",
					    "limit-down"};

	for (size_t i = 0; i < sizeof(aside) / sizeof(*aside); i++)
		if (strcmp(key, aside[i]) == 0)
			return true;
	return false;
}

static void add_section(struct bk_buf *line,
			const struct bk_conf_section *section)
{
	for (size_t i = 0; i < section->n; i++) {
		const struct bk_conf_entry *entry = &section->entries[i];
		struct bk_buf word = {0};
		if (is_aside(entry->key))
			continue;
		bk_buf_printf(&word, "%s=%s", entry->key, entry->value);
		add_option(line, "-o", bk_buf_text(&word));
		bk_buf_clear(&word);
	}
}

void bk_command_bare(struct bk_buf *line, const struct bk_repo_settings *which)
{
	add_option(line, "-r", which->where);
	if (which->target)
		add_section(line, which->target);
	if (which->common)
		add_said(line, &which->common->target_options);
}
