/*
 * Each account of a move has its place at one of several destinations, for
 * good: where an earlier run put it, or where its mail is already; the others
 * are spread by job/placing.h, and that is on disk before one of them is
 * touched.
 */

#include "job/move_place.h"

#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "report/units.h"

/* ---- what is known ---- */

static int read_known(struct bk_move *move, struct bk_err *err)
{
	struct bk_move_placing *placing = move->placing;

	move->outcome->place = BK_PLACE_LOCK;
	for (size_t i = 0; i < move->n_pairs; i++) {
		const struct bk_move_pair *pair = &move->pairs[i];
		if (bk_move_placed_read(&placing->placed[i], pair->placed_path,
					err) < 0 ||
		    bk_move_pair_records(move, pair, &placing->records[i],
					 err) < 0)
			return -1;
	}
	return 0;
}

static int find_at(struct bk_move *move, size_t t, size_t i, struct bk_err *err)
{
	struct bk_move_placing *placing = move->placing;
	const char *name = move->tasks[t].name;
	enum bk_move_claim claim = BK_CLAIM_NONE;

	struct bk_move_place *place =
		bk_move_placed_find(&placing->placed[i], name);
	const struct bk_move_record *record =
		bk_move_records_find(&placing->records[i], name);
	if (place)
		place->seen = true;
	if (bk_move_claim(&claim, move->pairs[i].notes, name, place, record,
			  err) < 0)
		return -1;
	if (claim <= placing->spots[t].claim)
		return 0;
	placing->spots[t] = (struct bk_move_spot){
		.at = i,
		.before = true,
		.claim = claim,
		.sized = place != NULL,
		.bytes = place ? place->bytes : 0,
		.arrived = record && record->report.messages,
	};
	return 0;
}

static int find_known(struct bk_move *move, size_t t, struct bk_err *err)
{
	const struct bk_move_elsewhere *elsewhere = move->tasks[t].elsewhere;
	struct bk_move_spot *spot = &move->placing->spots[t];

	for (size_t i = 0; i < move->n_pairs; i++)
		if (find_at(move, t, i, err) < 0)
			return -1;
	if (elsewhere && elsewhere->claim > spot->claim)
		*spot = (struct bk_move_spot){
			.at = BK_PLACING_NOWHERE,
			.why = &elsewhere->why,
		};
	return 0;
}

/* ---- where mail is already ---- */

/* All servers have said what they have of it. */
static bool wants_place(const struct bk_move_spot *spot)
{
	return spot->at == BK_PLACING_NOWHERE && spot->rooms && !spot->why;
}

static void find_mail(const struct bk_move *move, struct bk_move_spot *spot)
{
	size_t found = BK_PLACING_NOWHERE;

	if (!wants_place(spot))
		return;
	for (size_t i = 0; i < move->n_pairs; i++)
		if (spot->messages[i] &&
		    (found == BK_PLACING_NOWHERE ||
		     spot->messages[i] > spot->messages[found]))
			found = i;
	if (found == BK_PLACING_NOWHERE)
		return;
	spot->at = found;
	spot->found = true;
	spot->arrived = true;
}

/* ---- the others ---- */

/* A server that nobody gets into would be passed over in silence. */
static int check_doors(const struct bk_move *move, struct bk_err *err)
{
	for (size_t i = 0; i < move->n_pairs; i++) {
		const struct bk_move_door *door = &move->placing->doors[i];
		const char *name = move->pairs[i].to->end->name;
		if (!door->asked || door->open || door->placed)
			continue;
		move->outcome->place = BK_PLACE_DESTINATION;
		return bk_fail(
			err, BK_DENIED,
			"%s lets in none of %zu accounts (%s). No "
			"mailbox was touched. Mend that, or leave %s out "
			"of --to",
			name, door->asked, door->why.text, name);
	}
	return 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Why it is nowhere: what each server says. */
static const struct bk_err *no_place(struct bk_move *move,
				     const struct bk_move_spot *spot)
{
	char has[BK_UNITS_TEXT], room[BK_UNITS_TEXT];
	struct bk_buf text = {0};
	struct bk_err why = {0};
	bool any = false;

	for (size_t i = 0; i < move->n_pairs; i++) {
		const struct bk_placing_server *server =
			&move->placing->servers[i];
		uint64_t left = least(spot->rooms[i].bytes, server->free);
		left = least(left, server->capacity > server->bytes
					   ? server->capacity - server->bytes
					   : 0);
		bk_buf_printf(&text, "%s %s ", i ? "," : ":",
			      move->pairs[i].to->end->name);
		if (spot->rooms[i].may)
			bk_buf_printf(&text, "has room for %s",
				      bk_units_size(room, left));
		else
			bk_buf_printf(&text, "does not let it in");
		any = any || spot->rooms[i].may;
	}
	(void)bk_fail(&why, any ? BK_FULL : BK_DENIED,
		      "it has %s of mail, and no server takes it%s",
		      bk_units_size(has, spot->bytes), bk_buf_text(&text));
	bk_buf_clear(&text);
	return bk_arena_memdup(&move->arena, &why, sizeof(why));
}

/* What has its place there and is not asked for now. */
static void add_others(struct bk_move *move, size_t i)
{
	const struct bk_move_placed *placed = &move->placing->placed[i];
	struct bk_placing_server *server = &move->placing->servers[i];
	const struct bk_move_to *to = move->pairs[i].to;

	*server = (struct bk_placing_server){
		.weight = to->weight,
		.capacity = to->capacity,
		.free = move->pairs[i].free,
	};
	for (size_t k = 0; k < placed->n; k++) {
		if (placed->items[k].seen)
			continue;
		server->bytes += placed->items[k].bytes;
		server->accounts++;
	}
}

/* One of which something was not said counts for nothing, and goes nowhere. */
static void spread(struct bk_move *move)
{
	struct bk_move_placing *placing = move->placing;
	size_t n = 0;
	struct bk_placing_account *accounts =
		bk_alloc((move->accounts.n + 1) * sizeof(*accounts));

	for (size_t i = 0; i < move->n_pairs; i++)
		add_others(move, i);
	for (size_t t = 0; t < move->accounts.n; t++) {
		const struct bk_move_spot *spot = &placing->spots[t];
		if (spot->at == BK_PLACING_NOWHERE && !wants_place(spot))
			continue;
		accounts[n++] = (struct bk_placing_account){
			.address = move->tasks[t].name,
			.bytes = spot->bytes,
			.at = spot->at,
			.arrived = spot->arrived,
			.rooms = spot->rooms,
		};
	}
	bk_placing_make(placing->servers, move->n_pairs, accounts, n);
	n = 0;
	for (size_t t = 0; t < move->accounts.n; t++) {
		struct bk_move_spot *spot = &placing->spots[t];
		if (spot->at != BK_PLACING_NOWHERE || wants_place(spot))
			spot->at = accounts[n++].at;
	}
	free(accounts);
}

static void give_places(struct bk_move *move, bool all)
{
	for (size_t t = 0; t < move->accounts.n; t++) {
		const struct bk_move_spot *spot = &move->placing->spots[t];
		struct bk_move_task *task = &move->tasks[t];
		if (spot->at != BK_PLACING_NOWHERE)
			task->pair = &move->pairs[spot->at];
		else if (spot->why)
			task->unplaced = spot->why;
		else if (all)
			task->unplaced = no_place(move, spot);
	}
}

/* ---- noted ---- */

static int note_pair(struct bk_move *move, size_t i, struct bk_err *err)
{
	struct bk_move_placed *placed = &move->placing->placed[i];
	const struct bk_move_pair *pair = &move->pairs[i];
	size_t before = placed->n;

	for (size_t t = 0; t < move->accounts.n; t++) {
		const struct bk_move_spot *spot = &move->placing->spots[t];
		const char *name = move->tasks[t].name;
		/* It is sorted as far as it was read. */
		struct bk_move_placed known = {.items = placed->items,
					       .n = before};
		if (spot->at == i && spot->sized &&
		    !bk_move_placed_find(&known, name))
			bk_move_placed_add(placed, name, spot->bytes);
	}
	if (placed->n == before)
		return 0;
	if (bk_move_ends_note(move, pair, err) < 0)
		return -1;
	return bk_move_placed_write(placed, pair->folder, pair->placed_path,
				    err);
}

static int note_places(struct bk_move *move, struct bk_err *err)
{
	move->outcome->place = BK_PLACE_LOCK;
	for (size_t i = 0; i < move->n_pairs; i++) {
		if (note_pair(move, i, err) < 0)
			return -1;
		bk_fault("move: accounts placed at one server");
	}
	return 0;
}

/* ---- all of it ---- */

static void begin(struct bk_move *move)
{
	struct bk_move_placing *placing = bk_alloc(sizeof(*placing));
	size_t n = move->n_pairs;

	*placing = (struct bk_move_placing){
		.spots = bk_alloc((move->accounts.n + 1) *
				  sizeof(*placing->spots)),
		.servers = bk_alloc(n * sizeof(*placing->servers)),
		.doors = bk_alloc(n * sizeof(*placing->doors)),
		.placed = bk_alloc(n * sizeof(*placing->placed)),
		.records = bk_alloc(n * sizeof(*placing->records)),
	};
	for (size_t t = 0; t < move->accounts.n; t++)
		placing->spots[t] =
			(struct bk_move_spot){.at = BK_PLACING_NOWHERE};
	for (size_t i = 0; i < n; i++) {
		placing->doors[i] = (struct bk_move_door){0};
		placing->placed[i] = (struct bk_move_placed){0};
		placing->records[i] = (struct bk_move_records){0};
	}
	move->placing = placing;
}

static int find_others(struct bk_move *move, struct bk_err *err)
{
	struct bk_move_placing *placing = move->placing;

	for (size_t t = 0; t < move->accounts.n; t++)
		if (placing->spots[t].at != BK_PLACING_NOWHERE)
			placing->doors[placing->spots[t].at].placed++;
	move->outcome->place = BK_PLACE_DESTINATION;
	if (bk_move_each(move, bk_move_ask, err) < 0 ||
	    check_doors(move, err) < 0)
		return -1;
	for (size_t t = 0; t < move->accounts.n; t++)
		find_mail(move, &placing->spots[t]);
	spread(move);
	return 0;
}

static int look_up(struct bk_move *move, struct bk_err *err)
{
	begin(move);
	if (read_known(move, err) < 0)
		return -1;
	for (size_t t = 0; t < move->accounts.n; t++)
		if (find_known(move, t, err) < 0)
			return -1;
	return 0;
}

/* All go there but those whose place is elsewhere. */
static int place_at_one(struct bk_move *move, struct bk_err *err)
{
	bool any = false;

	for (size_t t = 0; t < move->accounts.n; t++)
		any = any || move->tasks[t].elsewhere;
	if (!any)
		return 0;
	int rc = look_up(move, err);
	for (size_t t = 0; rc == 0 && t < move->accounts.n; t++) {
		struct bk_move_task *task = &move->tasks[t];
		task->unplaced = move->placing->spots[t].why;
		if (task->unplaced)
			task->pair = NULL;
	}
	bk_move_place_free(move);
	return rc;
}

int bk_move_place(struct bk_move *move, bool all, bool writes,
		  struct bk_err *err)
{
	if (bk_move_elsewhere_find(move, err) < 0)
		return -1;
	if (move->n_pairs == 1)
		return place_at_one(move, err);
	if (look_up(move, err) < 0)
		return -1;
	if (all && find_others(move, err) < 0)
		return -1;
	give_places(move, all);
	return all && writes ? note_places(move, err) : 0;
}

void bk_move_place_free(struct bk_move *move)
{
	struct bk_move_placing *placing = move->placing;

	if (!placing)
		return;
	for (size_t i = 0; i < move->n_pairs; i++) {
		bk_move_placed_clear(&placing->placed[i]);
		bk_move_records_clear(&placing->records[i]);
	}
	free(placing->spots);
	free(placing->servers);
	free(placing->doors);
	free(placing->placed);
	free(placing->records);
	free(placing);
	move->placing = NULL;
}
