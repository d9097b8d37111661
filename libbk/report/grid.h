/*
 * Aligned columns for lists on a terminal.  Cells are names from strangers:
 * they are escaped, and aligned by the columns that they take.
 *
 *	static const struct bk_column columns[] = {
 *		{"SET", BK_ALIGN_LEFT}, {"STORED", BK_ALIGN_RIGHT}};
 *	struct bk_grid *grid = bk_grid_new(stdout, columns, 2);
 *	bk_grid_row(grid, (const char *[]){"20261119T1230-d", "0.7 GiB"});
 *	...
 *	return bk_grid_finish(grid, err);
 *
 * A list of any length streams: the widths come from its first thousand rows,
 * and a cell that is wider later pushes its own line and widens what follows.
 * So does one that is wider than a column gets, without widening anything.
 */

#ifndef BK_REPORT_GRID_H
#define BK_REPORT_GRID_H

#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

enum bk_align {
	BK_ALIGN_LEFT,
	BK_ALIGN_RIGHT,
};

struct bk_column {
	const char *title; /* NULL in all columns: no line of titles */
	enum bk_align align;
};

struct bk_grid;

/* `columns`, n >= 1 of them, and `out` outlive the grid. */
struct bk_grid *bk_grid_new(FILE *out, const struct bk_column *columns,
			    size_t n);

/* One cell for each column; NULL is an empty one.  Copied. */
void bk_grid_row(struct bk_grid *grid, const char *const *cells);

/* Prints what is left and frees the grid.  Without rows nothing is printed,
 * titles neither.  Fails (BK_FULL: no room) when any of it could not be
 * written. */
int bk_grid_finish(struct bk_grid *grid, struct bk_err *err);

void bk_grid_free(struct bk_grid *grid); /* prints nothing; NULL is fine */

#endif
