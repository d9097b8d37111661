/* Listing over SFTP: see sftp_session.h. */

#include "target/sftp_session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "target/walk.h"

#define CLOCK_NAME "clock" BK_PART

/* ---- one folder ---- */

static int open_folder(struct bk_sftp_line *line, const char *folder,
		       struct bk_buf *handle, struct bk_err *err)
{
	bk_sftp_begin(line, BK_SFTP_OPENDIR);
	bk_sftp_add_path(line, folder);
	return bk_sftp_ask_handle(line, handle, err);
}

int bk_sftp_look_into(struct bk_sftp_line *line, struct bk_err *err)
{
	struct bk_buf handle = {0};

	int rc = open_folder(line, "", &handle, err);
	if (rc == 0)
		rc = bk_sftp_close_unheard(line, bk_buf_view(&handle), err);
	bk_buf_clear(&handle);
	return rc;
}

static enum bk_entry_kind kind_of(uint32_t mode)
{
	if (S_ISREG(mode))
		return BK_ENTRY_FILE;
	return S_ISDIR(mode) ? BK_ENTRY_FOLDER : BK_ENTRY_OTHER;
}

static int add_entry(struct bk_walk *walk, const char *folder,
		     struct bk_sftp_answer *answer, struct bk_err *err)
{
	struct bk_view name = bk_sftp_get_bytes(answer);
	struct bk_sftp_attrs attrs;

	(void)bk_sftp_get_bytes(answer); /* a line for people */
	bk_sftp_get_attrs(answer, &attrs);
	if (answer->bad)
		return 0;
	if (!(attrs.has & BK_SFTP_HAS_SIZE) || !(attrs.has & BK_SFTP_HAS_MODE))
		return bk_fail(err, BK_FAILED,
			       "the server does not say what lies there");
	const struct bk_entry entry = {
		.name = (const char *)name.data,
		.len = name.len,
		.kind = kind_of(attrs.mode),
		.size = attrs.size,
		.mtime = attrs.mtime,
	};
	return bk_walk_add(walk, folder, &entry, err);
}

/* 1: some names came; 0: that was all; -1. */
static int read_names(struct bk_walk *walk, struct bk_sftp_line *line,
		      const char *folder, struct bk_view handle,
		      struct bk_err *err)
{
	struct bk_sftp_answer answer;

	bk_sftp_begin(line, BK_SFTP_READDIR);
	bk_sftp_add_bytes(line, handle);
	if (bk_sftp_ask(line, &answer, err) < 0)
		return -1;
	if (bk_sftp_is_end(&answer))
		return 0;
	if (bk_sftp_expect(line, &answer, BK_SFTP_NAME, err) < 0)
		return -1;
	uint32_t n = bk_sftp_get_u32(&answer);
	if (n == 0)
		return bk_sftp_nonsense(line, err);
	for (; n > 0 && !answer.bad; n--)
		if (add_entry(walk, folder, &answer, err) < 0)
			return -1;
	return bk_sftp_check(line, &answer, err) < 0 ? -1 : 1;
}

/* ---- all of them ---- */

struct sftp_walk {
	struct bk_walk walk;
	struct bk_sftp_line *line;
};

static int list_folder(struct bk_walk *base, const char *folder,
		       struct bk_err *err)
{
	struct bk_sftp_line *line = ((struct sftp_walk *)base)->line;
	struct bk_buf handle = {0};

	int rc = open_folder(line, folder, &handle, err);
	if (rc < 0 && err->kind == BK_GONE) {
		(void)bk_sftp_make_sure(line, err);
		rc = *folder && err->kind == BK_GONE ? 0 : -1;
	} else if (rc == 0) {
		do
			rc = read_names(base, line, folder,
					bk_buf_view(&handle), err);
		while (rc > 0);
		if (rc == 0)
			rc = bk_sftp_close_unheard(line, bk_buf_view(&handle),
						   err);
		line->broken = line->broken || rc < 0; /* a handle is open */
		rc = rc < 0 ? -1 : 1;
	}
	bk_buf_clear(&handle);
	return rc;
}

static int list(struct bk_sftp *sftp, struct bk_sftp_line *line,
		const char *folder, bool unfinished, struct bk_blob_list *out,
		struct bk_err *err)
{
	struct sftp_walk walk = {
		.walk = {.list = list_folder, .unfinished = unfinished},
		.line = line,
	};

	if (bk_walk_run(&walk.walk, folder, out, err) < 0)
		return bk_context(err, "%s: list%s%s", sftp->target.where,
				  *folder ? " " : "", folder);
	return 0;
}

int bk_sftp_list(struct bk_target *target, const char *folder,
		 struct bk_blob_list *out, struct bk_err *err)
{
	struct bk_sftp *sftp = bk_sftp_of(target);
	struct bk_sftp_line *line = NULL;

	if (bk_sftp_take(sftp, &line, err) < 0)
		return bk_context(err, "%s", target->where);
	int rc = list(sftp, line, folder, false, out, err);
	bk_sftp_give(sftp, line);
	return rc;
}

/* ---- sweeping ---- */

/* What time it is there: of a file that is written now. */
static int ask_clock(struct bk_sftp_line *line, int64_t *now,
		     struct bk_err *err)
{
	struct bk_sftp_attrs attrs = {0};
	struct bk_err ignored = {0};
	struct bk_buf handle = {0};

	int rc = bk_sftp_open_file(line, CLOCK_NAME, BK_SFTP_TO_WRITE, &handle,
				   err);
	if (rc == 0)
		rc = bk_sftp_close_unheard(line, bk_buf_view(&handle), err);
	if (rc == 0)
		rc = bk_sftp_settle(line, err);
	if (rc == 0)
		rc = bk_sftp_ask_attrs(line, CLOCK_NAME, &attrs, err);
	if (rc == 0)
		(void)bk_sftp_remove_name(line, CLOCK_NAME, &ignored);
	*now = attrs.mtime;
	bk_buf_clear(&handle);
	return rc;
}

int bk_sftp_sweep(struct bk_target *target, int64_t older_s,
		  bool (*ours)(const char *name), struct bk_err *err)
{
	struct bk_sftp *sftp = bk_sftp_of(target);
	struct bk_blob_list parts = {0};
	struct bk_sftp_line *line = NULL;
	int64_t now = 0;

	int rc = bk_sftp_take(sftp, &line, err);
	if (rc == 0)
		rc = ask_clock(line, &now, err);
	if (rc < 0)
		(void)bk_context(err, "%s", target->where);
	else
		rc = list(sftp, line, "", true, &parts, err);
	bk_sftp_give(sftp, line);
	if (rc == 0)
		bk_parts_sweep(target, &parts, now, older_s, ours);
	bk_blob_list_clear(&parts);
	return rc;
}
