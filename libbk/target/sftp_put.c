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

#include "target/walk.h"

/* Writes on their way at a time: as much as SSH lets go unasked. */
#define WINDOW 64

struct sftp_put {
	struct bk_put put;
	struct bk_sftp_line *line; /* NULL when it was given back */
	struct bk_buf handle;
	char *name, *part; /* the same when it goes directly under its name */
	uint64_t expected; /* bytes, or BK_LENGTH_UNKNOWN */
	uint64_t written;
};

static struct sftp_put *sftp_put_of(struct bk_put *put)
{
	return (struct sftp_put *)put;
}

static struct bk_sftp *sftp_of(const struct sftp_put *put)
{
	return bk_sftp_of(put->put.target);
}

static bool is_direct(const struct sftp_put *put)
{
	return strcmp(put->part, put->name) == 0;
}

static void put_free(struct sftp_put *put)
{
	bk_sftp_give(sftp_of(put), put->line);
	bk_buf_clear(&put->handle);
	free(put->name);
	free(put->part);
	free(put);
}

static int failed(const struct sftp_put *put, struct bk_err *err)
{
	return bk_context(err, "%s/%s", put->put.target->where, put->name);
}

/* ---- what is in the way ---- */

static int is_there_already(struct bk_err *err)
{
	return bk_fail(err, BK_EXISTS, "there is one of that name already");
}

static int note_that_names_stay(struct bk_sftp *sftp, struct bk_err *err)
{
	atomic_store(&sftp->keeps_names, true);
	return bk_fail(err, BK_LOST,
		       "this login may not rename, or not overwrite: from now "
		       "on blobs are put under their own names");
}

/*
 * Who may not rename may be able to overwrite.  What is there in full stays;
 * what is shorter is what a put left that broke, and is put anew.
 */
static int spare_what_is_there(const struct sftp_put *put, struct bk_err *err)
{
	struct bk_err why = {0};
	uint64_t size = 0;

	if (!is_direct(put))
		return 0;
	if (bk_sftp_find_size(put->line, put->name, &size, &why) < 0) {
		if (why.kind == BK_GONE)
			return 0;
		*err = why;
		return -1;
	}
	return put->expected == BK_LENGTH_UNKNOWN || size >= put->expected
		       ? is_there_already(err)
		       : 0;
}

/* Where nothing may be overwritten, what is there is in the way. */
static int explain_denial(const struct sftp_put *put, struct bk_err *err)
{
	struct bk_err ignored = {0};
	uint64_t size;

	if (bk_sftp_find_size(put->line, put->part, &size, &ignored) < 0)
		return -1;
	return is_direct(put) ? is_there_already(err)
			      : note_that_names_stay(sftp_of(put), err);
}

/* A full disk is one more "failure": the room that is left tells. */
static int explain_failure(const struct sftp_put *put, struct bk_err *err)
{
	struct bk_sftp_line *line = put->line;
	struct bk_sftp_answer answer;
	struct bk_err ignored = {0};
	uint64_t available = 1;

	if (!line->has_statvfs)
		return -1;
	bk_sftp_begin(line, BK_SFTP_EXTENDED);
	bk_sftp_add_text(line, "statvfs@openssh.com");
	bk_sftp_add_path(line, "");
	if (bk_sftp_ask(line, &answer, &ignored) < 0 ||
	    bk_sftp_expect(line, &answer, BK_SFTP_EXTENDED_REPLY, &ignored) < 0)
		return -1;
	for (int i = 0; i < 5; i++) /* f_bsize, frsize, blocks, bfree, bavail */
		available = bk_sftp_get_u64(&answer);
	if (answer.bad || available > 0)
		return -1;
	return bk_fail(err, BK_FULL,
		       "no room left there; make some, or run: bk prune");
}

static int explain(const struct sftp_put *put, struct bk_err *err)
{
	if (err->kind == BK_DENIED)
		return explain_denial(put, err);
	return err->kind == BK_FAILED ? explain_failure(put, err) : -1;
}

/* What is in the way is told when it is opened or closed. */
static int explain_write(const struct sftp_put *put, struct bk_err *err)
{
	return err->kind == BK_FAILED ? explain_failure(put, err) : -1;
}

/* ---- the bytes ---- */

static int open_part(struct sftp_put *put, struct bk_err *err)
{
	struct bk_sftp_line *line = put->line;

	if (spare_what_is_there(put, err) < 0)
		return -1;
	int rc = bk_sftp_open_file(line, put->part, BK_SFTP_TO_WRITE,
				   &put->handle, err);
	if (rc < 0 && err->kind == BK_GONE) {
		if (bk_sftp_make_folders(sftp_of(put), line, put->part, err) <
		    0)
			return -1;
		rc = bk_sftp_open_file(line, put->part, BK_SFTP_TO_WRITE,
				       &put->handle, err);
	}
	return rc < 0 ? explain(put, err) : 0;
}

int bk_sftp_put_begin(struct bk_target *target, const char *name,
		      uint64_t length, struct bk_put **out, struct bk_err *err)
{
	struct sftp_put *put = bk_alloc(sizeof(*put));
	struct bk_sftp *sftp = bk_sftp_of(target);
	bool direct = atomic_load(&sftp->keeps_names);

	put->put.target = target;
	put->name = bk_strdup(name);
	put->part = bk_asprintf("%s%s", name, direct ? "" : BK_PART);
	put->expected = length;
	if (bk_sftp_take(sftp, &put->line, err) < 0 ||
	    open_part(put, err) < 0) {
		failed(put, err);
		put_free(put);
		return -1;
	}
	*out = &put->put;
	return 0;
}

/* Hears what became of writes, until so many are left to hear of. */
static int hear(const struct sftp_put *put, unsigned most, struct bk_err *err)
{
	struct bk_sftp_answer answer;

	while (put->line->unanswered > most)
		if (bk_sftp_receive(put->line, &answer, err) < 0 ||
		    bk_sftp_expect(put->line, &answer, BK_SFTP_STATUS, err) < 0)
			return -1;
	return 0;
}

static int write_some(struct sftp_put *put, struct bk_view bytes,
		      struct bk_err *err)
{
	struct bk_sftp_line *line = put->line;
	uint32_t id;

	bk_sftp_begin(line, BK_SFTP_WRITE);
	bk_sftp_add_bytes(line, bk_buf_view(&put->handle));
	bk_sftp_add_u64(line, put->written);
	bk_sftp_add_bytes(line, bytes);
	if (bk_sftp_send(line, &id, err) < 0)
		return -1;
	put->written += bytes.len;
	return hear(put, WINDOW - 1, err);
}

static int write_all(struct sftp_put *put, struct bk_view left,
		     struct bk_err *err)
{
	if (put->expected != BK_LENGTH_UNKNOWN &&
	    left.len > put->expected - put->written)
		return bk_fail(err, BK_MISUSE, "more than %ju bytes",
			       (uintmax_t)put->expected);
	while (left.len > 0) {
		size_t n = left.len < BK_SFTP_CHUNK ? left.len : BK_SFTP_CHUNK;
		if (write_some(put, (struct bk_view){left.data, n}, err) < 0)
			return explain_write(put, err);
		left.data += n;
		left.len -= n;
	}
	return 0;
}

int bk_sftp_put_write(struct bk_put *put, const void *data, size_t len,
		      struct bk_err *err)
{
	struct sftp_put *sftp_put = sftp_put_of(put);
	struct bk_view bytes = {data, len};

	if (write_all(sftp_put, bytes, err) < 0)
		return failed(sftp_put, err);
	return 0;
}

/* ---- the end ---- */

/* What a server does not know, or lets nobody do, is no failure. */
static int make_durable(const struct sftp_put *put, struct bk_err *err)
{
	struct bk_sftp_line *line = put->line;
	struct bk_sftp_answer answer;

	if (!line->has_fsync)
		return 0;
	bk_sftp_begin(line, BK_SFTP_EXTENDED);
	bk_sftp_add_text(line, "fsync@openssh.com");
	bk_sftp_add_bytes(line, bk_buf_view(&put->handle));
	if (bk_sftp_ask(line, &answer, err) < 0)
		return -1;
	if (bk_sftp_is_denied(&answer))
		return 0;
	return bk_sftp_expect(line, &answer, BK_SFTP_STATUS, err);
}

static int close_part(const struct sftp_put *put, struct bk_err *err)
{
	bk_sftp_begin(put->line, BK_SFTP_CLOSE);
	bk_sftp_add_bytes(put->line, bk_buf_view(&put->handle));
	return bk_sftp_do(put->line, err);
}

static int check_size(const struct sftp_put *put, struct bk_err *err)
{
	uint64_t size = 0;

	if (bk_sftp_find_size(put->line, put->part, &size, err) < 0)
		return -1;
	return size == put->written ? 0
				    : bk_fail(err, BK_LOST,
					      "what arrived has another size "
					      "than what was sent");
}

static int finish(const struct sftp_put *put, struct bk_err *err)
{
	if (put->expected != BK_LENGTH_UNKNOWN && put->written != put->expected)
		return bk_fail(err, BK_MISUSE, "%ju bytes written, not %ju",
			       (uintmax_t)put->written,
			       (uintmax_t)put->expected);
	if (hear(put, 0, err) < 0)
		return explain_write(put, err);
	if (make_durable(put, err) < 0 || close_part(put, err) < 0)
		return explain(put, err);
	return check_size(put, err);
}

/* A server says "failure" for a name that is taken, and for much else. */
static int publish(const struct sftp_put *put, struct bk_err *err)
{
	struct bk_sftp_line *line = put->line;
	struct bk_err ignored = {0};
	uint64_t size;

	if (is_direct(put))
		return 0;
	bk_sftp_begin(line, BK_SFTP_RENAME);
	bk_sftp_add_path(line, put->part);
	bk_sftp_add_path(line, put->name);
	int rc = bk_sftp_do(line, err);
	if (rc == 0 || (err->kind != BK_FAILED && err->kind != BK_DENIED))
		return rc;
	if (bk_sftp_find_size(line, put->name, &size, &ignored) == 0)
		return is_there_already(err);
	return err->kind == BK_DENIED ? note_that_names_stay(sftp_of(put), err)
				      : -1;
}

int bk_sftp_put_commit(struct bk_put *put, struct bk_err *err)
{
	struct sftp_put *sftp_put = sftp_put_of(put);

	if (finish(sftp_put, err) < 0 || publish(sftp_put, err) < 0) {
		failed(sftp_put, err);
		bk_sftp_put_abort(put);
		return -1;
	}
	put_free(sftp_put);
	return 0;
}

/* On a connection of its own: on the put's there may be megabytes on their way.
 * A server that was not heard of any more is left alone, and its part is
 * overwritten by the next try, or swept. */
static void remove_part(const struct sftp_put *put)
{
	const struct bk_sftp *sftp = sftp_of(put);
	struct bk_sftp_line *line = NULL;
	struct bk_err ignored = {0};

	if (bk_sftp_line_open(&line, sftp->link, sftp->url->path, true,
			      &ignored) < 0)
		return;
	(void)bk_sftp_remove_name(line, put->part, &ignored);
	bk_sftp_line_close(line);
}

void bk_sftp_put_abort(struct bk_put *put)
{
	struct sftp_put *sftp_put = sftp_put_of(put);
	bool silent = sftp_put->line->broken;

	bk_sftp_line_close(sftp_put->line);
	sftp_put->line = NULL;
	/* A blob that lies under its name may be somebody else's. */
	if (!silent && !is_direct(sftp_put))
		remove_part(sftp_put);
	put_free(sftp_put);
}
