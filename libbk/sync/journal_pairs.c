/* What a move remembers: see journal.h.  Here messages. */

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "sync/journal_sql.h"

#define BATCH_MAX 100000 /* messages of one that may be believed */

void bk_pair_list_clear(struct bk_pair_list *list)
{
	free(list->items);
	bk_arena_clear(&list->arena);
	*list = (struct bk_pair_list){0};
}

/* ---- the sum over a row ---- */

/* SQLite sees when its pages are torn, not when a byte in one of them is
 * another; a row that lies would be mail that is passed over.  FNV-1a. */
static void add_bytes(uint32_t *sum, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++)
		*sum = (*sum ^ bytes[i]) * 16777619u;
}

static void add_number(uint32_t *sum, uint32_t number)
{
	for (int i = 0; i < 32; i += 8)
		*sum = (*sum ^ (number >> i & 0xff)) * 16777619u;
}

static void add_text(uint32_t *sum, const char *text)
{
	/* With the NUL, which ends it. */
	add_bytes(sum, text ? text : "", text ? strlen(text) + 1 : 1);
}

/* A pair as its row has it: keywords joined by '\n'. */
struct row {
	int64_t folder;
	const struct bk_pair *pair;
	const char *from_words, *to_words;
};

static uint32_t sum_of(const struct row *row)
{
	const struct bk_pair *pair = row->pair;
	uint32_t sum = 2166136261u;

	add_number(&sum, (uint32_t)row->folder);
	add_number(&sum, pair->id);
	add_number(&sum, pair->ours);
	add_number(&sum, pair->from.uid);
	add_number(&sum, pair->from.flags);
	add_number(&sum, pair->to.uid);
	add_number(&sum, pair->to.flags);
	add_text(&sum, pair->from.name);
	add_text(&sum, pair->to.name);
	add_text(&sum, row->from_words);
	add_text(&sum, row->to_words);
	return sum;
}

/* ---- keywords ---- */

static void join_words(const struct bk_folder *words,
		       const struct bk_journal_message *msg, struct bk_buf *out)
{
	out->len = 0;
	for (uint16_t i = 0; i < msg->n_keywords; i++)
		bk_buf_printf(out, "%s%s", i ? "\n" : "",
			      words->keywords[msg->keywords[i]]);
	(void)bk_buf_text(out);
}

static int by_number(const void *a, const void *b)
{
	const uint16_t x = *(const uint16_t *)a, y = *(const uint16_t *)b;

	return (x > y) - (x < y);
}

static void split_words(const char *text, struct bk_folder *words,
			struct bk_journal_message *msg, struct bk_arena *arena)
{
	size_t most = 1;
	char *copy, *rest, *word;

	if (!*text)
		return;
	for (const char *p = text; *p; p++)
		most += *p == '\n';
	uint16_t *list = bk_arena_alloc(arena, most * sizeof(*list));
	rest = copy = bk_strdup(text);
	while ((word = strsep(&rest, "\n"))) {
		uint16_t keyword = bk_folder_keyword(words, word);
		if (keyword != BK_KEYWORD_NONE)
			list[msg->n_keywords++] = keyword;
	}
	free(copy);
	qsort(list, msg->n_keywords, sizeof(*list), by_number);
	msg->keywords = list;
}

/* ---- reading ---- */

static void read_message(sqlite3_stmt *stmt, int at, struct bk_folder *words,
			 struct bk_journal_message *msg, struct bk_arena *arena)
{
	const char *text = (const char *)sqlite3_column_text(stmt, at + 3);

	msg->uid = (uint32_t)sqlite3_column_int64(stmt, at);
	msg->name = bk_journal_text(stmt, at + 1, arena);
	msg->flags = (uint8_t)sqlite3_column_int(stmt, at + 2);
	split_words(text ? text : "", words, msg, arena);
}

static int read_pairs(struct bk_journal *journal, int64_t folder,
		      struct bk_folder *words, struct bk_pair_list *out,
		      struct bk_err *err)
{
	sqlite3_stmt *stmt = bk_journal_sql(journal, BK_SQL_PAIRS, err);
	int rc;

	if (!stmt)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, folder);
	while ((rc = bk_journal_step(journal, stmt, err)) > 0) {
		out->items = bk_array_room(out->items, out->n, &out->cap,
					   sizeof(*out->items));
		struct bk_pair *pair = &out->items[out->n++];
		*pair = (struct bk_pair){
			.id = (uint32_t)sqlite3_column_int64(stmt, 0),
			.ours = sqlite3_column_int(stmt, 1),
		};
		read_message(stmt, 2, words, &pair->from, &out->arena);
		read_message(stmt, 6, words, &pair->to, &out->arena);
		const struct row row = {
			folder, pair,
			(const char *)sqlite3_column_text(stmt, 5),
			(const char *)sqlite3_column_text(stmt, 9)};
		if (sum_of(&row) != (uint32_t)sqlite3_column_int64(stmt, 10)) {
			(void)sqlite3_reset(stmt);
			return bk_journal_damaged(journal, err);
		}
	}
	return rc;
}

int bk_journal_pairs(struct bk_journal *journal, int64_t folder,
		     struct bk_folder *words, struct bk_pair_list *out,
		     struct bk_err *err)
{
	bk_pair_list_clear(out);
	(void)pthread_mutex_lock(&journal->mutex);
	int rc = read_pairs(journal, folder, words, out, err);
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc;
}

static int read_uids(struct bk_journal *journal, enum bk_journal_sql which,
		     int64_t folder, struct bk_uid_set *out, struct bk_err *err)
{
	sqlite3_stmt *stmt = bk_journal_sql(journal, which, err);
	int rc;

	if (!stmt)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, folder);
	while ((rc = bk_journal_step(journal, stmt, err)) > 0) {
		uint32_t uid = (uint32_t)sqlite3_column_int64(stmt, 0);
		if (uid && uid != BK_UID_TAKEN_AWAY)
			bk_uid_set_add(out, uid);
	}
	return rc;
}

int bk_journal_uids(struct bk_journal *journal, int64_t folder, bool of_source,
		    struct bk_uid_set *out, struct bk_err *err)
{
	bk_uid_set_clear(out);
	(void)pthread_mutex_lock(&journal->mutex);
	int rc = read_uids(journal,
			   of_source ? BK_SQL_UIDS_FROM : BK_SQL_UIDS_TO,
			   folder, out, err);
	(void)pthread_mutex_unlock(&journal->mutex);
	bk_uid_set_sort(out);
	return rc;
}

/* ---- writing ---- */

static void bind_message(sqlite3_stmt *stmt, int at,
			 const struct bk_journal_message *msg,
			 const char *words)
{
	(void)sqlite3_bind_int64(stmt, at, msg->uid);
	bk_journal_bind(stmt, at + 1, msg->name);
	(void)sqlite3_bind_int(stmt, at + 2, msg->flags);
	bk_journal_bind(stmt, at + 3, words);
}

static int put_pair(struct bk_journal *journal, const struct row *row,
		    struct bk_err *err)
{
	sqlite3_stmt *stmt = bk_journal_sql(journal, BK_SQL_PAIR_PUT, err);
	const struct bk_pair *pair = row->pair;

	if (!stmt)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, row->folder);
	(void)sqlite3_bind_int64(stmt, 2, pair->id);
	(void)sqlite3_bind_int(stmt, 3, pair->ours);
	bind_message(stmt, 4, &pair->from, row->from_words);
	bind_message(stmt, 8, &pair->to, row->to_words);
	(void)sqlite3_bind_int64(stmt, 12, sum_of(row));
	return bk_journal_step(journal, stmt, err);
}

static int drop_pair(struct bk_journal *journal, int64_t folder, uint32_t id,
		     struct bk_err *err)
{
	sqlite3_stmt *stmt = bk_journal_sql(journal, BK_SQL_PAIR_DROP, err);

	if (!stmt)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, folder);
	(void)sqlite3_bind_int64(stmt, 2, id);
	return bk_journal_step(journal, stmt, err);
}

static int write_news(struct bk_journal *journal,
		      const struct bk_journal_news *news, struct bk_err *err)
{
	struct bk_buf from = {0}, to = {0};
	int rc = 0;

	for (size_t i = 0; i < news->n_gone && rc == 0; i++)
		rc = drop_pair(journal, news->folder, news->gone[i], err);
	for (size_t i = 0; i < news->n_put && rc == 0; i++) {
		const struct bk_pair *pair = &news->put[i];
		join_words(news->words, &pair->from, &from);
		join_words(news->words, &pair->to, &to);
		const struct row row = {news->folder, pair, bk_buf_text(&from),
					bk_buf_text(&to)};
		rc = put_pair(journal, &row, err);
	}
	if (rc == 0 && news->arrived)
		rc = bk_journal_do(journal, BK_SQL_BATCH_DROP, news->folder,
				   err);
	bk_buf_clear(&from);
	bk_buf_clear(&to);
	return rc;
}

int bk_journal_write(struct bk_journal *journal,
		     const struct bk_journal_news *news, struct bk_err *err)
{
	(void)pthread_mutex_lock(&journal->mutex);
	int rc = bk_journal_do(journal, BK_SQL_BEGIN, 0, err);
	if (rc == 0)
		rc = bk_journal_end(journal, write_news(journal, news, err),
				    err);
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc;
}

/* ---- what is on its way ---- */

static int parse_batch(struct bk_journal *journal, sqlite3_stmt *stmt,
		       struct bk_journal_batch *out, struct bk_err *err)
{
	const void *bytes = sqlite3_column_blob(stmt, 1);
	size_t len = (size_t)sqlite3_column_bytes(stmt, 1);
	struct bk_cursor c = bk_cursor_over(bytes ? bytes : "", len);
	uint64_t n = bk_cursor_varint_max(&c, BATCH_MAX);

	out->to_uid_next = (uint32_t)sqlite3_column_int64(stmt, 0);
	for (uint64_t i = 0; i < n && !c.bad; i++) {
		struct bk_message *msg = bk_message_list_add(&out->messages);
		msg->uid = (uint32_t)bk_cursor_varint_max(&c, UINT32_MAX);
		char *name = bk_cursor_string(&c);
		msg->name =
			bk_arena_strdup(&out->messages.arena, name ? name : "");
		free(name);
	}
	bk_message_list_sort(&out->messages);
	return c.bad ? bk_journal_damaged(journal, err) : 0;
}

static int read_batch(struct bk_journal *journal, int64_t folder,
		      struct bk_journal_batch *out, struct bk_err *err)
{
	sqlite3_stmt *stmt = bk_journal_sql(journal, BK_SQL_BATCH, err);

	if (!stmt)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, folder);
	int rc = bk_journal_step(journal, stmt, err);
	if (rc <= 0)
		return rc;
	rc = parse_batch(journal, stmt, out, err);
	(void)sqlite3_reset(stmt);
	return rc;
}

int bk_journal_batch(struct bk_journal *journal, int64_t folder,
		     struct bk_journal_batch *out, struct bk_err *err)
{
	bk_message_list_clear(&out->messages);
	out->to_uid_next = 0;
	(void)pthread_mutex_lock(&journal->mutex);
	int rc = read_batch(journal, folder, out, err);
	(void)pthread_mutex_unlock(&journal->mutex);
	return rc;
}

static int write_batch(struct bk_journal *journal, int64_t folder,
		       uint32_t to_uid_next, const struct bk_buf *bytes,
		       struct bk_err *err)
{
	sqlite3_stmt *stmt = bk_journal_sql(journal, BK_SQL_BATCH_PUT, err);

	if (!stmt)
		return -1;
	(void)sqlite3_bind_int64(stmt, 1, folder);
	(void)sqlite3_bind_int64(stmt, 2, to_uid_next);
	(void)sqlite3_bind_blob64(stmt, 3, bytes->data, bytes->len,
				  SQLITE_STATIC);
	return bk_journal_step(journal, stmt, err);
}

int bk_journal_batch_put(struct bk_journal *journal, int64_t folder,
			 uint32_t to_uid_next,
			 struct bk_message *const *messages, size_t n,
			 struct bk_err *err)
{
	struct bk_buf bytes = {0};

	bk_buf_add_varint(&bytes, n);
	for (size_t i = 0; i < n; i++) {
		bk_buf_add_varint(&bytes, messages[i]->uid);
		bk_buf_add_string(&bytes, messages[i]->name);
	}
	(void)pthread_mutex_lock(&journal->mutex);
	int rc = write_batch(journal, folder, to_uid_next, &bytes, err);
	(void)pthread_mutex_unlock(&journal->mutex);
	bk_buf_clear(&bytes);
	return rc;
}
