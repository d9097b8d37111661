/* What a move remembers: see journal.h.  Here whose rights it gave. */

#include <stdlib.h>

#include "base/buf.h"
#include "sync/journal_sql.h"

void bk_journal_rights_clear(struct bk_journal_rights *rights)
{
	free(rights->items);
	bk_arena_clear(&rights->arena);
	*rights = (struct bk_journal_rights){0};
}

static int read_rights(struct bk_journal *journal, int64_t account,
		       struct bk_journal_rights *out, struct bk_err *err)
{
	sqlite3_stmt *stmt = bk_journal_sql(journal, BK_SQL_RIGHTS, err);
	int rc;

	if (!stmt)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, account);
	while ((rc = bk_journal_step(journal, stmt, err)) > 0) {
		out->items = bk_array_room(out->items, out->n, &out->cap,
					   sizeof(*out->items));
		out->items[out->n++] = (struct bk_journal_right){
			.folder = sqlite3_column_int64(stmt, 0),
			.who = bk_journal_text(stmt, 1, &out->arena),
			.rights = bk_journal_text(stmt, 2, &out->arena),
			.sent = sqlite3_column_type(stmt, 3) == SQLITE_NULL
					? NULL
					: bk_journal_text(stmt, 3, &out->arena),
			.source = bk_journal_text(stmt, 4, &out->arena),
		};
	}
	return rc;
}

int bk_journal_rights(struct bk_journal *journal, int64_t account,
		      struct bk_journal_rights *out, struct bk_err *err)
{
	bk_journal_rights_clear(out);
	(void)pthread_mutex_lock(&journal->mutex);
	int rc = read_rights(journal, account, out, err);
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc;
}

const struct bk_journal_right *bk_journal_rights_of(
	const struct bk_journal_rights *rights, int64_t folder, size_t *n)
{
	size_t from = 0, to = rights->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (rights->items[middle].folder < folder)
			from = middle + 1;
		else
			to = middle;
	}
	for (*n = 0; from + *n < rights->n &&
		     rights->items[from + *n].folder == folder;)
		(*n)++;
	return rights->items + from;
}

static int put_right(struct bk_journal *journal, int64_t folder,
		     const struct bk_journal_right *right, struct bk_err *err)
{
	sqlite3_stmt *stmt = bk_journal_sql(journal, BK_SQL_RIGHT_PUT, err);

	if (!stmt)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, folder);
	(void)sqlite3_bind_text(stmt, 2, right->who, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(stmt, 3, right->rights, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(stmt, 4, right->sent, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(stmt, 5, right->source, -1, SQLITE_STATIC);
	return bk_journal_step(journal, stmt, err);
}

int bk_journal_rights_put(struct bk_journal *journal, int64_t folder,
			  const struct bk_journal_right *rights, size_t n,
			  struct bk_err *err)
{
	(void)pthread_mutex_lock(&journal->mutex);
	int rc = bk_journal_do(journal, BK_SQL_BEGIN, 0, err);
	if (rc == 0)
		rc = bk_journal_do(journal, BK_SQL_RIGHTS_DROP, folder, err);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = put_right(journal, folder, &rights[i], err);
	rc = bk_journal_end(journal, rc, err);
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc;
}
