/* SFTP: see sftp.h. */

#include "target/sftp.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "net/link.h"
#include "target/sftp_session.h"

#define FOLDER_MODE 0700
#define FILE_MODE   0600

/* ---- connections ---- */

static struct bk_sftp_line *take_idle(struct bk_sftp *sftp)
{
	(void)pthread_mutex_lock(&sftp->lock);
	struct bk_sftp_line *line = sftp->idle;
	if (line)
		sftp->idle = line->next;
	(void)pthread_mutex_unlock(&sftp->lock);
	return line;
}

int bk_sftp_take(struct bk_sftp *sftp, struct bk_sftp_line **out,
		 struct bk_err *err)
{
	struct bk_sftp_line *line;

	while ((line = take_idle(sftp))) {
		if (bk_sftp_line_stands(line)) {
			*out = line;
			return 0;
		}
		bk_sftp_line_close(line);
	}
	return bk_sftp_line_open(out, sftp->link, sftp->url->path, false, err);
}

void bk_sftp_give(struct bk_sftp *sftp, struct bk_sftp_line *line)
{
	if (!line)
		return;
	if (line->broken) {
		bk_sftp_line_close(line);
		return;
	}
	(void)pthread_mutex_lock(&sftp->lock);
	line->next = sftp->idle;
	sftp->idle = line;
	(void)pthread_mutex_unlock(&sftp->lock);
}

/* ---- single acts ---- */

int bk_sftp_make_sure(struct bk_sftp_line *line, struct bk_err *err)
{
	struct bk_sftp_attrs attrs;
	struct bk_err why = {0};

	if (err->kind != BK_GONE ||
	    bk_sftp_ask_attrs(line, "", &attrs, &why) == 0)
		return -1;
	if (why.kind == BK_GONE)
		return bk_fail(err, BK_FAILED,
			       "the folder of the repository is gone");
	*err = why;
	return -1;
}

int bk_sftp_find_size(struct bk_sftp_line *line, const char *name,
		      uint64_t *size, struct bk_err *err)
{
	struct bk_sftp_attrs attrs;

	if (bk_sftp_ask_attrs(line, name, &attrs, err) < 0)
		return bk_sftp_make_sure(line, err);
	if (!(attrs.has & BK_SFTP_HAS_SIZE))
		return bk_fail(err, BK_FAILED, "the server tells no size");
	if (attrs.has & BK_SFTP_HAS_MODE && !S_ISREG(attrs.mode))
		return bk_fail(err, BK_GONE, "it is no file");
	*size = attrs.size;
	return 0;
}

int bk_sftp_remove_name(struct bk_sftp_line *line, const char *name,
			struct bk_err *err)
{
	bk_sftp_begin(line, BK_SFTP_REMOVE);
	bk_sftp_add_path(line, name);
	return bk_sftp_do(line, err);
}

int bk_sftp_open_file(struct bk_sftp_line *line, const char *name, uint32_t how,
		      struct bk_buf *handle, struct bk_err *err)
{
	bk_sftp_begin(line, BK_SFTP_OPEN);
	bk_sftp_add_path(line, name);
	bk_sftp_add_u32(line, how);
	bk_sftp_add_mode(line, FILE_MODE);
	return bk_sftp_ask_handle(line, handle, err);
}

int bk_sftp_close_unheard(struct bk_sftp_line *line, struct bk_view handle,
			  struct bk_err *err)
{
	uint32_t id;

	bk_sftp_begin(line, BK_SFTP_CLOSE);
	bk_sftp_add_bytes(line, handle);
	return bk_sftp_send(line, &id, err);
}

/* One that is there already is refused: then the next one is tried. */
static int make_folder(struct bk_sftp_line *line, struct bk_view path,
		       struct bk_err *err)
{
	struct bk_err why = {0};

	bk_sftp_begin(line, BK_SFTP_MKDIR);
	bk_sftp_add_bytes(line, path);
	bk_sftp_add_mode(line, FOLDER_MODE);
	if (bk_sftp_do(line, &why) == 0 ||
	    (why.kind != BK_LOST && why.kind != BK_CANCELLED))
		return 0;
	*err = why;
	return -1;
}

/* Each level of a path behind its first `at` bytes. */
static int make_levels(struct bk_sftp_line *line, const char *path, size_t at,
		       struct bk_err *err)
{
	while (path[at]) {
		at += 1 + strcspn(path + at + 1, "/");
		struct bk_view level = {(const uint8_t *)path, at};
		if (make_folder(line, level, err) < 0)
			return -1;
	}
	return 0;
}

int bk_sftp_make_folders(struct bk_sftp *sftp, struct bk_sftp_line *line,
			 const char *name, struct bk_err *err)
{
	const char *slash = strrchr(name, '/');
	int below = slash ? (int)(slash - name) : 0;
	char *path = bk_asprintf("%s/%.*s", sftp->url->path, below, name);

	int rc = below ? make_levels(line, path, strlen(sftp->url->path), err)
		       : 0;
	free(path);
	return rc;
}

/* ---- the target ---- */

static int sftp_remove(struct bk_target *target, const char *name,
		       struct bk_err *err)
{
	struct bk_sftp *sftp = bk_sftp_of(target);
	struct bk_sftp_line *line = NULL;

	int rc = bk_sftp_take(sftp, &line, err);
	if (rc == 0 && bk_sftp_remove_name(line, name, err) < 0)
		rc = bk_sftp_make_sure(line, err);
	bk_sftp_give(sftp, line);
	return rc < 0 ? bk_context(err, "%s/%s", target->where, name) : 0;
}

static int sftp_stat(struct bk_target *target, const char *name, uint64_t *size,
		     struct bk_err *err)
{
	struct bk_sftp *sftp = bk_sftp_of(target);
	struct bk_sftp_line *line = NULL;

	int rc = bk_sftp_take(sftp, &line, err);
	if (rc == 0)
		rc = bk_sftp_find_size(line, name, size, err);
	bk_sftp_give(sftp, line);
	return rc < 0 ? bk_context(err, "%s/%s", target->where, name) : 0;
}

static void sftp_close(struct bk_target *target)
{
	struct bk_sftp *sftp = bk_sftp_of(target);
	struct bk_sftp_line *line;

	while ((line = take_idle(sftp)))
		bk_sftp_line_close(line);
	bk_link_close(sftp->link);
	(void)pthread_mutex_destroy(&sftp->lock);
	free(sftp);
}

static const struct bk_target_ops sftp_ops = {
	.scheme = "sftp",
	.close = sftp_close,
	.put_begin = bk_sftp_put_begin,
	.put_write = bk_sftp_put_write,
	.put_commit = bk_sftp_put_commit,
	.put_abort = bk_sftp_put_abort,
	.get = bk_sftp_get,
	.list = bk_sftp_list,
	.stat = sftp_stat,
	.remove = sftp_remove,
	.sweep = bk_sftp_sweep,
	.unknown_length = true,
};

static int look_at_folder(struct bk_sftp *sftp, bool create, struct bk_err *err)
{
	struct bk_sftp_line *line = NULL;

	int rc = bk_sftp_take(sftp, &line, err);
	if (rc == 0 && create)
		rc = make_levels(line, sftp->url->path, 0, err);
	if (rc == 0)
		rc = bk_sftp_look_into(line, err);
	bk_sftp_give(sftp, line);
	if (rc < 0 && err->kind == BK_GONE)
		bk_fail(err, BK_GONE, "there is no such folder");
	return rc < 0 ? bk_context(err, "%s", sftp->url->text) : 0;
}

int bk_sftp_open(struct bk_target **out, const struct bk_url *url,
		 const struct bk_access *access, bool create,
		 struct bk_err *err)
{
	struct bk_sftp *sftp = bk_alloc(sizeof(*sftp));

	sftp->target.ops = &sftp_ops;
	sftp->target.where = url->text;
	sftp->url = url;
	(void)pthread_mutex_init(&sftp->lock, NULL);
	if (bk_link_open(&sftp->link, url, access, err) < 0 ||
	    look_at_folder(sftp, create, err) < 0) {
		sftp_close(&sftp->target);
		return -1;
	}
	*out = &sftp->target;
	return 0;
}
