/* Pages of S3's listings: see s3_page.h. */

#include "target/s3_page.h"

#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

#define ITEMS_MAX 100000 /* S3 gives 1,000 */

/* How each listing calls things. */
static const struct {
	const char *root, *item, *time, *next, *next_upload;
} names[] = {
	[BK_S3_OBJECTS] = {"ListBucketResult",           "/Contents", "/LastModified",
			   "/NextContinuationToken",						     ""},
	[BK_S3_UPLOADS] = {"ListMultipartUploadsResult", "/Upload",
			   "/Initiated",					       "/NextKeyMarker",
			   "/NextUploadIdMarker"							   },
	[BK_S3_PARTS] = {"ListPartsResult",            "/Part",     "/LastModified",
			   "/NextPartNumberMarker",						      ""},
};

static void item_clear(struct bk_s3_item *item)
{
	free(item->key);
	free(item->upload);
	*item = (struct bk_s3_item){0};
}

int64_t bk_s3_time(const char *text)
{
	size_t n = strcspn(text, ".Z");
	struct bk_err ignored = {0};
	int64_t out = 0;

	char *whole = bk_asprintf("%.*sZ", (int)n, text);
	if (bk_parse_time(whole, 0, &out, &ignored) < 0)
		out = 0;
	free(whole);
	return out;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* encoding-type=url: as a form encodes, with '+' for a blank. */
static bool decode(char *text)
{
	char *to = text;

	for (const char *at = text; *at; at++) {
		int c = *at == '+' ? ' ' : *at;
		if (c == '%') {
			int high = hex_digit(at[1]);
			int low = high < 0 ? -1 : hex_digit(at[2]);
			if (low < 0 || (high == 0 && low == 0))
				return false;
			c = high << 4 | low;
			at += 2;
		}
		*to++ = (char)c;
	}
	*to = 0;
	return true;
}

static int malformed(const char *what, struct bk_err *err)
{
	return bk_fail(err, BK_CORRUPT, "the server's listing %s", what);
}

static int end_item(struct bk_s3_page *page, struct bk_err *err)
{
	bool keyed = page->item.key && *page->item.key;

	if (page->what != BK_S3_PARTS && !keyed)
		return malformed("has something without a key", err);
	if (page->what != BK_S3_UPLOADS && !page->sized)
		return malformed("has something without a size", err);
	if (page->what == BK_S3_UPLOADS && !page->item.upload)
		return malformed("has an upload without a name", err);
	if (page->n == ITEMS_MAX)
		return malformed("does not end", err);
	page->items = bk_array_room(page->items, page->n, &page->cap,
				    sizeof(*page->items));
	page->items[page->n++] = page->item;
	page->item = (struct bk_s3_item){0};
	page->sized = false;
	return 0;
}

static void replace(char **text, const char *with)
{
	free(*text);
	*text = bk_strdup(with);
}

/* An element of one object, upload or part. */
static int take_field(struct bk_s3_page *page, const char *name,
		      const char *text, struct bk_err *err)
{
	if (strcmp(name, "/Key") == 0)
		replace(&page->item.key, text);
	else if (strcmp(name, "/UploadId") == 0)
		replace(&page->item.upload, text);
	else if (strcmp(name, names[page->what].time) == 0)
		page->item.mtime = bk_s3_time(text);
	if (strcmp(name, "/Size") != 0)
		return 0;
	page->sized = true;
	if (bk_parse_number(text, INT64_MAX, &page->item.size, err) < 0)
		return malformed("has a size that is no number", err);
	return 0;
}

static int take_truncated(struct bk_s3_page *page, const char *text,
			  struct bk_err *err)
{
	page->told = true;
	page->truncated = strcmp(text, "true") == 0;
	if (!page->truncated && strcmp(text, "false") != 0)
		return malformed("does not say whether it is all", err);
	return 0;
}

/* An element of the page itself. */
static int take_head(struct bk_s3_page *page, const char *name,
		     const char *text, struct bk_err *err)
{
	if (strcmp(name, names[page->what].item) == 0)
		return end_item(page, err);
	if (strcmp(name, "/IsTruncated") == 0)
		return take_truncated(page, text, err);
	if (strcmp(name, "/EncodingType") == 0)
		page->encoded = strcmp(text, "url") == 0;
	else if (strcmp(name, names[page->what].next) == 0)
		replace(&page->next, text);
	else if (strcmp(name, names[page->what].next_upload) == 0)
		replace(&page->next_upload, text);
	return 0;
}

static int take_element(void *arg, const char *path, const char *text,
			struct bk_err *err)
{
	struct bk_s3_page *page = arg;
	const char *root = names[page->what].root;
	const char *item = names[page->what].item;
	size_t len = strlen(root);

	if (strncmp(path, root, len) != 0 || (path[len] && path[len] != '/'))
		return bk_fail(err, BK_CORRUPT,
			       "the server's answer is no listing; is it an S3 "
			       "server?");
	const char *name = path + len;
	len = strlen(item);
	if (strncmp(name, item, len) == 0 && name[len] == '/')
		return take_field(page, name + len, text, err);
	return take_head(page, name, text, err);
}

void bk_s3_page_init(struct bk_s3_page *page, enum bk_s3_listing what)
{
	*page = (struct bk_s3_page){.what = what};
	bk_s3_xml_init(&page->xml, take_element, page);
}

void bk_s3_page_clear(struct bk_s3_page *page)
{
	for (size_t i = 0; i < page->n; i++)
		item_clear(&page->items[i]);
	item_clear(&page->item);
	free(page->items);
	free(page->next);
	free(page->next_upload);
	bk_s3_xml_clear(&page->xml);
	*page = (struct bk_s3_page){0};
}

static int decode_keys(struct bk_s3_page *page, struct bk_err *err)
{
	for (size_t i = 0; i < page->n; i++)
		if (page->items[i].key && !decode(page->items[i].key))
			return malformed("has a key that is not encoded well",
					 err);
	if (page->what == BK_S3_UPLOADS && page->next && !decode(page->next))
		return malformed("has a key that is not encoded well", err);
	return 0;
}

int bk_s3_page_end(struct bk_s3_page *page, struct bk_err *err)
{
	if (bk_s3_xml_end(&page->xml, err) < 0)
		return -1;
	if (!page->told)
		return malformed("does not say whether it is all", err);
	if (page->truncated && (!page->next || !*page->next))
		return malformed("is not all, and does not say how it goes on",
				 err);
	return page->encoded ? decode_keys(page, err) : 0;
}
