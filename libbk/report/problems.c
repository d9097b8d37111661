/* A list of what failed: see problems.h. */

#include "report/problems.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "report/grid.h"
#include "report/units.h"

static const char *copy(struct bk_arena *arena, const char *text)
{
	return text ? bk_arena_strdup(arena, text) : NULL;
}

/* Without "WORD NAME: ", which has a column of its own. */
static const char *without(const char *text, const char *word, const char *name)
{
	size_t len = strlen(word), more = name ? strlen(name) : 0;

	if (!text || !more || strncmp(text, word, len) != 0 ||
	    strncmp(text + len, name, more) != 0 ||
	    strncmp(text + len + more, ": ", 2) != 0)
		return text;
	return text + len + more + 2;
}

void bk_problems_add(struct bk_problems *problems,
		     const struct bk_item_error *error)
{
	struct bk_arena *arena = &problems->arena;

	if (problems->n == BK_PROBLEMS_KEPT) {
		problems->more++;
		return;
	}
	problems->items =
		bk_array_room(problems->items, problems->n, &problems->cap,
			      sizeof(*problems->items));
	struct bk_item_error *kept = &problems->items[problems->n++];
	*kept = *error;
	kept->account = copy(arena, error->account);
	kept->folder = copy(arena, error->folder);
	kept->name = copy(arena, error->name);
	const char *text = without(error->text, "", error->account);
	kept->text = copy(arena, without(text, "folder ", error->folder));
	kept->outcome = copy(arena, error->outcome);
	kept->next = copy(arena, error->next);
}

/* "INBOX uid 8812", "INBOX 1700000000.M1P2.mx1", "INBOX". */
static char *place_of(const struct bk_item_error *item)
{
	const char *folder = item->folder ? item->folder : "";
	const char *gap = item->folder ? " " : "";

	if (item->uid)
		return bk_asprintf("%s%suid %" PRIu32, folder, gap, item->uid);
	if (item->name && *item->name)
		return bk_asprintf("%s%s%s", folder, gap, item->name);
	return bk_strdup(folder);
}

/* What becomes of it, and what to do: "left out; run: bk ..." */
static char *outcome_of(const struct bk_item_error *item)
{
	const char *outcome = item->outcome ? item->outcome : "";

	if (!item->next)
		return bk_strdup(outcome);
	return bk_asprintf("%s%srun: %s", outcome, *outcome ? "; " : "",
			   item->next);
}

void bk_problems_print(const struct bk_problems *problems, FILE *out)
{
	/* The first, empty one indents the others. */
	static const struct bk_column columns[5] = {0};
	struct bk_err ignored = {0};
	char text[BK_UNITS_TEXT];

	if (!problems->n)
		return;
	(void)fputs("NEEDS YOU\n", out);
	struct bk_grid *grid = bk_grid_new(out, columns, 5);
	for (size_t i = 0; i < problems->n; i++) {
		const struct bk_item_error *item = &problems->items[i];
		char *place = place_of(item), *outcome = outcome_of(item);
		bk_grid_row(grid, (const char *[]){NULL, item->account, place,
						   item->text, outcome});
		free(outcome);
		free(place);
	}
	(void)bk_grid_finish(grid, &ignored);
	if (problems->more)
		(void)fprintf(out, "  and %s more; all of them with --json\n",
			      bk_units_count(text, problems->more));
}

void bk_problem_json(const struct bk_item_error *error, struct bk_json *into)
{
	bk_json_text_if(into, "account", error->account);
	bk_json_text_if(into, "folder", error->folder);
	if (error->uid)
		bk_json_uint(into, "uid", error->uid);
	bk_json_text_if(into, "name", error->name);
	bk_json_text_if(into, "text", error->text);
	bk_json_text_if(into, "outcome", error->outcome);
	bk_json_text_if(into, "next", error->next);
}

void bk_problems_clear(struct bk_problems *problems)
{
	bk_arena_clear(&problems->arena);
	free(problems->items);
	*problems = (struct bk_problems){0};
}
