/* Messages that a store keeps otherwise: see restore_lesser.h. */

#include "job/restore_lesser.h"

#include <stdlib.h>
#include <string.h>

#include "job/restore_digest.h"
#include "job/restore_write.h"
#include "repo/harvest.h"
#include "store/body.h"

#define WHOLE_MAX ((size_t)4 << 20) /* larger messages are spooled */

/* One message after the other, in one thread. */
struct looking {
	const struct bk_restore_folder *folder;
	const struct bk_restore_into *into;
	struct bk_row *rows; /* of the result */
	bool found;
	struct bk_body whole, less;
	struct bk_buf begin, copy;
};

/* 1: looking->less is what becomes of looking->whole; 0: the same. */
static int make_less(struct looking *looking, uint64_t *size,
		     struct bk_err *err)
{
	struct bk_body_bytes bytes = {0};
	struct bk_body_sink into;

	if (bk_body_map(&bytes, &looking->whole, err) < 0)
		return -1;
	size_t from =
		looking->into->store->ops->loses(bytes.view, &looking->begin);
	int rc = 0;
	if (from) {
		bk_body_sink_init(&into, &looking->less);
		if (looking->begin.len)
			rc = into.sink.write(&into.sink, looking->begin.data,
					     looking->begin.len, err);
		if (rc == 0 && from < bytes.view.len)
			rc = into.sink.write(&into.sink, bytes.view.data + from,
					     bytes.view.len - from, err);
		if (rc == 0)
			rc = bk_body_sink_end(&into, err);
		*size = into.size;
	}
	bk_body_unmap(&bytes);
	return rc < 0 ? -1 : from > 0;
}

static int look(struct looking *looking, const struct bk_row *row,
		struct bk_chunk_reader *reader, struct bk_err *err)
{
	struct bk_row *less = &looking->rows[row - looking->folder->rows.items];
	struct bk_body_sink into;
	uint64_t size = 0;

	bk_body_sink_init(&into, &looking->whole);
	if (bk_chunk_reader_join(reader, row, &into.sink, err) < 0 ||
	    bk_body_sink_end(&into, err) < 0)
		return -1;
	int rc = make_less(looking, &size, err);
	if (rc <= 0)
		return rc;
	if (bk_restore_digest(looking->into->digester, &looking->less,
			      &looking->copy, less->digest, err) < 0)
		return -1;
	less->msg.size = size;
	looking->found = true;
	return 0;
}

/* What cannot be put together is told when it is to be written. */
static int look_at_message(void *context, const struct bk_harvest_item *item,
			   struct bk_chunk_reader *reader, struct bk_err *err)
{
	struct bk_err why = {0};

	if (look(context, item->row, reader, &why) == 0 ||
	    bk_restore_goes_on(why.kind))
		return 0;
	*err = why;
	return -1;
}

static bool has_strangers(const struct bk_restore_folder *folder)
{
	for (size_t i = 0; i < folder->present.n; i++)
		if (folder->match.row_of[i] == BK_MATCH_NONE)
			return true;
	return false;
}

static struct bk_harvest_item *list_missing(
	const struct bk_restore_folder *folder, size_t *n)
{
	const struct bk_row_list *rows = &folder->rows;
	struct bk_harvest_item *items =
		bk_alloc((rows->n + 1) * sizeof(*items));

	*n = 0;
	for (size_t i = 0; i < rows->n; i++)
		if (folder->match.present_of[i] == BK_MATCH_NONE)
			items[(*n)++] = (struct bk_harvest_item){
				.row = &rows->items[i]};
	return items;
}

int bk_restore_lesser_read(struct bk_restore_lesser *out,
			   const struct bk_restore_folder *folder,
			   const struct bk_restore_into *into,
			   struct bk_err *err)
{
	struct looking looking = {.folder = folder,
				  .into = into,
				  .whole = BK_BODY(WHOLE_MAX),
				  .less = BK_BODY(WHOLE_MAX)};
	size_t n = 0;

	if (!into->store->ops->loses || !has_strangers(folder))
		return 0;
	struct bk_harvest_item *items = list_missing(folder, &n);
	for (size_t i = 0; i < folder->rows.n; i++)
		*bk_row_list_add(&out->rows) = folder->rows.items[i];
	looking.rows = out->rows.items;
	struct bk_harvest *harvest = bk_harvest_new(into->set, 1, NULL);
	int rc = n ? bk_harvest_run(harvest, items, n, look_at_message,
				    &looking, err)
		   : 0;
	bk_harvest_free(harvest);
	free(items);
	bk_body_clear(&looking.whole);
	bk_body_clear(&looking.less);
	bk_buf_clear(&looking.begin);
	bk_buf_clear(&looking.copy);
	return rc < 0 ? -1 : looking.found;
}

void bk_restore_lesser_clear(struct bk_restore_lesser *lesser)
{
	bk_row_list_clear(&lesser->rows);
}
