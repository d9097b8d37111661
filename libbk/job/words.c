/* Completion with the configuration at hand: see words.h. */

#include "job/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/complete.h"
#include "base/log.h"
#include "job/exec.h"
#include "job/settings.h"
#include "target/spread_shape.h"

static void print_sections(const struct bk_conf *conf, const char *type,
			   FILE *out)
{
	const struct bk_conf_section *s = NULL;

	while ((s = bk_conf_next(conf, type, s)))
		(void)fprintf(out, "%s\n", s->name);
}

/* Is it one of the words, which commas part? */
static bool is_named(const char *words, const char *name)
{
	size_t len = strlen(name);

	for (; *words; words += strcspn(words, ","), words += *words == ',')
		if (strncmp(words, name, len) == 0 &&
		    (words[len] == ',' || words[len] == 0))
			return true;
	return false;
}

/* "spread:2+1:nas,off": what is typed of it stays, and the target that is being
 * typed follows. */
static void print_spread(const struct bk_conf *conf, const char *typed,
			 FILE *out)
{
	const struct bk_conf_section *s = NULL;
	const char *names = strchr(typed, ':');

	names = names ? strchr(names + 1, ':') : NULL;
	if (!names) {
		(void)fputs(BK_SPREAD_SCHEME "2+1:\n", out);
		return;
	}
	const char *comma = strrchr(++names, ',');
	const char *word = comma ? comma + 1 : names;
	char *before = bk_strndup(names, (size_t)(word - names));
	while ((s = bk_conf_next(conf, "target", s)))
		if (!is_named(before, s->name))
			(void)fprintf(out, "%.*s%s\n", (int)(word - typed),
				      typed, s->name);
	free(before);
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
	const char *typed; /* of the word that is asked for */
	bool sets, accounts;
};

/* Behind the '=' of "--repo=...", too. */
static const char *being_typed(const char *last)
{
	const char *equals =
		strncmp(last, "--", 2) == 0 ? strchr(last, '=') : NULL;

	return equals ? equals + 1 : last;
}

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
	if ((strcmp(kind, "REPO") == 0 || strcmp(kind, "TARGET") == 0) &&
	    bk_spread_is(in->typed))
		print_spread(&in->settings.conf, in->typed, out);
	in->sets |= strcmp(kind, "SET") == 0;
	in->accounts |= strcmp(kind, "ACCOUNT") == 0;
}

void bk_words_complete(const struct bk_tool *tool, int argc, char **argv)
{
	char **copy = bk_alloc(((size_t)argc + 1) * sizeof(*copy));
	struct lookup in = {
		.typed = being_typed(argc > 2 ? argv[argc - 1] : "")};
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
