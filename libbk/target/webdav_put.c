/* Putting blobs on a WebDAV server: see webdav_put.h. */

#include "target/webdav_put.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/http.h"
#include "target/upload.h"
#include "target/webdav_act.h"
#include "target/webdav_look.h"

static bool keeps_names(struct bk_webdav *dav)
{
	(void)pthread_mutex_lock(&dav->lock);
	bool yes = dav->keeps_names;
	(void)pthread_mutex_unlock(&dav->lock);
	return yes;
}

int bk_webdav_put_begin(struct bk_target *target, const char *name,
			uint64_t length, struct bk_put **out,
			struct bk_err *err)
{
	struct bk_webdav *dav = bk_webdav_of(target);
	int rc = bk_webdav_settle(dav, err);

	if (rc == 0)
		rc = atomic_load(&dav->plain)
			     ? bk_webdav_fail_reading(err)
			     : bk_webdav_make_parents(dav, name, err);
	if (rc < 0)
		return bk_context(err, "%s", target->where);
	struct bk_upload *up = bk_upload_new(target, dav->link, name, length);
	if (keeps_names(dav))
		bk_upload_directly(up);
	bk_webdav_to(dav, up->line, up->part);
	bk_line_add_header(up->line, "Content-Type: application/octet-stream");
	if (bk_upload_is_direct(up))
		bk_line_add_header(up->line, "If-None-Match: *");
	return bk_upload_begin(up, out, err);
}

/* ---- giving it its name ---- */

/* A blob that lies under its name already may be somebody else's. */
static int remove_part(struct bk_upload *up, struct bk_err *err)
{
	if (bk_upload_is_direct(up))
		return 0;
	return bk_webdav_delete(bk_webdav_of(up->put.target), up->line,
				up->part, err);
}

/* Is a blob of that name and this length there, and its part not any more? */
static bool was_renamed(struct bk_webdav *dav, const struct bk_upload *up)
{
	struct bk_err why = {0};
	uint64_t size = 0;

	if (bk_webdav_size(dav, up->name, &size, &why) < 0 ||
	    size != up->written)
		return false;
	return bk_webdav_size(dav, up->part, &size, &why) < 0 &&
	       why.kind == BK_GONE;
}

/* Somebody has put that name before.  An earlier try of ours, whose answer was
 * lost, put the same bytes. */
static int compare_with_there(struct bk_webdav *dav, struct bk_upload *up,
			      struct bk_err *err)
{
	uint8_t mine[BK_SHA256_LEN], there[BK_SHA256_LEN];
	struct bk_target *target = &dav->target;
	uint64_t size = 0;

	if (bk_webdav_size(dav, up->name, &size, err) < 0)
		return -1;
	if (size != up->written)
		return bk_fail(err, BK_EXISTS,
			       "it is there already, with other bytes");
	if (bk_target_sum(target, up->part, 0, size, mine, err) < 0 ||
	    bk_target_sum(target, up->name, 0, size, there, err) < 0)
		return -1;
	if (memcmp(mine, there, sizeof(mine)) != 0)
		return bk_fail(err, BK_EXISTS,
			       "it is there already, with other bytes");
	struct bk_err ignored = {0};
	(void)remove_part(up, &ignored);
	return 0;
}

static int note_that_names_stay(struct bk_webdav *dav, long status,
				struct bk_err *err)
{
	(void)pthread_mutex_lock(&dav->lock);
	dav->keeps_names = true;
	(void)pthread_mutex_unlock(&dav->lock);
	return bk_fail(err, BK_LOST,
		       "the server renames nothing, or overwrites nothing "
		       "(HTTP %ld): from now on blobs are put under their own "
		       "names",
		       status);
}

/* Who waited in vain for an answer does not wait for another one: the next try
 * finds out. */
static bool has_time(const struct bk_webdav *dav, int64_t since_ms)
{
	uint32_t timeout_s = bk_link_access(dav->link)->timeout_s;

	timeout_s = timeout_s ? timeout_s : BK_ACCESS_TIMEOUT_S;
	return bk_clock_monotonic_ms() - since_ms < (int64_t)timeout_s * 1000;
}

static int rename_part(struct bk_webdav *dav, struct bk_upload *up,
		       struct bk_err *err)
{
	int64_t since_ms = bk_clock_monotonic_ms();
	struct bk_err why = {0};
	long status = 0;

	if (bk_webdav_move(dav, up->part, up->name, &status, &why) == 0)
		return 0;
	if (status == 412)
		return compare_with_there(dav, up, err);
	if (status == 403 || status == 405 || status == 501)
		return note_that_names_stay(dav, status, err);
	/* It may have been done, and the answer lost. */
	if (why.kind != BK_CANCELLED && has_time(dav, since_ms) &&
	    was_renamed(dav, up))
		return 0;
	*err = why;
	if (err->kind == BK_GONE)
		err->kind = BK_LOST; /* the part; not the blob */
	return -1;
}

/* ---- what was stored ---- */

/* Where nothing may be overwritten, what is there is in the way: the part that
 * an earlier run left, or the blob. */
static int explain_denial(struct bk_webdav *dav, const struct bk_upload *up,
			  struct bk_err *err)
{
	struct bk_err ignored = {0};
	uint64_t size;

	if (bk_webdav_size(dav, up->part, &size, &ignored) < 0)
		return bk_http_fail(up->line, err);
	return bk_upload_is_direct(up)
		       ? bk_fail(err, BK_EXISTS,
				 "there is one of that name already")
		       : note_that_names_stay(dav, bk_line_status(up->line),
					      err);
}

static int check_answer(struct bk_webdav *dav, const struct bk_upload *up,
			struct bk_err *err)
{
	long status = bk_line_status(up->line);

	if (status == 403)
		return explain_denial(dav, up, err);
	if (status == 404 || status == 409) {
		bk_webdav_forget_folders(dav);
		return bk_fail(err, BK_LOST,
			       "HTTP %ld: the folder that it lies in is gone",
			       status);
	}
	if (status == 405 || status == 501)
		return bk_webdav_fail_reading(err);
	/* Apache's 201 comes with a page. */
	if (status == 200 && bk_http_is_page(up->line))
		return bk_http_fail_page(err);
	if (status != 200 && status != 201 && status != 204)
		return bk_http_fail(up->line, err);
	return 0;
}

/* Whoever answered: is it there, in full? */
static int check_size(struct bk_webdav *dav, const struct bk_upload *up,
		      struct bk_err *err)
{
	uint64_t size = 0;

	if (bk_webdav_size(dav, up->part, &size, err) < 0) {
		if (err->kind == BK_GONE)
			err->kind = BK_LOST;
		return bk_context(err, "the server took it, but");
	}
	if (size != up->written)
		return bk_fail(err, BK_LOST,
			       "the server keeps %ju bytes of %ju",
			       (uintmax_t)size, (uintmax_t)up->written);
	return 0;
}

static int publish(struct bk_webdav *dav, struct bk_upload *up,
		   struct bk_err *err)
{
	if (check_answer(dav, up, err) < 0 || check_size(dav, up, err) < 0)
		return -1;
	return bk_upload_is_direct(up) ? 0 : rename_part(dav, up, err);
}

int bk_webdav_put_commit(struct bk_put *put, struct bk_err *err)
{
	struct bk_upload *up = bk_upload_of(put);
	struct bk_webdav *dav = bk_webdav_of(put->target);
	struct bk_err why = {0};

	int rc = bk_upload_finish(up, &why);
	if (rc == 0 && publish(dav, up, &why) < 0)
		rc = bk_upload_failed(up, &why);
	if (rc < 0) {
		*err = why;
		bk_upload_drop(up, remove_part);
		return -1;
	}
	bk_upload_free(up);
	return 0;
}

/* A body that was cut leaves nothing on servers that write it elsewhere first,
 * as nginx and Apache do; others keep it. */
void bk_webdav_put_abort(struct bk_put *put)
{
	bk_upload_drop(bk_upload_of(put), remove_part);
}
