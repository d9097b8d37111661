/*
 * A tree of Maildir++ folders as Dovecot keeps it: names with S= and W=,
 * dovecot-uidlist version 3, dovecot-keywords, subscriptions.  Deliveries may
 * be only counted, not written: so a day of change knows what came before.
 */

#ifndef BENCH_CORPUS_MAILDIR_H
#define BENCH_CORPUS_MAILDIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "corpus/people.h"

enum folder {
	FOLDER_INBOX,
	FOLDER_SENT,
	FOLDER_ARCHIVE_2022,
	FOLDER_ARCHIVE_2023,
	FOLDER_ALPHA,
	FOLDER_BETA,
	FOLDER_LISTS,
	FOLDER_TRASH,
	FOLDER_JUNK,
	FOLDERS,
};

struct mail {
	char name[96]; /* up to ":2," */
	char flags[8];
	uint32_t user, uid;
	enum folder folder;
	bool is_new, is_gone;
};

struct folder_state {
	uint32_t last_uid;
	bool changed;
};

struct maildir {
	const char *top;
	uint64_t seed;
	bool writing;
	time_t now; /* date of what Dovecot writes itself */
	const struct person *staff;
	uint32_t n_staff;

	struct mail *mails;
	size_t n_mails, cap_mails;
	struct folder_state (*folders)[FOLDERS]; /* by number of staff */
	uint64_t bytes;                          /* of all that was delivered */
};

void maildir_init(struct maildir *maildir, const char *top,
		  const struct person *staff, uint32_t n_staff, uint64_t seed);
void maildir_clear(struct maildir *maildir);

/* Folders, all empty. */
int maildir_make(const struct maildir *maildir, struct bk_err *err);

struct delivery {
	uint32_t user;
	enum folder folder;
	time_t when;
	const char *flags;            /* letters, sorted */
	bool is_new;                  /* in new/, without flags */
	struct bk_view trace, letter; /* the message; trace may be empty */
};

int maildir_deliver(struct maildir *maildir, const struct delivery *delivery,
		    struct bk_err *err);

/* What users do to a message. */
int maildir_delete(struct maildir *maildir, struct mail *mail,
		   struct bk_err *err);
int maildir_flag(struct maildir *maildir, struct mail *mail, const char *flags,
		 struct bk_err *err);
int maildir_move(struct maildir *maildir, struct mail *mail, enum folder to,
		 struct bk_err *err);

/* Writes dovecot-uidlist and dovecot-keywords of the folders that changed
 * since the last time (only forgets that they did while not writing). */
int maildir_write_lists(struct maildir *maildir, struct bk_err *err);

/* Path of a folder: the caller's. */
char *maildir_folder_path(const struct maildir *maildir, uint32_t user,
			  enum folder folder);

#endif
