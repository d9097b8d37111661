/*
 * Writing a folder of an mbox account; for mbox_*.c alone.
 *
 * What comes is kept in an unnamed file beside the folder's.  In finish(),
 * under the locks that Dovecot takes to write, the folder's file is read once
 * more, written anew beside itself with what came and what is to change, and
 * takes its own place: so there is the old file or the new one, whole, and mail
 * that was delivered meanwhile is in it.
 *
 * A file that holds nothing yet is written as its frame says (mboxframe.h), if
 * all messages that the frame is for came: to the byte what it was.
 */

#ifndef BK_STORE_MBOX_WRITER_H
#define BK_STORE_MBOX_WRITER_H

#include "store/dotlock.h"
#include "store/mbox.h"
#include "store/mboxshape.h"
#include "store/name_table.h"

/* A message that came. */
struct bk_mbox_staged {
	struct bk_stretch bytes; /* in the spool */
	const char *name;        /* that it had */
	struct bk_view from;     /* its From_ line, without its end */
	int64_t date;
	uint32_t uid; /* 0: none */
	uint8_t flags;
	uint16_t n_keywords;
	const uint16_t *keywords; /* of writer.folder's table */
};

/* What is to become of a message that is there. */
struct bk_mbox_change {
	bool remove;
	uint8_t flags;
	uint16_t n_keywords;
	const uint16_t *keywords;
};

/* What a message is to have. */
struct bk_mbox_want {
	uint32_t uid;
	uint8_t flags;
	uint16_t n_keywords;
	const uint16_t *keywords;
};

struct bk_mbox_writer {
	struct bk_folder_writer writer; /* first */
	struct bk_mbox *mbox;
	struct bk_account account; /* strings in arena */
	const struct bk_folder *want;
	struct bk_arena arena;
	uint32_t uid_gap;
	struct bk_mbox_spot spot;
	struct bk_file_owner owner;
	bool made;  /* the file was not there before */
	bool level; /* it is a folder of files, and no more */

	struct bk_mbox_file file; /* what is there */
	struct bk_folder here;    /* its keywords */
	struct stat st;

	pthread_mutex_t lock; /* of what follows */
	int spool;
	uint64_t spooled;
	struct bk_mbox_staged *staged;
	size_t n_staged, cap_staged;
	struct bk_mbox_change *changes;
	size_t n_changes, cap_changes;
	struct bk_name_table changed; /* changes by name */
	bool lost_keywords;
	size_t n_dropped; /* messages with lines that only the file may have */
	struct bk_folder_result result;
};

static inline struct bk_mbox_writer *bk_mbox_writer_of(
	struct bk_folder_writer *writer)
{
	return (struct bk_mbox_writer *)writer;
}

/* mbox_begin.c */
int bk_mbox_name_account(struct bk_mbox *mbox, const char *address,
			 struct bk_arena *arena, struct bk_account *out,
			 struct bk_err *err);
int bk_mbox_create_account(struct bk_store *store, const char *address,
			   struct bk_arena *arena, struct bk_account *out,
			   struct bk_err *err);
int bk_mbox_begin(struct bk_store *store, const struct bk_account *account,
		  const struct bk_folder *folder, uint32_t uid_gap,
		  struct bk_folder_writer **out, struct bk_err *err);
void bk_mbox_abort(struct bk_folder_writer *writer);

/* mbox_append.c */
int bk_mbox_present(struct bk_folder_writer *writer,
		    struct bk_message_list *out, struct bk_err *err);
int bk_mbox_append(struct bk_folder_writer *writer,
		   const struct bk_message *msg, struct bk_sink **out,
		   struct bk_err *err);
size_t bk_mbox_loses(struct bk_view message, struct bk_buf *begin);
int bk_mbox_keep(struct bk_folder_writer *writer, struct bk_sink *sink,
		 const struct bk_message *msg, struct bk_err *err);
void bk_mbox_drop(struct bk_folder_writer *writer, struct bk_sink *sink);
int bk_mbox_remove(struct bk_folder_writer *writer,
		   const struct bk_message *msg, struct bk_err *err);
int bk_mbox_set_flags(struct bk_folder_writer *writer,
		      const struct bk_message *present,
		      const struct bk_message *want, struct bk_err *err);

/* What is to become of the message of that name; NULL: nothing. */
struct bk_mbox_change *bk_mbox_change_of(struct bk_mbox_writer *w,
					 const char *name);

/* mbox_finish.c */
int bk_mbox_finish(struct bk_folder_writer *writer,
		   struct bk_folder_result *result, struct bk_err *err);
int bk_mbox_finish_account(struct bk_store *store,
			   const struct bk_account *account,
			   const struct bk_property *settings,
			   size_t n_settings, struct bk_err *err);
int bk_mbox_sync(struct bk_store *store, struct bk_err *err);

/* mbox_says.c: does the shape say all that the message is to have?  `names` are
 * those of the keywords. */
bool bk_mbox_shape_says(struct bk_view shape, const struct bk_mbox_want *marks,
			const char *const *names);
/* The last UID of the first X-IMAPbase or X-IMAP line, in as many digits. */
void bk_mbox_raise_last(struct bk_buf *text, uint32_t last);

/* mbox_compose.c: the new file, from the one that is open as `old`. */
int bk_mbox_compose(struct bk_mbox_writer *w, int old, int to,
		    struct bk_err *err);

#endif
