/* What a WebDAV target asks of its server: see webdav_act.h. */

#include "target/webdav_act.h"

#include <stdlib.h>
#include <string.h>

#include "net/http.h"

/* ---- paths ---- */

static char *path_of(const struct bk_webdav *dav, const char *name)
{
	return bk_asprintf("%s/%s", dav->url->path, name);
}

/* The path of a folder, without a '/' at its end. */
static char *folder_path(const struct bk_webdav *dav, const char *folder)
{
	return bk_asprintf("%s%s%s", dav->url->path, *folder ? "/" : "",
			   folder);
}

static void to_path(struct bk_webdav *dav, struct bk_line *line,
		    const char *path)
{
	bk_line_to(line, path);
	(void)pthread_mutex_lock(&dav->lock);
	(void)curl_easy_setopt(line->easy, CURLOPT_HTTPAUTH, dav->auth);
	(void)pthread_mutex_unlock(&dav->lock);
}

void bk_webdav_to(struct bk_webdav *dav, struct bk_line *line, const char *name)
{
	char *path = path_of(dav, name);

	to_path(dav, line, path);
	free(path);
}

static void set_method(struct bk_line *line, const char *method)
{
	(void)curl_easy_setopt(line->easy, CURLOPT_CUSTOMREQUEST, method);
}

/* Digest only where the server asks for it: then no body is sent before the
 * server's challenge was heard.  True if the same is to be asked again. */
static bool learn_login(struct bk_webdav *dav, const struct bk_line *line)
{
	const long both = (long)(CURLAUTH_BASIC | CURLAUTH_DIGEST);
	long offered = 0;
	bool again;

	(void)curl_easy_getinfo(line->easy, CURLINFO_HTTPAUTH_AVAIL, &offered);
	bool digest = offered & (long)CURLAUTH_DIGEST;
	(void)pthread_mutex_lock(&dav->lock);
	again = dav->auth == (long)CURLAUTH_BASIC && digest &&
		bk_line_status(line) == 401;
	if (dav->auth == both || again)
		dav->auth =
			digest ? (long)CURLAUTH_DIGEST : (long)CURLAUTH_BASIC;
	(void)pthread_mutex_unlock(&dav->lock);
	return again;
}

int bk_webdav_fail_reading(struct bk_err *err)
{
	return bk_fail(err, BK_DENIED,
		       "this server offers no WebDAV here, so it can only be "
		       "read; to write, switch it on (nginx: dav_methods and "
		       "dav_ext_methods, Apache: Dav On), or use another kind "
		       "of target");
}

/* ---- asking ---- */

struct listing_sink {
	struct bk_sink sink;
	const struct bk_line *line;
	struct bk_multistatus *into;
};

static int feed(struct bk_sink *sink, const void *data, size_t len,
		struct bk_err *err)
{
	struct listing_sink *listing = (struct listing_sink *)sink;

	if (bk_line_status(listing->line) != 207)
		return 0;
	return bk_multistatus_feed(listing->into, data, len, err);
}

static int finish_propfind(const struct bk_line *line,
			   struct bk_multistatus *listing, struct bk_err *err)
{
	long status = bk_line_status(line);

	if (status == 207)
		return bk_multistatus_end(listing, err) < 0 ? -1 : 1;
	if (status == 404 || status == 410)
		return 0;
	if (status / 100 == 2 && bk_http_is_page(line))
		return bk_http_fail_page(err);
	return bk_http_fail(line, err);
}

static int run_propfind(struct bk_webdav *dav, struct bk_webdav_ask *ask,
			const char *path, struct listing_sink *listing,
			struct bk_err *err)
{
	struct bk_line *line = bk_link_take(dav->link);
	int rc;

	listing->line = line;
	do {
		to_path(dav, line, path);
		set_method(line, "PROPFIND");
		(void)curl_easy_setopt(line->easy, CURLOPT_POSTFIELDS,
				       BK_MULTISTATUS_QUERY);
		bk_line_add_header(line, "Content-Type: application/xml");
		bk_line_add_header(line, ask->list ? "Depth: 1" : "Depth: 0");
		bk_line_into(line, &listing->sink);
		rc = bk_line_run(line, err);
	} while (rc == 0 && learn_login(dav, line));
	ask->status = rc < 0 ? 0 : bk_line_status(line);
	ask->now = rc < 0 ? 0 : bk_http_date(bk_line_header(line, "Date"));
	if (rc == 0)
		rc = finish_propfind(line, listing->into, err);
	bk_link_give(line);
	return rc;
}

int bk_webdav_propfind(struct bk_webdav *dav, struct bk_webdav_ask *ask,
		       struct bk_err *err)
{
	char *path = folder_path(dav, ask->folder);
	char *with_slash = bk_asprintf("%s/", path);
	struct listing_sink listing = {
		.sink.write = feed,
		.into = bk_multistatus_new(path, ask->found, ask->arg),
	};

	int rc = run_propfind(dav, ask, with_slash, &listing, err);
	bk_multistatus_free(listing.into);
	free(with_slash);
	free(path);
	return rc;
}

static int take_nothing(struct bk_sink *sink, const void *data, size_t len,
			struct bk_err *err)
{
	(void)sink;
	(void)data;
	(void)len;
	return bk_fail(err, BK_FAILED,
		       "the server does not say how long it is");
}

/* Apache says of an empty file in no HEAD how long it is, but in a GET. */
static int is_empty(struct bk_webdav *dav, struct bk_line *line,
		    const char *name, struct bk_err *err)
{
	struct bk_sink nothing = {take_nothing};
	uint64_t size;

	bk_webdav_to(dav, line, name);
	bk_line_into(line, &nothing);
	if (bk_http_run(line, err) < 0)
		return -1;
	if (bk_line_status(line) == 200 &&
	    bk_http_content_length(bk_line_header(line, "Content-Length"),
				   &size) &&
	    size == 0)
		return 0;
	return take_nothing(&nothing, NULL, 0, err);
}

int bk_webdav_size(struct bk_webdav *dav, const char *name, uint64_t *size,
		   struct bk_err *err)
{
	struct bk_line *line = bk_link_take(dav->link);
	struct bk_err why = {0};

	bk_webdav_to(dav, line, name);
	int rc = bk_http_size(line, size, &why);
	if (rc < 0 && why.kind == BK_FAILED && bk_line_status(line) == 200) {
		*size = 0;
		rc = is_empty(dav, line, name, err);
	} else if (rc < 0) {
		*err = why;
	}
	bk_link_give(line);
	return rc;
}

/* ---- changing ---- */

int bk_webdav_delete(struct bk_webdav *dav, struct bk_line *line,
		     const char *name, struct bk_err *err)
{
	bk_webdav_to(dav, line, name);
	set_method(line, "DELETE");
	/* What is a folder after all is not deleted with all that is in it. */
	bk_line_add_header(line, "Depth: 0");
	int rc = bk_http_run(line, err);
	if (rc == 0 && bk_http_is_page(line))
		rc = bk_http_fail_page(err);
	long status = bk_line_status(line);
	if (rc < 0 && (status == 405 || status == 501))
		return bk_fail(err, BK_DENIED,
			       "the server deletes nothing (HTTP %ld)", status);
	if (rc == 0 && status != 200 && status != 204)
		rc = bk_http_fail(line, err);
	return rc;
}

int bk_webdav_move(struct bk_webdav *dav, const char *from, const char *to,
		   long *status, struct bk_err *err)
{
	struct bk_line *line = bk_link_take(dav->link);
	struct bk_buf header = {0};
	char *path = path_of(dav, to);

	/* A path alone would do (RFC 4918 10.3); Apache wants the whole. */
	bk_buf_printf(&header, "Destination: ");
	bk_url_origin(&header, dav->url, dav->url->transport);
	bk_url_escape(&header, path);
	bk_webdav_to(dav, line, from);
	set_method(line, "MOVE");
	bk_line_add_header(line, bk_buf_text(&header));
	bk_line_add_header(line, "Overwrite: F");
	int rc = bk_line_run(line, err);
	*status = rc < 0 ? 0 : bk_line_status(line);
	if (rc == 0 && *status != 201 && *status != 204)
		rc = bk_http_fail(line, err);
	bk_link_give(line);
	bk_buf_clear(&header);
	free(path);
	return rc;
}

/* ---- folders ---- */

/* 1: it is there now; 0: the one above is not; -1. */
static int mkcol(struct bk_webdav *dav, const char *path, struct bk_err *err)
{
	struct bk_line *line = bk_link_take(dav->link);
	char *with_slash = bk_asprintf("%s/", path);
	int rc;

	to_path(dav, line, with_slash);
	set_method(line, "MKCOL");
	rc = bk_line_run(line, err);
	/* Apache says so, too, when two make the same folder at a time. */
	if (rc == 0 && bk_line_status(line) == 403)
		rc = bk_line_run(line, err);
	long status = rc < 0 ? 0 : bk_line_status(line);
	/* 405: something has that name.  If it is no folder, nothing can be
	 * put below it. */
	if (status == 201 || status == 405)
		rc = 1;
	else if (status == 409 || status == 404)
		rc = 0;
	else if (rc == 0)
		rc = status / 100 == 2 && bk_http_is_page(line)
			     ? bk_http_fail_page(err)
			     : bk_http_fail(line, err);
	bk_link_give(line);
	free(with_slash);
	return rc < 0 ? bk_context(err, "%s/", path) : rc;
}

static int has_no_root(const char *path, struct bk_err *err)
{
	return bk_fail(err, BK_FAILED,
		       "%s/ cannot be made: what it lies in is not there",
		       path);
}

/* Makes path; of what it lies in nothing above `top`. */
static int make_path(struct bk_webdav *dav, const char *path, const char *top,
		     struct bk_err *err)
{
	size_t len = strlen(path), floor = strlen(top);
	char *part = bk_strdup(path);
	int rc;

	/* Up to the first that is there or can be made, */
	while ((rc = mkcol(dav, part, err)) == 0) {
		char *slash = strrchr(part, '/');
		if (!slash || (size_t)(slash - part) <= floor) {
			rc = has_no_root(part, err);
			break;
		}
		*slash = 0;
	}
	/* and down again. */
	while (rc > 0 && strlen(part) < len) {
		part[strlen(part)] = '/';
		rc = mkcol(dav, part, err);
		if (rc == 0)
			rc = has_no_root(part, err);
	}
	free(part);
	return rc < 0 ? -1 : 0;
}

int bk_webdav_make_root(struct bk_webdav *dav, struct bk_err *err)
{
	return *dav->url->path ? make_path(dav, dav->url->path, "", err) : 0;
}

static bool was_made(struct bk_webdav *dav, const char *folder)
{
	bool yes = false;

	(void)pthread_mutex_lock(&dav->lock);
	for (size_t i = dav->n; i-- > 0 && !yes;)
		yes = strcmp(dav->made[i], folder) == 0;
	(void)pthread_mutex_unlock(&dav->lock);
	return yes;
}

int bk_webdav_make_parents(struct bk_webdav *dav, const char *name,
			   struct bk_err *err)
{
	const char *slash = strrchr(name, '/');
	int rc = 0;

	if (!slash)
		return 0;
	char *folder = bk_strndup(name, (size_t)(slash - name));
	if (!was_made(dav, folder)) {
		char *path = folder_path(dav, folder);
		rc = make_path(dav, path, dav->url->path, err);
		free(path);
		if (rc == 0) {
			(void)pthread_mutex_lock(&dav->lock);
			dav->made = bk_array_room(dav->made, dav->n, &dav->cap,
						  sizeof(*dav->made));
			dav->made[dav->n++] = folder;
			(void)pthread_mutex_unlock(&dav->lock);
			return 0;
		}
	}
	free(folder);
	return rc;
}

void bk_webdav_forget_folders(struct bk_webdav *dav)
{
	(void)pthread_mutex_lock(&dav->lock);
	while (dav->n)
		free(dav->made[--dav->n]);
	(void)pthread_mutex_unlock(&dav->lock);
}
