/* WebDAV over HTTPS as a target: see webdav.h. */

#include "target/webdav.h"

#include <stdlib.h>
#include <string.h>

#include "net/http.h"
#include "target/upload.h"
#include "target/walk.h"
#include "target/webdav_act.h"
#include "target/webdav_look.h"
#include "target/webdav_plain.h"
#include "target/webdav_put.h"

static void webdav_close(struct bk_target *target)
{
	struct bk_webdav *dav = bk_webdav_of(target);

	bk_link_close(dav->link);
	bk_webdav_forget_folders(dav);
	free(dav->made);
	bk_buf_clear(&dav->marker);
	(void)pthread_mutex_destroy(&dav->lock);
	free(dav);
}

static int blob_failed(struct bk_target *target, const char *name,
		       struct bk_err *err)
{
	return bk_context(err, "%s/%s", target->where, name);
}

/* ---- reading ---- */

static int webdav_stat(struct bk_target *target, const char *name,
		       uint64_t *size, struct bk_err *err)
{
	int rc = bk_webdav_size(bk_webdav_of(target), name, size, err);

	return rc < 0 ? blob_failed(target, name, err) : 0;
}

/* There is no range without bytes. */
static int get_nothing(struct bk_target *target, const char *name,
		       uint64_t offset, struct bk_err *err)
{
	uint64_t size = 0;

	if (webdav_stat(target, name, &size, err) < 0)
		return -1;
	if (offset <= size)
		return 0;
	return bk_fail(err, BK_CORRUPT, "%s/%s: it ends after %ju bytes",
		       target->where, name, (uintmax_t)size);
}

static int webdav_get(struct bk_target *target, const char *name,
		      uint64_t offset, uint64_t len, struct bk_sink *to,
		      struct bk_err *err)
{
	struct bk_webdav *dav = bk_webdav_of(target);
	struct bk_stretch want = {offset, len};
	struct bk_buf kept = {0};

	if (len == 0)
		return get_nothing(target, name, offset, err);
	if (bk_webdav_take_marker(dav, name, want, &kept)) {
		int taken = to->write(to, kept.data, kept.len, err);
		bk_buf_clear(&kept);
		return taken;
	}
	struct bk_line *line = bk_link_take(dav->link);
	bk_webdav_to(dav, line, name);
	int rc = bk_http_get(line, offset, len, to, err);
	bk_link_give(line);
	return rc < 0 ? blob_failed(target, name, err) : 0;
}

/* Who answers otherwise once is not asked again. */
static int webdav_get_many(struct bk_target *target, const char *name,
			   const struct bk_stretch *stretches, size_t n,
			   struct bk_sink *to, struct bk_err *err)
{
	struct bk_webdav *dav = bk_webdav_of(target);

	if (atomic_load(&dav->one_stretch))
		return bk_fail(err, BK_FAILED, "one stretch at a time");
	struct bk_line *line = bk_link_take(dav->link);
	bk_webdav_to(dav, line, name);
	int rc = bk_http_get_many(line, stretches, n, to, err);
	bk_link_give(line);
	if (rc < 0 && err->kind == BK_FAILED)
		atomic_store(&dav->one_stretch, true);
	return rc < 0 ? blob_failed(target, name, err) : 0;
}

static int webdav_peek(struct bk_target *target, const char *name,
		       uint64_t most, struct bk_buf *into, uint64_t *size,
		       struct bk_err *err)
{
	struct bk_webdav *dav = bk_webdav_of(target);
	struct bk_line *line = bk_link_take(dav->link);
	struct bk_buf_sink to;

	bk_buf_sink_init(&to, into, (size_t)most);
	bk_webdav_to(dav, line, name);
	int rc = bk_http_peek(line, most, &to.sink, size, err);
	bk_link_give(line);
	return rc < 0 ? blob_failed(target, name, err) : 0;
}

/* ---- listing ---- */

struct listing {
	struct bk_walk walk;
	struct bk_webdav *dav;
	const char *folder;
	int64_t now;
};

static int add(void *arg, const struct bk_entry *entry, struct bk_err *err)
{
	struct listing *listing = arg;

	return bk_walk_add(&listing->walk, listing->folder, entry, err);
}

/* A folder of a tree that went away is not an empty folder. */
static int check_root(struct bk_webdav *dav, const char *folder,
		      struct bk_err *err)
{
	struct bk_webdav_ask ask = {.folder = ""};
	int rc = *folder ? bk_webdav_propfind(dav, &ask, err) : 0;

	if (rc == 0)
		return bk_fail(err, BK_FAILED, "the folder is gone");
	return rc < 0 ? -1 : 0;
}

/* Perhaps of a server without WebDAV. */
static bool is_answer(const struct bk_webdav_ask *ask)
{
	return ask->status / 100 == 4 || ask->status == 501;
}

static int list_folder(struct bk_walk *walk, const char *folder,
		       struct bk_err *err)
{
	struct listing *listing = (struct listing *)walk;
	struct bk_webdav_ask ask = {
		.folder = folder,
		.list = true,
		.found = add,
		.arg = listing,
	};

	struct bk_webdav *dav = listing->dav;
	struct bk_err why = {0};
	int rc = -1;

	listing->folder = folder;
	if (!atomic_load(&dav->plain)) {
		rc = bk_webdav_propfind(dav, &ask, &why);
		listing->now = ask.now;
		if (rc > 0)
			atomic_store(&dav->unsettled, false);
		else if (is_answer(&ask) && bk_webdav_settle(dav, err) < 0)
			return -1;
	}
	if (atomic_load(&dav->plain))
		return bk_webdav_plain_list(dav, folder, add, listing, err);
	if (rc < 0)
		*err = why;
	return rc == 0 ? check_root(dav, folder, err) : rc;
}

/* The same name twice is two stories about one blob. */
static int check_names(const struct bk_blob_list *list, struct bk_err *err)
{
	for (size_t i = 1; i < list->n; i++)
		if (strcmp(list->items[i - 1].name, list->items[i].name) == 0)
			return bk_fail(err, BK_CORRUPT,
				       "the server lists %s twice",
				       list->items[i].name);
	return 0;
}

static int list_all(struct listing *listing, const char *folder,
		    struct bk_blob_list *out, struct bk_err *err)
{
	listing->walk.list = list_folder;
	int rc = bk_walk_run(&listing->walk, folder, out, err);
	if (rc == 0)
		rc = check_names(out, err);
	if (rc == 0)
		return 0;
	bk_blob_list_clear(out);
	return bk_context(err, "%s", listing->dav->target.where);
}

static int webdav_list(struct bk_target *target, const char *folder,
		       struct bk_blob_list *out, struct bk_err *err)
{
	struct listing listing = {.dav = bk_webdav_of(target)};

	return list_all(&listing, folder, out, err);
}

/* ---- taking away ---- */

static int webdav_remove(struct bk_target *target, const char *name,
			 struct bk_err *err)
{
	struct bk_webdav *dav = bk_webdav_of(target);
	int rc = bk_webdav_settle(dav, err);

	if (rc < 0)
		return blob_failed(target, name, err);
	struct bk_line *line = bk_link_take(dav->link);
	rc = atomic_load(&dav->plain) ? bk_webdav_fail_reading(err)
				      : bk_webdav_delete(dav, line, name, err);
	bk_link_give(line);
	return rc < 0 ? blob_failed(target, name, err) : 0;
}

/* By the server's clock: without it nothing is known to be old. */
static int webdav_sweep(struct bk_target *target, int64_t older_s,
			bool (*ours)(const char *name), struct bk_err *err)
{
	struct listing listing = {.dav = bk_webdav_of(target)};
	struct bk_blob_list parts = {0};

	if (bk_webdav_settle(listing.dav, err) < 0)
		return bk_context(err, "%s", target->where);
	if (atomic_load(&listing.dav->plain))
		return 0;
	listing.walk.unfinished = true;
	int rc = list_all(&listing, "", &parts, err);
	if (rc == 0 && listing.now)
		bk_parts_sweep(target, &parts, listing.now, older_s, ours);
	bk_blob_list_clear(&parts);
	return rc;
}

/* ---- opening ---- */

static const struct bk_target_ops webdav_ops = {
	.scheme = "https",
	.close = webdav_close,
	.put_begin = bk_webdav_put_begin,
	.put_write = bk_upload_write,
	.put_commit = bk_webdav_put_commit,
	.put_abort = bk_webdav_put_abort,
	.get = webdav_get,
	.list = webdav_list,
	.stat = webdav_stat,
	.remove = webdav_remove,
	.sweep = webdav_sweep,
	.peek = webdav_peek,
	.get_many = webdav_get_many,
};

int bk_webdav_open(struct bk_target **out, const struct bk_url *url,
		   const struct bk_access *access, bool create,
		   struct bk_err *err)
{
	struct bk_webdav *dav = bk_alloc(sizeof(*dav));

	dav->target.ops = &webdav_ops;
	dav->target.where = url->text;
	dav->url = url;
	/* Where others may listen the server is first asked what it wants. */
	dav->auth = strcmp(url->transport, "https") == 0
			    ? (long)CURLAUTH_BASIC
			    : (long)(CURLAUTH_BASIC | CURLAUTH_DIGEST);
	(void)pthread_mutex_init(&dav->lock, NULL);
	int rc = bk_link_open(&dav->link, url, access, err);
	if (rc == 0) {
		rc = bk_webdav_look(dav, create, err);
		if (rc < 0)
			bk_context(err, "%s", url->text);
	}
	if (rc < 0) {
		webdav_close(&dav->target);
		return -1;
	}
	*out = &dav->target;
	return 0;
}
