/*
 * All of one mbox file: its messages as a store lists them, and its frame.
 * Flags are those of Status and X-Status (R; A F T D), keywords those of
 * X-Keywords, UIDs those of X-UID as far as Dovecot would take them: under an
 * X-IMAPbase in the first message, ascending, and none above its last UID.
 *
 * That the file can be written again from these is tried on each message before
 * it is listed; one of which it is not true is listed with its header as it
 * lies.
 */

#ifndef BK_STORE_MBOXFILE_H
#define BK_STORE_MBOXFILE_H

#include <stdint.h>

#include "mail/message.h"
#include "store/mboxframe.h"
#include "store/mboxread.h"

/* {0} is a valid empty one. */
struct bk_mbox_file {
	struct bk_message_list list; /* in the set's order */
	struct bk_mbox_part *parts;  /* owned; of each message of the list */
	struct bk_mbox_frame frame;  /* places in the file's order */
	uint32_t uid_validity, uid_last; /* 0: there is none */
};

/* `folder` gets UIDVALIDITY, UIDNEXT, keywords and the frame.  BK_REFUSED for
 * what is no mbox file; BK_GONE when it changes meanwhile. */
int bk_mbox_file_read(struct bk_mbox_file *out, int fd, uint64_t size,
		      struct bk_folder *folder, struct bk_err *err);
void bk_mbox_file_clear(struct bk_mbox_file *file);

/* What msg->file says: where the message lies, and whether plain. */
bool bk_mbox_file_at(const char *text, struct bk_mbox_part *part, bool *plain);

/* Flags, keywords, UID and the numbers of an X-IMAPbase line, from lines. */
struct bk_mbox_marks {
	uint8_t flags;
	uint32_t uid;
	struct bk_view keywords; /* words */
	bool has_base;
	uint32_t uid_validity, uid_last;
	struct bk_view base_keywords;
};
void bk_mbox_marks_add(struct bk_mbox_marks *marks, enum bk_mbox_field field,
		       struct bk_view value);

/* The next word; false at the end. */
bool bk_mbox_word(struct bk_view *text, struct bk_view *word);

#endif
