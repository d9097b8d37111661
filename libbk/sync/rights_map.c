/* Who is who at the other end: see rights_map.h. */

#include "sync/rights_map.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "store/imaprights.h"

#define FILE_MAX ((size_t)4 << 20)

void bk_rights_map_clear(struct bk_rights_map *map)
{
	free(map->items);
	bk_arena_clear(&map->arena);
	*map = (struct bk_rights_map){0};
}

const char *bk_rights_map_find(const struct bk_rights_map *map, const char *who)
{
	for (size_t i = 0; i < map->n; i++)
		if (strcmp(map->items[i].from, who) == 0)
			return map->items[i].to;
	return NULL;
}

static void add(struct bk_rights_map *map, const char *from, const char *to)
{
	map->items = bk_array_room(map->items, map->n, &map->cap,
				   sizeof(*map->items));
	map->items[map->n++] = (struct bk_rights_name){from, to};
}

/* IMAP's word as sets write it, in the arena. */
static const char *who_of(struct bk_rights_map *map, const char *word)
{
	struct bk_buf text = {0};

	bk_imaprights_who(word, &text);
	const char *who = bk_arena_strdup(&map->arena, bk_buf_text(&text));
	bk_buf_clear(&text);
	return who;
}

void bk_rights_map_add_user(struct bk_rights_map *map, const char *from,
			    const char *to)
{
	if (strcmp(from, to) == 0)
		return;
	const char *who = who_of(map, from);
	if (!bk_rights_map_find(map, who))
		add(map, who, who_of(map, to));
}

void bk_rights_map_turn(const struct bk_rights_map *map,
			struct bk_rights_map *out)
{
	out->strict = map->strict;
	for (size_t i = 0; i < map->n; i++) {
		const struct bk_rights_name *name = &map->items[i];
		if (!*name->to)
			continue;
		size_t k = 0;
		while (k < out->n && strcmp(out->items[k].from, name->to) != 0)
			k++;
		if (k < out->n)
			out->items[k].to = "";
		else
			add(out, name->to, name->from);
	}
	/* Who has one of the first names at the second place is somebody else:
	 * he would become who is called otherwise there. */
	for (size_t i = 0; i < map->n; i++)
		if (!bk_rights_map_find(out, map->items[i].from))
			add(out, map->items[i].from, "");
}

/* ---- a file ---- */

static int read_line(struct bk_rights_map *map, char *line, struct bk_err *err)
{
	static const char blanks[] = " \t\r";
	char *rest = NULL;
	const char *from = strtok_r(line, blanks, &rest);

	if (!from || *from == '#')
		return 0;
	const char *to = strtok_r(NULL, blanks, &rest);
	if (!to || strtok_r(NULL, blanks, &rest))
		return bk_fail(err, BK_MISUSE,
			       "a line is two identities, the source's and the "
			       "destination's");
	if (*from == '-')
		return bk_fail(err, BK_MISUSE,
			       "leave the '-' out: what is taken from somebody "
			       "follows him");
	const char *who = who_of(map, from);
	if (bk_rights_map_find(map, who))
		return bk_fail(err, BK_MISUSE, "'%s' comes twice", from);
	add(map, who, strcmp(to, "-") == 0 ? "" : who_of(map, to));
	return 0;
}

int bk_rights_map_read(struct bk_rights_map *map, const char *path,
		       struct bk_err *err)
{
	struct bk_buf text = {0};
	unsigned number = 0;
	int rc = bk_file_read(AT_FDCWD, path, FILE_MAX, &text, err);

	map->strict = true;
	char *at = rc == 0 ? bk_strndup(bk_buf_text(&text), text.len) : NULL;
	char *all = at;
	for (char *next = NULL; at && rc == 0; at = next) {
		next = strchr(at, '\n');
		if (next)
			*next++ = '\0';
		number++;
		rc = read_line(map, at, err);
	}
	if (rc < 0 && number)
		(void)bk_context(err, "%s:%u", path, number);
	free(all);
	bk_buf_clear(&text);
	return rc;
}

/* ---- rights ---- */

const struct bk_acl_entry *bk_rights_find(const struct bk_folder *folder,
					  const char *who)
{
	for (size_t i = 0; i < folder->n_acl; i++)
		if (strcmp(folder->acl[i].who, who) == 0)
			return &folder->acl[i];
	return NULL;
}
