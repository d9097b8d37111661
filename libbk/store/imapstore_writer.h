/*
 * Writing a folder over IMAP; for imapstore*.c alone.
 *
 * Messages wait until there are enough for one MULTIAPPEND, which is all or
 * nothing: a server takes fifteen times as many a second that way.  When one is
 * turned down, smaller ones are tried until it is known which.
 *
 * A message whose length is known and whose lines end in CRLF does not wait: it
 * streams, and the batch stays open on a session of its own (the *stream*)
 * until flush, which then cannot tell which one was turned down.  Where it is
 * MULTIAPPEND that streams, and no UIDs are to be kept, the next batch is sent
 * while the server is about the last one (begin_flush).
 */

#ifndef BK_STORE_IMAPSTORE_WRITER_H
#define BK_STORE_IMAPSTORE_WRITER_H

#include "store/body.h"
#include "store/imapstore.h"

#define BK_IMAPSTORE_BATCH_MESSAGES 500
#define BK_IMAPSTORE_BATCH_BYTES    ((uint64_t)16 << 20)
#define BK_IMAPSTORE_BODY_MEMORY    ((size_t)1 << 20)  /* longer: a file */
#define BK_IMAPSTORE_MEMORY         ((size_t)16 << 20) /* of all that wait */

/* Flags and keywords as the folder takes them. */
struct bk_imapstore_marks {
	uint8_t flags;
	const char **keywords; /* owned; texts live as long as the writer */
	size_t n_keywords;
	size_t n_bared; /* keywords that are left out now; n_keywords is 0 */
};

static inline struct bk_imap_flags bk_imapstore_marks_view(
	const struct bk_imapstore_marks *marks)
{
	return (struct bk_imap_flags){marks->flags, marks->keywords,
				      marks->n_keywords};
}

/* A message that waits. */
struct bk_imapstore_queued {
	struct bk_message msg; /* no keywords */
	char *name;            /* its */
	struct bk_imapstore_marks marks;
	struct bk_body body;
	uint64_t size; /* of it, lines ending in CRLF */
};

/* A message of a batch that is on its way. */
struct bk_imapstore_sent {
	uint32_t uid; /* the one that it is to have */
	bool filler;
};

/* UIDs that are to be kept: see imapstore_uids.c. */
struct bk_imapstore_uids {
	const char *mailbox;             /* as doveadm calls it; in arena */
	struct bk_imapstore_sent *batch; /* owned */
	size_t n_batch, cap_batch;
	uint32_t batch_next; /* `next` as the batch began */
	uint32_t next;       /* the one that the server gives out next */
	uint32_t last;       /* the highest that a message was to get */
	uint32_t gap;        /* of begin() */
	char why[146];       /* they are not kept; "" */
	const char *guid;    /* and UIDVALIDITY, as IMAP had them; in arena */
	uint32_t validity;
	bool proven; /* doveadm has the same mailbox */
	bool on;     /* the server is brought to give out the right ones */
	bool clash;  /* what has one is another message at the source */
	bool theirs; /* people work in it: they stay */
};

struct bk_imapstore_change {
	uint32_t uid;
	struct bk_imapstore_marks marks;
};

struct bk_imapstore_writer {
	struct bk_folder_writer writer; /* first */
	struct bk_imapstore *imapstore;
	char *address;
	const struct bk_folder *want;
	struct bk_arena arena;
	struct bk_view raw;

	/* What the folder takes, and what it did not. */
	const char **takes_keywords; /* in arena */
	size_t n_takes_keywords;
	size_t keywords_most; /* that it ever holds; SIZE_MAX: not known */
	uint8_t takes_flags;
	bool takes_any_keyword;

	bool level; /* it is to hold no messages: is not made */
	bool made;  /* it was not there before */
	bool subscription_done;
	bool empty; /* as it was opened */
	bool made_again;
	bool acl_asked;         /* since it was made */
	struct bk_acl_list acl; /* what was told */
	struct bk_imapstore_inherited inherited;
	uint32_t uid_validity;

	pthread_mutex_t lock; /* of everything below */
	bool *lost;           /* by keyword */
	size_t n_lost;

	struct bk_imapstore_queued *queue;
	size_t n_queue, cap_queue;
	uint64_t queue_bytes;

	struct bk_imapstore_session *stream; /* NULL: no batch is open */
	uint64_t left;      /* of the one whose bytes are being sent */
	uint32_t *streamed; /* the UIDs that its messages had */
	size_t n_streamed, cap_streamed;
	size_t n_before; /* of them in the batch that was ended, and whose
			    answer is still to come */
	bool came_late;  /* it came before the stream broke, and is not told */

	struct bk_imapstore_uids uids;

	struct bk_imapstore_change *changes;
	size_t n_changes, cap_changes;
	struct bk_uid_set removed;

	struct bk_err turned_down; /* of the first one; BK_OK: none */
	uint32_t *kept;            /* UIDs since the last flush, 0: not told */
	size_t n_kept, cap_kept;
	size_t added;
	size_t unset; /* messages whose flags the server did not take */
	struct bk_err unset_why; /* the last time */
	uint8_t lost_flags;
	bool in_message; /* the bytes of one are being sent */
	bool flushes;    /* somebody calls flush() */
	bool other_uids; /* some message has another UID than before */

	struct bk_imapstore_writer *next; /* of the store's */
};

static inline struct bk_imapstore_writer *bk_imapstore_writer_of(
	struct bk_folder_writer *writer)
{
	return (struct bk_imapstore_writer *)writer;
}

/* imapstore_begin.c */
int bk_imapstore_begin(struct bk_store *store, const struct bk_account *account,
		       const struct bk_folder *folder, uint32_t uid_gap,
		       struct bk_folder_writer **out, struct bk_err *err);
int bk_imapstore_present(struct bk_folder_writer *writer,
			 struct bk_message_list *out, struct bk_err *err);
void bk_imapstore_abort(struct bk_folder_writer *writer);
/* Makes the writer's folder once more, if it is not there. */
int bk_imapstore_make_again(struct bk_imapstore_writer *w,
			    struct bk_imapstore_session *session,
			    struct bk_err *err);

/* imapstore_marks.c: under w->lock */
void bk_imapstore_marks_make(struct bk_imapstore_writer *w,
			     const struct bk_message *msg,
			     struct bk_imapstore_marks *out);
/* A message was turned down, and it may be for its keywords: leaves them out,
 * if there are any. */
bool bk_imapstore_marks_bare(struct bk_imapstore_marks *marks,
			     const struct bk_err *why);
/* The message was taken without those that were left out. */
void bk_imapstore_marks_lose(struct bk_imapstore_writer *w,
			     const struct bk_imapstore_marks *marks);
void bk_imapstore_marks_clear(struct bk_imapstore_marks *marks);
/* What was left out, for people; "" for nothing. */
void bk_imapstore_marks_note(const struct bk_imapstore_writer *w,
			     struct bk_buf *out);
/* The same one by one. */
void bk_imapstore_marks_lacks(const struct bk_imapstore_writer *w,
			      struct bk_lacks *to);
/* Sends the changes. */
int bk_imapstore_send_changes(struct bk_imapstore_writer *w,
			      struct bk_err *err);

/* imapstore_append.c */
/* Several threads keep messages in any order, and who asks for none in return
 * gets them in that of the source: a server numbers them as they come. */
void bk_imapstore_queue_sort(struct bk_imapstore_writer *w);
int bk_imapstore_append(struct bk_folder_writer *writer,
			const struct bk_message *msg, struct bk_sink **out,
			struct bk_err *err);
int bk_imapstore_keep(struct bk_folder_writer *writer, struct bk_sink *sink,
		      const struct bk_message *msg, struct bk_err *err);
void bk_imapstore_drop(struct bk_folder_writer *writer, struct bk_sink *sink);

/* imapstore_uids.c: under w->lock but for begin and finish */
int bk_imapstore_uids_begin(struct bk_imapstore_writer *w,
			    struct bk_imapstore_session *session,
			    struct bk_err *err);
/* What an earlier run left of its fillers goes with the next flush; with the
 * mailbox selected. */
int bk_imapstore_uids_sweep(struct bk_imapstore_writer *w,
			    struct bk_imapstore_session *session,
			    struct bk_err *err);
/* Takes them out of a listing. */
void bk_imapstore_uids_hide(const struct bk_imapstore_writer *w,
			    struct bk_message_list *list);
/* A batch begins. */
void bk_imapstore_uids_batch(struct bk_imapstore_writer *w);
/* Is the UID too far for fillers? */
bool bk_imapstore_uids_far(const struct bk_imapstore_writer *w, uint32_t uid);
/* The server gives it out next; between batches. */
int bk_imapstore_uids_raise(struct bk_imapstore_writer *w, uint32_t uid,
			    struct bk_err *err);
/* Before each message of a batch: sends fillers up to its UID. */
int bk_imapstore_uids_fill(struct bk_imapstore_writer *w, struct bk_imap *imap,
			   uint32_t uid, struct bk_err *err);
/* After a batch: notes what came of it and takes the fillers out of `out`. */
void bk_imapstore_uids_sift(struct bk_imapstore_writer *w,
			    struct bk_imap_appended *out, size_t *n_done);
/* UIDs that mean other messages at the source get another UIDVALIDITY. */
int bk_imapstore_uids_disown(struct bk_imapstore_writer *w, struct bk_err *err);
int bk_imapstore_uids_finish(struct bk_imapstore_writer *w, struct bk_err *err);

/* imapstore_taken.c: under w->lock */
/* The UIDs that were given out, one after the other. */
struct bk_imapstore_given {
	const struct bk_uid_set *uids;
	size_t range;
	uint32_t next;
};
/* 0: it was not told. */
uint32_t bk_imapstore_next_given(struct bk_imapstore_given *given);
/* A message that is there for good, with the UID that it got and the one that
 * it had at the source; 0: none. */
void bk_imapstore_count_taken(struct bk_imapstore_writer *w, uint32_t uid,
			      uint32_t was);
/*
 * Without MULTIAPPEND a message behind the one that was refused may have been
 * taken.  Whoever flushes is told of those before it, and gives the others
 * again: so they are taken back, and are no longer taken.
 */
int bk_imapstore_undo_behind(struct bk_imapstore_writer *w,
			     struct bk_imapstore_session *session,
			     struct bk_imap_appended *out, size_t n_done,
			     struct bk_err *err);

/* imapstore_batch.c: under w->lock */
void bk_imapstore_queue_clear(struct bk_imapstore_writer *w);
int bk_imapstore_send_queue(struct bk_imapstore_writer *w, struct bk_err *err);
/* A message whose bytes follow; opens the stream if need be. */
int bk_imapstore_stream(struct bk_imapstore_writer *w,
			const struct bk_imap_message *msg, uint32_t uid,
			struct bk_err *err);
/* Ends the batch that is open, and begins the next one behind it: 1; 0: this
 * cannot be done now. */
int bk_imapstore_stream_next(struct bk_imapstore_writer *w, struct bk_err *err);
/* What became of the one before: 1; 0: not known yet, or none is.  -1 of kinds
 * that concern messages: the stream goes on. */
int bk_imapstore_stream_answer(struct bk_imapstore_writer *w, bool wait,
			       struct bk_err *err);
/* Ends the batch that is open, if one is. */
int bk_imapstore_stream_end(struct bk_imapstore_writer *w, struct bk_err *err);
/* Gives up what is on its way. */
void bk_imapstore_stream_break(struct bk_imapstore_writer *w);

/* imapstore_finish.c */
int bk_imapstore_set_flags(struct bk_folder_writer *writer,
			   const struct bk_message *present,
			   const struct bk_message *want, struct bk_err *err);
int bk_imapstore_remove(struct bk_folder_writer *writer,
			const struct bk_message *msg, struct bk_err *err);
int bk_imapstore_flush(struct bk_folder_writer *writer,
		       struct bk_message_list *out, struct bk_err *err);
int bk_imapstore_begin_flush(struct bk_folder_writer *writer,
			     struct bk_err *err);
int bk_imapstore_end_flush(struct bk_folder_writer *writer, bool wait,
			   struct bk_message_list *out, struct bk_err *err);
int bk_imapstore_finish(struct bk_folder_writer *writer,
			struct bk_folder_result *result, struct bk_err *err);
int bk_imapstore_sync(struct bk_store *store, struct bk_err *err);
int bk_imapstore_rename_folder(struct bk_store *store,
			       const struct bk_account *account,
			       const struct bk_folder *from, const char *to,
			       struct bk_err *err);
int bk_imapstore_renew_folder(struct bk_store *store,
			      const struct bk_account *account,
			      const struct bk_folder *folder,
			      struct bk_err *err);
int bk_imapstore_delete_folder(struct bk_store *store,
			       const struct bk_account *account,
			       const struct bk_folder *folder,
			       struct bk_err *err);

#endif
