/* Putting messages together to see that they can be: see check_run.h. */

#include <stdlib.h>
#include <string.h>

#include "job/check_run.h"
#include "mail/recipe.h"
#include "repo/harvest.h"

#define ROWS       ((size_t)24 << 20) /* bytes of rows at a time */
#define NAMED_MOST 5

/* As many messages of a set as there is memory for their rows. */
struct joining {
	struct bk_check_run *run;
	struct bk_set *set;
	struct bk_harvest *harvest;
	struct bk_arena arena; /* of the rows */
	struct bk_harvest_item *items;
	size_t n, cap;
	_Atomic uint64_t spoilt; /* messages that cannot be put together */
};

static int nowhere(struct bk_sink *to, const void *data, size_t len,
		   struct bk_err *err)
{
	(void)to;
	(void)data;
	(void)len;
	(void)err;
	return 0;
}

static void name_message(struct joining *joining,
			 const struct bk_harvest_item *item,
			 const struct bk_err *why)
{
	const struct bk_set_folder *folder = item->owner;
	const struct bk_set_account *account =
		bk_set_account_by_id(joining->set, folder->account_id);

	const char *place = joining->run->place->name;

	if (bk_check_breaks_off(joining->run, why))
		return;
	char *text = place ? bk_asprintf("%s: %s", place, why->text)
			   : bk_strdup(why->text);
	atomic_fetch_add(&joining->spoilt, 1);
	bk_check_spoilt(joining->run, joining->set->levels[0].id);
	bk_progress_item_error(
		joining->run->progress,
		&(struct bk_item_error){
			.kind = BK_CORRUPT,
			.account = account ? account->account.address : NULL,
			.folder = folder->folder.name,
			.uid = item->row->msg.uid,
			.name = item->row->msg.name,
			.text = text,
			.outcome = "cannot be restored from this set",
		});
	free(text);
}

static int join(void *context, const struct bk_harvest_item *item,
		struct bk_chunk_reader *reader, struct bk_err *err)
{
	struct joining *joining = context;
	struct bk_sink sink = {nowhere};
	struct bk_err why = {0};

	if (bk_check_lost(joining->run, err) < 0)
		return -1;
	if (bk_chunk_reader_join(reader, item->row, &sink, &why) < 0)
		name_message(joining, item, &why);
	bk_progress_message(joining->run->progress, 1, item->row->msg.size);
	return 0;
}

static int join_all(struct joining *joining, struct bk_err *err)
{
	int rc = bk_harvest_run(joining->harvest, joining->items, joining->n,
				join, joining, err);

	joining->n = 0;
	bk_arena_clear(&joining->arena);
	return rc;
}

/* Of the row no more than this needs. */
static void add_row(struct joining *joining, struct bk_set_folder *folder,
		    const struct bk_row *row)
{
	struct bk_arena *arena = &joining->arena;
	struct bk_row *copy = bk_arena_memdup(arena, row, sizeof(*row));

	copy->msg.name = bk_arena_strdup(arena, row->msg.name);
	copy->msg.keywords = NULL;
	copy->msg.n_keywords = 0;
	copy->body.data = bk_arena_memdup(arena, row->body.data, row->body.len);
	joining->items = bk_array_room(joining->items, joining->n,
				       &joining->cap, sizeof(*joining->items));
	joining->items[joining->n++] =
		(struct bk_harvest_item){.row = copy, .owner = folder};
}

static int join_folder(struct joining *joining, struct bk_set_folder *folder,
		       struct bk_err *err)
{
	struct bk_row_list rows = {0};
	int rc = bk_set_rows(joining->set, folder->id, true, &rows, err);

	for (size_t i = 0; i < rows.n && rc == 0; i++) {
		if (rows.items[i].frame && !joining->run->only)
			continue; /* its own set proves it */
		add_row(joining, folder, &rows.items[i]);
		if (joining->arena.bytes >= ROWS)
			rc = join_all(joining, err);
	}
	bk_row_list_clear(&rows);
	return rc;
}

/* Where packs are bad, these are what is to be mended. */
static void tell_spoilt(struct joining *joining)
{
	const struct bk_set_level *top = &joining->set->levels[0];
	uint64_t n = atomic_load(&joining->spoilt);
	struct bk_err why = {0};
	char name[BK_SET_NAME];

	if (!n || bk_check_packs_bad(joining->run))
		return;
	(void)bk_fail(&why, BK_CORRUPT,
		      "set %s: %ju of its messages cannot be put together",
		      bk_set_name(name, top->id, top->root.kind), (uintmax_t)n);
	bk_check_finding(joining->run, &why, BK_CURE_COPY, top->id);
}

int bk_check_messages(struct bk_check_run *run, struct bk_set *set,
		      struct bk_err *err)
{
	struct bk_check_watch watch = bk_check_watch(run);
	struct joining joining = {.run = run, .set = set};
	int rc = 0;

	joining.harvest =
		bk_harvest_new(set, run->request->threads, &watch.watch);
	for (size_t i = 0; i < set->n_folders && rc == 0; i++)
		rc = join_folder(&joining, &set->folders[i], err);
	if (rc == 0)
		rc = join_all(&joining, err);
	bk_harvest_free(joining.harvest);
	free(joining.items);
	bk_arena_clear(&joining.arena);
	tell_spoilt(&joining);
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
