/* What a move remembers: see journal.h.  Here the file, accounts, folders. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/path.h"
#include "sync/journal_sql.h"

#define VERSION        2
#define APPLICATION_ID 0x626b6d76 /* "bkmv" */

/* A write-ahead log that is not waited for: after a crash of the system the
 * journal may be behind, never torn. */
static const char set_up[] =
	"PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = NORMAL;"
	"PRAGMA cache_size = -64;" /* KiB: it is read from end to end */
	"PRAGMA temp_store = MEMORY;";

static const char schema[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE accounts ("
	"  id INTEGER PRIMARY KEY,"
	"  name TEXT NOT NULL UNIQUE,"
	"  ended INTEGER NOT NULL DEFAULT 0,"
	"  passes INTEGER NOT NULL DEFAULT 0,"
	"  messages INTEGER NOT NULL DEFAULT 0,"
	"  lacking INTEGER NOT NULL DEFAULT 0);"
	"CREATE TABLE folders ("
	"  id INTEGER PRIMARY KEY,"
	"  account INTEGER NOT NULL,"
	"  made INTEGER NOT NULL,"
	"  subscribed INTEGER NOT NULL,"
	"  from_name TEXT NOT NULL,"
	"  from_validity INTEGER NOT NULL,"
	"  from_next INTEGER NOT NULL,"
	"  from_modseq INTEGER NOT NULL,"
	"  from_messages INTEGER NOT NULL,"
	"  from_guid BLOB,"
	"  to_name TEXT NOT NULL,"
	"  to_validity INTEGER NOT NULL,"
	"  to_next INTEGER NOT NULL,"
	"  to_modseq INTEGER NOT NULL,"
	"  to_messages INTEGER NOT NULL,"
	"  to_guid BLOB,"
	"  UNIQUE (account, from_name));"
	"CREATE TABLE messages ("
	"  folder INTEGER NOT NULL,"
	"  id INTEGER NOT NULL,"
	"  ours INTEGER NOT NULL,"
	"  from_uid INTEGER NOT NULL,"
	"  from_name TEXT,"
	"  from_flags INTEGER NOT NULL,"
	"  from_words TEXT,"
	"  to_uid INTEGER NOT NULL,"
	"  to_name TEXT,"
	"  to_flags INTEGER NOT NULL,"
	"  to_words TEXT,"
	"  sum INTEGER NOT NULL,"
	"  PRIMARY KEY (folder, id)) WITHOUT ROWID;"
	"CREATE TABLE batches ("
	"  folder INTEGER PRIMARY KEY,"
	"  to_next INTEGER NOT NULL,"
	"  messages BLOB NOT NULL);"
	"PRAGMA application_id = 0x626b6d76;"
	"PRAGMA user_version = 1;"
	"COMMIT;";

/* Tables that older versions do without. */
static const char additions[] =
	"CREATE TABLE IF NOT EXISTS scripts ("
	"  account INTEGER NOT NULL,"
	"  name TEXT NOT NULL,"
	"  from_sum BLOB NOT NULL,"
	"  to_sum BLOB NOT NULL,"
	"  active INTEGER NOT NULL,"
	"  PRIMARY KEY (account, name)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS annotations ("
	"  account INTEGER NOT NULL,"
	"  name TEXT NOT NULL,"
	"  from_sum BLOB NOT NULL,"
	"  to_sum BLOB NOT NULL,"
	"  active INTEGER NOT NULL,"
	"  PRIMARY KEY (account, name)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS rights ("
	"  folder INTEGER NOT NULL,"
	"  who TEXT NOT NULL,"
	"  rights TEXT NOT NULL,"
	"  PRIMARY KEY (folder, who)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS quotas ("
	"  account INTEGER PRIMARY KEY,"
	"  bytes INTEGER NOT NULL,"
	"  messages INTEGER NOT NULL);";

/* Of version 1 it is not known who was who: he had his name at the source. */
static const char second_version[] =
	"BEGIN IMMEDIATE;"
	"ALTER TABLE rights ADD COLUMN sent TEXT;"
	"ALTER TABLE rights ADD COLUMN source TEXT NOT NULL DEFAULT '';"
	"UPDATE rights SET source = who || ' ' || rights;"
	"PRAGMA user_version = 2;"
	"COMMIT;";

/* ---- the database ---- */

int bk_journal_damaged(struct bk_journal *journal, struct bk_err *err)
{
	journal->damaged = true;
	return bk_fail(err, BK_CORRUPT,
		       "journal %s is damaged; %s, and what is at the "
		       "destination is found by its content",
		       journal->path,
		       journal->looks ? "the next pass sets it aside"
				      : "it is set aside: run the same again");
}

int bk_journal_fail(struct bk_journal *journal, struct bk_err *err)
{
	int code = sqlite3_errcode(journal->db);

	if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
		return bk_journal_damaged(journal, err);
	return bk_fail(err,
		       code == SQLITE_FULL   ? BK_STARVED
		       : code == SQLITE_BUSY ? BK_BUSY
					     : BK_FAILED,
		       "journal %s: %s", journal->path,
		       sqlite3_errmsg(journal->db));
}

sqlite3_stmt *bk_journal_sql(struct bk_journal *journal,
			     enum bk_journal_sql which, struct bk_err *err)
{
	sqlite3_stmt **stmt = &journal->statements[which];

	if (!*stmt &&
	    sqlite3_prepare_v3(journal->db, bk_journal_statements[which], -1,
			       SQLITE_PREPARE_PERSISTENT, stmt,
			       NULL) != SQLITE_OK) {
		(void)bk_journal_fail(journal, err);
		return NULL;
	}
	(void)sqlite3_reset(*stmt);
	(void)sqlite3_clear_bindings(*stmt);
	return *stmt;
}

int bk_journal_step(struct bk_journal *journal, sqlite3_stmt *stmt,
		    struct bk_err *err)
{
	int code = sqlite3_step(stmt);

	if (code == SQLITE_ROW)
		return 1;
	int rc = code == SQLITE_DONE ? 0 : bk_journal_fail(journal, err);
	(void)sqlite3_reset(stmt);
	return rc;
}

int bk_journal_do(struct bk_journal *journal, enum bk_journal_sql which,
		  int64_t number, struct bk_err *err)
{
	sqlite3_stmt *stmt = bk_journal_sql(journal, which, err);

	if (!stmt)
		return -1;
	if (sqlite3_bind_parameter_count(stmt) > 0)
		(void)sqlite3_bind_int64(stmt, 1, number);
	return bk_journal_step(journal, stmt, err);
}

int bk_journal_end(struct bk_journal *journal, int rc, struct bk_err *err)
{
	struct bk_err ignored = {0};

	bk_fault("sync: journal written, not committed");
	if (rc == 0)
		rc = bk_journal_do(journal, BK_SQL_COMMIT, 0, err);
	if (rc < 0 && !sqlite3_get_autocommit(journal->db))
		(void)bk_journal_do(journal, BK_SQL_ROLLBACK, 0, &ignored);
	bk_fault("sync: journal committed");
	return rc < 0 ? -1 : 0;
}

void bk_journal_bind(sqlite3_stmt *stmt, int at, const char *text)
{
	if (text && *text)
		(void)sqlite3_bind_text(stmt, at, text, -1, SQLITE_STATIC);
}

const char *bk_journal_text(sqlite3_stmt *stmt, int column,
			    struct bk_arena *arena)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	return text && *text ? bk_arena_strdup(arena, text) : "";
}

/* ---- opening ---- */

static int read_pragma(struct bk_journal *journal, const char *text,
		       int64_t *out, struct bk_err *err)
{
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(journal->db, text, -1, &stmt, NULL) != SQLITE_OK)
		return bk_journal_fail(journal, err);
	int rc = bk_journal_step(journal, stmt, err);
	if (rc > 0)
		*out = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	return rc < 0 ? -1 : 0;
}

/* Statements; after a failure the database is closed. */
static int run(struct bk_journal *journal, const char *text, struct bk_err *err)
{
	if (sqlite3_exec(journal->db, text, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return bk_journal_fail(journal, err);
}

static int check_schema(struct bk_journal *journal, struct bk_err *err)
{
	int64_t version = 0;
	int64_t id = 0;
	int64_t tables = 0, added = 0;

	if (read_pragma(journal, "PRAGMA application_id", &id, err) < 0 ||
	    read_pragma(journal, "PRAGMA user_version", &version, err) < 0 ||
	    read_pragma(journal, "SELECT count(*) FROM sqlite_schema", &tables,
			err) < 0 ||
	    read_pragma(journal,
			"SELECT count(*) FROM sqlite_schema"
			" WHERE name = 'annotations'",
			&added, err) < 0)
		return -1;
	if (tables && id != APPLICATION_ID)
		return bk_fail(err, BK_MISUSE, "%s is no journal of a move",
			       journal->path);
	if (version > VERSION)
		return bk_fail(err, BK_NEWER,
			       "journal %s was made by a newer version",
			       journal->path);
	journal->old = version < VERSION || !added;
	if (journal->looks && tables && journal->old)
		return -1; /* to copy it first */
	if ((!tables && run(journal, schema, err) < 0) ||
	    run(journal, additions, err) < 0)
		return -1;
	return version < VERSION ? run(journal, second_version, err) : 0;
}

/* Another run may have set it aside between open and flock. */
static int take_lock(struct bk_journal *journal, struct bk_err *err)
{
	struct stat here, there;

	for (;;) {
		bk_path_close(&journal->lock);
		journal->lock =
			open(journal->path,
			     O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (journal->lock < 0)
			return bk_fail_errno(err, "journal %s", journal->path);
		if (flock(journal->lock, LOCK_EX | LOCK_NB) < 0) {
			if (errno == EWOULDBLOCK)
				return bk_fail(err, BK_BUSY,
					       "journal %s: another run uses "
					       "it now",
					       journal->path);
			return bk_fail_errno(err, "journal %s", journal->path);
		}
		if (fstat(journal->lock, &here) == 0 &&
		    stat(journal->path, &there) == 0 &&
		    here.st_ino == there.st_ino && here.st_dev == there.st_dev)
			return 0;
	}
}

static int open_file(struct bk_journal *journal, int flags, struct bk_err *err)
{
	flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	if (sqlite3_open_v2(journal->path, &journal->db, flags, NULL) !=
		    SQLITE_OK ||
	    sqlite3_exec(journal->db, set_up, NULL, NULL, NULL) != SQLITE_OK)
		return bk_journal_fail(journal, err);
	return check_schema(journal, err);
}

static int open_database(struct bk_journal *journal, struct bk_err *err)
{
	return take_lock(journal, err) < 0 ? -1 : open_file(journal, 0, err);
}

static void close_database(struct bk_journal *journal)
{
	for (size_t i = 0; i < BK_SQL_COUNT; i++) {
		(void)sqlite3_finalize(journal->statements[i]);
		journal->statements[i] = NULL;
	}
	(void)sqlite3_close(journal->db);
	journal->db = NULL;
}

/* The lock goes last: see fcntl(2) on closing any descriptor of a file. */
static int set_aside(struct bk_journal *journal, struct bk_err *err)
{
	static const char *const tails[] = {"-wal", "-shm"};
	char *aside = bk_asprintf("%s.damaged", journal->path);

	close_database(journal);
	int rc = bk_file_rename(AT_FDCWD, journal->path, aside, err);
	for (size_t i = 0; i < 2 && rc == 0; i++) {
		char *path = bk_asprintf("%s%s", journal->path, tails[i]);
		(void)unlink(path);
		free(path);
	}
	free(journal->aside);
	journal->aside = aside;
	journal->damaged = false;
	return rc;
}

static void free_journal(struct bk_journal *journal)
{
	close_database(journal);
	bk_path_close(&journal->lock);
	(void)pthread_mutex_destroy(&journal->mutex);
	free(journal->aside);
	free(journal->path);
	free(journal);
}

static struct bk_journal *new_journal(const char *path)
{
	struct bk_journal *journal = bk_alloc(sizeof(*journal));

	journal->path = bk_strdup(path);
	journal->lock = -1;
	(void)pthread_mutex_init(&journal->mutex, NULL);
	return journal;
}

static int hand_out(struct bk_journal *journal, int rc,
		    const struct bk_err *why, struct bk_journal **out,
		    struct bk_err *err)
{
	if (rc == 0) {
		*out = journal;
		return 0;
	}
	*err = *why;
	free_journal(journal);
	return -1;
}

/* With what its write-ahead log holds. */
static int copy_database(struct bk_journal *journal, const char *to,
			 struct bk_err *err)
{
	char *text = sqlite3_mprintf("VACUUM INTO %Q", to);
	int rc = run(journal, text, err);

	sqlite3_free(text);
	return rc;
}

/* The lock stays that of the file itself. */
static int open_copy(struct bk_journal *journal, const char *copy,
		     struct bk_err *err)
{
	if (!journal->damaged && copy_database(journal, copy, err) < 0 &&
	    !journal->damaged)
		return -1;
	close_database(journal);
	if (journal->damaged) {
		(void)unlink(copy);
		journal->aside = bk_strdup(journal->path);
	}
	free(journal->path);
	journal->path = bk_strdup(copy);
	journal->damaged = false;
	journal->looks = false;
	return open_file(journal, SQLITE_OPEN_CREATE, err);
}

int bk_journal_look(struct bk_journal **out, const char *path, const char *copy,
		    struct bk_err *err)
{
	struct bk_journal *journal = new_journal(path);
	struct bk_err why = {0};

	journal->looks = true;
	int rc = open_database(journal, &why);
	if (rc < 0 && (journal->damaged || journal->old)) {
		why = (struct bk_err){0};
		rc = open_copy(journal, copy, &why);
	}
	return hand_out(journal, rc, &why, out, err);
}

int bk_journal_open(struct bk_journal **out, const char *path,
		    struct bk_err *err)
{
	struct bk_journal *journal = new_journal(path);
	struct bk_err why = {0};
	int rc = open_database(journal, &why);

	if (rc < 0 && journal->damaged) {
		rc = set_aside(journal, &why);
		if (rc == 0)
			rc = open_database(journal, &why);
	}
	return hand_out(journal, rc, &why, out, err);
}

void bk_journal_close(struct bk_journal *journal)
{
	struct bk_err ignored = {0};

	if (!journal)
		return;
	if (journal->damaged && !journal->looks)
		(void)set_aside(journal, &ignored);
	free_journal(journal);
}

const char *bk_journal_set_aside(const struct bk_journal *journal)
{
	return journal->aside;
}
