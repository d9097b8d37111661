/* Several readings of one folder: see sightings.h. */

#include "store/sightings.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

void bk_sightings_expect(struct bk_sightings *s, size_t n)
{
	if (n > 4096)
		bk_name_table_reserve(&s->names, n);
}

void bk_sightings_next(struct bk_sightings *s)
{
	s->reading++;
	s->n_new = 0;
}

static size_t find(struct bk_sightings *s, struct bk_name_key key)
{
	uint32_t i;
	size_t at = 0;

	return bk_name_table_next(&s->names, key, &at, &i) ? i : SIZE_MAX;
}

struct bk_name_key bk_sightings_key(struct bk_sightings *s, const void *base,
				    size_t len)
{
	struct bk_name_key key = bk_name_table_key(&s->names, base, len);

	if (s->names.cap)
		__builtin_prefetch(
			&s->names.slots[key.hash & (s->names.cap - 1)]);
	return key;
}

size_t bk_sightings_find_key(struct bk_sightings *s, struct bk_name_key key)
{
	return find(s, key);
}

size_t bk_sightings_find(struct bk_sightings *s, const void *base, size_t len)
{
	return find(s, bk_name_table_key(&s->names, base, len));
}

static uint32_t info_of(struct bk_sightings *s, char part, const char *suffix,
			size_t len)
{
	char text[260];
	uint32_t i;
	size_t at = 0;

	text[0] = part;
	memcpy(text + 1, suffix, len);
	text[len + 1] = 0;
	struct bk_name_key key =
		bk_name_table_key(&s->info_names, text, len + 1);
	if (bk_name_table_next(&s->info_names, key, &at, &i))
		return i;
	s->infos = bk_array_room(s->infos, s->n_infos, &s->cap_infos,
				 sizeof(*s->infos));
	s->infos[s->n_infos] = (struct bk_info){
		.text = bk_arena_strdup(&s->messages->arena, text)};
	bk_name_table_add(&s->info_names, key, (uint32_t)s->n_infos);
	return (uint32_t)s->n_infos++;
}

static size_t add_message(struct bk_sightings *s, const char *name, size_t len,
			  struct bk_name_key key)
{
	size_t i = s->messages->n;

	s->items = bk_array_room(s->items, i, &s->cap, sizeof(*s->items));
	s->items[i] = (struct bk_sighting){0};
	struct bk_message *msg = bk_message_list_add(s->messages);
	msg->name = bk_arena_strndup(&s->messages->arena, name, len);
	bk_name_table_add(&s->names, key, (uint32_t)i);
	s->n_new++;
	return i;
}

/* "c/name:2,S": no base name holds a '/', so that it is taken for none. */
static struct bk_name_key whole_key(struct bk_sightings *s,
				    const struct bk_dent *entry, char part)
{
	char text[260] = {part, '/'};

	memcpy(text + 2, entry->name, entry->len);
	return bk_name_table_key(&s->names, text, entry->len + 2);
}

/* Two files of one base name at one time: neither may pass for the other, so
 * both go by their whole names from now on. */
static void note_double(struct bk_sightings *s, size_t first,
			const struct bk_dent *entry, size_t base_len, char part)
{
	s->items[first].doubled = s->reading;
	struct bk_name_key key = whole_key(s, entry, part);
	size_t i = find(s, key);
	if (i == SIZE_MAX)
		i = add_message(s, entry->name, entry->len, key);
	s->items[i].whole = true;
	s->items[i].inode = entry->inode;
	s->items[i].info =
		info_of(s, part, entry->name + base_len, entry->len - base_len);
	s->items[i].reading = s->reading;
}

bool bk_sightings_counts(const struct bk_sightings *s, size_t i)
{
	return !s->items[i].whole || s->items[i].reading == s->reading;
}

void bk_sightings_add(struct bk_sightings *s, const struct bk_dent *entry,
		      char part)
{
	const char *colon = memchr(entry->name, ':', entry->len);
	size_t len = colon ? (size_t)(colon - entry->name) : entry->len;
	struct bk_name_key key = bk_name_table_key(&s->names, entry->name, len);
	size_t i = find(s, key);

	if (i != SIZE_MAX && s->items[i].reading == s->reading &&
	    s->items[i].inode != entry->inode) {
		note_double(s, i, entry, len, part);
		return;
	}
	if (i == SIZE_MAX)
		i = add_message(s, entry->name, len, key);
	s->items[i].inode = entry->inode;
	s->items[i].info =
		info_of(s, part, entry->name + len, entry->len - len);
	s->items[i].reading = s->reading;
}

void bk_sightings_clear(struct bk_sightings *s)
{
	free(s->items);
	free(s->infos);
	bk_name_table_clear(&s->names);
	bk_name_table_clear(&s->info_names);
	*s = (struct bk_sightings){0};
}
