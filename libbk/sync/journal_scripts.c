/* What a move remembers: see journal.h.  Here what an account has
 * besides folders: scripts, annotations, a quota. */

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "sync/journal_sql.h"

void bk_journal_scripts_clear(struct bk_journal_scripts *scripts)
{
	free(scripts->items);
	bk_arena_clear(&scripts->arena);
	*scripts = (struct bk_journal_scripts){0};
}

static int by_name(const void *left, const void *right)
{
	const struct bk_journal_script *a = left, *b = right;

	return strcmp(a->name, b->name);
}

const struct bk_journal_script *bk_journal_scripts_find(
	const struct bk_journal_scripts *scripts, const char *name)
{
	const struct bk_journal_script key = {.name = name};

	return scripts->n ? bsearch(&key, scripts->items, scripts->n,
				    sizeof(*scripts->items), by_name)
			  : NULL;
}

static bool read_sum(sqlite3_stmt *stmt, int column,
		     uint8_t sum[BK_JOURNAL_SCRIPT_SUM])
{
	const void *blob = sqlite3_column_blob(stmt, column);

	if (!blob ||
	    sqlite3_column_bytes(stmt, column) != BK_JOURNAL_SCRIPT_SUM)
		return false;
	memcpy(sum, blob, BK_JOURNAL_SCRIPT_SUM);
	return true;
}

static const struct statements {
	enum bk_journal_sql all, put, drop;
} statements[BK_TEXT_KINDS] = {
	[BK_TEXT_SCRIPTS] = {BK_SQL_SCRIPTS,     BK_SQL_SCRIPT_PUT,
			     BK_SQL_SCRIPTS_DROP    },
	[BK_TEXT_ANNOTATIONS] = {BK_SQL_ANNOTATIONS, BK_SQL_ANNOTATION_PUT,
                             BK_SQL_ANNOTATIONS_DROP},
};

static int read_scripts(struct bk_journal *journal, enum bk_text_kind kind,
			int64_t account, struct bk_journal_scripts *out,
			struct bk_err *err)
{
	sqlite3_stmt *stmt = bk_journal_sql(journal, statements[kind].all, err);
	int rc;

	if (!stmt)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, account);
	while ((rc = bk_journal_step(journal, stmt, err)) > 0) {
		out->items = bk_array_room(out->items, out->n, &out->cap,
					   sizeof(*out->items));
		struct bk_journal_script *script = &out->items[out->n++];
		*script = (struct bk_journal_script){
			.name = bk_journal_text(stmt, 0, &out->arena),
			.active = sqlite3_column_int(stmt, 3),
		};
		if (!read_sum(stmt, 1, script->from_sum) ||
		    !read_sum(stmt, 2, script->to_sum)) {
			(void)sqlite3_reset(stmt);
			return bk_journal_damaged(journal, err);
		}
	}
	return rc;
}

int bk_journal_texts(struct bk_journal *journal, enum bk_text_kind kind,
		     int64_t account, struct bk_journal_scripts *out,
		     struct bk_err *err)
{
	bk_journal_scripts_clear(out);
	(void)pthread_mutex_lock(&journal->mutex);
	int rc = read_scripts(journal, kind, account, out, err);
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc;
}

static int put_script(struct bk_journal *journal, enum bk_text_kind kind,
		      int64_t account, const struct bk_journal_script *script,
		      struct bk_err *err)
{
	sqlite3_stmt *stmt = bk_journal_sql(journal, statements[kind].put, err);

	if (!stmt)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, account);
	(void)sqlite3_bind_text(stmt, 2, script->name, -1, SQLITE_STATIC);
	(void)sqlite3_bind_blob(stmt, 3, script->from_sum,
				BK_JOURNAL_SCRIPT_SUM, SQLITE_STATIC);
	(void)sqlite3_bind_blob(stmt, 4, script->to_sum, BK_JOURNAL_SCRIPT_SUM,
				SQLITE_STATIC);
	(void)sqlite3_bind_int(stmt, 5, script->active);
	return bk_journal_step(journal, stmt, err);
}

int bk_journal_texts_put(struct bk_journal *journal, enum bk_text_kind kind,
			 int64_t account,
			 const struct bk_journal_script *scripts, size_t n,
			 struct bk_err *err)
{
	(void)pthread_mutex_lock(&journal->mutex);
	int rc = bk_journal_do(journal, BK_SQL_BEGIN, 0, err);
	if (rc == 0)
		rc = bk_journal_do(journal, statements[kind].drop, account,
				   err);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = put_script(journal, kind, account, &scripts[i], err);
	rc = bk_journal_end(journal, rc, err);
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc;
}

/* ---- quotas ---- */

static int read_quota(struct bk_journal *journal, int64_t account,
		      struct bk_store_quota *out, struct bk_err *err)
{
	sqlite3_stmt *stmt = bk_journal_sql(journal, BK_SQL_QUOTA, err);

	if (!stmt)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, account);
	int rc = bk_journal_step(journal, stmt, err);
	if (rc > 0) {
		out->bytes = (uint64_t)sqlite3_column_int64(stmt, 0);
		out->messages = (uint64_t)sqlite3_column_int64(stmt, 1);
		(void)sqlite3_reset(stmt);
	}
	return rc;
}

int bk_journal_quota(struct bk_journal *journal, int64_t account,
		     struct bk_store_quota *out, struct bk_err *err)
{
	(void)pthread_mutex_lock(&journal->mutex);
	int rc = read_quota(journal, account, out, err);
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc;
}

static int put_quota(struct bk_journal *journal, int64_t account,
		     const struct bk_store_quota *quota, struct bk_err *err)
{
	sqlite3_stmt *stmt = bk_journal_sql(journal, BK_SQL_QUOTA_PUT, err);

	if (!stmt)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, account);
	(void)sqlite3_bind_int64(stmt, 2, (int64_t)quota->bytes);
	(void)sqlite3_bind_int64(stmt, 3, (int64_t)quota->messages);
	return bk_journal_step(journal, stmt, err);
}

int bk_journal_quota_put(struct bk_journal *journal, int64_t account,
			 const struct bk_store_quota *quota, struct bk_err *err)
{
	(void)pthread_mutex_lock(&journal->mutex);
	int rc = put_quota(journal, account, quota, err);
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc;
}
