/*
 * Putting over SFTP: see sftp_session.h.
 *
 * A login that may not rename, or overwrite a part that an earlier run left,
 * puts blobs plainly under their names, as bk-format(5) has it.  Nothing says
 * so beforehand: the first refusal is remembered, and whoever has the bytes
 * tries again.
 */

#include "target/sftp_session.h"

#include <stdlib.h>
#include <string.h>

#include "target/upload.h"
#include "target/walk.h"

static int note_that_names_stay(struct bk_sftp *sftp, struct bk_err *err)
{
	atomic_store(&sftp->keeps_names, true);
	return bk_fail(err, BK_LOST,
		       "this login may not rename, or not overwrite: from now "
		       "on blobs are put under their own names");
}

static int is_there_already(struct bk_err *err)
{
	return bk_fail(err, BK_EXISTS, "there is one of that name already");
}

/*
 * Who may not rename may be able to overwrite.  What is there in full stays;
 * what is shorter is what a put left that broke, and is put anew.
 */
static int spare_what_is_there(struct bk_sftp *sftp,
			       const struct bk_upload *upload,
			       struct bk_err *err)
{
	struct bk_err why = {0};
	uint64_t size = 0;

	if (bk_sftp_find_size(sftp, upload->name, &size, &why) < 0) {
		if (why.kind == BK_GONE)
			return 0;
		*err = why;
		return -1;
	}
	return upload->expected == BK_LENGTH_UNKNOWN || size >= upload->expected
		       ? is_there_already(err)
		       : 0;
}

/* Bytes that a server does not take: where nothing may be overwritten, what is
 * there is in the way. */
static void explain_denial(struct bk_sftp *sftp, const char *name, bool direct,
			   struct bk_err *err)
{
	char *part = bk_asprintf("%s%s", name, direct ? "" : BK_PART);
	struct bk_err ignored = {0};
	uint64_t size;

	if (err->kind == BK_DENIED &&
	    bk_sftp_find_size(sftp, part, &size, &ignored) == 0) {
		(void)(direct ? is_there_already(err)
			      : note_that_names_stay(sftp, err));
		(void)bk_context(err, "%s/%s", sftp->target.where, name);
	}
	free(part);
}

int bk_sftp_put_begin(struct bk_target *target, const char *name,
		      uint64_t length, struct bk_put **out, struct bk_err *err)
{
	struct bk_sftp *sftp = bk_sftp_of(target);
	struct bk_upload *upload =
		bk_upload_new(target, sftp->link, name, length);
	CURL *easy = upload->line->easy;
	bool direct = atomic_load(&sftp->keeps_names);

	if (direct) {
		bk_upload_directly(upload);
		if (spare_what_is_there(sftp, upload, err) < 0) {
			bk_upload_failed(upload, err);
			bk_upload_free(upload);
			return -1;
		}
	}
	bk_sftp_aim(sftp, upload->line, upload->part, "");
	(void)curl_easy_setopt(easy, CURLOPT_FTP_CREATE_MISSING_DIRS, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_NEW_DIRECTORY_PERMS, 0700L);
	(void)curl_easy_setopt(easy, CURLOPT_NEW_FILE_PERMS, 0600L);
	if (bk_upload_begin(upload, out, err) == 0)
		return 0;
	explain_denial(sftp, name, direct, err);
	return -1;
}

/* A server says "failure" for a name that is taken, and for much else. */
static int publish(struct bk_sftp *sftp, struct bk_upload *upload,
		   struct bk_err *err)
{
	const char *const names[2] = {upload->part, upload->name};
	struct bk_err ignored = {0};
	uint64_t size;

	if (bk_upload_is_direct(upload))
		return 0;
	struct bk_line *line = bk_link_take(sftp->link);
	int rc = bk_sftp_command(sftp, line, "rename", names, err);
	bk_link_give(line);
	if (rc == 0 || (err->kind != BK_FAILED && err->kind != BK_DENIED))
		return rc;
	if (bk_sftp_find_size(sftp, upload->name, &size, &ignored) == 0)
		return is_there_already(err);
	return err->kind == BK_DENIED ? note_that_names_stay(sftp, err) : -1;
}

/* A blob that lies under its name already may be somebody else's. */
static int remove_part(struct bk_upload *upload, struct bk_err *err)
{
	const char *const names[2] = {upload->part, NULL};

	if (bk_upload_is_direct(upload))
		return 0;
	return bk_sftp_command(bk_sftp_of(upload->put.target), upload->line,
			       "rm", names, err);
}

/* A full disk is one more "failure": the room that is left tells. */
static void explain_failure(struct bk_sftp *sftp, struct bk_upload *upload,
			    struct bk_err *err);

int bk_sftp_put_write(struct bk_put *put, const void *data, size_t len,
		      struct bk_err *err)
{
	struct bk_upload *upload = bk_upload_of(put);

	if (bk_upload_write(put, data, len, err) == 0)
		return 0;
	explain_failure(bk_sftp_of(put->target), upload, err);
	return -1;
}

int bk_sftp_put_commit(struct bk_put *put, struct bk_err *err)
{
	struct bk_upload *upload = bk_upload_of(put);
	struct bk_sftp *sftp = bk_sftp_of(put->target);

	if (bk_upload_finish(upload, err) < 0) {
		explain_failure(sftp, upload, err);
		bk_upload_drop(upload, remove_part);
		return -1;
	}
	if (bk_sftp_check_size(sftp, upload->part, upload->written, err) < 0 ||
	    publish(sftp, upload, err) < 0) {
		bk_upload_failed(upload, err);
		bk_upload_drop(upload, remove_part);
		return -1;
	}
	bk_upload_free(upload);
	return 0;
}

void bk_sftp_put_abort(struct bk_put *put)
{
	bk_upload_drop(bk_upload_of(put), remove_part);
}

/* "key: value" of the answer to statvfs, or 0. */
static uint64_t value_of(struct bk_buf *text, const char *key)
{
	const char *at = strstr(bk_buf_text(text), key);

	return at ? strtoull(at + strlen(key), NULL, 10) : UINT64_MAX;
}

static void explain_failure(struct bk_sftp *sftp, struct bk_upload *upload,
			    struct bk_err *err)
{
	const char *const names[2] = {"", NULL};
	struct bk_err ignored = {0};

	if (err->kind == BK_DENIED) {
		bk_upload_stop(upload);
		explain_denial(sftp, upload->name, bk_upload_is_direct(upload),
			       err);
	}
	if (err->kind != BK_LOST && err->kind != BK_FAILED)
		return;
	bk_upload_stop(upload);
	struct bk_line *line = bk_link_take(sftp->link);
	if (bk_sftp_command(sftp, line, "statvfs", names, &ignored) == 0 &&
	    value_of(&line->replies, "f_bavail: ") == 0) {
		bk_fail(err, BK_FULL,
			"no room left there; make some, or run: "
			"bk prune");
		bk_upload_failed(upload, err);
	}
	bk_link_give(line);
}
