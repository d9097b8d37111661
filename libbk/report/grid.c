/* Rows are kept until the widths are known, then stream: see grid.h. */

#include "report/grid.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/escape.h"
#include "report/width.h"

#define ROWS_KEPT  1000
#define WIDTH_MOST 44 /* columns of a cell that others are aligned with */
#define GAP        2  /* spaces between columns */

struct bk_grid {
	FILE *out;
	const struct bk_column *columns;
	size_t n;
	size_t *widths;
	char **cells; /* of the rows kept, row by row */
	size_t rows;
	bool started; /* titles are printed */
	int failed;   /* errno of the first failure to print */
	struct bk_buf line;
	struct bk_arena arena; /* of cells */
};

struct bk_grid *bk_grid_new(FILE *out, const struct bk_column *columns,
			    size_t n)
{
	struct bk_grid *grid = bk_alloc(sizeof(*grid));

	grid->out = out;
	grid->columns = columns;
	grid->n = n;
	grid->widths = bk_alloc(n * sizeof(*grid->widths));
	grid->cells = bk_alloc(n * ROWS_KEPT * sizeof(*grid->cells));
	return grid;
}

static void add_spaces(struct bk_buf *line, size_t n)
{
	if (n)
		memset(bk_buf_grow(line, n), ' ', n);
}

/* No spaces behind the last cell that has something in it. */
static void print_row(struct bk_grid *grid, char *const *cells)
{
	struct bk_buf *line = &grid->line;
	size_t end = 0;

	line->len = 0;
	for (size_t i = 0; i < grid->n; i++) {
		size_t len = strlen(cells[i]);
		size_t width = bk_width(cells[i], len);
		size_t pad =
			width < grid->widths[i] ? grid->widths[i] - width : 0;
		bool right = grid->columns[i].align == BK_ALIGN_RIGHT;

		add_spaces(line, right ? pad : 0);
		bk_buf_add(line, cells[i], len);
		end = len ? line->len : end;
		add_spaces(line, (right ? 0 : pad) + GAP);
	}
	line->len = end;
	bk_buf_add(line, "\n", 1);
	if (fwrite(line->data, 1, line->len, grid->out) != line->len &&
	    !grid->failed)
		grid->failed = errno ? errno : EIO;
}

static void widen(struct bk_grid *grid, size_t column, const char *cell)
{
	size_t width = bk_width(cell, strlen(cell));

	if (width > WIDTH_MOST)
		width = WIDTH_MOST;
	if (width > grid->widths[column])
		grid->widths[column] = width;
}

static void print_titles(struct bk_grid *grid)
{
	char **titles = bk_arena_alloc(&grid->arena, grid->n * sizeof(*titles));
	bool any = false;

	for (size_t i = 0; i < grid->n; i++) {
		const char *title = grid->columns[i].title;
		any = any || title;
		titles[i] = bk_arena_strdup(&grid->arena, title ? title : "");
		widen(grid, i, titles[i]);
	}
	if (any)
		print_row(grid, titles);
}

static void print_kept(struct bk_grid *grid)
{
	if (grid->rows && !grid->started)
		print_titles(grid);
	grid->started = grid->started || grid->rows;
	for (size_t i = 0; i < grid->rows; i++)
		print_row(grid, grid->cells + i * grid->n);
	grid->rows = 0;
	bk_arena_clear(&grid->arena);
}

void bk_grid_row(struct bk_grid *grid, const char *const *cells)
{
	char **kept = grid->cells + grid->rows * grid->n;
	struct bk_buf text = {0};

	for (size_t i = 0; i < grid->n; i++) {
		text.len = 0;
		if (cells[i])
			bk_escape(&text, cells[i], strlen(cells[i]));
		kept[i] = bk_arena_strdup(&grid->arena, bk_buf_text(&text));
		widen(grid, i, kept[i]);
	}
	bk_buf_clear(&text);
	grid->rows++;
	if (grid->rows == ROWS_KEPT)
		print_kept(grid);
}

int bk_grid_finish(struct bk_grid *grid, struct bk_err *err)
{
	print_kept(grid);
	if (!grid->failed && fflush(grid->out) != 0)
		grid->failed = errno;
	int failed = grid->failed;
	bk_grid_free(grid);
	errno = failed;
	return failed ? bk_fail_output(err, "the list") : 0;
}

void bk_grid_free(struct bk_grid *grid)
{
	if (!grid)
		return;
	bk_arena_clear(&grid->arena);
	bk_buf_clear(&grid->line);
	free(grid->cells);
	free(grid->widths);
	free(grid);
}
