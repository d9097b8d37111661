/* What kind of server it is: see webdav_look.h. */

#include "target/webdav_look.h"

#include <string.h>

#include "net/http.h"

/* Which every repository has. */
#define MARKER     "bkrepo"
#define MARKER_LEN 64

static int is_gone(struct bk_err *err)
{
	return bk_fail(err, BK_GONE, "there is no such folder");
}

/* What answers to no PROPFIND may serve files, if there is a repository. */
static int open_plain(struct bk_webdav *dav, bool create, struct bk_err *err)
{
	uint64_t size;

	if (create)
		return bk_webdav_fail_reading(err);
	if (bk_webdav_size(dav, MARKER, &size, err) < 0)
		return bk_context(err, MARKER);
	atomic_store(&dav->plain, true);
	return 0;
}

static int make_and_look(struct bk_webdav *dav, struct bk_webdav_ask *ask,
			 struct bk_err *err)
{
	if (bk_webdav_make_root(dav, err) < 0)
		return -1;
	int rc = bk_webdav_propfind(dav, ask, err);
	return rc == 0 ? is_gone(err) : rc;
}

/* By what it says of the folder. */
static int look_around(struct bk_webdav *dav, bool create, struct bk_err *err)
{
	struct bk_webdav_ask ask = {.folder = ""};
	struct bk_err why = {0}, ignored = {0};
	int rc = bk_webdav_propfind(dav, &ask, &why);

	if (rc == 0 && create)
		rc = make_and_look(dav, &ask, &why);
	else if (rc == 0)
		rc = open_plain(dav, false, &ignored) == 0 ? 1 : is_gone(&why);
	else if (rc < 0 && (ask.status == 405 || ask.status == 501))
		return open_plain(dav, create, err);
	else if (rc < 0 && (ask.status == 400 || ask.status == 403) &&
		 !create && open_plain(dav, false, &ignored) == 0)
		rc = 1;
	if (rc < 0)
		*err = why;
	return rc < 0 ? -1 : 0;
}

/* 1: it is there, and was kept; 0: the server says something else; -1: nothing.
 */
static int look_for_marker(struct bk_webdav *dav, struct bk_err *err)
{
	struct bk_line *line = bk_link_take(dav->link);
	struct bk_buf_sink to;
	struct bk_err why = {0};

	bk_buf_sink_init(&to, &dav->marker, MARKER_LEN);
	bk_webdav_to(dav, line, MARKER);
	int rc = bk_http_get(line, 0, MARKER_LEN, &to.sink, &why);
	bk_link_give(line);
	if (rc == 0)
		return 1;
	dav->marker.len = 0;
	if (why.kind != BK_LOST && why.kind != BK_CANCELLED)
		return 0;
	*err = why;
	return -1;
}

int bk_webdav_look(struct bk_webdav *dav, bool create, struct bk_err *err)
{
	int rc = create ? 0 : look_for_marker(dav, err);

	if (rc == 0)
		return look_around(dav, create, err);
	atomic_store(&dav->unsettled, rc > 0);
	return rc < 0 ? -1 : 0;
}

int bk_webdav_settle(struct bk_webdav *dav, struct bk_err *err)
{
	if (!atomic_load(&dav->unsettled))
		return 0;
	if (look_around(dav, false, err) < 0)
		return -1;
	atomic_store(&dav->unsettled, false);
	return 0;
}

bool bk_webdav_take_marker(struct bk_webdav *dav, const char *name,
			   struct bk_stretch want, struct bk_buf *out)
{
	bool kept = false;

	if (strcmp(name, MARKER) != 0)
		return false;
	(void)pthread_mutex_lock(&dav->lock);
	if (want.offset <= dav->marker.len &&
	    want.len <= dav->marker.len - want.offset) {
		bk_buf_add(out, dav->marker.data + want.offset,
			   (size_t)want.len);
		kept = true;
	}
	dav->marker.len = 0;
	(void)pthread_mutex_unlock(&dav->lock);
	return kept;
}
