/*
 * The IMAP driver's own: what its files share.  store/store.h is what the rest
 * of the toolkit sees, imap/imap.h the protocol.
 *
 * A *session* is a connection that is logged in to one account.  Who wants to
 * do something takes one, alone, and gives it back; it stays open for the next
 * one, with the mailbox that is selected.  One thread at a time never needs
 * more than one; a batch that streams (imapstore_batch.c) keeps its own from
 * its first message to its end.
 *
 * What only reads is done again on a new connection when the old one is lost.
 * What writes is not: nobody knows whether the server did it.
 */

#ifndef BK_STORE_IMAPSTORE_H
#define BK_STORE_IMAPSTORE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "imap/imap.h"
#include "store/imapname.h"
#include "store/lacks.h"
#include "store/store.h"

struct bk_doveadm_update;
struct bk_imapstore_writer;
struct bk_sieve;

struct bk_imapstore {
	struct bk_store store; /* first */
	char *where;
	const struct bk_store_server *server;
	enum bk_sasl sasl;
	bool writable, hurried, live;

	pthread_mutex_t lock; /* of everything below */
	pthread_cond_t given;
	struct bk_imapstore_session
		*idle; /* the last one that was used first */
	size_t n_busy; /* sessions for one act each */
	char *only;    /* the address of the one account there is */
	char *begun;   /* that of the last one that was begun with */

	pthread_mutex_t writers_lock; /* taken before any writer's own */
	struct bk_imapstore_writer *writers;
	_Atomic size_t waiting; /* bytes in memory, of all writers */

	pthread_mutex_t admin_lock;         /* of that session */
	struct bk_imapstore_session *admin; /* NULL: none is open */

	pthread_mutex_t sieve_lock; /* of the session for scripts */
	struct bk_sieve *sieve;     /* NULL: none is open */
	char *sieve_address;        /* whose it is */
};

struct bk_imapstore_session {
	struct bk_imap *imap;
	struct bk_imapstore *owner;
	char *address;         /* whose mail; "": of who logs in for others */
	struct bk_buf mailbox; /* selected; empty: none */
	bool read_only;        /* it is */
	const struct bk_imap_selected *selected; /* what was said of it */
	bool broken;                             /* only to be closed */
	bool closed;     /* its batch is; what follows it is in `made` */
	bool made_ahead; /* and nobody began with it yet: `mailbox` is `made` */
	struct bk_imap_made made;
	struct bk_imapstore_session *next;
};

static inline struct bk_imapstore *bk_imapstore_of(struct bk_store *store)
{
	return (struct bk_imapstore *)store;
}

/* ---- imapstore.c ---- */

/* Is it the store of one account, which the URL names? */
bool bk_imapstore_is_one(const struct bk_imapstore *imapstore);
/* Does somebody else log in, for each account? */
bool bk_imapstore_is_proxied(const struct bk_imapstore *imapstore);
/* Whose an account's mail is, as doveadm calls them. */
const char *bk_imapstore_owner(const struct bk_imapstore *imapstore,
			       const char *address);
/* May it become part of a line of the protocol, and of reports? */
bool bk_imapstore_is_address(const char *text);

/* ---- imapstore_accounts.c ---- */

int bk_imapstore_accounts(struct bk_store *store, struct bk_account_list *out,
			  struct bk_err *err);

/* ---- imapstore_session.c ---- */

/* Something that is done with a session; begins anew when it is called again:
 * 0 or more, -1. */
struct bk_imapstore_act {
	int (*run)(struct bk_imapstore_session *session, void *arg,
		   struct bk_err *err);
	void *arg;
	struct bk_view mailbox; /* the one that it will select, or none */
	bool once; /* it is not to be done again on a new connection */
};

/* One for the account, best with the act's mailbox selected; `keeps`: for more
 * than one act, beside those that others have. */
int bk_imapstore_take(struct bk_imapstore *imapstore, const char *address,
		      const struct bk_imapstore_act *act, bool keeps,
		      struct bk_imapstore_session **out, struct bk_err *err);
/* `why`: the error that ended the last act, or NULL.  One that is over is
 * closed. */
void bk_imapstore_give(struct bk_imapstore_session *session, bool kept,
		       const struct bk_err *why);
void bk_imapstore_sessions_close(struct bk_imapstore *imapstore);

/* No mailbox is selected any more: before one is renamed or deleted, or gets
 * another UIDVALIDITY, which cuts off who has it selected; and before one is
 * asked how it is. */
int bk_imapstore_leave(struct bk_imapstore_session *session,
		       struct bk_err *err);
/* Selects a mailbox, unless it is selected: a new look at it where `anew`. */
int bk_imapstore_select(struct bk_imapstore_session *session,
			struct bk_view mailbox, bool read_only, bool anew,
			struct bk_err *err);

/* Nothing more comes in a batch: see bk_imap_append_close(); and makes and
 * selects the folder `next`, unless it is NULL, for who calls
 * bk_imapstore_make_selected() then. */
int bk_imapstore_append_close(struct bk_imapstore_session *session,
			      const struct bk_folder *next, struct bk_err *err);
/* The same, and what became of it. */
int bk_imapstore_append_end(struct bk_imapstore_session *session,
			    const struct bk_folder *next,
			    struct bk_imap_appended *out, size_t *n_done,
			    struct bk_err *err);
/* As bk_imap_make_selected(). */
int bk_imapstore_make_selected(struct bk_imapstore_session *session,
			       struct bk_view mailbox,
			       const struct bk_folder *want,
			       struct bk_imap_made *made, struct bk_err *err);

/* A new look, read only, and what changed since: bk_imap_select_since(). */
int bk_imapstore_select_since(struct bk_imapstore_session *session,
			      struct bk_view mailbox,
			      const struct bk_imap_changes *changes,
			      struct bk_err *err);

/* The spelling of names on this server. */
struct bk_imapname_style bk_imapstore_style(
	const struct bk_imapstore_session *session);

int bk_imapstore_run(struct bk_imapstore *imapstore, const char *address,
		     const struct bk_imapstore_act *act, struct bk_err *err);

/* Who logs in for an account, and by what; `made` and `secret` hold its texts,
 * the caller's to clear. */
int bk_imapstore_login(const struct bk_imapstore *imapstore,
		       const char *address, struct bk_wire_login *login,
		       struct bk_buf *made, struct bk_secret *secret,
		       struct bk_err *err);

/* A session of who logs in for all accounts, as himself; NULL: it failed. */
struct bk_imapstore_session *bk_imapstore_open_admin(
	struct bk_imapstore *imapstore, struct bk_err *err);
void bk_imapstore_close_session(struct bk_imapstore_session *session);

/* ---- imapstore_admin.c ---- */

/* An act of the administrator, on a session of his own: who `login` names as
 * proxy:NAME.  BK_REFUSED where nobody is. */
int bk_imapstore_run_admin(struct bk_imapstore *imapstore,
			   const struct bk_imapstore_act *act,
			   struct bk_err *err);
/* Appends how a Cyrus's administrator calls a folder of an account, by the name
 * that people see: user/ann/Sent@example.org. */
int bk_imapstore_admin_name(const struct bk_imapstore_session *admin,
			    const char *address, const char *folder,
			    struct bk_buf *out, struct bk_err *err);
void bk_imapstore_admin_close(struct bk_imapstore *imapstore);

/* ---- imapstore_uids.c ---- */

/* As bk_imap_guid(), for bk_doveadm_prove(); BK_DENIED where none is told. */
int bk_imapstore_guid(const struct bk_imapstore_session *session,
		      struct bk_view mailbox, struct bk_imap_status *out,
		      struct bk_err *err);

/* ---- imapstore_replica.c ---- */

/* As bk_doveadm_update(), on a Cyrus; BK_REFUSED where it cannot be done. */
int bk_imapstore_replica_update(struct bk_imapstore *imapstore,
				const char *address, const char *folder,
				const struct bk_doveadm_update *what,
				struct bk_err *err);

/* ---- imapstore_scripts.c ---- */

int bk_imapstore_scripts(struct bk_store *store,
			 const struct bk_account *account,
			 struct bk_script_list *out, struct bk_err *err);
int bk_imapstore_try_script(struct bk_store *store,
			    const struct bk_account *account,
			    const struct bk_script *script, struct bk_err *err);
int bk_imapstore_put_script(struct bk_store *store,
			    const struct bk_account *account,
			    const struct bk_script *script, struct bk_err *err);
int bk_imapstore_activate_script(struct bk_store *store,
				 const struct bk_account *account,
				 const char *name, struct bk_err *err);
int bk_imapstore_remove_script(struct bk_store *store,
			       const struct bk_account *account,
			       const char *name, struct bk_err *err);
void bk_imapstore_scripts_close(struct bk_imapstore *imapstore);

/* ---- imapstore_annotations.c ---- */

int bk_imapstore_annotations(struct bk_store *store,
			     const struct bk_account *account,
			     const struct bk_script_list *also,
			     struct bk_script_list *out, struct bk_err *err);
int bk_imapstore_put_annotation(struct bk_store *store,
				const struct bk_account *account,
				const struct bk_script *annotation,
				struct bk_err *err);

/* ---- imapstore_folders.c ---- */

int bk_imapstore_folders(struct bk_store *store,
			 const struct bk_account *account,
			 struct bk_folder_list *out, struct bk_err *err);
/* Why a folder of folders() cannot be opened, BK_REFUSED; or 0. */
int bk_imapstore_check_folder(const struct bk_folder *folder,
			      struct bk_err *err);

/* ---- imapstore_rights.c ---- */

int bk_imapstore_settings(struct bk_store *store,
			  const struct bk_account *account,
			  struct bk_folder_list *folders, struct bk_err *err);
/* Of one folder. */
int bk_imapstore_ask_settings(struct bk_imapstore_session *session,
			      struct bk_view mailbox, struct bk_folder *folder,
			      struct bk_err *err);
/* Is it the session's account, as it is called or logs in, or "owner"? */
bool bk_imapstore_is_owners(const struct bk_imapstore_session *session,
			    const char *who);
/* The folder's, without those of the session's account, whom the server may
 * name without his domain. */
void bk_imapstore_take_acl(struct bk_folder *folder,
			   const struct bk_acl_list *list,
			   const struct bk_imapstore_session *session);
/* What a folder that was made got from the one above it. */
struct bk_imapstore_inherited {
	struct bk_lacks lacks;   /* could not be taken back */
	struct bk_buf strangers; /* the source does not know them, and
					  they may read */
};
/* Who has rights in it that he is not to have loses them, if the source knows
 * him. */
int bk_imapstore_take_back(struct bk_imapstore_session *session,
			   struct bk_view mailbox,
			   const struct bk_folder *folder,
			   const struct bk_acl_list *has,
			   struct bk_imapstore_inherited *out,
			   struct bk_err *err);
/* What was not taken is in *lacks, and that of an earlier try no more. */
int bk_imapstore_put_settings(struct bk_imapstore_session *session,
			      struct bk_view mailbox,
			      const struct bk_folder *folder,
			      struct bk_lacks *lacks, struct bk_err *err);

/* ---- imapstore_scan.c ---- */

/* The selected mailbox's messages, in UID order; keywords index folder's
 * table.  *no_sizes: do not ask for sizes; set where the server ended the
 * session, maybe over one of them: try again without. */
int bk_imapstore_list(struct bk_imapstore_session *session,
		      struct bk_folder *folder, struct bk_message_list *out,
		      bool *no_sizes, struct bk_err *err);
int bk_imapstore_scan(struct bk_store *store, const struct bk_account *account,
		      struct bk_folder *folder, struct bk_message_list *out,
		      struct bk_err *err);
int bk_imapstore_changed(struct bk_store *store,
			 const struct bk_account *account,
			 const struct bk_folder *folder, struct bk_err *err);
int bk_imapstore_scan_since(struct bk_store *store,
			    const struct bk_account *account,
			    struct bk_folder *folder,
			    const struct bk_uid_set *known,
			    struct bk_message_list *changed,
			    struct bk_uid_set *gone, struct bk_err *err);

/* ---- imapstore_sizes.c ---- */

/* As msg->file of a listing, for stat(). */
const char *bk_imapstore_note_size(struct bk_arena *arena,
				   const struct bk_imap_row *row);
/* Adds them to a listing; a message for which the server ends the session stays
 * without. */
int bk_imapstore_add_sizes(struct bk_imapstore *imapstore, const char *address,
			   const struct bk_folder *folder,
			   struct bk_message_list *out, struct bk_err *err);
int bk_imapstore_stat(struct bk_store *store, const struct bk_account *account,
		      const struct bk_folder *folder, struct bk_message *msg,
		      struct bk_err *err);

/* ---- imapstore_fetch.c ---- */

int bk_imapstore_fetch(struct bk_store *store, const struct bk_account *account,
		       const struct bk_folder *folder, struct bk_message *msg,
		       struct bk_body *body, struct bk_err *err);
int bk_imapstore_fetch_many(struct bk_store *store,
			    const struct bk_account *account,
			    const struct bk_folder *folder,
			    struct bk_message *const *msgs, size_t n,
			    const struct bk_bodies *to, struct bk_err *err);

/* ---- imapstore_identify.c ---- */

int bk_imapstore_identify(struct bk_store *store,
			  const struct bk_account *account,
			  const struct bk_folder *folder,
			  struct bk_message *const *msgs, size_t n,
			  struct bk_identity *ids, struct bk_err *err);

/* ---- imapstore_limits.c ---- */

int bk_imapstore_limits(struct bk_store *store,
			const struct bk_account *account,
			struct bk_store_limits *out, struct bk_err *err);
int bk_imapstore_quota(struct bk_store *store, const struct bk_account *account,
		       struct bk_store_quota *out, struct bk_err *err);
int bk_imapstore_set_quota(struct bk_store *store,
			   const struct bk_account *account,
			   const struct bk_store_quota *quota,
			   struct bk_err *err);

/* ---- imapstore_wanted.c: many messages by their UIDs ---- */

struct bk_imapstore_want {
	uint32_t uid;
	bool done;
	size_t at; /* index of the caller's */
};

/* Messages of a listing by UID. */
struct bk_imapstore_wanted {
	struct bk_imapstore_want *items; /* owned; by UID */
	size_t n, n_done;
	size_t next; /* of items, for bk_imapstore_wanted_uids() */
};

/* Those without a UID are not among them. */
void bk_imapstore_want(struct bk_imapstore_wanted *wanted,
		       struct bk_message *const *msgs, size_t n);
void bk_imapstore_wanted_clear(struct bk_imapstore_wanted *wanted);
/* The item of a UID that is not done, marked as done; or NULL. */
struct bk_imapstore_want *bk_imapstore_wanted_take(
	struct bk_imapstore_wanted *wanted, uint32_t uid);
/* The next UIDs that are not done, in so many ranges at most; false: there are
 * no more. */
bool bk_imapstore_wanted_uids(struct bk_imapstore_wanted *wanted, size_t most,
			      struct bk_uid_set *out);

/* Ranges that one command can name: below every server's ceiling of lines. */
#define BK_IMAPSTORE_RANGES 360

/*
 * Something that is asked of messages, over one connection after the other: a
 * message for which the server ends the session, as Dovecot does when it
 * cannot read the file, must not keep back those behind it.  As long as a
 * connection brings something, another one is asked for the rest; else, or
 * where one broke off, for that one alone.  When that ends the session again,
 * it has failed.
 */
struct bk_imapstore_errand {
	struct bk_imapstore_wanted *wanted;
	/* Asks for what is not done, or for `one` alone; marks what comes. */
	int (*ask)(struct bk_imapstore_session *session, void *arg,
		   struct bk_imapstore_want *one, struct bk_err *err);
	/* The one of this index cannot be had: BK_REFUSED.  -1 ends it all. */
	int (*failed)(void *arg, size_t at, const struct bk_err *why,
		      struct bk_err *err);
	void *arg;
	struct bk_view mailbox;
	/* Set by ask: no other connection helps; this one came in part, and is
	 * not done. */
	bool stopped;
	struct bk_imapstore_want *broke_off;

	struct bk_imapstore_want *alone; /* asked for; NULL: all */
	bool dismissed; /* the server ended the session while it was asked */
};
int bk_imapstore_errand_run(struct bk_imapstore *imapstore, const char *address,
			    struct bk_imapstore_errand *errand,
			    struct bk_err *err);

/* Names the account in an error that concerns all of it; returns -1. */
int bk_imapstore_whose(const char *address, struct bk_err *err);

/* An act for a single message has failed: the second time that the server ends
 * the session over it, the message is refused.  Returns -1. */
int bk_imapstore_act_ended(struct bk_imapstore_session *session,
			   unsigned *losses, struct bk_err *err);

#endif
