/* Writing a tree of files beneath a folder: see tree_place.h. */

#include "store/tree_place.h"

#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "crypto/random.h"
#include "store/tree_marks.h"

#define PART_NAME 32
#define AT_ONCE   ((size_t)64 << 10)

/* A folder that gets its marks in the end: until then only we may enter it,
 * and what is written into it changes its time. */
struct folder {
	char *path;                  /* beneath the root; owned */
	struct archive_entry *about; /* owned */
	struct bk_tree_entry entry;
};

struct bk_tree_place {
	int root;
	struct bk_tree_owners *owners;
	struct folder *folders;
	size_t n, cap;
	uint8_t room[AT_ONCE];
};

/* The folder that an entry lies in, open, and its name there. */
struct spot {
	int dir;
	char name[NAME_MAX + 1];
	char part[PART_NAME]; /* what it is called while it is written */
};

int bk_tree_place_open(struct bk_tree_place **out, const char *to,
		       struct bk_err *err)
{
	int root = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return bk_fail_errno(err, "%s", to);
	struct bk_tree_place *place = bk_alloc(sizeof(*place));
	place->root = root;
	place->owners = bk_tree_owners_new();
	*out = place;
	return 0;
}

static void folder_clear(struct folder *folder)
{
	free(folder->path);
	archive_entry_free(folder->about);
}

void bk_tree_place_close(struct bk_tree_place *place)
{
	if (!place)
		return;
	for (size_t i = 0; i < place->n; i++)
		folder_clear(&place->folders[i]);
	free(place->folders);
	bk_tree_owners_free(place->owners);
	bk_path_close(&place->root);
	free(place);
}

/* ---- the way there ---- */

static int open_folder(int dir, const char *path, struct bk_err *err)
{
	return bk_path_open(dir, path, O_RDONLY | O_DIRECTORY, 0, err);
}

/* Folders above the tree, and those of entries that were not wanted.  Level by
 * level, so that no link is walked through. */
static int make_parents(int root, const char *path, struct bk_err *err)
{
	char name[NAME_MAX + 1];
	int at = open_folder(root, ".", err);

	while (at >= 0 && *path) {
		size_t len = strcspn(path, "/");
		(void)snprintf(name, sizeof(name), "%.*s", (int)len, path);
		int made = bk_dir_make_one(at, name, 0755, err);
		int next = made < 0 ? -1 : open_folder(at, name, err);
		(void)close(at);
		at = next;
		path += len + (path[len] == '/');
	}
	return at;
}

static void name_part(char part[PART_NAME])
{
	uint64_t random;

	bk_random_bytes(&random, sizeof(random));
	(void)snprintf(part, PART_NAME, ".bk-%016jx", (uintmax_t)random);
}

/* BK_GONE where the folder is not there and is not to be made. */
static int find_spot(struct bk_tree_place *place, const char *path, bool make,
		     struct spot *out, struct bk_err *err)
{
	const char *name = strrchr(path, '/') + 1;
	char *parent = bk_strndup(path, (size_t)(name - path));
	size_t len = strlen(parent);

	parent[len - 1] = 0; /* the '/' before the name */
	(void)snprintf(out->name, sizeof(out->name), "%s", name);
	name_part(out->part);
	out->dir = len > 1 ? open_folder(place->root, parent + 1, err)
			   : open_folder(place->root, ".", err);
	if (out->dir < 0 && err->kind == BK_GONE && make && len > 1)
		out->dir = make_parents(place->root, parent + 1, err);
	free(parent);
	return out->dir < 0 ? -1 : 0;
}

/* ---- comparing ---- */

static int drain(struct bk_tree_archive *archive, struct bk_err *err)
{
	struct bk_view bytes;
	uint64_t at;
	int rc;

	while ((rc = bk_tree_archive_data(archive, &bytes, &at, err)) > 0)
		;
	return rc;
}

static bool same_bytes(struct bk_tree_place *place, int fd, uint64_t at,
		       struct bk_view bytes)
{
	while (bytes.len) {
		size_t most = bytes.len < AT_ONCE ? bytes.len : AT_ONCE;
		ssize_t n = pread(fd, place->room, most, (off_t)at);
		if (n <= 0 || memcmp(place->room, bytes.data, (size_t)n) != 0)
			return false;
		bytes.data += n;
		bytes.len -= (size_t)n;
		at += (uint64_t)n;
	}
	return true;
}

/* Is there nothing but zeros? */
static bool is_hole(struct bk_tree_place *place, int fd, uint64_t at,
		    uint64_t end)
{
	while (at < end) {
		size_t most = end - at < AT_ONCE ? (size_t)(end - at) : AT_ONCE;
		off_t data = lseek(fd, (off_t)at, SEEK_DATA);
		if (data < 0 || (uint64_t)data >= end)
			return true;
		if ((uint64_t)data > at) {
			at = (uint64_t)data;
			continue;
		}
		ssize_t n = pread(fd, place->room, most, (off_t)at);
		if (n <= 0)
			return false;
		for (ssize_t i = 0; i < n; i++)
			if (place->room[i])
				return false;
		at += (uint64_t)n;
	}
	return true;
}

/* 1, 0, or -1 when the archive fails. */
static int same_contents(struct bk_tree_place *place, int fd,
			 struct bk_tree_archive *archive,
			 const struct bk_tree_entry *entry, struct bk_err *err)
{
	struct bk_view bytes;
	uint64_t at = 0, end = 0;
	bool same = true;
	int rc;

	while ((rc = bk_tree_archive_data(archive, &bytes, &at, err)) > 0) {
		same = same && is_hole(place, fd, end, at) &&
		       same_bytes(place, fd, at, bytes);
		end = at + bytes.len;
	}
	if (rc < 0)
		return -1;
	return same && is_hole(place, fd, end, entry->size);
}

static int compare_open(struct bk_tree_place *place, const struct spot *spot,
			struct bk_tree_archive *archive,
			const struct bk_tree_entry *entry,
			enum bk_tree_state *out, struct bk_err *err)
{
	struct stat st;
	int rc = 1;
	int fd = bk_path_open(spot->dir, spot->name,
			      O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, err);

	if (fd < 0)
		return -1;
	bool same = bk_tree_marks_are(fd, entry, place->owners);
	if (same && entry->type == BK_TREE_FILE) {
		same = fstat(fd, &st) == 0 &&
		       (uint64_t)st.st_size == entry->size;
		rc = same ? same_contents(place, fd, archive, entry, err) : 0;
	}
	(void)close(fd);
	*out = same && rc == 1 ? BK_TREE_SAME : BK_TREE_OTHER;
	return rc < 0 ? -1 : 0;
}

static bool same_link(const struct spot *spot,
		      const struct bk_tree_entry *entry, const struct stat *st)
{
	char target[PATH_MAX];
	ssize_t len =
		readlinkat(spot->dir, spot->name, target, sizeof(target) - 1);

	if (len < 0)
		return false;
	target[len] = 0;
	return strcmp(target, entry->target) == 0 &&
	       st->st_mtim.tv_sec == entry->mtime;
}

static bool same_file(struct bk_tree_place *place, const char *path,
		      const struct stat *st)
{
	struct bk_err ignored = {0};
	struct spot other;
	struct stat its;

	if (find_spot(place, path, false, &other, &ignored) < 0)
		return false;
	bool same = fstatat(other.dir, other.name, &its, AT_SYMLINK_NOFOLLOW) ==
			    0 &&
		    its.st_ino == st->st_ino && its.st_dev == st->st_dev;
	bk_path_close(&other.dir);
	return same;
}

static int compare_there(struct bk_tree_place *place, const struct spot *spot,
			 struct bk_tree_archive *archive,
			 const struct bk_tree_entry *entry,
			 enum bk_tree_state *out, struct bk_err *err)
{
	struct stat st;

	*out = BK_TREE_NEW;
	if (fstatat(spot->dir, spot->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : bk_fail_errno(err, "stat");
	*out = BK_TREE_OTHER;
	if (S_ISDIR(st.st_mode) != (entry->type == BK_TREE_FOLDER))
		return bk_fail(err, BK_REFUSED,
			       entry->type == BK_TREE_FOLDER
				       ? "it is no folder there"
				       : "a folder is in its place");
	bool same = false;
	switch (entry->type) {
	case BK_TREE_FILE:
		if (!S_ISREG(st.st_mode))
			return 0;
		return compare_open(place, spot, archive, entry, out, err);
	case BK_TREE_FOLDER:
		return compare_open(place, spot, archive, entry, out, err);
	case BK_TREE_LINK:
		same = S_ISLNK(st.st_mode) && same_link(spot, entry, &st);
		break;
	case BK_TREE_HARD_LINK:
		same = same_file(place, entry->target, &st);
		break;
	}
	if (same)
		*out = BK_TREE_SAME;
	return 0;
}

int bk_tree_place_compare(struct bk_tree_place *place,
			  struct bk_tree_archive *archive,
			  const struct bk_tree_entry *entry,
			  enum bk_tree_state *out, struct bk_err *err)
{
	struct spot spot = {.dir = -1};

	*out = BK_TREE_NEW;
	int rc = find_spot(place, entry->path, false, &spot, err);
	if (rc == 0)
		rc = compare_there(place, &spot, archive, entry, out, err);
	else if (err->kind == BK_GONE)
		rc = 0;
	bk_path_close(&spot.dir);
	if (rc < 0)
		return -1;
	/* All of the stream is read once before anything is written. */
	return drain(archive, err);
}

/* ---- writing ---- */

static int write_contents(int fd, struct bk_tree_archive *archive,
			  const struct bk_tree_entry *entry, struct bk_err *err)
{
	struct bk_view bytes;
	uint64_t at;
	int rc;

	while ((rc = bk_tree_archive_data(archive, &bytes, &at, err)) > 0) {
		if (lseek(fd, (off_t)at, SEEK_SET) < 0)
			return bk_fail_errno(err, "seek");
		if (bk_fd_write(fd, bytes.data, bytes.len, err) < 0)
			return -1;
	}
	if (rc == 0 && ftruncate(fd, (off_t)entry->size) < 0)
		return bk_fail_errno(err, "size");
	return rc;
}

/* A file that lacks some of its marks is better than none, and that is told. */
static int fill_part(struct bk_tree_place *place, const struct spot *spot,
		     struct bk_tree_archive *archive,
		     const struct bk_tree_entry *entry, struct bk_err *soft,
		     struct bk_err *err)
{
	int fd = openat(spot->dir, spot->part,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);

	if (fd < 0)
		return bk_fail_errno(err, "create");
	int rc = write_contents(fd, archive, entry, err);
	if (rc == 0)
		(void)bk_tree_marks_set(fd, entry, place->owners, soft);
	if (rc == 0)
		rc = bk_fd_settle(fd, err);
	if (close(fd) < 0 && rc == 0)
		rc = bk_fail_errno(err, "close");
	return rc;
}

static int make_link(struct bk_tree_place *place, const struct spot *spot,
		     const struct bk_tree_entry *entry, struct bk_err *soft,
		     struct bk_err *err)
{
	const struct timespec times[2] = {
		{.tv_nsec = UTIME_OMIT                            },
		{ .tv_sec = entry->mtime,
		 .tv_nsec = archive_entry_mtime_nsec(entry->about)},
	};

	if (symlinkat(entry->target, spot->dir, spot->part) < 0)
		return bk_fail_errno(err, "link");
	if (fchownat(spot->dir, spot->part, bk_tree_uid(place->owners, entry),
		     bk_tree_gid(place->owners, entry),
		     AT_SYMLINK_NOFOLLOW) < 0) {
		(void)bk_fail_errno(soft, "owner");
		soft->kind = BK_REFUSED;
	}
	(void)utimensat(spot->dir, spot->part, times, AT_SYMLINK_NOFOLLOW);
	return 0;
}

/* Of a file only: who lays a link in its place gains nothing. */
static int make_hard_link(struct bk_tree_place *place, const struct spot *spot,
			  const struct bk_tree_entry *entry, struct bk_err *err)
{
	struct spot first;
	struct stat st;

	if (find_spot(place, entry->target, false, &first, err) < 0)
		return -1;
	int rc = linkat(first.dir, first.name, spot->dir, spot->part, 0);
	bk_path_close(&first.dir);
	if (rc < 0)
		return bk_fail_errno(err, "hard link to %s", entry->target);
	if (fstatat(spot->dir, spot->part, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return bk_fail_errno(err, "stat");
	if (!S_ISREG(st.st_mode))
		return bk_fail(err, BK_REFUSED,
			       "a hard link to what is no file: %s",
			       entry->target);
	return 0;
}

static void copy_folder(struct bk_tree_place *place,
			const struct bk_tree_entry *entry)
{
	place->folders = bk_array_room(place->folders, place->n, &place->cap,
				       sizeof(*place->folders));
	struct folder *folder = &place->folders[place->n++];
	folder->path = bk_strdup(entry->path + 1);
	folder->about = archive_entry_clone(entry->about);
	folder->entry = *entry;
	folder->entry.path = folder->path;
	folder->entry.about = folder->about;
	folder->entry.user = archive_entry_uname(folder->about);
	folder->entry.group = archive_entry_gname(folder->about);
}

static int put_folder(struct bk_tree_place *place, const struct spot *spot,
		      const struct bk_tree_entry *entry, struct bk_err *err)
{
	int fd = -1;

	if (mkdirat(spot->dir, spot->name, 0700) < 0 && errno != EEXIST)
		return bk_fail_errno(err, "create");
	fd = open_folder(spot->dir, spot->name, err);
	if (fd < 0)
		return bk_context(err, "it is no folder there");
	bk_path_close(&fd);
	copy_folder(place, entry);
	return 0;
}

static int put_other(struct bk_tree_place *place, const struct spot *spot,
		     struct bk_tree_archive *archive,
		     const struct bk_tree_entry *entry, struct bk_err *lacks,
		     struct bk_err *err)
{
	int rc = -1;

	switch (entry->type) {
	case BK_TREE_FILE:
		rc = fill_part(place, spot, archive, entry, lacks, err);
		break;
	case BK_TREE_LINK:
		rc = make_link(place, spot, entry, lacks, err);
		break;
	case BK_TREE_HARD_LINK:
		rc = make_hard_link(place, spot, entry, err);
		break;
	case BK_TREE_FOLDER:
		break;
	}
	if (rc == 0)
		rc = bk_file_take_place(spot->dir, spot->part, spot->name, err);
	/* Two names of one file: renaming one to the other does nothing. */
	if (rc < 0 || entry->type == BK_TREE_HARD_LINK)
		(void)unlinkat(spot->dir, spot->part, 0);
	return rc;
}

int bk_tree_place_put(struct bk_tree_place *place,
		      struct bk_tree_archive *archive,
		      const struct bk_tree_entry *entry, struct bk_err *lacks,
		      struct bk_err *err)
{
	struct spot spot = {.dir = -1};

	if (find_spot(place, entry->path, true, &spot, err) < 0)
		return -1;
	int rc = entry->type == BK_TREE_FOLDER
			 ? put_folder(place, &spot, entry, err)
			 : put_other(place, &spot, archive, entry, lacks, err);
	bk_path_close(&spot.dir);
	return rc;
}

/* The deepest first: a folder's time is its own after what lies in it. */
int bk_tree_place_finish(struct bk_tree_place *place,
			 void (*failed)(void *arg, const char *path,
					const struct bk_err *why),
			 void *arg, struct bk_err *err)
{
	for (; place->n; place->n--) {
		struct folder *folder = &place->folders[place->n - 1];
		struct bk_err why = {0};
		int fd = open_folder(place->root, folder->path, &why);
		if (fd < 0 || bk_tree_marks_set(fd, &folder->entry,
						place->owners, &why) < 0)
			failed(arg, folder->path, &why);
		bk_path_close(&fd);
		folder_clear(folder);
	}
	if (syncfs(place->root) < 0)
		return bk_fail_errno(err, "sync");
	return 0;
}
