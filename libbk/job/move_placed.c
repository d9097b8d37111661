/*
 * Where accounts have their place: see move_placed.h.  Its lines
 * (base/fields.h):
 *
 *	bk-placed 1
 *	account NAME BYTES
 */

#include "job/move_placed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fields.h"
#include "base/file.h"
#include "base/parse.h"
#include "job/account_file.h"

#define FIRST     "bk-placed\t1\n"
#define FILE_MOST ((size_t)256 << 20)
#define FIELDS    3

void bk_move_placed_clear(struct bk_move_placed *placed)
{
	free(placed->items);
	bk_arena_clear(&placed->arena);
	*placed = (struct bk_move_placed){0};
}

void bk_move_placed_add(struct bk_move_placed *placed, const char *name,
			uint64_t bytes)
{
	placed->items = bk_array_room(placed->items, placed->n, &placed->cap,
				      sizeof(*placed->items));
	placed->items[placed->n++] =
		(struct bk_move_place){.name = name, .bytes = bytes};
}

static int by_name(const void *a, const void *b)
{
	const struct bk_move_place *x = a, *y = b;

	return strcmp(x->name, y->name);
}

struct bk_move_place *bk_move_placed_find(struct bk_move_placed *placed,
					  const char *name)
{
	const struct bk_move_place key = {.name = name};

	if (!placed->n)
		return NULL;
	return bsearch(&key, placed->items, placed->n, sizeof(*placed->items),
		       by_name);
}

static bool read_lines(struct bk_move_placed *out, struct bk_view text)
{
	const char *fields[FIELDS];
	struct bk_err ignored = {0};
	const uint8_t *end;
	uint64_t bytes = 0;

	while ((end = memchr(text.data, '\n', text.len))) {
		struct bk_view line = {text.data, (size_t)(end - text.data)};
		size_t n = bk_fields_split(&out->arena, line, fields, FIELDS);
		if (n != 3 || strcmp(fields[0], "account") != 0 ||
		    bk_parse_number(fields[2], UINT64_MAX, &bytes, &ignored) <
			    0)
			return false;
		bk_move_placed_add(out, fields[1], bytes);
		text.data += line.len + 1;
		text.len -= line.len + 1;
	}
	return text.len == 0;
}

static int read_text(struct bk_move_placed *out, struct bk_view text,
		     struct bk_err *err)
{
	size_t first = strlen(FIRST);

	if (text.len >= first && memcmp(text.data, FIRST, first) == 0) {
		text.data += first;
		text.len -= first;
		if (!text.len || read_lines(out, text))
			return 0;
	}
	return bk_fail(err, BK_CORRUPT,
		       "it says which accounts have their place at a server, "
		       "and cannot be understood: put it right, or remove it, "
		       "and accounts are looked for at the servers");
}

int bk_move_placed_read(struct bk_move_placed *out, const char *path,
			struct bk_err *err)
{
	struct bk_buf text = {0};
	struct bk_err why = {0};

	int rc = bk_file_read(AT_FDCWD, path, FILE_MOST, &text, &why);
	if (rc == 0)
		rc = read_text(out, bk_buf_view(&text), &why);
	else if (why.kind == BK_GONE)
		rc = 0;
	if (out->n)
		qsort(out->items, out->n, sizeof(*out->items), by_name);
	bk_buf_clear(&text);
	if (rc == 0)
		return 0;
	*err = why;
	return bk_context(err, "%s", path);
}

int bk_move_placed_write(const struct bk_move_placed *placed,
			 const char *folder, const char *path,
			 struct bk_err *err)
{
	struct bk_buf text = {0};

	bk_buf_printf(&text, FIRST);
	for (size_t i = 0; i < placed->n; i++) {
		bk_buf_printf(&text, "account");
		bk_fields_add(&text, placed->items[i].name);
		bk_fields_add_number(&text, placed->items[i].bytes);
		bk_buf_printf(&text, "\n");
	}
	int rc = bk_account_file_write(folder, path, bk_buf_view(&text), err);
	bk_buf_clear(&text);
	return rc;
}
