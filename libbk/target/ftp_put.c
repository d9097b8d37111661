/*
 * Puts over FTP: STOR to NAME.part, SIZE, RNFR and RNTO.
 *
 * A login that may neither delete nor overwrite nor rename puts blobs plainly
 * under their names, as bk-format(5) has it.  Nothing says so beforehand: the
 * first refusal to rename is remembered.  The bytes of small blobs are kept
 * until then, and put anew; a large one fails with BK_LOST, and whoever has its
 * bytes tries again.
 */

#include "target/ftp_put.h"

#include <stdlib.h>
#include <string.h>

#include "target/ftp_session.h"
#include "target/upload.h"

#define BEGIN_TRIES 3
#define KEPT_MAX    ((uint64_t)1 << 20)
#define PROBE_LEN   ((size_t)15 << 10)
#define PROBES      4

struct ftp_put {
	struct bk_put put;
	struct bk_upload *up;
	struct bk_buf kept; /* all of it, while renames are unknown */
};

static struct ftp_put *ftp_put_of(struct bk_put *put)
{
	return (struct ftp_put *)put;
}

static struct bk_ftp *ftp_of(const struct ftp_put *put)
{
	return bk_ftp_of(put->put.target);
}

static void put_free(struct ftp_put *put)
{
	bk_upload_free(put->up);
	bk_buf_clear(&put->kept);
	free(put);
}

/* The caller's. */
static char *part_path(const struct ftp_put *put)
{
	return bk_ftp_path(ftp_of(put), put->up->part);
}

/* What a server says to bytes that it does not take is no word about whether
 * something is there, whatever the code: -1. */
static int not_taken(struct bk_err *err)
{
	struct bk_err why = *err;

	if (why.kind != BK_GONE)
		return -1;
	return bk_fail(err, BK_DENIED, "%s; may this login write there?",
		       why.text);
}

/* ---- beginning ---- */

static int begin_at(struct ftp_put *put, struct bk_err *err)
{
	struct bk_line *line = put->up->line;
	char *path = part_path(put);

	bk_line_to(line, path);
	int rc = bk_line_send_begin(line, put->up->expected, err);
	if (rc < 0)
		bk_line_stop(line);
	free(path);
	return rc;
}

/* A folder that is there already is refused too: what follows tells. */
static int make_folders(struct ftp_put *put, struct bk_err *err)
{
	char *name = bk_strdup(put->up->name);
	int rc = 0;

	for (char *at = strchr(name, '/'); at && rc >= 0;
	     at = strchr(at + 1, '/')) {
		*at = 0;
		char *path = bk_ftp_path(ftp_of(put), name);
		rc = bk_ftp_ask(put->up->line, err, "MKD %s", path);
		free(path);
		*at = '/';
	}
	free(name);
	return rc < 0 ? -1 : 0;
}

/* The folder of a blob, "" for none; the caller's. */
static char *folder_of(const char *name)
{
	const char *slash = strrchr(name, '/');

	return bk_strndup(name, slash ? (size_t)(slash - name) : 0);
}

/* Is it the folder of the last put? */
static bool is_known(struct ftp_put *put)
{
	struct bk_ftp *ftp = ftp_of(put);
	char *folder = folder_of(put->up->name);

	(void)pthread_mutex_lock(&ftp->lock);
	bool known =
		!*folder || (ftp->folder && strcmp(folder, ftp->folder) == 0);
	(void)pthread_mutex_unlock(&ftp->lock);
	free(folder);
	return known;
}

static void remember_folder(struct ftp_put *put)
{
	struct bk_ftp *ftp = ftp_of(put);
	char *folder = folder_of(put->up->name);

	(void)pthread_mutex_lock(&ftp->lock);
	free(ftp->folder);
	ftp->folder = folder;
	(void)pthread_mutex_unlock(&ftp->lock);
}

static int is_there(struct ftp_put *put, bool *there, struct bk_err *err)
{
	enum bk_ftp_found found;
	struct bk_entry entry;
	char *path = part_path(put);
	int rc = bk_ftp_find(ftp_of(put), put->up->line, path, &found, &entry,
			     err);

	free(path);
	*there = rc == 0 && found == BK_FTP_THERE;
	return rc;
}

/* Where nothing may be overwritten, a part that an earlier attempt left is in
 * the way: then it goes under its name. */
static int begin_otherwise(struct ftp_put *put, const struct bk_err *refusal,
			   struct bk_err *err)
{
	struct bk_err why = *refusal;
	bool there;

	if (is_there(put, &there, err) < 0)
		return -1;
	if (there && !bk_upload_is_direct(put->up)) {
		bk_upload_directly(put->up);
		why = (struct bk_err){0};
		if (begin_at(put, &why) == 0)
			return 0;
		if (is_there(put, &there, err) < 0)
			return -1;
	}
	*err = why;
	if (there)
		err->kind = BK_EXISTS;
	else if (why.kind != BK_LOST && why.kind != BK_BUSY)
		bk_fail(err, BK_DENIED, "%s; may this login write here?",
			why.text);
	return -1;
}

/* 1; 0: the server refuses, and *err says how; -1. */
static int try_to_begin(struct ftp_put *put, struct bk_err *err)
{
	struct bk_line *line = put->up->line;
	struct bk_err why = {0};
	bool refused;

	/* To ask for a folder is cheap, and a refusal may cost a login. */
	if (!is_known(put) && make_folders(put, err) < 0)
		return -1;
	for (int i = 0;; i++) {
		why = (struct bk_err){0};
		if (begin_at(put, &why) == 0)
			return 1;
		refused = bk_ftp_was_refused(line);
		if ((!refused && !bk_ftp_perhaps_refused(line)) ||
		    i == BEGIN_TRIES)
			break;
		/* Somebody's removal may take a folder away in between. */
		if (make_folders(put, err) < 0)
			return -1;
	}
	*err = why;
	return refused ? 0 : -1;
}

static int begin(struct ftp_put *put, struct bk_err *err)
{
	struct bk_err why = {0};

	int rc = try_to_begin(put, &why);
	if (rc == 0)
		return begin_otherwise(put, &why, err);
	if (rc < 0)
		*err = why;
	return rc < 0 ? -1 : 0;
}

int bk_ftp_put_begin(struct bk_target *target, const char *name,
		     uint64_t length, struct bk_put **out, struct bk_err *err)
{
	struct bk_ftp *ftp = bk_ftp_of(target);
	struct ftp_put *put = bk_alloc(sizeof(*put));

	put->put.target = target;
	put->up = bk_upload_new(target, ftp->link, name, length);
	if (atomic_load(&ftp->renames) == BK_FTP_RENAMES_NO)
		bk_upload_directly(put->up);
	if (begin(put, err) < 0) {
		(void)not_taken(err);
		bk_upload_failed(put->up, err);
		put_free(put);
		return -1;
	}
	remember_folder(put);
	*out = &put->put;
	return 0;
}

/* ---- writing ---- */

/*
 * A server without room breaks the data connection, and why it did is lost with
 * it: a little more is sent, and that is answered.  It is so little that it
 * fits into one record of TLS, which the server has read when it fails: with
 * more behind it, the connection would be reset again, before the answer.
 * Several times, for what is left of the file's last block may take some.
 */
static int see_whether_it_is_full(struct ftp_put *put, struct bk_err *err)
{
	static const uint8_t zeros[PROBE_LEN];
	struct bk_view bytes = {zeros, sizeof(zeros)};
	struct bk_line *line = put->up->line;
	struct bk_err why = {0};

	if (err->kind != BK_LOST || bk_upload_is_direct(put->up) ||
	    line->stalled || line->result == CURLE_OPERATION_TIMEDOUT)
		return not_taken(err);
	bk_line_stop(line);
	char *path = part_path(put);
	/* After a transfer that broke, the next one's TLS may be refused. */
	for (int i = 0; i < PROBES; i++) {
		why = (struct bk_err){0};
		if (bk_ftp_store(line, path, bytes, true, &why) < 0 &&
		    (why.kind != BK_LOST || line->stalled ||
		     line->result == CURLE_COULDNT_CONNECT))
			break;
	}
	if (why.kind == BK_FULL) {
		*err = why;
		bk_upload_failed(put->up, err);
	}
	free(path);
	return -1;
}

int bk_ftp_put_write(struct bk_put *base, const void *data, size_t len,
		     struct bk_err *err)
{
	struct ftp_put *put = ftp_put_of(base);

	if (bk_upload_write(&put->up->put, data, len, err) < 0)
		return see_whether_it_is_full(put, err);
	if (atomic_load(&ftp_of(put)->renames) == BK_FTP_RENAMES_UNKNOWN &&
	    put->up->expected <= KEPT_MAX)
		bk_buf_add(&put->kept, data, len);
	return 0;
}

static int remove_part(struct bk_upload *up, struct bk_err *err)
{
	char *path = bk_ftp_path(bk_ftp_of(up->put.target), up->part);
	int code = bk_ftp_ask(up->line, err, "DELE %s", path);

	free(path);
	return code < 0 ? -1 : 0;
}

void bk_ftp_put_abort(struct bk_put *base)
{
	struct ftp_put *put = ftp_put_of(base);

	bk_upload_drop(put->up, remove_part);
	put->up = NULL;
	put_free(put);
}

/* ---- committing ---- */

/* The size of what is there, 0 where there is nothing that has one. */
static int look_at(struct ftp_put *put, const char *path, uint64_t *size,
		   struct bk_err *err)
{
	enum bk_ftp_found found;
	struct bk_entry entry;

	int rc = bk_ftp_size(put->up->line, path, size, err);
	if (rc != 0)
		return rc;
	if (bk_ftp_find(ftp_of(put), put->up->line, path, &found, &entry, err) <
	    0)
		return -1;
	*size = entry.size;
	return found == BK_FTP_THERE && entry.kind == BK_ENTRY_FILE;
}

static int check_size(struct ftp_put *put, const char *path, struct bk_err *err)
{
	uint64_t size = 0;

	int rc = look_at(put, path, &size, err);
	if (rc > 0 && size == put->up->written)
		return 0;
	if (rc < 0)
		return -1;
	/* Where a data connection ends, only its end says; a middlebox that
	 * ends it is believed. */
	return bk_fail(err, BK_LOST,
		       "%ju bytes were sent, and the server has %ju",
		       (uintmax_t)put->up->written, (uintmax_t)size);
}

/* Is the blob under its name, whatever became of the reply? */
static bool has_its_name(struct ftp_put *put, const char *name)
{
	struct bk_err ignored = {0};
	uint64_t size;

	return look_at(put, name, &size, &ignored) > 0 &&
	       size == put->up->written;
}

static int put_plainly(struct ftp_put *put, struct bk_err *err)
{
	bool all = put->kept.len == put->up->written;
	struct bk_err ignored = {0};

	atomic_store(&ftp_of(put)->renames, BK_FTP_RENAMES_NO);
	(void)remove_part(put->up, &ignored);
	bk_upload_directly(put->up);
	if (!all)
		return bk_fail(err, BK_LOST,
			       "this login may not rename; it is to be put "
			       "again, under its name");
	char *path = part_path(put);
	int rc = bk_ftp_store(put->up->line, path, bk_buf_view(&put->kept),
			      false, err);
	if (rc == 0)
		rc = check_size(put, path, err);
	free(path);
	return rc;
}

/* 1; 0: refused, and nothing is there under the name; -1. */
static int give_name(struct ftp_put *put, const char *part, const char *name,
		     struct bk_err *err)
{
	struct bk_line *line = put->up->line;
	enum bk_ftp_found found;
	struct bk_entry entry;

	int code = bk_ftp_ask(line, err, "RNFR %s", part);
	if (code / 100 == 3)
		code = bk_ftp_ask(line, err, "RNTO %s", name);
	if (code / 100 == 2)
		return 1;
	if (code >= 0)
		bk_ftp_refused(line, err);
	struct bk_err why = *err, ignored = {0};
	if (has_its_name(put, name)) {
		/* By an attempt before this one, or with the reply lost. */
		(void)remove_part(put->up, &ignored);
		return 1;
	}
	if (code / 100 != 5 || why.kind == BK_LOST || why.kind == BK_FULL) {
		*err = why;
		return -1;
	}
	if (bk_ftp_find(ftp_of(put), line, name, &found, &entry, err) < 0)
		return -1;
	if (found == BK_FTP_MISSING)
		return 0;
	*err = why;
	err->kind = found == BK_FTP_THERE ? BK_EXISTS : BK_FAILED;
	return -1;
}

static int publish(struct ftp_put *put, struct bk_err *err)
{
	char *name = bk_ftp_path(ftp_of(put), put->up->name);
	char *part = part_path(put);
	struct bk_err why = {0};

	int rc = check_size(put, part, err);
	if (rc == 0 && !bk_upload_is_direct(put->up)) {
		rc = give_name(put, part, name, &why);
		if (rc > 0)
			atomic_store(&ftp_of(put)->renames, BK_FTP_RENAMES_YES);
		if (rc < 0)
			*err = why;
		if (rc == 0)
			rc = put_plainly(put, err);
	}
	free(part);
	free(name);
	return rc < 0 ? bk_upload_failed(put->up, err) : 0;
}

int bk_ftp_put_commit(struct bk_put *base, struct bk_err *err)
{
	struct ftp_put *put = ftp_put_of(base);

	int rc = bk_upload_finish(put->up, err);
	if (rc < 0)
		rc = see_whether_it_is_full(put, err);
	else
		rc = publish(put, err);
	if (rc < 0) {
		(void)not_taken(err);
		bk_ftp_put_abort(base);
		return -1;
	}
	put_free(put);
	return 0;
}
