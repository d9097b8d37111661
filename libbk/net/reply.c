/* What an FTP server says: see reply.h. */

#include "net/reply.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const struct {
	const char *code;
	enum bk_kind kind;
} kinds[] = {
	{"421", BK_BUSY  },
        {"425", BK_LOST  },
        {"426", BK_LOST  },
	{"430", BK_DENIED},
        {"450", BK_BUSY  },
        {"451", BK_BUSY  },
	{"452", BK_FULL  },
        {"530", BK_DENIED},
        {"532", BK_DENIED},
	{"534", BK_DENIED},
        {"535", BK_DENIED},
        {"550", BK_GONE  },
	{"552", BK_FULL  },
        {"553", BK_DENIED},
        {"500", BK_MISUSE},
	{"501", BK_MISUSE},
        {"502", BK_MISUSE},
        {"503", BK_LOST  },
	{"504", BK_MISUSE},
};

static const struct {
	const char *words;
	enum bk_kind kind;
} plain_words[] = {
	{"no space",       BK_FULL},
        {"disk full",      BK_FULL},
        {"quota",          BK_FULL},
	{"maximum number", BK_BUSY},
        {"too many",       BK_BUSY},
};

enum bk_kind bk_reply_kind(const char *reply)
{
	for (size_t i = 0; i < sizeof(plain_words) / sizeof(*plain_words); i++)
		if (strcasestr(reply, plain_words[i].words))
			return plain_words[i].kind;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strncmp(reply, kinds[i].code, 3) == 0)
			return kinds[i].kind;
	return BK_FAILED;
}

/* "226 Done": not a line in the middle of a longer reply. */
static bool ends_a_reply(const uint8_t *line, size_t len)
{
	return len >= 3 && isdigit(line[0]) && isdigit(line[1]) &&
	       isdigit(line[2]) && (len == 3 || line[3] == ' ');
}

static void copy(char out[BK_REPLY_TEXT], const uint8_t *line, size_t len)
{
	size_t n = len < BK_REPLY_TEXT - 1 ? len : BK_REPLY_TEXT - 1;

	memcpy(out, line, n);
	for (size_t i = 0; i < n; i++)
		if (line[i] < 0x20 || line[i] >= 0x7f)
			out[i] = '?';
	out[n] = 0;
}

void bk_reply_last(char out[BK_REPLY_TEXT], struct bk_view said)
{
	const uint8_t *at = said.data, *end = at + said.len;

	*out = 0;
	while (at < end) {
		const uint8_t *eol = memchr(at, '\n', (size_t)(end - at));
		const uint8_t *next = eol ? eol + 1 : end;
		size_t len = (size_t)((eol ? eol : end) - at);
		while (len && at[len - 1] == '\r')
			len--;
		if (ends_a_reply(at, len))
			copy(out, at, len);
		at = next;
	}
}
