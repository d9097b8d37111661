/* What a move remembers: see journal.h.  Here accounts and folders. */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "sync/journal_sql.h"

void bk_journal_accounts_clear(struct bk_journal_accounts *accounts)
{
	free(accounts->items);
	bk_arena_clear(&accounts->arena);
	*accounts = (struct bk_journal_accounts){0};
}

void bk_journal_folders_clear(struct bk_journal_folders *folders)
{
	free(folders->items);
	bk_arena_clear(&folders->arena);
	*folders = (struct bk_journal_folders){0};
}

/* ---- accounts ---- */

static uint64_t column_u64(sqlite3_stmt *stmt, int column)
{
	return (uint64_t)sqlite3_column_int64(stmt, column);
}

static int read_accounts(struct bk_journal *journal,
			 struct bk_journal_accounts *out, struct bk_err *err)
{
	sqlite3_stmt *stmt = bk_journal_sql(journal, BK_SQL_ACCOUNTS, err);
	int rc;

	if (!stmt)
		return -1;
	while ((rc = bk_journal_step(journal, stmt, err)) > 0) {
		out->items = bk_array_room(out->items, out->n, &out->cap,
					   sizeof(*out->items));
		out->items[out->n++] = (struct bk_journal_account){
			.id = sqlite3_column_int64(stmt, 0),
			.name = bk_journal_text(stmt, 1, &out->arena),
			.ended = sqlite3_column_int64(stmt, 2),
			.passes = column_u64(stmt, 3),
			.messages = column_u64(stmt, 4),
			.left = column_u64(stmt, 5),
		};
	}
	return rc;
}

int bk_journal_accounts(struct bk_journal *journal,
			struct bk_journal_accounts *out, struct bk_err *err)
{
	bk_journal_accounts_clear(out);
	(void)pthread_mutex_lock(&journal->mutex);
	int rc = read_accounts(journal, out, err);
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc;
}

/* 1: it has one; 0: it is not there. */
static int find_account(struct bk_journal *journal, const char *name,
			int64_t *id, struct bk_err *err)
{
	sqlite3_stmt *stmt = bk_journal_sql(journal, BK_SQL_ACCOUNT_ID, err);

	if (!stmt)
		return -1;
	bk_journal_bind(stmt, 1, name);
	int rc = bk_journal_step(journal, stmt, err);
	if (rc > 0) {
		*id = sqlite3_column_int64(stmt, 0);
		(void)sqlite3_reset(stmt);
	}
	return rc;
}

static int add_account(struct bk_journal *journal, const char *name,
		       struct bk_err *err)
{
	sqlite3_stmt *stmt = bk_journal_sql(journal, BK_SQL_ACCOUNT_ADD, err);

	if (!stmt)
		return -1;
	bk_journal_bind(stmt, 1, name);
	return bk_journal_step(journal, stmt, err);
}

int bk_journal_account(struct bk_journal *journal, const char *name,
		       int64_t *id, struct bk_err *err)
{
	(void)pthread_mutex_lock(&journal->mutex);
	int rc = find_account(journal, name, id, err);
	if (rc == 0 && add_account(journal, name, err) < 0)
		rc = -1;
	if (rc == 0)
		*id = sqlite3_last_insert_rowid(journal->db);
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc < 0 ? -1 : 0;
}

static int end_account(struct bk_journal *journal, int64_t id,
		       uint64_t messages, uint64_t left, struct bk_err *err)
{
	sqlite3_stmt *stmt = bk_journal_sql(journal, BK_SQL_ACCOUNT_END, err);

	if (!stmt)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, (int64_t)time(NULL));
	(void)sqlite3_bind_int64(stmt, 2, (int64_t)messages);
	(void)sqlite3_bind_int64(stmt, 3, (int64_t)left);
	(void)sqlite3_bind_int64(stmt, 4, id);
	return bk_journal_step(journal, stmt, err);
}

int bk_journal_account_end(struct bk_journal *journal, int64_t id,
			   uint64_t messages, uint64_t left, struct bk_err *err)
{
	(void)pthread_mutex_lock(&journal->mutex);
	int rc = end_account(journal, id, messages, left, err);
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc;
}

static int drop_account(struct bk_journal *journal, int64_t id,
			struct bk_err *err)
{
	static const enum bk_journal_sql steps[] = {
		BK_SQL_ACCOUNT_MESSAGES_DROP, BK_SQL_ACCOUNT_BATCHES_DROP,
		BK_SQL_ACCOUNT_RIGHTS_DROP,   BK_SQL_ACCOUNT_FOLDERS_DROP,
		BK_SQL_SCRIPTS_DROP,          BK_SQL_QUOTA_DROP,
		BK_SQL_ANNOTATIONS_DROP,      BK_SQL_ACCOUNT_DROP,
	};
	int rc = bk_journal_do(journal, BK_SQL_BEGIN, 0, err);

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps) && rc == 0; i++)
		rc = bk_journal_do(journal, steps[i], id, err);
	return bk_journal_end(journal, rc, err);
}

int bk_journal_account_drop(struct bk_journal *journal, const char *name,
			    struct bk_err *err)
{
	int64_t id = 0;

	(void)pthread_mutex_lock(&journal->mutex);
	int rc = find_account(journal, name, &id, err);
	if (rc > 0)
		rc = drop_account(journal, id, err);
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc;
}

/* ---- folders ---- */

static void read_side(sqlite3_stmt *stmt, int at, struct bk_journal_side *side,
		      struct bk_arena *arena)
{
	side->name = bk_journal_text(stmt, at, arena);
	side->uid_validity = (uint32_t)sqlite3_column_int64(stmt, at + 1);
	side->uid_next = (uint32_t)sqlite3_column_int64(stmt, at + 2);
	side->highest_modseq = column_u64(stmt, at + 3);
	side->messages = column_u64(stmt, at + 4);
	const void *guid = sqlite3_column_blob(stmt, at + 5);
	side->has_guid = guid && sqlite3_column_bytes(stmt, at + 5) ==
					 (int)sizeof(side->guid);
	if (side->has_guid)
		memcpy(side->guid, guid, sizeof(side->guid));
}

static int read_folders(struct bk_journal *journal, int64_t account,
			struct bk_journal_folders *out, struct bk_err *err)
{
	sqlite3_stmt *stmt = bk_journal_sql(journal, BK_SQL_FOLDERS, err);
	int rc;

	if (!stmt)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, account);
	while ((rc = bk_journal_step(journal, stmt, err)) > 0) {
		out->items = bk_array_room(out->items, out->n, &out->cap,
					   sizeof(*out->items));
		struct bk_journal_folder *folder = &out->items[out->n++];
		*folder = (struct bk_journal_folder){
			.id = sqlite3_column_int64(stmt, 0),
			.made = sqlite3_column_int(stmt, 1),
			.subscribed = sqlite3_column_int(stmt, 2),
		};
		read_side(stmt, 3, &folder->from, &out->arena);
		read_side(stmt, 9, &folder->to, &out->arena);
	}
	return rc;
}

int bk_journal_folders(struct bk_journal *journal, int64_t account,
		       struct bk_journal_folders *out, struct bk_err *err)
{
	bk_journal_folders_clear(out);
	(void)pthread_mutex_lock(&journal->mutex);
	int rc = read_folders(journal, account, out, err);
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc;
}

static void bind_side(sqlite3_stmt *stmt, int at,
		      const struct bk_journal_side *side)
{
	(void)sqlite3_bind_text(stmt, at, side->name, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(stmt, at + 1, side->uid_validity);
	(void)sqlite3_bind_int64(stmt, at + 2, side->uid_next);
	(void)sqlite3_bind_int64(stmt, at + 3, (int64_t)side->highest_modseq);
	(void)sqlite3_bind_int64(stmt, at + 4, (int64_t)side->messages);
	if (side->has_guid)
		(void)sqlite3_bind_blob(stmt, at + 5, side->guid,
					sizeof(side->guid), SQLITE_STATIC);
}

static int put_folder(struct bk_journal *journal, int64_t account,
		      struct bk_journal_folder *folder, struct bk_err *err)
{
	sqlite3_stmt *stmt = bk_journal_sql(journal, BK_SQL_FOLDER_PUT, err);

	if (!stmt)
		return -1;
	if (folder->id)
		(void)sqlite3_bind_int64(stmt, 1, folder->id);
	(void)sqlite3_bind_int64(stmt, 2, account);
	(void)sqlite3_bind_int(stmt, 3, folder->made);
	(void)sqlite3_bind_int(stmt, 4, folder->subscribed);
	bind_side(stmt, 5, &folder->from);
	bind_side(stmt, 11, &folder->to);
	int rc = bk_journal_step(journal, stmt, err);
	if (rc == 0 && !folder->id)
		folder->id = sqlite3_last_insert_rowid(journal->db);
	return rc;
}

int bk_journal_folder_put(struct bk_journal *journal, int64_t account,
			  struct bk_journal_folder *folder, struct bk_err *err)
{
	(void)pthread_mutex_lock(&journal->mutex);
	int rc = put_folder(journal, account, folder, err);
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc;
}

int bk_journal_folder_drop(struct bk_journal *journal, int64_t id,
			   struct bk_err *err)
{
	static const enum bk_journal_sql steps[] = {
		BK_SQL_PAIRS_DROP,
		BK_SQL_BATCH_DROP,
		BK_SQL_RIGHTS_DROP,
		BK_SQL_FOLDER_DROP,
	};

	(void)pthread_mutex_lock(&journal->mutex);
	int rc = bk_journal_do(journal, BK_SQL_BEGIN, 0, err);
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps) && rc == 0; i++)
		rc = bk_journal_do(journal, steps[i], id, err);
	rc = bk_journal_end(journal, rc, err);
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc;
}
