/* Files that list the accounts of a move: see move_accounts.h.  They come from
 * other programs and from spreadsheets. */

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "job/move_accounts.h"
#include "store/account_path.h"

#define FILE_MAX    ((size_t)16 << 20)
#define COLUMNS     4
#define FIELD_MAX   1024
#define NAME_PREFIX "# name "

enum column { FROM, TO, FROM_PASSWORD, TO_PASSWORD, NO_COLUMN };

struct reading {
	struct bk_move_accounts *out;
	size_t text_len;
	size_t n_secret; /* bytes of passwords so far */
	unsigned line;
	bool verbose;   /* zmprov -v: accounts are those of "# name" */
	char separator; /* 0: none, a line is an address */
	bool begun;     /* the first line that counts is behind us */
	enum column columns[COLUMNS];
	size_t n_columns;
	/* The fields of the line at hand, without quotes; wiped. */
	char fields[COLUMNS][FIELD_MAX + 1];
	size_t n_fields;
};

/* ---- lines ---- */

static struct bk_view next_line(struct bk_view *text)
{
	const uint8_t *end = memchr(text->data, '\n', text->len);
	struct bk_view line = {text->data,
			       end ? (size_t)(end - text->data) : text->len};

	text->data += line.len + (end != NULL);
	text->len -= line.len + (end != NULL);
	while (line.len && strchr(" \r", line.data[line.len - 1]))
		line.len--;
	while (line.len && line.data[0] == ' ') {
		line.data++;
		line.len--;
	}
	return line;
}

static bool counts(struct bk_view line)
{
	return line.len && line.data[0] != '#';
}

/* "# name ann@a.example", and nothing more; the address in *name. */
static bool is_name_line(struct bk_view line, struct bk_view *name)
{
	size_t len = strlen(NAME_PREFIX);

	if (line.len <= len || memcmp(line.data, NAME_PREFIX, len) != 0)
		return false;
	*name = (struct bk_view){line.data + len, line.len - len};
	return memchr(name->data, '@', name->len) &&
	       !memchr(name->data, ' ', name->len);
}

/* What the file is shows in its first lines. */
static void look_ahead(struct reading *r, struct bk_view text)
{
	bool first = true;

	while (text.len) {
		struct bk_view line = next_line(&text), name;
		if (first && is_name_line(line, &name)) {
			r->verbose = true;
			return;
		}
		first &= line.len == 0;
		for (size_t i = 0; counts(line) && i < line.len; i++)
			if (strchr(",;\t", line.data[i])) {
				r->separator = (char)line.data[i];
				return;
			}
	}
}

/* ---- fields ---- */

static int too_long(struct bk_err *err)
{
	return bk_fail(err, BK_MISUSE, "a field is longer than %d bytes",
		       FIELD_MAX);
}

/* Between quotes; *at is behind the first one. */
static int take_quoted(struct bk_view line, size_t *at, char *out,
		       struct bk_err *err)
{
	size_t n = 0, i = *at;

	for (;; i++) {
		if (i >= line.len)
			return bk_fail(err, BK_MISUSE,
				       "a '\"' is not closed in this line");
		if (line.data[i] == '"' &&
		    (i + 1 >= line.len || line.data[++i] != '"'))
			break;
		if (n >= FIELD_MAX)
			return too_long(err);
		out[n++] = (char)line.data[i];
	}
	out[n] = 0;
	*at = line.data[i] == '"' ? i + 1 : i;
	return 0;
}

static int take_plain(struct bk_view line, size_t *at, char separator,
		      char *out, struct bk_err *err)
{
	size_t n = 0;

	while (*at < line.len &&
	       (!separator || line.data[*at] != (uint8_t)separator)) {
		if (n >= FIELD_MAX)
			return too_long(err);
		out[n++] = (char)line.data[(*at)++];
	}
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = 0;
	return 0;
}

static int take_field(struct reading *r, struct bk_view line, size_t *at,
		      struct bk_err *err)
{
	if (r->n_fields == COLUMNS)
		return bk_fail(err, BK_MISUSE,
			       "more than %d columns; they are: source "
			       "address, destination address, source "
			       "password, destination password",
			       COLUMNS);
	char *out = r->fields[r->n_fields++];
	while (*at < line.len && line.data[*at] == ' ')
		++*at;
	if (*at >= line.len || line.data[*at] != '"' || !r->separator)
		return take_plain(line, at, r->separator, out, err);
	++*at;
	if (take_quoted(line, at, out, err) < 0)
		return -1;
	while (*at < line.len && line.data[*at] == ' ')
		++*at;
	if (*at < line.len && line.data[*at] != (uint8_t)r->separator)
		return bk_fail(err, BK_MISUSE,
			       "something follows the '\"' that closes a "
			       "field");
	return 0;
}

static int split(struct reading *r, struct bk_view line, struct bk_err *err)
{
	size_t at = 0;

	r->n_fields = 0;
	if (memchr(line.data, 0, line.len))
		return bk_fail(err, BK_MISUSE, "there is a NUL in it");
	for (;; at++) {
		if (take_field(r, line, &at, err) < 0)
			return -1;
		if (at >= line.len)
			return 0;
	}
}

/* ---- columns ---- */

static const struct {
	const char *word;
	enum column column;
} titles[] = {
	{"source",               FROM         },
	{"source address",       FROM         },
	{"from",		 FROM         },
	{"account",              FROM         },
	{"address",              FROM         },
	{"destination",          TO           },
	{"destination address",  TO           },
	{"to",		   TO           },
	{"source password",      FROM_PASSWORD},
	{"password",             FROM_PASSWORD},
	{"destination password", TO_PASSWORD  },
};

static enum column column_of(const char *title)
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
		if (strcasecmp(titles[i].word, title) == 0)
			return titles[i].column;
	return NO_COLUMN;
}

static int unknown_column(const char *title, struct bk_err *err)
{
	struct bk_nearest near;

	bk_nearest_init(&near, title);
	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
		bk_nearest_offer(&near, titles[i].word);
	if (near.best)
		return bk_fail(err, BK_MISUSE,
			       "unknown column '%s'; did you mean '%s'?", title,
			       near.best);
	return bk_fail(err, BK_MISUSE, "unknown column '%s'", title);
}

static int read_titles(struct reading *r, struct bk_err *err)
{
	bool there[COLUMNS] = {false};

	r->n_columns = r->n_fields;
	for (size_t i = 0; i < r->n_fields; i++) {
		enum column column = column_of(r->fields[i]);
		if (column == NO_COLUMN)
			return unknown_column(r->fields[i], err);
		if (there[column])
			return bk_fail(err, BK_MISUSE,
				       "two columns for one thing; the second "
				       "is '%s'",
				       r->fields[i]);
		there[column] = true;
		r->columns[i] = column;
	}
	if (!there[FROM])
		return bk_fail(err, BK_MISUSE,
			       "no column 'source address' among them");
	return 0;
}

/* Of a list without columns the first line is an address, whatever it is. */
static bool are_titles(const struct reading *r)
{
	return r->n_fields > 1 && column_of(r->fields[0]) != NO_COLUMN;
}

/* ---- accounts ---- */

static int check_address(const char *address, struct bk_err *err)
{
	if (!bk_address_is_sound(address) || strpbrk(address, " \t/"))
		return bk_fail(err, BK_MISUSE, "'%s' is no address", address);
	if (bk_pattern_is_wild(address))
		return bk_fail(err, BK_MISUSE,
			       "'%s' is a pattern; here each account is named",
			       address);
	return 0;
}

/* All of them lie in one piece of guarded memory. */
static struct bk_view keep_secret(struct reading *r, const char *text)
{
	struct bk_secret *all = &r->out->secrets;
	size_t len = strnlen(text, FIELD_MAX);

	if (!len)
		return (struct bk_view){0};
	if (!all->len)
		bk_secret_alloc(all, r->text_len + 1);
	uint8_t *to = all->data + r->n_secret;
	memcpy(to, text, len);
	r->n_secret += len;
	return (struct bk_view){to, len};
}

static int add_account(struct reading *r, struct bk_err *err)
{
	const char *said[COLUMNS] = {"", "", "", ""};

	for (size_t i = 0; i < r->n_fields; i++)
		said[r->columns[i]] = r->fields[i];
	if (!*said[FROM])
		return bk_fail(err, BK_MISUSE, "no source address");
	if (check_address(said[FROM], err) < 0 ||
	    (*said[TO] && check_address(said[TO], err) < 0))
		return -1;
	bk_move_accounts_add(r->out, said[FROM]);
	struct bk_move_account *account = &r->out->items[r->out->n - 1];
	account->line = r->line;
	if (*said[TO])
		account->to = bk_arena_strdup(&r->out->arena, said[TO]);
	account->from_secret = keep_secret(r, said[FROM_PASSWORD]);
	account->to_secret = keep_secret(r, said[TO_PASSWORD]);
	return 0;
}

static int read_line(struct reading *r, struct bk_view line, struct bk_err *err)
{
	struct bk_view name;

	if (r->verbose) {
		if (!is_name_line(line, &name))
			return 0;
		line = name;
	} else if (!counts(line)) {
		return 0;
	}
	if (split(r, line, err) < 0)
		return -1;
	if (!r->begun) {
		r->begun = true;
		if (are_titles(r))
			return read_titles(r, err);
	}
	if (r->n_fields > r->n_columns)
		return bk_fail(err, BK_MISUSE,
			       "it has %zu fields, and there are %zu columns",
			       r->n_fields, r->n_columns);
	return add_account(r, err);
}

static int read_all(struct reading *r, struct bk_view text, struct bk_err *err)
{
	if (text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0) {
		text.data += 3;
		text.len -= 3;
	}
	look_ahead(r, text);
	while (text.len) {
		r->line++;
		struct bk_view line = next_line(&text);
		if (read_line(r, line, err) < 0)
			return bk_context(err, "%s:%u", r->out->file, r->line);
	}
	if (r->out->n)
		return 0;
	return bk_fail(err, BK_MISUSE, "%s: no account in it", r->out->file);
}

int bk_move_accounts_parse(struct bk_move_accounts *out, const char *name,
			   struct bk_view text, struct bk_err *err)
{
	struct reading *r = bk_secure_alloc(sizeof(*r));

	*out = (struct bk_move_accounts){0};
	out->file = bk_arena_strdup(&out->arena, name);
	r->out = out;
	r->text_len = text.len;
	r->n_columns = COLUMNS;
	for (unsigned i = 0; i < COLUMNS; i++)
		r->columns[i] = (enum column)i;
	int rc = read_all(r, text, err);
	if (rc == 0)
		rc = bk_move_accounts_check(out, err);
	bk_secure_free(r);
	if (rc < 0)
		bk_move_accounts_clear(out);
	return rc;
}

static int check_rights(const struct bk_move_accounts *accounts,
			const char *path, struct bk_err *err)
{
	struct stat st;

	if (!accounts->secrets.len)
		return 0;
	if (stat(path, &st) < 0)
		return bk_fail_errno(err, "%s", path);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return bk_fail(err, BK_MISUSE,
			       "%s: there are passwords in it, and others may "
			       "read it (mode %03o); run: chmod 600 %s",
			       path, (unsigned)st.st_mode & 0777, path);
	return 0;
}

int bk_move_accounts_read(struct bk_move_accounts *out, const char *path,
			  struct bk_err *err)
{
	struct bk_buf text = {0};

	int rc = bk_file_read(AT_FDCWD, path, FILE_MAX, &text, err);
	if (rc == 0)
		rc = bk_move_accounts_parse(out, path, bk_buf_view(&text), err);
	if (text.data)
		bk_wipe(text.data, text.cap);
	bk_buf_clear(&text);
	if (rc == 0 && check_rights(out, path, err) < 0) {
		bk_move_accounts_clear(out);
		rc = -1;
	}
	return rc;
}
