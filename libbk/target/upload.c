/* The common half of a put over a connection: see upload.h. */

#include "target/upload.h"

#include <stdlib.h>
#include <string.h>

#include "target/walk.h"

struct bk_upload *bk_upload_new(struct bk_target *target, struct bk_link *link,
				const char *name, uint64_t length)
{
	struct bk_upload *upload = bk_alloc(sizeof(*upload));

	upload->put.target = target;
	upload->line = bk_link_take(link);
	upload->name = bk_strdup(name);
	upload->part = bk_asprintf("%s" BK_PART, name);
	upload->expected = length;
	return upload;
}

void bk_upload_free(struct bk_upload *upload)
{
	if (!upload)
		return;
	bk_link_give(upload->line);
	free(upload->name);
	free(upload->part);
	free(upload);
}

void bk_upload_directly(struct bk_upload *upload)
{
	free(upload->part);
	upload->part = bk_strdup(upload->name);
}

bool bk_upload_is_direct(const struct bk_upload *upload)
{
	return strcmp(upload->part, upload->name) == 0;
}

void bk_upload_drop(struct bk_upload *upload,
		    int (*remove)(struct bk_upload *upload, struct bk_err *err))
{
	struct bk_line *line = upload->line;
	bool silent = line->stalled || line->result == CURLE_OPERATION_TIMEDOUT;
	struct bk_err ignored = {0};

	bk_upload_stop(upload);
	if (!silent) {
		bk_line_tidy(line);
		(void)remove(upload, &ignored);
	}
	bk_upload_free(upload);
}

int bk_upload_failed(const struct bk_upload *upload, struct bk_err *err)
{
	return bk_context(err, "%s/%s", upload->put.target->where,
			  upload->name);
}

int bk_upload_begin(struct bk_upload *upload, struct bk_put **out,
		    struct bk_err *err)
{
	uint64_t length = upload->expected == BK_LENGTH_UNKNOWN
				  ? BK_LINE_UNKNOWN
				  : upload->expected;

	if (bk_line_send_begin(upload->line, length, err) < 0) {
		bk_upload_failed(upload, err);
		bk_upload_free(upload);
		return -1;
	}
	*out = &upload->put;
	return 0;
}

int bk_upload_write(struct bk_put *put, const void *data, size_t len,
		    struct bk_err *err)
{
	struct bk_upload *upload = bk_upload_of(put);
	int rc = 0;

	if (upload->expected != BK_LENGTH_UNKNOWN &&
	    len > upload->expected - upload->written)
		rc = bk_fail(err, BK_MISUSE, "more than %ju bytes",
			     (uintmax_t)upload->expected);
	else
		rc = bk_line_send(upload->line, data, len, err);
	upload->written += len;
	return rc < 0 ? bk_upload_failed(upload, err) : 0;
}

int bk_upload_finish(struct bk_upload *upload, struct bk_err *err)
{
	int rc = 0;

	if (upload->expected != BK_LENGTH_UNKNOWN &&
	    upload->written != upload->expected)
		rc = bk_fail(err, BK_MISUSE, "%ju bytes written, not %ju",
			     (uintmax_t)upload->written,
			     (uintmax_t)upload->expected);
	else
		rc = bk_line_send_end(upload->line, err);
	return rc < 0 ? bk_upload_failed(upload, err) : 0;
}

void bk_upload_stop(struct bk_upload *upload)
{
	bk_line_stop(upload->line);
}
