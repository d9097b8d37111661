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

static const char *find(const struct bk_rights_map *map, const char *who)
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
	if (!find(map, who))
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
	if (find(map, who))
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

/* ---- what comes of rights ---- */

static bool has_a_name(const char *who)
{
	return strchr(who, '=') != NULL;
}

const struct bk_acl_entry *bk_rights_find(const struct bk_folder *folder,
					  const char *who)
{
	for (size_t i = 0; i < folder->n_acl; i++)
		if (strcmp(folder->acl[i].who, who) == 0)
			return &folder->acl[i];
	return NULL;
}

bool bk_rights_map_makes(const struct bk_rights_map *map, const char *from,
			 const char *to)
{
	size_t minus = *from == '-';
	const char *name = map ? find(map, from + minus) : NULL;

	return minus == (size_t)(*to == '-') &&
	       strcmp(name ? name : from + minus, to + minus) == 0;
}

/* Of two who become one: what either may. */
static void add_rights(struct bk_acl_entry *entry, const char *rights,
		       struct bk_arena *arena)
{
	size_t n = strlen(entry->rights);
	char *all = bk_arena_alloc(arena, n + strlen(rights) + 1);

	memcpy(all, entry->rights, n);
	for (; *rights; rights++)
		if (!memchr(all, *rights, n))
			all[n++] = *rights;
	entry->rights = all;
}

static void add_entry(struct bk_folder *folder, const char *who,
		      const char *rights, struct bk_arena *arena)
{
	const struct bk_acl_entry *same = bk_rights_find(folder, who);

	if (same)
		add_rights(&folder->acl[same - folder->acl], rights, arena);
	else
		folder->acl[folder->n_acl++] =
			(struct bk_acl_entry){.who = who, .rights = rights};
}

/* Is there something to tell of him whose counterpart is `to` (NULL: none)? */
static bool is_told(const struct bk_rights_map *map, const char *who,
		    const char *to)
{
	return map && (to ? !*to : map->strict && has_a_name(who));
}

static const char *with_minus(const char *who, struct bk_arena *arena)
{
	char *text = bk_asprintf("-%s", who);
	const char *out = bk_arena_strdup(arena, text);

	free(text);
	return out;
}

void bk_rights_map_apply(const struct bk_rights_map *map,
			 struct bk_folder *folder, struct bk_arena *arena,
			 void (*told)(void *arg, const char *who, bool left),
			 void *arg)
{
	const struct bk_acl_entry *from = folder->acl;
	size_t n = folder->n_acl;

	folder->acl = bk_arena_alloc(arena, (n + 1) * sizeof(*folder->acl));
	folder->n_acl = 0;
	for (size_t i = 0; i < n; i++) {
		const char *who = from[i].who;
		bool minus = *who == '-';
		const char *to = map ? find(map, who + minus) : NULL;
		if (told && is_told(map, who, to))
			told(arg, who, to != NULL);
		if ((to && !*to) || !*from[i].rights)
			continue;
		if (to)
			who = minus ? with_minus(to, arena)
				    : bk_arena_strdup(arena, to);
		add_entry(folder, who, from[i].rights, arena);
	}
}
