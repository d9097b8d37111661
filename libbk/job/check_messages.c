/* Putting messages together to see that they can be: see check_run.h. */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/pool.h"
#include "base/queue.h"
#include "job/check_run.h"
#include "mail/recipe.h"
#include "repo/chunk_reader.h"

#define CACHE      ((size_t)15 << 20) /* of each worker: most of the memory */
#define STRETCH    2048 /* messages that one worker takes at a time */
#define AHEAD      4
#define NAMED_MOST 5

/* A message of the set, where its blocks come to lie, and whose it is. */
struct item {
	struct bk_row row;
	uint64_t order;
	const struct bk_set_folder *folder;
};

struct joining {
	struct bk_check_run *run;
	struct bk_set *set;
	struct bk_arena arena; /* of the rows */
	struct item *items;
	size_t n, cap;
	struct bk_chunk_reader **readers; /* one a worker */
};

struct stretch {
	struct item *first;
	size_t n;
};

static int collect(struct joining *joining, struct bk_err *err)
{
	struct bk_set *set = joining->set;

	for (size_t i = 0; i < set->n_folders; i++) {
		struct bk_row_list rows = {0};
		if (bk_set_rows(set, set->folders[i].id, true, &rows, err) < 0)
			return -1;
		for (size_t k = 0; k < rows.n; k++) {
			if (rows.items[k].frame && !joining->run->only)
				continue; /* its own set proves it */
			joining->items = bk_array_room(
				joining->items, joining->n, &joining->cap,
				sizeof(*joining->items));
			joining->items[joining->n++] =
				(struct item){rows.items[k],
					      bk_row_order(set, &rows.items[k]),
					      &set->folders[i]};
		}
		bk_arena_join(&joining->arena, &rows.arena);
		bk_row_list_clear(&rows);
	}
	return 0;
}

static int by_order(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return x->order < y->order ? -1 : x->order > y->order;
}

static int nowhere(struct bk_sink *to, const void *data, size_t len,
		   struct bk_err *err)
{
	(void)to;
	(void)data;
	(void)len;
	(void)err;
	return 0;
}

static void name_message(struct joining *joining, const struct item *item,
			 const struct bk_err *why)
{
	const struct bk_set_account *account =
		bk_set_account_by_id(joining->set, item->folder->account_id);

	atomic_fetch_add(&joining->run->findings, 1);
	bk_progress_item_error(
		joining->run->progress,
		&(struct bk_item_error){
			.kind = BK_CORRUPT,
			.account = account ? account->account.address : NULL,
			.folder = item->folder->folder.name,
			.uid = item->row.msg.uid,
			.name = item->row.msg.name,
			.text = why->text,
			.outcome = "cannot be restored from this set",
		});
}

static int join_stretch(void *context, unsigned worker, void *what,
			struct bk_err *err)
{
	struct joining *joining = context;
	struct stretch *stretch = what;
	struct bk_sink sink = {nowhere};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < stretch->n; i++) {
		const struct item *item = &stretch->first[i];
		struct bk_err why = {0};
		rc = bk_cancelled(err);
		if (rc == 0 &&
		    bk_chunk_reader_join(joining->readers[worker], &item->row,
					 &sink, &why) < 0)
			name_message(joining, item, &why);
		bk_progress_message(joining->run->progress, 1,
				    item->row.msg.size);
	}
	free(stretch);
	return rc;
}

static int run_workers(struct joining *joining, struct bk_err *err)
{
	unsigned threads = joining->run->request->threads;
	struct bk_queue *queue = bk_queue_new(AHEAD, 0);
	struct bk_pool *pool = NULL;
	int rc = bk_pool_start(&pool, threads, queue, join_stretch, joining,
			       err);

	for (size_t at = 0; rc == 0 && at < joining->n; at += STRETCH) {
		struct stretch *stretch = bk_alloc(sizeof(*stretch));
		stretch->first = &joining->items[at];
		stretch->n =
			joining->n - at < STRETCH ? joining->n - at : STRETCH;
		rc = bk_queue_push(queue, stretch, 0, err);
		if (rc < 0)
			free(stretch);
	}
	bk_queue_close(queue);
	if (pool && bk_pool_join(pool, err) < 0)
		rc = -1;
	bk_queue_free(queue, free);
	return rc;
}

int bk_check_messages(struct bk_check_run *run, struct bk_set *set,
		      struct bk_err *err)
{
	struct joining joining = {.run = run, .set = set};
	unsigned threads = run->request->threads;

	joining.readers = bk_alloc(threads * sizeof(struct bk_chunk_reader *));
	for (unsigned i = 0; i < threads; i++)
		joining.readers[i] = bk_chunk_reader_new(set, CACHE);
	int rc = collect(&joining, err);
	if (rc == 0 && joining.n) {
		qsort(joining.items, joining.n, sizeof(*joining.items),
		      by_order);
		rc = run_workers(&joining, err);
	}
	for (unsigned i = 0; i < threads; i++)
		bk_chunk_reader_free(joining.readers[i]);
	free(joining.readers);
	free(joining.items);
	bk_arena_clear(&joining.arena);
	return rc;
}

/* ---- who is concerned by bad packs ---- */

static bool is_bad(const struct bk_check_run *run,
		   const struct bk_table_row *row)
{
	const struct bk_check_pack *pack = bk_check_pack_of(run, row);

	return pack && pack->bad;
}

static bool lies_in_bad_pack(const struct bk_check_run *run,
			     const struct bk_set *set, const struct bk_row *row,
			     struct bk_recipe *recipe)
{
	const struct bk_table *table = &set->levels[row->frame].table;
	struct bk_err ignored = {0};

	if (bk_body_decode(row->body, recipe, &ignored) < 0)
		return true;
	for (size_t i = 0; i < recipe->n_refs; i++) {
		uint64_t ordinal = recipe->refs[i] >> 32;
		if (ordinal < table->n && is_bad(run, &table->rows[ordinal]))
			return true;
	}
	return false;
}

/* Messages of an account that need a bad pack. */
static uint64_t count_affected(struct bk_check_run *run, struct bk_set *set,
			       uint32_t account_id)
{
	struct bk_recipe recipe = {0};
	struct bk_err ignored = {0};
	uint64_t n = 0;

	for (size_t i = 0; i < set->n_folders; i++) {
		struct bk_row_list rows = {0};
		if (set->folders[i].account_id != account_id ||
		    bk_set_rows(set, set->folders[i].id, true, &rows,
				&ignored) < 0)
			continue;
		for (size_t k = 0; k < rows.n; k++)
			n += lies_in_bad_pack(run, set, &rows.items[k],
					      &recipe);
		bk_row_list_clear(&rows);
	}
	bk_recipe_clear(&recipe);
	return n;
}

void bk_check_affected(struct bk_check_run *run, struct bk_set *set)
{
	struct bk_buf text = {0};
	char label[BK_SET_NAME];
	size_t named = 0, more = 0;

	for (size_t i = 0; i < set->n_accounts; i++) {
		const struct bk_set_account *account = &set->accounts[i];
		uint64_t n = count_affected(run, set, account->id);
		if (n && named++ < NAMED_MOST)
			bk_buf_printf(&text, "%s%s (%ju)", text.len ? ", " : "",
				      account->account.address, (uintmax_t)n);
		else if (n)
			more++;
	}
	if (more)
		bk_buf_printf(&text, " and %zu more accounts", more);
	if (text.len) {
		char *note = bk_asprintf(
			"set %s: messages that need what is damaged: %s",
			bk_set_name(label, set->levels[0].id,
				    set->levels[0].root.kind),
			bk_buf_text(&text));
		bk_progress_note(run->progress, note);
		free(note);
	}
	bk_buf_clear(&text);
}
