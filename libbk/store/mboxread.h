/*
 * An mbox file taken apart, as Dovecot takes it apart, and nothing of it left
 * out: what is before the first message, then one part after the other, the
 * last of which ends where the file does.
 *
 *	From ann@a.example Sun Nov 22 20:37:03 2026	the From_ line
 *	Subject: one					the message
 *	Status: RO					the file's own line
 *
 *	text						the message
 *							what parts it from the
 *	From ...					next one
 *
 * A part ends before a line end behind which a From_ line (mboxfrom.h) begins,
 * whether an empty line is there or not; or where Content-Length says, if that
 * is such a place too.  Lines of the header that only the file has use for are
 * no part of the message: Status, X-UID and the like.  Nothing is mapped into
 * memory, for whoever has the file may cut it short.
 */

#ifndef BK_STORE_MBOXREAD_H
#define BK_STORE_MBOXREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/stream.h"

/* A header that is longer is a part of the message as a whole. */
#define BK_MBOX_HEAD_MAX ((size_t)256 << 10)

/* What lies before the first message; a file with more of it is none. */
#define BK_MBOX_PROLOGUE_MAX ((size_t)32 << 10)

enum bk_mbox_field {
	BK_MBOX_NONE, /* the message's own */
	BK_MBOX_CONTENT_LENGTH,
	BK_MBOX_STATUS,
	BK_MBOX_X_IMAP,
	BK_MBOX_X_IMAPBASE,
	BK_MBOX_X_KEYWORDS,
	BK_MBOX_X_STATUS,
	BK_MBOX_X_UID,
};

/* A field of the header that is the file's own, folded lines and all. */
struct bk_mbox_line {
	enum bk_mbox_field field;
	size_t at, len; /* in the head */
};

struct bk_mbox_part {
	uint64_t at;      /* of the From_ line */
	uint64_t content; /* behind that line */
	uint64_t end;     /* of the content */
	uint64_t next;    /* behind what parts it from the next one */
	uint8_t from_eol, separator; /* bytes: 0, 1 (LF) or 2 (CRLF) */
	int64_t date;
};

struct bk_mbox_reader {
	int fd;        /* the caller's */
	uint64_t size; /* of the file, when it was opened */
	uint64_t next; /* where the next part begins */
	/* Of the part that was read last. */
	struct bk_buf from; /* the From_ line without its end */
	struct bk_buf head; /* the header, and the empty line behind it; empty
			       when it is too long */
	bool head_ends;     /* with that empty line */
	struct bk_mbox_line *lines; /* owned */
	size_t n_lines, cap_lines;
	/* What was read of the file. */
	struct bk_buf window;
	uint64_t window_at;
};

/* Finds the first part; what is before it is in *prologue.  BK_REFUSED where
 * there is no part in sight: the file is no mbox file. */
int bk_mbox_reader_open(struct bk_mbox_reader *reader, int fd, uint64_t size,
			struct bk_buf *prologue, struct bk_err *err);
void bk_mbox_reader_close(struct bk_mbox_reader *reader);

/* 1, 0 at the end, -1. */
int bk_mbox_part_next(struct bk_mbox_reader *reader, struct bk_mbox_part *part,
		      struct bk_err *err);

/* Reads From_ line and header of a part that is known. */
int bk_mbox_part_look(struct bk_mbox_reader *reader,
		      const struct bk_mbox_part *part, struct bk_err *err);

/* The same of content that no From_ line goes before. */
int bk_mbox_head_read(struct bk_mbox_reader *reader,
		      const struct bk_mbox_part *part, struct bk_err *err);

/* The value of a line without blanks around it, in the reader's head. */
struct bk_view bk_mbox_line_value(const struct bk_mbox_reader *reader,
				  const struct bk_mbox_line *line);

/* The message's own bytes: of the part that was read last, without the file's
 * own lines; `plain`: with them. */
int bk_mbox_part_copy(struct bk_mbox_reader *reader,
		      const struct bk_mbox_part *part, bool plain,
		      struct bk_sink *to, struct bk_err *err);

/* Bytes of the file; BK_GONE when there are fewer now. */
int bk_mbox_copy(struct bk_mbox_reader *reader, struct bk_stretch bytes,
		 struct bk_sink *to, struct bk_err *err);

/* Which of the file's own fields a line begins. */
enum bk_mbox_field bk_mbox_field_of(struct bk_view line);

/* Does a From_ line begin inside these bytes, which are a part's content? */
bool bk_mbox_has_from(struct bk_view bytes);

#endif
