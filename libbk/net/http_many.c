/* Several stretches of a file in one request: see http.h. */

#include <stdlib.h>
#include <string.h>

#include "net/http.h"

#define PART_HEAD_MAX ((size_t)1024) /* what stands before each */

struct gathering {
	struct bk_buf_sink into; /* first: it is the sink */
	const struct bk_line *line;
	char *boundary; /* NULL: not seen */
};

static int sends_others(struct bk_err *err)
{
	return bk_fail(err, BK_FAILED,
		       "the server sends other parts of the file than those "
		       "that were asked for");
}

/* RFC 2046 5.1.1, of the Content-Type: the caller's, or NULL. */
static char *boundary_of(const char *type)
{
	static const char kind[] = "multipart/byteranges";
	const char *at;

	if (!type || strncasecmp(type, kind, sizeof(kind) - 1) != 0)
		return NULL;
	at = strcasestr(type, "boundary=");
	if (!at)
		return NULL;
	at += strlen("boundary=");
	if (*at == '"')
		return bk_strndup(at + 1, strcspn(at + 1, "\""));
	return bk_strndup(at, strcspn(at, "; \t"));
}

/* Looks at the headers before anything of the body is kept. */
static int gather(struct bk_sink *sink, const void *data, size_t len,
		  struct bk_err *err)
{
	struct gathering *gathering = (struct gathering *)sink;
	const struct bk_line *line = gathering->line;

	if (!gathering->boundary && bk_line_status(line) == 206 &&
	    !bk_line_header(line, "Content-Encoding"))
		gathering->boundary =
			boundary_of(bk_line_header(line, "Content-Type"));
	if (!gathering->boundary)
		return sends_others(err);
	bk_buf_add(gathering->into.buf, data, len);
	return gathering->into.buf->len <= gathering->into.limit
		       ? 0
		       : sends_others(err);
}

/* ---- what was gathered ---- */

static void skip(struct bk_view *left, size_t n)
{
	left->data += n;
	left->len -= n;
}

/* A line without its end, which is passed over; false: there is none. */
static bool take_line(struct bk_view *left, struct bk_view *line)
{
	size_t most = left->len < PART_HEAD_MAX ? left->len : PART_HEAD_MAX;
	const uint8_t *end = memmem(left->data, most, "\r\n", 2);

	if (!end)
		return false;
	*line = (struct bk_view){left->data, (size_t)(end - left->data)};
	skip(left, line->len + 2);
	return true;
}

static bool is_boundary(struct bk_view line, const char *boundary)
{
	size_t len = strlen(boundary);

	return line.len == len + 2 && memcmp(line.data, "--", 2) == 0 &&
	       memcmp(line.data + 2, boundary, len) == 0;
}

static bool is_range(struct bk_view line, struct bk_http_range *out)
{
	static const char name[] = "Content-Range:";
	char *text = bk_strndup((const char *)line.data, line.len);
	bool yes = strncasecmp(text, name, sizeof(name) - 1) == 0;

	if (yes) {
		const char *value = text + sizeof(name) - 1;
		yes = bk_http_content_range(value + strspn(value, " \t"), out);
	}
	free(text);
	return yes;
}

/* Boundary, headers and an empty line; there may be one before, too. */
static bool take_head(struct bk_view *left, const char *boundary,
		      struct bk_http_range *range)
{
	struct bk_view line;
	bool ranged = false;

	do
		if (!take_line(left, &line))
			return false;
	while (!line.len);
	if (!is_boundary(line, boundary))
		return false;
	while (take_line(left, &line))
		if (!line.len)
			return ranged;
		else if (is_range(line, range))
			ranged = true;
	return false;
}

static int hand_on(struct bk_view left, const char *boundary,
		   const struct bk_stretch *stretches, size_t n,
		   struct bk_sink *to, struct bk_err *err)
{
	struct bk_http_range range;

	for (size_t i = 0; i < n; i++) {
		uint64_t len = stretches[i].len;
		if (!take_head(&left, boundary, &range) ||
		    range.first != stretches[i].offset ||
		    range.last - range.first + 1 != len || len > left.len)
			return sends_others(err);
		if (to->write(to, left.data, (size_t)len, err) < 0)
			return -1;
		skip(&left, (size_t)len);
	}
	return 0;
}

int bk_http_get_many(struct bk_line *line, const struct bk_stretch *stretches,
		     size_t n, struct bk_sink *to, struct bk_err *err)
{
	struct gathering gathering = {.line = line};
	struct bk_buf body = {0}, range = {0};
	size_t most = PART_HEAD_MAX;

	for (size_t i = 0; i < n; i++) {
		const struct bk_stretch *s = &stretches[i];
		bk_buf_printf(&range, "%s%ju-%ju", i ? "," : "",
			      (uintmax_t)s->offset,
			      (uintmax_t)(s->offset + s->len - 1));
		most += (size_t)s->len + PART_HEAD_MAX;
	}
	bk_buf_sink_init(&gathering.into, &body, most);
	gathering.into.sink.write = gather;
	(void)curl_easy_setopt(line->easy, CURLOPT_RANGE, bk_buf_text(&range));
	bk_line_into(line, &gathering.into.sink);
	int rc = bk_http_run(line, err);
	if (rc == 0)
		rc = gathering.boundary
			     ? hand_on(bk_buf_view(&body), gathering.boundary,
				       stretches, n, to, err)
			     : sends_others(err);
	free(gathering.boundary);
	bk_buf_clear(&body);
	bk_buf_clear(&range);
	return rc;
}
