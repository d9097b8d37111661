/* LIST, STATUS, SELECT, NAMESPACE: see mailboxes.h. */

#include "imap/mailboxes.h"

#include <string.h>
#include <strings.h>

#include "imap/expect.h"
#include "imap/imapflags.h"

/* Of one mailbox: more are nonsense. */
#define ATTRIBUTES_MAX 256

/* ---- LIST ---- */

static void read_attribute(struct bk_view word, struct bk_imap_mailbox *out)
{
	static const struct {
		const char *name;
		unsigned is;
		const char *special_use;
	} attributes[] = {
		{"\\Noselect",    BK_IMAP_NO_SELECT,                        NULL         },
		{"\\NonExistent", BK_IMAP_NO_SELECT | BK_IMAP_NON_EXISTENT,
		 NULL								    },
		{"\\Noinferiors", BK_IMAP_NO_INFERIORS,                     NULL         },
		{"\\Subscribed",  BK_IMAP_SUBSCRIBED,                       NULL         },
		{"\\HasChildren", BK_IMAP_HAS_CHILDREN,                     NULL         },
		{"\\All",         0,					"\\All"      },
		{"\\AllMail",     0,					"\\All"      },
		{"\\Archive",     0,					"\\Archive"  },
		{"\\Drafts",      0,					"\\Drafts"   },
		{"\\Flagged",     0,					"\\Flagged"  },
		{"\\Starred",     0,					"\\Flagged"  },
		{"\\Junk",        0,					"\\Junk"     },
		{"\\Spam",        0,					"\\Junk"     },
		{"\\Sent",        0,					"\\Sent"     },
		{"\\Trash",       0,					"\\Trash"    },
		{"\\Important",   0,					"\\Important"},
	};

	for (size_t i = 0; i < sizeof(attributes) / sizeof(*attributes); i++) {
		if (!bk_imap_word_is(word, attributes[i].name))
			continue;
		out->is |= attributes[i].is;
		if (!out->special_use)
			out->special_use = attributes[i].special_use;
	}
}

static int read_attributes(struct bk_imap_lexer *lexer,
			   struct bk_imap_mailbox *out, struct bk_err *err)
{
	struct bk_view *words;
	size_t n;

	if (bk_imap_expect_words(lexer, ATTRIBUTES_MAX, &words, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		read_attribute(words[i], out);
	return 0;
}

/* One printable character, or NIL, or "" as some say for it. */
static int read_delimiter(struct bk_imap_lexer *lexer, char *out,
			  struct bk_err *err)
{
	struct bk_imap_lexer before = *lexer;
	struct bk_view word;

	*out = 0;
	enum bk_imap_token token = bk_imap_lex(lexer, &word);
	if (token == BK_IMAP_NIL)
		return 0;
	if ((token == BK_IMAP_STRING || token == BK_IMAP_ATOM) &&
	    word.len <= 1 &&
	    (!word.len || (*word.data > ' ' && *word.data < 0x7f))) {
		if (word.len)
			memcpy(out, word.data, 1);
		return 0;
	}
	*lexer = before;
	return bk_imap_unexpected(lexer, "a delimiter", err);
}

static int read_list(struct bk_imap_lexer *lexer, struct bk_imap_mailbox *out,
		     struct bk_err *err)
{
	struct bk_imap_lexer extended;
	struct bk_view word;

	if (read_attributes(lexer, out, err) < 0 ||
	    read_delimiter(lexer, &out->delimiter, err) < 0 ||
	    bk_imap_expect_name(lexer, &out->name, err) < 0)
		return -1;
	extended = *lexer;
	if (bk_imap_lex(&extended, &word) == BK_IMAP_OPEN &&
	    bk_imap_skip(lexer, err) < 0)
		return -1;
	/* A word here would be the rest of a name that is not quoted. */
	return bk_imap_expect_end(lexer, err);
}

int bk_imap_parse_list(struct bk_view rest, struct bk_arena *arena,
		       struct bk_imap_mailbox *out, struct bk_err *err)
{
	struct bk_imap_lexer lexer = {.left = rest, .arena = arena};

	*out = (struct bk_imap_mailbox){0};
	return read_list(&lexer, out, err) < 0 ? bk_context(err, "LIST") : 0;
}

/* ---- STATUS ---- */

static int read_number32(struct bk_imap_lexer *lexer, uint32_t *out,
			 struct bk_err *err)
{
	uint64_t value;

	if (bk_imap_expect_number(lexer, UINT32_MAX, &value, err) < 0)
		return -1;
	*out = (uint32_t)value;
	return 0;
}

/* "(F2212ea87)" */
static int read_mailbox_id(struct bk_imap_lexer *lexer, const char **out,
			   struct bk_err *err)
{
	struct bk_view *words;
	size_t n;

	if (bk_imap_expect_words(lexer, 1, &words, &n, err) < 0)
		return -1;
	*out = n ? (const char *)bk_imap_keep(words[0], lexer->arena).data
		 : NULL;
	return 0;
}

/* A number, or NIL: there is none. */
static int read_append_limit(struct bk_imap_lexer *lexer,
			     struct bk_imap_status *out, struct bk_err *err)
{
	struct bk_imap_lexer before = *lexer;
	struct bk_view word;

	out->has_append_limit = true;
	out->append_limit = UINT64_MAX;
	if (bk_imap_lex(lexer, &word) == BK_IMAP_NIL)
		return 0;
	*lexer = before;
	return bk_imap_expect_number(lexer, UINT64_MAX, &out->append_limit,
				     err);
}

static int read_guid(struct bk_imap_lexer *lexer, const char **out,
		     struct bk_err *err)
{
	struct bk_view word;

	if (bk_imap_expect_name(lexer, &word, err) < 0)
		return -1;
	*out = (const char *)word.data;
	return 0;
}

/* The value behind a name, which STATUS and SELECT's codes share. */
static int read_item(struct bk_imap_lexer *lexer, struct bk_view name,
		     struct bk_imap_status *out, struct bk_err *err)
{
	if (bk_imap_word_is(name, "MESSAGES"))
		return bk_imap_expect_number(lexer, UINT32_MAX, &out->messages,
					     err);
	if (bk_imap_word_is(name, "UIDVALIDITY"))
		return read_number32(lexer, &out->uid_validity, err);
	if (bk_imap_word_is(name, "UIDNEXT"))
		return read_number32(lexer, &out->uid_next, err);
	if (bk_imap_word_is(name, "HIGHESTMODSEQ"))
		return bk_imap_expect_number(lexer, UINT64_MAX,
					     &out->highest_modseq, err);
	if (bk_imap_word_is(name, "SIZE"))
		return bk_imap_expect_number(lexer, UINT64_MAX, &out->size,
					     err);
	if (bk_imap_word_is(name, "APPENDLIMIT"))
		return read_append_limit(lexer, out, err);
	if (bk_imap_word_is(name, "MAILBOXID"))
		return read_mailbox_id(lexer, &out->mailbox_id, err);
	if (bk_imap_word_is(name, "X-GUID"))
		return read_guid(lexer, &out->guid, err);
	return bk_imap_skip(lexer, err);
}

static int read_items(struct bk_imap_lexer *lexer, struct bk_imap_status *out,
		      struct bk_err *err)
{
	struct bk_view name;
	int rc;

	if (bk_imap_expect_open(lexer, err) < 0)
		return -1;
	while ((rc = bk_imap_next_item(lexer, "a name", &name, err)) > 0)
		if (read_item(lexer, name, out, err) < 0)
			return -1;
	return rc;
}

int bk_imap_parse_status(struct bk_view rest, struct bk_arena *arena,
			 struct bk_view *mailbox, struct bk_imap_status *out,
			 struct bk_err *err)
{
	struct bk_imap_lexer lexer = {.left = rest, .arena = arena};

	*out = (struct bk_imap_status){0};
	if (bk_imap_expect_name(&lexer, mailbox, err) < 0 ||
	    read_items(&lexer, out, err) < 0)
		return bk_context(err, "STATUS");
	out->known = true;
	return 0;
}

/* ---- SELECT ---- */

/* Where it is, or belongs, among the sorted ones. */
static size_t place_of(const struct bk_imap_selected *in, const char *keyword)
{
	size_t from = 0, to = in->n_keywords;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (strcasecmp(in->keywords[middle], keyword) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static int add_keyword(struct bk_imap_selected *to, const char *keyword,
		       struct bk_arena *arena, struct bk_err *err)
{
	size_t at = place_of(to, keyword), n = to->n_keywords;

	if (at < n && !strcasecmp(to->keywords[at], keyword))
		return 0;
	if (n == BK_KEYWORDS_MAX)
		return bk_fail(err, BK_CORRUPT, "more than %d keywords",
			       BK_KEYWORDS_MAX);
	/* The array is as long as the next power of two. */
	if ((n & (n - 1)) == 0) {
		const char **longer = bk_arena_alloc(
			arena, (n ? 2 * n : 1) * sizeof(*longer));
		if (n)
			memcpy(longer, to->keywords, n * sizeof(*longer));
		to->keywords = longer;
	}
	memmove(to->keywords + at + 1, to->keywords + at,
		(n - at) * sizeof(*to->keywords));
	to->keywords[at] = bk_arena_strdup(arena, keyword);
	to->n_keywords = n + 1;
	return 0;
}

static bool has_star(const struct bk_view *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bk_imap_word_is(words[i], "\\*"))
			return true;
	return false;
}

/* The lexer's arena lives for the call. */
static int read_flags(struct bk_imap_lexer *lexer, bool permanent,
		      struct bk_arena *arena, struct bk_imap_selected *out,
		      struct bk_err *err)
{
	struct bk_view *words;
	size_t n;

	if (bk_imap_expect_words(lexer, BK_KEYWORDS_MAX, &words, &n, err) < 0)
		return -1;
	bool any = has_star(words, n);
	uint8_t flags = bk_imap_sort_flags(words, &n);
	if (permanent || !out->says_permanent)
		out->flags = flags;
	if (permanent)
		out->any_keyword = any;
	out->says_permanent |= permanent;
	for (size_t i = 0; i < n; i++) {
		struct bk_view keyword = bk_imap_keep(words[i], lexer->arena);
		if (add_keyword(out, (const char *)keyword.data, arena, err) <
		    0)
			return -1;
	}
	return 0;
}

static int flags_said(struct bk_view list, bool permanent,
		      struct bk_arena *arena, struct bk_imap_selected *out,
		      struct bk_err *err)
{
	struct bk_arena words = {0};
	struct bk_imap_lexer lexer = {.left = list, .arena = &words};
	int rc = read_flags(&lexer, permanent, arena, out, err);

	if (rc == 0)
		rc = bk_imap_expect_end(&lexer, err);
	bk_arena_clear(&words);
	return rc;
}

static int code_said(struct bk_view code, struct bk_arena *arena,
		     struct bk_imap_selected *out, struct bk_err *err)
{
	static const char *const numbers[] = {"UIDVALIDITY", "UIDNEXT",
					      "HIGHESTMODSEQ", "MAILBOXID"};
	struct bk_imap_lexer lexer = {.left = code, .arena = arena};
	struct bk_view name;

	(void)bk_imap_lex(&lexer, &name);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		if (!bk_imap_word_is(name, numbers[i]))
			continue;
		out->status.known = true;
		return read_item(&lexer, name, &out->status, err);
	}
	if (bk_imap_word_is(name, "PERMANENTFLAGS"))
		return memchr(lexer.left.data, '(', lexer.left.len)
			       ? flags_said(lexer.left, true, arena, out, err)
			       : 0;
	if (bk_imap_word_is(name, "CLOSED"))
		*out = (struct bk_imap_selected){0};
	else if (bk_imap_word_is(name, "READ-ONLY"))
		out->read_only = true;
	else if (bk_imap_word_is(name, "READ-WRITE"))
		out->read_only = false;
	else if (bk_imap_word_is(name, "NOMODSEQ"))
		out->no_modseq = true;
	else if (bk_imap_word_is(name, "UIDNOTSTICKY"))
		out->uid_not_sticky = true;
	return 0;
}

int bk_imap_parse_selected(const struct bk_imap_response *response,
			   struct bk_arena *arena, struct bk_imap_selected *out,
			   struct bk_err *err)
{
	int rc = 0;

	if (response->state == BK_IMAP_OK) {
		rc = code_said(response->code, arena, out, err);
	} else if (response->has_number &&
		   bk_imap_word_is(response->word, "EXISTS")) {
		out->status.messages = response->number;
		out->status.known = true;
	} else if (bk_imap_word_is(response->word, "FLAGS")) {
		rc = flags_said(response->rest, false, arena, out, err);
	}
	return rc < 0 ? bk_context(err, "SELECT") : 0;
}

/* ---- NAMESPACE ---- */

/* "(("" "/" "X-PARAM" ("FLAG1")) ("#x" "/")) NIL NIL" */
static int read_namespace(struct bk_imap_lexer *lexer, struct bk_view *prefix,
			  char *delimiter, struct bk_err *err)
{
	struct bk_imap_lexer personal = *lexer;
	struct bk_view word;

	for (int i = 0; i < 3; i++)
		if (bk_imap_skip(lexer, err) < 0)
			return -1;
	if (bk_imap_expect_end(lexer, err) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		if (bk_imap_lex(&personal, &word) != BK_IMAP_OPEN)
			return 0;
	if (bk_imap_expect_name(&personal, prefix, err) < 0)
		return -1;
	return read_delimiter(&personal, delimiter, err);
}

int bk_imap_parse_namespace(struct bk_view rest, struct bk_arena *arena,
			    struct bk_view *prefix, char *delimiter,
			    struct bk_err *err)
{
	struct bk_imap_lexer lexer = {.left = rest, .arena = arena};

	*prefix = (struct bk_view){(const uint8_t *)"", 0};
	*delimiter = 0;
	return read_namespace(&lexer, prefix, delimiter, err) < 0
		       ? bk_context(err, "NAMESPACE")
		       : 0;
}
