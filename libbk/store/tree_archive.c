/* The entries of a tree's stream: see tree_archive.h. */

#include "store/tree_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"

#define AT_ONCE ((size_t)64 << 10)

struct bk_tree_archive {
	struct archive *from;
	struct bk_source *source;
	const char *top;
	struct bk_buf path, target; /* of the entry */
	bool failed;                /* the source did, with `why` */
	struct bk_err why;
	uint8_t room[AT_ONCE];
};

static la_ssize_t give(struct archive *from, void *arg, const void **out)
{
	struct bk_tree_archive *archive = arg;
	size_t got = 0;

	*out = archive->room;
	if (archive->source->read(archive->source, archive->room, AT_ONCE, &got,
				  &archive->why) == 0)
		return (la_ssize_t)got;
	archive->failed = true;
	archive_set_error(from, EIO, "cannot be read");
	return -1;
}

static int fail(struct bk_tree_archive *archive, struct bk_err *err)
{
	const char *text = archive_error_string(archive->from);

	if (archive->failed) {
		*err = archive->why;
		return -1;
	}
	return bk_fail(err, BK_CORRUPT, "tree %s: %s", archive->top,
		       text ? text : "is no pax stream");
}

int bk_tree_archive_open(struct bk_tree_archive **out, struct bk_source *from,
			 const char *top, struct bk_err *err)
{
	struct bk_tree_archive *archive = bk_alloc(sizeof(*archive));

	archive->source = from;
	archive->top = top;
	archive->from = archive_read_new();
	if (!archive->from ||
	    archive_read_support_format_tar(archive->from) != ARCHIVE_OK ||
	    archive_read_open(archive->from, archive, NULL, give, NULL) <
		    ARCHIVE_WARN) {
		int rc = archive->from ? fail(archive, err)
				       : bk_fail(err, BK_STARVED,
						 "libarchive: no reader");
		bk_tree_archive_close(archive);
		return rc;
	}
	*out = archive;
	return 0;
}

void bk_tree_archive_close(struct bk_tree_archive *archive)
{
	if (!archive)
		return;
	if (archive->from)
		(void)archive_read_free(archive->from);
	bk_buf_clear(&archive->path);
	bk_buf_clear(&archive->target);
	free(archive);
}

/* ---- names ---- */

/* "etc/dovecot/" of the stream becomes "/etc/dovecot". */
static const char *spell(struct bk_buf *into, const char *name)
{
	size_t len = name ? strlen(name) : 0;

	while (len > 1 && name[len - 1] == '/')
		len--;
	into->len = 0;
	bk_buf_add_u8(into, '/');
	bk_buf_add(into, name, len);
	return bk_buf_text(into);
}

/* The tree's own path, or one beneath it, without a level that leads back. */
static bool is_inside(const struct bk_tree_archive *archive, const char *path)
{
	size_t top = strlen(archive->top);

	if (strncmp(path, archive->top, top) != 0 ||
	    (path[top] && path[top] != '/') || strlen(path) >= PATH_MAX)
		return false;
	while (*path) {
		size_t len = strcspn(++path, "/");
		if (!bk_path_is_name(path, len))
			return false;
		path += len;
	}
	return true;
}

static const char *type_of(struct bk_tree_archive *archive,
			   struct bk_tree_entry *out)
{
	const char *link = archive_entry_hardlink(out->about);

	if (link) {
		out->type = BK_TREE_HARD_LINK;
		out->target = spell(&archive->target, link);
		return is_inside(archive, out->target)
			       ? NULL
			       : "a hard link to what is outside of its tree";
	}
	switch (archive_entry_filetype(out->about)) {
	case AE_IFREG:
		out->type = BK_TREE_FILE;
		return NULL;
	case AE_IFDIR:
		out->type = BK_TREE_FOLDER;
		return NULL;
	case AE_IFLNK:
		out->type = BK_TREE_LINK;
		out->target = archive_entry_symlink(out->about);
		return out->target && *out->target &&
				       strlen(out->target) < PATH_MAX
			       ? NULL
			       : "a link to nothing";
	default:
		return "a device, socket or pipe is not restored";
	}
}

int bk_tree_archive_next(struct bk_tree_archive *archive,
			 struct bk_tree_entry *out, struct bk_err *err)
{
	struct archive_entry *about = NULL;
	int rc = archive_read_next_header(archive->from, &about);

	if (rc == ARCHIVE_EOF)
		return 0;
	if (rc < ARCHIVE_WARN)
		return fail(archive, err);
	*out = (struct bk_tree_entry){
		.about = about,
		.path = spell(&archive->path, archive_entry_pathname(about)),
		.user = archive_entry_uname(about),
		.group = archive_entry_gname(about),
		.uid = archive_entry_uid(about),
		.gid = archive_entry_gid(about),
		.mode = archive_entry_perm(about),
		.size = (uint64_t)archive_entry_size(about),
		.mtime = archive_entry_mtime(about),
	};
	out->fault = type_of(archive, out);
	if (!is_inside(archive, out->path))
		out->fault = "its name leads out of its tree";
	return 1;
}

int bk_tree_archive_data(struct bk_tree_archive *archive, struct bk_view *out,
			 uint64_t *offset, struct bk_err *err)
{
	const void *data = NULL;
	la_int64_t at = 0;
	size_t len = 0;
	int rc = archive_read_data_block(archive->from, &data, &len, &at);

	if (rc == ARCHIVE_EOF)
		return 0;
	if (rc < ARCHIVE_WARN)
		return fail(archive, err);
	*out = (struct bk_view){data, len};
	*offset = (uint64_t)at;
	return 1;
}
