/* Proven stretches of blobs in a folder: see cache_files.h. */

#include "target/cache_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"
#include "crypto/digest.h"

#define FILES_MAX   4096u
#define FILE_NAME   160
#define PIECE       ((size_t)64 << 10)
#define LEFT_OVER_S 3600 /* a file that is being written is never so old */

/* What a file was when it was proven. */
struct proof {
	ino_t inode;
	struct timespec changed;
};

struct stretch {
	char file[FILE_NAME];
	size_t blob_len; /* of the blob's name at the beginning of `file` */
	uint64_t offset, len;
	int64_t used; /* in the order of use */
	struct proof proof;
};

struct bk_cache_files {
	pthread_mutex_t lock;
	int dir;
	uint64_t most, total;
	struct stretch *items;
	size_t n, cap;
	int64_t clock; /* of uses */
	unsigned parts;
};

struct bk_cache_store {
	struct bk_cache_files *files;
	struct stretch stretch;
	char part[FILE_NAME + 40];
	int fd;
	uint64_t written;
	struct bk_sha256 sha;
	bool bad;
};

/* The blob's name as part of a file's; 0 when it is too long. */
static size_t flatten(char out[FILE_NAME], const char *name)
{
	size_t len = strlen(name);

	if (len > FILE_NAME - 44)
		return 0;
	for (size_t i = 0; i <= len; i++)
		out[i] = (char)(name[i] == '/' ? '_' : name[i]);
	return len;
}

static bool name_stretch(struct stretch *s, const char *name, uint64_t offset,
			 uint64_t len)
{
	*s = (struct stretch){.offset = offset, .len = len};
	s->blob_len = flatten(s->file, name);
	if (!s->blob_len)
		return false;
	(void)snprintf(s->file + s->blob_len, FILE_NAME - s->blob_len,
		       "@%" PRIu64 "+%" PRIu64, offset, len);
	return true;
}

static bool is_of(const struct stretch *s, const char *flat, size_t len)
{
	return s->blob_len == len && memcmp(s->file, flat, len) == 0;
}

static bool covers(const struct stretch *s, uint64_t offset, uint64_t len)
{
	return s->offset <= offset && len <= s->len &&
	       offset - s->offset <= s->len - len;
}

/* ---- the table; with the lock held ---- */

static void forget(struct bk_cache_files *files, size_t i)
{
	(void)unlinkat(files->dir, files->items[i].file, 0);
	files->total -= files->items[i].len;
	files->items[i] = files->items[--files->n];
}

static struct stretch *of_file(struct bk_cache_files *files, const char *file)
{
	for (size_t i = 0; i < files->n; i++)
		if (strcmp(files->items[i].file, file) == 0)
			return &files->items[i];
	return NULL;
}

static void make_room(struct bk_cache_files *files, uint64_t len)
{
	while (files->n &&
	       (files->n >= FILES_MAX || files->total > files->most ||
		len > files->most - files->total)) {
		size_t oldest = 0;
		for (size_t i = 1; i < files->n; i++)
			if (files->items[i].used < files->items[oldest].used)
				oldest = i;
		forget(files, oldest);
	}
}

static void add(struct bk_cache_files *files, const struct stretch *s)
{
	files->items = bk_array_room(files->items, files->n, &files->cap,
				     sizeof(*files->items));
	files->items[files->n++] = *s;
	files->total += s->len;
}

/* ---- opening ---- */

/* Is it named as we name our files?  Others are left alone. */
static bool read_name(const char *file, struct stretch *s)
{
	struct bk_err err = {0};
	char number[24];

	const char *at = strrchr(file, '@');
	const char *plus = at ? strchr(at, '+') : NULL;
	if (!plus || strlen(file) >= FILE_NAME || plus - at > 21)
		return false;
	*s = (struct stretch){.blob_len = (size_t)(at - file)};
	memcpy(s->file, file, strlen(file) + 1);
	(void)snprintf(number, sizeof(number), "%.*s", (int)(plus - at - 1),
		       at + 1);
	return bk_parse_number(number, UINT64_MAX, &s->offset, &err) == 0 &&
	       bk_parse_number(plus + 1, INT64_MAX, &s->len, &err) == 0;
}

static void look_at(struct bk_cache_files *files, const char *file)
{
	struct stretch s;
	struct stat st;
	size_t len = strlen(file);

	if (fstatat(files->dir, file, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode) || !strchr(file, '@'))
		return;
	if (len > 5 && strcmp(file + len - 5, ".part") == 0) {
		if (st.st_mtime < bk_clock_now() - LEFT_OVER_S)
			(void)unlinkat(files->dir, file, 0);
		return;
	}
	if (!read_name(file, &s) ||
	    (uint64_t)st.st_size != s.len + BK_SHA256_LEN) {
		(void)unlinkat(files->dir, file, 0);
		return;
	}
	s.used = (int64_t)st.st_mtime - INT64_MAX / 2; /* before this run */
	make_room(files, s.len);
	add(files, &s);
}

static bool read_folder(struct bk_cache_files *files)
{
	struct dirent *entry;
	int fd = openat(files->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		if (fd >= 0)
			(void)close(fd);
		return false;
	}
	while ((entry = readdir(dir)))
		look_at(files, entry->d_name);
	(void)closedir(dir);
	return true;
}

struct bk_cache_files *bk_cache_files_open(const char *folder, uint64_t most)
{
	struct bk_cache_files *files;
	struct bk_err err = {0};
	int dir;

	if (bk_dir_make(AT_FDCWD, folder, 0700, &err) < 0)
		return NULL;
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return NULL;
	files = bk_alloc(sizeof(*files));
	files->dir = dir;
	files->most = most;
	(void)pthread_mutex_init(&files->lock, NULL);
	if (read_folder(files))
		return files;
	bk_cache_files_close(files);
	return NULL;
}

void bk_cache_files_close(struct bk_cache_files *files)
{
	if (!files)
		return;
	(void)close(files->dir);
	(void)pthread_mutex_destroy(&files->lock);
	free(files->items);
	free(files);
}

/* ---- finding ---- */

static void sum_begin(struct bk_sha256 *sha, const char *file)
{
	bk_sha256_init(sha);
	bk_sha256_update(sha, file, strlen(file) + 1);
}

/* Does the file end with the sum of all before? */
static bool sum_holds(int fd, const struct stretch *s)
{
	uint8_t want[BK_SHA256_LEN], sum[BK_SHA256_LEN];
	uint8_t *piece = bk_alloc(PIECE);
	struct bk_err err = {0};
	struct bk_sha256 sha;
	uint64_t at = 0;

	sum_begin(&sha, s->file);
	while (at < s->len) {
		size_t n = s->len - at < PIECE ? (size_t)(s->len - at) : PIECE;
		if (bk_fd_read_at(fd, piece, n, at, &err) < 0)
			break;
		bk_sha256_update(&sha, piece, n);
		at += n;
	}
	free(piece);
	bk_sha256_final(&sha, sum);
	return at == s->len &&
	       bk_fd_read_at(fd, want, sizeof(want), at, &err) == 0 &&
	       memcmp(want, sum, sizeof(sum)) == 0;
}

static bool is_proven(const struct stretch *s, const struct stat *st)
{
	return s->proof.inode == st->st_ino &&
	       s->proof.changed.tv_sec == st->st_ctim.tv_sec &&
	       s->proof.changed.tv_nsec == st->st_ctim.tv_nsec;
}

static bool prove(int fd, struct stretch *s)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size != s->len + BK_SHA256_LEN)
		return false;
	if (is_proven(s, &st))
		return true;
	/* Its time says when it was used, for the next process. */
	(void)futimens(fd, NULL);
	if (fstat(fd, &st) < 0 || !sum_holds(fd, s))
		return false;
	s->proof = (struct proof){st.st_ino, st.st_ctim};
	return true;
}

static bool look_up(struct bk_cache_files *files, const char *name,
		    uint64_t offset, uint64_t len, struct stretch *out)
{
	char flat[FILE_NAME];
	size_t flat_len = flatten(flat, name);
	struct stretch *found = NULL;

	(void)pthread_mutex_lock(&files->lock);
	for (size_t i = 0; i < files->n && flat_len && !found; i++)
		if (is_of(&files->items[i], flat, flat_len) &&
		    covers(&files->items[i], offset, len))
			found = &files->items[i];
	if (found) {
		found->used = ++files->clock;
		*out = *found;
	}
	(void)pthread_mutex_unlock(&files->lock);
	return found != NULL;
}

static void note_proof(struct bk_cache_files *files, const struct stretch *s,
		       bool good)
{
	(void)pthread_mutex_lock(&files->lock);
	struct stretch *item = of_file(files, s->file);
	if (item && good)
		item->proof = s->proof;
	else if (item)
		forget(files, (size_t)(item - files->items));
	(void)pthread_mutex_unlock(&files->lock);
}

int bk_cache_files_find(struct bk_cache_files *files, const char *name,
			uint64_t offset, uint64_t len, uint64_t *at)
{
	struct stretch s;

	while (look_up(files, name, offset, len, &s)) {
		int fd = openat(files->dir, s.file,
				O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		bool good = fd >= 0 && prove(fd, &s);
		note_proof(files, &s, good);
		*at = offset - s.offset;
		if (good)
			return fd;
		if (fd >= 0)
			(void)close(fd);
	}
	return -1;
}

/* ---- storing ---- */

struct bk_cache_store *bk_cache_store_begin(struct bk_cache_files *files,
					    const char *name, uint64_t offset,
					    uint64_t len)
{
	struct bk_cache_store *store;
	struct stretch s;

	if (len > files->most / 4 || !name_stretch(&s, name, offset, len))
		return NULL;
	store = bk_alloc(sizeof(*store));
	store->files = files;
	store->stretch = s;
	(void)pthread_mutex_lock(&files->lock);
	unsigned number = files->parts++;
	(void)pthread_mutex_unlock(&files->lock);
	(void)snprintf(store->part, sizeof(store->part), "%s.%ld.%u.part",
		       s.file, (long)getpid(), number);
	store->fd = openat(files->dir, store->part,
			   O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (store->fd < 0) {
		free(store);
		return NULL;
	}
	sum_begin(&store->sha, s.file);
	return store;
}

void bk_cache_store_write(struct bk_cache_store *store, const void *data,
			  size_t len)
{
	struct bk_err err = {0};

	if (!store || store->bad)
		return;
	bk_sha256_update(&store->sha, data, len);
	store->written += len;
	store->bad = bk_fd_write(store->fd, data, len, &err) < 0;
}

/* It is in place of what it covers; not synced, for its sum tells. */
static bool publish(struct bk_cache_store *store)
{
	struct bk_cache_files *files = store->files;
	const struct stretch *s = &store->stretch;
	struct bk_err err = {0};

	for (size_t i = files->n; i-- > 0;)
		if (is_of(&files->items[i], s->file, s->blob_len) &&
		    covers(s, files->items[i].offset, files->items[i].len))
			forget(files, i);
	make_room(files, s->len);
	(void)unlinkat(files->dir, s->file, 0);
	if (bk_file_move(files->dir, store->part, files->dir, s->file, &err) <
	    0)
		return false;
	store->stretch.used = ++files->clock;
	add(files, s);
	return true;
}

void bk_cache_store_end(struct bk_cache_store *store, bool whole)
{
	uint8_t sum[BK_SHA256_LEN];
	struct bk_err err = {0};

	if (!store)
		return;
	bk_sha256_final(&store->sha, sum);
	bool good = whole && !store->bad &&
		    store->written == store->stretch.len &&
		    bk_fd_write(store->fd, sum, sizeof(sum), &err) == 0;
	if (close(store->fd) < 0)
		good = false;
	(void)pthread_mutex_lock(&store->files->lock);
	good = good && publish(store);
	(void)pthread_mutex_unlock(&store->files->lock);
	if (!good)
		(void)unlinkat(store->files->dir, store->part, 0);
	free(store);
}

/* ---- dropping ---- */

void bk_cache_files_drop(struct bk_cache_files *files, const char *name)
{
	char flat[FILE_NAME];
	size_t len = flatten(flat, name);

	(void)pthread_mutex_lock(&files->lock);
	for (size_t i = files->n; i-- > 0;)
		if (len && is_of(&files->items[i], flat, len))
			forget(files, i);
	(void)pthread_mutex_unlock(&files->lock);
}

bool bk_cache_is_below(const char *name, const char *folder)
{
	size_t len = strlen(folder);

	return !len || (strncmp(name, folder, len) == 0 && name[len] == '/');
}

void bk_cache_files_keep_only(struct bk_cache_files *files, const char *folder,
			      const struct bk_blob_list *list)
{
	(void)pthread_mutex_lock(&files->lock);
	for (size_t i = files->n; i-- > 0;) {
		char name[FILE_NAME];
		const struct stretch *s = &files->items[i];
		for (size_t k = 0; k < s->blob_len; k++)
			name[k] = (char)(s->file[k] == '_' ? '/' : s->file[k]);
		name[s->blob_len] = 0;
		if (bk_cache_is_below(name, folder) &&
		    !bk_blob_list_find(list, name))
			forget(files, i);
	}
	(void)pthread_mutex_unlock(&files->lock);
}
