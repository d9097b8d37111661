/* What a pass knows by name: see pass.h. */

#include <string.h>

#include "sync/pass.h"

static void take_list(struct bk_name_order *order,
		      const struct bk_folder_list *list)
{
	bk_name_order_clear(order);
	for (size_t i = 0; i < list->n; i++)
		bk_name_order_add(order, list->items[i].name, i);
	bk_name_order_sort(order);
}

void bk_pass_names_folders(struct bk_pass *pass)
{
	struct bk_pass_names *names = &pass->names;

	take_list(&names->from, &pass->from);
	take_list(&names->to, &pass->to);
	bk_name_order_clear(&names->pairs);
	for (size_t i = 0; i < pass->map.n; i++)
		bk_name_order_add(&names->pairs, pass->map.pairs[i].name, i);
	bk_name_order_sort(&names->pairs);
}

void bk_pass_names_rows(struct bk_pass *pass)
{
	bk_name_order_clear(&pass->names.rows);
	for (size_t i = 0; i < pass->rows.n; i++)
		bk_name_order_add(&pass->names.rows,
				  pass->rows.items[i].from.name, i);
	bk_name_order_sort(&pass->names.rows);
}

void bk_pass_names_clear(struct bk_pass *pass)
{
	struct bk_pass_names *names = &pass->names;

	bk_name_order_clear(&names->from);
	bk_name_order_clear(&names->to);
	bk_name_order_clear(&names->pairs);
	bk_name_order_clear(&names->rows);
}

struct bk_folder *bk_pass_from(const struct bk_pass *pass, const char *name)
{
	size_t n;
	const struct bk_named *is =
		bk_name_order_find(&pass->names.from, name, &n);

	return n ? &pass->from.items[is->at] : NULL;
}

struct bk_folder *bk_pass_to(const struct bk_pass *pass, const char *name)
{
	size_t n;
	const struct bk_named *is =
		bk_name_order_find(&pass->names.to, name, &n);

	return n ? &pass->to.items[is->at] : NULL;
}

struct bk_journal_folder *bk_pass_row(const struct bk_pass *pass,
				      const char *from)
{
	size_t n;
	const struct bk_named *is =
		bk_name_order_find(&pass->names.rows, from, &n);

	return n ? &pass->rows.items[is->at] : NULL;
}

void bk_pass_row_rename(struct bk_pass *pass, struct bk_journal_folder *row,
			const char *from)
{
	const char *name = bk_arena_strdup(&pass->rows.arena, from);

	bk_name_order_rename(&pass->names.rows, row->from.name,
			     (size_t)(row - pass->rows.items), name);
	row->from.name = name;
}

void bk_pass_pair_rename(struct bk_pass *pass, struct bk_folder_pair *pair,
			 struct bk_folder *to)
{
	bk_name_order_rename(&pass->names.pairs, pair->name,
			     (size_t)(pair - pass->map.pairs), to->name);
	pair->name = to->name;
	pair->to = to;
}

bool bk_pass_has_below(const struct bk_pass *pass, const char *name)
{
	size_t n;

	(void)bk_name_order_below(&pass->names.pairs, name, &n);
	return n > 0;
}
