/* Where bodies begin and end: see mime.h. */

#include "mail/mime.h"

#include <string.h>
#include <strings.h>

#include "mail/header.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* What a header says of the body behind it.  Of several Content-Types the one
 * with a boundary counts: without it the parts would not be found. */
struct header {
	struct bk_view boundary; /* empty unless it is a multipart */
	bool message;            /* another header follows */
	bool base64;
};

static bool same_word(struct bk_view word, const char *text)
{
	return word.len == strlen(text) &&
	       !strncasecmp((const char *)word.data, text, word.len);
}

static bool begins(struct bk_view word, const char *text)
{
	size_t len = strlen(text);

	return word.len >= len &&
	       !strncasecmp((const char *)word.data, text, len);
}

static void note_type(struct bk_view value, struct header *out)
{
	struct bk_view type = bk_field_word(value);
	struct bk_view boundary;

	if (out->boundary.len)
		return;
	out->message = same_word(type, "message/rfc822") ||
		       same_word(type, "message/global");
	if (begins(type, "multipart/") &&
	    bk_field_param(value, "boundary", &boundary) &&
	    boundary.len <= BK_MIME_BOUNDARY_MAX)
		out->boundary = boundary;
}

static void note_field(const struct bk_field *field, struct header *out)
{
	if ((*field->name.data | 32) != 'c')
		return;
	if (bk_field_is(field, "Content-Type"))
		note_type(field->value, out);
	else if (bk_field_is(field, "Content-Transfer-Encoding"))
		out->base64 = same_word(bk_field_word(field->value), "base64");
}

/* A line that is no field but has one behind it is a header's still: "From "
 * of an mbox file, or what was folded without a space. */
static bool skip_stray_line(struct bk_mime *mime)
{
	struct bk_view text = mime->text;
	struct bk_field field;

	if (mime->at >= text.len || text.data[mime->at] == '-')
		return false;
	const uint8_t *lf =
		memchr(text.data + mime->at, '\n', text.len - mime->at);
	if (!lf)
		return false;
	size_t next = (size_t)(lf - text.data) + 1;
	size_t behind = next;
	if (!bk_field_next(text, &behind, &field))
		return false;
	mime->at = next;
	return true;
}

static void read_header(struct bk_mime *mime, struct header *out)
{
	struct bk_field field;
	size_t start;

	do {
		start = mime->at;
		if (bk_field_next(mime->text, &mime->at, &field))
			note_field(&field, out);
		else if (mime->at != start) /* behind the empty line */
			return;
	} while (mime->at != start || skip_stray_line(mime));
}

/* The next "\n--" at or behind `at`; text.len if there is none. */
static size_t find_dashes(struct bk_view text, size_t at)
{
	const uint8_t *bytes = text.data;

#ifdef __SSE2__
	const __m128i lf = _mm_set1_epi8('\n');
	const __m128i dash = _mm_set1_epi8('-');

	for (; at + 18 <= text.len; at += 16) {
		__m128i a = _mm_loadu_si128((const void *)(bytes + at));
		__m128i b = _mm_loadu_si128((const void *)(bytes + at + 1));
		__m128i c = _mm_loadu_si128((const void *)(bytes + at + 2));
		a = _mm_and_si128(_mm_cmpeq_epi8(a, lf),
				  _mm_cmpeq_epi8(b, dash));
		a = _mm_and_si128(a, _mm_cmpeq_epi8(c, dash));
		int mask = _mm_movemask_epi8(a);
		if (mask)
			return at + (size_t)__builtin_ctz((unsigned)mask);
	}
#endif
	while (at + 3 <= text.len) {
		const uint8_t *found =
			memchr(bytes + at, '\n', text.len - 2 - at);
		if (!found)
			break;
		at = (size_t)(found - bytes);
		if (found[1] == '-' && found[2] == '-')
			return at;
		at++;
	}
	return text.len;
}

/* A boundary, "--" and some white space. */
#define TOKEN_MAX (BK_MIME_BOUNDARY_MAX + 64)

struct delimiter {
	size_t lf;      /* of the line before it: where the body ends */
	size_t behind;  /* its line end */
	unsigned level; /* of mime->open */
	bool closes;
};

static bool is_boundary(const struct bk_view *open, struct bk_view token)
{
	return open->len == token.len &&
	       !memcmp(open->data, token.data, token.len);
}

/* Which open boundary, innermost first, a line "--token" is of.  The whole
 * line must be it: a boundary that begins like another is not taken for it. */
static bool match(const struct bk_mime *mime, struct bk_view token,
		  struct delimiter *out)
{
	struct bk_view closing = token;

	if (token.len >= 2 && !memcmp(token.data + token.len - 2, "--", 2))
		closing.len -= 2;
	for (unsigned level = mime->depth; level-- > 0;) {
		const struct bk_view *open = &mime->open[level];
		bool opens = is_boundary(open, token);
		out->level = level;
		out->closes = !opens;
		if (opens || is_boundary(open, closing))
			return true;
	}
	return false;
}

/* What stands behind "\n--" at `at`, up to the line's end and without white
 * space there; empty if that is too long for any boundary. */
static struct bk_view token_at(struct bk_view text, size_t at,
			       struct delimiter *out)
{
	struct bk_view token = {text.data + at + 3, text.len - at - 3};
	const uint8_t *lf = NULL;

	if (token.len > TOKEN_MAX)
		token.len = TOKEN_MAX;
	if (token.len)
		lf = memchr(token.data, '\n', token.len);
	if (lf)
		token.len = (size_t)(lf - token.data);
	out->lf = at;
	out->behind = at + 3 + token.len;
	if (!lf && out->behind < text.len)
		token.len = 0;
	while (token.len && strchr(" \t\r", token.data[token.len - 1]) &&
	       token.data[token.len - 1])
		token.len--;
	return token;
}

static bool find_delimiter(const struct bk_mime *mime, size_t from,
			   struct delimiter *out)
{
	size_t at = from;

	if (!mime->depth)
		return false;
	while ((at = find_dashes(mime->text, at)) < mime->text.len) {
		struct bk_view token = token_at(mime->text, at, out);
		if (match(mime, token, out))
			return true;
		at += 3;
	}
	return false;
}

void bk_mime_init(struct bk_mime *mime, struct bk_view text, size_t at)
{
	*mime = (struct bk_mime){.text = text, .at = at, .in_header = true};
}

/* Reads headers until a body follows them. */
static void enter(struct bk_mime *mime, struct bk_body *out)
{
	struct header header;

	do {
		size_t start = mime->at;
		header = (struct header){0};
		read_header(mime, &header);
		if (mime->at == start)
			break;
	} while (header.message && !header.base64);

	out->base64 = header.base64 && !header.boundary.len;
	if (header.boundary.len && mime->depth < BK_MIME_DEPTH_MAX)
		mime->open[mime->depth++] = header.boundary;
}

int bk_mime_next(struct bk_mime *mime, struct bk_body *out)
{
	struct delimiter delimiter;

	if (mime->at >= mime->text.len)
		return 0;
	out->base64 = false;
	if (mime->in_header)
		enter(mime, out);
	out->start = mime->at;

	/* The LF that ends a header may be the one in front of a boundary. */
	size_t from = mime->at ? mime->at - 1 : 0;
	if (!find_delimiter(mime, from, &delimiter)) {
		out->end = mime->text.len;
		mime->at = mime->text.len;
		return 1;
	}
	out->end = delimiter.lf < out->start ? out->start : delimiter.lf;
	mime->depth = delimiter.level + !delimiter.closes;
	mime->in_header = !delimiter.closes;
	mime->at = delimiter.behind;
	if (mime->in_header && mime->at < mime->text.len)
		mime->at++;
	return 1;
}
