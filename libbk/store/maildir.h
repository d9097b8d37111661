/*
 * The Maildir driver's own: what its files share.  store/store.h is what the
 * rest of the toolkit sees.
 *
 * A message's `file` says where its body lay when it was listed: 'c' for cur
 * or 'n' for new, then what follows the name: "c:2,S".  The path is "cur/" name
 * ":2,S".  Two files of one base name in a folder are a mistake of some
 * program; both are kept then, each under its whole name and "c" or "n".
 */

#ifndef BK_STORE_MAILDIR_H
#define BK_STORE_MAILDIR_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "store/account_path.h"
#include "store/dovecot_files.h"
#include "store/folder_name.h"
#include "store/name_table.h"
#include "store/store.h"

#define BK_MAILDIR_DIRS       64
#define BK_MAILDIR_SMALL_FILE ((size_t)8 << 20) /* Dovecot's small files */

/* An annotation of a folder: "UID FIELDS\n" for messages of which Dovecot's UID
 * list says more than their size (store/uidlist.h). */
#define BK_MAILDIR_FIELDS "maildir/uidlist"

/* An annotation of folders in the fs layout, "fs": so that they are made alike
 * where nothing is there that would show how. */
#define BK_MAILDIR_LAYOUT "maildir/layout"

/* Settings of an account: its file of subscriptions as it is, since it may name
 * folders that are somebody else's; and the first line of maildirsize. */
#define BK_MAILDIR_SUBSCRIPTIONS "maildir/subscriptions"
#define BK_MAILDIR_QUOTA         "maildir/quota"

/* cur and new of a folder, kept open between fetches. */
struct bk_maildir_dir {
	char *key; /* account root, '\n', folder; NULL: vacant */
	uint64_t hash;
	int cur, new; /* -1: not there */
	unsigned users;
	uint64_t last_use;
};

struct bk_whereabouts;

/* File systems that are written to: see maildir_sync.c. */
struct bk_maildir_disk {
	dev_t dev;
	int fd; /* a folder on it */
};

struct bk_maildir_disks {
	pthread_mutex_t lock;          /* of the next four */
	struct bk_maildir_disk *items; /* since the last sync with no writer */
	size_t n, cap;
	size_t writers;               /* folders that are open for writing */
	pthread_mutex_t syncing;      /* one sync at a time */
	_Atomic uint64_t begun, done; /* numbers of syncs */
	struct bk_err error;          /* of the sync that failed */
};

struct bk_maildir {
	struct bk_store store; /* first */
	char *where;
	struct bk_account_path *mail;
	struct bk_account_path *control; /* NULL: beside the mail */
	struct bk_account_path *index;   /* NULL: beside the mail */
	enum bk_layout layout;
	bool writable, follows, live;
	uid_t uid; /* of what is written; -1: the account's own */
	gid_t gid;

	pthread_mutex_t making; /* accounts */
	char *only; /* the address of the one account that was made */

	struct bk_maildir_disks disks;

	pthread_mutex_t lock;        /* of everything below */
	struct bk_name_table hashes; /* for its seed alone */
	struct bk_maildir_dir dirs[BK_MAILDIR_DIRS];
	uint64_t clock;
	/* Accounts that are being written, by root. */
	struct bk_maildir_known **known; /* NULL: it is written */
	size_t n_known, cap_known;
	struct bk_name_table known_roots;

	pthread_mutex_t where_lock;
	struct bk_whereabouts *whereabouts; /* for messages that moved */
};

static inline struct bk_maildir *bk_maildir_of(struct bk_store *store)
{
	return (struct bk_maildir *)store;
}

/* ---- maildir_dirs.c: opening things ---- */

/* The account's root, for openat(2) only. */
int bk_maildir_root(struct bk_maildir *maildir,
		    const struct bk_account *account, struct bk_err *err);
/* A folder of the account, by its spelling on disk. */
int bk_maildir_folder(struct bk_maildir *maildir,
		      const struct bk_account *account, struct bk_view raw,
		      struct bk_err *err);
/* Where dovecot-uidlist and dovecot-keywords of a folder are (CONTROL=). */
int bk_maildir_control(struct bk_maildir *maildir,
		       const struct bk_account *account, struct bk_view raw,
		       struct bk_err *err);
/* Where subscriptions and maildirsize of an account are. */
int bk_maildir_control_root(struct bk_maildir *maildir,
			    const struct bk_account *account,
			    struct bk_err *err);

/* cur and new of a folder, from those kept open if possible; every get is
 * paid back with a put.  Any thread. */
struct bk_maildir_dir *bk_maildir_dir_get(struct bk_maildir *maildir,
					  const struct bk_account *account,
					  const struct bk_folder *folder,
					  struct bk_err *err);
void bk_maildir_dir_put(struct bk_maildir *maildir, struct bk_maildir_dir *dir);
void bk_maildir_dirs_close(struct bk_maildir *maildir);

/* Opens cur or new beneath a folder; -1 in *fd when there is none. */
int bk_maildir_open_part(int folder, const char *part, int *fd,
			 struct bk_err *err);

/* ---- the ops, a file each ---- */

int bk_maildir_accounts(struct bk_store *store, struct bk_account_list *out,
			struct bk_err *err);
int bk_maildir_folders(struct bk_store *store, const struct bk_account *account,
		       struct bk_folder_list *out, struct bk_err *err);
int bk_maildir_scan(struct bk_store *store, const struct bk_account *account,
		    struct bk_folder *folder, struct bk_message_list *out,
		    struct bk_err *err);
int bk_maildir_changed(struct bk_store *store, const struct bk_account *account,
		       const struct bk_folder *folder, struct bk_err *err);
int bk_maildir_fetch(struct bk_store *store, const struct bk_account *account,
		     const struct bk_folder *folder, struct bk_message *msg,
		     struct bk_body *body, struct bk_err *err);
int bk_maildir_stat(struct bk_store *store, const struct bk_account *account,
		    const struct bk_folder *folder, struct bk_message *msg,
		    struct bk_err *err);

/* ---- maildir_list.c ---- */

/* The spellings on disk of all folders, the inbox (".") first; each ends with
 * a NUL that its length does not count and lives in `arena`. */
struct bk_raw_folders {
	struct bk_view *items; /* owned */
	size_t n, cap;
};
int bk_maildir_raw_folders(struct bk_maildir *maildir, int root,
			   struct bk_arena *arena, struct bk_raw_folders *out,
			   struct bk_err *err);

/* How a new folder is to lie beside those that are there. */
enum bk_layout bk_maildir_layout_of(struct bk_maildir *maildir,
				    const struct bk_raw_folders *raw);

/* Dovecot's subscriptions, else Courier's, else none. */
int bk_maildir_subscriptions(struct bk_maildir *maildir,
			     const struct bk_account *account, char separator,
			     struct bk_subscriptions *subs, struct bk_err *err);

/* ---- maildir_where.c: messages that are no longer where they were ---- */

/* A place that a message was found at: an open descriptor of its file. */
int bk_maildir_search(struct bk_maildir *maildir,
		      const struct bk_account *account,
		      const struct bk_folder *folder,
		      const struct bk_message *msg, struct bk_err *err);
/* A folder is scanned: what was read of it before no longer counts. */
void bk_maildir_forget(struct bk_maildir *maildir,
		       const struct bk_account *account, struct bk_view raw);
void bk_whereabouts_free(struct bk_whereabouts *whereabouts);

/*
 * A message whose base name another file has, too, goes by its whole name,
 * "name:2,S"; one in new, and one in cur without a ':', gets a mark at the end
 * that no file name can have: "name:n/", "name:c/".  So a name is one message,
 * and a ':' in it tells that it is one of several.  Sets msg->name and
 * msg->file; has_info: the name has what file says already.
 */
void bk_maildir_name_whole(struct bk_message *msg, bool has_info,
			   struct bk_arena *arena);
/* How much of a message's name is the name of a file. */
size_t bk_maildir_name_length(const char *name);

/* Opens a message's file in cur or new: a descriptor, or -1 with errno. */
int bk_maildir_open_message(int dir, const char *name, const char *info);

#endif
