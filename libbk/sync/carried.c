/* What became of what goes along with the mail: see carried.h. */

#include "sync/carried.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

void bk_carried_list_clear(struct bk_carried_list *list)
{
	free(list->items);
	bk_arena_clear(&list->arena);
	*list = (struct bk_carried_list){0};
}

void bk_carried_list_age(struct bk_carried_list *list)
{
	list->old = list->n;
}

static void drop_old(struct bk_carried_list *list, const struct bk_carried *row)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct bk_carried *is = &list->items[i];
		if (i < list->old && strcmp(is->what, row->what) == 0 &&
		    strcmp(is->folder, row->folder) == 0)
			continue;
		list->items[kept++] = *is;
	}
	list->old -= list->n - kept;
	list->n = kept;
}

void bk_carried_list_add(struct bk_carried_list *list,
			 const struct bk_carried *row)
{
	struct bk_arena *arena = &list->arena;

	if (list->old)
		drop_old(list, row);
	list->items = bk_array_room(list->items, list->n, &list->cap,
				    sizeof(*list->items));
	list->items[list->n++] = (struct bk_carried){
		.what = bk_arena_strdup(arena, row->what),
		.folder = bk_arena_strdup(arena, row->folder),
		.became = row->became,
		.n = row->n,
		.why = bk_arena_strdup(arena, row->why),
	};
}

/* ---- words ---- */

static const char *const words[] = {
	[BK_BECAME_MOVED] = "moved",
	[BK_BECAME_IMPOSSIBLE] = "not possible here",
	[BK_BECAME_SKIPPED] = "skipped",
};

const char *bk_became_word(enum bk_became became)
{
	return words[became];
}

int bk_became_named(const char *word, enum bk_became *out)
{
	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(words[i], word) != 0)
			continue;
		*out = (enum bk_became)i;
		return 0;
	}
	return -1;
}
