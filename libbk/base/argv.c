/* Words of commands: see argv.h. */

#include "base/argv.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static void add_owned(struct bk_argv *argv, char *word)
{
	argv->items = bk_array_room(argv->items, argv->n + 1, &argv->cap,
				    sizeof(*argv->items));
	argv->items[argv->n++] = word;
	argv->items[argv->n] = NULL;
}

void bk_argv_add(struct bk_argv *argv, const char *word)
{
	add_owned(argv, bk_strdup(word));
}

/* One word from *at on, without its quotes; NULL when a quote stays open. */
static char *next_word(const char **at)
{
	struct bk_buf word = {0};
	char quote = 0;

	for (; **at && (quote || !strchr(" \t", **at)); (*at)++) {
		if (quote && **at == quote)
			quote = 0;
		else if (!quote && (**at == '\'' || **at == '"'))
			quote = **at;
		else
			bk_buf_add_u8(&word, (uint8_t) * *at);
	}
	char *text = quote ? NULL : bk_strdup(bk_buf_text(&word));
	bk_buf_clear(&word);
	return text;
}

int bk_argv_split(struct bk_argv *argv, const char *line, struct bk_err *err)
{
	size_t before = argv->n;

	for (;;) {
		line += strspn(line, " \t");
		if (!*line)
			break;
		char *word = next_word(&line);
		if (!word) {
			(void)bk_fail(err, BK_MISUSE, "a quote is not closed");
			return -1;
		}
		add_owned(argv, word);
	}
	if (argv->n == before) {
		(void)bk_fail(err, BK_MISUSE, "no command is named");
		return -1;
	}
	return 0;
}

void bk_argv_clear(struct bk_argv *argv)
{
	for (size_t i = 0; i < argv->n; i++)
		free(argv->items[i]);
	free(argv->items);
	*argv = (struct bk_argv){0};
}
