/* Completion with the configuration at hand: see words.h. */

#include "job/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/complete.h"
#include "base/log.h"
#include "job/exec.h"
#include "job/settings.h"

static void print_sections(const struct bk_conf *conf, const char *type,
			   FILE *out)
{
	const struct bk_conf_section *s = NULL;

	while ((s = bk_conf_next(conf, type, s)))
		(void)fprintf(out, "%s\n", s->name);
}

/* `bk-list -q [latest]` with what was typed of common options. */
static void run_list(const struct bk_common *common, const char *operand)
{
	static char list[] = "bk-list", quiet[] = "-q",
		    no_input[] = "--no-input";
	struct bk_err err = {0};
	char *options[3] = {NULL, NULL, NULL};
	char *last = operand ? bk_strdup(operand) : NULL;
	char *argv[8] = {list, quiet, no_input};
	size_t n = 3;

	if (common->config)
		options[0] = bk_asprintf("--config=%s", common->config);
	if (common->repo)
		options[1] = bk_asprintf("--repo=%s", common->repo);
	if (common->password_from)
		options[2] = bk_asprintf("--password-from=%s",
					 common->password_from);
	for (size_t i = 0; i < 3; i++)
		if (options[i])
			argv[n++] = options[i];
	argv[n] = last;
	if (bk_exec_tool("list", argv, &err) < 0)
		bk_log(BK_LOG_DEBUG, "%s", err.text);
	for (size_t i = 0; i < 3; i++)
		free(options[i]);
	free(last);
}

/* What words are looked up in.  bk-list is asked at the end, since that ends
 * us. */
struct lookup {
	struct bk_settings settings;
	bool sets, accounts;
};

static void print_words(void *data, const char *kind, FILE *out)
{
	static const struct {
		const char *kind, *type;
	} sections[] = {
		{"REPO",   "repo"  },
                {"STORE",  "store" },
                {"JOB",    "job"   },
		{"TARGET", "target"},
                {"SERVER", "server"},
	};
	struct lookup *in = data;

	for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++)
		if (strcmp(kind, sections[i].kind) == 0)
			print_sections(&in->settings.conf, sections[i].type,
				       out);
	in->sets |= strcmp(kind, "SET") == 0;
	in->accounts |= strcmp(kind, "ACCOUNT") == 0;
}

void bk_words_complete(const struct bk_tool *tool, int argc, char **argv)
{
	char **copy = bk_alloc(((size_t)argc + 1) * sizeof(*copy));
	struct lookup in = {0};
	struct bk_common common = {0};
	struct bk_err ignored = {0};
	int n = argc - 1;

	/* The parser moves operands to the front, so it gets a copy; what is
	 * half typed is no mistake yet. */
	copy[0] = argv[0];
	memcpy(copy + 1, argv + 2, (size_t)(argc - 2) * sizeof(*copy));
	(void)bk_opt_parse(tool, &common, &n, copy, &ignored);
	(void)bk_settings_load(&in.settings, &common, &ignored);
	bk_complete(tool, argv + 2, (size_t)argc - 2, print_words, &in, stdout);
	(void)fflush(stdout);
	bk_settings_clear(&in.settings);
	if (in.sets || in.accounts)
		run_list(&common, in.sets ? NULL : "latest");
	free(copy);
}
