/* Entries of a transport map: see route_entry.h. */

#include "route/route_entry.h"

#include <string.h>
#include <strings.h>

#include "route/route_file.h"

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Empty lines and comments end no entry. */
static bool is_empty(struct bk_view line)
{
	while (line.len && is_blank(*line.data)) {
		line.data++;
		line.len--;
	}
	return !line.len || *line.data == '#';
}

static bool is_of(struct bk_view line, const char *address)
{
	size_t len = strlen(address);

	return line.len >= len &&
	       strncasecmp((const char *)line.data, address, len) == 0 &&
	       (line.len == len || is_blank(line.data[len]));
}

static struct bk_view trimmed(const uint8_t *data, size_t len)
{
	while (len && (is_blank(*data) || *data == '\n')) {
		data++;
		len--;
	}
	while (len && (is_blank(data[len - 1]) || data[len - 1] == '\n'))
		len--;
	return (struct bk_view){data, len};
}

/* An entry goes on on lines that begin with a blank. */
bool bk_route_entry_find(struct bk_view text, const char *address,
			 struct bk_route_entry *entry)
{
	struct bk_view line;
	bool found = false;

	for (size_t next = 0; bk_route_file_line(text, &next, &line);) {
		size_t start = (size_t)(line.data - text.data);
		if (is_empty(line))
			continue;
		if (!is_blank(*line.data)) {
			if (found)
				break;
			if (!is_of(line, address))
				continue;
			found = true;
			entry->start = start;
		}
		if (found)
			entry->end = start + line.len;
	}
	if (!found)
		return false;
	size_t skip = entry->start + strlen(address);
	entry->value = trimmed(text.data + skip, entry->end - skip);
	return true;
}

bool bk_route_entry_says(struct bk_view value, struct bk_view other)
{
	struct bk_view a = trimmed(value.data, value.len);
	struct bk_view b = trimmed(other.data, other.len);

	return a.len == b.len && (!a.len || memcmp(a.data, b.data, a.len) == 0);
}

/* A file without a line end behind its last line stays one. */
static void add_entry(struct bk_view old, struct bk_view entry,
		      struct bk_buf *text)
{
	bool ended = !old.len || old.data[old.len - 1] == '\n';

	bk_buf_add(text, old.data, old.len);
	if (!entry.len)
		return;
	if (!ended)
		bk_buf_add_u8(text, '\n');
	bk_buf_add(text, entry.data, entry.len);
	if (ended)
		bk_buf_add_u8(text, '\n');
}

static void replace_entry(struct bk_view old, const struct bk_route_entry *was,
			  struct bk_view entry, struct bk_buf *text)
{
	size_t start = was->start, end = was->end;

	if (!entry.len && end < old.len)
		end++;
	else if (!entry.len && start)
		start--;
	bk_buf_add(text, old.data, start);
	bk_buf_add(text, entry.data, entry.len);
	bk_buf_add(text, old.data + end, old.len - end);
}

void bk_route_entry_put(struct bk_view old, const char *address,
			struct bk_view entry, struct bk_buf *text)
{
	struct bk_route_entry was;

	if (bk_route_entry_find(old, address, &was))
		replace_entry(old, &was, entry, text);
	else
		add_entry(old, entry, text);
}
