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

/* "                             ann@a.test", or ann+list@a.test, which the
 * entry of the address holds too (recipient_delimiter): to wait for one too
 * many does no harm. */
static bool is_recipient(struct bk_view line, const char *address)
{
	const char *at = strrchr(address, '@');
	size_t domain = at ? strlen(at) : 0;
	size_t local = strlen(address) - domain;

	while (line.len && *line.data == ' ') {
		line.data++;
		line.len--;
	}
	const char *is = (const char *)line.data;
	if (line.len < local + domain || strncasecmp(is, address, local) != 0 ||
	    strncasecmp(is + line.len - domain, address + local, domain) != 0)
		return false;
	return line.len == local + domain || is[local] == '+' ||
	       is[local] == '-';
}

bool bk_route_queue_next(struct bk_view printed, const char *address,
			 size_t *at, struct bk_route_queued *out)
{
	struct bk_view line;
	struct bk_route_queued head = {0};

	while (bk_route_file_line(printed, at, &line)) {
		if (!line.len || *line.data == '-') {
			head = (struct bk_route_queued){0};
		} else if (*line.data != ' ') {
			read_head(line, &head);
		} else if (head.id.len && is_recipient(line, address)) {
			*out = head;
			return true;
		}
	}
	return false;
}

bool bk_route_queue_active(struct bk_view printed, const char *address,
			   struct bk_view id)
{
	struct bk_route_queued one;

	for (size_t at = 0; bk_route_queue_next(printed, address, &at, &one);)
		if (one.active && one.id.len == id.len &&
		    memcmp(one.id.data, id.data, id.len) == 0)
			return true;
	return false;
}
