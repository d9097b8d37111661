/* A response's parts: see response.h. */

#include "imap/response.h"

#include <string.h>

#include "imap/expect.h"

static struct bk_view part(struct bk_view text, size_t from, size_t to)
{
	return (struct bk_view){text.data + from, to - from};
}

static struct bk_view without_blanks(struct bk_view text)
{
	size_t i = 0;

	while (i < text.len && text.data[i] == ' ')
		i++;
	return part(text, i, text.len);
}

/* A word off the front; it ends before what no word of a response has. */
static struct bk_view take_word(struct bk_view *left)
{
	size_t n = 0;

	while (n < left->len && !strchr(" \t(\"[\r\n", left->data[n]))
		n++;
	struct bk_view word = part(*left, 0, n);
	*left = part(*left, n, left->len);
	return word;
}

/* ---- codes ---- */

/* Where the ']' is that closes the first byte's '[', by brackets, parentheses
 * and quotes; 0: they are not even. */
static size_t closing_bracket(struct bk_view text)
{
	size_t brackets = 0, lists = 0;
	bool in_quotes = false;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		if (c == '"') {
			in_quotes = !in_quotes;
		} else if (in_quotes) {
			i += c == '\\';
		} else if (c == '(') {
			lists++;
		} else if (c == ')' && lists) {
			lists--;
		} else if (!lists) {
			brackets += c == '[';
			if (c == ']' && --brackets == 0)
				return i;
		}
	}
	return 0;
}

static void cut_code(struct bk_view left, struct bk_imap_response *out)
{
	left = without_blanks(left);
	out->text = left;
	if (!left.len || *left.data != '[')
		return;
	size_t end = closing_bracket(left);
	const uint8_t *first = memchr(left.data, ']', left.len);
	if (!end && !first)
		return;
	if (!end)
		end = (size_t)(first - left.data);
	out->code = part(left, 1, end);
	out->text = without_blanks(part(left, end + 1, left.len));
}

/* ---- the whole ---- */

static enum bk_imap_state state_of(struct bk_view word)
{
	static const struct {
		const char *name;
		enum bk_imap_state state;
	} states[] = {
		{"OK",      BK_IMAP_OK     },
                {"NO",      BK_IMAP_NO     },
		{"BAD",     BK_IMAP_BAD    },
                {"PREAUTH", BK_IMAP_PREAUTH},
		{"BYE",     BK_IMAP_BYE    },
	};

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (bk_imap_word_is(word, states[i].name))
			return states[i].state;
	return BK_IMAP_NO_STATE;
}

static int strange(struct bk_view bytes, struct bk_err *err)
{
	struct bk_imap_lexer lexer = {.left = bytes};

	return bk_imap_unexpected(&lexer, "an IMAP response", err);
}

/* "23 EXISTS": the number, when there is one. */
static int take_number(struct bk_view *left, struct bk_imap_response *out,
		       struct bk_err *err)
{
	struct bk_view rest = *left;
	struct bk_view digits = take_word(&rest);
	uint64_t number = 0;

	if (!digits.len || *digits.data < '0' || *digits.data > '9')
		return 0;
	if (!bk_imap_word_number(digits, UINT32_MAX, &number))
		return strange(*left, err);
	out->number = (uint32_t)number;
	out->has_number = true;
	*left = without_blanks(rest);
	return 0;
}

static int cut_untagged(struct bk_view left, struct bk_imap_response *out,
			struct bk_err *err)
{
	struct bk_view whole = left;

	out->kind = BK_IMAP_UNTAGGED;
	left = without_blanks(left);
	if (take_number(&left, out, err) < 0)
		return -1;
	out->word = take_word(&left);
	if (!out->word.len)
		return strange(whole, err);
	if (out->has_number && !out->number &&
	    (bk_imap_word_is(out->word, "FETCH") ||
	     bk_imap_word_is(out->word, "EXPUNGE")))
		return bk_fail(err, BK_CORRUPT,
			       "the server spoke of message 0");
	if (!out->has_number)
		out->state = state_of(out->word);
	if (out->state == BK_IMAP_NO_STATE)
		out->rest = without_blanks(left);
	else
		cut_code(left, out);
	return 0;
}

static int cut_tagged(struct bk_view left, struct bk_imap_response *out,
		      struct bk_err *err)
{
	struct bk_view whole = left;

	out->kind = BK_IMAP_TAGGED;
	out->tag = take_word(&left);
	left = without_blanks(left);
	out->word = take_word(&left);
	out->state = state_of(out->word);
	if (!out->tag.len || out->state == BK_IMAP_NO_STATE)
		return strange(whole, err);
	cut_code(left, out);
	return 0;
}

static int cut_bare_code(struct bk_view left, struct bk_imap_response *out,
			 struct bk_err *err)
{
	out->kind = BK_IMAP_UNTAGGED;
	out->state = BK_IMAP_OK;
	cut_code(left, out);
	return out->code.len ? 0 : strange(left, err);
}

int bk_imap_response_parse(struct bk_view bytes, struct bk_imap_response *out,
			   struct bk_err *err)
{
	if (bytes.len && bytes.data[bytes.len - 1] == '\n') {
		bytes.len--;
		bytes.len -= bytes.len && bytes.data[bytes.len - 1] == '\r';
	}
	*out = (struct bk_imap_response){0};
	if (!bytes.len)
		return strange(bytes, err);
	if (*bytes.data == '*')
		return cut_untagged(part(bytes, 1, bytes.len), out, err);
	if (*bytes.data == '[') /* Exchange 2013, for "* OK [" */
		return cut_bare_code(bytes, out, err);
	if (*bytes.data != '+')
		return cut_tagged(bytes, out, err);
	out->kind = BK_IMAP_CONTINUE;
	cut_code(part(bytes, 1, bytes.len), out);
	return 0;
}
