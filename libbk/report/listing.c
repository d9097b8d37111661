/* Rows as a table, as JSON lines or as names: see listing.h. */

#include "report/listing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/json.h"
#include "report/grid.h"
#include "report/units.h"

struct bk_listing {
	const struct bk_listing_style *style;
	const char *type;
	const struct bk_field *fields;
	size_t n;
	struct bk_grid *grid; /* NULL where it is no table */
	struct bk_column *columns;
	const char **texts; /* of a table's row */
	struct bk_buf *rooms;
};

static bool is_right(enum bk_field_kind kind)
{
	return kind == BK_FIELD_COUNT || kind == BK_FIELD_NUMBER ||
	       kind == BK_FIELD_SIZE || kind == BK_FIELD_CHANGE;
}

static void open_grid(struct bk_listing *listing)
{
	size_t n = 0;

	listing->columns = bk_alloc(listing->n * sizeof(*listing->columns));
	listing->rooms = bk_alloc(listing->n * sizeof(*listing->rooms));
	listing->texts = bk_alloc(listing->n * sizeof(void *));
	for (size_t i = 0; i < listing->n; i++) {
		const struct bk_field *field = &listing->fields[i];
		if (!field->title)
			continue;
		listing->columns[n].title = field->title;
		listing->columns[n++].align =
			is_right(field->kind) ? BK_ALIGN_RIGHT : BK_ALIGN_LEFT;
	}
	listing->grid = bk_grid_new(listing->style->out, listing->columns, n);
}

struct bk_listing *bk_listing_new(const struct bk_listing_style *style,
				  const char *type,
				  const struct bk_field *fields, size_t n)
{
	struct bk_listing *listing = bk_alloc(sizeof(*listing));

	listing->style = style;
	listing->type = type;
	listing->fields = fields;
	listing->n = n;
	if (!style->json && !style->quiet)
		open_grid(listing);
	return listing;
}

void bk_listing_free(struct bk_listing *listing)
{
	if (!listing)
		return;
	bk_grid_free(listing->grid);
	for (size_t i = 0; listing->rooms && i < listing->n; i++)
		bk_buf_clear(&listing->rooms[i]);
	free(listing->rooms);
	free(listing->columns);
	free(listing->texts);
	free(listing);
}

/* ---- a table ---- */

static void add_words(struct bk_buf *to, const struct bk_cell *cell)
{
	for (uint64_t i = 0; i < cell->n; i++)
		bk_buf_printf(to, "%s%s", i ? " " : "", cell->words[i]);
}

static void add_cell(struct bk_buf *to, enum bk_field_kind kind,
		     const struct bk_cell *cell)
{
	char text[BK_CLOCK_TEXT], number[BK_UNITS_TEXT];

	if (cell->none)
		return;
	switch (kind) {
	case BK_FIELD_NAME:
	case BK_FIELD_TEXT:
		if (cell->has_words)
			add_words(to, cell);
		else if (cell->text)
			bk_buf_add(to, cell->text, strlen(cell->text));
		break;
	case BK_FIELD_COUNT:
		bk_buf_printf(to, "%s", bk_units_count(number, cell->n));
		break;
	case BK_FIELD_NUMBER:
		if (cell->n)
			bk_buf_printf(to, "%ju", (uintmax_t)cell->n);
		break;
	case BK_FIELD_SIZE:
		bk_buf_printf(to, "%s", bk_units_size(number, cell->n));
		break;
	case BK_FIELD_CHANGE:
		bk_buf_printf(to, "%c%s", (int64_t)cell->n < 0 ? '-' : '+',
			      bk_units_size(number, (int64_t)cell->n < 0
							    ? -cell->n
							    : cell->n));
		break;
	case BK_FIELD_TIME:
		bk_buf_printf(to, "%s", bk_clock_local(text, cell->seconds));
		break;
	case BK_FIELD_YES:
		bk_buf_printf(to, "%s", cell->n ? "yes" : "");
		break;
	}
}

static void add_to_grid(struct bk_listing *listing, const struct bk_cell *cells)
{
	size_t n = 0;

	for (size_t i = 0; i < listing->n; i++) {
		struct bk_buf *room = &listing->rooms[i];
		if (!listing->fields[i].title)
			continue;
		room->len = 0;
		add_cell(room, listing->fields[i].kind, &cells[i]);
		listing->texts[n++] = bk_buf_text(room);
	}
	bk_grid_row(listing->grid, listing->texts);
}

/* ---- JSON ---- */

static void add_member(struct bk_json *to, const struct bk_field *field,
		       const struct bk_cell *cell)
{
	char text[BK_CLOCK_TEXT];

	switch (field->kind) {
	case BK_FIELD_NAME:
	case BK_FIELD_TEXT:
		if (cell->has_words) {
			struct bk_json *list = bk_json_array(to, field->key);
			for (uint64_t i = 0; i < cell->n; i++)
				bk_json_text(list, NULL, cell->words[i]);
		} else if (cell->text) {
			bk_json_text(to, field->key, cell->text);
		}
		break;
	case BK_FIELD_COUNT:
	case BK_FIELD_NUMBER:
	case BK_FIELD_SIZE:
		bk_json_uint(to, field->key, cell->n);
		break;
	case BK_FIELD_CHANGE:
		bk_json_int(to, field->key, (int64_t)cell->n);
		break;
	case BK_FIELD_TIME:
		bk_json_text(to, field->key,
			     bk_clock_format(text, cell->seconds));
		break;
	case BK_FIELD_YES:
		bk_json_bool(to, field->key, cell->n != 0);
		break;
	}
}

static int print_json(struct bk_listing *listing, const struct bk_cell *cells,
		      struct bk_err *err)
{
	struct bk_json *line = bk_json_new();

	bk_json_int(line, "v", 1);
	bk_json_text(line, "type", listing->type);
	for (size_t i = 0; i < listing->n; i++)
		if (listing->fields[i].key && !cells[i].none)
			add_member(line, &listing->fields[i], &cells[i]);
	int rc = bk_json_print(line, listing->style->out, err);
	bk_json_free(line);
	return rc;
}

/* ---- names ---- */

static int print_name(struct bk_listing *listing, const struct bk_cell *cells,
		      struct bk_err *err)
{
	FILE *out = listing->style->out;
	int rc = 0;

	for (size_t i = 0; i < listing->n; i++) {
		if (listing->fields[i].kind != BK_FIELD_NAME || !cells[i].text)
			continue;
		char *name = bk_escaped(cells[i].text);
		errno = EIO;
		if (fprintf(out, "%s\n", name) < 0)
			rc = bk_fail_output(err, "the list");
		free(name);
	}
	return rc;
}

int bk_listing_row(struct bk_listing *listing, const struct bk_cell *cells,
		   struct bk_err *err)
{
	if (listing->style->json)
		return print_json(listing, cells, err);
	if (listing->style->quiet)
		return print_name(listing, cells, err);
	add_to_grid(listing, cells);
	return 0;
}

int bk_listing_finish(struct bk_listing *listing, struct bk_err *err)
{
	int rc = 0;

	if (listing->grid)
		rc = bk_grid_finish(listing->grid, err);
	listing->grid = NULL;
	bk_listing_free(listing);
	return rc;
}
