/*
 * A store holds accounts, folders and messages: a Maildir tree, later an mbox
 * file, an IMAP server, a set.  A driver implements the ops; jobs use the
 * bk_store_* functions, which fill in what an op left out.
 *
 * Kinds of error: BK_REFUSED concerns this one message or folder, and the
 * store goes on; BK_GONE says that the message is no longer there (expunged);
 * BK_LOST means that the store is over and only close may follow.
 */

#ifndef BK_STORE_STORE_H
#define BK_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/stream.h"
#include "mail/message.h"

struct bk_store;

/* What a [store] section or a store URL says.  Strings are the caller's. */
struct bk_store_config {
	const char *name; /* "mail", or the URL itself */
	const char *type; /* "maildir" */
	const char *path; /* with %d %n %u as in Dovecot; no % = one account */
	const char *layout;  /* "auto", "maildir++", "fs" */
	const char *control; /* pattern of Dovecot's CONTROL= folder, NULL =
				beside the mail */
	const char *owner;   /* "user:group" for what is written, NULL = as the
				tree's own */
	bool writable;       /* false: every write op is BK_MISUSE */
};

/* One folder being written, from begin to finish or abort. */
struct bk_folder_writer;

struct bk_store_ops {
	const char *type;
	bool parallel_fetch; /* fetch may run in several threads at a time */

	int (*open)(struct bk_store **out, const struct bk_store_config *config,
		    struct bk_err *err);
	void (*close)(struct bk_store *store);

	/* Sorted by address.  A tree that is not there is BK_GONE; no accounts
	 * at all is not an error here. */
	int (*accounts)(struct bk_store *store, struct bk_account_list *out,
			struct bk_err *err);

	/* The account's folders with everything but their messages, sorted by
	 * name, INBOX first. */
	int (*folders)(struct bk_store *store, const struct bk_account *account,
		       struct bk_folder_list *out, struct bk_err *err);

	/* The folder's messages, in set order, and its UIDVALIDITY, UIDNEXT,
	 * HIGHESTMODSEQ and keyword table as they were at that moment.  Opens
	 * no message. */
	int (*scan)(struct bk_store *store, const struct bk_account *account,
		    struct bk_folder *folder, struct bk_message_list *out,
		    struct bk_err *err);

	/* Reads the whole body into *into (emptied first) and sets msg->date
	 * and msg->size.  Follows a message that was renamed since the scan;
	 * BK_GONE only after it was looked for.  A body above `limit` bytes is
	 * not read: *spool becomes an unlinked file that holds it (the
	 * caller's to close), else -1. */
	int (*fetch)(struct bk_store *store, const struct bk_account *account,
		     const struct bk_folder *folder, struct bk_message *msg,
		     size_t limit, struct bk_buf *into, int *spool,
		     struct bk_err *err);

	/* Size and date of a listed message without reading it (full sets,
	 * --stat). */
	int (*stat)(struct bk_store *store, const struct bk_account *account,
		    const struct bk_folder *folder, struct bk_message *msg,
		    struct bk_err *err);

	/* ---- writing; NULL in a driver that only reads ---- */

	/* Makes the account's root if it is not there.  *out is the account
	 * as accounts() would list it, allocated in `arena`. */
	int (*create_account)(struct bk_store *store, const char *address,
			      struct bk_arena *arena, struct bk_account *out,
			      struct bk_err *err);

	/*
	 * Opens a folder for writing, making it (and its parents) if need be.
	 * `folder` says what it should become: name, subscribed, ACL, special
	 * use, UIDVALIDITY, UIDNEXT, keywords.  UIDs are kept if the folder has
	 * no messages and has never given out UIDs (or has the same
	 * UIDVALIDITY); see bk_folder_writer_kept_uids.
	 */
	int (*begin)(struct bk_store *store, const struct bk_account *account,
		     const struct bk_folder *folder, uint32_t uid_gap,
		     struct bk_folder_writer **out, struct bk_err *err);
	/* What is already there, in set order: what a merge compares with. */
	int (*present)(struct bk_folder_writer *writer,
		       struct bk_message_list *out, struct bk_err *err);
	/* A sink for one message's body; exactly one may be open a writer and
	 * thread.  keep() delivers it with flags, keywords (indexes of the
	 * keyword table given at begin), date and, where UIDs are kept, uid;
	 * drop() forgets it. */
	int (*append)(struct bk_folder_writer *writer,
		      const struct bk_message *msg, struct bk_sink **body,
		      struct bk_err *err);
	int (*keep)(struct bk_folder_writer *writer, struct bk_sink *body,
		    const struct bk_message *msg, struct bk_err *err);
	void (*drop)(struct bk_folder_writer *writer, struct bk_sink *body);
	/* Takes a message that is present out of the folder (--replace). */
	int (*remove)(struct bk_folder_writer *writer,
		      const struct bk_message *msg, struct bk_err *err);
	/* Sets flags and keywords of a message that is present. */
	int (*set_flags)(struct bk_folder_writer *writer,
			 const struct bk_message *present,
			 const struct bk_message *want, struct bk_err *err);
	/* Makes everything durable, writes UIDs, keywords, subscription, ACL;
	 * ends the writer either way. */
	int (*finish)(struct bk_folder_writer *writer, struct bk_err *err);
	void (*abort)(struct bk_folder_writer *writer);
};

/* Embedded first in each driver's own struct. */
struct bk_store {
	const struct bk_store_ops *ops;
	const char *where; /* for messages */
};

struct bk_folder_writer {
	struct bk_store *store;
	bool keeps_uids;       /* the UIDs given to keep() are taken */
	uint32_t uid_validity; /* of the folder after finish; 0: the server will
				  choose */
};

/* By config->type; BK_MISUSE for an unknown one. */
int bk_store_open(struct bk_store **out, const struct bk_store_config *config,
		  struct bk_err *err);
void bk_store_close(struct bk_store *store); /* NULL is fine */

extern const struct bk_store_ops bk_maildir_ops;

#endif
