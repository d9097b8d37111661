/* Many messages put together: each once, and each block opened once, though
 * they share content and come in an order that does not know of it. */

#include "repo/harvest.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/backups.h"
#include "lib/dice.h"
#include "lib/test.h"
#include "repo/hoard.h"

#define LETTERS 24 /* to each account; more than a cache has room for */
#define MIB     ((size_t)1 << 20)
#define BLOCKS  256

static struct backups b;
static struct bk_set *set;
static struct bk_row_list rows[2];
static struct bk_harvest_item items[2 * LETTERS];

static void deliver(const char *account, int i, const char *letter)
{
	struct bk_buf text = {0};
	char name[40];

	bk_buf_printf(&text, "Delivered-To: %s\nReceived: by %s; %d\n%s",
		      account, account, i, letter);
	(void)snprintf(name, sizeof(name), "17%02d.M0.host:2,", i);
	backups_deliver(&b, account, "", name, bk_buf_text(&text));
	bk_buf_clear(&text);
}

/* Letters of 1 MiB that do not compress, each to two people. */
static void deliver_all(void)
{
	struct dice dice = {5};

	for (int i = 0; i < LETTERS; i++) {
		struct bk_buf letter = {0};
		bk_buf_printf(&letter, "Subject: %d\n\n", i);
		for (size_t n = 0; n < MIB; n++)
			bk_buf_add_u8(&letter,
				      (uint8_t)(1 | dice_throw(&dice)));
		deliver(ANN, i, bk_buf_text(&letter));
		deliver(BOB, i, bk_buf_text(&letter));
		bk_buf_clear(&letter);
	}
}

static int start(void **state)
{
	struct bk_err err = {0};

	(void)state;
	backups_begin(&b);
	deliver_all();
	backups_make(&b, BK_BACKUP_FULL);
	testrepo_done(bk_set_open(&set, &b.t.repo, b.set, &err), &err);
	assert_int_equal(set->n_folders, 2);
	for (size_t i = 0; i < 2; i++) {
		testrepo_done(bk_set_rows(set, set->folders[i].id, true,
					  &rows[i], &err),
			      &err);
		assert_int_equal(rows[i].n, LETTERS);
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_row_list_clear(&rows[0]);
	bk_row_list_clear(&rows[1]);
	bk_set_close(set);
	backups_end(&b);
	return 0;
}

/* All messages, account by account. */
static void list_items(void)
{
	for (size_t i = 0; i < (size_t)2 * LETTERS; i++)
		items[i] = (struct bk_harvest_item){
			.row = &rows[i / LETTERS].items[i % LETTERS]};
}

/* ---- who looks on ---- */

struct onlooker {
	struct bk_block_watch watch;
	pthread_mutex_t lock;
	struct bk_pack_name packs[BLOCKS];
	uint32_t numbers[BLOCKS];
	size_t n, again; /* blocks; those that were opened before */
	unsigned seen[2][LETTERS], wrong;
	const struct bk_row *refused; /* ends the run */
};

static void note_block(struct bk_block_watch *watch,
		       struct bk_pack_reader *pack, uint32_t number,
		       const struct bk_opened_block *block)
{
	struct onlooker *o = (struct onlooker *)watch;
	struct bk_pack_name name = bk_pack_reader_name(pack);

	(void)block;
	pthread_mutex_lock(&o->lock);
	for (size_t i = 0; i < o->n; i++)
		o->again += o->numbers[i] == number &&
			    bk_pack_name_is(&o->packs[i], &name);
	if (o->n < BLOCKS) {
		o->packs[o->n] = name;
		o->numbers[o->n++] = number;
	}
	pthread_mutex_unlock(&o->lock);
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

static int note_message(void *context, const struct bk_harvest_item *item,
			struct bk_chunk_reader *reader, struct bk_err *err)
{
	struct onlooker *o = context;
	struct bk_sink sink = {nowhere};
	struct bk_err why = {0};

	if (item->row == o->refused)
		return bk_fail(err, BK_FULL, "no more");
	int rc = bk_chunk_reader_join(reader, item->row, &sink, &why);
	pthread_mutex_lock(&o->lock);
	o->wrong += rc < 0;
	for (size_t i = 0; i < 2; i++)
		if (item->row >= rows[i].items &&
		    item->row < rows[i].items + LETTERS)
			o->seen[i][item->row - rows[i].items]++;
	pthread_mutex_unlock(&o->lock);
	return rc < 0 ? 0 : rc;
}

static void look_on(struct onlooker *o)
{
	*o = (struct onlooker){.watch = {note_block}};
	assert_int_equal(pthread_mutex_init(&o->lock, NULL), 0);
	list_items();
}

static size_t blocks_of_packs(void)
{
	size_t n = 0;

	for (size_t i = 0; i < set->levels[0].table.n; i++) {
		struct bk_pack_reader *pack = NULL;
		struct bk_err err = {0};
		testrepo_done(bk_pack_reader_open(&pack, set->repo,
						  &set->levels[0].table.rows[i],
						  &err),
			      &err);
		n += bk_pack_reader_blocks(pack);
		bk_pack_reader_close(pack);
	}
	return n;
}

/* ---- the tests ---- */

static void each_message_comes_once_and_each_block_is_opened_once(void **state)
{
	struct onlooker o;
	struct bk_err err = {0};

	(void)state;
	look_on(&o);
	struct bk_harvest *harvest = bk_harvest_new(set, 2, &o.watch);
	testrepo_done(bk_harvest_run(harvest, items, (size_t)2 * LETTERS,
				     note_message, &o, &err),
		      &err);
	bk_harvest_free(harvest);
	for (size_t i = 0; i < (size_t)2 * LETTERS; i++)
		assert_int_equal(o.seen[i / LETTERS][i % LETTERS], 1);
	assert_int_equal(o.wrong, 0);
	assert_int_equal(o.again, 0);
	assert_true(o.n > LETTERS / 2);
	assert_int_equal(o.n, blocks_of_packs());
}

static void a_message_that_ends_it_ends_it_with_its_error(void **state)
{
	struct onlooker o;
	struct bk_err err = {0};

	(void)state;
	look_on(&o);
	o.refused = &rows[1].items[LETTERS / 2];
	struct bk_harvest *harvest = bk_harvest_new(set, 2, NULL);
	assert_int_equal(bk_harvest_run(harvest, items, (size_t)2 * LETTERS,
					note_message, &o, &err),
			 -1);
	assert_int_equal(err.kind, BK_FULL);
	/* And it can be used again. */
	o.refused = NULL;
	list_items();
	testrepo_done(
		bk_harvest_run(harvest, items, LETTERS, note_message, &o, &err),
		&err);
	testrepo_done(bk_harvest_run(harvest, items, 0, note_message, &o, &err),
		      &err);
	bk_harvest_free(harvest);
	assert_int_equal(o.wrong, 0);
}

/* A reader has to know that it is a trace that it is asked for, whatever it
 * was asked before. */
static void traces_are_fetched_by_readers_that_have_put_mail_together(
	void **state)
{
	struct bk_chunk_reader *reader = bk_chunk_reader_new(set, MIB);
	const struct bk_row *one = &rows[0].items[0];
	struct bk_sink sink = {nowhere};
	struct bk_err err = {0};

	(void)state;
	testrepo_done(bk_chunk_reader_join(reader, one, &sink, &err), &err);
	struct bk_hoard *hoard = bk_hoard_new(&one, 1, MIB, 1);
	assert_int_equal(bk_hoard_traces(hoard), 1);
	bk_hoard_fetch(hoard, 0, 0, 1, reader);
	assert_in_range(bk_hoard_bytes(hoard), 20, 200);
	bk_hoard_free(hoard);
	bk_chunk_reader_free(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			each_message_comes_once_and_each_block_is_opened_once),
		cmocka_unit_test(a_message_that_ends_it_ends_it_with_its_error),
		cmocka_unit_test(
			traces_are_fetched_by_readers_that_have_put_mail_together),
	};

	return cmocka_run_group_tests(tests, start, end);
}
