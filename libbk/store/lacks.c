/* What a folder was not given: see lacks.h. */

#include "store/lacks.h"

#include <stdlib.h>

#include "base/buf.h"

void bk_lacks_clear(struct bk_lacks *lacks)
{
	free(lacks->items);
	bk_arena_clear(&lacks->arena);
	*lacks = (struct bk_lacks){0};
}

void bk_lacks_add(struct bk_lacks *lacks, enum bk_lack what, const char *name,
		  const char *why)
{
	if (!lacks)
		return;
	lacks->items = bk_array_room(lacks->items, lacks->n, &lacks->cap,
				     sizeof(*lacks->items));
	lacks->items[lacks->n++] = (struct bk_lacks_item){
		.what = what,
		.name = name ? bk_arena_strdup(&lacks->arena, name) : NULL,
		.why = bk_arena_strdup(&lacks->arena, why),
	};
}
