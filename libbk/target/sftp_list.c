/* Listing over SFTP: see sftp_session.h. */

#include "target/sftp_session.h"

#include <stdlib.h>
#include <string.h>

#include "target/ls_line.h"
#include "target/walk.h"

#define LISTING_MAX ((size_t)64 << 20)
#define CLOCK_NAME  "clock" BK_PART

/* What the server lists of a folder: 1; 0: there is none such; -1. */
int bk_sftp_read_folder(struct bk_sftp *sftp, const char *folder,
			struct bk_buf *text, struct bk_err *err)
{
	struct bk_line *line = bk_link_take(sftp->link);
	struct bk_buf_sink sink;

	text->len = 0;
	bk_buf_sink_init(&sink, text, LISTING_MAX);
	bk_sftp_aim(sftp, line, folder, "/");
	bk_line_into(line, &sink.sink);
	int rc = bk_sftp_run(line, err) < 0 ? -1 : 1;
	bk_link_give(line);
	return rc < 0 && err->kind == BK_GONE ? 0 : rc;
}

/* A folder is certainly not there only where the one above all is. */
static int read_folder_surely(struct bk_sftp *sftp, const char *folder,
			      struct bk_buf *text, struct bk_err *err)
{
	struct bk_err why = {0};

	int rc = bk_sftp_read_folder(sftp, folder, text, &why);
	if (rc == 0 && *folder && bk_sftp_read_folder(sftp, "", text, &why) > 0)
		return 0;
	if (rc == 0)
		return bk_fail(err, BK_FAILED,
			       "the folder of the repository is gone");
	if (rc < 0)
		*err = why;
	return rc;
}

/* The next entry, or a line that is none: 1, 0 at the end, -1. */
static int next_entry(struct bk_view *left, struct bk_entry *out,
		      struct bk_ls_time *when, struct bk_err *err)
{
	while (left->len) {
		const uint8_t *stop = memchr(left->data, '\n', left->len);
		size_t n = stop ? (size_t)(stop - left->data) : left->len;
		struct bk_view line = {left->data, n};
		left->data += stop ? n + 1 : n;
		left->len -= stop ? n + 1 : n;
		int rc = bk_ls_line_dated(line, out, when, err);
		if (rc)
			return rc;
	}
	return 0;
}

/* No server says what year it is: what times are counted by. */
#define NOW ((int64_t)1 << 40)

struct sftp_walk {
	struct bk_walk walk;
	struct bk_sftp *sftp;
	const struct bk_ls_time *now; /* NULL: no times are wanted */
};

static int add_entries(struct sftp_walk *walk, const char *folder,
		       struct bk_view left, struct bk_err *err)
{
	struct bk_entry entry;
	struct bk_ls_time when;
	int rc;

	while ((rc = next_entry(&left, &entry, &when, err)) > 0) {
		if (walk->now)
			entry.mtime = NOW - bk_ls_age(&when, walk->now);
		if (bk_walk_add(&walk->walk, folder, &entry, err) < 0)
			return -1;
	}
	return rc;
}

static int list_folder(struct bk_walk *base, const char *folder,
		       struct bk_err *err)
{
	struct sftp_walk *walk = (struct sftp_walk *)base;
	struct bk_buf text = {0};

	int rc = read_folder_surely(walk->sftp, folder, &text, err);
	if (rc > 0 && add_entries(walk, folder, bk_buf_view(&text), err) < 0)
		rc = -1;
	bk_buf_clear(&text);
	return rc;
}

static int list(struct bk_sftp *sftp, const char *folder,
		const struct bk_ls_time *now, struct bk_blob_list *out,
		struct bk_err *err)
{
	struct sftp_walk walk = {
		.walk = {.list = list_folder, .unfinished = now != NULL},
		.sftp = sftp,
		.now = now,
	};

	if (bk_walk_run(&walk.walk, folder, out, err) < 0)
		return bk_context(err, "%s: list%s%s", sftp->target.where,
				  *folder ? " " : "", folder);
	return 0;
}

int bk_sftp_list(struct bk_target *target, const char *folder,
		 struct bk_blob_list *out, struct bk_err *err)
{
	return list(bk_sftp_of(target), folder, NULL, out, err);
}

static bool is_called(const struct bk_entry *entry, const char *name)
{
	return entry->len == strlen(name) &&
	       memcmp(entry->name, name, entry->len) == 0;
}

/* By its entry among those of its folder: libcurl has no other way to ask. */
static int find_entry(struct bk_sftp *sftp, const char *name,
		      struct bk_entry *out, struct bk_ls_time *when,
		      struct bk_err *err)
{
	const char *slash = strrchr(name, '/');
	char *folder = bk_strndup(name, slash ? (size_t)(slash - name) : 0);
	struct bk_buf text = {0};
	bool found = false;

	int rc = read_folder_surely(sftp, folder, &text, err);
	struct bk_view left = bk_buf_view(&text);
	if (rc == 0)
		left.len = 0;
	while (rc >= 0 && !found) {
		rc = next_entry(&left, out, when, err);
		if (rc <= 0)
			break;
		found = out->kind == BK_ENTRY_FILE &&
			is_called(out, slash ? slash + 1 : name);
	}
	if (!found && rc >= 0)
		rc = bk_fail(err, BK_GONE, "it is not there");
	bk_buf_clear(&text);
	free(folder);
	return rc < 0 ? -1 : 0;
}

int bk_sftp_find_size(struct bk_sftp *sftp, const char *name, uint64_t *size,
		      struct bk_err *err)
{
	struct bk_entry entry = {0};
	struct bk_ls_time when;

	if (find_entry(sftp, name, &entry, &when, err) < 0)
		return -1;
	*size = entry.size;
	return 0;
}

/* ---- sweeping ---- */

/* What time it is there: of a file that is written now. */
static int ask_clock(struct bk_sftp *sftp, struct bk_ls_time *now,
		     struct bk_err *err)
{
	struct bk_line *line = bk_link_take(sftp->link);
	struct bk_err ignored = {0};
	struct bk_entry entry = {0};

	bk_sftp_aim(sftp, line, CLOCK_NAME, "");
	int rc = bk_line_send_begin(line, 0, err);
	if (rc == 0)
		rc = bk_line_send_end(line, err);
	bk_link_give(line);
	if (rc == 0)
		rc = find_entry(sftp, CLOCK_NAME, &entry, now, err);
	(void)bk_sftp_remove_name(sftp, CLOCK_NAME, &ignored);
	return rc < 0 ? bk_context(err, "%s", sftp->target.where) : 0;
}

int bk_sftp_sweep(struct bk_target *target, int64_t older_s,
		  bool (*ours)(const char *name), struct bk_err *err)
{
	struct bk_sftp *sftp = bk_sftp_of(target);
	struct bk_blob_list parts = {0};
	struct bk_ls_time now;

	if (ask_clock(sftp, &now, err) < 0 ||
	    list(sftp, "", &now, &parts, err) < 0)
		return -1;
	bk_parts_sweep(target, &parts, NOW, older_s, ours);
	bk_blob_list_clear(&parts);
	return 0;
}
