/*
 * What is known of the folders of an account while some of them are written:
 * read once for all of them, for an account may have tens of thousands.  What
 * others do to the account meanwhile is not seen: a folder that they make is
 * spelt as ours would be, and GUIDs that they give out are random.  For
 * maildir_*.c alone.
 */

#ifndef BK_STORE_MAILDIR_KNOWN_H
#define BK_STORE_MAILDIR_KNOWN_H

#include <pthread.h>

#include "store/maildir_writer.h"

/* Names that an account is to subscribe to, when it is finished. */
struct bk_maildir_waiting {
	struct bk_subscriptions names;
	bool courier;
	char separator;
};

struct bk_maildir_known {
	pthread_mutex_t lock; /* of all that follows */
	struct bk_arena arena;
	struct bk_raw_folders raw;  /* as on disk, and those made since */
	struct bk_name_table names; /* of raw, as people write them */
	bool utf8;                  /* some are spelt in it */
	struct bk_name_table guids; /* of raw */
	bool knows_guids;           /* they were read */
	int courier;                /* the server is Courier; -1: not known */
	struct bk_maildir_waiting waiting;
};

/* Of the account that `w` is of; NULL when its folders cannot be listed.  It
 * lives until bk_maildir_known_forget.  Any thread. */
struct bk_maildir_known *bk_maildir_known(struct bk_maildir_writer *w,
					  struct bk_err *err);

/* The spelling of the folder of that name in *raw: true if there is one.  The
 * lock is the caller's. */
bool bk_maildir_known_spelling(struct bk_maildir_known *known, const char *name,
			       struct bk_view *raw);
/* w->raw, once it was chosen; the lock is the caller's. */
void bk_maildir_known_add(struct bk_maildir_known *known,
			  const struct bk_maildir_writer *w);

/* Has another folder than w's the GUID that w's is to have?  If not, it is
 * w's from now on. */
bool bk_maildir_known_guid_taken(struct bk_maildir_writer *w);

/* The name of w's folder waits for bk_maildir_known_waiting. */
void bk_maildir_known_wait(struct bk_maildir_known *known,
			   const struct bk_maildir_writer *w, const char *name);
/* What waits for the account with this root; the caller clears the names. */
void bk_maildir_known_waiting(struct bk_maildir *maildir, const char *root,
			      struct bk_maildir_waiting *out);

/* The account with this root is written; NULL: all are. */
void bk_maildir_known_forget(struct bk_maildir *maildir, const char *root);

#endif
