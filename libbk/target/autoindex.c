/* Reading the page that a web server makes of a folder: see autoindex.h. */

#include "target/autoindex.h"

#include <ctype.h>
#include <string.h>

#include "net/http.h"
#include "target/href.h"

#define TITLE_WITHIN ((size_t)2000)
#define NAME_MAX_LEN ((size_t)255)

struct reader {
	const char *at, *end;
	int (*found)(void *arg, const struct bk_entry *entry, bool sized,
		     struct bk_err *err);
	void *arg;
};

static int is_no_listing(struct bk_err *err)
{
	return bk_fail(err, BK_DENIED,
		       "this tree cannot be listed: what the server shows of "
		       "the folder is no listing as nginx and Apache make it; "
		       "switch that on there (nginx: autoindex on, Apache: "
		       "Options +Indexes)");
}

/* Others are nobody's business, and may be written in many ways. */
static bool is_ours(struct bk_view name)
{
	if (!name.len || name.len > NAME_MAX_LEN || name.data[0] == '.')
		return false;
	for (size_t i = 0; i < name.len; i++) {
		int c = name.data[i];
		if (!islower(c) && !isdigit(c) && c != '.')
			return false;
	}
	return true;
}

static const char *find(const char *from, const char *end, const char *what)
{
	return from < end
		       ? memmem(from, (size_t)(end - from), what, strlen(what))
		       : NULL;
}

/* ---- HTML ---- */

static bool ends_with(struct bk_view page, const char *what)
{
	size_t n = strlen(what);

	while (page.len && isspace(page.data[page.len - 1]))
		page.len--;
	return page.len >= n &&
	       strncasecmp((const char *)page.data + page.len - n, what, n) ==
		       0;
}

/* The next word of a line; empty at its end. */
static struct bk_view take_word(const char **at, const char *end)
{
	while (*at < end && **at == ' ')
		(*at)++;
	const char *from = *at;
	while (*at < end && **at != ' ' && **at != '\r')
		(*at)++;
	return (struct bk_view){(const uint8_t *)from, (size_t)(*at - from)};
}

/* " 22-Nov-2026 03:10    1048576": exact if it is digits alone. */
static bool take_size(const char *at, const char *end, uint64_t *size)
{
	char digits[24] = "";

	struct bk_view date = take_word(&at, end);
	struct bk_view time = take_word(&at, end);
	struct bk_view word = take_word(&at, end);
	if (date.len < 10 || !memchr(date.data, '-', date.len) ||
	    time.len != 5 || time.data[2] != ':' || !word.len ||
	    word.len >= sizeof(digits))
		return false;
	memcpy(digits, word.data, word.len);
	return bk_http_content_length(digits, size);
}

/* What follows href=" up to the end of its line. */
static int take_link(const struct reader *in, struct bk_view href,
		     const char *end, struct bk_err *err)
{
	struct bk_entry entry = {.kind = BK_ENTRY_FILE};
	struct bk_buf name = {0};
	bool sized = false;
	int rc = 0;

	if (!bk_href_decode(&name, href))
		goto out;
	if (name.len && name.data[name.len - 1] == '/') {
		name.len--;
		entry.kind = BK_ENTRY_FOLDER;
	}
	if (!is_ours(bk_buf_view(&name)))
		goto out;
	const char *after = find((const char *)href.data, end, "</a>");
	if (after)
		sized = take_size(after + 4, end, &entry.size);
	sized = sized || entry.kind == BK_ENTRY_FOLDER;
	if (!sized || entry.kind == BK_ENTRY_FOLDER)
		entry.size = 0;
	entry.name = (const char *)name.data;
	entry.len = name.len;
	rc = in->found(in->arg, &entry, sized, err);
out:
	bk_buf_clear(&name);
	return rc;
}

static int read_html(struct reader *in, struct bk_view page, struct bk_err *err)
{
	static const char link[] = "<a href=\"";
	size_t n = page.len < TITLE_WITHIN ? page.len : TITLE_WITHIN;
	int rc = 0;

	if (!find(in->at, in->at + n, "<title>Index of /"))
		return is_no_listing(err);
	if (!ends_with(page, "</html>"))
		return bk_fail(err, BK_LOST, "the listing is not complete");
	while (rc == 0 && (in->at = find(in->at, in->end, link))) {
		in->at += sizeof(link) - 1;
		const char *line =
			memchr(in->at, '\n', (size_t)(in->end - in->at));
		const char *quote =
			memchr(in->at, '"', (size_t)(in->end - in->at));
		if (!line)
			line = in->end;
		if (!quote || quote > line)
			return bk_fail(err, BK_CORRUPT,
				       "the listing has a link that is none");
		rc = take_link(in,
			       (struct bk_view){(const uint8_t *)in->at,
						(size_t)(quote - in->at)},
			       line, err);
		in->at = quote;
	}
	return rc;
}

/* ---- JSON, as much of it as nginx writes ---- */

static void skip_space(struct reader *in)
{
	while (in->at < in->end && isspace((unsigned char)*in->at))
		in->at++;
}

static bool eat(struct reader *in, char c)
{
	skip_space(in);
	if (in->at >= in->end || *in->at != c)
		return false;
	in->at++;
	return true;
}

/* What stands between quotes, as it is written. */
static bool eat_text(struct reader *in, struct bk_view *out)
{
	if (!eat(in, '"'))
		return false;
	out->data = (const uint8_t *)in->at;
	for (; in->at < in->end && *in->at != '"'; in->at++)
		if (*in->at == '\\' && ++in->at == in->end)
			return false;
	if (in->at >= in->end)
		return false;
	out->len = (size_t)(in->at++ - (const char *)out->data);
	return true;
}

static bool eat_number(struct reader *in, uint64_t *out)
{
	char digits[24] = "";
	size_t n = 0;

	skip_space(in);
	for (; in->at < in->end && isdigit((unsigned char)*in->at); in->at++)
		if (n + 1 < sizeof(digits))
			digits[n++] = *in->at;
	return n + 1 < sizeof(digits) && bk_http_content_length(digits, out);
}

static bool is(struct bk_view text, const char *what)
{
	return text.len == strlen(what) &&
	       memcmp(text.data, what, text.len) == 0;
}

struct object {
	struct bk_view name, type, mtime;
	uint64_t size;
	bool sized;
};

/* "key":value, or false. */
static bool eat_member(struct reader *in, struct object *out)
{
	struct bk_view key, value;

	if (!eat_text(in, &key) || !eat(in, ':'))
		return false;
	if (is(key, "size"))
		return out->sized = eat_number(in, &out->size);
	if (!eat_text(in, &value))
		return false;
	if (is(key, "name"))
		out->name = value;
	if (is(key, "type"))
		out->type = value;
	if (is(key, "mtime"))
		out->mtime = value;
	return true;
}

static int64_t date_of(struct bk_view text)
{
	char date[64] = "";

	if (text.len >= sizeof(date))
		return 0;
	if (text.len)
		memcpy(date, text.data, text.len);
	return bk_http_date(date);
}

static int take_object(const struct reader *in, const struct object *object,
		       struct bk_err *err)
{
	struct bk_entry entry = {
		.name = (const char *)object->name.data,
		.len = object->name.len,
		.kind = BK_ENTRY_OTHER,
		.mtime = date_of(object->mtime),
	};

	if (!is_ours(object->name))
		return 0;
	if (is(object->type, "directory"))
		entry.kind = BK_ENTRY_FOLDER;
	if (is(object->type, "file")) {
		entry.kind = BK_ENTRY_FILE;
		entry.size = object->size;
	}
	return in->found(in->arg, &entry,
			 object->sized || entry.kind != BK_ENTRY_FILE, err);
}

static bool eat_object(struct reader *in, struct object *out)
{
	*out = (struct object){0};
	if (!eat(in, '{'))
		return false;
	do {
		if (!eat_member(in, out))
			return false;
	} while (eat(in, ','));
	return eat(in, '}');
}

static int read_objects(struct reader *in, bool *whole, struct bk_err *err)
{
	struct object object;

	if (!eat(in, '['))
		return 0;
	bool more = !eat(in, ']');
	while (more) {
		if (!eat_object(in, &object))
			return 0;
		if (take_object(in, &object, err) < 0)
			return -1;
		more = eat(in, ',');
		if (!more && !eat(in, ']'))
			return 0;
	}
	skip_space(in);
	*whole = in->at == in->end;
	return 0;
}

static int read_json(struct reader *in, struct bk_err *err)
{
	bool whole = false;
	int rc = read_objects(in, &whole, err);

	if (rc < 0 || whole)
		return rc;
	if (in->at >= in->end)
		return bk_fail(err, BK_LOST, "the listing is not complete");
	return bk_fail(err, BK_CORRUPT,
		       "the listing is no JSON as nginx makes it");
}

int bk_autoindex_read(struct bk_view page, const char *type,
		      int (*found)(void *arg, const struct bk_entry *entry,
				   bool sized, struct bk_err *err),
		      void *arg, struct bk_err *err)
{
	struct reader in = {.found = found, .arg = arg};

	if (!page.len || !type)
		return is_no_listing(err);
	in.at = (const char *)page.data;
	in.end = in.at + page.len;
	if (strncasecmp(type, "text/html", 9) == 0)
		return read_html(&in, page, err);
	if (strncasecmp(type, "application/json", 16) == 0)
		return read_json(&in, err);
	return is_no_listing(err);
}
