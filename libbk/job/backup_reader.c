/* One thread that reads messages for a backup: see backup_reader.h. */

#include "job/backup_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/path.h"
#include "store/body.h"

#define WHOLE_MAX      ((size_t)4 << 20)   /* larger messages are spooled */
#define BODY_KEPT_MAX  ((size_t)512 << 10) /* that stays for the next one */
#define PREVIOUS_CACHE ((size_t)8 << 20)

/* ---- one ---- */

/* Into the reader's buffer, or a spool of the body's. */
static int fetch(struct bk_backup_reader *reader, struct bk_backup_task *task,
		 struct bk_message *msg, struct bk_body *body,
		 struct bk_err *err)
{
	struct bk_store *store = reader->config->store;

	*body = (struct bk_body){WHOLE_MAX, reader->body, -1};
	int rc = store->ops->fetch(store, task->account, &task->folder, msg,
				   body, err);
	reader->body = body->bytes;
	return rc;
}

static bool is_same_message(const struct bk_message *a,
			    const struct bk_message *b)
{
	return *a->name ? strcmp(a->name, b->name) == 0 : a->uid == b->uid;
}

/* The folder as the previous set has it, or NULL. */
static const struct bk_set_folder *previous_folder(
	const struct bk_set *set, const struct bk_backup_task *task)
{
	const struct bk_set_account *account =
		bk_set_account_find(set, task->account->address);

	return account ? bk_set_folder_named(set, account->id,
					     task->folder.name)
		       : NULL;
}

/* The row of the same message in the previous set, or NULL.  A folder that
 * cannot be listed asks for each of its messages: its rows stay. */
static const struct bk_row *previous_row(struct bk_set *set,
					 struct bk_backup_reader *reader,
					 const struct bk_backup_task *task,
					 const struct bk_message *msg,
					 struct bk_err *err)
{
	const struct bk_set_folder *folder = previous_folder(set, task);
	const struct bk_row_list *rows = &reader->rows;

	if (folder && folder->id != reader->rows_folder) {
		reader->rows_folder = 0;
		if (bk_set_rows(set, folder->id, true, &reader->rows, err) < 0)
			return NULL;
		reader->rows_folder = folder->id;
	}
	for (size_t i = 0; folder && i < rows->n; i++)
		if (is_same_message(msg, &rows->items[i].msg))
			return &rows->items[i];
	bk_fail(err, BK_GONE, "the previous set does not have it");
	return NULL;
}

/* Joins the row's message into the reader's body. */
static int join_previous(struct bk_backup_reader *reader,
			 const struct bk_row *row, struct bk_err *err)
{
	struct bk_buf_sink sink;

	if (!reader->previous)
		reader->previous = bk_chunk_reader_new(reader->config->previous,
						       PREVIOUS_CACHE);
	reader->body.len = 0;
	bk_buf_sink_init(&sink, &reader->body, SIZE_MAX);
	return bk_chunk_reader_join(reader->previous, row, &sink.sink, err);
}

/* The message as the previous set has it.  BK_GONE if it does not. */
static int recover(struct bk_backup_reader *reader, struct bk_backup_task *task,
		   struct bk_message *msg, struct bk_err *err)
{
	if (!reader->config->previous)
		return bk_fail(err, BK_GONE, "there is no previous set");
	const struct bk_row *row =
		previous_row(reader->config->previous, reader, task, msg, err);
	if (!row || join_previous(reader, row, err) < 0)
		return -1;
	msg->date = row->msg.date;
	msg->size = row->msg.size;
	return 0;
}

static int keep(struct bk_backup_reader *reader, struct bk_backup_task *task,
		size_t at, struct bk_view bytes, struct bk_err *err)
{
	struct bk_added *added = &task->added[at];

	if (bk_split(bytes, &reader->room, bk_packer_hand_sink(reader->hand),
		     &reader->recipe, added->digest, err) < 0)
		return -1;
	bk_body_encode(&reader->recipe, &added->recipe);
	added->fate = BK_FATE_KEPT;
	task->now.items[at].size = bytes.len;
	bk_progress_message(reader->config->progress, 1, bytes.len);
	return 0;
}

/* A message that could not be read: named, its previous copy kept if there is
 * one; too many of them stop the run. */
static int fail_item(struct bk_backup_reader *reader,
		     struct bk_backup_task *task, size_t at,
		     const struct bk_err *why, struct bk_err *err)
{
	struct bk_message *msg = &task->now.items[at];
	struct bk_err ignored = {0};

	task->added[at].fate = BK_FATE_FAILED;
	if (recover(reader, task, msg, &ignored) == 0 &&
	    keep(reader, task, at, bk_buf_view(&reader->body), err) < 0)
		return -1;
	bool kept = task->added[at].fate == BK_FATE_KEPT;
	if (!task->from_previous || !kept) {
		bk_progress_item_error(
			reader->config->progress,
			&(struct bk_item_error){
				.kind = why->kind,
				.account = task->account->address,
				.folder = task->folder.name,
				.uid = msg->uid,
				.name = msg->name,
				.text = why->text,
				.outcome = kept ? "previous copy kept"
						: "not in this set",
			});
		if (atomic_fetch_add(reader->errors, 1) + 1 >
		    reader->config->errors_max)
			return bk_fail(err, BK_UNSAFE,
				       "too many messages cannot be read "
				       "(%ju; the limit is read-errors); no "
				       "set written. Look at the store's "
				       "disks first",
				       (uintmax_t)atomic_load(reader->errors));
	}
	return 0;
}

/* What was fetched goes into the set. */
static int keep_body(struct bk_backup_reader *reader,
		     struct bk_backup_task *task, size_t at,
		     const struct bk_body *body, struct bk_err *err)
{
	struct bk_body_bytes bytes;

	if (bk_body_map(&bytes, body, err) < 0)
		return -1;
	int rc = keep(reader, task, at, bytes.view, err);
	bk_body_unmap(&bytes);
	return rc;
}

static bool concerns_one_message(enum bk_kind kind)
{
	return kind == BK_REFUSED || kind == BK_DENIED || kind == BK_FAILED ||
	       kind == BK_CORRUPT;
}

static int read_message(struct bk_backup_reader *reader,
			struct bk_backup_task *task, size_t at,
			struct bk_err *err)
{
	struct bk_message *msg = &task->now.items[at];
	struct bk_body body = {.spool = -1};
	struct bk_err why = {0};
	int rc;

	if (task->from_previous) {
		(void)bk_fail(&why, BK_REFUSED, "its folder cannot be read");
		return fail_item(reader, task, at, &why, err);
	}
	if (fetch(reader, task, msg, &body, &why) == 0) {
		rc = keep_body(reader, task, at, &body, err);
	} else if (why.kind == BK_GONE) {
		task->added[at].fate = BK_FATE_GONE;
		rc = 0;
	} else if (concerns_one_message(why.kind)) {
		rc = fail_item(reader, task, at, &why, err);
	} else {
		*err = why;
		rc = -1;
	}
	bk_path_close(&body.spool);
	if (reader->body.cap > BODY_KEPT_MAX)
		bk_buf_clear(&reader->body);
	return rc;
}

/* ---- many at a time ---- */

/* A store that gives many at a time gives the next one while this one is taken
 * apart. */
struct coming {
	struct bk_backup_reader *reader;
	struct bk_backup_task *task;
	struct bk_body body; /* of the one that comes */
	struct bk_body_sink sink;
	bool stopped; /* by what is no fault of the store's */
};

static int stop(struct coming *coming)
{
	coming->stopped = true;
	return -1;
}

static size_t index_of(const struct coming *coming,
		       const struct bk_message *msg)
{
	return (size_t)(msg - coming->task->now.items);
}

static int begin_body(void *arg, struct bk_message *msg, struct bk_sink **to,
		      struct bk_err *err)
{
	struct coming *coming = arg;

	(void)msg;
	if (bk_cancelled(err) < 0)
		return stop(coming);
	bk_body_sink_init(&coming->sink, &coming->body);
	*to = &coming->sink.sink;
	return 0;
}

static int end_body(void *arg, struct bk_message *msg, struct bk_err *err)
{
	struct coming *coming = arg;
	int rc = bk_body_sink_end(&coming->sink, err);

	if (rc == 0)
		rc = keep_body(coming->reader, coming->task,
			       index_of(coming, msg), &coming->body, err);
	bk_path_close(&coming->body.spool);
	if (coming->body.bytes.cap > BODY_KEPT_MAX)
		bk_buf_clear(&coming->body.bytes);
	return rc < 0 ? stop(coming) : 0;
}

static int fail_body(void *arg, struct bk_message *msg,
		     const struct bk_err *why, struct bk_err *err)
{
	struct coming *coming = arg;
	size_t at = index_of(coming, msg);
	int rc = 0;

	if (why->kind == BK_GONE)
		coming->task->added[at].fate = BK_FATE_GONE;
	else if (why->kind != BK_LOST) /* then it comes again */
		rc = fail_item(coming->reader, coming->task, at, why, err);
	return rc < 0 ? stop(coming) : 0;
}

static int fetch_many(struct coming *coming, const size_t *at, size_t n,
		      struct bk_err *err)
{
	const struct bk_backup_task *task = coming->task;
	struct bk_store *store = coming->reader->config->store;
	const struct bk_bodies to = {begin_body, end_body, fail_body, coming};
	struct bk_message **msgs =
		bk_alloc((n + 1) * sizeof(struct bk_message *));
	struct bk_err why = {0};

	for (size_t i = 0; i < n; i++)
		msgs[i] = &coming->task->now.items[at[i]];
	int rc = bk_store_fetch_many(store, task->account, &task->folder, msgs,
				     n, &to, &why);
	free(msgs);
	if (rc == 0 || (!coming->stopped && (why.kind == BK_GONE ||
					     concerns_one_message(why.kind))))
		return 0;
	*err = why;
	return -1;
}

/* ---- all of it ---- */

int bk_backup_reader_read(struct bk_backup_reader *reader,
			  struct bk_backup_task *task, const size_t *at,
			  size_t n, struct bk_err *err)
{
	struct coming coming = {
		.reader = reader, .task = task, .body = BK_BODY(WHOLE_MAX)};
	int rc = 0;

	if (reader->config->store->ops->fetch_many && n > 1 &&
	    !task->from_previous)
		rc = fetch_many(&coming, at, n, err);
	bk_body_clear(&coming.body);
	/* What did not come with the others may tell why. */
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = bk_cancelled(err);
		if (rc == 0 && task->added[at[i]].fate == BK_FATE_WAITING)
			rc = read_message(reader, task, at[i], err);
	}
	return rc;
}

void bk_backup_reader_init(struct bk_backup_reader *reader,
			   const struct bk_backup_read_config *config,
			   _Atomic uint64_t *errors)
{
	*reader = (struct bk_backup_reader){.config = config, .errors = errors};
	reader->hand = bk_packer_hand_new(config->packer);
	reader->room.digester = bk_digester_new(&config->repo->keys.digest);
}

void bk_backup_reader_clear(struct bk_backup_reader *reader)
{
	bk_packer_hand_free(reader->hand);
	bk_digester_free(reader->room.digester);
	bk_split_room_clear(&reader->room);
	bk_recipe_clear(&reader->recipe);
	bk_buf_clear(&reader->body);
	bk_chunk_reader_free(reader->previous);
	bk_row_list_clear(&reader->rows);
}
