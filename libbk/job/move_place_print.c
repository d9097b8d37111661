/* Which account goes where, for people and programs: see move_work.h. */

#include "job/move_place.h"

static const char *how_of(const struct bk_move_spot *spot)
{
	if (spot->at == BK_PLACING_NOWHERE)
		return spot->why ? "NONE" : "NO ROOM";
	return spot->before  ? "as before"
	       : spot->found ? "its mail is there"
			     : "new";
}

static int print_accounts(const struct bk_move *move, struct bk_err *err)
{
	static const struct bk_field fields[] = {
		{"ACCOUNT", "account", BK_FIELD_NAME},
		{"SERVER",  "server",  BK_FIELD_TEXT},
		{"SIZE",    "bytes",   BK_FIELD_SIZE},
		{"PLACE",   "place",   BK_FIELD_TEXT},
		{"WHY",     "why",     BK_FIELD_TEXT},
	};
	struct bk_listing *to =
		bk_listing_new(&move->request->style, "place", fields,
			       sizeof(fields) / sizeof(*fields));

	for (size_t t = 0; t < move->accounts.n; t++) {
		const struct bk_move_task *task = &move->tasks[t];
		const struct bk_move_spot *spot = &move->placing->spots[t];
		const struct bk_cell cells[] = {
			bk_cell_text(task->account->from),
			bk_cell_text(bk_move_pair_name(move, task->pair)),
			spot->sized ? bk_cell_n(spot->bytes) : bk_cell_none(),
			bk_cell_text(how_of(spot)),
			bk_cell_text(task->unplaced ? task->unplaced->text
						    : NULL),
		};
		if (bk_listing_row(to, cells, err) < 0) {
			bk_listing_free(to);
			return -1;
		}
	}
	return bk_listing_finish(to, err);
}

static size_t new_at(const struct bk_move *move, size_t i)
{
	size_t n = 0;

	for (size_t t = 0; t < move->accounts.n; t++)
		n += move->placing->spots[t].at == i &&
		     !move->placing->spots[t].before;
	return n;
}

static struct bk_cell or_none(uint64_t bytes)
{
	return bytes == UINT64_MAX ? bk_cell_none() : bk_cell_n(bytes);
}

static int print_servers(const struct bk_move *move, struct bk_err *err)
{
	static const struct bk_field fields[] = {
		{"SERVER",   "server",   BK_FIELD_NAME  },
		{"WEIGHT",   "weight",   BK_FIELD_NUMBER},
		{"ACCOUNTS", "accounts", BK_FIELD_COUNT },
		{"NEW",      "new",      BK_FIELD_COUNT },
		{"SIZE",     "bytes",    BK_FIELD_SIZE  },
		{"CAPACITY", "capacity", BK_FIELD_SIZE  },
		{"FREE",     "free",     BK_FIELD_SIZE  },
	};
	struct bk_listing *to =
		bk_listing_new(&move->request->style, "server", fields,
			       sizeof(fields) / sizeof(*fields));

	for (size_t i = 0; i < move->n_pairs; i++) {
		const struct bk_placing_server *server =
			&move->placing->servers[i];
		const struct bk_cell cells[] = {
			bk_cell_text(move->pairs[i].to->end->name),
			bk_cell_n(server->weight),
			bk_cell_n(server->accounts),
			bk_cell_n(new_at(move, i)),
			bk_cell_n(server->bytes),
			or_none(server->capacity),
			or_none(server->free),
		};
		if (bk_listing_row(to, cells, err) < 0) {
			bk_listing_free(to);
			return -1;
		}
	}
	return bk_listing_finish(to, err);
}

int bk_move_place_print(const struct bk_move *move, struct bk_err *err)
{
	if (!move->placing)
		return 0;
	return print_accounts(move, err) < 0 ? -1 : print_servers(move, err);
}
