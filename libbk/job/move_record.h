/*
 * What came of the last pass of each account of a move: a file of lines beside
 * the journal, to which each pass adds its own; the last one counts.  It is
 * for people (bk move report, bk move status); no move depends on it.
 */

#ifndef BK_JOB_MOVE_RECORD_H
#define BK_JOB_MOVE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/name_table.h"
#include "sync/carried.h"
#include "sync/progress.h"

/* Of one pass; more are only counted. */
#define BK_MOVE_RECORD_ITEMS 1000
/* Of all passes; no more are kept. */
#define BK_MOVE_RECORD_CARRIED 50000

/* Something that could not be carried over; texts are never NULL. */
struct bk_move_item {
	const char *folder, *name, *text, *outcome;
	uint64_t uid;
};

struct bk_move_record {
	const char *name; /* the account's in the journal */
	struct bk_move_report report;
	int64_t ended; /* UTC seconds */
	struct bk_move_item *items;
	size_t n_items, cap_items;
	uint64_t more_items; /* not kept */
	/* Of all passes: a later one says of some of it what is so now. */
	struct bk_carried_list carried;
};
/* Its items and rows; the struct and its texts are the caller's. */
void bk_move_record_clear(struct bk_move_record *record);

struct bk_move_records {
	struct bk_arena arena;
	struct bk_move_record *items; /* owned, with their items; by name */
	size_t n, cap;
	struct bk_name_table names; /* while they are read */
};

/* No file is an empty one; what is not understood is passed over. */
int bk_move_records_read(struct bk_move_records *out, const char *path,
			 struct bk_err *err);
void bk_move_records_clear(struct bk_move_records *records);
const struct bk_move_record *bk_move_records_find(
	const struct bk_move_records *records, const char *name);

/* Adds one, in one write. */
int bk_move_record_add(const char *path, const struct bk_move_record *record,
		       struct bk_err *err);
/* Writes the file anew, with the last of each account alone. */
int bk_move_records_write(const struct bk_move_records *records,
			  const char *path, struct bk_err *err);

#endif
