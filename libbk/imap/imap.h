/*
 * One connection to an IMAP server, logged in: commands, and what came of
 * them.  It knows no stores and keeps no mail.  One thread at a time.
 *
 * Each function is one command, or several sent at a time (one round trip).
 * What the server can do is asked once, at the start; each function has its
 * own way around what is missing, so callers need not ask.
 *
 * Errors:
 *   BK_REFUSED   the server said NO (or BAD): this mailbox, message or flag;
 *                bk_imap_code() tells more, the connection goes on
 *   BK_GONE      ... because the mailbox is not there
 *   BK_EXISTS    ... because it is already there
 *   BK_FULL      ... because of a quota; BK_DENIED because of rights
 *   BK_BUSY      ... because it has too much to do, and said so until patience
 *                ended: the wish's
 *   BK_LOST      BYE, the end of the stream, a time-out: only close follows
 *   BK_CORRUPT   what came is no IMAP, or passes a ceiling: only close follows
 *   BK_CANCELLED, and what a sink, source or callback returned; then only close
 */

#ifndef BK_IMAP_IMAP_H
#define BK_IMAP_IMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pattern.h"
#include "base/stream.h"
#include "base/timer.h"
#include "imap/answer.h"
#include "net/wire.h"

struct bk_imap;

/* How a connection is to be.  {0} is fine. */
struct bk_imap_wish {
	uint32_t without;    /* enum bk_imap_cap: as if they were missing */
	bool compress;       /* COMPRESS=DEFLATE where it can be done */
	bool lists;          /* bk_imap_list() comes next: it is asked for with
				the first words, where that can be done */
	int64_t patience_ms; /* for [THROTTLED], [INUSE], ...; 0: 10 minutes */
	struct bk_bucket *down, *up; /* pace, or NULL */
	/* Told before each wait: for how long and why.  May be NULL. */
	void (*waits)(void *arg, const char *why, int64_t ms);
	void *waits_arg;
	struct bk_timer *timer; /* for those waits; NULL: the real one */
};

/* One round trip after the login: CAPABILITY, ID, NAMESPACE, ENABLE. */
int bk_imap_open(struct bk_imap **out, struct bk_link *link,
		 const struct bk_wire_login *login,
		 const struct bk_imap_wish *wish, struct bk_err *err);
/* Says LOGOUT and waits for nothing. */
void bk_imap_close(struct bk_imap *imap); /* NULL is fine */

const struct bk_imap_caps *bk_imap_caps(const struct bk_imap *imap);
bool bk_imap_can(const struct bk_imap *imap, enum bk_imap_cap cap);
/* Of the last command that was refused. */
enum bk_imap_code bk_imap_code(const struct bk_imap *imap);
/* Prefix and delimiter of the personal namespace (RFC 2342). */
struct bk_view bk_imap_prefix(const struct bk_imap *imap);
char bk_imap_delimiter(const struct bk_imap *imap);
/* Names are UTF-8, not modified UTF-7: UTF8=ACCEPT was enabled. */
bool bk_imap_is_utf8(const struct bk_imap *imap);
/* The server's name and version as ID told, or "". */
const char *bk_imap_server(const struct bk_imap *imap);
/* Says its ID that it is a Cyrus? */
bool bk_imap_is_cyrus(const struct bk_imap *imap);
/* May only close follow? */
bool bk_imap_is_over(const struct bk_imap *imap);
/* Was the session ended by the server, with a BYE? */
bool bk_imap_was_dismissed(const struct bk_imap *imap);
/* Bytes that went over the line so far, both ways. */
uint64_t bk_imap_traffic(const struct bk_imap *imap);
/* How often we waited for an answer; those of the login are not among them. */
uint64_t bk_imap_round_trips(const struct bk_imap *imap);

/* ---- mailboxes ---- */

/*
 * All mailboxes (pattern "*" below the personal prefix; `others`: those of
 * other namespaces too) with subscriptions, special uses and, `with_status`,
 * their STATUS, in one round trip where LIST-STATUS is there, in two
 * otherwise.  A name that is only subscribed is in the list, NON_EXISTENT.
 * With STATUS a mailbox that is selected is left first, in the same round trip
 * where there is UNSELECT: of it servers tell what this session knows (RFC
 * 9051, 6.3.11), and not what has come since.
 */
int bk_imap_list(struct bk_imap *imap, bool with_status, bool others,
		 struct bk_imap_mailbox_list *out, struct bk_err *err);

/* Is there an INBOX?  1, 0, -1.  What came with the login (`lists`) tells it
 * without a round trip, and is there for bk_imap_list() all the same. */
int bk_imap_has_inbox(struct bk_imap *imap, struct bk_err *err);

/* Adds the addresses of all accounts, in any order: of a Cyrus, for its
 * administrator.  BK_REFUSED on other servers, and for others. */
int bk_imap_accounts(struct bk_imap *imap, struct bk_names *out,
		     struct bk_err *err);

int bk_imap_status(struct bk_imap *imap, struct bk_view mailbox,
		   struct bk_imap_status *out, struct bk_err *err);

/* A mailbox's GUID, which only a Dovecot tells, and its UIDVALIDITY:
 * BK_REFUSED elsewhere.  The text stays until the next command. */
int bk_imap_guid(struct bk_imap *imap, struct bk_view mailbox,
		 struct bk_imap_status *out, struct bk_err *err);

/* Bytes of the largest message that APPEND takes there (RFC 7889): what the
 * server says for all mailboxes, or for this one; UINT64_MAX: no limit is
 * told. */
int bk_imap_append_limit(struct bk_imap *imap, struct bk_view mailbox,
			 uint64_t *out, struct bk_err *err);

/* CREATE; `special_use` ("\\Sent") where the server takes it, or NULL.
 * BK_EXISTS when it is there. */
int bk_imap_create(struct bk_imap *imap, struct bk_view mailbox,
		   const char *special_use, struct bk_err *err);
int bk_imap_delete(struct bk_imap *imap, struct bk_view mailbox,
		   struct bk_err *err);
int bk_imap_rename(struct bk_imap *imap, struct bk_view from, struct bk_view to,
		   struct bk_err *err);
int bk_imap_subscribe(struct bk_imap *imap, struct bk_view mailbox, bool on,
		      struct bk_err *err);

/* SELECT, or EXAMINE when read_only.  *out lives until the next select. */
int bk_imap_select(struct bk_imap *imap, struct bk_view mailbox, bool read_only,
		   const struct bk_imap_selected **out, struct bk_err *err);

/* A mailbox that is to be there. */
struct bk_imap_make {
	struct bk_view mailbox;
	const char *special_use; /* or NULL */
	bool subscribed;         /* that it is to be */
};

struct bk_imap_made {
	bool created;           /* it was not there */
	bool subscribed;        /* the subscription is as it was wished */
	bool has_acl;           /* who has rights in it was told */
	struct bk_acl_list acl; /* they; the caller's to clear */
	const struct bk_imap_selected *selected; /* as of bk_imap_select() */
};

/* CREATE of one that is not thought to be there, SUBSCRIBE or UNSUBSCRIBE,
 * GETACL where the server has it, and SELECT, in one round trip.  Fails as
 * SELECT does: *made holds all the same, and why the rest was refused is
 * learned by asking for it alone. */
int bk_imap_make_selected(struct bk_imap *imap, const struct bk_imap_make *make,
			  struct bk_imap_made *made, struct bk_err *err);

/* Leaves it without expunging anything. */
int bk_imap_unselect(struct bk_imap *imap, struct bk_err *err);

/* ---- messages of the selected mailbox ---- */

/* What comes of a FETCH.  Callbacks return -1 to end it all. */
struct bk_imap_rows {
	int (*row)(void *arg, const struct bk_imap_row *row,
		   struct bk_err *err);
	/* QRESYNC: UIDs that are gone; may be NULL. */
	int (*vanished)(void *arg, const struct bk_uid_set *uids,
			struct bk_err *err);
	void *arg;
};

/*
 * UID FETCH of `uids` ("1:*", "1:5,7"): UID, and what `want` has of
 * enum bk_imap_said (not BODY; HEADER is BODY.PEEK[HEADER], at most 256 KiB).
 * changed_since: 0, or only what changed after that MODSEQ, and what is gone
 * (needs QRESYNC for that; CONDSTORE alone tells no vanished ones).
 * A row is given once for a UID; responses that nobody asked for are not.
 */
int bk_imap_fetch(struct bk_imap *imap, const char *uids, unsigned want,
		  uint64_t changed_since, const struct bk_imap_rows *rows,
		  struct bk_err *err);

/*
 * EXAMINE and, sent with it, the FETCH of what changed since a MODSEQ (0: of
 * all that is there): one round trip.  1: *out as of bk_imap_select(), and the
 * rows are told; 0: *out alone, the server did not tell the rows; -1.  Rows are
 * of the mailbox as *out has it: of another UIDVALIDITY than the MODSEQ's they
 * mean nothing.
 */
struct bk_imap_changes {
	uint64_t since;
	unsigned want; /* enum bk_imap_said */
	const struct bk_imap_rows *rows;
	/* All bodies of the mailbox are asked for, too, and come when the rows
	 * have come: they are for bk_imap_fetch_bodies(), called next, of UIDs
	 * among which are all that are wanted.  Whoever calls another function
	 * that asks for something finds the connection lost. */
	bool bodies;
};
int bk_imap_select_since(struct bk_imap *imap, struct bk_view mailbox,
			 const struct bk_imap_changes *changes,
			 const struct bk_imap_selected **out,
			 struct bk_err *err);

/* Where bodies go. */
struct bk_imap_bodies {
	/* A body of `size` bytes comes now, with UID, FLAGS and INTERNALDATE
	 * known (spooled here where a server sends them later).  NULL in *body
	 * passes it over. */
	int (*begin)(void *arg, const struct bk_imap_row *row, uint64_t size,
		     struct bk_sink **body, struct bk_err *err);
	/* All of it came. */
	int (*end)(void *arg, const struct bk_imap_row *row,
		   struct bk_err *err);
	/* There is no body (NIL): the server cannot give it. */
	int (*none)(void *arg, const struct bk_imap_row *row,
		    struct bk_err *err);
	void *arg;
};

/* UID FETCH of UID FLAGS INTERNALDATE BODY.PEEK[], as one command.  Messages
 * that are gone just do not come. */
int bk_imap_fetch_bodies(struct bk_imap *imap, const struct bk_uid_set *uids,
			 const struct bk_imap_bodies *bodies,
			 struct bk_err *err);

/* Are those coming that bk_imap_select_since() asked for? */
bool bk_imap_bodies_come(const struct bk_imap *imap);

/* UIDs that match a SEARCH key ("DELETED"), ascending. */
int bk_imap_search(struct bk_imap *imap, const char *key,
		   struct bk_uid_set *out, struct bk_err *err);

enum bk_imap_store {
	BK_IMAP_STORE_SET, /* FLAGS.SILENT */
	BK_IMAP_STORE_ADD, /* +FLAGS.SILENT */
	BK_IMAP_STORE_TAKE /* -FLAGS.SILENT */
};
struct bk_imap_flags {
	uint8_t flags; /* enum bk_flag */
	const char *const *keywords;
	size_t n_keywords;
};

/* May this be a keyword?  Those that may not are left out when flags are set.
 */
bool bk_imap_is_keyword(const char *keyword);
int bk_imap_store(struct bk_imap *imap, const struct bk_uid_set *uids,
		  enum bk_imap_store how, const struct bk_imap_flags *flags,
		  struct bk_err *err);

/* Takes these messages out: \Deleted and UID EXPUNGE; without UIDPLUS the
 * flag \Deleted of others is put by and given back, so that they stay. */
int bk_imap_remove(struct bk_imap *imap, const struct bk_uid_set *uids,
		   struct bk_err *err);

/* Copies within the server; *made: their UIDs there, in the order of `uids`,
 * empty where the server does not say. */
int bk_imap_copy(struct bk_imap *imap, const struct bk_uid_set *uids,
		 struct bk_view mailbox, struct bk_uid_set *made,
		 struct bk_err *err);

/* ---- appending ---- */

struct bk_imap_message {
	uint64_t size; /* bytes, lines ending in CRLF */
	struct bk_imap_flags flags;
	int64_t date;         /* INTERNALDATE */
	int16_t zone_minutes; /* in which it is written */
};

/* What became of a batch; {0} before, cleared after by the caller. */
struct bk_imap_appended {
	uint32_t uid_validity;  /* 0: the server does not say */
	struct bk_uid_set uids; /* of those that were taken, in their order;
				   empty: the server does not say */
	bool *taken;            /* of each message of the batch; owned */
	size_t n;               /* messages of the batch */
};
void bk_imap_appended_clear(struct bk_imap_appended *appended);

/*
 * A batch: begin, any number of (message, its bytes, message, ...), end.  With
 * MULTIAPPEND it is one command and all or nothing; without it each message is
 * one, sent without waiting for the one before, so that some may be taken
 * behind one that was refused: *out tells.
 *
 * A refusal is told by end alone, as -1 with the first one's reason (BK_GONE:
 * no such mailbox, BK_FULL, BK_REFUSED with BK_IMAP_CODE_TOOBIG, ...); the
 * bytes of messages that are in vain are taken and dropped.  *n_done says how
 * many were taken before the first refused one.  Then, and after 0, the
 * connection goes on.  BK_BUSY: nothing is said again here, for the
 * bytes are gone; bk_imap_wait() waits as patience has it, then give again what
 * was not taken.
 *
 * Between begin and end no other function may be called but close.  All others
 * (message, bytes) fail only when the connection is over: a server's doing, or
 * BK_MISUSE for more or fewer bytes than `size`, since what was announced must
 * come.  Whoever cannot give the rest of a message closes; nothing of that
 * command was taken then.
 *
 * A size of 0 is BK_MISUSE: it is how MULTIAPPEND is broken off (RFC 3502).
 * bk_imap_caps() has the largest size that the server says it takes.  Keywords
 * that are none for IMAP (bk_imap_is_keyword) are left out.
 */
int bk_imap_append_begin(struct bk_imap *imap, struct bk_view mailbox,
			 struct bk_err *err);
int bk_imap_append_message(struct bk_imap *imap,
			   const struct bk_imap_message *msg,
			   struct bk_err *err);
int bk_imap_append_bytes(struct bk_imap *imap, const void *data, size_t len,
			 struct bk_err *err);
/*
 * With MULTIAPPEND: ends the batch without waiting for the answer, and begins
 * another one for the same mailbox, whose messages may be given at once.  One
 * answer may be waited for at a time; it is asked for by append_answer() before
 * append_next() or append_end() is called again.
 */
int bk_imap_append_next(struct bk_imap *imap, struct bk_err *err);
/* What became of the batch before: 1, and -1, as append_end() tells it, but
 * that a mailbox that is gone may be BK_REFUSED; 0: it is not answered yet, or
 * was told; `wait`: then none is left.  Between messages. */
int bk_imap_append_answer(struct bk_imap *imap, bool wait,
			  struct bk_imap_appended *out, size_t *n_done,
			  struct bk_err *err);
/* *out is filled in after -1, too; after BK_LOST and the like with what is
 * known: others may have been taken as well. */
int bk_imap_append_end(struct bk_imap *imap, struct bk_imap_appended *out,
		       size_t *n_done, struct bk_err *err);
/*
 * Ends the batch without waiting for its answer, nor for that of the one
 * before: append_answer() and append_end() tell them, and no message may be
 * given any more.  `next`: behind it comes what bk_imap_make_selected() does
 * for another mailbox; *made holds after append_end(), after its -1 too.
 * made->selected is NULL where that mailbox is not selected: then none is, and
 * a refusal says why when it is asked for alone.  The session may be over then,
 * with append_end()'s 0, too: bk_imap_is_over().  Once; again it does nothing.
 * next->mailbox and *made are kept by reference: they live until append_end()
 * or bk_imap_close().
 */
int bk_imap_append_close(struct bk_imap *imap, const struct bk_imap_make *next,
			 struct bk_imap_made *made, struct bk_err *err);

/* After BK_BUSY of an append or a copy: 0 when it is time to try again, -1 with
 * BK_BUSY when patience has ended, BK_CANCELLED. */
int bk_imap_wait(struct bk_imap *imap, struct bk_err *err);

/* ---- what hangs on a mailbox ---- */

/* GETACL of many mailboxes, sent at a time: told[i] is -1 where it was
 * refused (no right to see it, no such mailbox), or where the server has none
 * of it; else 0. */
int bk_imap_get_acl(struct bk_imap *imap, const struct bk_view *mailboxes,
		    size_t n, struct bk_acl_list *lists, int *told,
		    struct bk_err *err);
/* No rights: the entry goes. */
int bk_imap_set_acl(struct bk_imap *imap, struct bk_view mailbox,
		    const char *who, const char *rights, struct bk_err *err);

/* GETMETADATA (DEPTH infinity) (/private /shared) of many mailboxes; an empty
 * name means the server. */
int bk_imap_get_metadata(struct bk_imap *imap, const struct bk_view *mailboxes,
			 size_t n, struct bk_metadata_list *lists, int *told,
			 struct bk_err *err);
/* Of the server (""): all that it tells, and what it tells of the n entries,
 * and of what is below them, by name; one may be told twice. */
int bk_imap_get_server_metadata(struct bk_imap *imap,
				const char *const *entries, size_t n,
				struct bk_metadata_list *out,
				struct bk_err *err);
/* An entry without data (NULL) goes. */
int bk_imap_set_metadata(struct bk_imap *imap, struct bk_view mailbox,
			 const struct bk_property *entry, struct bk_err *err);

int bk_imap_get_quota(struct bk_imap *imap, struct bk_imap_quota *out,
		      struct bk_err *err);
/* Both limits of a quota root, by its name; of an administrator. */
int bk_imap_set_quota(struct bk_imap *imap, struct bk_view root,
		      const struct bk_imap_quota *quota, struct bk_err *err);

#endif
