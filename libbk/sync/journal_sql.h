/* The journal's database; for journal*.c alone. */

#ifndef BK_SYNC_JOURNAL_SQL_H
#define BK_SYNC_JOURNAL_SQL_H

#include <pthread.h>
#include <sqlite3.h>

#include "sync/journal.h"

enum bk_journal_sql {
	BK_SQL_BEGIN,
	BK_SQL_COMMIT,
	BK_SQL_ROLLBACK,
	BK_SQL_ACCOUNT_ADD,
	BK_SQL_ACCOUNT_ID,
	BK_SQL_ACCOUNT_END,
	BK_SQL_ACCOUNTS,
	BK_SQL_ACCOUNT_MESSAGES_DROP,
	BK_SQL_ACCOUNT_BATCHES_DROP,
	BK_SQL_ACCOUNT_FOLDERS_DROP,
	BK_SQL_ACCOUNT_DROP,
	BK_SQL_FOLDERS,
	BK_SQL_FOLDER_PUT,
	BK_SQL_FOLDER_DROP,
	BK_SQL_PAIRS,
	BK_SQL_UIDS_FROM,
	BK_SQL_UIDS_TO,
	BK_SQL_PAIR_PUT,
	BK_SQL_PAIR_DROP,
	BK_SQL_PAIRS_DROP,
	BK_SQL_BATCH,
	BK_SQL_BATCH_PUT,
	BK_SQL_BATCH_DROP,
	BK_SQL_RIGHTS,
	BK_SQL_RIGHT_PUT,
	BK_SQL_RIGHTS_DROP,
	BK_SQL_ACCOUNT_RIGHTS_DROP,
	BK_SQL_QUOTA,
	BK_SQL_QUOTA_PUT,
	BK_SQL_QUOTA_DROP,
	BK_SQL_SCRIPTS,
	BK_SQL_SCRIPT_PUT,
	BK_SQL_SCRIPTS_DROP,
	BK_SQL_ANNOTATIONS,
	BK_SQL_ANNOTATION_PUT,
	BK_SQL_ANNOTATIONS_DROP,
	BK_SQL_COUNT,
};

extern const char *const bk_journal_statements[BK_SQL_COUNT];

struct bk_journal {
	char *path;
	char *aside; /* where a damaged one went, or NULL */
	int lock;    /* a descriptor of the file, flocked */
	bool damaged;
	bool looks; /* the file stays as it is, whatever it is */
	bool old;   /* of a version before this one, or without a table */
	sqlite3 *db;
	pthread_mutex_t mutex; /* of db and statements */
	sqlite3_stmt *statements[BK_SQL_COUNT];
};

/* All of these with the mutex held. */

/* A statement with nothing bound; NULL on failure. */
sqlite3_stmt *bk_journal_sql(struct bk_journal *journal,
			     enum bk_journal_sql which, struct bk_err *err);
/* 1: a row; 0: done, and the statement is reset; -1. */
int bk_journal_step(struct bk_journal *journal, sqlite3_stmt *stmt,
		    struct bk_err *err);
/* A statement without parameters, or with one number. */
int bk_journal_do(struct bk_journal *journal, enum bk_journal_sql which,
		  int64_t number, struct bk_err *err);
/* What the database said. */
int bk_journal_fail(struct bk_journal *journal, struct bk_err *err);
/* What it holds makes no sense. */
int bk_journal_damaged(struct bk_journal *journal, struct bk_err *err);
/* Ends a transaction: commits when rc is 0, else rolls back; rc, or -1. */
int bk_journal_end(struct bk_journal *journal, int rc, struct bk_err *err);

/* Bytes that stay valid until the statement is reset; and a text column's
 * copy. */
void bk_journal_bind(sqlite3_stmt *stmt, int at, const char *text);
const char *bk_journal_text(sqlite3_stmt *stmt, int column,
			    struct bk_arena *arena);

#endif
