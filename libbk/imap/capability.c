/* Capabilities: see capability.h. */

#include "imap/capability.h"

#include <string.h>

#include "imap/lexer.h"

/* What IMAP4rev2 (RFC 9051, appendix E) has in it. */
#define REV2                                                                   \
	(BK_IMAP_ENABLE | BK_IMAP_UIDPLUS | BK_IMAP_LITERAL_MINUS |            \
	 BK_IMAP_LIST_EXTENDED | BK_IMAP_LIST_STATUS | BK_IMAP_NAMESPACE |     \
	 BK_IMAP_ESEARCH | BK_IMAP_MOVE | BK_IMAP_UNSELECT)

/* Capabilities, and those that they have in them. */
static const struct {
	const char *name;
	uint32_t cap, with;
} names[] = {
	{"ENABLE",             BK_IMAP_ENABLE,             0                                 },
	{"CONDSTORE",          BK_IMAP_CONDSTORE,          0                                 },
	{"QRESYNC",            BK_IMAP_QRESYNC,            BK_IMAP_CONDSTORE | BK_IMAP_ENABLE},
	{"UIDPLUS",            BK_IMAP_UIDPLUS,            0                                 },
	{"MULTIAPPEND",        BK_IMAP_MULTIAPPEND,        0                                 },
	{"LITERAL+",           BK_IMAP_LITERAL_PLUS,       0                                 },
	{"LITERAL-",           BK_IMAP_LITERAL_MINUS,      0                                 },
	{"LIST-EXTENDED",      BK_IMAP_LIST_EXTENDED,      0                                 },
	{"LIST-STATUS",        BK_IMAP_LIST_STATUS,        0                                 },
	{"SPECIAL-USE",        BK_IMAP_SPECIAL_USE,        0                                 },
	{"CREATE-SPECIAL-USE", BK_IMAP_CREATE_SPECIAL_USE, 0                                 },
	{"NAMESPACE",          BK_IMAP_NAMESPACE,          0                                 },
	{"ESEARCH",            BK_IMAP_ESEARCH,            0                                 },
	{"COMPRESS=DEFLATE",   BK_IMAP_DEFLATE,            0                                 },
	{"METADATA",           BK_IMAP_METADATA,           0                                 },
	{"ACL",		BK_IMAP_ACL,                0				 },
	{"QUOTA",              BK_IMAP_QUOTA,              0                                 },
	{"OBJECTID",           BK_IMAP_OBJECTID,           0                                 },
	{"X-GM-EXT-1",         BK_IMAP_GMAIL,              0                                 },
	{"ID",		 BK_IMAP_ID,                 0				 },
	{"UTF8=ACCEPT",        BK_IMAP_UTF8,               0                                 },
	{"UTF8=ONLY",          BK_IMAP_UTF8,               0                                 },
	{"MOVE",               BK_IMAP_MOVE,               0				 },
	{"UNSELECT",           BK_IMAP_UNSELECT,           0                                 },
	{"XLIST",              BK_IMAP_XLIST,              0                                 },
};

static uint32_t named(struct bk_view word)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (bk_imap_word_is(word, names[i].name))
			return names[i].cap | names[i].with;
	return 0;
}

uint32_t bk_imap_cap_named(const char *word)
{
	struct bk_view view = {(const uint8_t *)word, strlen(word)};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (bk_imap_word_is(view, names[i].name))
			return names[i].cap;
	return 0;
}

static void read_append_limit(struct bk_view word, struct bk_imap_caps *caps)
{
	static const char name[] = "APPENDLIMIT=";
	const size_t len = sizeof(name) - 1;
	uint64_t limit;

	if (word.len <= len ||
	    !bk_imap_word_is((struct bk_view){word.data, len}, name))
		return;
	struct bk_view digits = {word.data + len, word.len - len};
	if (bk_imap_word_number(digits, UINT64_MAX, &limit))
		caps->append_limit = limit;
}

void bk_imap_parse_caps(struct bk_view words, struct bk_imap_caps *caps)
{
	struct bk_imap_lexer lexer = {.left = words};
	bool rev1 = false, rev2 = false;
	struct bk_view word;

	while (bk_imap_lex(&lexer, &word) == BK_IMAP_ATOM) {
		caps->has |= named(word);
		read_append_limit(word, caps);
		caps->append_limits |= bk_imap_word_is(word, "APPENDLIMIT");
		rev1 |= bk_imap_word_is(word, "IMAP4REV1");
		rev2 |= bk_imap_word_is(word, "IMAP4REV2");
	}
	/* Beside IMAP4rev1 it would have to be enabled first. */
	if (rev2 && !rev1)
		caps->has |= REV2;
}
