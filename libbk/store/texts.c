/* What an account has besides its folders: see texts.h. */

#include "store/texts.h"

#include <stdlib.h>
#include <string.h>

#include "store/store.h"

const struct bk_text_words bk_text_words[BK_TEXT_KINDS] = {
	[BK_TEXT_SCRIPTS] = {"Sieve scripts",       "script",     "Sieve script",
			     "sieve"							},
	[BK_TEXT_ANNOTATIONS] = {"account annotations", "annotation",
                             "annotation",                                        "metadata"},
};

/* ---- lists ---- */

void bk_script_list_clear(struct bk_script_list *list)
{
	free(list->items);
	bk_arena_clear(&list->arena);
	*list = (struct bk_script_list){0};
}

struct bk_script *bk_script_list_add(struct bk_script_list *list)
{
	list->items = bk_array_room(list->items, list->n, &list->cap,
				    sizeof(*list->items));
	list->items[list->n] = (struct bk_script){.name = ""};
	return &list->items[list->n++];
}

static int by_name(const void *left, const void *right)
{
	const struct bk_script *a = left, *b = right;

	return strcmp(a->name, b->name);
}

void bk_script_list_sort(struct bk_script_list *list)
{
	if (list->n)
		qsort(list->items, list->n, sizeof(*list->items), by_name);
}

const struct bk_script *bk_script_list_find(const struct bk_script_list *list,
					    const char *name)
{
	const struct bk_script key = {.name = name};

	return list->n ? bsearch(&key, list->items, list->n,
				 sizeof(*list->items), by_name)
		       : NULL;
}

/* ---- of a store ---- */

int bk_texts_read(enum bk_text_kind kind, struct bk_store *store,
		  const struct bk_account *account,
		  const struct bk_script_list *also, struct bk_script_list *out,
		  struct bk_err *err)
{
	const struct bk_store_ops *ops = store->ops;

	if (!account)
		return 0;
	if (kind == BK_TEXT_SCRIPTS)
		return ops->scripts ? ops->scripts(store, account, out, err)
				    : 0;
	return ops->annotations
		       ? ops->annotations(store, account, also, out, err)
		       : 0;
}

bool bk_texts_writable(enum bk_text_kind kind, const struct bk_store *store)
{
	return kind == BK_TEXT_SCRIPTS ? store->ops->put_script != NULL
				       : store->ops->put_annotation != NULL;
}

int bk_text_put(enum bk_text_kind kind, struct bk_store *store,
		const struct bk_account *account, const struct bk_script *text,
		struct bk_err *err)
{
	return kind == BK_TEXT_SCRIPTS
		       ? store->ops->put_script(store, account, text, err)
		       : store->ops->put_annotation(store, account, text, err);
}

int bk_text_remove(enum bk_text_kind kind, struct bk_store *store,
		   const struct bk_account *account, const char *name,
		   struct bk_err *err)
{
	const struct bk_script none = {.name = name};

	return kind == BK_TEXT_SCRIPTS
		       ? store->ops->remove_script(store, account, name, err)
		       : store->ops->put_annotation(store, account, &none, err);
}
