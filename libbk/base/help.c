/* The text of --help: see opt.h. */

#include <string.h>

#include "base/opt.h"

/* Where the explanations begin, and how wide they are. */
#define COLUMN 26
#define WIDTH  80

void bk_opt_spell(struct bk_buf *out, const struct bk_opt *opt, bool letter)
{
	if (letter)
		bk_buf_printf(out, "-%c", opt->letter);
	else
		bk_buf_printf(out, "--%s", opt->word);
	if (!opt->arg)
		return;
	if (bk_opt_arg_optional(opt))
		bk_buf_printf(out, "[=%s", opt->arg + 1);
	else
		bk_buf_printf(out, letter ? " %s" : "=%s", opt->arg);
}

/* Words of `text` in lines from COLUMN on; the cursor stands at `at`. */
static void print_wrapped(FILE *out, const char *text, size_t at)
{
	if (at + 1 > COLUMN) {
		(void)fputc('\n', out);
		at = 0;
	}
	(void)fprintf(out, "%*s", (int)(COLUMN - at), "");
	at = COLUMN;
	while (*text) {
		size_t len = strcspn(text, " ");
		if (at > COLUMN && at + 1 + len > WIDTH) {
			(void)fprintf(out, "\n%*s", COLUMN, "");
			at = COLUMN;
		} else if (at > COLUMN) {
			(void)fputc(' ', out);
			at++;
		}
		(void)fwrite(text, 1, len, out);
		at += len;
		text += len;
		text += strspn(text, " ");
	}
	(void)fputc('\n', out);
}

static void print_option(FILE *out, const struct bk_opt *opt)
{
	struct bk_buf head = {0};

	if (opt->letter)
		bk_buf_printf(&head, "  -%c, ", opt->letter);
	else
		bk_buf_printf(&head, "      ");
	bk_opt_spell(&head, opt, false);
	(void)fputs(bk_buf_text(&head), out);
	print_wrapped(out, opt->help, head.len);
	bk_buf_clear(&head);
}

/* "bk-list" is called "bk list" by people. */
static void print_usage(FILE *out, const struct bk_tool *tool)
{
	const char *before = "usage:";

	for (const char *const *u = tool->usage; u && *u; u++) {
		(void)fprintf(out, "%s %s %s\n", before, tool->name, *u);
		before = "      ";
	}
}

static void print_examples(FILE *out, const struct bk_tool *tool)
{
	if (!tool->examples || !tool->examples[0])
		return;
	(void)fputs("\nexamples:\n", out);
	for (const char *const *e = tool->examples; e[0] && e[1]; e += 2)
		(void)fprintf(out, "  # %s\n  %s\n", e[1], e[0]);
}

void bk_opt_help(const struct bk_tool *tool, FILE *out)
{
	struct bk_common unused = {0};
	struct bk_opt opts[BK_OPT_MAX];
	size_t n = bk_opt_all(tool, &unused, opts);

	print_usage(out, tool);
	(void)fprintf(out, "%s %s.\n\noptions:\n", tool->name, tool->purpose);
	for (size_t i = 0; i < n; i++)
		if (opts[i].help)
			print_option(out, &opts[i]);
	print_examples(out, tool);
	if (!tool->see_also || !tool->see_also[0])
		return;
	(void)fputs("\nsee also:", out);
	for (const char *const *s = tool->see_also; *s; s++)
		(void)fprintf(out, "%s %s", s == tool->see_also ? "" : ",", *s);
	(void)fputc('\n', out);
}
