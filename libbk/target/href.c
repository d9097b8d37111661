/* What the href of a listing names: see href.h. */

#include "target/href.h"

#include <string.h>

static int digit_of(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool bk_href_decode(struct bk_buf *out, struct bk_view text)
{
	for (size_t i = 0; i < text.len; i++) {
		int c = text.data[i];
		if (c == '%') {
			if (text.len - i < 3)
				return false;
			int high = digit_of(text.data[i + 1]);
			int low = digit_of(text.data[i + 2]);
			if (high < 0 || low < 0)
				return false;
			c = high << 4 | low;
			i += 2;
		}
		if (c == 0)
			return false;
		bk_buf_add_u8(out, (uint8_t)c);
	}
	return true;
}

/* Without "https://host:port"; some servers put it before each. */
static struct bk_view path_of(struct bk_view href)
{
	static const char *const schemes[] = {"http://", "https://"};

	for (size_t i = 0; i < 2; i++) {
		size_t n = strlen(schemes[i]);
		if (href.len < n ||
		    strncasecmp((const char *)href.data, schemes[i], n) != 0)
			continue;
		const uint8_t *slash = memchr(href.data + n, '/', href.len - n);
		if (slash)
			href.len -= (size_t)(slash - href.data);
		href.data = slash;
		return slash ? href : (struct bk_view){0};
	}
	return href;
}

static int elsewhere(struct bk_view href, const char *folder,
		     struct bk_err *err)
{
	return bk_fail(err, BK_CORRUPT,
		       "the listing of %s/ has an entry that is none of it: "
		       "%.*s",
		       folder, href.len < 100 ? (int)href.len : 100,
		       (const char *)href.data);
}

int bk_href_below(struct bk_view href, const char *folder, struct bk_buf *name,
		  struct bk_err *err)
{
	struct bk_view path = path_of(href);
	struct bk_buf text = {0};
	size_t n = strlen(folder);
	int rc = -1;

	if (!path.len || memchr(path.data, '?', path.len) ||
	    memchr(path.data, '#', path.len) || !bk_href_decode(&text, path))
		goto out;
	if (text.len && text.data[text.len - 1] == '/')
		text.len--;
	if (text.len < n || (n && memcmp(text.data, folder, n) != 0))
		goto out;
	if (text.len == n) {
		rc = 0;
		goto out;
	}
	if (text.len < n + 2 || text.data[n] != '/' ||
	    memchr(text.data + n + 1, '/', text.len - n - 1))
		goto out;
	bk_buf_add(name, text.data + n + 1, text.len - n - 1);
	rc = 1;
out:
	bk_buf_clear(&text);
	return rc < 0 ? elsewhere(href, folder, err) : rc;
}
