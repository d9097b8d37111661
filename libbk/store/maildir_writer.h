/*
 * Writing a folder of a Maildir account; for maildir_*.c alone.
 *
 * Bodies go to files in tmp, which no server shows.  Publishing makes them
 * durable, takes the lock of Dovecot's UID list, explains the letters of
 * keywords, and moves the files into cur: so a message is there whole or not at
 * all, and a crash leaves nothing but files in tmp that the next run removes.
 *
 * Where UIDs are kept all of a folder is published at once, in finish(): a
 * server that saw some of its messages before their UIDs were written would
 * give them UIDs of its own.  Elsewhere it is done every thousand messages.
 */

#ifndef BK_STORE_MAILDIR_WRITER_H
#define BK_STORE_MAILDIR_WRITER_H

#include <stdatomic.h>

#include "base/file.h"
#include "store/dotlock.h"
#include "store/maildir.h"

/* A message that is on its way, or one that is there and is to change. */
struct bk_staged {
	const char *tmp;  /* its name in tmp; NULL: it is there already */
	const char *base; /* its name to be */
	const char *from; /* of one that is there: "c:2,S" */
	uint8_t flags;
	uint16_t n_keywords;
	const uint16_t *keywords; /* of writer.folder's table */
	uint32_t uid;             /* 0: none */
};

struct bk_maildir_writer {
	struct bk_folder_writer writer; /* first */
	struct bk_maildir *maildir;
	struct bk_account account; /* strings in arena */
	const struct bk_folder *want;
	struct bk_arena arena;
	struct bk_view raw; /* ends with a NUL that len does not count */
	enum bk_layout layout;
	uint32_t uid_gap;
	bool courier; /* the server is Courier */
	bool made;    /* the folder was not there before, */
	bool fresh;   /* nor any part of it: it is empty */

	int root, dir, cur, new, tmp, control_root, control;
	struct bk_file_owner file; /* of files */
	mode_t dir_mode;
	atomic_int born_right; /* new files have that owner: -1 not known */

	struct bk_message_list there; /* until present() hands it over */
	struct bk_name_table taken;   /* base names */
	uint32_t uid_next;            /* as it was at the beginning */
	struct bk_name_table gone;    /* of what remove() took away */

	pthread_mutex_t lock;         /* of everything below */
	struct bk_arena staged_arena; /* of what staged points to */
	struct bk_staged *staged;
	size_t n_staged, cap_staged;
	size_t n_published; /* of staged */
	/* What flush() is to tell: set by the first one. */
	struct bk_message_list *kept; /* owned; NULL: nobody asks */
	size_t n_told;                /* of staged, where UIDs are kept */
	uint64_t staged_at; /* when the last was, for bk_maildir_synced_since */
	size_t added;
	bool removed;
	unsigned serial;
	bool *lost; /* by keyword: there was no letter for it */
	struct bk_dotlock dotlock;
	struct bk_folder_result result;
};

static inline struct bk_maildir_writer *bk_maildir_writer_of(
	struct bk_folder_writer *writer)
{
	return (struct bk_maildir_writer *)writer;
}

/* maildir_make.c */
int bk_maildir_find_account(struct bk_store *store, const char *address,
			    struct bk_arena *arena, struct bk_account *out,
			    struct bk_err *err);
int bk_maildir_create_account(struct bk_store *store, const char *address,
			      struct bk_arena *arena, struct bk_account *out,
			      struct bk_err *err);
/* What is written belongs to whoever owns `root`, or as configured. */
int bk_maildir_ownership(struct bk_maildir *maildir, int root,
			 struct bk_file_owner *file, mode_t *dir_mode,
			 struct bk_err *err);
/* cur, new and tmp, as far as they are missing. */
int bk_maildir_make_parts(struct bk_maildir *maildir, int dir,
			  struct bk_err *err);
/* Makes w's folder and opens it and its parts, if nothing of its name is there
 * and it is one level: 1, else 0. */
int bk_maildir_make_folder(struct bk_maildir_writer *w, struct bk_err *err);
/* The empty file by which delivery agents know that it is one of an account's
 * folders: they look for quota and filters one level up. */
int bk_maildir_mark_folder(struct bk_maildir_writer *w, struct bk_err *err);

/* maildir_begin.c */
int bk_maildir_begin(struct bk_store *store, const struct bk_account *account,
		     const struct bk_folder *folder, uint32_t uid_gap,
		     struct bk_folder_writer **out, struct bk_err *err);
void bk_maildir_abort(struct bk_folder_writer *writer);
/* Removes what was not published; under w->lock, or when it is the last user.
 */
void bk_maildir_forget_staged(struct bk_maildir_writer *w);
/* Where a folder's dovecot.index.log belongs, made if need be. */
int bk_maildir_index(struct bk_maildir_writer *w, struct bk_err *err);

/* maildir_append.c */
int bk_maildir_present(struct bk_folder_writer *writer,
		       struct bk_message_list *out, struct bk_err *err);
int bk_maildir_append(struct bk_folder_writer *writer,
		      const struct bk_message *msg, struct bk_sink **out,
		      struct bk_err *err);
int bk_maildir_keep(struct bk_folder_writer *writer, struct bk_sink *sink,
		    const struct bk_message *msg, struct bk_err *err);
void bk_maildir_drop(struct bk_folder_writer *writer, struct bk_sink *sink);
int bk_maildir_remove(struct bk_folder_writer *writer,
		      const struct bk_message *msg, struct bk_err *err);
int bk_maildir_set_date(struct bk_folder_writer *writer,
			const struct bk_message *present, int64_t date,
			struct bk_err *err);
int bk_maildir_set_flags(struct bk_folder_writer *writer,
			 const struct bk_message *present,
			 const struct bk_message *want, struct bk_err *err);
/* Removes what an earlier run of ours left in tmp. */
void bk_maildir_sweep_tmp(int tmp);
/* A base name that nobody has: taken under w->lock. */
const char *bk_maildir_fresh_name(struct bk_maildir_writer *w, uint64_t size,
				  uint64_t lines_size);

/* maildir_publish.c: under w->lock.  `last`: with UIDs, if they are kept. */
int bk_maildir_publish(struct bk_maildir_writer *w, bool last,
		       struct bk_err *err);

/*
 * maildir_sync.c: syncs of file systems, shared by all who write; any thread.
 *
 * Who is about to write to `dir` says so before, and is counted as a writer
 * until all of it is written.  What was written before a moment is durable once
 * a sync was done since.
 */
void bk_maildir_disks_init(struct bk_maildir_disks *disks);
void bk_maildir_disks_clear(struct bk_maildir_disks *disks);
int bk_maildir_disk_use(struct bk_maildir *maildir, int dir,
			struct bk_err *err);
void bk_maildir_writers_count(struct bk_maildir *maildir, int more);
uint64_t bk_maildir_moment(struct bk_maildir *maildir);
bool bk_maildir_synced_since(struct bk_maildir *maildir, uint64_t moment);
int bk_maildir_sync(struct bk_store *store, struct bk_err *err);

/* maildir_flush.c */
int bk_maildir_flush(struct bk_folder_writer *writer,
		     struct bk_message_list *out, struct bk_err *err);

/* maildir_uids.c: dovecot-uidlist of what was staged, under both locks */
int bk_maildir_write_uids(struct bk_maildir_writer *w, struct bk_err *err);

/* maildir_rename.c: folders of Maildir++ alone; others are BK_REFUSED.  No
 * folder of the store is read or written meanwhile. */
int bk_maildir_rename_folder(struct bk_store *store,
			     const struct bk_account *account,
			     const struct bk_folder *from, const char *to,
			     struct bk_err *err);
int bk_maildir_delete_folder(struct bk_store *store,
			     const struct bk_account *account,
			     const struct bk_folder *folder,
			     struct bk_err *err);

/* maildir_finish.c */
int bk_maildir_finish(struct bk_folder_writer *writer,
		      struct bk_folder_result *result, struct bk_err *err);
/* `name` as it is spelt on disk, without its '.'; one that is not subscribed is
 * none too many. */
int bk_maildir_unsubscribe(struct bk_maildir *maildir,
			   const struct bk_account *account, const char *name,
			   struct bk_err *err);
int bk_maildir_finish_account(struct bk_store *store,
			      const struct bk_account *account,
			      const struct bk_property *settings,
			      size_t n_settings, struct bk_err *err);

#endif
