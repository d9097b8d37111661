/*
 * What the people whose accounts move are told, each by a mail of his own:
 * before the account is held, and after it has moved.  The texts, and how far
 * each mail is; move_people.c sends them.
 */

#ifndef BK_JOB_MOVE_LETTER_H
#define BK_JOB_MOVE_LETTER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "job/settings.h"

enum bk_letter {
	BK_LETTER_BEFORE,
	BK_LETTER_AFTER,
};
#define BK_LETTERS 2

struct bk_letter_settings {
	bool wanted[BK_LETTERS];
	const char *texts[BK_LETTERS]; /* NULL: the usual one */
	const char *from;              /* NULL: as other mails */
};

/* "before", "after", both of them, or "none"; for job/schema, too. */
int bk_letter_check_which(const char *words, struct bk_err *err);

/* [notify], and what `said` says instead of its `users` (NULL: nothing).  Reads
 * the texts.  BK_MISUSE, and what reading a file says. */
int bk_settings_letters(struct bk_settings *settings, const char *said,
			struct bk_letter_settings *out, struct bk_err *err);

/* What stands for %u, %n and %d; %s and %t; %w.  A '%' is "%%". */
struct bk_letter_words {
	const char *account;
	const char *source, *destination;
	const char *when;
};

/* BK_MISUSE for another variable, for what is no UTF-8, and for no text. */
int bk_letter_check(const char *text, struct bk_err *err);

/* A text that was checked, or NULL, as a mail: its subject is a first line
 * "Subject: ...", or the usual one. */
void bk_letter_write(enum bk_letter letter, const char *text,
		     const struct bk_letter_words *words,
		     struct bk_buf *subject, struct bk_buf *body);

/* How far a mail is. */
enum bk_letter_state {
	BK_LETTER_NONE,
	BK_LETTER_DUE,     /* to be sent when its time comes */
	BK_LETTER_SENDING, /* it may have gone or not: not again */
	BK_LETTER_SENT,
};

/* Durable when it returns.  `account` is that of the journal. */
int bk_letter_note(const char *folder, const char *account,
		   enum bk_letter letter, enum bk_letter_state state,
		   struct bk_err *err);

/* What is noted cannot be understood: SENDING. */
int bk_letter_noted(const char *folder, const char *account,
		    enum bk_letter letter, enum bk_letter_state *out,
		    struct bk_err *err);

#endif
