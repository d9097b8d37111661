/* What parsers expect of a lexer: see expect.h. */

#include "imap/expect.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"

#define EXCERPT 40

int bk_imap_unexpected(const struct bk_imap_lexer *lexer, const char *name,
		       struct bk_err *err)
{
	size_t n = lexer->left.len < EXCERPT ? lexer->left.len : EXCERPT;
	struct bk_buf excerpt = {0};

	if (!n)
		return bk_fail(err, BK_CORRUPT,
			       "%s expected where the response ends", name);
	bk_escape(&excerpt, lexer->left.data, n);
	(void)bk_fail(err, BK_CORRUPT, "%s expected, not '%s%s'", name,
		      bk_buf_text(&excerpt), n < lexer->left.len ? "..." : "");
	bk_buf_clear(&excerpt);
	return -1;
}

static int expect(struct bk_imap_lexer *lexer, enum bk_imap_token token,
		  const char *name, struct bk_err *err)
{
	struct bk_imap_lexer before = *lexer;
	struct bk_view word;

	if (bk_imap_lex(lexer, &word) == token)
		return 0;
	*lexer = before;
	return bk_imap_unexpected(lexer, name, err);
}

int bk_imap_expect_open(struct bk_imap_lexer *lexer, struct bk_err *err)
{
	return expect(lexer, BK_IMAP_OPEN, "a list", err);
}

int bk_imap_expect_close(struct bk_imap_lexer *lexer, struct bk_err *err)
{
	return expect(lexer, BK_IMAP_CLOSE, "the end of a list", err);
}

int bk_imap_next_item(struct bk_imap_lexer *lexer, const char *what,
		      struct bk_view *name, struct bk_err *err)
{
	struct bk_imap_lexer before = *lexer;
	enum bk_imap_token token = bk_imap_lex(lexer, name);

	if (token == BK_IMAP_CLOSE)
		return bk_imap_expect_end(lexer, err);
	if (token != BK_IMAP_ATOM)
		return bk_imap_unexpected(&before, what, err);
	return 1;
}

int bk_imap_expect_end(struct bk_imap_lexer *lexer, struct bk_err *err)
{
	return expect(lexer, BK_IMAP_END, "the end", err);
}

int bk_imap_skip(struct bk_imap_lexer *lexer, struct bk_err *err)
{
	struct bk_arena *arena = lexer->arena;
	unsigned depth = lexer->depth;
	enum bk_imap_token token;
	struct bk_view word;

	lexer->arena = NULL;
	do {
		token = bk_imap_lex(lexer, &word);
	} while (lexer->depth > depth && token != BK_IMAP_END &&
		 token != BK_IMAP_WRONG);
	lexer->arena = arena;
	if (token == BK_IMAP_END || token == BK_IMAP_WRONG ||
	    lexer->depth < depth)
		return bk_imap_unexpected(lexer, "a value", err);
	return 0;
}

static bool is_text(enum bk_imap_token token)
{
	return token == BK_IMAP_ATOM || token == BK_IMAP_STRING ||
	       token == BK_IMAP_NIL;
}

int bk_imap_expect_text(struct bk_imap_lexer *lexer, struct bk_view *out,
			struct bk_err *err)
{
	struct bk_imap_lexer before = *lexer;

	if (is_text(bk_imap_lex(lexer, out)))
		return 0;
	*lexer = before;
	return bk_imap_unexpected(lexer, "a word", err);
}

static bool has_nul(struct bk_view text)
{
	return text.len && memchr(text.data, 0, text.len);
}

int bk_imap_expect_name(struct bk_imap_lexer *lexer, struct bk_view *out,
			struct bk_err *err)
{
	struct bk_view text;

	if (bk_imap_expect_text(lexer, &text, err) < 0)
		return -1;
	if (has_nul(text))
		return bk_fail(err, BK_CORRUPT, "a name with a NUL in it");
	*out = bk_imap_keep(text, lexer->arena);
	return 0;
}

struct bk_view bk_imap_keep(struct bk_view text, struct bk_arena *arena)
{
	const char *copy = bk_arena_strndup(
		arena, text.len ? (const char *)text.data : "", text.len);

	return (struct bk_view){(const uint8_t *)copy, text.len};
}

int bk_imap_expect_number(struct bk_imap_lexer *lexer, uint64_t most,
			  uint64_t *out, struct bk_err *err)
{
	struct bk_imap_lexer before = *lexer;
	struct bk_view word;
	char name[64];

	if (is_text(bk_imap_lex(lexer, &word)) &&
	    bk_imap_word_number(word, most, out))
		return 0;
	*lexer = before;
	(void)snprintf(name, sizeof(name), "a number of at most %" PRIu64,
		       most);
	return bk_imap_unexpected(lexer, name, err);
}

/* Words of the list that the lexer stands in. */
static size_t count_words(struct bk_imap_lexer lexer)
{
	struct bk_view word;
	size_t n = 0;

	lexer.arena = NULL;
	while (is_text(bk_imap_lex(&lexer, &word)))
		n++;
	return n;
}

static int read_words(struct bk_imap_lexer *lexer, struct bk_view *words,
		      size_t n, struct bk_err *err)
{
	for (size_t i = 0; i < n; i++) {
		(void)bk_imap_lex(lexer, &words[i]);
		if (has_nul(words[i]))
			return bk_fail(err, BK_CORRUPT,
				       "a word with a NUL in it");
	}
	return bk_imap_expect_close(lexer, err);
}

int bk_imap_expect_words(struct bk_imap_lexer *lexer, size_t most,
			 struct bk_view **out, size_t *n, struct bk_err *err)
{
	struct bk_imap_lexer before = *lexer;
	struct bk_view word;

	*out = NULL;
	*n = 0;
	enum bk_imap_token token = bk_imap_lex(lexer, &word);
	if (token == BK_IMAP_NIL)
		return 0;
	if (token != BK_IMAP_OPEN) {
		*lexer = before;
		return bk_imap_unexpected(lexer, "a list", err);
	}
	size_t count = count_words(*lexer);
	if (count > most)
		return bk_fail(err, BK_CORRUPT,
			       "a list of %zu words where %zu are the most",
			       count, most);
	*out = bk_arena_alloc(lexer->arena, count * sizeof(**out));
	*n = count;
	return read_words(lexer, *out, count, err);
}
