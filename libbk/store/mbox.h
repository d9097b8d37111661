/*
 * The mbox driver's own: what its files share.  store/store.h is what the rest
 * of the toolkit sees.
 *
 * A path is a file, which is the inbox and all there is, or a folder of files
 * and folders, as Dovecot, mutt and Thunderbird have them; `inbox` says where
 * the inbox is if it is not in there.  A folder's raw name is its path below
 * that root, "." for the inbox.
 *
 * Reading takes the locks that Dovecot takes for it: none of its own beside the
 * file, but it waits for one that is there, and shared ones on the file.
 */

#ifndef BK_STORE_MBOX_H
#define BK_STORE_MBOX_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/file.h"
#include "store/account_path.h"
#include "store/dovecot_files.h"
#include "store/mboxfile.h"
#include "store/store.h"

/* A setting of an account: Dovecot's file of subscriptions as it is. */
#define BK_MBOX_SUBSCRIPTIONS "mbox/subscriptions"
#define BK_MBOX_SMALL_FILE    ((size_t)8 << 20)

/* Thunderbird's, and ours where a folder has both mail and folders. */
#define BK_MBOX_BELOW ".sbd"

struct bk_dotlock;
struct bk_mbox_moved;

/* A folder of files. */
struct bk_mbox_made {
	dev_t dev;
	ino_t ino;
};

/* Which kinds are taken. */
struct bk_mbox_locks {
	bool dotlock, fcntl, flock;
};

struct bk_mbox {
	struct bk_store store; /* first */
	struct bk_mbox_locks locks;
	char *where;
	struct bk_account_path *mail;
	struct bk_account_path *inbox; /* NULL: with the mail */
	bool writable;
	uid_t uid; /* of what is written; -1: the account's own */
	gid_t gid;
	char *only; /* the address of the one account that was made */

	pthread_mutex_t making;    /* of files and folders, and what follows */
	struct bk_mbox_made *made; /* owned: those of this run */
	size_t n_made, cap_made;

	pthread_mutex_t lock; /* of what is below, and `only` */
	struct bk_mbox_moved *moved;
};

static inline struct bk_mbox *bk_mbox_of(struct bk_store *store)
{
	return (struct bk_mbox *)store;
}

/* What lies where an account's root should. */
enum bk_mbox_form {
	BK_MBOX_NOWHERE,
	BK_MBOX_FILE, /* or what is to be taken for one, and refused */
	BK_MBOX_TREE,
};

/* A file beneath a folder that is open. */
struct bk_mbox_spot {
	int dir;    /* O_PATH; -1: none */
	char *name; /* beneath it; owned */
};
#define BK_MBOX_SPOT ((struct bk_mbox_spot){-1, NULL})
void bk_mbox_spot_clear(struct bk_mbox_spot *spot);

/* ---- mbox_place.c: where things are ---- */

/* *root: the folder of a tree, for openat(2) only. */
int bk_mbox_form(struct bk_mbox *mbox, const char *path,
		 enum bk_mbox_form *form, int *root, struct bk_err *err);
/* Where a file of this path is, or would be. */
int bk_mbox_spot(const struct bk_account_path *pattern, const char *path,
		 struct bk_mbox_spot *out, struct bk_err *err);
/* Where a folder of an account is, or would be. */
int bk_mbox_find(struct bk_mbox *mbox, const struct bk_account *account,
		 struct bk_view raw, struct bk_mbox_spot *out,
		 struct bk_err *err);
/* What a new inbox in a tree is called: what is there, or "inbox". */
const char *bk_mbox_inbox_name(int root);
/* A raw name without the ".sbd" of its levels: what it is subscribed as. */
void bk_mbox_plain_path(struct bk_buf *out, const char *path);
/* What is at a spot, following no link: 1; 0: nothing. */
int bk_mbox_spot_stat(const struct bk_mbox_spot *spot, struct stat *st,
		      struct bk_err *err);
/* Opens it for reading; BK_REFUSED for what is no regular file. */
int bk_mbox_spot_open(const struct bk_mbox_spot *spot, int flags,
		      struct stat *st, struct bk_err *err);

/* ---- mbox_lock.c ---- */

/* "dotlock fcntl", which is what NULL means, too: Dovecot's and Debian's. */
int bk_mbox_locks_parse(struct bk_mbox_locks *out, const char *text,
			struct bk_err *err);
/* Shared ones on an open file, of this open file.  Waits for others, also for
 * who has a dot-lock, up to a minute: BK_REFUSED then. */
int bk_mbox_lock_to_read(struct bk_mbox *mbox, const struct bk_mbox_spot *spot,
			 int fd, struct bk_err *err);
/* Opens it and takes all that there are; *dotlock is BK_DOTLOCK before, and the
 * caller's to release, as *fd, -1 before, is to close.  Waits up to a minute,
 * for a dot-lock until it must be stale: BK_REFUSED then. */
int bk_mbox_lock_to_write(struct bk_mbox *mbox, const struct bk_mbox_spot *spot,
			  const struct bk_file_owner *owner,
			  struct bk_dotlock *dotlock, int *fd,
			  struct bk_err *err);

/* ---- the ops ---- */

int bk_mbox_accounts(struct bk_store *store, struct bk_account_list *out,
		     struct bk_err *err);
int bk_mbox_find_account(struct bk_store *store, const char *address,
			 struct bk_arena *arena, struct bk_account *out,
			 struct bk_err *err);
int bk_mbox_folders(struct bk_store *store, const struct bk_account *account,
		    struct bk_folder_list *out, struct bk_err *err);
int bk_mbox_scan(struct bk_store *store, const struct bk_account *account,
		 struct bk_folder *folder, struct bk_message_list *out,
		 struct bk_err *err);
int bk_mbox_changed(struct bk_store *store, const struct bk_account *account,
		    const struct bk_folder *folder, struct bk_err *err);
int bk_mbox_fetch(struct bk_store *store, const struct bk_account *account,
		  const struct bk_folder *folder, struct bk_message *msg,
		  struct bk_body *body, struct bk_err *err);
int bk_mbox_stat(struct bk_store *store, const struct bk_account *account,
		 const struct bk_folder *folder, struct bk_message *msg,
		 struct bk_err *err);
void bk_mbox_moved_free(struct bk_mbox_moved *moved);

/* Reads all of a file at a spot under its lock; *st is what it was then.  One
 * that is not there is empty. */
int bk_mbox_read(struct bk_mbox *mbox, const struct bk_mbox_spot *spot,
		 struct bk_mbox_file *file, struct bk_folder *folder,
		 struct stat *st, struct bk_err *err);
bool bk_mbox_same_stat(const struct stat *a, const struct stat *b);

#endif
