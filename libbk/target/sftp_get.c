/* Getting over SFTP: see sftp_session.h. */

#include "target/sftp_session.h"

#include <stdio.h>

/* Takes so many bytes, and none beyond them. */
struct counted_sink {
	struct bk_sink sink;
	struct bk_sink *to; /* NULL when nothing is to come */
	uint64_t left;
};

static int write_counted(struct bk_sink *sink, const void *data, size_t len,
			 struct bk_err *err)
{
	struct counted_sink *counted = (struct counted_sink *)sink;

	if (len > counted->left)
		return bk_fail(err, BK_CORRUPT, "more came than was asked for");
	counted->left -= len;
	return counted->to->write(counted->to, data, len, err);
}

static int ends_before(struct bk_err *err)
{
	return bk_fail(err, BK_CORRUPT, "it ends before");
}

static int get_range(struct bk_sftp *sftp, const char *name, uint64_t offset,
		     uint64_t len, struct bk_sink *to, struct bk_err *err)
{
	struct counted_sink sink = {{write_counted}, to, len};
	struct bk_line *line = bk_link_take(sftp->link);
	char range[48];

	(void)snprintf(range, sizeof(range), "%ju-%ju", (uintmax_t)offset,
		       (uintmax_t)(offset + len - 1));
	bk_sftp_aim(sftp, line, name, "");
	(void)curl_easy_setopt(line->easy, CURLOPT_RANGE, range);
	bk_line_into(line, &sink.sink);
	int rc = bk_sftp_run(line, err);
	if (rc == 0 && sink.left)
		rc = ends_before(err);
	else if (rc < 0 && line->result == CURLE_BAD_DOWNLOAD_RESUME)
		ends_before(err);
	bk_link_give(line);
	return rc;
}

int bk_sftp_get(struct bk_target *target, const char *name, uint64_t offset,
		uint64_t len, struct bk_sink *to, struct bk_err *err)
{
	struct bk_sftp *sftp = bk_sftp_of(target);
	uint64_t size = 0;
	int rc;

	if (len == 0) {
		rc = bk_sftp_find_size(sftp, name, &size, err);
		if (rc == 0 && offset > size)
			rc = ends_before(err);
	} else if (offset > INT64_MAX - len) {
		rc = ends_before(err);
	} else {
		rc = get_range(sftp, name, offset, len, to, err);
	}
	return rc < 0 ? bk_context(err, "%s/%s", target->where, name) : 0;
}

/* Has the file this very size?  What is behind it is asked for: nothing is. */
int bk_sftp_check_size(struct bk_sftp *sftp, const char *name, uint64_t size,
		       struct bk_err *err)
{
	struct counted_sink sink = {{write_counted}, NULL, 0};
	struct bk_line *line = bk_link_take(sftp->link);

	bk_sftp_aim(sftp, line, name, "");
	(void)curl_easy_setopt(line->easy, CURLOPT_RESUME_FROM_LARGE,
			       (curl_off_t)size);
	bk_line_into(line, &sink.sink);
	int rc = bk_sftp_run(line, err);
	if (rc < 0 && (line->result == CURLE_BAD_DOWNLOAD_RESUME ||
		       err->kind == BK_CORRUPT))
		bk_fail(err, BK_LOST,
			"what arrived has another size than what was sent");
	bk_link_give(line);
	return rc;
}
