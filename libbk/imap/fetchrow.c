/* A message's row out of a FETCH: see fetchrow.h. */

#include "imap/fetchrow.h"

#include <string.h>
#include <strings.h>

#include "imap/expect.h"
#include "imap/imapdate.h"
#include "imap/imapflags.h"

/* ---- values: each is read behind its name ---- */

typedef int value_reader(struct bk_imap_lexer *lexer, struct bk_imap_row *out,
			 struct bk_err *err);

static int read_uid(struct bk_imap_lexer *lexer, struct bk_imap_row *out,
		    struct bk_err *err)
{
	uint64_t uid;

	if (bk_imap_expect_number(lexer, UINT32_MAX, &uid, err) < 0)
		return -1;
	if (!uid)
		return bk_fail(err, BK_CORRUPT, "UID 0");
	if (out->said & BK_IMAP_SAID_UID)
		return bk_fail(err, BK_CORRUPT, "two UIDs of one message");
	out->uid = (uint32_t)uid;
	out->said |= BK_IMAP_SAID_UID;
	return 0;
}

static int read_flags(struct bk_imap_lexer *lexer, struct bk_imap_row *out,
		      struct bk_err *err)
{
	struct bk_view *words;
	size_t n;

	if (bk_imap_expect_words(lexer, BK_KEYWORDS_MAX, &words, &n, err) < 0)
		return -1;
	out->flags = bk_imap_sort_flags(words, &n);
	out->keywords = words;
	out->n_keywords = n;
	out->said |= BK_IMAP_SAID_FLAGS;
	return 0;
}

static int read_date(struct bk_imap_lexer *lexer, struct bk_imap_row *out,
		     struct bk_err *err)
{
	struct bk_err no_date = {0};
	struct bk_view text;

	if (bk_imap_expect_text(lexer, &text, err) < 0)
		return -1;
	if (bk_imap_parse_date(text, &out->date, &out->zone_minutes,
			       &no_date) == 0)
		out->said |= BK_IMAP_SAID_DATE;
	return 0;
}

/* NIL is taken, and true. */
static bool takes_nil(struct bk_imap_lexer *lexer)
{
	struct bk_imap_lexer before = *lexer;
	struct bk_view word;

	if (bk_imap_lex(lexer, &word) == BK_IMAP_NIL)
		return true;
	*lexer = before;
	return false;
}

static int read_size(struct bk_imap_lexer *lexer, struct bk_imap_row *out,
		     struct bk_err *err)
{
	if (takes_nil(lexer))
		return 0;
	if (bk_imap_expect_number(lexer, UINT64_MAX, &out->size, err) < 0)
		return -1;
	out->said |= BK_IMAP_SAID_SIZE;
	return 0;
}

/* "(12)"; and "12", as some say it. */
static int read_modseq(struct bk_imap_lexer *lexer, struct bk_imap_row *out,
		       struct bk_err *err)
{
	struct bk_imap_lexer before = *lexer;
	struct bk_view word;
	bool in_list = bk_imap_lex(lexer, &word) == BK_IMAP_OPEN;

	if (!in_list)
		*lexer = before;
	if (bk_imap_expect_number(lexer, UINT64_MAX, &out->modseq, err) < 0 ||
	    (in_list && bk_imap_expect_close(lexer, err) < 0))
		return -1;
	out->said |= BK_IMAP_SAID_MODSEQ;
	return 0;
}

static int read_email_id(struct bk_imap_lexer *lexer, struct bk_imap_row *out,
			 struct bk_err *err)
{
	struct bk_view *words;
	size_t n;

	if (bk_imap_expect_words(lexer, 1, &words, &n, err) < 0)
		return -1;
	if (!n)
		return 0;
	out->email_id = words[0];
	out->said |= BK_IMAP_SAID_EMAIL_ID;
	return 0;
}

/* Google's: a number of 64 bits, which is as good as an EMAILID. */
static int read_google_id(struct bk_imap_lexer *lexer, struct bk_imap_row *out,
			  struct bk_err *err)
{
	struct bk_imap_lexer before = *lexer;
	struct bk_view word;
	uint64_t id;

	if (bk_imap_expect_number(lexer, UINT64_MAX, &id, err) < 0)
		return -1;
	(void)bk_imap_lex(&before, &word);
	if (!(out->said & BK_IMAP_SAID_EMAIL_ID))
		out->email_id = word;
	out->said |= BK_IMAP_SAID_EMAIL_ID;
	return 0;
}

static int read_labels(struct bk_imap_lexer *lexer, struct bk_imap_row *out,
		       struct bk_err *err)
{
	struct bk_view *words;

	if (bk_imap_expect_words(lexer, BK_KEYWORDS_MAX, &words, &out->n_labels,
				 err) < 0)
		return -1;
	out->labels = words;
	out->said |= BK_IMAP_SAID_LABELS;
	return 0;
}

static int read_header(struct bk_imap_lexer *lexer, struct bk_imap_row *out,
		       struct bk_err *err)
{
	if (takes_nil(lexer))
		return 0;
	if (bk_imap_expect_text(lexer, &out->header, err) < 0)
		return -1;
	out->said |= BK_IMAP_SAID_HEADER;
	return 0;
}

/* The body itself went to who reads bodies. */
static int read_body(struct bk_imap_lexer *lexer, struct bk_imap_row *out,
		     struct bk_err *err)
{
	struct bk_imap_lexer before = *lexer;
	struct bk_view word;

	switch (bk_imap_lex(lexer, &word)) {
	case BK_IMAP_END: /* it is only coming */
		return 0;
	case BK_IMAP_CLOSE: /* Yandex, of a message that it has lost */
		*lexer = before;
		out->said |= BK_IMAP_SAID_NIL;
		return 0;
	case BK_IMAP_NIL:
		out->said |= BK_IMAP_SAID_NIL;
		return 0;
	case BK_IMAP_STRING:
		out->said |= BK_IMAP_SAID_BODY;
		return 0;
	case BK_IMAP_ATOM:
	case BK_IMAP_OPEN:
	case BK_IMAP_WRONG:
		break;
	}
	*lexer = before;
	return bk_imap_unexpected(lexer, "a message", err);
}

static int skip(struct bk_imap_lexer *lexer, struct bk_imap_row *out,
		struct bk_err *err)
{
	(void)out;
	return bk_imap_skip(lexer, err);
}

/* ---- the list ---- */

static value_reader *reader_of(struct bk_view name)
{
	static const struct {
		const char *name;
		value_reader *read;
	} readers[] = {
		{"UID",           read_uid      },
		{"FLAGS",         read_flags    },
		{"INTERNALDATE",  read_date     },
		{"RFC822.SIZE",   read_size     },
		{"MODSEQ",        read_modseq   },
		{"EMAILID",       read_email_id },
		{"X-GM-MSGID",    read_google_id},
		{"X-GM-LABELS",   read_labels   },
		{"RFC822.HEADER", read_header   },
	};
	static const char header[] = "BODY[HEADER";

	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++)
		if (bk_imap_word_is(name, readers[i].name))
			return readers[i].read;
	if (bk_imap_word_is_body(name))
		return read_body;
	if (name.len >= sizeof(header) - 1 &&
	    !strncasecmp((const char *)name.data, header, sizeof(header) - 1))
		return read_header;
	return skip;
}

int bk_imap_parse_row(uint32_t seq, struct bk_view rest, struct bk_arena *arena,
		      struct bk_imap_row *out, struct bk_err *err)
{
	struct bk_imap_lexer lexer = {.left = rest, .arena = arena};
	enum bk_imap_token token;
	struct bk_view name;

	*out = (struct bk_imap_row){.seq = seq};
	if (!seq)
		return bk_fail(err, BK_CORRUPT, "FETCH of message 0");
	if (bk_imap_expect_open(&lexer, err) < 0)
		return -1;
	for (;;) {
		struct bk_imap_lexer before = lexer;
		token = bk_imap_lex(&lexer, &name);
		if (token == BK_IMAP_CLOSE)
			return bk_imap_expect_end(&lexer, err);
		if (token != BK_IMAP_ATOM)
			return bk_imap_unexpected(&before, "a name", err);
		value_reader *read = reader_of(name);
		if (read(&lexer, out, err) < 0)
			return bk_context(err, "FETCH");
		if (read == read_body && !lexer.left.len)
			return 0;
	}
}
