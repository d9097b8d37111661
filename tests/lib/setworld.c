/* A small world that is written as sets: see setworld.h. */

#include "lib/setworld.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "lib/test.h"
#include "repo/set.h"

const char *const world_keywords[WORLD_KEYWORDS] = {"$a", "b", "c$",
						    "d",  "e", "f"};

/* ---- the world ---- */

static int by_key(const void *a, const void *b)
{
	const struct world_row *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void mark(struct world_row *row, size_t n_keywords, struct dice *dice)
{
	row->flags = (uint8_t)(dice_throw(dice) & 63);
	row->modseq = dice_below(dice, 1u << 20);
	row->n_keywords = 0;
	for (uint16_t i = 0; i < n_keywords && row->n_keywords < 3; i++)
		if (dice_one_in(dice, 3))
			row->keywords[row->n_keywords++] = i;
}

static void new_row(struct world_folder *folder, unsigned set,
		    struct dice *dice)
{
	struct world_row *row = &folder->rows[folder->n];

	memset(row, 0, sizeof(*row));
	row->uid = dice_one_in(dice, 4) ? 0 : (uint32_t)dice_below(dice, 1000);
	(void)snprintf(row->name, sizeof(row->name), "m%zu",
		       dice_below(dice, 1000000));
	for (size_t i = 0; i < folder->n; i++)
		if (!by_key(row, &folder->rows[i]))
			return;
	mark(row, folder->n_keywords, dice);
	row->date = (int64_t)dice_throw(dice) >> 30;
	row->size = dice_below(dice, 1u << 30);
	dice_fill(dice, row->digest, sizeof(row->digest));
	for (size_t i = 0; i < 2; i++)
		row->refs[i] = (uint64_t)dice_below(dice, 9) << 32 |
			       dice_below(dice, 70000);
	row->added_in = set;
	folder->n++;
}

static void change_folder(struct world_folder *folder, unsigned set,
			  struct dice *dice)
{
	for (size_t k = dice_below(dice, 12); k && folder->n; k--) {
		struct world_row *row =
			&folder->rows[dice_below(dice, folder->n)];
		if (dice_one_in(dice, 2))
			mark(row, folder->n_keywords, dice);
		else
			*row = folder->rows[--folder->n];
	}
	for (size_t k = dice_below(dice, 10); k && folder->n < WORLD_ROWS; k--)
		new_row(folder, set, dice);
	if (folder->n_keywords < WORLD_KEYWORDS)
		folder->n_keywords += dice_below(dice, 2);
	if (dice_one_in(dice, 5))
		(void)snprintf(folder->name, sizeof(folder->name), "f%zu",
			       dice_below(dice, 100000));
	qsort(folder->rows, folder->n, sizeof(folder->rows[0]), by_key);
}

static void change_account(struct world *world, size_t i, struct dice *dice)
{
	if (!world->accounts[i]) {
		world->accounts[i] = ++world->last_account;
		return;
	}
	if (!dice_one_in(dice, 3)) {
		world->moods[i]++;
		return;
	}
	for (size_t k = 0; k < WORLD_FOLDERS; k++)
		if (world->folders[k].account == world->accounts[i])
			memset(&world->folders[k], 0,
			       sizeof(world->folders[k]));
	world->accounts[i] = 0;
}

void world_change(struct world *world, struct dice *dice, unsigned set)
{
	for (size_t i = 0; i < WORLD_ACCOUNTS; i++)
		if (dice_one_in(dice, 4))
			change_account(world, i, dice);
	for (size_t i = 0; i < WORLD_FOLDERS; i++) {
		struct world_folder *folder = &world->folders[i];
		uint32_t account =
			world->accounts[dice_below(dice, WORLD_ACCOUNTS)];
		if (!folder->id && account) {
			*folder = (struct world_folder){
				.id = ++world->last_folder, .account = account};
			(void)snprintf(folder->name, sizeof(folder->name),
				       "f%zu", i);
		}
		if (folder->id && dice_one_in(dice, 8))
			memset(folder, 0, sizeof(*folder));
		else if (folder->id && dice_one_in(dice, 2))
			change_folder(folder, set, dice);
	}
}

/* ---- writing it ---- */

struct bk_message world_message(const struct world_row *row)
{
	return (struct bk_message){
		.name = row->name,
		.uid = row->uid,
		.flags = row->flags,
		.n_keywords = row->n_keywords,
		.keywords = row->keywords,
		.date = row->date,
		.size = row->size,
		.modseq = row->modseq,
	};
}

static void folder_of(const struct world_folder *from, struct bk_folder *out)
{
	*out = (struct bk_folder){.name = from->name, .uid_validity = 7};
	for (size_t i = 0; i < from->n_keywords; i++)
		(void)bk_folder_keyword(out, world_keywords[i]);
}

void world_folder_body(const struct world_folder *from, struct bk_buf *out)
{
	struct bk_folder folder;

	folder_of(from, &folder);
	bk_folder_encode(out, from->id, from->account, &folder, from->n);
	bk_folder_clear(&folder);
}

void world_account_body(const struct world *world, size_t i, struct bk_buf *out)
{
	struct bk_property mood = {
		"mood", {&world->moods[i], 1}
        };
	char address[16];
	const struct bk_account account = {address, NULL, &mood, 1};

	(void)snprintf(address, sizeof(address), "a%zu@test", i);
	bk_account_encode(out, world->accounts[i], &account);
}

/* Records of one folder, as they are filled. */
struct writing {
	struct setmaker *maker;
	const struct world_folder *folder;
	struct bk_rows_record rows;
	struct bk_delta_record delta;
	bool whole; /* record 3 */
	struct bk_recipe recipe;
	struct dice *dice;
};

static void flush(struct writing *w)
{
	struct bk_buf body = {0};
	struct bk_err err = {0};

	if (w->whole)
		bk_rows_record_finish(&w->rows, w->folder->id, &body);
	else
		bk_delta_record_finish(&w->delta, w->folder->id, &body);
	testrepo_done(bk_manifest_writer_messages(
			      w->maker->manifest,
			      w->whole ? BK_RECORD_MESSAGES : BK_RECORD_CHANGES,
			      w->folder->account, w->folder->id,
			      bk_buf_view(&body), &err),
		      &err);
	bk_buf_clear(&body);
}

static void recipe_of(const struct world_row *row, struct bk_recipe *recipe)
{
	bk_recipe_reset(recipe);
	for (size_t i = 0; i < 2; i++) {
		recipe->refs = bk_array_room(recipe->refs, i, &recipe->cap_refs,
					     sizeof(*recipe->refs));
		recipe->refs[i] = row->refs[i];
	}
	recipe->n_refs = 2;
	recipe->n_skeleton = 2;
}

void world_row_body(const struct world_row *row, struct bk_buf *out)
{
	struct bk_recipe recipe = {0};
	struct bk_ref_trail trail;

	bk_ref_trail_init(&trail);
	recipe_of(row, &recipe);
	bk_recipe_encode(&recipe, &trail, out);
	bk_recipe_clear(&recipe);
}

static void write_row(struct writing *w, const struct world_row *row)
{
	struct bk_message msg = world_message(row);

	recipe_of(row, &w->recipe);
	if (w->whole)
		bk_rows_record_add(&w->rows, &msg, row->digest, &w->recipe);
	else
		bk_delta_record_add(&w->delta, &msg, row->digest, &w->recipe);
}

static bool same_marks(const struct world_row *a, const struct world_row *b)
{
	return a->flags == b->flags && a->modseq == b->modseq &&
	       a->n_keywords == b->n_keywords &&
	       memcmp(a->keywords, b->keywords,
		      a->n_keywords * sizeof(a->keywords[0])) == 0;
}

/* The next base row meets the next row of now: which of them was consumed. */
static int meet(struct writing *w, const struct world_row *was,
		const struct world_row *now)
{
	int order = !was ? 1 : !now ? -1 : by_key(was, now);
	struct bk_message msg;

	if (order < 0 || (!order && was->added_in != now->added_in)) {
		bk_delta_record_drop(&w->delta);
		return -1;
	}
	if (order > 0) {
		write_row(w, now);
		return 1;
	}
	msg = world_message(now);
	if (same_marks(was, now))
		bk_delta_record_keep(&w->delta);
	else
		bk_delta_record_flags(&w->delta, &msg);
	return 0;
}

static void write_changes(struct writing *w, const struct world_folder *was)
{
	const struct world_folder *now = w->folder;
	size_t i = 0, j = 0;

	while (i < was->n || j < now->n) {
		int order = meet(w, i < was->n ? &was->rows[i] : NULL,
				 j < now->n ? &now->rows[j] : NULL);
		i += order <= 0;
		j += order >= 0;
		if (dice_one_in(w->dice, 9))
			flush(w);
	}
	flush(w);
}

static void write_all(struct writing *w, struct world_folder *now, unsigned set)
{
	w->whole = true;
	for (size_t i = 0; i < now->n; i++) {
		now->rows[i].added_in = set;
		write_row(w, &now->rows[i]);
		if (dice_one_in(w->dice, 20))
			flush(w);
	}
	flush(w);
}

const struct world_folder *world_folder_by_id(const struct world *world,
					      uint32_t id)
{
	for (size_t i = 0; i < WORLD_FOLDERS; i++)
		if (id && world->folders[i].id == id)
			return &world->folders[i];
	return NULL;
}

static bool has_account(const struct world *world, uint32_t id)
{
	for (size_t i = 0; i < WORLD_ACCOUNTS; i++)
		if (id && world->accounts[i] == id)
			return true;
	return false;
}

static void write_folder(struct setmaker *maker, struct world_folder *now,
			 const struct world_folder *was, unsigned set,
			 struct dice *dice)
{
	struct writing w = {.maker = maker, .folder = now, .dice = dice};
	struct bk_buf body = {0}, before = {0};

	world_folder_body(now, &body);
	if (was)
		world_folder_body(was, &before);
	if (body.len != before.len ||
	    memcmp(body.data, before.data, body.len) != 0)
		bk_manifest_writer_name(maker->manifest, BK_RECORD_FOLDER,
					bk_buf_view(&body));
	if (!was || dice_one_in(dice, 8))
		write_all(&w, now, set);
	else if (now->n != was->n || dice_one_in(dice, 2) ||
		 memcmp(now->rows, was->rows, now->n * sizeof(now->rows[0])))
		write_changes(&w, was);
	bk_rows_record_clear(&w.rows);
	bk_delta_record_clear(&w.delta);
	bk_recipe_clear(&w.recipe);
	bk_buf_clear(&body);
	bk_buf_clear(&before);
}

static void write_gone(struct setmaker *maker, uint8_t type, uint32_t id)
{
	struct bk_buf body = {0};

	bk_buf_add_varint(&body, id);
	bk_manifest_writer_name(maker->manifest, type, bk_buf_view(&body));
	bk_buf_clear(&body);
}

static void write_accounts(struct setmaker *maker, const struct world *now,
			   const struct world *was)
{
	for (size_t i = 0; i < WORLD_ACCOUNTS; i++) {
		struct bk_buf body = {0};
		if (was->accounts[i] && was->accounts[i] != now->accounts[i])
			write_gone(maker, BK_RECORD_ACCOUNT_GONE,
				   was->accounts[i]);
		if (!now->accounts[i])
			continue;
		world_account_body(now, i, &body);
		bk_manifest_writer_name(maker->manifest, BK_RECORD_ACCOUNT,
					bk_buf_view(&body));
		bk_buf_clear(&body);
	}
}

void world_write(struct setmaker *maker, struct world *now,
		 const struct world *was, unsigned set, struct dice *dice)
{
	write_accounts(maker, now, was);
	for (size_t i = 0; i < WORLD_FOLDERS; i++) {
		const struct world_folder *old = &was->folders[i];
		if (old->id && !world_folder_by_id(now, old->id) &&
		    has_account(now, old->account))
			write_gone(maker, BK_RECORD_FOLDER_GONE, old->id);
	}
	for (size_t i = WORLD_FOLDERS; i-- > 0;) { /* in any order */
		struct world_folder *folder = &now->folders[i];
		if (folder->id)
			write_folder(maker, folder,
				     world_folder_by_id(was, folder->id), set,
				     dice);
	}
}

static void sum_folder(const struct world_folder *folder,
		       struct bk_sha256 *total, struct bk_manifest_end *end)
{
	uint8_t sum[BK_SHA256_LEN];
	struct bk_folder named;
	struct bk_sha256 sha;
	struct bk_buf bytes = {0};

	folder_of(folder, &named);
	world_folder_body(folder, &bytes);
	for (size_t i = 0; i < folder->n; i++) {
		struct bk_message msg = world_message(&folder->rows[i]);
		bk_state_row(&bytes, &named, &msg, folder->rows[i].digest);
		end->messages++;
		end->bytes += msg.size;
	}
	bk_sha256_init(&sha);
	bk_sha256_update(&sha, bytes.data, bytes.len);
	bk_sha256_final(&sha, sum);
	bk_sha256_update(total, sum, sizeof(sum));
	bk_folder_clear(&named);
	bk_buf_clear(&bytes);
}

void world_end(const struct world *world, struct bk_manifest_end *end)
{
	struct bk_sha256 total;

	*end = (struct bk_manifest_end){0};
	bk_sha256_init(&total);
	for (size_t i = 0; i < WORLD_ACCOUNTS; i++)
		end->accounts += world->accounts[i] != 0;
	for (uint32_t id = 1; id <= world->last_folder; id++) {
		const struct world_folder *folder =
			world_folder_by_id(world, id);
		if (!folder)
			continue;
		end->folders++;
		sum_folder(folder, &total, end);
	}
	bk_sha256_final(&total, end->state_sha256);
}
