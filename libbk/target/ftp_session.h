/*
 * What the parts of the FTP driver share: an open target, commands, and how
 * something that the server refused to show is told from something that is not
 * there.  Code 550 says both, and so must not be believed: only a listing
 * that lacks a name proves that it is gone.
 */

#ifndef BK_TARGET_FTP_SESSION_H
#define BK_TARGET_FTP_SESSION_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "net/link.h"
#include "target/target.h"
#include "target/walk.h"

enum bk_ftp_renames {
	BK_FTP_RENAMES_UNKNOWN,
	BK_FTP_RENAMES_YES,
	BK_FTP_RENAMES_NO, /* an append-only login: see bk-format(5) */
};

struct bk_ftp {
	struct bk_target target;
	struct bk_link *link;
	const char *base; /* "" or "/bk/mx1" */
	/* What the server can, as FEAT says; fixed once it is open. */
	bool mlsd;          /* else LIST */
	bool rang;          /* RANG before RETR ends it at a byte */
	atomic_int renames; /* enum bk_ftp_renames, learned */
	pthread_mutex_t lock;
	char *folder; /* that a put found there, or made, last; owned */
};

static inline struct bk_ftp *bk_ftp_of(struct bk_target *target)
{
	return (struct bk_ftp *)target;
}

/* "/bk/mx1/keys/1.bkk"; of "" the base itself, "/" for the root.  The
 * caller's. */
char *bk_ftp_path(const struct bk_ftp *ftp, const char *name);

/* One command on the control connection: the code of its reply, whatever it is
 * (bk_line_reply has the text), or -1 when none came. */
int bk_ftp_ask(struct bk_line *line, struct bk_err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* -1 with what the server said last. */
int bk_ftp_refused(struct bk_line *line, struct bk_err *err);

/*
 * Was a data connection refused with a reply?  With TLS, libcurl sees that it
 * ends before it sees why, asks for another, and takes the reply to what was
 * refused for the reply to that; over IPv6 it just fails.  Then, `perhaps`:
 * what is there has to be looked at.
 */
bool bk_ftp_was_refused(const struct bk_line *line);
bool bk_ftp_perhaps_refused(const struct bk_line *line);

/* Does the server refuse to send this file that is there, and how?  It is asked
 * for without a connection to send it on, so that nothing hides the reply. */
bool bk_ftp_refuses_to_send(struct bk_line *line, const char *path,
			    char reply[BK_REPLY_TEXT]);

/* 1: the size of a file by its path; 0: the server does not tell; -1. */
int bk_ftp_size(struct bk_line *line, const char *path, uint64_t *size,
		struct bk_err *err);

/* Puts these bytes there in one go; with `append` behind what is there. */
int bk_ftp_store(struct bk_line *line, const char *path, struct bk_view bytes,
		 bool append, struct bk_err *err);

/* Takes one entry of a folder. */
struct bk_ftp_taker {
	int (*take)(struct bk_ftp_taker *taker, const struct bk_entry *entry,
		    struct bk_err *err);
};

/* 1 when all entries of the folder by that path were taken; 0 when the server
 * refuses, and line's reply says how; -1.  Entries may have been taken in all
 * cases. */
int bk_ftp_folder(struct bk_ftp *ftp, struct bk_line *line, const char *path,
		  struct bk_ftp_taker *taker, struct bk_err *err);

enum bk_ftp_found {
	BK_FTP_THERE,    /* it is, as *out says */
	BK_FTP_MISSING,  /* it is not, and that is certain */
	BK_FTP_BASELESS, /* nor is the target's own folder */
};

/* Looks for what lies at an absolute path in the listings above it.  *out
 * (without a name) is that of what lies there.  BK_DENIED when nobody lets us
 * look. */
int bk_ftp_find(struct bk_ftp *ftp, struct bk_line *line, const char *path,
		enum bk_ftp_found *found, struct bk_entry *out,
		struct bk_err *err);

/* After a refusal to do something with a file: -1 with BK_GONE where there is
 * none, BK_CORRUPT where it is no file, BK_DENIED with the reply where it is.
 */
int bk_ftp_why(struct bk_ftp *ftp, struct bk_line *line, const char *path,
	       struct bk_err *err);

#endif
