/*
 * Messages as the members of one archive, by libarchive: see eml.h.  Written to
 * FILE.part, which gets its name when all is in it and on disk.
 */

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "base/stream.h"
#include "store/body.h"
#include "store/eml.h"
#include "store/libarchive.h"

struct packed {
	struct bk_eml_outlet outlet; /* first */
	char *file, *part;
	int fd;
	pthread_mutex_t lock; /* one member after the other */
	const struct bk_libarchive *lib;
	struct archive *archive;
	struct bk_err why; /* our own file failed, which libarchive cannot say
			      as well */
	/* Names are UTF-8 whatever the environment says.  Asked to convert
	 * them, libarchive 3.6 turns decomposed letters down. */
	locale_t utf8;
};

/* ---- libarchive ---- */

static la_ssize_t write_out(struct archive *archive, void *arg,
			    const void *data, size_t len)
{
	struct packed *packed = arg;

	if (bk_fd_write(packed->fd, data, len, &packed->why) == 0)
		return (la_ssize_t)len;
	packed->lib->set_error(archive, EIO, "%s", packed->why.text);
	return -1;
}

static int failed(const struct packed *packed, struct bk_err *err)
{
	const char *text = packed->lib->error_string(packed->archive);

	if (packed->why.kind != BK_OK)
		*err = packed->why;
	else
		(void)bk_fail(err, BK_FAILED, "%s",
			      text ? text : "the archive cannot be written");
	return bk_context(err, "%s", packed->file);
}

struct member_sink {
	struct bk_sink sink; /* first */
	struct packed *packed;
};

static int write_member(struct bk_sink *sink, const void *data, size_t len,
			struct bk_err *err)
{
	struct packed *packed = ((struct member_sink *)sink)->packed;

	if (packed->lib->write_data(packed->archive, data, len) ==
	    (la_ssize_t)len)
		return 0;
	return failed(packed, err);
}

static int add_member(struct packed *packed, struct archive_entry *entry,
		      const struct bk_body *body, struct bk_err *err)
{
	struct member_sink sink = {{write_member}, packed};

	if (packed->lib->write_header(packed->archive, entry) != ARCHIVE_OK)
		return failed(packed, err);
	if (body && bk_body_copy(body, &sink.sink, err) < 0)
		return -1;
	if (packed->lib->write_finish_entry(packed->archive) != ARCHIVE_OK)
		return failed(packed, err);
	return 0;
}

/* A member half written spoils what follows: then the archive is over, which
 * an error of a kind that nobody goes on after says. */
static int add(struct packed *packed, struct archive_entry *entry,
	       const struct bk_body *body, struct bk_err *err)
{
	(void)pthread_mutex_lock(&packed->lock);
	locale_t before = uselocale(packed->utf8);
	int rc = add_member(packed, entry, body, err);
	(void)uselocale(before);
	(void)pthread_mutex_unlock(&packed->lock);
	packed->lib->entry_free(entry);
	if (rc < 0 && err->kind == BK_FAILED)
		err->kind = BK_STARVED;
	return rc;
}

/* ---- the outlet ---- */

static int add_dir(struct bk_eml_outlet *to, const char *path,
		   struct bk_err *err)
{
	const struct bk_libarchive *lib = ((struct packed *)to)->lib;
	struct archive_entry *entry = lib->entry_new();
	char *name = bk_asprintf("%s/", path);

	lib->entry_copy_pathname(entry, name);
	lib->entry_set_filetype(entry, AE_IFDIR);
	lib->entry_set_perm(entry, 0700);
	lib->entry_set_mtime(entry, bk_clock_now(), 0);
	free(name);
	return add((struct packed *)to, entry, NULL, err);
}

static int put(struct bk_eml_outlet *to, const char *path,
	       const struct bk_body *body, uint64_t size, int64_t date,
	       struct bk_err *err)
{
	const struct bk_libarchive *lib = ((struct packed *)to)->lib;
	struct archive_entry *entry = lib->entry_new();

	lib->entry_copy_pathname(entry, path);
	lib->entry_set_filetype(entry, AE_IFREG);
	lib->entry_set_perm(entry, 0600);
	lib->entry_set_size(entry, (la_int64_t)size);
	lib->entry_set_mtime(entry, date, 0);
	return add((struct packed *)to, entry, body, err);
}

static int list(struct bk_eml_outlet *to, const char *path,
		struct bk_message_list *out, struct bk_err *err)
{
	(void)to;
	(void)path;
	(void)out;
	(void)err;
	return 0;
}

static int no_file(struct bk_eml_outlet *to, const char *path,
		   struct bk_err *err)
{
	return bk_fail(err, BK_GONE, "%s: %s is not there yet",
		       ((struct packed *)to)->file, path);
}

static int sync_nothing(struct bk_eml_outlet *to, struct bk_err *err)
{
	(void)to;
	(void)err;
	return 0;
}

static int end_archive(struct bk_eml_outlet *to, struct bk_err *err)
{
	struct packed *packed = (struct packed *)to;

	locale_t before = uselocale(packed->utf8);
	int ended = packed->lib->write_close(packed->archive);
	(void)uselocale(before);
	if (ended != ARCHIVE_OK)
		return failed(packed, err);
	if (fsync(packed->fd) < 0)
		return bk_fail_errno(err, "%s", packed->part);
	if (bk_file_move(AT_FDCWD, packed->part, AT_FDCWD, packed->file, err) <
	    0)
		return -1;
	bk_path_close(&packed->fd);
	return bk_dir_sync(AT_FDCWD, packed->file, err);
}

static void close_archive(struct bk_eml_outlet *to)
{
	struct packed *packed = (struct packed *)to;

	if (packed->archive) {
		/* Else it would write its end. */
		(void)packed->lib->write_fail(packed->archive);
		(void)packed->lib->write_free(packed->archive);
	}
	if (packed->fd >= 0)
		(void)unlink(packed->part);
	bk_path_close(&packed->fd);
	if (packed->utf8)
		freelocale(packed->utf8);
	(void)pthread_mutex_destroy(&packed->lock);
	free(packed->file);
	free(packed->part);
	free(packed);
}

/* What a dead run left there is nobody's: the store is locked. */
static int create(struct packed *packed, struct bk_err *err)
{
	struct stat st;

	if (lstat(packed->file, &st) == 0)
		return bk_fail(err, BK_MISUSE,
			       "%s is there already, and an archive is written "
			       "at once: give a new name. Nothing changed.",
			       packed->file);
	if (unlink(packed->part) < 0 && errno != ENOENT)
		return bk_fail_errno(err, "%s", packed->part);
	packed->fd = open(packed->part,
			  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			  0600);
	if (packed->fd < 0)
		return bk_fail_errno(err, "%s", packed->part);
	return 0;
}

static int open_archive(struct bk_eml_outlet **out, const char *file, bool zip,
			struct bk_err *err)
{
	const struct bk_libarchive *lib = bk_libarchive(err);

	if (!lib)
		return -1;
	struct packed *packed = bk_alloc(sizeof(*packed));

	packed->outlet = (struct bk_eml_outlet){
		.dir = add_dir,
		.put = put,
		.list = list,
		.open = no_file,
		.sync = sync_nothing,
		.end = end_archive,
		.close = close_archive,
	};
	packed->lib = lib;
	packed->fd = -1;
	packed->file = bk_strdup(file);
	packed->part = bk_asprintf("%s.part", file);
	packed->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	(void)pthread_mutex_init(&packed->lock, NULL);
	if (create(packed, err) < 0)
		goto fail;
	packed->archive = packed->lib->write_new();
	if (!packed->archive ||
	    (zip ? lib->write_zip : lib->write_tar)(packed->archive) !=
		    ARCHIVE_OK ||
	    packed->lib->write_open(packed->archive, packed, NULL, write_out,
				    NULL) != ARCHIVE_OK) {
		(void)failed(packed, err);
		goto fail;
	}
	*out = &packed->outlet;
	return 0;
fail:
	close_archive(&packed->outlet);
	return -1;
}

int bk_eml_tar_open(struct bk_eml_outlet **out, const char *file,
		    struct bk_err *err)
{
	return open_archive(out, file, false, err);
}

int bk_eml_zip_open(struct bk_eml_outlet **out, const char *file,
		    struct bk_err *err)
{
	return open_archive(out, file, true, err);
}
