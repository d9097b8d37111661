/* Names that every file system takes: see safe_name.h. */

#include "store/safe_name.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wctype.h>

#include "base/utf8.h"
#include "crypto/digest.h"

/* Bytes of a level: with digits behind it, and quotes of whoever unpacks it,
 * below the 143 that an encrypted eCryptfs folder takes. */
#define LEVEL_MAX 100
#define DIGITS    8

/* ---- one level ---- */

static void add_digits(struct bk_buf *to, const char *name)
{
	uint8_t sum[BK_SHA256_LEN];
	struct bk_sha256 sha;

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, name, strlen(name));
	bk_sha256_final(&sha, sum);
	bk_buf_add_u8(to, '~');
	for (size_t i = 0; i < DIGITS / 2; i++)
		bk_buf_printf(to, "%02x", (unsigned)sum[i]);
}

/* Characters that have no shape, or that turn the direction of a text, too: a
 * name must be what it looks like. */
static bool is_odd(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) ||
	       (code < 0x80 && strchr("<>:\"/\\|?*", (int)code)) ||
	       (code >= 0x200b && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

/* Some file systems compose them, others do not. */
static bool is_combining(uint32_t code)
{
	return (code >= 0x300 && code < 0x370) ||
	       (code >= 0x1ab0 && code < 0x1b00) ||
	       (code >= 0x1dc0 && code < 0x1e00) ||
	       (code >= 0x20d0 && code < 0x2100) ||
	       (code >= 0x3099 && code <= 0x309a) ||
	       (code >= 0xfe20 && code < 0xfe30);
}

/* Windows takes them for devices, whatever follows a '.'. */
static bool is_device(const char *name, size_t len)
{
	static const char *const words[] = {"con", "prn", "aux", "nul"};
	size_t stem = strcspn(name, ".");

	if (stem > len)
		stem = len;
	for (size_t i = 0; stem == 3 && i < 4; i++)
		if (strncasecmp(name, words[i], 3) == 0)
			return true;
	return stem == 4 && strchr("0123456789", name[3]) &&
	       (strncasecmp(name, "com", 3) == 0 ||
		strncasecmp(name, "lpt", 3) == 0);
}

/* What could be a name of ours, or of a message. */
static bool looks_made(const char *name, size_t len)
{
	return (len > DIGITS && name[len - DIGITS - 1] == '~') ||
	       (len >= 4 && (strncasecmp(name + len - 4, ".eml", 4) == 0)) ||
	       (len >= 5 && (strncasecmp(name + len - 5, ".part", 5) == 0));
}

/* The characters of a name; true: they are all that it had. */
static bool add_characters(struct bk_buf *to, const char *name)
{
	const uint8_t *at = (const uint8_t *)name;
	size_t left = strlen(name), start = to->len;
	bool same = true;

	while (left) {
		uint32_t code = 0;
		size_t n = bk_utf8_next(at, left, &code);
		bool plain = n && !is_odd(code);
		same = same && plain && !is_combining(code);
		n = n ? n : 1;
		if (to->len - start + n > LEVEL_MAX)
			return false;
		if (plain)
			bk_buf_add(to, at, n);
		else
			bk_buf_add_u8(to, '_');
		at += n;
		left -= n;
	}
	return same;
}

static void add_level(struct bk_buf *to, const char *name, bool digits)
{
	size_t start = to->len;
	bool same = *name && add_characters(to, name);
	const char *level = bk_buf_text(to) + start;
	size_t len = to->len - start;

	digits |= !same || looks_made(level, len);
	if (len && level[0] == '.') {
		to->data[start] = '_';
		digits = true;
	}
	if (len && strchr(". ", level[len - 1])) {
		to->data[to->len - 1] = '_';
		digits = true;
	}
	if (is_device(level, len)) {
		to->data[start] = '_';
		digits = true;
	}
	if (digits)
		add_digits(to, name);
}

void bk_safe_name_add(struct bk_buf *to, const char *name)
{
	add_level(to, name, false);
}

/* ---- paths ---- */

/* A path as a file system may see it that does not tell capitals apart. */
static struct bk_name_key folded_key(struct bk_name_table *table,
				     const char *path)
{
	const uint8_t *at = (const uint8_t *)path;
	size_t left = strlen(path);
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	struct bk_buf folded = {0};

	for (size_t n; left; at += n, left -= n) {
		uint32_t code = 0;
		n = bk_utf8_next(at, left, &code);
		if (!n)
			n = 1;
		else if (utf8)
			code = towlower_l(towupper_l(code, utf8), utf8);
		bk_buf_add_u32(&folded, code);
	}
	struct bk_name_key key =
		bk_name_table_key(table, folded.data, folded.len);
	bk_buf_clear(&folded);
	if (utf8)
		freelocale(utf8);
	return key;
}

static bool has(const struct bk_name_table *table, struct bk_name_key key,
		uint32_t *value)
{
	size_t at = 0;

	return bk_name_table_next(table, key, &at, value);
}

static const char *give(struct bk_safe_paths *paths, const char *name,
			const char *parent, const char *level)
{
	const char *const between = *parent ? "/" : "";
	struct bk_buf path = {0};
	uint32_t taken;

	bk_buf_printf(&path, "%s%s", parent, between);
	add_level(&path, level, false);
	struct bk_name_key key =
		folded_key(&paths->by_path, bk_buf_text(&path));
	if (has(&paths->by_path, key, &taken)) {
		path.len = 0;
		bk_buf_printf(&path, "%s%s", parent, between);
		add_level(&path, level, true);
		key = folded_key(&paths->by_path, bk_buf_text(&path));
	}
	paths->items = bk_array_room(paths->items, paths->n, &paths->cap,
				     sizeof(*paths->items));
	struct bk_safe_path *item = &paths->items[paths->n];
	item->name = bk_arena_strdup(&paths->arena, name);
	item->path = bk_arena_strdup(&paths->arena, bk_buf_text(&path));
	bk_name_table_add(&paths->by_path, key, (uint32_t)paths->n);
	bk_name_table_add(
		&paths->by_name,
		bk_name_table_key(&paths->by_name, name, strlen(name)),
		(uint32_t)paths->n);
	paths->n++;
	bk_buf_clear(&path);
	return item->path;
}

const char *bk_safe_path(struct bk_safe_paths *paths, const char *name)
{
	const char *path = "";

	for (const char *level = name, *end; level; level = end) {
		size_t len = strcspn(level, "/");
		char *own = bk_strndup(level, len);
		char *whole = bk_strndup(name, (size_t)(level - name) + len);
		uint32_t at;
		end = level[len] ? level + len + 1 : NULL;
		if (has(&paths->by_name,
			bk_name_table_key(&paths->by_name, whole,
					  strlen(whole)),
			&at))
			path = paths->items[at].path;
		else
			path = give(paths, whole, path, own);
		free(own);
		free(whole);
	}
	return path;
}

void bk_safe_paths_clear(struct bk_safe_paths *paths)
{
	free(paths->items);
	bk_arena_clear(&paths->arena);
	bk_name_table_clear(&paths->by_name);
	bk_name_table_clear(&paths->by_path);
	*paths = (struct bk_safe_paths){0};
}
