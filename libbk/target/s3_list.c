/* Listings of S3: see s3_list.h. */

#include "target/s3_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/http.h"
#include "target/s3_page.h"
#include "target/s3_put.h"

#define PAGES_MAX 20000 /* twenty million objects */
#define DEPTH_MAX 3

/* A listing of either kind, across its pages. */
struct walk {
	struct bk_s3 *s3;
	enum bk_s3_listing what;
	const char *prefix; /* keys begin with it */
	const char *key;    /* of the upload whose parts are listed */
	const char *upload;
	int (*take)(struct walk *walk, const struct bk_s3_item *item,
		    struct bk_err *err);

	/* What `take` works on. */
	struct bk_blob_list *out;
	bool (*ours)(const char *name);
	int64_t now, older_s, newest;

	/* Where the next page begins; NULL: at the beginning. */
	char *from, *from_upload;
};

static void fill_objects(const struct walk *walk, struct bk_s3_fields *query)
{
	bk_s3_fields_add(query, "encoding-type", "url");
	bk_s3_fields_add(query, "list-type", "2");
	bk_s3_fields_add(query, "max-keys", "1000");
	bk_s3_fields_add(query, "prefix", walk->prefix);
	if (walk->from)
		bk_s3_fields_add(query, "continuation-token", walk->from);
}

/* Not encoded: Ceph's gateway then encodes keys and does not say so. */
static void fill_uploads(const struct walk *walk, struct bk_s3_fields *query)
{
	bk_s3_fields_add(query, "uploads", "");
	bk_s3_fields_add(query, "prefix", walk->prefix);
	if (walk->from)
		bk_s3_fields_add(query, "key-marker", walk->from);
	if (walk->from_upload)
		bk_s3_fields_add(query, "upload-id-marker", walk->from_upload);
}

static void fill_parts(const struct walk *walk, struct bk_s3_fields *query)
{
	bk_s3_fields_add(query, "uploadId", walk->upload);
	if (walk->from)
		bk_s3_fields_add(query, "part-number-marker", walk->from);
}

static void fill(const struct walk *walk, struct bk_s3_fields *query)
{
	switch (walk->what) {
	case BK_S3_OBJECTS:
		fill_objects(walk, query);
		break;
	case BK_S3_UPLOADS:
		fill_uploads(walk, query);
		break;
	case BK_S3_PARTS:
		fill_parts(walk, query);
		break;
	}
}

static int fetch(struct walk *walk, struct bk_s3_page *page, struct bk_err *err)
{
	struct bk_s3_question question = {.method = "GET", .key = walk->key};
	struct bk_line *line = bk_link_take(walk->s3->link);

	fill(walk, &question.query);
	int rc = bk_s3_ask(walk->s3, line, &question, &page->xml.sink, err);
	if (rc == 0)
		rc = bk_s3_page_end(page, err);
	/* No bucket is an error of its own; what has no listing is no S3, and
	 * nobody may take it for an empty folder. */
	if (rc < 0 && err->kind == BK_GONE) {
		err->kind = BK_FAILED;
		bk_context(err, "there is nothing to list; is it an S3 server");
	}
	walk->now = bk_http_date(bk_line_header(line, "Date"));
	bk_link_give(line);
	return rc;
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* A server that sends the same page for ever must not keep us for ever. */
static int turn(struct walk *walk, struct bk_s3_page *page, struct bk_err *err)
{
	if (walk->from && same(walk->from, page->next) &&
	    same(walk->from_upload, page->next_upload))
		return bk_fail(err, BK_CORRUPT,
			       "the server's listing goes round in a circle");
	free(walk->from);
	free(walk->from_upload);
	walk->from = page->next;
	walk->from_upload = page->next_upload;
	page->next = page->next_upload = NULL;
	return 0;
}

/* 1: there is more; 0; -1. */
static int take_page(struct walk *walk, struct bk_err *err)
{
	struct bk_s3_page page;
	int rc;

	bk_s3_page_init(&page, walk->what);
	rc = fetch(walk, &page, err);
	for (size_t i = 0; rc == 0 && i < page.n; i++)
		rc = walk->take(walk, &page.items[i], err);
	if (rc == 0 && page.truncated)
		rc = turn(walk, &page, err) < 0 ? -1 : 1;
	bk_s3_page_clear(&page);
	return rc;
}

static int walk_all(struct walk *walk, struct bk_err *err)
{
	int rc = 1;

	for (int n = 0; n < PAGES_MAX && rc == 1; n++)
		rc = take_page(walk, err);
	free(walk->from);
	free(walk->from_upload);
	walk->from = walk->from_upload = NULL;
	if (rc == 1)
		return bk_fail(err, BK_CORRUPT,
			       "the server's listing does not end");
	return rc;
}

/* ---- objects ---- */

/* Is it what could be a blob's name?  What else people keep below the prefix,
 * and the empty objects by which consoles show folders, is nobody's business.
 */
static bool is_name(const char *name)
{
	unsigned depth = 0;

	while (*name) {
		size_t n = strcspn(name, "/");
		if (n == 0 || *name == '.' || ++depth > DEPTH_MAX)
			return false;
		for (size_t i = 0; i < n; i++)
			if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
				return false;
		name += n;
		if (*name && !*++name)
			return false;
	}
	return depth > 0;
}

/* The name behind the key, or NULL for what was not asked for. */
static const char *name_of(const struct walk *walk, const char *key,
			   struct bk_err *err)
{
	if (strncmp(key, walk->prefix, strlen(walk->prefix)) == 0)
		return key + strlen(walk->s3->prefix);
	bk_fail(err, BK_CORRUPT,
		"the server lists what was not asked for; is it an S3 server?");
	return NULL;
}

static int take_object(struct walk *walk, const struct bk_s3_item *item,
		       struct bk_err *err)
{
	const char *name = name_of(walk, item->key, err);

	if (!name)
		return -1;
	if (is_name(name))
		bk_blob_list_add(walk->out, bk_strdup(name), item->size,
				 item->mtime);
	return 0;
}

int bk_s3_list(struct bk_s3 *s3, const char *folder, struct bk_blob_list *out,
	       struct bk_err *err)
{
	char *prefix =
		bk_asprintf("%s%s%s", s3->prefix, folder, *folder ? "/" : "");
	struct walk walk = {
		.s3 = s3,
		.what = BK_S3_OBJECTS,
		.prefix = prefix,
		.take = take_object,
		.out = out,
	};

	bk_blob_list_clear(out);
	int rc = walk_all(&walk, err);
	if (rc < 0)
		bk_blob_list_clear(out);
	bk_blob_list_sort(out);
	free(prefix);
	return rc;
}

int bk_s3_look(const struct bk_s3 *s3, struct bk_s3_complaint *complaint,
	       struct bk_err *err)
{
	struct bk_s3_question question = {.method = "GET"};
	struct bk_s3_page page;

	bk_s3_fields_add(&question.query, "list-type", "2");
	bk_s3_fields_add(&question.query, "max-keys", "1");
	bk_s3_fields_add(&question.query, "prefix", s3->prefix);
	bk_s3_page_init(&page, BK_S3_OBJECTS);
	int rc = bk_s3_ask_once(s3, &question, &page.xml.sink, err);
	if (rc == 0)
		rc = bk_s3_page_end(&page, err);
	*complaint = question.complaint;
	bk_s3_page_clear(&page);
	return rc;
}

/* ---- uploads that were never ended ---- */

static int take_part(struct walk *walk, const struct bk_s3_item *item,
		     struct bk_err *err)
{
	(void)err;
	if (item->mtime > walk->newest)
		walk->newest = item->mtime;
	return 0;
}

/* An upload may have begun long ago and still get its parts.  One that cannot
 * be looked into stays. */
static bool is_left(const struct walk *walk, const struct bk_s3_item *item)
{
	struct walk parts = {
		.s3 = walk->s3,
		.what = BK_S3_PARTS,
		.prefix = "",
		.key = item->key,
		.upload = item->upload,
		.take = take_part,
		.newest = item->mtime,
	};
	struct bk_err ignored = {0};

	return walk_all(&parts, &ignored) == 0 &&
	       parts.newest < walk->now - walk->older_s;
}

static int take_upload(struct walk *walk, const struct bk_s3_item *item,
		       struct bk_err *err)
{
	const char *name = name_of(walk, item->key, err);

	if (!name)
		return -1;
	/* Without the server's time nothing is old. */
	if (!walk->now || !item->mtime ||
	    item->mtime >= walk->now - walk->older_s || !walk->ours(name) ||
	    !is_left(walk, item))
		return 0;
	bk_s3_upload_abort(walk->s3, item->key, item->upload);
	return 0;
}

int bk_s3_sweep(struct bk_s3 *s3, int64_t older_s,
		bool (*ours)(const char *name), struct bk_err *err)
{
	struct walk walk = {
		.s3 = s3,
		.what = BK_S3_UPLOADS,
		.prefix = s3->prefix,
		.take = take_upload,
		.ours = ours,
		.older_s = older_s,
	};

	return walk_all(&walk, err);
}
