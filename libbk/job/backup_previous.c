/* A message as the previous set has it: see backup_previous.h. */

#include "job/backup_previous.h"

#include <stdlib.h>
#include <string.h>

#include "repo/chunk_reader.h"

#define CACHE ((size_t)8 << 20)

struct bk_backup_previous {
	struct bk_set *set; /* or NULL */
	struct bk_chunk_reader *chunks;
	struct bk_row_list rows; /* of the folder that was needed last */
	uint32_t rows_folder;    /* 0: none */
};

struct bk_backup_previous *bk_backup_previous_new(struct bk_set *set)
{
	struct bk_backup_previous *previous = bk_alloc(sizeof(*previous));

	previous->set = set;
	return previous;
}

void bk_backup_previous_free(struct bk_backup_previous *previous)
{
	if (!previous)
		return;
	bk_chunk_reader_free(previous->chunks);
	bk_row_list_clear(&previous->rows);
	free(previous);
}

static bool is_same_message(const struct bk_message *a,
			    const struct bk_message *b)
{
	return *a->name ? strcmp(a->name, b->name) == 0 : a->uid == b->uid;
}

/* The folder as the set has it, or NULL. */
static const struct bk_set_folder *find_folder(
	const struct bk_set *set, const struct bk_backup_task *task)
{
	const struct bk_set_account *account =
		bk_set_account_find(set, task->account->address);

	return account ? bk_set_folder_named(set, account->id,
					     task->folder.name)
		       : NULL;
}

/* The row of the same message, or NULL.  A folder that cannot be listed asks
 * for each of its messages: its rows stay. */
static const struct bk_row *find_row(struct bk_backup_previous *previous,
				     const struct bk_backup_task *task,
				     const struct bk_message *msg,
				     struct bk_err *err)
{
	const struct bk_set_folder *folder = find_folder(previous->set, task);
	const struct bk_row_list *rows = &previous->rows;

	if (folder && folder->id != previous->rows_folder) {
		previous->rows_folder = 0;
		if (bk_set_rows(previous->set, folder->id, true,
				&previous->rows, err) < 0)
			return NULL;
		previous->rows_folder = folder->id;
	}
	for (size_t i = 0; folder && i < rows->n; i++)
		if (is_same_message(msg, &rows->items[i].msg))
			return &rows->items[i];
	bk_fail(err, BK_GONE, "the previous set does not have it");
	return NULL;
}

int bk_backup_previous_join(struct bk_backup_previous *previous,
			    const struct bk_backup_task *task,
			    struct bk_message *msg, struct bk_buf *body,
			    struct bk_err *err)
{
	struct bk_buf_sink sink;

	if (!previous->set)
		return bk_fail(err, BK_GONE, "there is no previous set");
	const struct bk_row *row = find_row(previous, task, msg, err);
	if (!row)
		return -1;
	if (!previous->chunks)
		previous->chunks = bk_chunk_reader_new(previous->set, CACHE);
	body->len = 0;
	bk_buf_sink_init(&sink, body, SIZE_MAX);
	if (bk_chunk_reader_join(previous->chunks, row, &sink.sink, err) < 0)
		return -1;
	msg->date = row->msg.date;
	msg->size = row->msg.size;
	return 0;
}
