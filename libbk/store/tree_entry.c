/* One entry of a tree's stream: see tree_entry.h. */

#include "store/tree_entry.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/path.h"

#define AT_ONCE ((size_t)256 << 10)
#define TRIES   3 /* of a file that is written to while it is read */

/* A file that has several names, and the first of them. */
struct linked {
	dev_t dev;
	ino_t ino;
	char *path; /* owned */
};

struct bk_tree_teller {
	struct bk_tree_to *to;
	struct archive *disk; /* asks for ACLs, attributes, holes, names */
	struct archive_entry *about;
	const char *path; /* of the entry */
	struct linked *linked;
	size_t n_linked, cap_linked;
	bool closing; /* what comes now is the mark at the end */
	bool failed;  /* a callback did, with `why` */
	struct bk_err why;
	uint8_t room[AT_ONCE];
};

/* An entry on its way into the stream. */
struct entry {
	struct bk_tree_teller *teller;
	struct archive *stream;
	bool told;                   /* all of it */
	struct archive_entry *about; /* the teller's */
	int fd;                      /* of a file or folder; -1: a link */
	struct stat st;
};

int bk_tree_teller_new(struct bk_tree_teller **out, struct bk_tree_to *to,
		       struct bk_err *err)
{
	struct bk_tree_teller *teller = bk_alloc(sizeof(*teller));

	teller->to = to;
	teller->about = archive_entry_new();
	teller->disk = archive_read_disk_new();
	*out = teller;
	if (!teller->about || !teller->disk ||
	    archive_read_disk_set_behavior(
		    teller->disk, ARCHIVE_READDISK_NO_FFLAGS) != ARCHIVE_OK ||
	    archive_read_disk_set_standard_lookup(teller->disk) != ARCHIVE_OK)
		return bk_fail(err, BK_STARVED, "libarchive: no reader");
	return 0;
}

void bk_tree_teller_free(struct bk_tree_teller *teller)
{
	if (!teller)
		return;
	for (size_t i = 0; i < teller->n_linked; i++)
		free(teller->linked[i].path);
	free(teller->linked);
	if (teller->disk)
		(void)archive_read_free(teller->disk);
	if (teller->about)
		archive_entry_free(teller->about);
	free(teller);
}

/* ---- the stream ---- */

static la_ssize_t take(struct archive *stream, void *arg, const void *data,
		       size_t len)
{
	struct bk_tree_teller *teller = arg;

	if (teller->closing)
		return (la_ssize_t)len;
	if (teller->to->sink.write(&teller->to->sink, data, len, &teller->why) <
	    0) {
		teller->failed = true;
		archive_set_error(stream, EIO, "taken back");
		return -1;
	}
	return (la_ssize_t)len;
}

/* Says why libarchive failed, or the sink below it. */
static int stream_failed(const struct entry *entry, struct bk_err *err)
{
	const char *text = archive_error_string(entry->stream);

	if (entry->teller->failed) {
		*err = entry->teller->why;
		return -1;
	}
	return bk_fail(err, BK_REFUSED, "%s", text ? text : "cannot be told");
}

static int open_stream(struct entry *entry, struct bk_err *err)
{
	struct archive *stream = archive_write_new();

	entry->stream = stream;
	if (!stream || archive_write_set_format_pax(stream) != ARCHIVE_OK ||
	    archive_write_set_options(stream, "hdrcharset=BINARY") !=
		    ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(stream, 0) != ARCHIVE_OK ||
	    archive_write_open(stream, entry->teller, NULL, take, NULL) !=
		    ARCHIVE_OK)
		return bk_fail(err, BK_STARVED, "libarchive: no stream");
	return 0;
}

/* Nothing at the end: the stream goes on with the next entry.  One that broke
 * off is not filled up with zeros first. */
static void close_stream(struct entry *entry)
{
	if (entry->stream && !entry->told)
		(void)archive_write_fail(entry->stream);
	entry->teller->closing = true;
	if (entry->stream)
		(void)archive_write_free(entry->stream);
	entry->teller->closing = false;
	entry->stream = NULL;
	entry->told = false;
}

/* ---- what an entry says ---- */

static const char *first_name(const struct bk_tree_teller *teller,
			      const struct stat *st)
{
	for (size_t i = 0; i < teller->n_linked; i++)
		if (teller->linked[i].ino == st->st_ino &&
		    teller->linked[i].dev == st->st_dev)
			return teller->linked[i].path;
	return NULL;
}

static void remember_name(struct bk_tree_teller *teller, const struct stat *st)
{
	teller->linked =
		bk_array_room(teller->linked, teller->n_linked,
			      &teller->cap_linked, sizeof(*teller->linked));
	teller->linked[teller->n_linked++] = (struct linked){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.path = bk_strdup(teller->path + 1),
	};
}

/* Nothing that differs though the file is the same: reading it changes its
 * time of access, and a copy of it has another inode. */
static void settle(struct entry *entry)
{
	struct archive_entry *about = entry->about;

	archive_entry_set_pathname(about, entry->teller->path + 1);
	archive_entry_unset_atime(about);
	archive_entry_unset_ctime(about);
	archive_entry_unset_birthtime(about);
	archive_entry_set_dev(about, 0);
	archive_entry_set_ino64(about, 0);
	archive_entry_set_nlink(about, 1);
}

static int describe_link(struct entry *entry, int dir, const char *name,
			 struct bk_err *err)
{
	struct archive *disk = entry->teller->disk;
	char target[PATH_MAX];

	ssize_t len = readlinkat(dir, name, target, sizeof(target) - 1);
	if (len < 0)
		return bk_fail_errno(err, "readlink");
	target[len] = 0;
	archive_entry_copy_stat(entry->about, &entry->st);
	archive_entry_set_size(entry->about, 0);
	archive_entry_set_symlink(entry->about, target);
	archive_entry_copy_uname(
		entry->about, archive_read_disk_uname(disk, entry->st.st_uid));
	archive_entry_copy_gname(
		entry->about, archive_read_disk_gname(disk, entry->st.st_gid));
	return 0;
}

static int describe(struct entry *entry, struct bk_err *err)
{
	struct archive *disk = entry->teller->disk;
	const char *first = NULL;
	char self[40];

	/* Where there is no call for a descriptor libarchive asks by path. */
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", entry->fd);
	archive_entry_copy_sourcepath(entry->about, self);
	if (archive_read_disk_entry_from_file(disk, entry->about, entry->fd,
					      &entry->st) < ARCHIVE_WARN)
		return bk_fail(err, BK_REFUSED, "%s",
			       archive_error_string(disk));
	if (S_ISREG(entry->st.st_mode) && entry->st.st_nlink > 1)
		first = first_name(entry->teller, &entry->st);
	if (first) {
		archive_entry_set_hardlink(entry->about, first);
		archive_entry_set_size(entry->about, 0);
		archive_entry_sparse_clear(entry->about);
	}
	return 0;
}

/* ---- contents ---- */

static int give(struct entry *entry, const void *data, size_t len,
		struct bk_err *err)
{
	if (archive_write_data(entry->stream, data, len) != (la_ssize_t)len)
		return stream_failed(entry, err);
	return bk_cancelled(err);
}

/* Bytes of the file, or of a hole.  1: the file ends before; 0; -1. */
static int give_stretch(struct entry *entry, uint64_t at, uint64_t end,
			bool hole, struct bk_err *err)
{
	uint8_t *room = entry->teller->room;

	if (hole)
		memset(room, 0, AT_ONCE);
	while (at < end) {
		size_t most = end - at < AT_ONCE ? (size_t)(end - at) : AT_ONCE;
		ssize_t n = hole ? (ssize_t)most
				 : pread(entry->fd, room, most, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bk_fail_errno(err, "read");
		if (n == 0)
			return 1;
		if (give(entry, room, (size_t)n, err) < 0)
			return -1;
		at += (uint64_t)n;
	}
	return 0;
}

static int give_contents(struct entry *entry, struct bk_err *err)
{
	uint64_t size = (uint64_t)entry->st.st_size, at = 0;
	la_int64_t start, len;
	int rc = 0;

	if (archive_entry_sparse_reset(entry->about) == 0)
		return give_stretch(entry, 0, size, false, err);
	while (rc == 0 && archive_entry_sparse_next(entry->about, &start,
						    &len) == ARCHIVE_OK) {
		uint64_t from = (uint64_t)start, to = from + (uint64_t)len;
		rc = give_stretch(entry, at, from, true, err);
		if (rc == 0)
			rc = give_stretch(entry, from, to, false, err);
		at = to;
	}
	return rc == 0 ? give_stretch(entry, at, size, true, err) : rc;
}

/* Nor is one that grew known to be whole: what was there may have been written
 * over as well. */
static bool was_written_to(const struct entry *entry)
{
	const struct stat *was = &entry->st;
	struct stat now;

	return fstat(entry->fd, &now) < 0 || now.st_size != was->st_size ||
	       now.st_mtim.tv_sec != was->st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != was->st_mtim.tv_nsec;
}

static int give_header(struct entry *entry, struct bk_err *err)
{
	struct bk_tree_to *to = entry->teller->to;

	if (archive_write_header(entry->stream, entry->about) < ARCHIVE_WARN)
		return stream_failed(entry, err);
	return to->header_ends(to, err);
}

/* 1: it was written to meanwhile; 0; -1. */
static int give_entry(struct entry *entry, struct bk_err *err)
{
	bool contents = S_ISREG(entry->st.st_mode) &&
			!archive_entry_hardlink(entry->about);
	int rc = 0;

	settle(entry);
	if (open_stream(entry, err) < 0 || give_header(entry, err) < 0)
		return -1;
	if (contents)
		rc = give_contents(entry, err);
	if (rc >= 0 && archive_write_finish_entry(entry->stream) < ARCHIVE_WARN)
		return stream_failed(entry, err);
	entry->told = rc >= 0;
	return rc == 0 && contents && was_written_to(entry) ? 1 : rc;
}

/* ---- as often as it takes ---- */

static const char *kind_of(mode_t mode)
{
	if (S_ISSOCK(mode))
		return "a socket";
	return S_ISFIFO(mode) ? "a pipe" : "a device";
}

static int open_entry(struct entry *entry, int dir, const char *name,
		      struct bk_err *err)
{
	int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;

	entry->about = archive_entry_clear(entry->about);
	if (fstatat(dir, name, &entry->st, AT_SYMLINK_NOFOLLOW) < 0)
		return bk_fail_errno(err, "stat");
	if (S_ISLNK(entry->st.st_mode))
		return describe_link(entry, dir, name, err);
	if (!S_ISREG(entry->st.st_mode) && !S_ISDIR(entry->st.st_mode))
		return bk_fail(err, BK_EXISTS, "%s",
			       kind_of(entry->st.st_mode));
	entry->fd = bk_path_open(dir, name, flags, 0, err);
	if (entry->fd < 0)
		return -1;
	if (fstat(entry->fd, &entry->st) < 0)
		return bk_fail_errno(err, "stat");
	if (!S_ISREG(entry->st.st_mode) && !S_ISDIR(entry->st.st_mode))
		return bk_fail(err, BK_GONE, "was replaced");
	return describe(entry, err);
}

static void forget(struct entry *entry)
{
	close_stream(entry);
	bk_path_close(&entry->fd);
}

/* One try: 1 it is to be tried again, 0, -1. */
static int try_entry(struct entry *entry, int dir, const char *name,
		     struct bk_err *err)
{
	if (open_entry(entry, dir, name, err) < 0)
		return -1;
	return give_entry(entry, err);
}

/* Does it end the whole run, rather than this one entry? */
static bool ends_all(const struct entry *entry, const struct bk_err *err)
{
	return entry->teller->failed || err->kind == BK_CANCELLED ||
	       err->kind == BK_STARVED;
}

/* No tar has them in a form that others read, and few file systems have them at
 * all: they are told of, and not kept. */
static void tell_flags(const struct entry *entry)
{
	struct bk_tree_to *to = entry->teller->to;
	int flags = 0;

	if (!to->unkept || entry->fd < 0 ||
	    ioctl(entry->fd, FS_IOC_GETFLAGS, &flags) < 0)
		return;
	if (flags & FS_IMMUTABLE_FL)
		to->unkept(to, entry->teller->path, "immutable (chattr +i)");
	if (flags & FS_APPEND_FL)
		to->unkept(to, entry->teller->path,
			   "for appending only (chattr +a)");
}

static int keep_entry(struct entry *entry, int tried, struct bk_err *err)
{
	struct bk_tree_teller *teller = entry->teller;
	struct bk_err why = {0};

	if (tried == 1) {
		(void)bk_fail(&why, BK_BUSY,
			      "was written to each time it was read");
		teller->to->lacks(teller->to, teller->path, &why);
	}
	if (S_ISREG(entry->st.st_mode) && entry->st.st_nlink > 1 &&
	    !archive_entry_hardlink(entry->about))
		remember_name(teller, &entry->st);
	tell_flags(entry);
	return teller->to->end(teller->to, err);
}

int bk_tree_tell(struct bk_tree_teller *teller, int dir, const char *path,
		 int *folder, struct bk_err *err)
{
	struct entry entry = {
		.teller = teller, .about = teller->about, .fd = -1};
	const char *name = strrchr(path, '/') + 1;
	struct bk_err why = {0};
	int rc = 1;

	teller->path = path;
	for (int i = 0; rc == 1 && i < TRIES; i++) {
		forget(&entry);
		if (i)
			teller->to->back(teller->to);
		teller->to->begin(teller->to);
		rc = try_entry(&entry, dir, name, &why);
	}
	close_stream(&entry);
	if (rc >= 0) {
		rc = keep_entry(&entry, rc, err);
		if (rc == 0 && S_ISDIR(entry.st.st_mode)) {
			*folder = entry.fd;
			entry.fd = -1;
		}
	} else {
		teller->to->back(teller->to);
		rc = 1;
		if (ends_all(&entry, &why)) {
			*err = why;
			rc = -1;
		} else {
			teller->to->lacks(teller->to, path, &why);
		}
	}
	forget(&entry);
	return rc;
}
