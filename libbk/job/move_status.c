/* What is known of a move without asking its ends: status and report. */

#include <stdlib.h>
#include <string.h>

#include "job/cutover_note.h"
#include "job/move_carried.h"
#include "job/move_elsewhere.h"
#include "report/move_line.h"
#include "report/units.h"

/* The account's address is what its name in the journal begins with. */
static bool is_wanted(const struct bk_move *move, const char *address)
{
	return bk_filter_takes(move->request->only, address);
}

static int no_pass(struct bk_move *move, struct bk_err *err)
{
	struct bk_buf others = {0};

	move->outcome->place = BK_PLACE_LOCK;
	int rc = bk_move_elsewhere_names(move, &others, err);
	if (rc == 0 && others.len) {
		move->outcome->place = BK_PLACE_SET;
		rc = bk_fail(err, BK_GONE,
			     "no pass of a move from %s to %s is known here, "
			     "but to %s: name that with --to",
			     move->request->from->name, move->request->to_name,
			     bk_buf_text(&others));
	}
	bk_buf_clear(&others);
	if (rc < 0)
		return -1;
	move->outcome->place = BK_PLACE_SET;
	return bk_fail(err, BK_GONE,
		       "no pass of a move from %s to %s is known here; is it "
		       "the host that runs it? To begin: bk move %s",
		       move->request->from->name, move->request->to_name,
		       move->request->command);
}

static const char *word_of(enum bk_move_state state)
{
	switch (state) {
	case BK_MOVE_DONE:
		return "complete";
	case BK_MOVE_INCOMPLETE:
		return "incomplete";
	case BK_MOVE_FAILED:
		return "failed";
	case BK_MOVE_PUT_OFF:
		return "put off";
	case BK_MOVE_PLANNED: /* nothing has come of it yet */
		break;
	}
	return "under way";
}

/* What to do about an account that is not whole at one server, or was left. */
static const char *next_of(struct bk_move *move, bool running,
			   enum bk_stage stage, const struct bk_move_report *r)
{
	bool under_way = stage != BK_STAGE_AS_IT_WAS && stage != BK_STAGE_MOVED;
	struct bk_buf text = {0};

	if (under_way && running)
		return NULL;
	if (!under_way &&
	    (r->state == BK_MOVE_DONE || r->state == BK_MOVE_PLANNED))
		return NULL;
	if (stage == BK_STAGE_RETURNING || stage == BK_STAGE_UNDOING)
		return bk_move_next(move, "rollback", r->account);
	bk_buf_printf(&text, "%s", bk_move_next(move, "", r->account));
	if (under_way && !*move->request->stages)
		bk_buf_printf(&text, " --stages account");
	const char *kept = bk_arena_strdup(&move->arena, bk_buf_text(&text));
	bk_buf_clear(&text);
	return kept;
}

static int add_status(struct bk_move *move, const struct bk_move_pair *pair,
		      struct bk_listing *to,
		      const struct bk_move_record *record, struct bk_err *err)
{
	const struct bk_move_report *r = &record->report;
	struct bk_cutover_note note = {0};
	struct bk_err why = {0};
	const char *stage = "unknown";

	if (bk_cutover_note_read(&note, pair->notes, record->name, &why) == 0)
		stage = bk_stage_word(note.stage);
	const char *next = next_of(move, pair->running, note.stage, r);
	bk_cutover_note_clear(&note);
	char text[BK_UNITS_TEXT];
	const char *downtime =
		r->downtime > 0 ? bk_units_duration(text, r->downtime) : NULL;
	const struct bk_cell cells[] = {
		bk_cell_text(r->account),
		bk_cell_text(strcmp(r->account, r->to) != 0 ? r->to : NULL),
		bk_cell_text(r->server),
		bk_cell_text(word_of(r->state)),
		bk_cell_time(record->ended),
		bk_cell_n(r->messages),
		bk_cell_n(r->added),
		bk_cell_n(r->bytes),
		bk_cell_n(r->refused + r->unread),
		bk_cell_text(r->cutover == BK_CUTOVER_NOT_TRIED
				     ? NULL
				     : bk_move_cutover_word(r->cutover)),
		bk_cell_text(downtime),
		bk_cell_n((uint64_t)(r->downtime * 1000)),
		bk_cell_text(r->why      ? r->why
			     : *why.text ? why.text
					 : NULL),
		bk_cell_text(stage),
		bk_cell_text(next),
	};

	return bk_listing_row(to, cells, err);
}

/* An account whose first pass was followed by a cutover that is under way, or
 * was cut off, has no record yet. */
struct adding {
	struct bk_move *move;
	const struct bk_move_pair *pair;
	struct bk_move_records *to;
};

static int add_unrecorded(void *arg, const struct bk_cutover_note *note,
			  struct bk_err *err)
{
	const struct adding *adding = arg;
	struct bk_move_records *to = adding->to;
	const char *name = bk_arena_strdup(&adding->move->arena, note->account);
	bool running = adding->pair->running;

	(void)err;
	for (size_t i = 0; i < to->n; i++)
		if (strcmp(to->items[i].name, name) == 0)
			return 0;
	to->items =
		bk_array_room(to->items, to->n, &to->cap, sizeof(*to->items));
	to->items[to->n++] = (struct bk_move_record){
		.name = name,
		.ended = running ? 0 : note->held_ms / 1000,
		.report = {.account = name,
			   .to = name,
			   .server = bk_move_pair_name(adding->move,
                           adding->pair),
			   .state = running ? BK_MOVE_PLANNED : BK_MOVE_FAILED,
			   .why = running ? NULL
					  : "the run that held it was cut off"},
	};
	return 0;
}

static int read_records(struct bk_move *move, const struct bk_move_pair *pair,
			struct bk_move_records *records, struct bk_err *err)
{
	struct adding adding = {move, pair, records};

	move->outcome->place = BK_PLACE_LOCK;
	if (bk_move_pair_records(move, pair, records, err) < 0)
		return -1;
	return bk_cutover_notes_each(pair->notes, add_unrecorded, &adding, err);
}

/* A table of the records that are asked for. */
struct table {
	const char *type; /* of a row, for programs */
	const struct bk_field *fields;
	size_t n_fields;
	int (*add)(struct bk_move *move, const struct bk_move_pair *pair,
		   struct bk_listing *to, const struct bk_move_record *record,
		   struct bk_err *err);
};

static int add_rows(struct bk_move *move, const struct table *table,
		    const struct bk_move_pair *pair, struct bk_listing *to,
		    struct bk_err *err)
{
	struct bk_move_records records = {0};

	int rc = read_records(move, pair, &records, err);
	move->ended += records.n;
	for (size_t i = 0; rc == 0 && i < records.n; i++)
		if (is_wanted(move, records.items[i].report.account))
			rc = table->add(move, pair, to, &records.items[i], err);
	bk_move_records_clear(&records);
	return rc;
}

static int print(struct bk_move *move, const struct table *table,
		 struct bk_err *err)
{
	struct bk_listing *to =
		bk_listing_new(&move->request->style, table->type,
			       table->fields, table->n_fields);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < move->n_pairs; i++)
		rc = add_rows(move, table, &move->pairs[i], to, err);
	if (rc == 0 && !move->ended)
		rc = no_pass(move, err);
	if (rc == 0)
		return bk_listing_finish(to, err);
	bk_listing_free(to);
	return -1;
}

int bk_move_status(struct bk_move *move, struct bk_err *err)
{
	bool one = move->n_pairs == 1;
	const struct bk_field fields[] = {
		{"ACCOUNT",             "account",  BK_FIELD_NAME  },
		{"TO",                  "to",       BK_FIELD_TEXT  },
		{one ? NULL : "SERVER", "server",   BK_FIELD_TEXT  },
		{"LAST PASS",           "state",    BK_FIELD_TEXT  },
		{"ENDED",               "ended",    BK_FIELD_TIME  },
		{"MESSAGES",            "messages", BK_FIELD_COUNT },
		{"COPIED",              "new",      BK_FIELD_COUNT },
		{"SIZE",                "bytes",    BK_FIELD_SIZE  },
		{"LEFT",                "left",     BK_FIELD_COUNT },
		{"CUTOVER",             "cutover",  BK_FIELD_TEXT  },
		{"HELD FOR",            NULL,       BK_FIELD_TEXT  },
		{NULL,                  "held_ms",  BK_FIELD_NUMBER},
		{"WHY",                 "why",      BK_FIELD_TEXT  },
		{"STAGE",               "stage",    BK_FIELD_TEXT  },
		{"NEXT",                "next",     BK_FIELD_TEXT  },
	};
	const struct table table = {"account", fields,
				    sizeof(fields) / sizeof(*fields),
				    add_status};

	return print(move, &table, err);
}

/* ---- report ---- */

struct count {
	const char *what, *became;
	uint64_t n;
};

static int add_line(struct bk_listing *to, const struct bk_move_report *r,
		    const struct bk_move_item *item, const struct count *count,
		    struct bk_err *err)
{
	const struct bk_cell cells[] = {
		bk_cell_text(r->account),
		bk_cell_text(r->server),
		bk_cell_text(count->what),
		bk_cell_text(count->became),
		bk_cell_n(count->n),
		bk_cell_text(item ? item->folder : NULL),
		bk_cell_n(item ? item->uid : 0),
		bk_cell_text(item ? item->text : NULL),
	};

	return bk_listing_row(to, cells, err);
}

static int add_counts(struct bk_listing *to, const struct bk_move_report *r,
		      struct bk_err *err)
{
	const struct count counts[] = {
		{"folders",  "carried over",           r->folders                   },
		{"messages", "carried over",           r->added + r->found + r->kept},
		{"messages", "refused there",          r->refused                   },
		{"messages", "could not be read",      r->unread                    },
		{"messages", "taken away with source", r->gone                      },
		{"flags",    "not possible there",     r->lost_flags                },
	};

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		if (counts[i].n && add_line(to, r, NULL, &counts[i], err) < 0)
			return -1;
	return 0;
}

/* What goes along with the mail. */
static int add_carried(struct bk_listing *to,
		       const struct bk_move_record *record, struct bk_err *err)
{
	struct bk_carried_list rows;
	int rc = 0;

	bk_move_carried_rows(record, &rows);
	for (size_t i = 0; i < rows.n && rc == 0; i++) {
		const struct bk_carried *row = &rows.items[i];
		const struct bk_move_item item = {
			.folder = *row->folder ? row->folder : NULL,
			.text = *row->why ? row->why : NULL};
		const struct count count = {
			row->what, bk_became_word(row->became), row->n};
		rc = add_line(to, &record->report, &item, &count, err);
	}
	bk_carried_list_clear(&rows);
	return rc;
}

static int add_cutover(struct bk_listing *to, const struct bk_move_report *r,
		       struct bk_err *err)
{
	char text[BK_UNITS_TEXT];
	const struct count one = {"cutover", bk_move_cutover_word(r->cutover),
				  1};

	if (r->cutover == BK_CUTOVER_NOT_TRIED)
		return 0;
	char *held = bk_asprintf("held for %s",
				 bk_units_duration(text, r->downtime));
	const struct bk_move_item item = {.text = held};
	int rc = add_line(to, r, r->downtime > 0 ? &item : NULL, &one, err);
	free(held);
	return rc;
}

static int add_report(struct bk_move *move, const struct bk_move_pair *pair,
		      struct bk_listing *to,
		      const struct bk_move_record *record, struct bk_err *err)
{
	const struct bk_move_report *r = &record->report;

	(void)move;
	(void)pair;
	if (add_counts(to, r, err) < 0 || add_carried(to, record, err) < 0)
		return -1;
	for (size_t i = 0; i < record->n_items; i++) {
		const struct bk_move_item *item = &record->items[i];
		const struct count one = {
			item->uid || *item->name ? "message" : "folder",
			*item->outcome ? item->outcome : "not carried over", 1};
		if (add_line(to, r, item, &one, err) < 0)
			return -1;
	}
	const struct count more = {"others", "not listed", record->more_items};
	if (more.n && add_line(to, r, NULL, &more, err) < 0)
		return -1;
	if (add_cutover(to, r, err) < 0)
		return -1;
	const struct bk_move_item why = {.folder = NULL, .text = r->why};
	const struct count account = {"account", word_of(r->state), 1};
	return r->why ? add_line(to, r, &why, &account, err) : 0;
}

int bk_move_report(struct bk_move *move, struct bk_err *err)
{
	bool one = move->n_pairs == 1;
	const struct bk_field fields[] = {
		{"ACCOUNT",             "account", BK_FIELD_NAME  },
		{one ? NULL : "SERVER", "server",  BK_FIELD_TEXT  },
		{"WHAT",                "what",    BK_FIELD_TEXT  },
		{"BECAME",              "became",  BK_FIELD_TEXT  },
		{"NUMBER",              "number",  BK_FIELD_COUNT },
		{"FOLDER",              "folder",  BK_FIELD_TEXT  },
		{"UID",                 "uid",     BK_FIELD_NUMBER},
		{"WHY",                 "why",     BK_FIELD_TEXT  },
	};
	const struct table table = {
		"report", fields, sizeof(fields) / sizeof(*fields), add_report};

	return print(move, &table, err);
}
