/* Words as a shell reads them: see quote.h. */

#include "base/quote.h"

#include <stdbool.h>
#include <string.h>

/* What no shell takes for anything else, wherever it stands in a word.  A `~`
 * at the beginning, `{a,b}` and `!` are left out on purpose. */
#define PLAIN                                                                  \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"       \
	"_@%+=:,./-"

static bool is_plain(const char *word)
{
	return *word && !word[strspn(word, PLAIN)];
}

void bk_quote(struct bk_buf *out, const char *word)
{
	if (is_plain(word)) {
		bk_buf_printf(out, "%s", word);
		return;
	}
	bk_buf_printf(out, "'");
	for (const char *at = word; *at;) {
		size_t n = strcspn(at, "'");
		bk_buf_add(out, at, n);
		at += n;
		if (!*at)
			break;
		bk_buf_printf(out, "'\\''");
		at++;
	}
	bk_buf_printf(out, "'");
}
