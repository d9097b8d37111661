/*
 * Which accounts have their place at a destination, where there are several: a
 * file in the folder of each pair of ends, replaced as a whole, and on disk
 * before an account is touched.  So a run that is cut off, and all later ones,
 * keep to what one of them has decided.
 */

#ifndef BK_JOB_MOVE_PLACED_H
#define BK_JOB_MOVE_PLACED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct bk_move_place {
	const char *name; /* the account's in the journal */
	uint64_t bytes;   /* of its mail when it was placed */
	bool seen;        /* for the caller; not in the file */
};

/* {0} is a valid empty one. */
struct bk_move_placed {
	struct bk_arena arena;
	struct bk_move_place *items; /* owned; by name, once it was read */
	size_t n, cap;
};

/* No file: nobody.  BK_CORRUPT for one that cannot be understood. */
int bk_move_placed_read(struct bk_move_placed *out, const char *path,
			struct bk_err *err);
void bk_move_placed_clear(struct bk_move_placed *placed);

/* In one that was read and not added to; NULL: it is not there. */
struct bk_move_place *bk_move_placed_find(struct bk_move_placed *placed,
					  const char *name);

/* The name outlives it. */
void bk_move_placed_add(struct bk_move_placed *placed, const char *name,
			uint64_t bytes);

/* Durable when it returns; the folder is made. */
int bk_move_placed_write(const struct bk_move_placed *placed,
			 const char *folder, const char *path,
			 struct bk_err *err);

#endif
