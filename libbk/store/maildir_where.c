/*
 * Finding a message that is no longer where it was listed.
 *
 * Its flags may have changed, it may have moved from new to cur, and a program
 * that moves messages by renaming them keeps the base name in another folder.
 * So the base name is looked for in its own folder and then in every other of
 * the account.
 *
 * When thousands are marked read or deleted during a run, each of them comes
 * through here, so folders are not read for each of them: what a reading saw is
 * remembered as hashes.  A message that two readings after its scan did not see
 * in its own folder is not there.  Other folders are read again when they
 * changed, but for a fifth of the time at most; a message that moved in between
 * is found by who scans the account again (store/store.h).
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/path.h"
#include "store/dents.h"
#include "store/maildir.h"

/* A file that is renamed all the time is chased this often. */
#define CHASES_MAX 100
#define REST       5 /* times as long as a reading took */

static const char *const parts[] = {"new", "cur"};

/* The names of one folder at one time. */
struct reading {
	struct bk_name_table names; /* base name to index of infos */
	struct bk_name_table info_names;
	const char **infos; /* "c:2,S" */
	size_t n_infos, cap_infos;
	struct bk_arena arena;
};

/* One folder of the account. */
struct place {
	char *path[2];       /* of new and cur, from the account's root */
	unsigned n_readings; /* since it was scanned */
	struct reading now, before;
	struct bk_stamp stamp[2]; /* when `now` was begun */
	bool known;               /* nothing changed while `now` was read */
	int64_t begun_ms, took_ms;
};

struct bk_whereabouts {
	char *root; /* of the account */
	struct place *places;
	size_t n, cap;
};

static void clear_reading(struct reading *reading)
{
	bk_name_table_clear(&reading->names);
	bk_name_table_clear(&reading->info_names);
	free(reading->infos);
	bk_arena_clear(&reading->arena);
	*reading = (struct reading){0};
}

static void forget_readings(struct place *place)
{
	clear_reading(&place->now);
	clear_reading(&place->before);
	place->n_readings = 0;
	place->known = false;
}

void bk_whereabouts_free(struct bk_whereabouts *where)
{
	if (!where)
		return;
	for (size_t i = 0; i < where->n; i++) {
		forget_readings(&where->places[i]);
		free(where->places[i].path[0]);
		free(where->places[i].path[1]);
	}
	free(where->places);
	free(where->root);
	free(where);
}

void bk_maildir_name_whole(struct bk_message *msg, bool has_info,
			   struct bk_arena *arena)
{
	bool new = msg->file[0] == 'n';
	char *name =
		bk_asprintf("%s%s", msg->name, has_info ? "" : msg->file + 1);
	const char *mark = new ? ":n/" : strchr(name, ':') ? "" : ":c/";
	char *marked = bk_asprintf("%s%s", name, mark);

	msg->name = bk_arena_strdup(arena, marked);
	msg->file = new ? "n" : "c";
	free(marked);
	free(name);
}

size_t bk_maildir_name_length(const char *name)
{
	size_t len = strlen(name);

	return len > 3 && name[len - 1] == '/' && name[len - 3] == ':' ? len - 3
								       : len;
}

int bk_maildir_open_message(int dir, const char *name, const char *info)
{
	char path[NAME_MAX + 1];
	size_t len = bk_maildir_name_length(name);
	size_t info_len = strlen(info);
	/* O_NONBLOCK: a FIFO in cur must not hold us. */
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

	if (len + info_len > NAME_MAX || memchr(name, '/', len) ||
	    strchr(info, '/')) {
		errno = ENOENT;
		return -1;
	}
	memcpy(path, name, len);
	memcpy(path + len, info, info_len + 1);
	int fd = openat(dir, path, flags | O_NOATIME);
	if (fd < 0 && errno == EPERM)
		fd = openat(dir, path, flags);
	return fd;
}

static uint32_t info_index(struct reading *reading, const char *part,
			   const char *suffix, size_t len)
{
	char text[NAME_MAX + 2];
	uint32_t i;
	size_t at = 0;

	text[0] = part[0];
	memcpy(text + 1, suffix, len);
	text[len + 1] = 0;
	struct bk_name_key key =
		bk_name_table_key(&reading->info_names, text, len + 1);
	if (bk_name_table_next(&reading->info_names, key, &at, &i))
		return i;
	reading->infos =
		bk_array_room(reading->infos, reading->n_infos,
			      &reading->cap_infos, sizeof(*reading->infos));
	reading->infos[reading->n_infos] =
		bk_arena_strdup(&reading->arena, text);
	bk_name_table_add(&reading->info_names, key,
			  (uint32_t)reading->n_infos);
	return (uint32_t)reading->n_infos++;
}

static int read_dents(struct reading *reading, size_t which,
		      struct bk_dents *dents, struct bk_err *err)
{
	struct bk_dent entry;
	int rc;

	while ((rc = bk_dents_next(dents, &entry, err)) > 0) {
		const char *colon = memchr(entry.name, ':', entry.len);
		size_t len = colon ? (size_t)(colon - entry.name) : entry.len;
		uint32_t info = info_index(reading, parts[which],
					   entry.name + len, entry.len - len);
		struct bk_name_key key =
			bk_name_table_key(&reading->names, entry.name, len);
		bk_name_table_add(&reading->names, key, info);
	}
	return rc;
}

static int read_part(struct place *place, int root, size_t which,
		     struct bk_err *err)
{
	struct bk_dents dents;
	struct bk_err why = {0};
	int dir = bk_path_open(root, place->path[which], O_PATH | O_DIRECTORY,
			       0, &why);

	if (dir < 0 && why.kind == BK_GONE)
		return 0;
	if (dir < 0) {
		*err = why;
		return -1;
	}
	int rc = bk_dents_open(&dents, dir, err);
	(void)close(dir);
	if (rc == 0) {
		rc = read_dents(&place->now, which, &dents, err);
		bk_dents_close(&dents);
	}
	return rc;
}

static void read_stamps(const struct place *place, int root,
			struct bk_stamp stamps[2])
{
	for (size_t i = 0; i < 2; i++)
		bk_stamp_read_at(&stamps[i], root, place->path[i]);
}

/* Does the last reading still hold? */
static bool is_current(const struct place *place, int root)
{
	struct bk_stamp now[2];

	if (!place->known)
		return false;
	read_stamps(place, root, now);
	return memcmp(now, place->stamp, sizeof(now)) == 0;
}

static int read_place(struct place *place, int root, struct bk_err *err)
{
	struct bk_stamp after[2];
	int64_t now = bk_stamp_now_ns();

	clear_reading(&place->before);
	place->before = place->now;
	place->now = (struct reading){0};
	place->known = false;
	place->begun_ms = bk_clock_monotonic_ms();
	read_stamps(place, root, place->stamp);
	if (read_part(place, root, 0, err) < 0 ||
	    read_part(place, root, 1, err) < 0) {
		forget_readings(place);
		return -1;
	}
	read_stamps(place, root, after);
	place->known = bk_stamp_is_quiet(&place->stamp[0], &after[0], now) &&
		       bk_stamp_is_quiet(&place->stamp[1], &after[1], now);
	place->took_ms = bk_clock_monotonic_ms() - place->begun_ms + 1;
	place->n_readings++;
	return 0;
}

static int open_as(struct place *place, int root, const char *base,
		   const char *info, struct bk_err *err)
{
	int dir = bk_path_open(root, place->path[info[0] == 'c'],
			       O_PATH | O_DIRECTORY, 0, err);

	if (dir < 0)
		return -1;
	int fd = bk_maildir_open_message(dir, base, info + 1);
	if (fd < 0)
		bk_fail_errno(err, "open");
	(void)close(dir);
	return fd;
}

static bool has_seen(struct reading *reading, const char *base)
{
	struct bk_name_key key =
		bk_name_table_key(&reading->names, base, strlen(base));
	uint32_t info;
	size_t at = 0;

	return bk_name_table_next(&reading->names, key, &at, &info);
}

/* BK_STARVED when there was nothing to open it with; else it is not there. */
static int open_seen(struct place *place, int root, const char *base,
		     struct bk_err *err)
{
	struct reading *reading = &place->now;
	struct bk_name_key key =
		bk_name_table_key(&reading->names, base, strlen(base));
	uint32_t info;
	size_t at = 0;
	int fd = -1;

	while (fd < 0 && err->kind != BK_STARVED &&
	       bk_name_table_next(&reading->names, key, &at, &info))
		fd = open_as(place, root, base, reading->infos[info], err);
	return fd;
}

/* In its own folder.  Names that were seen and cannot be opened have changed
 * again; names that were not seen may have been renamed under the reader's
 * eyes, which does not happen twice. */
static int look_here(struct place *place, int root, const char *base,
		     struct bk_err *err)
{
	for (int i = 0; i < CHASES_MAX; i++) {
		int fd = place->n_readings ? open_seen(place, root, base, err)
					   : -1;
		if (fd >= 0 || err->kind == BK_STARVED)
			return fd;
		bool seen = has_seen(&place->now, base);
		if (place->n_readings && !seen &&
		    (is_current(place, root) ||
		     (place->n_readings > 1 &&
		      !has_seen(&place->before, base))))
			break;
		if (read_place(place, root, err) < 0)
			return -1;
	}
	return bk_fail(err, BK_GONE, "no longer there");
}

static bool should_read(const struct place *place, int root)
{
	int64_t now = bk_clock_monotonic_ms();

	if (!place->n_readings)
		return true;
	return now > place->begun_ms + REST * place->took_ms &&
	       !is_current(place, root);
}

/* In another folder. */
static int look_there(struct place *place, int root, const char *base,
		      struct bk_err *err)
{
	if (should_read(place, root) && read_place(place, root, err) < 0)
		return -1;
	for (int i = 0; i < CHASES_MAX && has_seen(&place->now, base); i++) {
		int fd = open_seen(place, root, base, err);
		if (fd >= 0 || err->kind == BK_STARVED)
			return fd;
		if (read_place(place, root, err) < 0)
			return -1;
	}
	return bk_fail(err, BK_GONE, "no longer there");
}

static struct place *place_of(struct bk_whereabouts *where, struct bk_view raw)
{
	char *path = bk_asprintf("%.*s/%s", (int)raw.len,
				 (const char *)raw.data, parts[0]);

	for (size_t i = 0; i < where->n; i++)
		if (strcmp(where->places[i].path[0], path) == 0) {
			free(path);
			return &where->places[i];
		}
	where->places = bk_array_room(where->places, where->n, &where->cap,
				      sizeof(*where->places));
	struct place *place = &where->places[where->n++];
	*place = (struct place){.path = {path}};
	place->path[1] = bk_asprintf("%.*s/%s", (int)raw.len,
				     (const char *)raw.data, parts[1]);
	return place;
}

static int look_elsewhere(struct bk_maildir *maildir, int root,
			  struct bk_view raw, const char *base,
			  struct bk_err *err)
{
	struct bk_raw_folders folders = {0};
	struct bk_arena arena = {0};
	int fd = -1;
	int rc = bk_maildir_raw_folders(maildir, root, &arena, &folders, err);

	for (size_t i = 0; rc == 0 && i < folders.n && fd < 0; i++) {
		struct bk_err why = {0};
		struct bk_view other = folders.items[i];
		/* A folder that cannot be read has its own complaint. */
		if (other.len != raw.len ||
		    memcmp(other.data, raw.data, raw.len) != 0)
			fd = look_there(place_of(maildir->whereabouts, other),
					root, base, &why);
		if (why.kind == BK_STARVED) {
			*err = why;
			rc = -1;
		}
	}
	free(folders.items);
	bk_arena_clear(&arena);
	if (rc == 0 && fd < 0)
		bk_fail(err, BK_GONE, "no longer there");
	return fd;
}

static struct bk_whereabouts *whereabouts_of(struct bk_maildir *maildir,
					     const struct bk_account *account)
{
	struct bk_whereabouts *where = maildir->whereabouts;

	if (where && strcmp(where->root, account->root) == 0)
		return where;
	bk_whereabouts_free(where);
	where = bk_alloc(sizeof(*where));
	where->root = bk_strdup(account->root);
	maildir->whereabouts = where;
	return where;
}

void bk_maildir_forget(struct bk_maildir *maildir,
		       const struct bk_account *account, struct bk_view raw)
{
	(void)pthread_mutex_lock(&maildir->where_lock);
	struct bk_whereabouts *where = maildir->whereabouts;
	if (where && strcmp(where->root, account->root) == 0)
		forget_readings(place_of(where, raw));
	(void)pthread_mutex_unlock(&maildir->where_lock);
}

int bk_maildir_search(struct bk_maildir *maildir,
		      const struct bk_account *account,
		      const struct bk_folder *folder,
		      const struct bk_message *msg, struct bk_err *err)
{
	struct bk_err why = {0};

	/* A file that shares its base name with another is only ever itself:
	 * under any other name it could be the other one. */
	if (strchr(msg->name, ':'))
		return bk_fail(err, BK_GONE, "no longer there");
	int root = bk_maildir_root(maildir, account, err);
	if (root < 0)
		return -1;
	(void)pthread_mutex_lock(&maildir->where_lock);
	struct bk_whereabouts *where = whereabouts_of(maildir, account);
	int fd = look_here(place_of(where, folder->raw), root, msg->name, &why);
	if (fd < 0 && why.kind == BK_GONE)
		fd = look_elsewhere(maildir, root, folder->raw, msg->name, err);
	else if (fd < 0)
		*err = why;
	(void)pthread_mutex_unlock(&maildir->where_lock);
	(void)close(root);
	return fd;
}
