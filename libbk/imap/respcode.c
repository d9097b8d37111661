/* Response codes, and sentences in their place: see respcode.h. */

#include "imap/respcode.h"

#include <string.h>
#include <strings.h>

#include "imap/lexer.h"

/* What is looked at of a text. */
#define TEXT_MAX 1024

static const struct {
	const char *name;
	enum bk_imap_code code;
} codes[] = {
	{"TRYCREATE",            BK_IMAP_CODE_TRYCREATE    },
	{"NONEXISTENT",          BK_IMAP_CODE_NONEXISTENT  },
	{"ALREADYEXISTS",        BK_IMAP_CODE_ALREADYEXISTS},
	{"OVERQUOTA",            BK_IMAP_CODE_OVERQUOTA    },
	{"TOOBIG",               BK_IMAP_CODE_TOOBIG       },
	{"LIMIT",                BK_IMAP_CODE_LIMIT        },
	{"INUSE",                BK_IMAP_CODE_INUSE        },
	{"UNAVAILABLE",          BK_IMAP_CODE_UNAVAILABLE  },
	{"THROTTLED",            BK_IMAP_CODE_THROTTLED    },
	{"NOPERM",               BK_IMAP_CODE_NOPERM       },
	{"AUTHENTICATIONFAILED", BK_IMAP_CODE_AUTH         },
	{"AUTHORIZATIONFAILED",  BK_IMAP_CODE_AUTH         },
	{"EXPIRED",              BK_IMAP_CODE_AUTH         },
	{"PRIVACYREQUIRED",      BK_IMAP_CODE_AUTH         },
	{"EXPUNGEISSUED",        BK_IMAP_CODE_EXPUNGEISSUED},
	{"CANNOT",               BK_IMAP_CODE_CANNOT       },
	{"SERVERBUG",            BK_IMAP_CODE_SERVERBUG    },
	{"CORRUPTION",           BK_IMAP_CODE_SERVERBUG    },
};

/* The first that a text has in it decides. */
static const struct {
	const char *words;
	enum bk_imap_code code;
} sentences[] = {
	{"throttled",                  BK_IMAP_CODE_THROTTLED    },
	{"backoff time",               BK_IMAP_CODE_THROTTLED    },
	{"command or bandwidth limit", BK_IMAP_CODE_THROTTLED    },
	{"bandwidth limit",            BK_IMAP_CODE_THROTTLED    },
	{"rate limit",                 BK_IMAP_CODE_THROTTLED    },
	{"too many requests",          BK_IMAP_CODE_THROTTLED    },
	{"too many simultaneous",      BK_IMAP_CODE_LIMIT        },
	{"too many connections",       BK_IMAP_CODE_LIMIT        },
	{"too many open connections",  BK_IMAP_CODE_LIMIT        },
	{"maximum number of connect",  BK_IMAP_CODE_LIMIT        },
	{"already exists",             BK_IMAP_CODE_ALREADYEXISTS},
	{"does not exist",             BK_IMAP_CODE_NONEXISTENT  },
	{"doesn't exist",              BK_IMAP_CODE_NONEXISTENT  },
	{"no such mailbox",            BK_IMAP_CODE_NONEXISTENT  },
	{"no such folder",             BK_IMAP_CODE_NONEXISTENT  },
	{"unknown mailbox",            BK_IMAP_CODE_NONEXISTENT  },
	{"mailbox not found",          BK_IMAP_CODE_NONEXISTENT  },
	{"folder not found",           BK_IMAP_CODE_NONEXISTENT  },
	{"over quota",                 BK_IMAP_CODE_OVERQUOTA    },
	{"quota exceeded",             BK_IMAP_CODE_OVERQUOTA    },
	{"exceeds quota",              BK_IMAP_CODE_OVERQUOTA    },
	{"mailbox is full",            BK_IMAP_CODE_OVERQUOTA    },
	{"message too large",          BK_IMAP_CODE_TOOBIG       },
	{"message is too large",       BK_IMAP_CODE_TOOBIG       },
	{"maximum message size",       BK_IMAP_CODE_TOOBIG       },
	{"permission denied",          BK_IMAP_CODE_NOPERM       },
	{"access denied",              BK_IMAP_CODE_NOPERM       },
	{"authentication failed",      BK_IMAP_CODE_AUTH         },
	{"invalid credentials",        BK_IMAP_CODE_AUTH         },
	{"mailbox is locked",          BK_IMAP_CODE_INUSE        },
	{"mailbox in use",             BK_IMAP_CODE_INUSE        },
	{"try again",                  BK_IMAP_CODE_UNAVAILABLE  },
	{"server unavailable",         BK_IMAP_CODE_UNAVAILABLE  },
	{"temporarily unavailable",    BK_IMAP_CODE_UNAVAILABLE  },
	{"but not connected",          BK_IMAP_CODE_UNAVAILABLE  },
};

/* Where the words end in the text; 0: they are not in it. */
static size_t behind(struct bk_view text, const char *words)
{
	size_t n = strlen(words);

	for (size_t i = 0; i + n <= text.len; i++)
		if (bk_imap_word_is((struct bk_view){text.data + i, n}, words))
			return i + n;
	return 0;
}

static struct bk_view beginning(struct bk_view text)
{
	text.len = text.len < TEXT_MAX ? text.len : TEXT_MAX;
	return text;
}

static enum bk_imap_code of_sentence(struct bk_view text)
{
	text = beginning(text);
	for (size_t i = 0; i < sizeof(sentences) / sizeof(*sentences); i++)
		if (behind(text, sentences[i].words))
			return sentences[i].code;
	return BK_IMAP_CODE_NONE;
}

enum bk_imap_code bk_imap_parse_code(struct bk_view code, struct bk_view text)
{
	struct bk_imap_lexer lexer = {.left = code};
	enum bk_imap_code said = of_sentence(text);
	struct bk_view word;

	(void)bk_imap_lex(&lexer, &word);
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		if (!bk_imap_word_is(word, codes[i].name))
			continue;
		if (codes[i].code == BK_IMAP_CODE_OVERQUOTA &&
		    said == BK_IMAP_CODE_THROTTLED)
			return said;
		return codes[i].code;
	}
	return said;
}

/* ---- waits ---- */

/* Milliseconds of the unit that a text begins with; 0: it is none. */
static int64_t unit_ms(struct bk_view text)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {
		{"ms",   1      },
                {"mil",  1      },
                {"sec",  1000   },
		{"min",  60000  },
                {"hour", 3600000},
	};

	while (text.len && *text.data == ' ')
		text = (struct bk_view){text.data + 1, text.len - 1};
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		size_t n = strlen(units[i].name);
		if (text.len >= n &&
		    bk_imap_word_is((struct bk_view){text.data, n},
				    units[i].name))
			return units[i].ms;
	}
	return 0;
}

/* The first number that has a unit of time behind it. */
static int64_t first_duration(struct bk_view text)
{
	while (text.len) {
		uint64_t number;
		size_t n = 0;
		while (n < text.len && text.data[n] >= '0' &&
		       text.data[n] <= '9')
			n++;
		struct bk_view digits = {text.data, n};
		struct bk_view rest = {text.data + n, text.len - n};
		int64_t ms = n ? unit_ms(rest) : 0;
		if (ms && bk_imap_word_number(digits, INT64_MAX, &number))
			return number < (uint64_t)(BK_IMAP_WAIT_MAX_MS / ms)
				       ? (int64_t)number * ms
				       : BK_IMAP_WAIT_MAX_MS;
		n += !n;
		text = (struct bk_view){text.data + n, text.len - n};
	}
	return 0;
}

int64_t bk_imap_parse_wait(struct bk_view text)
{
	static const char *const hints[] = {"backoff", "try again", "retry",
					    "wait"};

	text = beginning(text);
	for (size_t i = 0; i < sizeof(hints) / sizeof(*hints); i++)
		if (behind(text, hints[i]))
			return first_duration(text);
	return 0;
}
