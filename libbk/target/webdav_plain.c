/* Listing a plain tree of files on a web server: see webdav_plain.h. */

#include "target/webdav_plain.h"

#include <stdlib.h>

#include "net/http.h"
#include "target/autoindex.h"

#define PAGE_MAX ((size_t)64 << 20)

struct plain {
	struct bk_webdav *dav;
	const char *folder;
	int (*found)(void *arg, const struct bk_entry *entry,
		     struct bk_err *err);
	void *arg;
};

/* The page of a folder: 1; 0: 404; -1. */
static int fetch_page(struct bk_webdav *dav, const char *folder,
		      struct bk_buf *page, char **type, struct bk_err *err)
{
	struct bk_line *line = bk_link_take(dav->link);
	struct bk_buf_sink sink;
	char *name = bk_asprintf("%s%s", folder, *folder ? "/" : "");

	bk_buf_sink_init(&sink, page, PAGE_MAX);
	bk_webdav_to(dav, line, name);
	bk_line_into(line, &sink.sink);
	int rc = bk_line_run(line, err);
	long status = rc < 0 ? 0 : bk_line_status(line);
	const char *text = bk_line_header(line, "Content-Type");
	if (rc == 0 && status == 200) {
		*type = text ? bk_strdup(text) : NULL;
		rc = 1;
	} else if (rc == 0 && status == 403) {
		rc = bk_fail(err, BK_DENIED,
			     "HTTP 403: this tree cannot be listed; switch "
			     "that on there (nginx: autoindex on, Apache: "
			     "Options +Indexes)");
	} else if (rc == 0 && status != 404 && status != 410) {
		rc = bk_http_fail(line, err);
	}
	bk_link_give(line);
	free(name);
	return rc;
}

static int pass_on(void *arg, const struct bk_entry *entry, bool sized,
		   struct bk_err *err)
{
	struct plain *plain = arg;
	struct bk_entry known = *entry;
	struct bk_err why = {0};

	if (!sized) {
		char *name = bk_asprintf("%s%s%.*s", plain->folder,
					 *plain->folder ? "/" : "",
					 (int)entry->len, entry->name);
		int rc = bk_webdav_size(plain->dav, name, &known.size, &why);
		free(name);
		if (rc < 0 && why.kind == BK_GONE)
			return 0;
		if (rc < 0) {
			*err = why;
			return -1;
		}
	}
	return plain->found(plain->arg, &known, err);
}

static int read_folder(struct plain *plain, struct bk_err *err)
{
	struct bk_buf page = {0};
	char *type = NULL;
	int rc = fetch_page(plain->dav, plain->folder, &page, &type, err);

	if (rc > 0 && bk_autoindex_read(bk_buf_view(&page), type, pass_on,
					plain, err) < 0)
		rc = -1;
	bk_buf_clear(&page);
	free(type);
	return rc;
}

static int pass_over(void *arg, const struct bk_entry *entry,
		     struct bk_err *err)
{
	(void)arg;
	(void)entry;
	(void)err;
	return 0;
}

int bk_webdav_plain_list(struct bk_webdav *dav, const char *folder,
			 int (*found)(void *arg, const struct bk_entry *entry,
				      struct bk_err *err),
			 void *arg, struct bk_err *err)
{
	struct plain plain = {dav, folder, found, arg};
	struct plain top = {dav, "", pass_over, NULL};
	int rc = read_folder(&plain, err);

	if (rc != 0)
		return rc;
	/* There is none, or folders are not shown at all. */
	rc = *folder ? read_folder(&top, err) : 0;
	if (rc > 0)
		return 0;
	return rc < 0 ? -1
		      : bk_fail(err, BK_DENIED,
				"HTTP 404: this tree cannot be listed");
}
