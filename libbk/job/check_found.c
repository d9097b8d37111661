/* What a check found: see check_found.h. */

#include "job/check_found.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

void bk_check_found_init(struct bk_check_found *found, size_t n_places)
{
	*found = (struct bk_check_found){.n_places = n_places};
	found->places = bk_alloc(n_places * sizeof(*found->places));
	(void)pthread_mutex_init(&found->lock, NULL);
}

static void clear_place(struct bk_check_place *place)
{
	for (size_t i = 0; i < place->n_sets; i++)
		free(place->sets[i].store);
	free(place->sets);
	bk_condemned_clear(&place->gone);
}

void bk_check_found_clear(struct bk_check_found *found)
{
	for (size_t i = 0; i < found->n; i++)
		free(found->items[i].text);
	for (size_t i = 0; i < found->n_places; i++)
		clear_place(&found->places[i]);
	free(found->items);
	free(found->places);
	(void)pthread_mutex_destroy(&found->lock);
}

/* ---- which file is it ---- */

#define OF_NAMES "abcdefghijklmnopqrstuvwxyz0123456789/."

/* The word that begins at `text`, if it is a name in a repository. */
static bool name_at(char out[BK_NAME_MAX], const char *text)
{
	size_t len = strspn(text, OF_NAMES);
	struct bk_name name;

	if (len >= BK_NAME_MAX)
		return false;
	(void)snprintf(out, BK_NAME_MAX, "%.*s", (int)len, text);
	return bk_name_parse(out, &name) != BK_NAME_OTHER;
}

/* A path may stand before it. */
static void find_name(char out[BK_NAME_MAX], const char *text)
{
	static const char *const folders[] = {"data/",  "sets/", "keys/",
					      "trash/", "open/", "hold/"};

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		for (const char *at = strstr(text, folders[i]); at;
		     at = strstr(at + 1, folders[i]))
			if (name_at(out, at))
				return;
	*out = 0;
}

/* ---- findings ---- */

static bool is_told(const struct bk_check_found *found,
		    const struct bk_check_item *item)
{
	for (size_t i = 0; *item->file && i < found->n; i++)
		if (found->items[i].place == item->place &&
		    strcmp(found->items[i].file, item->file) == 0)
			return true;
	return false;
}

bool bk_check_found_add(struct bk_check_found *found,
			const struct bk_check_item *item)
{
	struct bk_check_item copy = *item;

	find_name(copy.file, item->text);
	(void)pthread_mutex_lock(&found->lock);
	bool is_new = !is_told(found, &copy);
	if (is_new) {
		copy.text = bk_strdup(item->text);
		found->items =
			bk_array_room(found->items, found->n, &found->cap,
				      sizeof(*found->items));
		found->items[found->n++] = copy;
	}
	(void)pthread_mutex_unlock(&found->lock);
	return is_new;
}

bool bk_check_found_has(const struct bk_check_found *found, size_t place,
			const uint8_t set[BK_ID_LEN])
{
	for (size_t i = 0; i < found->n; i++)
		if (found->items[i].place == place &&
		    memcmp(found->items[i].set, set, BK_ID_LEN) == 0)
			return true;
	return false;
}

const struct bk_check_set *bk_check_place_set(
	const struct bk_check_place *place, const uint8_t id[BK_ID_LEN])
{
	for (size_t i = 0; i < place->n_sets; i++)
		if (memcmp(place->sets[i].id, id, BK_ID_LEN) == 0)
			return &place->sets[i];
	return NULL;
}

bool bk_check_item_lacks(const struct bk_check_item *item)
{
	return item->cure == BK_CURE_SHIP || item->cure == BK_CURE_FETCH ||
	       (item->cure == BK_CURE_SPREAD && item->kind == BK_GONE);
}
