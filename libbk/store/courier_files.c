/* Courier's keywords: see courier_files.h. */

#include "store/courier_files.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/path.h"
#include "store/dents.h"
#include "store/dovecot_files.h"

#define LIST_MAX        ((size_t)64 << 20)
#define UPDATE_MAX      ((size_t)64 << 10)
#define PER_MESSAGE_MAX 256

/* A later state of a message's keywords. */
struct update {
	size_t message;
	uint64_t number; /* UINT64_MAX: without one */
	const char *file;
};

struct courier {
	int dir;
	struct bk_sightings *seen;
	struct bk_folder *folder;
	uint16_t *table; /* the lines of :list as indexes of the folder's */
	size_t n_table, cap_table;
	struct update *updates;
	size_t n_updates, cap_updates;
	struct bk_arena arena;
};

/* A message's keywords, ascending and each once. */
struct keyword_set {
	uint16_t items[PER_MESSAGE_MAX];
	size_t n;
};

static void add_keyword(struct keyword_set *set, uint16_t keyword)
{
	size_t at = set->n;

	if (set->n == PER_MESSAGE_MAX)
		return;
	while (at && set->items[at - 1] > keyword)
		at--;
	if (at && set->items[at - 1] == keyword)
		return;
	memmove(set->items + at + 1, set->items + at,
		(set->n - at) * sizeof(*set->items));
	set->items[at] = keyword;
	set->n++;
}

static void set_keywords(struct courier *c, size_t message,
			 const struct keyword_set *set)
{
	struct bk_message *msg = &c->seen->messages->items[message];

	msg->n_keywords = (uint16_t)set->n;
	msg->keywords =
		set->n ? bk_arena_memdup(&c->seen->messages->arena, set->items,
					 set->n * sizeof(*set->items))
		       : NULL;
}

static uint16_t index_in_folder(struct courier *c, struct bk_view name)
{
	char *text = bk_strndup((const char *)name.data, name.len);
	uint16_t keyword = bk_folder_keyword(c->folder, text);

	free(text);
	return keyword;
}

static bool is_keyword(struct bk_view line)
{
	return line.len && line.len < 256 && !memchr(line.data, 0, line.len);
}

/* "basename:0 2" */
static void read_message_line(struct courier *c, struct bk_view line)
{
	struct keyword_set set = {.n = 0};
	const uint8_t *colon = memchr(line.data, ':', line.len);

	if (!colon)
		return;
	size_t len = (size_t)(colon - line.data);
	size_t message = bk_sightings_find(c->seen, line.data, len);
	if (message == SIZE_MAX)
		return;
	for (size_t i = len + 1; i < line.len;) {
		size_t index = 0;
		size_t start = i;
		for (; i < line.len && isdigit(line.data[i]); i++)
			if (index < c->n_table)
				index = index * 10 +
					(size_t)(line.data[i] - '0');
		if (i > start && index < c->n_table)
			add_keyword(&set, c->table[index]);
		if (i < line.len)
			i++;
	}
	set_keywords(c, message, &set);
}

static void read_list(struct courier *c, struct bk_view text)
{
	struct bk_view line;

	while (bk_line_next(&text, &line) && is_keyword(line) &&
	       c->n_table < UINT16_MAX) {
		c->table = bk_array_room(c->table, c->n_table, &c->cap_table,
					 sizeof(*c->table));
		c->table[c->n_table++] = index_in_folder(c, line);
	}
	while (bk_line_next(&text, &line))
		read_message_line(c, line);
}

static void note_update(struct courier *c, const struct bk_dent *entry)
{
	const char *base = entry->name;
	uint64_t number = UINT64_MAX;

	if (base[0] == ':' || entry->type == DT_DIR)
		return;
	if (base[0] == '.') {
		number = 0;
		for (base++; isdigit((unsigned char)*base); base++)
			if (number < UINT64_MAX / 20)
				number = number * 10 + (uint64_t)(*base - '0');
		if (*base != '.' || !number)
			return;
		base++;
	}
	size_t message = bk_sightings_find(c->seen, base, strlen(base));
	if (message == SIZE_MAX)
		return;
	c->updates = bk_array_room(c->updates, c->n_updates, &c->cap_updates,
				   sizeof(*c->updates));
	c->updates[c->n_updates++] = (struct update){
		message, number, bk_arena_strdup(&c->arena, entry->name)};
}

static int by_message_and_number(const void *left, const void *right)
{
	const struct update *a = left;
	const struct update *b = right;

	if (a->message != b->message)
		return a->message < b->message ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* A state that is gone meanwhile was taken into :list by Courier: what we read
 * there is older, and the next run sees it. */
static int read_update(struct courier *c, const struct update *update,
		       struct bk_buf *spare, struct bk_err *err)
{
	struct keyword_set set = {.n = 0};
	struct bk_err why = {0};
	struct bk_view line;

	if (bk_path_read(c->dir, update->file, UPDATE_MAX, spare, &why) < 0) {
		if (why.kind == BK_GONE)
			return 0;
		*err = why;
		return -1;
	}
	struct bk_view text = bk_buf_view(spare);
	while (bk_line_next(&text, &line) && is_keyword(line))
		add_keyword(&set, index_in_folder(c, line));
	set_keywords(c, update->message, &set);
	return 0;
}

static int read_updates(struct courier *c, struct bk_buf *spare,
			struct bk_err *err)
{
	struct bk_dents dents;
	struct bk_dent entry;
	int rc;

	if (bk_dents_open(&dents, c->dir, err) < 0)
		return -1;
	while ((rc = bk_dents_next(&dents, &entry, err)) > 0)
		note_update(c, &entry);
	bk_dents_close(&dents);
	if (rc < 0 || !c->n_updates)
		return rc;
	qsort(c->updates, c->n_updates, sizeof(*c->updates),
	      by_message_and_number);
	for (size_t i = 0; i < c->n_updates && rc == 0; i++)
		if (i + 1 == c->n_updates ||
		    c->updates[i + 1].message != c->updates[i].message)
			rc = read_update(c, &c->updates[i], spare, err);
	return rc;
}

int bk_courier_keywords_read(int dir, struct bk_sightings *seen,
			     struct bk_folder *folder, struct bk_err *err)
{
	struct courier c = {.dir = -1, .seen = seen, .folder = folder};
	struct bk_buf text = {0};
	struct bk_err why = {0};
	int rc = -1;

	c.dir = bk_path_open(dir, BK_COURIER_KEYWORDS, O_PATH | O_DIRECTORY, 0,
			     &why);
	if (c.dir < 0 && why.kind == BK_GONE)
		return 0;
	if (c.dir < 0 ||
	    (bk_path_read(c.dir, ":list", LIST_MAX, &text, &why) < 0 &&
	     why.kind != BK_GONE)) {
		*err = why;
		goto out;
	}
	read_list(&c, bk_buf_view(&text));
	rc = read_updates(&c, &text, err);
out:
	bk_path_close(&c.dir);
	bk_buf_clear(&text);
	free(c.table);
	free(c.updates);
	bk_arena_clear(&c.arena);
	return rc < 0 ? bk_context(err, BK_COURIER_KEYWORDS) : 0;
}
