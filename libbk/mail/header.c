/* Header fields where they stand: see header.h. */

#include "mail/header.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

/* A longer run without a colon is no field's name. */
#define NAME_MAX_LEN ((size_t)256)

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* Length of the name at the start of a line, with what stands before the colon;
 * 0 if this is no field. */
static size_t name_and_colon(const uint8_t *at, size_t len, size_t *name_len)
{
	size_t n = 0;

	if (len > NAME_MAX_LEN)
		len = NAME_MAX_LEN;
	while (n < len && at[n] > ' ' && at[n] < 127 && at[n] != ':')
		n++;
	*name_len = n;
	if (!n)
		return 0;
	while (n < len && is_blank(at[n]))
		n++;
	return n < len && at[n] == ':' ? n + 1 : 0;
}

/* Behind the LF of the line at `at`, or the end. */
static size_t behind_line(struct bk_view text, size_t at)
{
	const uint8_t *lf = memchr(text.data + at, '\n', text.len - at);

	return lf ? (size_t)(lf - text.data) + 1 : text.len;
}

int bk_field_next(struct bk_view text, size_t *at, struct bk_field *out)
{
	size_t start = *at;
	size_t name_len;

	if (start >= text.len)
		return 0;
	const uint8_t *line = text.data + start;
	if (*line == '\n') {
		*at = start + 1;
		return 0;
	}
	if (*line == '\r' && start + 1 < text.len && line[1] == '\n') {
		*at = start + 2; /* of a message that is kept verbatim */
		return 0;
	}
	size_t before = name_and_colon(line, text.len - start, &name_len);
	if (!before)
		return 0;
	size_t end = behind_line(text, start + before);
	while (end < text.len && is_blank(text.data[end]))
		end = behind_line(text, end);
	size_t value = start + before;
	size_t stop = end;
	if (stop > value && text.data[stop - 1] == '\n')
		stop--;
	out->name = (struct bk_view){line, name_len};
	out->value = (struct bk_view){text.data + value, stop - value};
	*at = end;
	return 1;
}

bool bk_field_is(const struct bk_field *field, const char *name)
{
	return strlen(name) == field->name.len && bk_field_begins(field, name);
}

bool bk_field_begins(const struct bk_field *field, const char *prefix)
{
	size_t len = strlen(prefix);

	return field->name.len >= len &&
	       !strncasecmp((const char *)field->name.data, prefix, len);
}

size_t bk_from_line(struct bk_view text, size_t at)
{
	if (text.len - at < 5 || memcmp(text.data + at, "From ", 5) != 0)
		return 0;
	return behind_line(text, at) - at;
}

static bool is_space(uint8_t c)
{
	return is_blank(c) || c == '\n' || c == '\r';
}

static void skip_space(struct bk_view *from)
{
	while (from->len && is_space(*from->data)) {
		from->data++;
		from->len--;
	}
}

static struct bk_view take_until(struct bk_view *from, const char *stops)
{
	struct bk_view taken = {from->data, 0};

	while (taken.len < from->len && taken.data[taken.len] &&
	       !strchr(stops, taken.data[taken.len]))
		taken.len++;
	from->data += taken.len;
	from->len -= taken.len;
	return taken;
}

struct bk_view bk_field_word(struct bk_view value)
{
	skip_space(&value);
	return take_until(&value, "; \t\r\n");
}

/* Behind `"`: up to the `"` that ends the string, which is taken too. */
static struct bk_view take_quoted(struct bk_view *from)
{
	struct bk_view taken = {from->data, 0};

	while (taken.len < from->len && taken.data[taken.len] != '"') {
		bool pair = taken.data[taken.len] == '\\' &&
			    taken.len + 1 < from->len;
		taken.len += pair ? 2 : 1;
	}
	size_t used = taken.len < from->len ? taken.len + 1 : taken.len;
	from->data += used;
	from->len -= used;
	return taken;
}

static bool same_word(struct bk_view word, const char *name)
{
	return word.len == strlen(name) &&
	       !strncasecmp((const char *)word.data, name, word.len);
}

/* `name = value`; moves on by at least one byte where there is one. */
static bool take_param(struct bk_view *from, struct bk_view *name,
		       struct bk_view *value)
{
	skip_space(from);
	*name = take_until(from, "=;\" \t\r\n");
	skip_space(from);
	if (!from->len)
		return false;
	uint8_t next = *from->data++;
	from->len--;
	if (next == '"')
		(void)take_quoted(from); /* a string that is no parameter's */
	if (next != '=')
		return false;
	skip_space(from);
	if (from->len && *from->data == '"') {
		from->data++;
		from->len--;
		*value = take_quoted(from);
	} else {
		*value = take_until(from, "; \t\r\n");
	}
	return true;
}

bool bk_field_param(struct bk_view value, const char *name, struct bk_view *out)
{
	struct bk_view found_name;
	struct bk_view found;

	(void)take_until(&value, ";");
	while (value.len) {
		if (take_param(&value, &found_name, &found) &&
		    same_word(found_name, name)) {
			*out = found;
			return true;
		}
	}
	return false;
}
