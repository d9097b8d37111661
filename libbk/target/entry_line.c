/* Words of listings: see entry_line.h. */

#include "target/entry_line.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

int bk_entry_line_bad(struct bk_view line, struct bk_err *err)
{
	char text[120];
	size_t n = line.len < sizeof(text) ? line.len : sizeof(text) - 1;

	for (size_t i = 0; i < n; i++)
		text[i] = isprint(line.data[i]) ? (char)line.data[i] : '?';
	return bk_fail(err, BK_FAILED,
		       "the server's listing has a line that is not "
		       "understood: %.*s",
		       (int)n, text);
}

bool bk_entry_line_is(struct bk_view view, const char *text)
{
	return view.len == strlen(text) &&
	       strncasecmp((const char *)view.data, text, view.len) == 0;
}

bool bk_entry_line_number(struct bk_view text, uint64_t most, uint64_t *out)
{
	uint64_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (!isdigit(text.data[i]))
			return false;
		uint64_t digit = (uint64_t)(text.data[i] - '0');
		if (n > (most - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	return text.len > 0;
}
