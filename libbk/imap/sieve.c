/* A session of ManageSieve: see sieve.h. */

#include "imap/sieve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/escape.h"
#include "base/utf8.h"
#include "imap/sieve_name.h"
#include "imap/sieve_row.h"
#include "net/link.h"
#include "net/wire_why.h"

#define ROWS_MOST 2000 /* of one answer */

struct bk_sieve {
	struct bk_wire *wire;
	struct bk_link *link;
	struct bk_sieve_row row;
	size_t rows;      /* of this answer so far */
	bool starttls;    /* it offers TLS */
	bool rfc5804;     /* it says so: it has CHECKSCRIPT */
	bool cyrus;       /* it spells names as imap/sieve_name.h says */
	char *mechanisms; /* " PLAIN XOAUTH2 "; owned */
};

/* ---- what it says ---- */

static enum bk_kind kind_of(const struct bk_sieve_row *row, struct bk_view code)
{
	static const struct {
		const char *code;
		enum bk_kind kind;
	} kinds[] = {
		{"TRYLATER",          BK_BUSY  },
                {"NONEXISTENT",       BK_GONE  },
		{"ALREADYEXISTS",     BK_EXISTS},
                {"AUTH-TOO-WEAK",     BK_DENIED},
		{"ENCRYPT-NEEDED",    BK_DENIED},
                {"TRANSITION-NEEDED", BK_DENIED},
		{"REFERRAL",          BK_DENIED},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		size_t n = strlen(kinds[i].code);
		if (code.len >= n &&
		    strncasecmp((const char *)code.data, kinds[i].code, n) == 0)
			return kinds[i].kind;
	}
	return bk_sieve_row_is(row, 0, "BYE") ? BK_LOST : BK_REFUSED;
}

/* NO or BYE; the server's words may come in several lines. */
static int said_no(const struct bk_sieve *sieve, const char *what,
		   struct bk_err *err)
{
	const struct bk_sieve_row *row = &sieve->row;
	struct bk_view code = {0};
	struct bk_buf words = {0};

	for (size_t i = 1; i < row->n; i++) {
		struct bk_view text = row->words[i].text;
		while (text.len && text.data[text.len - 1] <= ' ')
			text.len--;
		if (row->words[i].is == BK_SIEVE_CODE)
			code = text;
		if (words.len)
			bk_buf_add_u8(&words, ' ');
		bk_escape(&words, text.data, text.len < 400 ? text.len : 400);
	}
	bk_fail(err, kind_of(row, code), "%s: the server says \"%s\"", what,
		words.len ? bk_buf_text(&words) : "NO");
	bk_buf_clear(&words);
	return -1;
}

/* 1: a row of an answer; 0: OK, its end; -1. */
static int next_row(struct bk_sieve *sieve, const char *what,
		    struct bk_err *err)
{
	const struct bk_sieve_row *row = &sieve->row;

	if (bk_sieve_row_read(&sieve->row, sieve->wire, err) < 0)
		return bk_context(err, "%s", what);
	if (bk_sieve_row_is(row, 0, "OK"))
		return 0;
	if (bk_sieve_row_is(row, 0, "NO") || bk_sieve_row_is(row, 0, "BYE"))
		return said_no(sieve, what, err);
	if (++sieve->rows > ROWS_MOST)
		return bk_fail(err, BK_REFUSED, "%s: an answer without an end",
			       what);
	return 1;
}

/* Rows that nobody asked for are passed over. */
static int until_ok(struct bk_sieve *sieve, const char *what,
		    struct bk_err *err)
{
	int rc;

	sieve->rows = 0;
	do {
		rc = next_row(sieve, what, err);
	} while (rc > 0);
	return rc;
}

/* ---- what we say ---- */

/* As a literal that waits for nothing: any bytes may be in it. */
static int say_string(struct bk_sieve *sieve, struct bk_view text,
		      struct bk_err *err)
{
	char head[32];
	int n = snprintf(head, sizeof(head), " {%zu+}\r\n", text.len);

	if (bk_wire_write(sieve->wire, head, (size_t)n, err) < 0)
		return -1;
	return bk_wire_write(sieve->wire, text.data, text.len, err);
}

static struct bk_view view_of(const char *text)
{
	return (struct bk_view){(const uint8_t *)text, strlen(text)};
}

/* A command with n strings. */
static int say(struct bk_sieve *sieve, const char *command,
	       const struct bk_view *strings, size_t n, struct bk_err *err)
{
	sieve->rows = 0;
	if (bk_wire_write(sieve->wire, command, strlen(command), err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (say_string(sieve, strings[i], err) < 0)
			return -1;
	return bk_wire_write(sieve->wire, "\r\n", 2, err);
}

/* ---- the beginning ---- */

static bool string_is(const struct bk_sieve_row *row, const char *text)
{
	struct bk_view word = row->words[0].text;

	return row->n > 0 && row->words[0].is == BK_SIEVE_STRING &&
	       word.len == strlen(text) &&
	       strncasecmp((const char *)word.data, text, word.len) == 0;
}

static int read_capabilities(struct bk_sieve *sieve, struct bk_err *err)
{
	const struct bk_sieve_row *row = &sieve->row;
	int rc;

	sieve->starttls = false;
	sieve->rows = 0;
	free(sieve->mechanisms);
	sieve->mechanisms = bk_strdup(" ");
	while ((rc = next_row(sieve, "greeting", err)) > 0) {
		if (string_is(row, "STARTTLS"))
			sieve->starttls = true;
		if (string_is(row, "VERSION"))
			sieve->rfc5804 = true;
		if (row->n < 2)
			continue;
		struct bk_view words = row->words[1].text;
		if (string_is(row, "IMPLEMENTATION"))
			sieve->cyrus =
				words.len &&
				memmem(words.data, words.len, "Cyrus", 5);
		if (!string_is(row, "SASL"))
			continue;
		free(sieve->mechanisms);
		sieve->mechanisms = bk_asprintf(" %.*s ", (int)words.len,
						(const char *)words.data);
	}
	return rc;
}

static int encrypt(struct bk_sieve *sieve, struct bk_err *err)
{
	if (!sieve->starttls && bk_link_access(sieve->link)->allow_cleartext)
		return 0;
	if (!sieve->starttls)
		return bk_fail(err, BK_DENIED,
			       "the server offers no STARTTLS, so nothing was "
			       "sent that is secret; say allow-cleartext = yes "
			       "where nobody can listen");
	if (say(sieve, "STARTTLS", NULL, 0, err) < 0 ||
	    until_ok(sieve, "STARTTLS", err) < 0 ||
	    bk_wire_starttls(sieve->wire, err) < 0)
		return -1;
	return read_capabilities(sieve, err);
}

static bool offers(const struct bk_sieve *sieve, const char *mechanism)
{
	char *word = bk_asprintf(" %s ", mechanism);
	bool is = strcasestr(sieve->mechanisms, word) != NULL;

	free(word);
	return is;
}

/* The answer to the first words is OK or NO; a challenge is the reason of a NO
 * that comes when it is waved away (RFC 7628, 3.2.3). */
static int hear_verdict(struct bk_sieve *sieve, struct bk_err *err)
{
	static const char star[] = "\"*\"\r\n";
	int rc = next_row(sieve, "login refused", err);

	if (rc > 0 &&
	    bk_wire_write(sieve->wire, star, sizeof(star) - 1, err) < 0)
		return -1;
	if (rc > 0)
		rc = until_ok(sieve, "login refused", err);
	if (rc < 0 && err->kind == BK_REFUSED)
		err->kind = bk_login_refusal_kind(err->text);
	return rc;
}

static int log_in(struct bk_sieve *sieve, const struct bk_wire_login *login,
		  struct bk_err *err)
{
	struct bk_secret words = {0};
	const char *mechanism = NULL;

	if (bk_wire_sasl(sieve->link, login, &mechanism, &words, err) < 0)
		return -1;
	const struct bk_view strings[] = {view_of((const char *)words.data)};
	char *command = bk_asprintf("AUTHENTICATE \"%s\"", mechanism);
	int rc = -1;
	if (!offers(sieve, mechanism))
		bk_fail(err, BK_DENIED, "the server offers no login by %s",
			mechanism);
	else if (say(sieve, command, strings, 1, err) == 0)
		rc = hear_verdict(sieve, err);
	free(command);
	bk_secret_clear(&words);
	return rc;
}

int bk_sieve_open(struct bk_sieve **out, struct bk_link *link,
		  const struct bk_wire_login *login, struct bk_err *err)
{
	struct bk_sieve *sieve = bk_alloc(sizeof(*sieve));

	sieve->link = link;
	if (bk_wire_connect(&sieve->wire, link, BK_SIEVE_PORT, err) < 0 ||
	    read_capabilities(sieve, err) < 0 || encrypt(sieve, err) < 0 ||
	    log_in(sieve, login, err) < 0) {
		bk_sieve_close(sieve);
		return bk_context(err, "sieve scripts");
	}
	*out = sieve;
	return 0;
}

void bk_sieve_close(struct bk_sieve *sieve)
{
	if (!sieve)
		return;
	bk_wire_close(sieve->wire);
	bk_sieve_row_clear(&sieve->row);
	free(sieve->mechanisms);
	free(sieve);
}

/* ---- scripts ---- */

void bk_sieve_names_clear(struct bk_sieve_names *names)
{
	free(names->items);
	bk_arena_clear(&names->arena);
	*names = (struct bk_sieve_names){0};
}

/* What may be shown, and said to another server. */
static bool is_name(struct bk_view text)
{
	if (text.len == 0 || text.len > 1024 ||
	    !bk_utf8_valid(text.data, text.len))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < 0x20 || text.data[i] == 0x7f)
			return false;
	return true;
}

/* The name that a row says, as people see it, in the arena; NULL: none. */
static const char *name_of(struct bk_sieve *sieve, struct bk_arena *arena)
{
	const struct bk_sieve_row *row = &sieve->row;
	struct bk_buf decoded = {0};

	if (row->n == 0 || row->words[0].is != BK_SIEVE_STRING)
		return NULL;
	struct bk_view text = row->words[0].text;
	if (sieve->cyrus && bk_sieve_name_decode(text, &decoded))
		text = bk_buf_view(&decoded);
	const char *name =
		is_name(text) ? bk_arena_strndup(arena, (const char *)text.data,
						 text.len)
			      : NULL;
	bk_buf_clear(&decoded);
	return name;
}

static int add_name(struct bk_sieve_names *out, struct bk_sieve *sieve,
		    struct bk_err *err)
{
	const char *name = name_of(sieve, &out->arena);

	if (!name)
		return bk_fail(err, BK_REFUSED,
			       "LISTSCRIPTS: the server says a name that is "
			       "none");
	if (out->n == BK_SIEVE_SCRIPTS_MAX)
		return bk_fail(err, BK_REFUSED, "LISTSCRIPTS: more than %d",
			       BK_SIEVE_SCRIPTS_MAX);
	struct bk_view raw = sieve->row.words[0].text;
	out->items = bk_array_room(out->items, out->n, &out->cap,
				   sizeof(*out->items));
	out->items[out->n++] = (struct bk_sieve_name){
		.name = name,
		.raw = {bk_arena_memdup(&out->arena, raw.data, raw.len),
			raw.len},
		.active = bk_sieve_row_is(&sieve->row, 1, "ACTIVE"),
	};
	return 0;
}

int bk_sieve_list(struct bk_sieve *sieve, struct bk_sieve_names *out,
		  struct bk_err *err)
{
	int rc = say(sieve, "LISTSCRIPTS", NULL, 0, err);

	bk_sieve_names_clear(out);
	if (rc < 0)
		return -1;
	while ((rc = next_row(sieve, "LISTSCRIPTS", err)) > 0)
		if (add_name(out, sieve, err) < 0)
			return -1;
	return rc;
}

int bk_sieve_get(struct bk_sieve *sieve, struct bk_view name,
		 struct bk_buf *out, struct bk_err *err)
{
	const struct bk_view strings[] = {name};
	const struct bk_sieve_row *row = &sieve->row;
	bool came = false;
	int rc = say(sieve, "GETSCRIPT", strings, 1, err);

	out->len = 0;
	if (rc < 0)
		return -1;
	while ((rc = next_row(sieve, "GETSCRIPT", err)) > 0) {
		if (came || !row->n || row->words[0].is != BK_SIEVE_STRING)
			continue;
		bk_buf_add(out, row->words[0].text.data,
			   row->words[0].text.len);
		came = true;
	}
	if (rc == 0 && !came)
		return bk_fail(err, BK_REFUSED, "GETSCRIPT: no script came");
	return rc;
}

static int act(struct bk_sieve *sieve, const char *command,
	       const struct bk_view *strings, size_t n, struct bk_err *err)
{
	if (say(sieve, command, strings, n, err) < 0)
		return -1;
	return until_ok(sieve, command, err);
}

int bk_sieve_put(struct bk_sieve *sieve, struct bk_view name,
		 struct bk_view script, struct bk_err *err)
{
	const struct bk_view strings[] = {name, script};

	return act(sieve, "PUTSCRIPT", strings, 2, err);
}

static int ask_room(struct bk_sieve *sieve, struct bk_view name, size_t size,
		    struct bk_err *err)
{
	static const char command[] = "HAVESPACE";
	char number[32];
	int n = snprintf(number, sizeof(number), " %zu\r\n", size);

	if (bk_wire_write(sieve->wire, command, sizeof(command) - 1, err) < 0 ||
	    say_string(sieve, name, err) < 0 ||
	    bk_wire_write(sieve->wire, number, (size_t)n, err) < 0)
		return -1;
	return until_ok(sieve, command, err);
}

int bk_sieve_check(struct bk_sieve *sieve, struct bk_view name,
		   struct bk_view script, struct bk_err *err)
{
	const struct bk_view strings[] = {script};

	if (ask_room(sieve, name, script.len, err) < 0)
		return -1;
	return sieve->rfc5804 ? act(sieve, "CHECKSCRIPT", strings, 1, err) : 0;
}

int bk_sieve_activate(struct bk_sieve *sieve, struct bk_view name,
		      struct bk_err *err)
{
	const struct bk_view strings[] = {name};

	return act(sieve, "SETACTIVE", strings, 1, err);
}

int bk_sieve_delete(struct bk_sieve *sieve, struct bk_view name,
		    struct bk_err *err)
{
	const struct bk_view strings[] = {name};

	return act(sieve, "DELETESCRIPT", strings, 1, err);
}
