/* Putting messages together and writing them: see restore_write.h. */

#include "job/restore_write.h"

#include <pthread.h>
#include <stdlib.h>

#include "repo/harvest.h"

/* Less than what a store sends of its own accord. */
#define SOME_MESSAGES 400
#define SOME_BYTES    ((uint64_t)6 << 20)

struct work {
	struct bk_restore_writing *writing;
	pthread_mutex_t lock; /* of writing->place */
	bool placed;
};

bool bk_restore_goes_on(enum bk_kind kind)
{
	switch (kind) {
	case BK_GONE:
	case BK_EXISTS:
	case BK_BUSY:
	case BK_REFUSED:
	case BK_DENIED:
	case BK_NO_KEY:
	case BK_CORRUPT:
	case BK_FAILED:
		return true;
	case BK_OK:
	case BK_FULL:
	case BK_LOST:
	case BK_NEWER:
	case BK_MISUSE:
	case BK_UNSAFE:
	case BK_CANCELLED:
	case BK_STARVED:
		break;
	}
	return false;
}

/* What is not there is lost, and what cannot be read is, too; but not what we
 * may not read or cannot reach now. */
bool bk_restore_is_damage(enum bk_kind kind)
{
	return kind == BK_CORRUPT || kind == BK_GONE || kind == BK_FAILED;
}

void bk_restore_report(struct bk_progress *progress,
		       const struct bk_restore_item *item,
		       const struct bk_message *msg, const struct bk_err *why)
{
	bk_progress_item_error(
		progress, &(struct bk_item_error){
				  .kind = why->kind,
				  .account = item->account->account.address,
				  .folder = item->folder->folder.name,
				  .uid = msg->uid,
				  .name = msg->name,
				  .text = why->text,
				  .outcome = "not restored",
			  });
}

/* Tells an error of the destination from one of the set. */
struct guard {
	struct bk_sink sink;
	struct bk_sink *to;
	bool failed;
};

static int write_guarded(struct bk_sink *sink, const void *data, size_t len,
			 struct bk_err *err)
{
	struct guard *guard = (struct guard *)sink;

	if (guard->to->write(guard->to, data, len, err) == 0)
		return 0;
	guard->failed = true;
	return -1;
}

static int write_message(struct bk_restore_folder *folder,
			 struct bk_chunk_reader *reader,
			 const struct bk_row *row, enum bk_place *place,
			 struct bk_err *err)
{
	struct bk_folder_writer *writer = folder->writer;
	const struct bk_store_ops *ops = writer->store->ops;
	struct guard guard = {{write_guarded}, NULL, false};

	*place = BK_PLACE_DESTINATION;
	if (ops->append(writer, &row->msg, &guard.to, err) < 0)
		return -1;
	if (bk_chunk_reader_join(reader, row, &guard.sink, err) < 0) {
		if (!guard.failed)
			*place = BK_PLACE_REPO;
		ops->drop(writer, guard.to);
		return -1;
	}
	return ops->keep(writer, guard.to, &row->msg, err);
}

/* The error that ends it all is the first one's, and so is its place. */
static void note_place(struct work *work, enum bk_place place)
{
	pthread_mutex_lock(&work->lock);
	if (!work->placed)
		work->writing->place = place;
	work->placed = true;
	pthread_mutex_unlock(&work->lock);
}

static int restore_message(void *context, const struct bk_harvest_item *item,
			   struct bk_chunk_reader *reader, struct bk_err *err)
{
	struct work *work = context;
	struct bk_restore_writing *writing = work->writing;
	struct bk_restore_folder *folder = item->owner;
	const struct bk_row *row = item->row;
	enum bk_place place = BK_PLACE_DESTINATION;
	struct bk_err why = {0};

	if (write_message(folder, reader, row, &place, &why) == 0) {
		atomic_fetch_add(&writing->written, 1);
		atomic_fetch_add(&writing->bytes, row->msg.size);
		bk_progress_message(writing->progress, 1, row->msg.size);
		return 0;
	}
	if (!bk_restore_goes_on(why.kind)) {
		note_place(work, place);
		*err = why;
		return -1;
	}
	if (place == BK_PLACE_REPO && bk_restore_is_damage(why.kind))
		writing->damaged = true;
	if (folder->lost)
		folder->lost[row - folder->rows.items] = true;
	atomic_fetch_add(&folder->failed, 1);
	atomic_fetch_add(&writing->failed, 1);
	bk_restore_report(writing->progress, folder->item, &row->msg, &why);
	return 0;
}

/* ---- as they come out of the set ---- */

static struct bk_harvest_item *list_items(
	struct bk_restore_folder *const *folders, size_t n, size_t *n_items)
{
	struct bk_harvest_item *items;
	size_t at = 0;

	*n_items = 0;
	for (size_t i = 0; i < n; i++)
		*n_items += folders[i]->n_todo;
	items = bk_alloc((*n_items + 1) * sizeof(*items));
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < folders[i]->n_todo; k++)
			items[at++] = (struct bk_harvest_item){
				.row = &folders[i]
						->rows
						.items[folders[i]->todo[k]],
				.owner = folders[i],
			};
	return items;
}

static int write_any(struct work *work, struct bk_harvest *harvest,
		     struct bk_restore_folder *const *folders, size_t n,
		     struct bk_err *err)
{
	size_t n_items = 0;
	struct bk_harvest_item *items = list_items(folders, n, &n_items);

	int rc = bk_harvest_run(harvest, items, n_items, restore_message, work,
				err);
	free(items);
	return rc;
}

/* ---- in the order of UIDs ---- */

/* What has none is the newest. */
static int by_uid(const void *a, const void *b)
{
	const struct bk_harvest_item *l = a, *r = b;
	uint32_t x = l->row->msg.uid - 1, y = r->row->msg.uid - 1;

	return (x > y) - (x < y);
}

/* How many are done at a time: the store holds them back until it has all. */
static size_t count_some(const struct bk_harvest_item *items, size_t n)
{
	uint64_t bytes = items[0].row->msg.size;
	size_t some = 1;

	while (some < n && some < SOME_MESSAGES && bytes < SOME_BYTES)
		bytes += items[some++].row->msg.size;
	return some;
}

static int write_folder(struct work *work, struct bk_harvest *harvest,
			struct bk_restore_folder *folder, struct bk_err *err)
{
	struct bk_store *store = folder->writer->store;
	size_t n = 0, at = 0;
	struct bk_harvest_item *items = list_items(&folder, 1, &n);
	int rc = 0;

	if (n)
		qsort(items, n, sizeof(*items), by_uid);
	while (at < n && rc == 0) {
		size_t some = count_some(items + at, n - at);
		rc = bk_harvest_run(harvest, items + at, some, restore_message,
				    work, err);
		if (rc == 0)
			rc = store->ops->sync(store, err);
		at += some;
	}
	free(items);
	return rc;
}

/* A server gives out ascending UIDs, so that messages which are to have those
 * that they had come in that order.  While they do it may turn out that they
 * cannot have them. */
static bool goes_in_order(const struct bk_restore_folder *folder)
{
	return folder->writer->keeps_uids && folder->writer->store->ops->far;
}

static int write_all(struct work *work, struct bk_harvest *harvest,
		     struct bk_restore_folder *const *folders, size_t n,
		     struct bk_err *err)
{
	struct bk_restore_folder **rest = bk_alloc((n + 1) * sizeof(void *));
	size_t n_rest = 0;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		if (goes_in_order(folders[i]))
			rc = write_folder(work, harvest, folders[i], err);
		else
			rest[n_rest++] = folders[i];
	}
	if (rc == 0)
		rc = write_any(work, harvest, rest, n_rest, err);
	free(rest);
	return rc;
}

int bk_restore_write(struct bk_restore_writing *writing,
		     struct bk_restore_folder *const *folders, size_t n,
		     struct bk_err *err)
{
	struct work work = {.writing = writing};
	struct bk_harvest *harvest =
		bk_harvest_new(writing->set, writing->threads, NULL);

	writing->place = BK_PLACE_DESTINATION;
	(void)pthread_mutex_init(&work.lock, NULL);
	int rc = write_all(&work, harvest, folders, n, err);
	(void)pthread_mutex_destroy(&work.lock);
	bk_harvest_free(harvest);
	return rc;
}
