/*
 * From bytes to answers: cutting whole responses out of the stream, and
 * reading what is in them.  Everything has a ceiling; nothing is believed.
 *
 * A response is read into memory whole, with its literals in it as they came
 * ("{5}\r\nhello"), but for the body of a message, which is handed on while it
 * comes.  So parsing works on bytes that are there, and is fuzzed as such.
 */

#ifndef BK_IMAP_PARSE_H
#define BK_IMAP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/stream.h"
#include "imap/answer.h"
#include "net/wire.h"

#define BK_IMAP_RESPONSE_MAX ((size_t)16 << 20) /* without bodies */
#define BK_IMAP_LINE_MAX     ((size_t)8 << 20)  /* between two literals */
#define BK_IMAP_DEPTH_MAX    64                 /* of parentheses */

/* ---- responses ---- */

enum bk_imap_kind {
	BK_IMAP_CONTINUE, /* "+ ..." */
	BK_IMAP_TAGGED,   /* "a1 OK ..." */
	BK_IMAP_UNTAGGED, /* "* ..." */
};

enum bk_imap_state {
	BK_IMAP_NO_STATE, /* data: "* LIST ..." */
	BK_IMAP_OK,
	BK_IMAP_NO,
	BK_IMAP_BAD,
	BK_IMAP_PREAUTH,
	BK_IMAP_BYE,
};

struct bk_imap_response {
	enum bk_imap_kind kind;
	struct bk_view tag; /* of TAGGED */
	enum bk_imap_state state;
	struct bk_view code; /* "UIDVALIDITY 17" between [ and ]; may be empty
			      */
	struct bk_view text; /* for people, behind it */
	uint32_t number;     /* "* 23 EXISTS": 23; has_number */
	bool has_number;
	struct bk_view word; /* "EXISTS", "FETCH", "LIST"; compare without
				case */
	struct bk_view rest; /* what follows it, without the line end */
};

struct bk_imap_reader;

/* Keeps the wire by pointer. */
struct bk_imap_reader *bk_imap_reader_new(struct bk_wire *wire);
void bk_imap_reader_free(struct bk_imap_reader *reader);

/* Told of a literal that is a message's body (BODY[] of a FETCH): `before` is
 * the response up to it, from "* n FETCH (" on.  Reads exactly `size` bytes by
 * bk_imap_reader_copy(), or the reader drops them. */
struct bk_imap_literal {
	int (*body)(void *arg, struct bk_imap_reader *reader,
		    struct bk_view before, uint64_t size, struct bk_err *err);
	void *arg;
};

/* The next response, read whole; its views live until the next one.  In its
 * place in `rest` a body that was handed on is an empty literal, "{0}\r\n". */
int bk_imap_reader_next(struct bk_imap_reader *reader,
			const struct bk_imap_literal *literal,
			struct bk_imap_response *out, struct bk_err *err);
int bk_imap_reader_copy(struct bk_imap_reader *reader, struct bk_sink *to,
			uint64_t n, struct bk_err *err);

/* One response from bytes that are all there (tests, fuzzing). */
int bk_imap_response_parse(struct bk_view bytes, struct bk_imap_response *out,
			   struct bk_err *err);

/* ---- words and values ---- */

enum bk_imap_token {
	BK_IMAP_END,
	BK_IMAP_ATOM,   /* atoms, flags with their backslash, numbers,
			   "BODY[HEADER.FIELDS (X)]" as one */
	BK_IMAP_STRING, /* quoted or literal, unescaped */
	BK_IMAP_NIL,
	BK_IMAP_OPEN,
	BK_IMAP_CLOSE,
	BK_IMAP_WRONG, /* what can be none of these; the lexer stays there */
};

struct bk_imap_lexer {
	struct bk_view left;
	struct bk_arena *arena; /* of quoted strings with escapes */
	unsigned depth;
};

/* Blanks before it are passed over. */
enum bk_imap_token bk_imap_lex(struct bk_imap_lexer *lexer,
			       struct bk_view *out);
/* Passes over one value: a word, a string, or a list with all in it. */
int bk_imap_skip(struct bk_imap_lexer *lexer, struct bk_err *err);

/* ---- what responses say: `rest` or `code` of one.  BK_CORRUPT. ---- */

/* Adds to *caps; unknown words are passed over. */
void bk_imap_parse_caps(struct bk_view words, struct bk_imap_caps *caps);
enum bk_imap_code bk_imap_parse_code(struct bk_view code, struct bk_view text);
int bk_imap_parse_list(struct bk_view rest, struct bk_arena *arena,
		       struct bk_imap_mailbox *out, struct bk_err *err);
/* The mailbox's name, and what is said of it. */
int bk_imap_parse_status(struct bk_view rest, struct bk_arena *arena,
			 struct bk_view *mailbox, struct bk_imap_status *out,
			 struct bk_err *err);
/* A SELECT's untagged responses and codes, one after the other. */
int bk_imap_parse_selected(const struct bk_imap_response *response,
			   struct bk_arena *arena, struct bk_imap_selected *out,
			   struct bk_err *err);
/* `said` may lack anything. */
int bk_imap_parse_row(uint32_t seq, struct bk_view rest, struct bk_arena *arena,
		      struct bk_imap_row *out, struct bk_err *err);
/* "1:5,7,9:8": no '*', no 0; at most 2^32-1 UIDs in all. */
int bk_imap_parse_uids(struct bk_view text, struct bk_uid_set *out,
		       struct bk_err *err);
/* "VANISHED (EARLIER) 1:5": the rest of it. */
int bk_imap_parse_vanished(struct bk_view rest, bool *earlier,
			   struct bk_uid_set *out, struct bk_err *err);
/* SEARCH and ESEARCH. */
int bk_imap_parse_search(const struct bk_imap_response *response,
			 struct bk_uid_set *out, struct bk_err *err);
/* "APPENDUID 7 3:5" and "COPYUID 7 3:5 9:11"; from may be NULL. */
int bk_imap_parse_uidplus(struct bk_view code, uint32_t *uid_validity,
			  struct bk_uid_set *from, struct bk_uid_set *to,
			  struct bk_err *err);
/* "17-Jul-1996 02:44:25 -0700" (RFC 3501 date-time). */
int bk_imap_parse_date(struct bk_view text, int64_t *date,
		       int16_t *zone_minutes, struct bk_err *err);
/* 26 characters and a NUL. */
void bk_imap_format_date(char out[27], int64_t date, int16_t zone_minutes);
/* The first personal namespace. */
int bk_imap_parse_namespace(struct bk_view rest, struct bk_arena *arena,
			    struct bk_view *prefix, char *delimiter,
			    struct bk_err *err);

#endif
