/*
 * Reading mbox files while others write to them: listed under a lock, and again
 * where one changed all the same; a message that is fetched is the one that was
 * listed by its digest, or is looked for in the file as it is now.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/path.h"
#include "crypto/digest.h"
#include "store/body.h"
#include "store/mbox.h"
#include "store/mboxfrom.h"
#include "store/mboxname.h"
#include "store/name_table.h"

#define TRIES_MAX 5
#define REST_MS   200

bool bk_mbox_same_stat(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* 1: it kept still; 0: it did not. */
static int read_once(struct bk_mbox *mbox, const struct bk_mbox_spot *spot,
		     struct bk_mbox_file *file, struct bk_folder *folder,
		     struct stat *st, struct bk_err *err)
{
	struct stat after = {0};
	struct bk_err why = {0};
	int fd = bk_mbox_spot_open(spot, O_RDONLY, st, err);
	int rc;

	if (fd < 0)
		return -1;
	rc = bk_mbox_lock_to_read(mbox, spot, fd, err);
	if (rc == 0 && fstat(fd, st) < 0)
		rc = bk_fail_errno(err, "%s", spot->name);
	if (rc < 0)
		goto out;
	rc = bk_mbox_file_read(file, fd, (uint64_t)st->st_size, folder, &why);
	if (fstat(fd, &after) < 0) {
		rc = bk_fail_errno(err, "%s", spot->name);
	} else if (!bk_mbox_same_stat(st, &after)) {
		rc = 0;
	} else if (rc == 0) {
		rc = 1;
	} else {
		*err = why;
		if (err->kind == BK_FAILED || err->kind == BK_GONE)
			err->kind = BK_REFUSED;
		rc = bk_context(err, "%s", spot->name);
	}
out:
	(void)close(fd);
	return rc;
}

int bk_mbox_read(struct bk_mbox *mbox, const struct bk_mbox_spot *spot,
		 struct bk_mbox_file *file, struct bk_folder *folder,
		 struct stat *st, struct bk_err *err)
{
	int rc = 0;

	for (int i = 0; i < TRIES_MAX && rc == 0; i++) {
		if (i)
			bk_clock_rest(REST_MS);
		folder->keywords = NULL;
		folder->n_keywords = 0;
		folder->cap_keywords = 0;
		rc = read_once(mbox, spot, file, folder, st, err);
	}
	if (rc == 0)
		return bk_fail(err, BK_REFUSED,
			       "%s changes while it is read, and whoever "
			       "writes to it locks it not",
			       spot->name);
	return rc < 0 ? -1 : 0;
}

int bk_mbox_scan(struct bk_store *store, const struct bk_account *account,
		 struct bk_folder *folder, struct bk_message_list *out,
		 struct bk_err *err)
{
	struct bk_mbox *mbox = bk_mbox_of(store);
	struct bk_mbox_file file = {0};
	struct bk_mbox_spot spot;
	struct stat st;

	bk_message_list_clear(out);
	if (bk_mbox_find(mbox, account, folder->raw, &spot, err) < 0)
		return bk_context(err, "folder %s", folder->name);
	int rc = bk_mbox_read(mbox, &spot, &file, folder, &st, err);
	if (rc == 0) {
		*out = file.list;
		file.list = (struct bk_message_list){0};
		/* A message stays the same when the host gets another time
		 * zone: what the date was made of is in its name. */
		for (size_t i = 0; i < out->n; i++)
			out->items[i].date = 0;
		folder->driver =
			bk_arena_memdup(&folder->arena, &st, sizeof(st));
	}
	bk_mbox_file_clear(&file);
	bk_mbox_spot_clear(&spot);
	return rc < 0 ? bk_context(err, "folder %s", folder->name) : 0;
}

int bk_mbox_changed(struct bk_store *store, const struct bk_account *account,
		    const struct bk_folder *folder, struct bk_err *err)
{
	struct bk_mbox_spot spot;
	struct stat st;

	if (bk_mbox_find(bk_mbox_of(store), account, folder->raw, &spot, err) <
	    0)
		return -1;
	int rc = bk_mbox_spot_stat(&spot, &st, err);
	if (rc == 0)
		rc = bk_fail(err, BK_GONE, "%s", spot.name);
	else if (rc > 0)
		rc = !folder->driver || !bk_mbox_same_stat(folder->driver, &st);
	bk_mbox_spot_clear(&spot);
	return rc;
}

/* ---- one message ---- */

/* Hashes what goes through it. */
struct seal {
	struct bk_sink sink; /* first */
	struct bk_sink *to;
	struct bk_sha256 sha;
	uint64_t size;
};

static int write_sealed(struct bk_sink *sink, const void *data, size_t len,
			struct bk_err *err)
{
	struct seal *seal = (struct seal *)sink;

	bk_sha256_update(&seal->sha, data, len);
	seal->size += len;
	return seal->to->write(seal->to, data, len, err);
}

static int copy_message(int fd, uint64_t size, const struct bk_message *msg,
			struct seal *seal, struct bk_mbox_part *part,
			struct bk_err *err)
{
	struct bk_mbox_reader reader = {.fd = fd};
	struct bk_mbox_date date;
	bool plain;

	if (!bk_mbox_file_at(msg->file, part, &plain))
		return bk_fail(err, BK_MISUSE, "'%s' is no place", msg->file);
	reader.size = part->end < size ? part->end : size;
	int rc = bk_mbox_part_look(&reader, part, err);
	if (rc == 0)
		rc = bk_mbox_part_copy(&reader, part, plain, &seal->sink, err);
	if (rc == 0 && bk_mbox_from_parse(bk_buf_view(&reader.from), &date))
		part->date = date.utc;
	bk_mbox_reader_close(&reader);
	return rc;
}

static bool has_digest(const char *name, struct seal *seal)
{
	uint8_t digest[BK_SHA256_LEN];
	struct bk_mbox_name wanted;
	struct bk_buf from = {0};

	bk_sha256_final(&seal->sha, digest);
	bool same = bk_mbox_name_read(name, &wanted, &from) &&
		    memcmp(wanted.digest, digest, BK_MBOX_DIGEST) == 0;
	bk_buf_clear(&from);
	return same;
}

/* BK_GONE: what is there is another message. */
static int fetch_there(int fd, const struct stat *st, struct bk_message *msg,
		       struct bk_body *body, struct bk_err *err)
{
	struct bk_body_sink into;
	struct seal seal = {.sink = {write_sealed}, .to = &into.sink};
	struct bk_mbox_part part;

	bk_body_sink_init(&into, body);
	bk_sha256_init(&seal.sha);
	if (copy_message(fd, (uint64_t)st->st_size, msg, &seal, &part, err) <
		    0 ||
	    bk_body_sink_end(&into, err) < 0)
		return -1;
	if (!has_digest(msg->name, &seal))
		return bk_fail(err, BK_GONE, "another message is there now");
	msg->size = seal.size;
	msg->date = part.date;
	return 0;
}

/* ---- messages that moved ---- */

/* The last file that was read again, and where its messages are now. */
struct bk_mbox_moved {
	struct stat st;
	struct bk_mbox_file file;
	struct bk_name_table names;
};

void bk_mbox_moved_free(struct bk_mbox_moved *moved)
{
	if (!moved)
		return;
	bk_mbox_file_clear(&moved->file);
	bk_name_table_clear(&moved->names);
	free(moved);
}

static int read_moved(struct bk_mbox *mbox, const struct bk_mbox_spot *spot,
		      struct bk_err *err)
{
	struct bk_mbox_moved *moved = bk_alloc(sizeof(*moved));
	struct bk_folder folder = {.name = spot->name};
	int rc = bk_mbox_read(mbox, spot, &moved->file, &folder, &moved->st,
			      err);

	bk_folder_clear(&folder);
	if (rc < 0) {
		bk_mbox_moved_free(moved);
		return -1;
	}
	for (size_t i = 0; i < moved->file.list.n; i++) {
		const char *name = moved->file.list.items[i].name;
		bk_name_table_add(
			&moved->names,
			bk_name_table_key(&moved->names, name, strlen(name)),
			(uint32_t)i);
	}
	bk_mbox_moved_free(mbox->moved);
	mbox->moved = moved;
	return 0;
}

/* Where the message is in the file as it is now; BK_GONE.  `arena` takes what
 * its place is called. */
static int look_again(struct bk_mbox *mbox, const struct bk_mbox_spot *spot,
		      struct bk_message *msg, struct bk_arena *arena,
		      struct bk_err *err)
{
	struct stat st;
	uint32_t at = 0;
	size_t from = 0;
	int rc = bk_mbox_spot_stat(spot, &st, err);

	if (rc == 0)
		rc = bk_fail(err, BK_GONE, "its file is gone");
	(void)pthread_mutex_lock(&mbox->lock);
	struct bk_mbox_moved *moved = mbox->moved;
	if (rc > 0 && (!moved || !bk_mbox_same_stat(&moved->st, &st)))
		rc = read_moved(mbox, spot, err);
	moved = mbox->moved;
	if (rc >= 0) {
		struct bk_name_key key = bk_name_table_key(
			&moved->names, msg->name, strlen(msg->name));
		rc = bk_name_table_next(&moved->names, key, &from, &at)
			     ? 0
			     : bk_fail(err, BK_GONE, "it was taken out");
	}
	if (rc == 0)
		msg->file =
			bk_arena_strdup(arena, moved->file.list.items[at].file);
	(void)pthread_mutex_unlock(&mbox->lock);
	return rc;
}

static int fetch_from(struct bk_mbox *mbox, const struct bk_mbox_spot *spot,
		      struct bk_message *msg, struct bk_body *body,
		      struct bk_err *err)
{
	struct bk_message now = *msg;
	struct bk_arena arena = {0};
	struct stat st;
	int rc = -1;

	for (int i = 0; i < TRIES_MAX && rc < 0; i++) {
		struct bk_err why = {0};
		int fd = bk_mbox_spot_open(spot, O_RDONLY, &st, err);
		if (fd < 0)
			break;
		rc = fetch_there(fd, &st, &now, body, &why);
		(void)close(fd);
		if (rc == 0)
			break;
		if (why.kind != BK_GONE) {
			*err = why;
			break;
		}
		if (look_again(mbox, spot, &now, &arena, err) < 0)
			break;
		(void)bk_fail(err, BK_REFUSED, "changes while it is read");
	}
	if (rc == 0) {
		msg->size = now.size;
		msg->date = now.date;
	}
	bk_arena_clear(&arena);
	return rc;
}

int bk_mbox_fetch(struct bk_store *store, const struct bk_account *account,
		  const struct bk_folder *folder, struct bk_message *msg,
		  struct bk_body *body, struct bk_err *err)
{
	struct bk_mbox *mbox = bk_mbox_of(store);
	struct bk_err why = {0};
	struct bk_mbox_spot spot;

	bk_path_close(&body->spool);
	body->bytes.len = 0;
	int rc = bk_mbox_find(mbox, account, folder->raw, &spot, &why);
	if (rc == 0)
		rc = fetch_from(mbox, &spot, msg, body, &why);
	bk_mbox_spot_clear(&spot);
	if (rc == 0)
		return 0;
	*err = why;
	bk_path_close(&body->spool);
	/* A bad sector concerns this message. */
	if (err->kind == BK_FAILED)
		err->kind = BK_REFUSED;
	return bk_context(err, "%s", msg->name);
}

int bk_mbox_stat(struct bk_store *store, const struct bk_account *account,
		 const struct bk_folder *folder, struct bk_message *msg,
		 struct bk_err *err)
{
	struct bk_body body = BK_BODY((size_t)1 << 20);
	int rc = bk_mbox_fetch(store, account, folder, msg, &body, err);

	bk_body_clear(&body);
	return rc;
}
