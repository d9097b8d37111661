/* Answers to --complete: see complete.h.  The shells' part is in
 * completescript.c. */

#include "base/complete.h"

#include <string.h>

/* What the words before the last one leave open. */
struct position {
	struct bk_opt opts[BK_OPT_MAX];
	size_t n;
	const struct bk_opt *open; /* this option's argument is next */
	bool only_operands;        /* after "--" */
	size_t operands;           /* so many are there already */
	void (*words)(void *data, const char *kind, FILE *out);
	void *data;
	FILE *out;
};

static bool needs_arg(const struct bk_opt *opt)
{
	return opt && opt->arg && !bk_opt_arg_optional(opt);
}

static const struct bk_opt *by_word(const struct position *at, const char *word,
				    size_t len)
{
	for (size_t i = 0; i < at->n; i++)
		if (strlen(at->opts[i].word) == len &&
		    strncmp(at->opts[i].word, word, len) == 0)
			return &at->opts[i];
	return NULL;
}

/* The option of a bundle of letters that waits for the next word. */
static const struct bk_opt *open_letter(const struct position *at,
					const char *letters)
{
	for (; *letters; letters++)
		for (size_t i = 0; i < at->n; i++)
			if (at->opts[i].letter == *letters &&
			    needs_arg(&at->opts[i]))
				return letters[1] ? NULL : &at->opts[i];
	return NULL;
}

static void step(struct position *at, const char *word)
{
	if (at->open) {
		at->open = NULL;
	} else if (at->only_operands || word[0] != '-' || word[1] == 0) {
		at->operands++;
	} else if (strcmp(word, "--") == 0) {
		at->only_operands = true;
	} else if (word[1] == '-') {
		const struct bk_opt *opt =
			by_word(at, word + 2, strlen(word + 2));
		at->open = needs_arg(opt) ? opt : NULL;
	} else {
		at->open = open_letter(at, word + 1);
	}
}

static bool is_kind(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (word[i] < 'A' || word[i] > 'Z')
			return false;
	return len > 1;
}

/* "latest" and "maildir++" are typed as they are, "N%" is not. */
static bool is_literal(const char *word)
{
	return *word >= 'a' && *word <= 'z';
}

static void print_kind(const struct position *at, const char *kind)
{
	if (strcmp(kind, "FILE") == 0 || strcmp(kind, "PATH") == 0)
		(void)fputs(":files\n", at->out);
	else if (strcmp(kind, "DIR") == 0)
		(void)fputs(":dirs\n", at->out);
	else
		at->words(at->data, kind, at->out);
	if (strcmp(kind, "REPO") == 0)
		(void)fputs(":dirs\n", at->out);
}

/* The alternatives of "JOB|STORE" or "auto|plain|none". */
static void print_values(const struct position *at, const char *spec)
{
	static const char ends[] = "|[]";
	char kind[64];

	for (spec += strspn(spec, ends); *spec; spec += strspn(spec, ends)) {
		size_t len = strcspn(spec, ends);
		if (is_literal(spec)) {
			(void)fprintf(at->out, "%.*s\n", (int)len, spec);
		} else if (is_kind(spec, len) && len < sizeof(kind)) {
			memcpy(kind, spec, len);
			kind[len] = 0;
			print_kind(at, kind);
		}
		spec += len;
	}
}

static void print_options(const struct position *at)
{
	for (size_t i = 0; i < at->n; i++)
		if (at->opts[i].help)
			(void)fprintf(at->out, "--%s\t%s\n", at->opts[i].word,
				      at->opts[i].help);
}

/* The nth word of "SET|latest ACCOUNT FILE...", whose last one repeats if it
 * ends in dots. */
static void print_operand(const struct position *at, const char *operands)
{
	char spec[256];
	size_t left = at->operands;

	for (const char *p = operands; p && *p;) {
		size_t len = strcspn(p, " ");
		bool repeats = len > 3 && strncmp(p + len - 3, "...", 3) == 0;
		if ((left == 0 || repeats) && len < sizeof(spec)) {
			len -= repeats ? 3 : 0;
			memcpy(spec, p, len);
			spec[len] = 0;
			print_values(at, spec);
			return;
		}
		left--;
		p += len;
		p += strspn(p, " ");
	}
}

void bk_complete(const struct bk_tool *tool, char *const *typed, size_t n,
		 void (*words)(void *data, const char *kind, FILE *out),
		 void *data, FILE *out)
{
	struct bk_common unused = {0};
	struct position at = {.words = words, .data = data, .out = out};
	const char *last = n > 0 ? typed[n - 1] : "";

	at.n = bk_opt_all(tool, &unused, at.opts);
	for (size_t i = 0; i + 1 < n; i++)
		step(&at, typed[i]);

	const char *equals = strchr(last, '=');
	bool dash = last[0] == '-' && !at.only_operands;
	if (at.open) {
		print_values(&at, at.open->arg);
	} else if (dash && last[1] == '-' && equals) {
		const struct bk_opt *opt =
			by_word(&at, last + 2, (size_t)(equals - last) - 2);
		if (opt && opt->arg)
			print_values(&at, opt->arg);
	} else if (dash) {
		print_options(&at);
	} else {
		print_operand(&at, tool->operands);
	}
}
