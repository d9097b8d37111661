/* Listings and sweeps of the FTP driver: see ftp_sweep.h. */

#include "target/ftp_sweep.h"

#include <stdlib.h>
#include <string.h>

#include "target/ftp_list.h"
#include "target/ftp_session.h"

#define CLOCK_NAME "clock" BK_PART

struct ftp_walk {
	struct bk_walk walk;
	struct bk_ftp_taker taker;
	struct bk_ftp *ftp;
	struct bk_line *line;
	const char *folder;
};

static int take_entry(struct bk_ftp_taker *taker, const struct bk_entry *entry,
		      struct bk_err *err)
{
	struct ftp_walk *walk =
		(struct ftp_walk *)((char *)taker -
				    offsetof(struct ftp_walk, taker));

	return bk_walk_add(&walk->walk, walk->folder, entry, err);
}

/* The server refused: 0 only if nothing is there. */
static int why_refused(struct ftp_walk *walk, const char *path,
		       struct bk_err *err)
{
	struct bk_err refused = {0};
	enum bk_ftp_found found;
	struct bk_entry entry;

	(void)bk_ftp_refused(walk->line, &refused);
	if (bk_ftp_find(walk->ftp, walk->line, path, &found, &entry, err) < 0)
		return -1;
	if (found == BK_FTP_MISSING)
		return 0;
	if (found == BK_FTP_BASELESS)
		return bk_fail(err, BK_FAILED, "the folder is no longer there");
	return bk_fail(err, BK_DENIED, "%s; may this login look into it?",
		       refused.text);
}

static int list_folder(struct bk_walk *base, const char *folder,
		       struct bk_err *err)
{
	struct ftp_walk *walk = (struct ftp_walk *)base;
	char *path = bk_ftp_path(walk->ftp, folder);

	walk->folder = folder;
	int rc = bk_ftp_folder(walk->ftp, walk->line, path, &walk->taker, err);
	if (rc == 0)
		rc = why_refused(walk, path, err);
	free(path);
	if (rc < 0)
		return bk_context(err, "list%s%s", *folder ? " " : "", folder);
	return rc;
}

static int list(struct bk_ftp *ftp, struct bk_line *line, const char *folder,
		bool unfinished, struct bk_blob_list *out, struct bk_err *err)
{
	struct ftp_walk walk = {
		.walk = {.list = list_folder, .unfinished = unfinished},
		.taker.take = take_entry,
		.ftp = ftp,
		.line = line,
	};

	return bk_walk_run(&walk.walk, folder, out, err);
}

int bk_ftp_list(struct bk_target *target, const char *folder,
		struct bk_blob_list *out, struct bk_err *err)
{
	struct bk_ftp *ftp = bk_ftp_of(target);
	struct bk_line *line = bk_link_take(ftp->link);

	int rc = list(ftp, line, folder, false, out, err);
	bk_link_give(line);
	return rc < 0 ? bk_context(err, "%s", target->where) : 0;
}

/* ---- sweeping ---- */

/* When a file was written, by the server's clock; 0: it does not tell. */
static int ask_time(struct bk_ftp *ftp, struct bk_line *line, const char *name,
		    int64_t *time, struct bk_err *err)
{
	char *path = bk_ftp_path(ftp, name);

	int code = bk_ftp_ask(line, err, "MDTM %s", path);
	free(path);
	if (code < 0)
		return -1;
	*time = 0;
	if (code == 213) {
		const char *text = bk_line_reply(line) + 4;
		*time = bk_ftp_time(
			(struct bk_view){(const uint8_t *)text, strlen(text)});
	}
	return 0;
}

/* What time it is there: of a file that is written now.  0: it does not tell,
 * or nothing may be written and taken away. */
static int ask_clock(struct bk_ftp *ftp, struct bk_line *line, int64_t *now,
		     struct bk_err *err)
{
	char *path = bk_ftp_path(ftp, CLOCK_NAME);
	struct bk_err why = {0};

	*now = 0;
	int rc = bk_ftp_store(line, path, (struct bk_view){0}, false, &why);
	if (rc < 0 && line->result == CURLE_UPLOAD_FAILED)
		rc = 0;
	else if (rc < 0)
		*err = why;
	else
		rc = ask_time(ftp, line, CLOCK_NAME, now, err);
	if (rc == 0)
		rc = bk_ftp_ask(line, err, "DELE %s", path);
	free(path);
	return rc < 0 ? -1 : 0;
}

/* Without a time a part is as good as new. */
static int complete_times(struct bk_ftp *ftp, struct bk_line *line,
			  struct bk_blob_list *parts, int64_t now,
			  struct bk_err *err)
{
	for (size_t i = 0; i < parts->n; i++) {
		struct bk_blob *part = &parts->items[i];
		if (!part->mtime &&
		    ask_time(ftp, line, part->name, &part->mtime, err) < 0)
			return -1;
		if (!part->mtime)
			part->mtime = now;
	}
	return 0;
}

int bk_ftp_sweep(struct bk_target *target, int64_t older_s,
		 bool (*ours)(const char *name), struct bk_err *err)
{
	struct bk_ftp *ftp = bk_ftp_of(target);
	struct bk_line *line = bk_link_take(ftp->link);
	struct bk_blob_list parts = {0};
	int64_t now;

	int rc = ask_clock(ftp, line, &now, err);
	if (rc == 0 && now)
		rc = list(ftp, line, "", true, &parts, err);
	if (rc == 0)
		rc = complete_times(ftp, line, &parts, now, err);
	bk_link_give(line);
	if (rc == 0)
		bk_parts_sweep(target, &parts, now, older_s, ours);
	bk_blob_list_clear(&parts);
	return rc < 0 ? bk_context(err, "%s", target->where) : 0;
}
