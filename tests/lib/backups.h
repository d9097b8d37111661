/*
 * A Maildir store and a repository beside it, and runs of the backup job in
 * this process, with all that they say.  Every helper fails the test.
 */

#ifndef BK_TESTS_BACKUPS_H
#define BK_TESTS_BACKUPS_H

#include "job/backup.h"
#include "lib/recorder.h"
#include "lib/testrepo.h"
#include "repo/set.h"

struct backups {
	struct testrepo t;
	struct recorder recorder; /* between job and repository */
	struct bk_target *below;
	char mail[128], state[96];
	struct bk_job_settings job;
	struct bk_filter only;
	struct bk_backup_request request; /* a test may change it */

	/* Of the last run. */
	struct bk_outcome outcome;
	struct bk_err err;
	struct bk_summary summary; /* numbers and `kind`; other texts NULL */
	struct bk_buf
		talk;    /* "note: ...", "warning: ..." and
			    "error: ACCOUNT FOLDER UID NAME: TEXT: OUTCOME" */
	uint8_t set[16]; /* the newest */
};

void backups_begin(struct backups *b);
void backups_end(struct backups *b);

/* The store's accounts lie in mail/DOMAIN/NAME. */
#define ANN "mail/a.test/ann"
#define BOB "mail/b.test/bob"

/* A message in cur of a folder ("" or ".Sent"); `name` with its ":2,S". */
void backups_deliver(const struct backups *b, const char *account,
		     const char *folder, const char *name, const char *text);
void backups_remove(const struct backups *b, const char *account,
		    const char *folder, const char *name);
void backups_rename(const struct backups *b, const char *from, const char *to);

/* A small company: two accounts, some folders, uid lists, keywords. */
void backups_fill(const struct backups *b);

/* 0, or -1 and b->err. */
int backups_run(struct backups *b, enum bk_backup_wish wish);

/* A run that ends well and complete, and whose set shows the store. */
void backups_make(struct backups *b, enum bk_backup_wish wish);

/* That the newest set shows the store as it is. */
void backups_check(struct backups *b);

bool backups_said(struct backups *b, const char *text);

/* How many sets there are. */
size_t backups_sets(struct backups *b);

#endif
