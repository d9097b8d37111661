/* The parser of options: see opt.h.  Help is in help.c. */

#include "base/opt.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/nearest.h"
#include "base/parse.h"

struct common_opt {
	unsigned needs; /* BK_COMMON_*; 0: every tool has it */
	struct bk_opt opt;
	size_t offset; /* of its member of struct bk_common */
};

#define INTO(member) offsetof(struct bk_common, member)

/* clang-format off */
static const struct common_opt common_table[] = {
	{BK_COMMON_REPO, {BK_OPT_TEXT, 'r', "repo", "REPO", "the repository: a section of the configuration, a path or a URL", NULL}, INTO(repo)},
	{BK_COMMON_REPO, {BK_OPT_LIST, 'o', "target-option", "KEY=VALUE", "how the server of a URL is reached: a key of [target], such as password=file:PATH", NULL}, INTO(target_options)},
	{BK_COMMON_REPO, {BK_OPT_TEXT, 0, "slot", "LABEL", "try this key slot only", NULL}, INTO(slot)},
	{BK_COMMON_REPO, {BK_OPT_TEXT, 0, "password-from", "WHERE", "where the password is: file:PATH, fd:N, command:COMMAND, env:NAME, credential:NAME, keyblock:PATH or prompt", NULL}, INTO(password_from)},
	{BK_COMMON_REPO, {BK_OPT_FLAG, 0, "no-input", NULL, "never ask on the terminal, fail instead", NULL}, INTO(no_input)},
	{BK_COMMON_DRY_RUN, {BK_OPT_FLAG, 'n', "dry-run", NULL, "say what would be done and change nothing", NULL}, INTO(dry_run)},
	{BK_COMMON_YES, {BK_OPT_FLAG, 'y', "yes", NULL, "answer every question with yes", NULL}, INTO(yes)},
	{BK_COMMON_WAIT, {BK_OPT_DURATION, 0, "wait", "DURATION", "wait so long for a lock", NULL}, INTO(wait_ms)},
	{BK_COMMON_JOBS, {BK_OPT_NUMBER, 'j', "jobs", "N", "use N threads", NULL}, INTO(jobs)},
	{BK_COMMON_JSON, {BK_OPT_FLAG, 0, "json", NULL, "print one JSON object a line", NULL}, INTO(json)},
	{BK_COMMON_PROGRESS, {BK_OPT_CHOICE, 0, "progress", "auto|plain|none", "how to show progress", NULL}, INTO(progress)},
	{BK_COMMON_CONFIG, {BK_OPT_TEXT, 'c', "config", "FILE", "read this configuration instead of /etc/bk/bk.conf", NULL}, INTO(config)},
	{0, {BK_OPT_FLAG, 0, "no-color", NULL, "no colours, as with NO_COLOR in the environment", NULL}, INTO(no_color)},
	{0, {BK_OPT_FLAG, 'q', "quiet", NULL, "print nothing but results and errors", NULL}, INTO(quiet)},
	{0, {BK_OPT_COUNT, 'v', "verbose", NULL, "say more; twice: everything", NULL}, INTO(verbose)},
	{0, {BK_OPT_FLAG, 'h', "help", NULL, "show this help", NULL}, INTO(help)},
	{0, {BK_OPT_FLAG, 'V', "version", NULL, "show the version", NULL}, INTO(version)},
	{0, {BK_OPT_FLAG, 0, "print-man", NULL, NULL, NULL}, INTO(print_man)},
	{0, {BK_OPT_TEXT, 0, "print-completion", "bash|zsh|fish", NULL, NULL}, INTO(print_completion)},
};
static const struct bk_opt_clash common_clashes[] = {
	{"quiet", "verbose", "one of them, please"},
	{NULL, NULL, NULL},
};
/* clang-format on */

/* What one call of bk_opt_parse carries about. */
struct parser {
	struct bk_opt opts[BK_OPT_MAX];
	bool given[BK_OPT_MAX];
	size_t n;
	struct bk_common *common;
	char **argv;
	int argc;
	int at;   /* the next of argv to read */
	int kept; /* operands so far; argv[1..kept] are theirs */
};

void bk_opt_list_clear(struct bk_opt_list *list)
{
	free(list->items);
	*list = (struct bk_opt_list){0};
}

size_t bk_opt_all(const struct bk_tool *tool, struct bk_common *common,
		  struct bk_opt out[BK_OPT_MAX])
{
	const struct common_opt *end =
		common_table + sizeof(common_table) / sizeof(*common_table);
	const struct bk_opt *own = tool->options;
	size_t n = 0;

	for (; own && own->kind != BK_OPT_END && n < BK_OPT_MAX; own++)
		out[n++] = *own;
	for (const struct common_opt *c = common_table; c < end; c++) {
		if ((c->needs && !(tool->common & c->needs)) || n == BK_OPT_MAX)
			continue;
		out[n] = c->opt;
		out[n++].into = (char *)common + c->offset;
	}
	return n;
}

bool bk_opt_arg_optional(const struct bk_opt *opt)
{
	return opt->arg && opt->arg[0] == '[';
}

/* The number of the word in "a|b|c", or -1. */
static int choice_of(const char *choices, const char *word)
{
	size_t len = strlen(word);
	int n = 0;

	for (const char *p = choices;; n++) {
		size_t one = strcspn(p, "|");
		if (one == len && strncmp(p, word, len) == 0)
			return n;
		p += one;
		if (*p++ == 0)
			return -1;
	}
}

static int store_choice(const struct bk_opt *opt, const char *arg,
			struct bk_err *err)
{
	int n = choice_of(opt->arg, arg);

	if (n < 0)
		return bk_fail(err, BK_MISUSE, "'%s' is none of %s", arg,
			       opt->arg);
	*(unsigned *)opt->into = (unsigned)n;
	return 0;
}

static int store_number(const char *arg, uint64_t *into, struct bk_err *err)
{
	uint64_t n = 0;

	if (bk_parse_number(arg, UINT32_MAX, &n, err) < 0)
		return -1;
	if (!n)
		return bk_fail(err, BK_MISUSE, "0 is too few");
	*into = n;
	return 0;
}

static void store_item(struct bk_opt_list *list, const char *arg)
{
	list->items = bk_array_room(list->items, list->n, &list->cap,
				    sizeof(*list->items));
	list->items[list->n++] = arg;
}

static int store(const struct bk_opt *opt, const char *arg, struct bk_err *err)
{
	switch (opt->kind) {
	case BK_OPT_END:
		return 0;
	case BK_OPT_FLAG:
		*(bool *)opt->into = true;
		return 0;
	case BK_OPT_COUNT:
		++*(unsigned *)opt->into;
		return 0;
	case BK_OPT_TEXT:
		*(const char **)opt->into = arg ? arg : "";
		return 0;
	case BK_OPT_LIST:
		store_item(opt->into, arg);
		return 0;
	case BK_OPT_CHOICE:
		return store_choice(opt, arg, err);
	case BK_OPT_NUMBER:
		return store_number(arg, opt->into, err);
	case BK_OPT_SIZE:
		return bk_parse_size(arg, opt->into, err);
	case BK_OPT_DURATION:
		return bk_parse_duration(arg, opt->into, err);
	case BK_OPT_PERCENT:
		return bk_parse_percent(arg ? arg : "100%", opt->into, err);
	case BK_OPT_TIME:
		return bk_parse_time(arg, bk_clock_now(), opt->into, err);
	}
	return 0;
}

static bool takes_arg(const struct bk_opt *opt)
{
	return opt->kind != BK_OPT_FLAG && opt->kind != BK_OPT_COUNT;
}

static int unknown_word(const struct parser *p, const char *word,
			struct bk_err *err)
{
	struct bk_nearest search;

	bk_nearest_init(&search, word);
	for (size_t i = 0; i < p->n; i++)
		if (p->opts[i].help)
			bk_nearest_offer(&search, p->opts[i].word);
	if (search.best)
		return bk_fail(err, BK_MISUSE,
			       "unknown option '--%s'; did you mean '--%s'?",
			       word, search.best);
	return bk_fail(err, BK_MISUSE, "unknown option '--%s'; see --help",
		       word);
}

static const struct bk_opt *by_word(const struct parser *p, const char *word,
				    size_t len)
{
	for (size_t i = 0; i < p->n; i++)
		if (strlen(p->opts[i].word) == len &&
		    strncmp(p->opts[i].word, word, len) == 0)
			return &p->opts[i];
	return NULL;
}

static const struct bk_opt *by_letter(const struct parser *p, char letter)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->opts[i].letter == letter)
			return &p->opts[i];
	return NULL;
}

/* The argument from the next of argv; NULL when there is none. */
static const char *next_arg(struct parser *p)
{
	return p->at < p->argc ? p->argv[p->at++] : NULL;
}

static int give(struct parser *p, const struct bk_opt *opt, const char *arg,
		struct bk_err *err)
{
	bool is_text = opt->kind == BK_OPT_TEXT || opt->kind == BK_OPT_LIST;

	p->given[opt - p->opts] = true;
	if (is_text && arg && !*arg)
		return bk_fail(err, BK_MISUSE, "the %s is empty", opt->arg);
	return store(opt, arg, err);
}

/* `text` is what follows the two dashes. */
static int parse_word(struct parser *p, const char *text, struct bk_err *err)
{
	size_t len = strcspn(text, "=");
	const char *arg = text[len] ? text + len + 1 : NULL;
	const struct bk_opt *opt = by_word(p, text, len);

	if (!opt) {
		char *word = bk_strndup(text, len);
		int rc = unknown_word(p, word, err);
		free(word);
		return rc;
	}
	if (!takes_arg(opt) && arg)
		return bk_fail(err, BK_MISUSE, "--%s takes no argument",
			       opt->word);
	if (takes_arg(opt) && !arg && !bk_opt_arg_optional(opt)) {
		arg = next_arg(p);
		if (!arg)
			return bk_fail(err, BK_MISUSE, "--%s needs its %s",
				       opt->word, opt->arg);
	}
	if (give(p, opt, arg, err) < 0)
		return bk_context(err, "--%s", opt->word);
	return 0;
}

/* One letter of a bundle; *at steps to the end where it takes the rest as its
 * argument, or the next of argv. */
static int parse_letter(struct parser *p, const char **at, struct bk_err *err)
{
	const char letter = *(*at)++;
	const struct bk_opt *opt = by_letter(p, letter);
	const char *arg = NULL;

	if (!opt)
		return bk_fail(err, BK_MISUSE,
			       "unknown option '-%c'; see --help", letter);
	if (takes_arg(opt) && !bk_opt_arg_optional(opt)) {
		arg = **at ? *at : next_arg(p);
		if (!arg)
			return bk_fail(err, BK_MISUSE, "-%c needs its %s",
				       letter, opt->arg);
		*at += strlen(*at);
	}
	if (give(p, opt, arg, err) < 0)
		return bk_context(err, "-%c", letter);
	return 0;
}

static int parse_letters(struct parser *p, const char *letters,
			 struct bk_err *err)
{
	while (*letters)
		if (parse_letter(p, &letters, err) < 0)
			return -1;
	return 0;
}

static void keep(struct parser *p, char *operand)
{
	p->argv[++p->kept] = operand;
}

static int parse_all(struct parser *p, struct bk_err *err)
{
	bool only_operands = false;

	while (p->at < p->argc && !p->common->help) {
		char *text = p->argv[p->at++];
		int rc = 0;

		if (only_operands || text[0] != '-' || text[1] == 0)
			keep(p, text);
		else if (strcmp(text, "--") == 0)
			only_operands = true;
		else if (text[1] == '-')
			rc = parse_word(p, text + 2, err);
		else
			rc = parse_letters(p, text + 1, err);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static bool only_prints(const struct bk_common *common)
{
	return common->help || common->version || common->print_man ||
	       common->print_completion;
}

static bool is_given(const struct parser *p, const char *word)
{
	const struct bk_opt *opt = by_word(p, word, strlen(word));

	return opt && p->given[opt - p->opts];
}

static int check_clashes(const struct parser *p,
			 const struct bk_opt_clash *clash, struct bk_err *err)
{
	for (; clash && clash->one; clash++)
		if (is_given(p, clash->one) && is_given(p, clash->other))
			return bk_fail(err, BK_MISUSE, "--%s and --%s: %s",
				       clash->one, clash->other, clash->advice);
	return 0;
}

/* "usage: bk-check [SET]"; of several forms none can be meant. */
static const char *advice(const struct bk_tool *tool, struct bk_buf *text)
{
	const char *const *usage = tool->usage;

	if (usage && usage[0] && !usage[1])
		bk_buf_printf(text, "usage: %s %s", tool->name, usage[0]);
	else
		bk_buf_printf(text, "see: %s --help", tool->name);
	return bk_buf_text(text);
}

static int check_operands(const struct bk_tool *tool, const struct parser *p,
			  struct bk_err *err)
{
	size_t n = (size_t)p->kept;
	struct bk_buf text = {0};
	int rc = 0;

	if (n < tool->operands_min)
		rc = bk_fail(err, BK_MISUSE, "something is missing; %s",
			     advice(tool, &text));
	else if (n > tool->operands_max)
		rc = bk_fail(err, BK_MISUSE, "'%s' is one word too many; %s",
			     p->argv[tool->operands_max + 1],
			     advice(tool, &text));
	for (size_t i = 1; i <= n && rc == 0; i++)
		if (!*p->argv[i])
			rc = bk_fail(err, BK_MISUSE,
				     "one of the words is empty; %s",
				     advice(tool, &text));
	bk_buf_clear(&text);
	return rc;
}

int bk_opt_parse(const struct bk_tool *tool, struct bk_common *common,
		 int *argc, char **argv, struct bk_err *err)
{
	struct parser p = {
		.common = common, .argv = argv, .argc = *argc, .at = 1};

	p.n = bk_opt_all(tool, common, p.opts);
	if (parse_all(&p, err) < 0)
		return -1;
	if (!only_prints(common) &&
	    (check_clashes(&p, tool->clashes, err) < 0 ||
	     check_clashes(&p, common_clashes, err) < 0 ||
	     check_operands(tool, &p, err) < 0))
		return -1;
	*argc = p.kept + 1;
	argv[*argc] = NULL;
	return 0;
}
