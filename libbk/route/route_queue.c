/* Messages in a Postfix's queue: see route_queue.h. */

#include "route/route_queue.h"

#include <string.h>
#include <strings.h>

#include "route/route_file.h"

/* "4F1A2B3C4D*    300 Sun Nov 22 13:37:21  x@y.test" */
static void read_head(struct bk_view line, struct bk_route_queued *out)
{
	size_t len = 0;

	while (len < line.len && !strchr(" *!", line.data[len]))
		len++;
	*out = (struct bk_route_queued){
		.id = {line.data, len}
        };
	if (len < line.len) {
		out->active = line.data[len] == '*';
		out->kept = line.data[len] == '!';
	}
}

static struct bk_view without_blanks(struct bk_view line)
{
	while (line.len && *line.data == ' ') {
		line.data++;
		line.len--;
	}
	return line;
}

/* "                             ann@a.test", or ann+list@a.test, which the
 * entry of the address holds too (recipient_delimiter): to wait for one too
 * many does no harm. */
static bool is_recipient(struct bk_view line, const char *address)
{
	const char *at = strrchr(address, '@');
	size_t domain = at ? strlen(at) : 0;
	size_t local = strlen(address) - domain;
	const char *is = (const char *)line.data;

	if (line.len < local + domain || strncasecmp(is, address, local) != 0 ||
	    strncasecmp(is + line.len - domain, address + local, domain) != 0)
		return false;
	return line.len == local + domain || is[local] == '+' ||
	       is[local] == '-';
}

/* The next recipient; *out holds what was said of its message so far, and is
 * empty before the first. */
static bool next_recipient(struct bk_view printed, const char *address,
			   size_t *at, struct bk_route_queued *out)
{
	struct bk_view line;

	while (bk_route_file_line(printed, at, &line)) {
		struct bk_view text = without_blanks(line);
		if (!text.len || *line.data == '-') {
			*out = (struct bk_route_queued){0};
		} else if (*text.data == '(') {
			out->why = text;
		} else if (*line.data != ' ') {
			read_head(line, out);
		} else if (out->id.len && is_recipient(text, address)) {
			out->exact = text.len == strlen(address);
			return true;
		}
	}
	return false;
}

bool bk_route_queue_next(struct bk_view printed, const char *address,
			 size_t *at, struct bk_route_queued *out)
{
	struct bk_route_queued one = {0};

	if (!next_recipient(printed, address, at, &one))
		return false;
	*out = one;
	return true;
}

static bool says(struct bk_view why, const char *reason)
{
	size_t len = strlen(reason);

	return len && why.data &&
	       memmem(why.data, why.len, reason, len) != NULL;
}

bool bk_route_queue_may_deliver(struct bk_view printed, const char *address,
				struct bk_view id, const char *reason)
{
	struct bk_route_queued one = {0};

	for (size_t at = 0; next_recipient(printed, address, &at, &one);) {
		if (one.id.len != id.len || one.kept ||
		    memcmp(one.id.data, id.data, id.len) != 0)
			continue;
		if (one.active || (one.exact && !says(one.why, reason)))
			return true;
	}
	return false;
}
