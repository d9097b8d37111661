/* Acts of the FTP driver: see ftp_session.h. */

#include "target/ftp_session.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *bk_ftp_path(const struct bk_ftp *ftp, const char *name)
{
	if (*name)
		return bk_asprintf("%s/%s", ftp->base, name);
	return bk_strdup(*ftp->base ? ftp->base : "/");
}

/* A command; `last`: nothing else is asked on its connection. */
static int ask(struct bk_line *line, const char *command, bool last,
	       struct bk_err *err)
{
	struct curl_slist *commands;
	struct bk_buf text = {0};

	/* '*': a refusal is an answer, and libcurl keeps the connection. */
	bk_buf_printf(&text, "*%s", command);
	commands = curl_slist_append(NULL, bk_buf_text(&text));
	if (!commands)
		abort(); /* as all small allocations do */
	bk_line_to(line, "/");
	(void)curl_easy_setopt(line->easy, CURLOPT_NOBODY, 1L);
	(void)curl_easy_setopt(line->easy, CURLOPT_QUOTE, commands);
	(void)curl_easy_setopt(line->easy, CURLOPT_FORBID_REUSE, (long)last);
	int rc = bk_line_run(line, err);
	(void)curl_easy_setopt(line->easy, CURLOPT_QUOTE, NULL);
	curl_slist_free_all(commands);
	bk_buf_clear(&text);
	return rc < 0 ? -1 : (int)bk_line_status(line);
}

int bk_ftp_ask(struct bk_line *line, struct bk_err *err, const char *fmt, ...)
{
	char *command = NULL;
	va_list args;

	va_start(args, fmt);
	int n = vasprintf(&command, fmt, args);
	va_end(args);
	if (n < 0)
		abort(); /* as all small allocations do */
	int code = ask(line, command, false, err);
	free(command);
	return code;
}

bool bk_ftp_refuses_to_send(struct bk_line *line, const char *path,
			    char reply[BK_REPLY_TEXT])
{
	char *command = bk_asprintf("RETR %s", path);
	struct bk_err ignored = {0};

	/* The last one: a server that begins has more to say. */
	(void)ask(line, command, true, &ignored);
	struct bk_view said = bk_buf_view(&line->replies);
	const char *bye = strstr(bk_buf_text(&line->replies), "\n221");
	if (bye)
		said.len = (size_t)((const uint8_t *)bye - said.data);
	bk_reply_last(reply, said);
	free(command);
	return strncmp(reply, "550 ", 4) == 0 || strncmp(reply, "553 ", 4) == 0;
}

int bk_ftp_refused(struct bk_line *line, struct bk_err *err)
{
	const char *reply = bk_line_reply(line);

	return bk_fail(err, bk_reply_kind(reply), "the server says \"%s\"",
		       reply);
}

bool bk_ftp_was_refused(const struct bk_line *line)
{
	long status = bk_line_status(line);

	return status / 100 == 5 && status != 552 &&
	       (line->result == CURLE_UPLOAD_FAILED ||
		line->result == CURLE_FTP_COULDNT_RETR_FILE ||
		line->result == CURLE_REMOTE_FILE_NOT_FOUND ||
		line->result == CURLE_FTP_WEIRD_PASV_REPLY);
}

bool bk_ftp_perhaps_refused(const struct bk_line *line)
{
	const struct bk_url *url = bk_link_url(line->link);

	return strcmp(url->transport, "ftp") != 0 &&
	       (line->result == CURLE_WEIRD_SERVER_REPLY ||
		line->result == CURLE_SSL_CONNECT_ERROR ||
		line->result == CURLE_RECV_ERROR ||
		line->result == CURLE_SEND_ERROR);
}

/* "213 4711" */
static bool parse_size(const char *reply, uint64_t *size)
{
	uint64_t n = 0;
	const char *at = strncmp(reply, "213 ", 4) == 0 ? reply + 4 : "";
	bool any = false;

	for (; isdigit((unsigned char)*at); at++) {
		if (n > (INT64_MAX - 9) / 10)
			return false;
		n = n * 10 + (uint64_t)(*at - '0');
		any = true;
	}
	while (*at == ' ')
		at++;
	*size = n;
	return any && !*at;
}

int bk_ftp_size(struct bk_line *line, const char *path, uint64_t *size,
		struct bk_err *err)
{
	/* In text mode, which listings use, it would be another one. */
	if (bk_ftp_ask(line, err, "TYPE I") < 0)
		return -1;
	int code = bk_ftp_ask(line, err, "SIZE %s", path);
	if (code < 0)
		return -1;
	if (code == 213 && !parse_size(bk_line_reply(line), size))
		return bk_fail(err, BK_FAILED,
			       "the server says \"%s\", which is no size",
			       bk_line_reply(line));
	if (code / 100 == 4)
		return bk_ftp_refused(line, err);
	return code == 213;
}

int bk_ftp_store(struct bk_line *line, const char *path, struct bk_view bytes,
		 bool append, struct bk_err *err)
{
	bk_line_to(line, path);
	if (append)
		(void)curl_easy_setopt(line->easy, CURLOPT_APPEND, 1L);
	int rc = bk_line_send_begin(line, bytes.len, err);
	if (rc == 0)
		rc = bk_line_send(line, bytes.data, bytes.len, err);
	if (rc == 0)
		rc = bk_line_send_end(line, err);
	bk_line_stop(line);
	return rc;
}

/* ---- is it there? ---- */

struct looker {
	struct bk_ftp_taker taker;
	const char *name;
	bool found;
	struct bk_entry entry;
};

static int look(struct bk_ftp_taker *taker, const struct bk_entry *entry,
		struct bk_err *err)
{
	struct looker *looker = (struct looker *)taker;

	(void)err;
	if (entry->len == strlen(looker->name) &&
	    memcmp(entry->name, looker->name, entry->len) == 0) {
		looker->found = true;
		looker->entry = *entry;
		looker->entry.name = NULL;
	}
	return 0;
}

/* One step: is the last level of `path` in the listing of the folder above?
 * As bk_ftp_folder. */
static int look_above(struct bk_ftp *ftp, struct bk_line *line, char *path,
		      struct looker *looker, struct bk_err *err)
{
	char *slash = strrchr(path, '/');
	const char *above = slash == path ? "/" : path;

	looker->name = slash + 1;
	*slash = 0;
	int rc = bk_ftp_folder(ftp, line, above, &looker->taker, err);
	*slash = '/';
	return rc;
}

int bk_ftp_find(struct bk_ftp *ftp, struct bk_line *line, const char *path,
		enum bk_ftp_found *found, struct bk_entry *out,
		struct bk_err *err)
{
	struct looker looker = {.taker.take = look};
	size_t base = strlen(ftp->base);
	char *at = bk_strdup(path), refusal[BK_REPLY_TEXT] = "";
	int rc = 0;

	while (at[0] == '/' && at[1]) {
		rc = look_above(ftp, line, at, &looker, err);
		if (rc != 0)
			break;
		(void)snprintf(refusal, sizeof(refusal), "%s",
			       bk_line_reply(line));
		*strrchr(at, '/') = 0;
	}
	if (rc == 0 || (rc > 0 && looker.found && strcmp(at, path) != 0))
		rc = bk_fail(err, BK_DENIED,
			     "the server says \"%s\"; may this login look into "
			     "this folder?",
			     refusal);
	if (rc > 0) {
		*out = looker.entry;
		*found = looker.found         ? BK_FTP_THERE
			 : strlen(at) <= base ? BK_FTP_BASELESS
					      : BK_FTP_MISSING;
	}
	free(at);
	return rc < 0 ? -1 : 0;
}

int bk_ftp_why(struct bk_ftp *ftp, struct bk_line *line, const char *path,
	       struct bk_err *err)
{
	char reply[BK_REPLY_TEXT];
	enum bk_ftp_found found = BK_FTP_MISSING;
	struct bk_entry entry = {0};

	(void)snprintf(reply, sizeof(reply), "%s", bk_line_reply(line));
	if (bk_ftp_find(ftp, line, path, &found, &entry, err) < 0)
		return -1;
	if (found != BK_FTP_THERE)
		return bk_fail(err, BK_GONE, "no such file");
	if (entry.kind != BK_ENTRY_FILE)
		return bk_fail(err, BK_CORRUPT, "is not a regular file");
	return bk_fail(err, BK_DENIED,
		       "the server says \"%s\"; may this login do that?",
		       reply);
}
