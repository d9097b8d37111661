/* A POST that tells something: see http_post.h. */

#include "net/http_post.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "net/http.h"

/* Up to its query, as which many a service has its key. */
static char *without_query(const char *url)
{
	return bk_strndup(url, strcspn(url, "?"));
}

static int parse(struct bk_url *out, const char *text, struct bk_err *err)
{
	char *plain = without_query(text);

	int rc = bk_url_parse(out, plain, err);
	free(plain);
	return rc;
}

int bk_http_check_post(const char *url, struct bk_err *err)
{
	struct bk_url parsed = {0};

	int shown = (int)strcspn(url, "?");

	if (!bk_url_is(url))
		return bk_fail(err, BK_MISUSE,
			       "'%.*s' is not a URL; write https://HOST/PATH",
			       shown, url);
	if (parse(&parsed, url, err) < 0)
		return -1;
	int rc = 0;
	if (strcmp(parsed.scheme, "https") != 0 &&
	    strcmp(parsed.scheme, "http") != 0)
		rc = bk_fail(err, BK_MISUSE, "'%.*s' is not https://HOST/PATH",
			     shown, url);
	else if (parsed.user || strpbrk(url, "#\"<> \t"))
		rc = bk_fail(err, BK_MISUSE,
			     "'%.*s' has a user, a blank or a fragment in it",
			     shown, url);
	bk_url_clear(&parsed);
	return rc;
}

/* The path is what `more` goes behind, not the query. */
static char *whole_url(const struct bk_post *post)
{
	size_t path = strcspn(post->url, "?");
	size_t end = path;

	if (!post->more)
		return bk_strdup(post->url);
	while (end > 0 && post->url[end - 1] == '/')
		end--;
	return bk_asprintf("%.*s%s%s", (int)end, post->url, post->more,
			   post->url + path);
}

static int run(struct bk_link *link, const struct bk_post *post,
	       struct bk_err *err)
{
	struct bk_line *line = bk_link_take(link);
	char *type = bk_asprintf("Content-Type: %s", post->type);
	char *url = whole_url(post);

	bk_line_to_url(line, url);
	bk_line_add_header(line, type);
	(void)curl_easy_setopt(line->easy, CURLOPT_POSTFIELDS, post->body);
	bk_line_into(line, NULL);
	int rc = bk_http_run(line, err);
	bk_link_give(line);
	free(type);
	free(url);
	return rc;
}

int bk_http_post(const struct bk_post *post, const struct bk_access *access,
		 struct bk_err *err)
{
	struct bk_access mine = *access;
	struct bk_link *link = NULL;
	struct bk_url url = {0};

	if (parse(&url, post->url, err) < 0)
		return -1;
	mine.allow_cleartext |= bk_url_is_here(&url);
	if (post->limit_s &&
	    (!mine.timeout_s || mine.timeout_s > post->limit_s))
		mine.timeout_s = post->limit_s;
	int rc = bk_link_open(&link, &url, &mine, err);
	if (rc == 0)
		rc = run(link, post, err);
	bk_link_close(link);
	bk_url_clear(&url);
	return rc;
}
