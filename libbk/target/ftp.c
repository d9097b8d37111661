/* A folder of an FTP server as a target: see ftp.h. */

#include "target/ftp.h"

#include <stdlib.h>
#include <string.h>

#include "target/ftp_put.h"
#include "target/ftp_session.h"
#include "target/ftp_sweep.h"

/* To read to the end what is not wanted costs less than another login. */
#define SLACK ((uint64_t)256 << 10)

static int failed(struct bk_target *target, const char *name,
		  struct bk_err *err)
{
	return bk_context(err, "%s/%s", target->where, name);
}

static void ftp_close(struct bk_target *target)
{
	struct bk_ftp *ftp = bk_ftp_of(target);

	bk_link_close(ftp->link);
	(void)pthread_mutex_destroy(&ftp->lock);
	free(ftp->folder);
	free(ftp);
}

/* ---- getting ---- */

/* Hands on the bytes that were asked for. */
struct stretch {
	struct bk_sink sink;
	struct bk_sink *to;
	uint64_t left, beyond;
	bool enough; /* all of them came, and then too many more */
};

static int take_stretch(struct bk_sink *base, const void *data, size_t len,
			struct bk_err *err)
{
	struct stretch *stretch = (struct stretch *)base;
	size_t n = len < stretch->left ? len : (size_t)stretch->left;

	if (n && stretch->to->write(stretch->to, data, n, err) < 0)
		return -1;
	stretch->left -= n;
	stretch->beyond += len - n;
	stretch->enough = stretch->beyond > SLACK;
	return stretch->enough ? bk_fail(err, BK_FAILED, "enough") : 0;
}

/* 1: they have come; 0: the server does not give them; -1. */
static int fetch(struct bk_ftp *ftp, struct bk_line *line, const char *path,
		 uint64_t offset, struct stretch *stretch, struct bk_err *err)
{
	struct curl_slist *commands = NULL;
	struct bk_buf text = {0};
	struct bk_err why = {0};

	bk_line_to(line, path);
	/* libcurl's own range ends in another login, and its own REST asks
	 * for the size first.  Every byte is counted here. */
	(void)curl_easy_setopt(line->easy, CURLOPT_IGNORE_CONTENT_LENGTH, 1L);
	if (ftp->rang)
		bk_buf_printf(&text, "RANG %ju %ju", (uintmax_t)offset,
			      (uintmax_t)(offset + stretch->left - 1));
	else if (offset)
		bk_buf_printf(&text, "REST %ju", (uintmax_t)offset);
	if (text.len)
		commands = curl_slist_append(NULL, bk_buf_text(&text));
	(void)curl_easy_setopt(line->easy, CURLOPT_PREQUOTE, commands);
	bk_line_into(line, &stretch->sink);
	int rc = bk_line_run(line, &why);
	(void)curl_easy_setopt(line->easy, CURLOPT_PREQUOTE, NULL);
	curl_slist_free_all(commands);
	bk_buf_clear(&text);
	if (rc == 0 || stretch->enough)
		return stretch->left == 0;
	*err = why;
	return line->sink_err.kind == BK_OK && (bk_ftp_was_refused(line) ||
						bk_ftp_perhaps_refused(line))
		       ? 0
		       : -1;
}

/* They did not all come: *err is why, if the server or libcurl said so. */
static int why_short(struct bk_ftp *ftp, struct bk_line *line, const char *path,
		     uint64_t end, struct bk_err *err)
{
	bool refused = bk_ftp_was_refused(line);
	bool perhaps = !refused && bk_ftp_perhaps_refused(line);
	char reply[BK_REPLY_TEXT];
	struct bk_err said = *err;
	uint64_t size;

	int rc = bk_ftp_size(line, path, &size, err);
	if (rc == 0)
		return bk_ftp_why(ftp, line, path, err);
	if (rc < 0)
		return -1;
	if (size < end)
		return bk_fail(err, BK_CORRUPT, "ends after %ju bytes",
			       (uintmax_t)size);
	if (refused)
		return bk_fail(err, BK_DENIED, "%s; may this login read it?",
			       said.text);
	if (perhaps && bk_ftp_refuses_to_send(line, path, reply))
		return bk_fail(
			err, BK_DENIED,
			"the server says \"%s\"; may this login read it?",
			reply);
	if (said.kind == BK_OK)
		return bk_fail(err, BK_LOST,
			       "the connection ended before its last byte");
	*err = said;
	return -1;
}

static int look_at(struct bk_ftp *ftp, struct bk_line *line, const char *path,
		   uint64_t *size, struct bk_err *err)
{
	enum bk_ftp_found found;
	struct bk_entry entry;

	int rc = bk_ftp_size(line, path, size, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (bk_ftp_find(ftp, line, path, &found, &entry, err) < 0)
		return -1;
	if (found != BK_FTP_THERE)
		return bk_fail(err, BK_GONE, "no such file");
	if (entry.kind != BK_ENTRY_FILE)
		return bk_fail(err, BK_CORRUPT, "is not a regular file");
	*size = entry.size;
	return 0;
}

static int get_nothing(struct bk_ftp *ftp, struct bk_line *line,
		       const char *path, uint64_t offset, struct bk_err *err)
{
	uint64_t size;

	if (look_at(ftp, line, path, &size, err) < 0)
		return -1;
	if (size < offset)
		return bk_fail(err, BK_CORRUPT, "ends after %ju bytes",
			       (uintmax_t)size);
	return 0;
}

static int ftp_get(struct bk_target *target, const char *name, uint64_t offset,
		   uint64_t len, struct bk_sink *to, struct bk_err *err)
{
	struct stretch stretch = {{take_stretch}, to, len, 0, false};
	struct bk_ftp *ftp = bk_ftp_of(target);
	struct bk_line *line = bk_link_take(ftp->link);
	char *path = bk_ftp_path(ftp, name);
	struct bk_err why = {0};
	uint64_t end;
	int rc;

	if (__builtin_add_overflow(offset, len, &end) || end > INT64_MAX)
		rc = bk_fail(&why, BK_CORRUPT, "no blob is that long");
	else if (len == 0)
		rc = get_nothing(ftp, line, path, offset, &why);
	else
		rc = fetch(ftp, line, path, offset, &stretch, &why);
	if (rc == 0 && len)
		rc = why_short(ftp, line, path, end, &why);
	bk_link_give(line);
	free(path);
	if (rc >= 0)
		return 0;
	*err = why;
	return failed(target, name, err);
}

static int ftp_stat(struct bk_target *target, const char *name, uint64_t *size,
		    struct bk_err *err)
{
	struct bk_ftp *ftp = bk_ftp_of(target);
	struct bk_line *line = bk_link_take(ftp->link);
	char *path = bk_ftp_path(ftp, name);

	int rc = look_at(ftp, line, path, size, err);
	bk_link_give(line);
	free(path);
	return rc < 0 ? failed(target, name, err) : 0;
}

/* ---- removing ---- */

/* The folder of a set goes with its last file; another writer may fill it. */
static void remove_folder(struct bk_ftp *ftp, struct bk_line *line,
			  const char *name)
{
	const char *slash = strrchr(name, '/');
	struct bk_err ignored = {0};

	if (!slash || slash == strchr(name, '/'))
		return;
	char *folder = bk_strndup(name, (size_t)(slash - name));
	char *path = bk_ftp_path(ftp, folder);
	(void)bk_ftp_ask(line, &ignored, "RMD %s", path);
	free(path);
	free(folder);
}

static int ftp_remove(struct bk_target *target, const char *name,
		      struct bk_err *err)
{
	struct bk_ftp *ftp = bk_ftp_of(target);
	struct bk_line *line = bk_link_take(ftp->link);
	char *path = bk_ftp_path(ftp, name);

	int code = bk_ftp_ask(line, err, "DELE %s", path);
	int rc = code < 0 ? -1 : 0;
	if (code / 100 == 2)
		remove_folder(ftp, line, name);
	else if (code / 100 == 5)
		rc = bk_ftp_why(ftp, line, path, err);
	else if (code >= 0)
		rc = bk_ftp_refused(line, err);
	bk_link_give(line);
	free(path);
	return rc < 0 ? failed(target, name, err) : 0;
}

/* ---- opening ---- */

static const struct bk_target_ops ftp_ops = {
	.scheme = "ftp",
	.close = ftp_close,
	.put_begin = bk_ftp_put_begin,
	.put_write = bk_ftp_put_write,
	.put_commit = bk_ftp_put_commit,
	.put_abort = bk_ftp_put_abort,
	.get = ftp_get,
	.list = bk_ftp_list,
	.stat = ftp_stat,
	.remove = ftp_remove,
	.sweep = bk_ftp_sweep,
	.unknown_length = true,
};

/* A line of FEAT's reply is a space and a word. */
static bool has_feature(struct bk_line *line, const char *word)
{
	const char *said = bk_buf_text(&line->replies);
	size_t n = strlen(word);

	for (const char *at = strstr(said, "\n "); at;
	     at = strstr(at + 1, "\n "))
		if (strncasecmp(at + 2, word, n) == 0)
			return true;
	return false;
}

static int ask_features(struct bk_ftp *ftp, struct bk_line *line,
			struct bk_err *err)
{
	if (bk_ftp_ask(line, err, "FEAT") < 0)
		return -1;
	ftp->mlsd = has_feature(line, "MLST");
	ftp->rang = has_feature(line, "RANG STREAM");
	return 0;
}

static int make_base(struct bk_ftp *ftp, struct bk_line *line,
		     struct bk_err *err)
{
	char *path = bk_strdup(ftp->base);
	char *at = path;
	int rc = 0;

	/* From the top, where it may be refused because it is there. */
	while (rc >= 0 && at && *at) {
		at = strchr(at + 1, '/');
		if (at)
			*at = 0;
		rc = bk_ftp_ask(line, err, "MKD %s", path);
		if (at)
			*at = '/';
	}
	if (rc > 0)
		rc = bk_ftp_ask(line, err, "CWD %s", ftp->base);
	free(path);
	return rc < 0 ? -1 : rc / 100 == 2;
}

static int check_base(struct bk_ftp *ftp, struct bk_line *line, bool create,
		      struct bk_err *err)
{
	char *path = bk_ftp_path(ftp, "");
	enum bk_ftp_found found;
	struct bk_entry entry;

	int code = bk_ftp_ask(line, err, "CWD %s", path);
	int rc = code < 0 ? -1 : code / 100 == 2;
	if (rc == 0 && code / 100 != 5)
		rc = bk_ftp_refused(line, err);
	if (rc == 0 && create)
		rc = make_base(ftp, line, err);
	if (rc == 0 && create)
		rc = bk_fail(err, BK_DENIED,
			     "the server says \"%s\"; may this login make it?",
			     bk_line_reply(line));
	if (rc == 0)
		rc = bk_ftp_find(ftp, line, path, &found, &entry, err);
	else
		rc = rc < 0 ? -1 : 1;
	if (rc == 0 && found != BK_FTP_THERE)
		rc = bk_fail(err, BK_GONE, "no such folder");
	else if (rc == 0)
		rc = bk_fail(err, BK_DENIED,
			     "is there, but not a folder that this login may "
			     "enter");
	free(path);
	return rc < 0 ? -1 : 0;
}

int bk_ftp_open(struct bk_target **out, const struct bk_url *url,
		const struct bk_access *access, bool create, struct bk_err *err)
{
	struct bk_link *link = NULL;

	if (bk_link_open(&link, url, access, err) < 0)
		return -1;
	struct bk_ftp *ftp = bk_alloc(sizeof(*ftp));
	ftp->target.ops = &ftp_ops;
	ftp->target.where = url->text;
	ftp->link = link;
	ftp->base = url->path;
	(void)pthread_mutex_init(&ftp->lock, NULL);
	struct bk_line *line = bk_link_take(link);
	int rc = ask_features(ftp, line, err);
	if (rc == 0)
		rc = check_base(ftp, line, create, err);
	bk_link_give(line);
	if (rc < 0) {
		ftp_close(&ftp->target);
		return bk_context(err, "%s", url->text);
	}
	*out = &ftp->target;
	return 0;
}
