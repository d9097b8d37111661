/* The mail of this host: what its mail server says about where it keeps mail,
 * and Maildir trees at the usual places. */

#ifndef BK_JOB_FIND_MAIL_H
#define BK_JOB_FIND_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/pattern.h"

/* One store that can be backed up; NULL: not said. */
struct bk_mail_found {
	const char *by;     /* "Dovecot", "Maildir tree" */
	const char *path;   /* a pattern, as in store/account_path.h */
	const char *server; /* a URL: mail that only IMAP shows, and no path */
	const char *login;  /* for it */
	const char *layout, *control, *index;
	uint64_t accounts, bytes;
	bool at_least; /* counting took too long: there may be more bytes */
};

/* {0} is a valid empty one. */
struct bk_mail_search {
	struct bk_arena arena;
	struct bk_mail_found *items; /* owned; the best first */
	size_t n, cap;
	struct bk_names notes; /* what was seen and is of no use by itself */
};

/* Looks at Dovecot (its doveconf is run), Cyrus, Courier and the usual trees.
 * What cannot be read is not found. */
void bk_mail_find(struct bk_mail_search *out);
void bk_mail_search_clear(struct bk_mail_search *search);

/*
 * Counts accounts, and their bytes for a few seconds at most; false where the
 * path is none or nothing is there.  `maildirs`: only accounts that have a
 * folder `cur` count.
 */
bool bk_mail_count(struct bk_mail_found *mail, bool maildirs);

/*
 * What `doveconf -n` printed, as a store: 1, with *note where its mail lies in
 * no Maildirs, and is read from the server; 0 where it says nothing that is of
 * use, and *note then says why, or is NULL.  Texts are in `arena`.
 */
int bk_mail_of_dovecot(const char *conf, struct bk_arena *arena,
		       struct bk_mail_found *out, const char **note);

/* The URL at which a Dovecot answers, from the same; in `arena`. */
const char *bk_mail_imap_of_dovecot(const char *conf, struct bk_arena *arena);

/*
 * A Cyrus by its imapd.conf and cyrus.conf (texts; the latter may be empty):
 * where it answers, and its first administrator, who may ask for any account.
 * False where imapd.conf is none of a Cyrus's.  Texts are in `arena`.
 */
bool bk_mail_of_cyrus(const char *imapd_conf, const char *cyrus_conf,
		      struct bk_arena *arena, struct bk_mail_found *out);

#endif
