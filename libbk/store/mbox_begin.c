/* Making accounts and folders, and opening a folder to be written. */

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "store/folder_name.h"
#include "store/mbox_writer.h"

#define ROOT ((struct bk_view){(const uint8_t *)".", 1})

/* ---- accounts ---- */

static int take_only_address(struct bk_mbox *mbox, const char *address,
			     struct bk_err *err)
{
	int rc = 0;

	if (bk_account_path_is_many(mbox->mail))
		return 0;
	(void)pthread_mutex_lock(&mbox->lock);
	if (!mbox->only)
		mbox->only = bk_strdup(address);
	if (strcmp(mbox->only, address) != 0)
		rc = bk_fail(err, BK_REFUSED,
			     "%s holds one account, and is %s already; a path "
			     "with %%u in it holds many",
			     mbox->where, mbox->only);
	(void)pthread_mutex_unlock(&mbox->lock);
	return rc;
}

int bk_mbox_name_account(struct bk_mbox *mbox, const char *address,
			 struct bk_arena *arena, struct bk_account *out,
			 struct bk_err *err)
{
	if (take_only_address(mbox, address, err) < 0)
		return -1;
	*out = (struct bk_account){0};
	out->address = bk_arena_strdup(arena, address);
	out->root = bk_account_path_expand(mbox->mail, address, arena, err);
	return out->root ? 0 : -1;
}

/* Is something that is not there yet to be one file? */
static bool is_file_name(const struct bk_mbox *mbox, const char *path)
{
	size_t len = strlen(path);

	return !mbox->inbox &&
	       ((len > 5 && strcmp(path + len - 5, ".mbox") == 0) ||
		(len > 4 && strcmp(path + len - 4, ".mbx") == 0) ||
		strncmp(path, "/var/mail/", 10) == 0 ||
		strncmp(path, "/var/spool/mail/", 16) == 0);
}

static int folder_owner(struct bk_mbox *mbox, const char *path,
			struct bk_account_path_owner *owner, struct bk_err *err)
{
	*owner = (struct bk_account_path_owner){0700, mbox->uid, mbox->gid};
	if (geteuid() != 0)
		owner->uid = owner->gid = (uid_t)-1;
	else if (owner->uid == (uid_t)-1)
		return bk_account_path_nearest_owner(path, &owner->uid,
						     &owner->gid, err);
	return 0;
}

/* The folder that a file of this path is to lie in. */
static int make_parent(struct bk_mbox *mbox,
		       const struct bk_account_path *pattern, const char *path,
		       struct bk_err *err)
{
	const char *slash = strrchr(path, '/');
	struct bk_account_path_owner owner;
	int rc = 0;

	if (!slash || slash == path)
		return 0;
	char *parent = bk_strndup(path, (size_t)(slash - path));
	if (!bk_account_path_is_many(pattern)) {
		rc = bk_dir_make(AT_FDCWD, parent, 0755, err);
	} else {
		rc = folder_owner(mbox, parent, &owner, err);
		if (rc == 0)
			rc = bk_account_path_make(pattern, parent, owner, err);
		if (rc >= 0)
			(void)close(rc);
	}
	free(parent);
	return rc < 0 ? -1 : 0;
}

static int make_tree(struct bk_mbox *mbox, const char *path, struct bk_err *err)
{
	struct bk_account_path_owner owner;

	if (folder_owner(mbox, path, &owner, err) < 0)
		return -1;
	int fd = bk_account_path_make(mbox->mail, path, owner, err);
	if (fd < 0)
		return -1;
	(void)close(fd);
	return 0;
}

/* ---- files ---- */

/* Whose a new file is: the account's, who owns its folder or has its name. */
static int choose_owner(struct bk_mbox_writer *w, int root, struct bk_err *err)
{
	struct bk_mbox *mbox = w->mbox;
	struct bk_file_owner *owner = &w->owner;
	struct stat dir, st;

	*owner = (struct bk_file_owner){0600, (uid_t)-1, (gid_t)-1};
	if (fstat(w->spot.dir, &dir) < 0 || (root >= 0 && fstat(root, &st) < 0))
		return bk_fail_errno(err, "stat");
	if (dir.st_mode & 0020)
		owner->mode = 0660;
	if (geteuid() != 0)
		return 0;
	owner->uid = dir.st_uid;
	owner->gid = dir.st_gid;
	if (root >= 0) {
		owner->uid = st.st_uid;
	} else {
		struct passwd pw, *found = NULL;
		char room[4096];
		char *user = bk_strndup(w->account.address,
					strcspn(w->account.address, "@"));
		if (getpwnam_r(user, &pw, room, sizeof(room), &found) == 0 &&
		    found)
			owner->uid = pw.pw_uid;
		free(user);
	}
	if (mbox->uid != (uid_t)-1) {
		owner->uid = mbox->uid;
		owner->gid = mbox->gid;
	}
	return 0;
}

static int make_file(struct bk_mbox_writer *w, struct bk_err *err)
{
	const struct bk_file_owner *owner = &w->owner;
	int fd = bk_path_open(w->spot.dir, w->spot.name,
			      O_WRONLY | O_CREAT | O_EXCL, 0600, err);
	int rc = fd < 0 ? -1 : 0;

	if (rc == 0 && ((owner->uid != (uid_t)-1 &&
			 fchown(fd, owner->uid, owner->gid) < 0) ||
			fchmod(fd, owner->mode) < 0))
		rc = bk_fail_errno(err, "owner of %s", w->spot.name);
	bk_path_close(&fd);
	w->made = rc == 0;
	return rc;
}

int bk_mbox_create_account(struct bk_store *store, const char *address,
			   struct bk_arena *arena, struct bk_account *out,
			   struct bk_err *err)
{
	struct bk_mbox *mbox = bk_mbox_of(store);
	enum bk_mbox_form form;
	int root;

	if (!mbox->writable)
		return bk_fail(err, BK_MISUSE, "the store is open for reading");
	if (bk_mbox_name_account(mbox, address, arena, out, err) < 0 ||
	    bk_mbox_form(mbox, out->root, &form, &root, err) < 0)
		return -1;
	bk_path_close(&root);
	int rc = 0;
	if (form == BK_MBOX_NOWHERE && is_file_name(mbox, out->root)) {
		struct bk_mbox_writer w = {.mbox = mbox, .account = *out};
		w.spot = BK_MBOX_SPOT;
		rc = make_parent(mbox, mbox->mail, out->root, err);
		if (rc == 0)
			rc = bk_mbox_spot(mbox->mail, out->root, &w.spot, err);
		if (rc == 0)
			rc = choose_owner(&w, -1, err);
		if (rc == 0)
			rc = make_file(&w, err);
		bk_mbox_spot_clear(&w.spot);
	} else if (form == BK_MBOX_NOWHERE) {
		rc = make_tree(mbox, out->root, err);
	}
	return rc < 0 ? bk_context(err, "account %s", address) : 0;
}

/* ---- where a folder is ---- */

static bool is_named(struct bk_view raw, const char *name)
{
	struct bk_buf shown = {0};

	bk_folder_name_decode(raw, BK_LAYOUT_FS, &shown);
	bool same = strcmp(bk_buf_text(&shown), name) == 0;
	bk_buf_clear(&shown);
	return same;
}

/* No level may be one that a listing passes over. */
static int check_levels(const char *raw, const char *name, struct bk_err *err)
{
	for (const char *at = raw;; at++) {
		size_t len = strcspn(at, "/");
		bool hidden =
			(len > 5 && memcmp(at + len - 5, ".lock", 5) == 0) ||
			(len > 4 && (memcmp(at + len - 4, ".msf", 4) == 0 ||
				     memcmp(at + len - 4, ".sbd", 4) == 0));
		if (!bk_path_is_name(at, len) || *at == '.' || hidden)
			return bk_fail(err, BK_REFUSED,
				       "folder '%s' cannot be the name of an "
				       "mbox file",
				       name);
		at += len;
		if (!*at)
			return 0;
	}
}

/* What it is spelt like here already, was where it comes from, or would be. */
static int spell(struct bk_mbox_writer *w, struct bk_buf *out,
		 struct bk_err *err)
{
	struct bk_folder_list here = {0};
	const struct bk_folder *want = w->want;
	int rc = bk_mbox_folders(&w->mbox->store, &w->account, &here, err);

	for (size_t i = 0; i < here.n && rc == 0; i++)
		if (strcmp(here.items[i].name, want->name) == 0 &&
		    !here.items[i].no_select) {
			bk_buf_add(out, here.items[i].raw.data,
				   here.items[i].raw.len);
			rc = 1;
		}
	bk_folder_list_clear(&here);
	if (rc)
		return rc < 0 ? -1 : 0;
	if (want->delimiter == '/' && want->raw.len &&
	    want->raw.data[0] != '.' &&
	    !memchr(want->raw.data, 0, want->raw.len) &&
	    is_named(want->raw, want->name))
		bk_buf_add(out, want->raw.data, want->raw.len);
	else if (bk_folder_name_encode(want->name, BK_LAYOUT_FS, false, out,
				       err) < 0)
		return -1;
	return strcmp(bk_buf_text(out), ".") == 0
		       ? 0
		       : check_levels(bk_buf_text(out), want->name, err);
}

/* Folders that this run made, on mbox->making. */
static void note_made(struct bk_mbox *mbox, int dir)
{
	struct stat st;

	if (fstat(dir, &st) < 0)
		return;
	mbox->made = bk_array_room(mbox->made, mbox->n_made, &mbox->cap_made,
				   sizeof(*mbox->made));
	mbox->made[mbox->n_made++] =
		(struct bk_mbox_made){st.st_dev, st.st_ino};
}

static bool is_made(const struct bk_mbox *mbox, const struct stat *st)
{
	for (size_t i = 0; i < mbox->n_made; i++)
		if (mbox->made[i].dev == st->st_dev &&
		    mbox->made[i].ino == st->st_ino)
			return true;
	return false;
}

/* A folder of folders gives its name to a file if this run made it: another
 * one has been seen by that name. */
static int make_way(struct bk_mbox_writer *w, const struct stat *st,
		    struct bk_err *err)
{
	if (!is_made(w->mbox, st))
		return bk_fail(err, BK_REFUSED,
			       "'%s' is a folder of folders here, and cannot "
			       "hold mail besides",
			       w->spot.name);
	char *aside = bk_asprintf("%s%s", w->spot.name, BK_MBOX_BELOW);
	int rc = bk_file_move(w->spot.dir, w->spot.name, w->spot.dir, aside,
			      err);
	free(aside);
	return rc;
}

/* Into the folder of the next level, made if need be: behind a file of its
 * name where there is one. */
static int enter_level(struct bk_mbox_writer *w, const char *level,
		       struct bk_err *err)
{
	struct stat st;
	char *name = bk_strdup(level);
	struct bk_mbox_spot at = {w->spot.dir, name};
	int there = bk_mbox_spot_stat(&at, &st, err);
	int dir = -1;

	if (there > 0 && !S_ISDIR(st.st_mode)) {
		free(name);
		at.name = name = bk_asprintf("%s%s", level, BK_MBOX_BELOW);
		there = bk_mbox_spot_stat(&at, &st, err);
	}
	if (there >= 0 && fstat(w->spot.dir, &st) < 0)
		(void)bk_fail_errno(err, "stat");
	else if (there >= 0)
		dir = bk_path_make(w->spot.dir, name,
				   (st.st_mode & 02777) | 0700,
				   geteuid() ? (uid_t)-1 : st.st_uid,
				   geteuid() ? (gid_t)-1 : st.st_gid, err);
	free(name);
	if (dir < 0)
		return -1;
	if (!there)
		note_made(w->mbox, dir);
	(void)close(w->spot.dir);
	w->spot.dir = dir;
	return 0;
}

/* The last level of the path is the file; those before are entered. */
static int enter(struct bk_mbox_writer *w, const char *raw, struct bk_err *err)
{
	int rc = 0;

	for (size_t len; rc == 0; raw += len + 1) {
		len = strcspn(raw, "/");
		char *level = bk_strndup(raw, len);
		bool last = !raw[len];
		if (last) {
			free(w->spot.name);
			w->spot.name = level;
			break;
		}
		rc = enter_level(w, level, err);
		free(level);
	}
	return rc;
}

static int choose_spot(struct bk_mbox_writer *w, struct bk_err *err)
{
	struct bk_buf raw = {0};
	enum bk_mbox_form form;
	bool inbox;
	int rc = spell(w, &raw, err);

	inbox = rc == 0 && strcmp(bk_buf_text(&raw), ".") == 0;
	if (inbox && w->mbox->inbox) {
		const char *path = bk_account_path_expand(
			w->mbox->inbox, w->account.address, &w->arena, err);
		rc = path ? make_parent(w->mbox, w->mbox->inbox, path, err)
			  : -1;
	}
	if (rc == 0)
		rc = bk_mbox_find(w->mbox, &w->account,
				  inbox ? ROOT : bk_buf_view(&raw), &w->spot,
				  err);
	if (rc == 0 && !inbox)
		rc = enter(w, bk_buf_text(&raw), err);
	bk_buf_clear(&raw);
	if (rc < 0)
		return -1;
	int root = -1;
	if (bk_mbox_form(w->mbox, w->account.root, &form, &root, err) < 0)
		return -1;
	rc = choose_owner(w, root, err);
	bk_path_close(&root);
	return rc;
}

/* ---- opening it ---- */

static int open_level(struct bk_mbox_writer *w, struct bk_err *err)
{
	struct stat st;
	int there = bk_mbox_spot_stat(&w->spot, &st, err);

	w->level = true;
	return there < 0 ? -1 : there ? 0 : enter_level(w, w->spot.name, err);
}

static int open_file(struct bk_mbox_writer *w, struct bk_err *err)
{
	struct stat st;
	int there = bk_mbox_spot_stat(&w->spot, &st, err);

	if (there > 0 && S_ISDIR(st.st_mode)) {
		if (make_way(w, &st, err) < 0)
			return -1;
		there = 0;
	}
	if (there == 0 && make_file(w, err) < 0)
		return -1;
	if (there < 0 || bk_mbox_read(w->mbox, &w->spot, &w->file, &w->here,
				      &w->st, err) < 0)
		return -1;
	if (!w->made)
		w->owner = (struct bk_file_owner){w->st.st_mode & 07777,
						  w->st.st_uid, w->st.st_gid};
	return 0;
}

static void decide_uids(struct bk_mbox_writer *w)
{
	uint32_t next = w->want->uid_next ? w->want->uid_next : 1;
	const char *why = NULL;

	if (!w->want->uid_validity)
		why = "the source has no UIDs";
	else if (w->file.list.n || w->file.uid_last)
		why = "the folder has messages, or gave out UIDs of its own";
	else if ((uint64_t)next + w->uid_gap > UINT32_MAX)
		why = "UIDNEXT would pass the largest UID";
	w->writer.keeps_uids = why == NULL;
	if (why && w->want->uid_validity)
		(void)snprintf(w->result.note, sizeof(w->result.note),
			       "new UIDs: %s", why);
}

static void know_keywords(struct bk_mbox_writer *w)
{
	for (size_t i = 0; i < w->want->n_keywords; i++)
		(void)bk_folder_keyword(&w->writer.folder,
					w->want->keywords[i]);
	for (size_t i = 0; i < w->here.n_keywords; i++)
		(void)bk_folder_keyword(&w->writer.folder, w->here.keywords[i]);
}

int bk_mbox_begin(struct bk_store *store, const struct bk_account *account,
		  const struct bk_folder *folder, uint32_t uid_gap,
		  struct bk_folder_writer **out, struct bk_err *err)
{
	struct bk_mbox *mbox = bk_mbox_of(store);

	if (!mbox->writable)
		return bk_fail(err, BK_MISUSE, "the store is open for reading");
	struct bk_mbox_writer *w = bk_alloc(sizeof(*w));
	w->writer.store = store;
	w->mbox = mbox;
	w->want = folder;
	w->uid_gap = uid_gap;
	w->spot = BK_MBOX_SPOT;
	w->spool = -1;
	w->account.address = bk_arena_strdup(&w->arena, account->address);
	w->account.root = bk_arena_strdup(&w->arena, account->root);
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_mutex_lock(&mbox->making);
	int rc = choose_spot(w, err);
	if (rc == 0)
		rc = folder->no_select ? open_level(w, err) : open_file(w, err);
	(void)pthread_mutex_unlock(&mbox->making);
	if (rc < 0) {
		bk_mbox_abort(&w->writer);
		return bk_context(err, "folder %s", folder->name);
	}
	know_keywords(w);
	decide_uids(w);
	*out = &w->writer;
	return 0;
}

void bk_mbox_abort(struct bk_folder_writer *writer)
{
	struct bk_mbox_writer *w = bk_mbox_writer_of(writer);

	bk_path_close(&w->spool);
	bk_mbox_spot_clear(&w->spot);
	bk_mbox_file_clear(&w->file);
	bk_folder_clear(&w->here);
	bk_folder_clear(&w->writer.folder);
	free(w->staged);
	free(w->changes);
	bk_name_table_clear(&w->changed);
	bk_arena_clear(&w->arena);
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}
