/* Whether packs are whole, read in several threads: see check_run.h. */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/pool.h"
#include "base/queue.h"
#include "job/check_run.h"
#include "job/check_sample.h"
#include "repo/index.h"
#include "repo/pack_reader.h"

#define AHEAD 16
#define DAY_S 86400

/* ---- which packs there are ---- */

static int by_owner(const void *a, const void *b)
{
	const struct bk_check_pack *x = a, *y = b;
	int order = memcmp(x->row.owner, y->row.owner, BK_ID_LEN);

	if (!order)
		order = (x->row.owner_ordinal > y->row.owner_ordinal) -
			(x->row.owner_ordinal < y->row.owner_ordinal);
	return order;
}

/* What its owner says of a pack comes first. */
static int by_owner_and_flags(const void *a, const void *b)
{
	const struct bk_check_pack *x = a, *y = b;
	int order = by_owner(a, b);

	if (!order)
		order = (y->row.flags & BK_TABLE_OWN) -
			(x->row.flags & BK_TABLE_OWN);
	return order;
}

/* Two tables must say the same of a pack, but for whose it is and which row. */
static bool describe_alike(const struct bk_table_row *a,
			   const struct bk_table_row *b)
{
	const uint8_t place = BK_TABLE_SEALED | BK_TABLE_BUNDLED;

	return (a->flags & place) == (b->flags & place) &&
	       a->chunks == b->chunks && a->body_len == b->body_len &&
	       a->file_len == b->file_len && a->offset == b->offset &&
	       a->blocks_offset == b->blocks_offset &&
	       a->blocks_len == b->blocks_len &&
	       memcmp(a->sha256, b->sha256, BK_SHA256_LEN) == 0;
}

static void tell_difference(struct bk_check_run *run,
			    const struct bk_check_pack *first,
			    const struct bk_check_pack *other)
{
	char one[BK_SET_NAME], two[BK_SET_NAME], name[BK_NAME_MAX];
	struct bk_err err = {0};

	(void)bk_fail(
		&err, BK_CORRUPT,
		"set %s: its pack table describes %s otherwise than that "
		"of set %s",
		bk_set_name(two, other->level->id, other->level->root.kind),
		bk_table_row_name(name, &other->row),
		bk_set_name(one, first->level->id, first->level->root.kind));
	bk_check_finding(run, &err, BK_CURE_COPY, other->level->id);
}

static void add_table(struct bk_check_run *run,
		      const struct bk_set_level *level)
{
	for (size_t i = 0; i < level->table.n; i++) {
		run->packs =
			bk_array_room(run->packs, run->n_packs, &run->cap_packs,
				      sizeof(*run->packs));
		run->packs[run->n_packs++] = (struct bk_check_pack){
			.row = level->table.rows[i], .level = level};
	}
}

static void add_set(struct bk_check_run *run, const struct bk_set *set)
{
	/* Where all sets are looked at, each comes with its own. */
	size_t n = run->only ? set->n_levels : 1;

	for (size_t i = 0; i < n; i++)
		add_table(run, &set->levels[i]);
}

void bk_check_packs_collect(struct bk_check_run *run, struct bk_set **sets,
			    size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (sets[i])
			add_set(run, sets[i]);
	if (!run->n_packs)
		return;
	qsort(run->packs, run->n_packs, sizeof(*run->packs),
	      by_owner_and_flags);
	for (size_t i = 1; i < run->n_packs; i++) {
		struct bk_check_pack *last = &run->packs[kept];
		const struct bk_check_pack *pack = &run->packs[i];
		if (by_owner(last, pack) != 0)
			run->packs[++kept] = *pack;
		else if (!describe_alike(&last->row, &pack->row))
			tell_difference(run, last, pack);
	}
	run->n_packs = kept + 1;
}

struct bk_check_pack *bk_check_pack_of(const struct bk_check_run *run,
				       const struct bk_table_row *row)
{
	const struct bk_check_pack wanted = {.row = *row};

	if (!run->n_packs)
		return NULL;
	return bsearch(&wanted, run->packs, run->n_packs, sizeof(*run->packs),
		       by_owner);
}

/* ---- looking at them ---- */

/* Own packs have the keys of their set, and no set reuses packs over a change
 * of keys. */
static int check_generation(const struct bk_check_pack *pack,
			    const struct bk_pack_reader *reader,
			    struct bk_err *err)
{
	if (bk_pack_reader_generation(reader) == pack->level->generation)
		return 0;
	return bk_fail(err, BK_CORRUPT,
		       "has keys of another generation than its set");
}

/* Everything about it but for its blocks of data, which are to be opened for
 * messages. */
static int prove_body(struct bk_check_pack *pack, struct bk_pack_reader *reader,
		      struct bk_err *err)
{
	struct bk_err why = {0};

	if (bk_pack_reader_prove_body(reader, &why) < 0) {
		/* Which block is it? */
		if (bk_pack_reader_prove(reader, err) == 0)
			*err = why;
		return -1;
	}
	pack->n_blocks = bk_pack_reader_blocks(reader);
	pack->proved = bk_alloc((pack->n_blocks + (size_t)7) / 8);
	return 0;
}

static int check_pack(struct bk_check_run *run, struct bk_check_pack *pack,
		      struct bk_err *err)
{
	struct bk_pack_reader *reader = NULL;

	if (bk_pack_reader_open(&reader, run->repo, &pack->row, err) < 0)
		return -1;
	int rc = check_generation(pack, reader, err);
	if (rc == 0)
		rc = bk_pack_reader_types(reader, &pack->types, err);
	if (rc == 0 && run->request->read_ppm == BK_CHECK_ALL)
		rc = prove_body(pack, reader, err);
	else if (rc == 0 && pack->sampled)
		rc = bk_pack_reader_prove(reader, err);
	bk_pack_reader_close(reader);
	return rc;
}

/* Tells of a pack once. */
static void tell_bad(struct bk_check_run *run, struct bk_check_pack *pack,
		     struct bk_err *why)
{
	char name[BK_NAME_MAX];

	if (bk_check_breaks_off(run, why))
		return;
	pthread_mutex_lock(&run->lock);
	bool told = pack->bad;
	pack->bad = true;
	pthread_mutex_unlock(&run->lock);
	if (told)
		return;
	(void)bk_table_row_name(name, &pack->row);
	if (!strstr(why->text, name))
		(void)bk_context(why, "%s", name);
	bk_check_finding(run, why, BK_CURE_COPY, pack->level->id);
}

static int check_whole(void *context, unsigned worker, void *item,
		       struct bk_err *err)
{
	struct bk_check_run *run = context;
	struct bk_check_pack *pack = item;
	struct bk_err why = {0};

	(void)worker;
	if (bk_check_lost(run, err) < 0)
		return -1;
	if (check_pack(run, pack, &why) < 0)
		tell_bad(run, pack, &why);
	else if (pack->sampled)
		bk_progress_message(run->progress, 0, pack->row.file_len);
	return 0;
}

bool bk_check_packs_bad(struct bk_check_run *run)
{
	bool bad = false;

	(void)pthread_mutex_lock(&run->lock);
	for (size_t i = 0; i < run->n_packs; i++)
		bad |= run->packs[i].bad;
	(void)pthread_mutex_unlock(&run->lock);
	return bad;
}

/* ---- whose turn it is ---- */

/* Only who looks at all packs can say which were not looked at for long. */
static bool remembers(const struct bk_check_run *run)
{
	return run->request->state_dir && run->request->read_ppm && !run->only;
}

static void load_sample(const struct bk_check_run *run,
			struct bk_check_sample *out)
{
	*out = (struct bk_check_sample){0};
	if (remembers(run))
		bk_check_sample_load(out, run->request->state_dir,
				     run->repo->target->where, run->repo->id);
}

/* The packs as a sample knows them, chosen; the caller frees. */
static struct bk_sample_item *sample_of(const struct bk_check_run *run,
					const struct bk_check_sample *sample)
{
	struct bk_sample_item *items =
		bk_alloc((run->n_packs + 1) * sizeof(*items));

	for (size_t i = 0; i < run->n_packs; i++) {
		const struct bk_check_pack *pack = &run->packs[i];
		memcpy(items[i].key.owner, pack->row.owner, BK_ID_LEN);
		items[i].key.ordinal = pack->row.owner_ordinal;
		items[i].size = pack->row.file_len;
		items[i].bad = pack->bad;
	}
	bk_check_sample_choose(sample, items, run->n_packs,
			       run->request->read_ppm,
			       (uint64_t)(bk_clock_now() / DAY_S));
	return items;
}

static void choose(struct bk_check_run *run)
{
	struct bk_check_sample sample;

	if (!run->request->read_ppm)
		return;
	load_sample(run, &sample);
	struct bk_sample_item *items = sample_of(run, &sample);
	for (size_t i = 0; i < run->n_packs; i++)
		run->packs[i].sampled = items[i].chosen;
	free(items);
	bk_check_sample_clear(&sample);
}

void bk_check_packs_done(struct bk_check_run *run)
{
	struct bk_check_sample sample;
	struct bk_err why = {0};

	if (!remembers(run))
		return;
	load_sample(run, &sample);
	struct bk_sample_item *items = sample_of(run, &sample);
	for (size_t i = 0; i < run->n_packs; i++)
		items[i].chosen = run->packs[i].sampled;
	int rc = bk_dir_make(AT_FDCWD, run->request->state_dir, 0700, &why);
	if (rc == 0)
		rc = bk_check_sample_save(&sample, items, run->n_packs, &why);
	if (rc < 0 && run->request->read_ppm < BK_CHECK_ALL) {
		(void)bk_context(&why,
				 "what was read cannot be remembered, so "
				 "each day has another share");
		bk_progress_note(run->progress, why.text);
	}
	free(items);
	bk_check_sample_clear(&sample);
}

static int each_pack(struct bk_check_run *run, bk_pool_work *work,
		     struct bk_err *err)
{
	struct bk_queue *queue = bk_queue_new(AHEAD, 0);
	struct bk_pool *pool = NULL;
	int rc = bk_pool_start(&pool, run->request->threads, queue, work, run,
			       err);

	for (size_t i = 0; rc == 0 && i < run->n_packs; i++)
		rc = bk_queue_push(queue, &run->packs[i], 0, err);
	bk_queue_close(queue);
	if (pool && bk_pool_join(pool, err) < 0)
		rc = -1;
	bk_queue_free(queue, NULL);
	return rc;
}

int bk_check_packs(struct bk_check_run *run, struct bk_err *err)
{
	choose(run);
	return each_pack(run, check_whole, err);
}

/* ---- their blocks ---- */

/* Is the block ours to prove?  Then it is nobody else's. */
static bool claim(struct bk_check_run *run, struct bk_check_pack *pack,
		  uint32_t block)
{
	uint8_t bit = (uint8_t)(1u << block % 8);

	if (!pack || !pack->proved || block >= pack->n_blocks)
		return false;
	pthread_mutex_lock(&run->lock);
	bool mine = !(pack->proved[block / 8] & bit);
	pack->proved[block / 8] |= bit;
	pthread_mutex_unlock(&run->lock);
	return mine;
}

static void prove_opened(struct bk_block_watch *watch,
			 struct bk_pack_reader *reader, uint32_t number,
			 const struct bk_opened_block *block)
{
	struct bk_check_run *run = ((struct bk_check_watch *)watch)->run;
	struct bk_pack_name name = bk_pack_reader_name(reader);
	struct bk_table_row row = {.owner_ordinal = name.ordinal};
	struct bk_err why = {0};

	memcpy(row.owner, name.owner, sizeof(row.owner));
	struct bk_check_pack *pack = bk_check_pack_of(run, &row);
	if (claim(run, pack, number) &&
	    bk_pack_reader_prove_block(reader, number,
				       bk_buf_view(&block->plain),
				       block->chunks, &why) < 0)
		tell_bad(run, pack, &why);
}

struct bk_check_watch bk_check_watch(struct bk_check_run *run)
{
	return (struct bk_check_watch){{prove_opened}, run};
}

static int prove_rest(struct bk_check_run *run, struct bk_check_pack *pack,
		      struct bk_pack_reader *reader, struct bk_err *err)
{
	struct bk_buf plain = {0};
	int rc = 0;

	for (uint32_t i = 0; i < pack->n_blocks && rc == 0; i++) {
		struct bk_chunk_at *chunks = NULL;
		if (!claim(run, pack, i))
			continue;
		rc = bk_pack_reader_block(reader, i, &plain, &chunks, err);
		if (rc == 0)
			rc = bk_pack_reader_prove_block(
				reader, i, bk_buf_view(&plain), chunks, err);
		free(chunks);
	}
	bk_buf_clear(&plain);
	return rc;
}

static int check_rest(void *context, unsigned worker, void *item,
		      struct bk_err *err)
{
	struct bk_check_run *run = context;
	struct bk_check_pack *pack = item;
	struct bk_pack_reader *reader = NULL;
	struct bk_err why = {0};

	(void)worker;
	if (bk_check_lost(run, err) < 0)
		return -1;
	if (!pack->proved || pack->bad)
		return 0;
	int rc = bk_pack_reader_open(&reader, run->repo, &pack->row, &why);
	if (rc == 0)
		rc = prove_rest(run, pack, reader, &why);
	bk_pack_reader_close(reader);
	if (rc < 0)
		tell_bad(run, pack, &why);
	return 0;
}

int bk_check_rest(struct bk_check_run *run, struct bk_err *err)
{
	return each_pack(run, check_rest, err);
}
