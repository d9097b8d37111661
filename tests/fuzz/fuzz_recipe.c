/* A body record from outside: refused, or written again as the same bytes. */

#include <stdlib.h>
#include <string.h>

#include "mail/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bk_cursor from = bk_cursor_over(data, len);
	struct bk_ref_trail read_trail;
	struct bk_ref_trail write_trail;
	struct bk_recipe recipe = {0};
	struct bk_buf again = {0};
	struct bk_err err = {0};

	bk_ref_trail_init(&read_trail);
	bk_ref_trail_init(&write_trail);
	while (bk_cursor_left(&from)) {
		const uint8_t *start = from.at;
		if (bk_recipe_decode(&from, &read_trail, &recipe, &err) < 0)
			break;
		again.len = 0;
		bk_recipe_encode(&recipe, &write_trail, &again);
		if (again.len != (size_t)(from.at - start) ||
		    memcmp(again.data, start, again.len))
			abort();
	}
	bk_recipe_clear(&recipe);
	bk_buf_clear(&again);
	return 0;
}
