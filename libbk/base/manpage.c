/* Options in mdoc(7): see manpage.h. */

#include "base/manpage.h"

#include <ctype.h>
#include <string.h>

/* Text where a macro line may take it for something else. */
static void print_text(FILE *out, const char *text)
{
	for (; *text; text++)
		if (*text == '\\')
			(void)fputs("\\e", out);
		else
			(void)fputc(*text, out);
}

/* A sentence of "lower case, no full stop". */
static void print_sentence(FILE *out, const char *help)
{
	(void)fputc(toupper((unsigned char)*help), out);
	print_text(out, help + 1);
	(void)fputs(".\n", out);
}

static void print_long(FILE *out, const struct bk_opt *opt)
{
	(void)fprintf(out, "Fl -%s", opt->word);
	if (!opt->arg)
		return;
	if (bk_opt_arg_optional(opt))
		(void)fprintf(out, " Ns Oo = Ns Ar %.*s Oc",
			      (int)strlen(opt->arg) - 2, opt->arg + 1);
	else
		(void)fprintf(out, " Ns = Ns Ar %s", opt->arg);
}

static void print_option(FILE *out, const struct bk_opt *opt)
{
	(void)fputs(".It ", out);
	if (opt->letter && opt->arg)
		(void)fprintf(out, "Fl %c Ar %s , ", opt->letter, opt->arg);
	else if (opt->letter)
		(void)fprintf(out, "Fl %c , ", opt->letter);
	print_long(out, opt);
	(void)fputc('\n', out);
	print_sentence(out, opt->help);
}

void bk_manpage_options(const struct bk_tool *tool, FILE *out)
{
	struct bk_common unused = {0};
	struct bk_opt opts[BK_OPT_MAX];
	size_t n = bk_opt_all(tool, &unused, opts);

	(void)fprintf(out, ".\\\" made by: %s --print-man\n", tool->name);
	(void)fputs(".Sh OPTIONS\n.Bl -tag -width Ds\n", out);
	for (size_t i = 0; i < n; i++)
		if (opts[i].help)
			print_option(out, &opts[i]);
	(void)fputs(".El\n.\\\" end of what is made\n", out);
}
