/* Whole responses out of a stream: see reader.h. */

#include "imap/reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "imap/expect.h"

/* A buffer that grew beyond this is not kept for the next response. */
#define KEPT_MAX ((size_t)1 << 20)
#define SLOWEST  16 /* bytes a second */

/* How far the list of a FETCH was looked at: names and values in turn. */
struct track {
	bool on;   /* this is a FETCH */
	size_t at; /* of the response */
	unsigned depth;
	bool named;   /* a value comes next */
	bool is_body; /* and it is a message */
	bool had_body;
};

struct bk_imap_reader {
	struct bk_wire *wire;
	struct bk_buf said;    /* the response so far */
	struct bk_arena arena; /* of quoted strings in it */
	struct track track;
	/* Where the wire was when time began to count. */
	int64_t waited_ms;
	uint64_t received;
	uint64_t body_left;
	struct bk_view quoted; /* what is left of a body that was quoted */
	bool is_quoted;
};

struct bk_imap_reader *bk_imap_reader_new(struct bk_wire *wire)
{
	struct bk_imap_reader *reader = bk_alloc(sizeof(*reader));

	reader->wire = wire;
	return reader;
}

void bk_imap_reader_free(struct bk_imap_reader *reader)
{
	if (!reader)
		return;
	bk_buf_clear(&reader->said);
	bk_arena_clear(&reader->arena);
	free(reader);
}

/* ---- time ---- */

static void begin_watch(struct bk_imap_reader *reader)
{
	reader->waited_ms = reader->wire->waited_ms;
	reader->received = reader->wire->received;
}

/* Within a response a byte now and then is no progress: whoever drips would
 * hold us for ever.  Between two responses a server may take its time. */
static int fill(struct bk_imap_reader *reader, struct bk_err *err)
{
	struct bk_wire *wire = reader->wire;

	if (bk_wire_fill(wire, err) < 0)
		return -1;
	uint64_t waited_ms = (uint64_t)(wire->waited_ms - reader->waited_ms);
	uint64_t came = wire->received - reader->received;
	bool begun = reader->said.len > 0;
	if (begun && waited_ms < (uint64_t)wire->timeout_ms)
		return 0;
	begin_watch(reader);
	if (!begun || came >= waited_ms / 1000 * SLOWEST)
		return 0;
	return bk_fail(err, BK_LOST,
		       "%" PRIu64 " bytes came in %" PRIu64
		       " s, in the middle of an answer; is the network up?",
		       came, waited_ms / 1000);
}

/* ---- lines and literals ---- */

static int keep(struct bk_imap_reader *reader, size_t n, size_t line,
		struct bk_err *err)
{
	const uint8_t *from = reader->wire->in.data;

	if (memchr(from, 0, n))
		return bk_fail(err, BK_CORRUPT, "a NUL in a response");
	if (n > BK_IMAP_LINE_MAX - line)
		return bk_fail(err, BK_CORRUPT,
			       "a line of a response beyond %zu bytes",
			       BK_IMAP_LINE_MAX);
	if (n > BK_IMAP_RESPONSE_MAX - reader->said.len)
		return bk_fail(err, BK_CORRUPT, "a response beyond %zu bytes",
			       BK_IMAP_RESPONSE_MAX);
	bk_buf_add(&reader->said, from, n);
	bk_wire_take(reader->wire, n);
	return 0;
}

/* A line, with its end, behind what was said. */
static int read_line(struct bk_imap_reader *reader, struct bk_err *err)
{
	size_t start = reader->said.len;

	for (;;) {
		struct bk_view in = reader->wire->in;
		const uint8_t *end =
			in.len ? memchr(in.data, '\n', in.len) : NULL;
		size_t n = end ? (size_t)(end - in.data) + 1 : in.len;
		if (n && keep(reader, n, reader->said.len - start, err) < 0)
			return -1;
		if (end)
			return 0;
		if (fill(reader, err) < 0)
			return -1;
	}
}

static struct bk_view without_end(const struct bk_buf *said, size_t from)
{
	struct bk_view line = {said->data + from, said->len - from};

	line.len--;
	line.len -= line.len && line.data[line.len - 1] == '\r';
	return line;
}

static int read_literal(struct bk_imap_reader *reader, uint64_t size,
			struct bk_err *err)
{
	if (size > BK_IMAP_RESPONSE_MAX - reader->said.len)
		return bk_fail(err, BK_CORRUPT,
			       "a literal of %" PRIu64
			       " bytes in a response of at most %zu",
			       size, BK_IMAP_RESPONSE_MAX);
	while (size) {
		struct bk_view in = reader->wire->in;
		size_t n = in.len < size ? in.len : (size_t)size;
		bk_buf_add(&reader->said, in.data, n);
		bk_wire_take(reader->wire, n);
		size -= n;
		if (size && fill(reader, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- bodies ---- */

int bk_imap_reader_copy(struct bk_imap_reader *reader, struct bk_sink *to,
			uint64_t n, struct bk_err *err)
{
	if (n > reader->body_left)
		return bk_fail(err, BK_MISUSE,
			       "%" PRIu64
			       " bytes wanted of a body that has %" PRIu64
			       " left",
			       n, reader->body_left);
	while (n) {
		struct bk_view *in =
			reader->is_quoted ? &reader->quoted : &reader->wire->in;
		if (!in->len && fill(reader, err) < 0)
			return -1;
		size_t some = in->len < n ? in->len : (size_t)n;
		if (to && some && to->write(to, in->data, some, err) < 0)
			return -1;
		if (reader->is_quoted)
			*in = (struct bk_view){in->data + some, in->len - some};
		else
			bk_wire_take(reader->wire, some);
		n -= some;
		reader->body_left -= some;
	}
	return 0;
}

/* What was said up to `before`, then a body. */
static int hand_on(struct bk_imap_reader *reader,
		   const struct bk_imap_literal *literal, size_t before,
		   uint64_t size, struct bk_err *err)
{
	if (reader->track.had_body)
		return bk_fail(err, BK_CORRUPT, "two bodies in one response");
	reader->track.had_body = true;
	reader->body_left = size;
	if (literal &&
	    literal->body(literal->arg, reader,
			  (struct bk_view){reader->said.data, before}, size,
			  err) < 0)
		return -1;
	return bk_imap_reader_copy(reader, NULL, reader->body_left, err);
}

static int hand_on_quoted(struct bk_imap_reader *reader,
			  const struct bk_imap_literal *literal, size_t before,
			  struct bk_view body, struct bk_err *err)
{
	reader->quoted = body;
	reader->is_quoted = true;
	int rc = hand_on(reader, literal, before, body.len, err);
	reader->is_quoted = false;
	return rc;
}

/* ---- the list of a FETCH ---- */

/* Depth is what it is behind the token. */
static void follow(struct track *track, enum bk_imap_token token,
		   struct bk_view word)
{
	if (token == BK_IMAP_OPEN || token == BK_IMAP_CLOSE) {
		track->is_body = false;
		if (track->depth == 1)
			track->named = false;
	} else if (track->depth == 1) {
		track->named = !track->named;
		track->is_body = track->named && token == BK_IMAP_ATOM &&
				 bk_imap_word_is_body(word);
	}
}

/* Looks at what was said up to `to`; bodies that are quoted are handed on. */
static int look(struct bk_imap_reader *reader,
		const struct bk_imap_literal *literal, size_t to,
		struct bk_err *err)
{
	struct track *track = &reader->track;
	const uint8_t *start = reader->said.data;
	struct bk_imap_lexer lexer = {
		.left = {start + track->at, to - track->at},
		.arena = &reader->arena,
		.depth = track->depth,
	};

	track->at = to;
	for (;;) {
		size_t before = (size_t)(lexer.left.data - start);
		struct bk_view word;
		enum bk_imap_token token = bk_imap_lex(&lexer, &word);
		track->depth = lexer.depth;
		if (token == BK_IMAP_END)
			return 0;
		if (token == BK_IMAP_WRONG)
			return bk_imap_unexpected(&lexer, "a word", err);
		if (token == BK_IMAP_STRING && track->is_body &&
		    hand_on_quoted(reader, literal, before, word, err) < 0)
			return -1;
		follow(track, token, word);
	}
}

/* ---- responses ---- */

/* The last line announces a literal of `size` bytes, from `start` on. */
static int take_literal(struct bk_imap_reader *reader,
			const struct bk_imap_literal *literal, size_t start,
			uint64_t size, struct bk_err *err)
{
	struct track *track = &reader->track;
	int rc;

	if (track->on && look(reader, literal, start, err) < 0)
		return -1;
	if (track->is_body) {
		if (hand_on(reader, literal, start, size, err) < 0)
			return -1;
		reader->said.len = start;
		bk_buf_add(&reader->said, "{0}\r\n", 5);
		rc = 0;
	} else {
		rc = read_literal(reader, size, err);
	}
	follow(track, BK_IMAP_STRING, (struct bk_view){0});
	track->at = reader->said.len;
	return rc;
}

/* Of the first line: has it literals, and may one be a body? */
static bool has_literals(struct bk_imap_reader *reader,
			 const struct bk_imap_response *first)
{
	if (first->kind != BK_IMAP_UNTAGGED || first->state != BK_IMAP_NO_STATE)
		return false;
	reader->track.on =
		first->has_number && bk_imap_word_is(first->word, "FETCH");
	reader->track.at = (size_t)(first->rest.data - reader->said.data);
	return true;
}

/* The rest of a response whose first line is there. */
static int read_rest(struct bk_imap_reader *reader,
		     const struct bk_imap_literal *literal, struct bk_err *err)
{
	size_t line = 0, start = 0;
	uint64_t size = 0;
	int rc;

	while ((rc = bk_imap_literal_announced(without_end(&reader->said, line),
					       &start, &size, err)) > 0) {
		if (take_literal(reader, literal, line + start, size, err) < 0)
			return -1;
		line = reader->said.len;
		if (read_line(reader, err) < 0)
			return -1;
	}
	if (rc < 0 || !reader->track.on)
		return rc;
	struct bk_view last = without_end(&reader->said, line);
	if (look(reader, literal, line + last.len, err) < 0)
		return -1;
	if (reader->track.depth)
		return bk_fail(err, BK_CORRUPT, "a FETCH that does not end");
	return 0;
}

static void start_over(struct bk_imap_reader *reader)
{
	if (reader->said.cap > KEPT_MAX)
		bk_buf_clear(&reader->said);
	reader->said.len = 0;
	begin_watch(reader);
	reader->track = (struct track){0};
	bk_arena_clear(&reader->arena);
}

int bk_imap_reader_next(struct bk_imap_reader *reader,
			const struct bk_imap_literal *literal,
			struct bk_imap_response *out, struct bk_err *err)
{
	do {
		start_over(reader);
		if (read_line(reader, err) < 0)
			return -1;
	} while (!without_end(&reader->said, 0).len);
	if (bk_imap_response_parse(bk_buf_view(&reader->said), out, err) < 0)
		return -1;
	if (!has_literals(reader, out))
		return 0;
	if (read_rest(reader, literal, err) < 0)
		return -1;
	return bk_imap_response_parse(bk_buf_view(&reader->said), out, err);
}
