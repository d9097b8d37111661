/*
 * A store holds accounts, folders and messages: a Maildir tree, an IMAP server,
 * an mbox file, a set.  A driver implements the ops; jobs call them.
 *
 * Kinds of error: BK_REFUSED concerns this one account, folder or message;
 * BK_GONE says that it is no longer there (expunged); BK_LOST means that the
 * store is over and only close may follow.
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
#include "base/limit.h"
#include "base/pattern.h"
#include "base/stream.h"
#include "crypto/secret.h"
#include "mail/identity.h"
#include "mail/message.h"
#include "mail/uid_set.h"
#include "store/texts.h"

struct bk_doveadm;
struct bk_lacks;
struct bk_link;
struct bk_set;
struct bk_store;

/* How a mail server is reached: the IMAP driver's.  The caller's. */
struct bk_store_server {
	struct bk_link *link;  /* of imap:// or imaps:// */
	struct bk_link *sieve; /* of sieve://, for scripts; NULL: none */
	/* "user" (or NULL): each account by its own name and password;
	 * "master:NAME" logs in as ADDRESS*NAME, "proxy:NAME" as NAME with the
	 * address as authorisation identity. */
	const char *login;
	const char *sasl; /* "plain", "xoauth2", "oauthbearer"; or NULL */
	const char *master_separator; /* NULL: "*" */
	/* The secret of one account, from crypto/password.h's places; NULL:
	 * the link's for all.  0 and an empty secret: there is none. */
	int (*secret)(void *arg, const char *address, struct bk_secret *out,
		      struct bk_err *err);
	void *secret_arg;
	/* The accounts that there are; NULL: those that the server lists, by
	 * doveadm or, for the administrator of a Cyrus that `login` names as
	 * its proxy, over IMAP. */
	const struct bk_names *accounts;
	uint32_t connections; /* at a time, at most; 0: as many as usual */
	uint32_t without;     /* enum bk_imap_cap: not to be used */
	bool compress;
	bool views; /* folders that show mail of others are listed whole */
	struct bk_bucket *down, *up; /* pace; or NULL */
	/* Of a Dovecot whose folders are to keep the UIDs that they are given,
	 * and that lists its accounts (store/doveadm.h); NULL: the server gives
	 * out its own. */
	struct bk_doveadm *doveadm;
	/* The same of a Cyrus whose administrator logs in for all: through its
	 * replication (imap/replica.h). */
	bool keep_uids;
};

/* What a [store] section or a store URL says.  Strings are the caller's. */
struct bk_store_config {
	const char *name; /* "mail", or the URL itself */
	const char *type; /* "maildir" */
	/* With %d %n %u as in Dovecot (store/account_path.h); without any of
	 * them it is one account, called like its last folder. */
	const char *path;
	const char *inbox;   /* mbox: pattern of the inbox's file, or NULL */
	const char *locks;   /* mbox: see bk_mbox_locks_parse(), or NULL */
	const char *layout;  /* "auto" (or NULL), "maildir++", "fs" */
	const char *control; /* pattern of Dovecot's CONTROL= folder, NULL =
				beside the mail */
	const char *index;   /* pattern of Dovecot's INDEX= folder, NULL =
				beside the mail; writing needs it to be right */
	const char *owner;   /* "user:group" for what is written, NULL = as the
				tree's own */
	bool writable;       /* false: every write op is BK_MISUSE */
	bool follows;        /* what is written is a copy of accounts: they
				subscribe to what their sources do alone */
	bool live;           /* people are there: UIDs, subscriptions stay */
	bool hurried;        /* a server that is gone is tried once more */
	const struct bk_store_server *server; /* imap; then path is not used */
	struct bk_set *set; /* it is read in place of all that (setstore.h) */
};

/* Where fetch() puts a body; used again for the next one. */
struct bk_body {
	size_t limit;        /* the caller's: what is longer is not read */
	struct bk_buf bytes; /* the body; empty when it is in the spool */
	int spool; /* -1, or an unlinked file in $TMPDIR that holds it */
};

#define BK_BODY(limit) ((struct bk_body){(limit), {0}, -1})
void bk_body_clear(struct bk_body *body);

/* Where many bodies go, one after the other.  Callbacks return -1 to end it
 * all. */
struct bk_bodies {
	/* A body comes now: msg->size, date, flags, keywords and crlf are
	 * known.  NULL in *to passes it over. */
	int (*begin)(void *arg, struct bk_message *msg, struct bk_sink **to,
		     struct bk_err *err);
	/* All of it came. */
	int (*end)(void *arg, struct bk_message *msg, struct bk_err *err);
	/* It could not be read (BK_REFUSED), is gone (BK_GONE), or broke off
	 * and begins again later (BK_LOST): instead of begin, or after it, and
	 * what came of it is worth nothing. */
	int (*failed)(void *arg, struct bk_message *msg,
		      const struct bk_err *why, struct bk_err *err);
	void *arg;
};

/* What an account may still take.  UINT64_MAX: not told, or no limit. */
struct bk_store_limits {
	uint64_t bytes;    /* in all its folders together */
	uint64_t messages; /* likewise */
	uint64_t message;  /* of the largest one that is taken */
	bool shared;   /* `bytes` is what is free on a disk, for all accounts */
	uint64_t used; /* bytes, where it counts them; 0: it does not */
};

struct bk_store_quota { /* what it may hold; 0: no limit */
	uint64_t bytes, messages;
};

/* One folder being written, from begin to finish or abort. */
struct bk_folder_writer;

/* What came of a folder that was written. */
struct bk_folder_result {
	bool kept_uids;        /* every message has the UID it was given */
	uint32_t uid_validity; /* 0: the server will choose */
	uint32_t uid_next;     /* 0: not known */
	size_t added;          /* messages */
	bool own_uids;         /* the store keeps none in any folder, and that
				  is all that the note says */
	bool no_uids;          /* what is written there has none at all */
	char note[256];        /* what could not be carried over, for people;
				  "" when nothing was lost */
};

struct bk_store_ops {
	const char *type;
	bool parallel_fetch;  /* fetch and stat may run in several threads */
	bool parallel_making; /* likewise create_account, begin: by account */
	bool far;             /* an act may wait for round trips */
	bool accounts_are_given; /* create_account makes none: it finds them */
	bool holds_accounts;     /* any number of them under one path, which has
				    no variables */

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

	/* Fills in rights and annotations of folders that folders() gave, where
	 * it leaves them out: a server is asked for those of each.  NULL:
	 * folders() gives them. */
	int (*settings)(struct bk_store *store,
			const struct bk_account *account,
			struct bk_folder_list *folders, struct bk_err *err);

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

	/* Size and date of a listed message without reading it. */
	int (*stat)(struct bk_store *store, const struct bk_account *account,
		    const struct bk_folder *folder, struct bk_message *msg,
		    struct bk_err *err);

	/*
	 * What became of a folder since a scan that gave it this UIDVALIDITY
	 * and HIGHESTMODSEQ: messages that are new or have other flags, by
	 * UID; and those of `known` (sorted) that are gone.  `folder` gets the
	 * values of now.  1; 0 when the store cannot tell (UIDVALIDITY changed,
	 * no MODSEQs): scan it then.  NULL: never.
	 */
	int (*scan_since)(struct bk_store *store,
			  const struct bk_account *account,
			  struct bk_folder *folder,
			  const struct bk_uid_set *known,
			  struct bk_message_list *changed,
			  struct bk_uid_set *gone, struct bk_err *err);

	/* fetch() of n messages of a scan, in that order as far as the store
	 * has them so, each handed on while it comes; faster than one by one.
	 * Call bk_store_fetch_many(), which does it for every driver. */
	int (*fetch_many)(struct bk_store *store,
			  const struct bk_account *account,
			  const struct bk_folder *folder,
			  struct bk_message *const *msgs, size_t n,
			  const struct bk_bodies *to, struct bk_err *err);

	/* Sets size, date and ids[i] of n messages of a scan; msgs[i]->uid and
	 * name stay.  One that is gone, or cannot be read, gets a wire_size of
	 * UINT64_MAX.  NULL: by fetch(), as bk_store_identify() does it. */
	int (*identify)(struct bk_store *store,
			const struct bk_account *account,
			const struct bk_folder *folder,
			struct bk_message *const *msgs, size_t n,
			struct bk_identity *ids, struct bk_err *err);

	/* The account of an address as accounts() would list it, allocated in
	 * `arena`; BK_GONE when it is not there.  Makes nothing. */
	int (*find_account)(struct bk_store *store, const char *address,
			    struct bk_arena *arena, struct bk_account *out,
			    struct bk_err *err);

	/* Asks and changes nothing; NULL: cannot tell. */
	int (*limits)(struct bk_store *store, const struct bk_account *account,
		      struct bk_store_limits *out, struct bk_err *err);

	/* Its quota: 1; 0 when the store does not tell.  NULL: it has none. */
	int (*quota)(struct bk_store *store, const struct bk_account *account,
		     struct bk_store_quota *out, struct bk_err *err);

	/* The account's scripts: 1; 0 when nobody said where a server has any.
	 * NULL: the store has none. */
	int (*scripts)(struct bk_store *store, const struct bk_account *account,
		       struct bk_script_list *out, struct bk_err *err);

	/* The annotations that the account itself has, their names in lower
	 * case, and none of the server's own: 1; 0 where the server has none.
	 * Some servers tell those alone that are asked for by name: of `also`
	 * (or NULL) the names, besides those that RFC 5464 knows of.  NULL: the
	 * store has none. */
	int (*annotations)(struct bk_store *store,
			   const struct bk_account *account,
			   const struct bk_script_list *also,
			   struct bk_script_list *out, struct bk_err *err);

	/* ---- writing; NULL in a driver that only reads ---- */

	/* BK_REFUSED, BK_DENIED: not with this login, or not at all.  NULL:
	 * cannot be done. */
	int (*set_quota)(struct bk_store *store,
			 const struct bk_account *account,
			 const struct bk_store_quota *quota,
			 struct bk_err *err);

	/* Would it be taken?  Writes nothing.  BK_REFUSED; NULL: who knows. */
	int (*try_script)(struct bk_store *store,
			  const struct bk_account *account,
			  const struct bk_script *script, struct bk_err *err);
	/* Writes a script, or writes it anew; which one is active stays as it
	 * is.  BK_REFUSED with the server's words. */
	int (*put_script)(struct bk_store *store,
			  const struct bk_account *account,
			  const struct bk_script *script, struct bk_err *err);
	/* This one alone is active then; "": none is. */
	int (*activate_script)(struct bk_store *store,
			       const struct bk_account *account,
			       const char *name, struct bk_err *err);
	/* One that is not active goes. */
	int (*remove_script)(struct bk_store *store,
			     const struct bk_account *account, const char *name,
			     struct bk_err *err);

	/* Writes an annotation of the account, or takes it away: a text of
	 * NULL. BK_REFUSED with the server's words. */
	int (*put_annotation)(struct bk_store *store,
			      const struct bk_account *account,
			      const struct bk_script *annotation,
			      struct bk_err *err);

	/* A folder that this run or another one may write there, before any is
	 * begun, always in one order: what it is called follows from that where
	 * two names would be one.  NULL: names are taken as they are. */
	void (*expect)(struct bk_store *store, const char *address,
		       const char *folder);
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
	 * uid_gap more, for what the source may have given out since.  Where
	 * `folder` follows they are kept in any case, and a message here that
	 * has the UID of another one gives it up.
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
	/* It is kept as `begin` and its bytes from here on; 0, NULL: whole. */
	size_t (*loses)(struct bk_view message, struct bk_buf *begin);
	/*
	 * What was kept, removed and set since the last flush is done now: *out
	 * gets a message for each that was kept, in that order, with the uid
	 * and name that it has (0, "" where the store cannot tell yet).
	 * BK_REFUSED, BK_FULL: of what was kept only the first out->n are
	 * there, and the next one, or (batches that are taken as a whole) some
	 * one of the rest was turned down; what is not there is forgotten, and
	 * the writer goes on.  BK_REFUSED with all that was kept in *out: the
	 * flags of some were turned down.  Who wants it calls it once before
	 * the first append.  Where UIDs are kept and a server would see some of
	 * them too soon, all becomes visible in finish() only.  NULL: known at
	 * finish() only.
	 */
	int (*flush)(struct bk_folder_writer *writer,
		     struct bk_message_list *out, struct bk_err *err);
	/*
	 * flush() in two halves, so that more is given while the store is about
	 * what was: begin_flush() 1: it is under way; 0: not now, call flush().
	 * end_flush() 1 and -1: what flush() says of it; 0: it is not known
	 * yet, or none was begun; `wait`: none was.  Nothing is removed or set
	 * and no other flush is called before it was told.  NULL: flush() only.
	 */
	int (*begin_flush)(struct bk_folder_writer *writer, struct bk_err *err);
	int (*end_flush)(struct bk_folder_writer *writer, bool wait,
			 struct bk_message_list *out, struct bk_err *err);
	/* Takes a message that is present out of the folder (--replace).  NULL:
	 * it can only be added to. */
	int (*remove)(struct bk_folder_writer *writer,
		      const struct bk_message *msg, struct bk_err *err);
	/* Sets flags and keywords of a message that is present and, where UIDs
	 * are kept and it has none yet (a restore that was cut off before it
	 * could write them), its UID. */
	int (*set_flags)(struct bk_folder_writer *writer,
			 const struct bk_message *present,
			 const struct bk_message *want, struct bk_err *err);
	/* Gives a message that is present its date again (--replace).  NULL:
	 * cannot be done; what has another date is another message. */
	int (*set_date)(struct bk_folder_writer *writer,
			const struct bk_message *present, int64_t date,
			struct bk_err *err);
	/* Makes everything visible, writes UIDs, keywords, subscription (for
	 * `one_of_many` finish_account()), ACL; ends the writer either way.
	 * What was kept may be visible now only, and durable after sync(). */
	int (*finish)(struct bk_folder_writer *writer,
		      struct bk_folder_result *result, struct bk_err *err);
	/* Forgets what was not made visible yet. */
	void (*abort)(struct bk_folder_writer *writer);

	/* A folder gets another name; BK_EXISTS, BK_GONE.  NULL: cannot. */
	int (*rename_folder)(struct bk_store *store,
			     const struct bk_account *account,
			     const struct bk_folder *from, const char *to,
			     struct bk_err *err);
	/* A folder without messages gives out all UIDs anew: BK_EXISTS when it
	 * has some; BK_REFUSED: it never can.  NULL: none has to. */
	int (*renew_folder)(struct bk_store *store,
			    const struct bk_account *account,
			    const struct bk_folder *folder, struct bk_err *err);
	/* A folder goes, with what is in it. */
	int (*delete_folder)(struct bk_store *store,
			     const struct bk_account *account,
			     const struct bk_folder *folder,
			     struct bk_err *err);

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

	/* After the last account: what is one thing (an archive) is there from
	 * now on; without it close() forgets it.  NULL: nothing is. */
	int (*end)(struct bk_store *store, struct bk_err *err);
};

/* Embedded first in each driver's own struct. */
struct bk_store {
	const struct bk_store_ops *ops;
	const char *where; /* for messages */
	/* The caller's, set after open, or NULL: told once of a wait of over
	 * two seconds for another program, and how long at most.  Any thread */
	void (*waits)(void *arg, const char *what, int64_t most_ms);
	void *waits_arg;
	/* The caller's, set after open, or NULL: told of each message that was
	 * kept and that the store turned down later, when it wrote many at a
	 * time.  Any thread.  NULL: flush() tells, and what was kept after such
	 * a message is not written; finish() fails where it was not asked. */
	void (*refused)(void *arg, const struct bk_folder_writer *writer,
			const struct bk_message *msg, const struct bk_err *why);
	void *refused_arg;
};

struct bk_folder_writer {
	struct bk_store *store;
	bool keeps_uids; /* of keep(), unless a server gives out its own ones */
	bool whole; /* the caller's: nothing is given before the next flush() */
	uint32_t uid_validity, uid_next; /* a server's, as opened; or 0 */
	const struct bk_folder *next; /* the caller's; begun next: flush() may
					 make it, and see sync.h.  NULL */
	/* Keywords of begin(), in order, then those of the folder alone: what
	 * indexes in present(), keep() and set_flags() mean. */
	struct bk_folder folder;
	/* The caller's, or NULL: what finish() could not give (lacks.h). */
	struct bk_lacks *lacks;
};

/* By config->type, or BK_MISUSE. */
int bk_store_open(struct bk_store **out, const struct bk_store_config *config,
		  struct bk_err *err);
/* The same without touching anything. */
int bk_store_check_type(const struct bk_store_config *config,
			struct bk_err *err);
void bk_store_close(struct bk_store *store); /* NULL is fine */

/* The ops of a type; NULL: there is none of that name. */
const struct bk_store_ops *bk_store_ops_named(const char *type);
/* Can it hold more than one account? */
bool bk_store_holds_many(const struct bk_store_config *config);
/* By the driver's op, or by fetch() for each. */
int bk_store_fetch_many(struct bk_store *store,
			const struct bk_account *account,
			const struct bk_folder *folder,
			struct bk_message *const *msgs, size_t n,
			const struct bk_bodies *to, struct bk_err *err);
int bk_store_identify(struct bk_store *store, const struct bk_account *account,
		      const struct bk_folder *folder,
		      struct bk_message *const *msgs, size_t n,
		      struct bk_identity *ids, struct bk_err *err);

/* What the store is: type and real path.  The caller's to free. */
char *bk_store_identity(const struct bk_store_config *config);

extern const struct bk_store_ops bk_maildir_ops, bk_mbox_ops, bk_imapstore_ops;
/* Single files, only written: store/eml.h. */
extern const struct bk_store_ops bk_eml_ops, bk_tar_ops, bk_zip_ops;

#endif
