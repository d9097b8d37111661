/* Putting over SFTP: see sftp_session.h. */

#include "target/sftp_session.h"

#include <stdlib.h>
#include <string.h>

#include "target/upload.h"

int bk_sftp_put_begin(struct bk_target *target, const char *name,
		      uint64_t length, struct bk_put **out, struct bk_err *err)
{
	struct bk_sftp *sftp = bk_sftp_of(target);
	struct bk_upload *upload =
		bk_upload_new(target, sftp->link, name, length);
	CURL *easy = upload->line->easy;

	bk_sftp_aim(sftp, upload->line, upload->part, "");
	(void)curl_easy_setopt(easy, CURLOPT_FTP_CREATE_MISSING_DIRS, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_NEW_DIRECTORY_PERMS, 0700L);
	(void)curl_easy_setopt(easy, CURLOPT_NEW_FILE_PERMS, 0600L);
	return bk_upload_begin(upload, out, err);
}

/* A server says "failure" for a name that is taken, and for much else. */
static int publish(struct bk_sftp *sftp, struct bk_upload *upload,
		   struct bk_err *err)
{
	const char *const names[2] = {upload->part, upload->name};
	struct bk_line *line = bk_link_take(sftp->link);
	struct bk_err ignored = {0};
	uint64_t size;

	int rc = bk_sftp_command(sftp, line, "rename", names, err);
	bk_link_give(line);
	if (rc < 0 && err->kind == BK_FAILED &&
	    bk_sftp_find_size(sftp, upload->name, &size, &ignored) == 0)
		bk_fail(err, BK_EXISTS, "there is one of that name already");
	return rc;
}

static int remove_part(struct bk_upload *upload, struct bk_err *err)
{
	const char *const names[2] = {upload->part, NULL};

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
