/* SFTP through libcurl: see sftp.h. */

#include "target/sftp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/link.h"
#include "net/ssh.h"
#include "target/sftp_session.h"

/* ---- single acts ---- */

/*
 * Carries an act out.  When a connection breaks, libssh2 may give the reason of
 * something earlier, and libcurl makes "not there" or "wrong password" of it:
 * that counts only when it is said twice, and before a byte has come.
 */
int bk_sftp_run(struct bk_line *line, struct bk_err *err)
{
	struct bk_err why = {0};

	int rc = bk_line_run(line, &why);
	if (rc < 0 && (why.kind == BK_GONE || why.kind == BK_DENIED) &&
	    line->sink_err.kind == BK_OK && line->moved == 0)
		rc = bk_line_run(line, &why);
	if (rc < 0)
		*err = why;
	return rc;
}

/* Aims a line at a name below the folder, "" for itself; `end` is "/" for what
 * is to be listed. */
void bk_sftp_aim(const struct bk_sftp *sftp, struct bk_line *line,
		 const char *name, const char *end)
{
	char *path =
		bk_asprintf("%s/%s%s", sftp->url->path, name, *name ? end : "");

	bk_line_to(line, path);
	bk_ssh_guard(&sftp->ssh, line);
	free(path);
}

static void add_quoted(struct bk_buf *out, const char *path)
{
	bk_buf_printf(out, " \"");
	for (; *path; path++)
		bk_buf_printf(out, strchr("\"\\", *path) ? "\\%c" : "%c",
			      *path);
	bk_buf_printf(out, "\"");
}

/* libcurl tells a command's failure in words only. */
static enum bk_kind kind_of_words(const char *text)
{
	static const struct {
		const char *words;
		enum bk_kind kind;
	} known[] = {
		{"No such file",      BK_GONE  },
		{"File not found",    BK_GONE  },
		{"Path not found",    BK_GONE  },
		{"Permission denied", BK_DENIED},
		{"Write protected",   BK_DENIED},
		{"already exists",    BK_EXISTS},
		{"No space",          BK_FULL  },
		{"onnection lost",    BK_LOST  },
		{"Not connected",     BK_LOST  },
		{"Bad message",       BK_LOST  },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strstr(text, known[i].words))
			return known[i].kind;
	return BK_FAILED;
}

/* Runs "rename" or another command on one or two names below the folder. */
int bk_sftp_command(struct bk_sftp *sftp, struct bk_line *line,
		    const char *verb, const char *const names[2],
		    struct bk_err *err)
{
	struct curl_slist *commands;
	struct bk_buf text = {0};

	bk_buf_printf(&text, "%s", verb);
	for (int i = 0; i < 2 && names[i]; i++) {
		char *path = bk_asprintf("%s/%s", sftp->url->path, names[i]);
		add_quoted(&text, path);
		free(path);
	}
	commands = curl_slist_append(NULL, bk_buf_text(&text));
	bk_sftp_aim(sftp, line, "", "");
	(void)curl_easy_setopt(line->easy, CURLOPT_NOBODY, 1L);
	(void)curl_easy_setopt(line->easy, CURLOPT_QUOTE, commands);
	int rc = bk_sftp_run(line, err);
	if (rc < 0 && line->result == CURLE_QUOTE_ERROR)
		err->kind = kind_of_words(err->text);
	curl_slist_free_all(commands);
	bk_buf_clear(&text);
	return rc;
}

/* The folder and those above it, unless they are there. */
static int make_folders(struct bk_sftp *sftp, struct bk_err *err)
{
	struct bk_line *line = bk_link_take(sftp->link);
	struct curl_slist *commands = NULL;
	const char *path = sftp->url->path;

	for (const char *at = path; *at;) {
		struct bk_buf text = {0};
		at += 1 + strcspn(at + 1, "/");
		char *level = bk_strndup(path, (size_t)(at - path));
		bk_buf_printf(&text, "*mkdir"); /* '*': it may fail */
		add_quoted(&text, level);
		commands = curl_slist_append(commands, bk_buf_text(&text));
		free(level);
		bk_buf_clear(&text);
	}
	bk_sftp_aim(sftp, line, "", "");
	(void)curl_easy_setopt(line->easy, CURLOPT_NOBODY, 1L);
	(void)curl_easy_setopt(line->easy, CURLOPT_QUOTE, commands);
	(void)curl_easy_setopt(line->easy, CURLOPT_NEW_DIRECTORY_PERMS, 0700L);
	int rc = bk_sftp_run(line, err);
	curl_slist_free_all(commands);
	bk_link_give(line);
	return rc;
}

/* ---- removing ---- */

int bk_sftp_remove_name(struct bk_sftp *sftp, const char *name,
			struct bk_err *err)
{
	const char *const names[2] = {name, NULL};
	struct bk_line *line = bk_link_take(sftp->link);

	int rc = bk_sftp_command(sftp, line, "rm", names, err);
	bk_link_give(line);
	return rc;
}

static int sftp_remove(struct bk_target *target, const char *name,
		       struct bk_err *err)
{
	if (bk_sftp_remove_name(bk_sftp_of(target), name, err) < 0)
		return bk_context(err, "%s/%s", target->where, name);
	return 0;
}

static int sftp_stat(struct bk_target *target, const char *name, uint64_t *size,
		     struct bk_err *err)
{
	if (bk_sftp_find_size(bk_sftp_of(target), name, size, err) < 0)
		return bk_context(err, "%s/%s", target->where, name);
	return 0;
}

/* ---- opening ---- */

static void sftp_close(struct bk_target *target)
{
	struct bk_sftp *sftp = bk_sftp_of(target);

	bk_link_close(sftp->link);
	bk_ssh_clear(&sftp->ssh);
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
	struct bk_buf text = {0};

	int rc = create ? make_folders(sftp, err) : 0;
	if (rc == 0)
		rc = bk_sftp_read_folder(sftp, "", &text, err);
	bk_buf_clear(&text);
	if (rc == 0)
		return bk_fail(err, BK_GONE, "%s: there is no such folder",
			       sftp->url->text);
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
	if (bk_ssh_init(&sftp->ssh, url, access, err) < 0 ||
	    bk_link_open(&sftp->link, url, access, err) < 0 ||
	    look_at_folder(sftp, create, err) < 0) {
		sftp_close(&sftp->target);
		return -1;
	}
	*out = &sftp->target;
	return 0;
}
