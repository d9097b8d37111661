/*
 * A store holds accounts, folders and messages: a Maildir tree, later an mbox
 * file, an IMAP server, a set.  A driver implements the ops; jobs call them
 * through store->ops.
 *
 * Kinds of error: BK_REFUSED concerns this one account, folder or message, and
 * the store goes on; BK_GONE says that it is no longer there (expunged);
 * BK_LOST means that the store is over and only close may follow.
 *
 * What a driver cannot read it lists all the same, and refuses when it is
 * opened: an account behind a symbolic link fails in folders(), a folder behind
 * one in scan(), a message that is none in fetch().  So nothing is passed over
 * in silence, and a list that was got is whole.
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
	/* With %d %n %u as in Dovecot (store/account_path.h); without any of
	 * them it is one account, called like its last folder. */
	const char *path;
	const char *layout;  /* "auto" (or NULL), "maildir++", "fs" */
	const char *control; /* pattern of Dovecot's CONTROL= folder, NULL =
				beside the mail */
	const char *index;   /* pattern of Dovecot's INDEX= folder, NULL =
				beside the mail; writing needs it to be right */
	const char *owner;   /* "user:group" for what is written, NULL = as the
				tree's own */
	bool writable;       /* false: every write op is BK_MISUSE */
};

/* Where fetch() puts a body; used again for the next one. */
struct bk_body {
	size_t limit;        /* the caller's: what is longer is not read */
	struct bk_buf bytes; /* the body; empty when it is in the spool */
	int spool; /* -1, or an unlinked file in $TMPDIR that holds it, at its
		      start */
};

#define BK_BODY(limit) ((struct bk_body){(limit), {0}, -1})
void bk_body_clear(struct bk_body *body);

/* One folder being written, from begin to finish or abort. */
struct bk_folder_writer;

/* What came of a folder that was written. */
struct bk_folder_result {
	bool kept_uids;        /* every message has the UID it was given */
	uint32_t uid_validity; /* 0: the server will choose */
	size_t added;          /* messages */
	char note[256];        /* what could not be carried over, for people;
				  "" when nothing was lost */
};

struct bk_store_ops {
	const char *type;
	bool parallel_fetch; /* fetch and stat may run in several threads */

	int (*open)(struct bk_store **out, const struct bk_store_config *config,
		    struct bk_err *err);
	void (*close)(struct bk_store *store);

	/* Sorted by address.  A tree that is not there is BK_GONE; no accounts
	 * at all is not an error here.  Fails as a whole when somebody could be
	 * missing from the list. */
	int (*accounts)(struct bk_store *store, struct bk_account_list *out,
			struct bk_err *err);

	/* The account's folders with everything but their messages, sorted by
	 * name, INBOX first. */
	int (*folders)(struct bk_store *store, const struct bk_account *account,
		       struct bk_folder_list *out, struct bk_err *err);

	/*
	 * The folder's messages, in set order, and its UIDVALIDITY, UIDNEXT,
	 * GUID, HIGHESTMODSEQ and keyword table as they were at that moment.
	 * Opens no message.  A message that was there during the whole scan is
	 * listed; one that came or went meanwhile may be.  A program that moves
	 * a message to a folder that was scanned before, under a new name,
	 * hides it from both scans: where fetch() says BK_GONE, scan the
	 * account's folders again in the end and take what is new.
	 */
	int (*scan)(struct bk_store *store, const struct bk_account *account,
		    struct bk_folder *folder, struct bk_message_list *out,
		    struct bk_err *err);

	/* Whether the folder may have changed since its scan: 1, or 0; BK_GONE
	 * when it is no longer there.  Reads no names.  NULL: never. */
	int (*changed)(struct bk_store *store, const struct bk_account *account,
		       const struct bk_folder *folder, struct bk_err *err);

	/* Reads the whole body and sets msg->date and msg->size.  Follows a
	 * message that was renamed since the scan; BK_GONE only after it was
	 * looked for. */
	int (*fetch)(struct bk_store *store, const struct bk_account *account,
		     const struct bk_folder *folder, struct bk_message *msg,
		     struct bk_body *body, struct bk_err *err);

	/* Size and date of a listed message without reading it (full sets,
	 * --stat). */
	int (*stat)(struct bk_store *store, const struct bk_account *account,
		    const struct bk_folder *folder, struct bk_message *msg,
		    struct bk_err *err);

	/* The account of an address as accounts() would list it, allocated in
	 * `arena`; BK_GONE when it is not there.  Makes nothing. */
	int (*find_account)(struct bk_store *store, const char *address,
			    struct bk_arena *arena, struct bk_account *out,
			    struct bk_err *err);

	/* ---- writing; NULL in a driver that only reads ---- */

	/* Makes the account's root if it is not there.  *out is the account
	 * as accounts() would list it, allocated in `arena`.  A store of one
	 * account takes any address, but only one: BK_REFUSED for a second. */
	int (*create_account)(struct bk_store *store, const char *address,
			      struct bk_arena *arena, struct bk_account *out,
			      struct bk_err *err);

	/*
	 * Opens a folder for writing, making it (and its parents) if need be.
	 * `folder` says what it should become: name, raw spelling, subscribed,
	 * ACL, special use, UIDVALIDITY, UIDNEXT, HIGHESTMODSEQ, GUID,
	 * keywords, annotations; it and its strings stay valid until the writer
	 * ends.  UIDs are kept if the folder has never given out any and
	 * `folder` has a UIDVALIDITY; UIDNEXT then becomes the source's and
	 * uid_gap more, for what the source may have given out since.
	 */
	int (*begin)(struct bk_store *store, const struct bk_account *account,
		     const struct bk_folder *folder, uint32_t uid_gap,
		     struct bk_folder_writer **out, struct bk_err *err);
	/* What is already there, in set order: what a merge compares with. */
	int (*present)(struct bk_folder_writer *writer,
		       struct bk_message_list *out, struct bk_err *err);
	/* A sink for one message's body; several threads may each have one
	 * open.  keep() delivers it with flags, keywords (indexes of
	 * writer->folder's table), date and, where UIDs are kept, uid; drop()
	 * forgets it.  Either ends the sink. */
	int (*append)(struct bk_folder_writer *writer,
		      const struct bk_message *msg, struct bk_sink **body,
		      struct bk_err *err);
	int (*keep)(struct bk_folder_writer *writer, struct bk_sink *body,
		    const struct bk_message *msg, struct bk_err *err);
	void (*drop)(struct bk_folder_writer *writer, struct bk_sink *body);
	/* Takes a message that is present out of the folder (--replace). */
	int (*remove)(struct bk_folder_writer *writer,
		      const struct bk_message *msg, struct bk_err *err);
	/* Sets flags and keywords of a message that is present and, where UIDs
	 * are kept and it has none yet (a restore that was cut off before it
	 * could write them), its UID. */
	int (*set_flags)(struct bk_folder_writer *writer,
			 const struct bk_message *present,
			 const struct bk_message *want, struct bk_err *err);
	/* Gives a message that is present its date again (--replace). */
	int (*set_date)(struct bk_folder_writer *writer,
			const struct bk_message *present, int64_t date,
			struct bk_err *err);
	/* Makes everything visible, writes UIDs, keywords, subscription, ACL;
	 * ends the writer either way.  What was kept may not be visible before
	 * this, and is durable after sync(). */
	int (*finish)(struct bk_folder_writer *writer,
		      struct bk_folder_result *result, struct bk_err *err);
	/* Forgets what was not made visible yet. */
	void (*abort)(struct bk_folder_writer *writer);

	/* After the last folder of an account: what belongs to no folder
	 * (settings as accounts() gave them, merged with what is there; none
	 * where only a part of an account is written), and whatever makes a
	 * server count again. */
	int (*finish_account)(struct bk_store *store,
			      const struct bk_account *account,
			      const struct bk_property *settings,
			      size_t n_settings, struct bk_err *err);

	/*
	 * All that was kept, finished or set before the call is durable then;
	 * any thread.  One sync takes about as long for many folders as for
	 * one, so: once before folders are finished, which need not wait for
	 * the bodies of each of them then, and once when they are and nothing
	 * may be called restored before.  After an error what was written since
	 * the last one counts as not written.
	 */
	int (*sync)(struct bk_store *store, struct bk_err *err);
};

/* Embedded first in each driver's own struct. */
struct bk_store {
	const struct bk_store_ops *ops;
	const char *where; /* for messages */
	/* The caller's, set after open, or NULL: told once of each wait for
	 * another program that takes more than two seconds, and how long it
	 * takes at most.  Any thread. */
	void (*waits)(void *arg, const char *what, int64_t most_ms);
	void *waits_arg;
};

struct bk_folder_writer {
	struct bk_store *store;
	bool keeps_uids; /* the UIDs given to keep() are taken, unless a server
			    gives out some of its own before finish() */
	/* The keywords given to begin(), in their order, then those that were
	 * in the folder alone: what indexes in present(), keep() and
	 * set_flags() mean. */
	struct bk_folder folder;
};

/* By config->type; BK_MISUSE for an unknown one. */
int bk_store_open(struct bk_store **out, const struct bk_store_config *config,
		  struct bk_err *err);
/* The same without touching anything. */
int bk_store_check_type(const struct bk_store_config *config,
			struct bk_err *err);
void bk_store_close(struct bk_store *store); /* NULL is fine */

/* What the store is, however its path is spelt: type and real path.  Two that
 * are the same are the same mail.  The caller's to free. */
char *bk_store_identity(const struct bk_store_config *config);

extern const struct bk_store_ops bk_maildir_ops;

#endif
