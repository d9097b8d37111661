/* Listing one folder of an FTP server: see ftp_session.h. */

#include <string.h>

#include "target/ftp_list.h"
#include "target/ftp_session.h"
#include "target/ls_line.h"

/* Cuts what comes into lines. */
struct lines {
	struct bk_sink sink;
	struct bk_buf line; /* that has no end yet */
	int (*read)(struct bk_view line, struct bk_entry *out,
		    struct bk_err *err);
	struct bk_ftp_taker *taker;
};

static int take_line(struct lines *lines, struct bk_err *err)
{
	struct bk_view line = bk_buf_view(&lines->line);
	struct bk_entry entry = {0};

	if (line.len && line.data[line.len - 1] == '\r')
		line.len--;
	int rc = lines->read(line, &entry, err);
	lines->line.len = 0;
	return rc > 0 ? lines->taker->take(lines->taker, &entry, err) : rc;
}

static int take_lines(struct bk_sink *to, const void *data, size_t len,
		      struct bk_err *err)
{
	struct lines *lines = (struct lines *)to;
	const uint8_t *at = data, *end = at + len;

	while (at < end) {
		const uint8_t *eol = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((eol ? eol : end) - at);
		if (lines->line.len + n > BK_FTP_LINE_MAX)
			return bk_fail(err, BK_FAILED,
				       "the server's listing has a line "
				       "without an end");
		bk_buf_add(&lines->line, at, n);
		if (eol && take_line(lines, err) < 0)
			return -1;
		at += n + (eol != NULL);
	}
	return 0;
}

static void ask_folder(struct bk_line *line, const char *path)
{
	struct bk_buf folder = {0};

	/* The '/' at the end makes it a folder for libcurl. */
	bk_buf_printf(&folder, "%s%s", path, path[1] ? "/" : "");
	bk_line_to(line, bk_buf_text(&folder));
	bk_buf_clear(&folder);
}

/* There are servers that show an empty list of a folder that is not there, but
 * none lets one go there.  0: it is refused; -1. */
static int ask_list(struct bk_line *line, const char *path, struct bk_err *err)
{
	/* libcurl does not go where it believes to be, though that folder may
	 * have been replaced; this makes it forget, and is refused without
	 * the loss of the connection. */
	int code = bk_ftp_ask(line, err, "CWD %s", path);

	if (code / 100 == 4)
		return bk_ftp_refused(line, err);
	if (code < 0 || code / 100 != 2)
		return code < 0 ? -1 : 0;
	ask_folder(line, path);
	(void)curl_easy_setopt(line->easy, CURLOPT_FTP_FILEMETHOD,
			       (long)CURLFTPMETHOD_SINGLECWD);
	return 1;
}

/* Did the server say no to this folder? */
static bool was_refused(const struct bk_line *line)
{
	return bk_line_status(line) / 100 == 5 &&
	       (line->result == CURLE_FTP_COULDNT_RETR_FILE ||
		line->result == CURLE_REMOTE_FILE_NOT_FOUND ||
		line->result == CURLE_REMOTE_ACCESS_DENIED ||
		bk_ftp_was_refused(line));
}

/* 226 or 250 and nothing else: what a server broke off is no listing, and
 * libcurl takes 450 for an empty one. */
static int check_end(struct bk_line *line, const struct lines *lines,
		     struct bk_err *err)
{
	long status = bk_line_status(line);

	if (status != 226 && status != 250)
		return bk_ftp_refused(line, err);
	if (lines->line.len)
		return bk_fail(err, BK_LOST,
			       "the listing ends in the middle of a line");
	if (!bk_line_ended(line))
		return bk_fail(err, BK_LOST,
			       "the connection of the listing was cut");
	return 1;
}

int bk_ftp_folder(struct bk_ftp *ftp, struct bk_line *line, const char *path,
		  struct bk_ftp_taker *taker, struct bk_err *err)
{
	struct lines lines = {
		.sink.write = take_lines,
		.read = ftp->mlsd ? bk_ftp_mlsd_line : bk_ls_line,
		.taker = taker,
	};
	struct bk_err why = {0};
	int rc;

	if (ftp->mlsd) {
		ask_folder(line, path);
		(void)curl_easy_setopt(line->easy, CURLOPT_CUSTOMREQUEST,
				       "MLSD");
	} else {
		rc = ask_list(line, path, err);
		if (rc <= 0)
			return rc;
	}
	bk_line_into(line, &lines.sink);
	rc = bk_line_run(line, &why);
	if (rc < 0 && was_refused(line))
		rc = 0;
	else if (rc < 0)
		*err = why;
	else
		rc = check_end(line, &lines, err);
	bk_buf_clear(&lines.line);
	return rc;
}
