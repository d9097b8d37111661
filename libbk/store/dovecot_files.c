/* Dovecot's small files: see dovecot_files.h. */

#include "store/dovecot_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* A folder with more keywords, rights or subscriptions than this is an attack
 * on our memory, not a folder. */
#define ENTRIES_MAX 100000

bool bk_line_next(struct bk_view *text, struct bk_view *line)
{
	if (!text->len)
		return false;
	const uint8_t *end = memchr(text->data, '\n', text->len);
	size_t used = end ? (size_t)(end - text->data) + 1 : text->len;
	*line = (struct bk_view){text->data, end ? used - 1 : used};
	text->data += used;
	text->len -= used;
	if (line->len && line->data[line->len - 1] == '\r')
		line->len--;
	return true;
}

static bool has_nul(struct bk_view text)
{
	return memchr(text.data, 0, text.len) != NULL;
}

static const char *text_of(struct bk_arena *arena, struct bk_view text)
{
	return bk_arena_strndup(arena, (const char *)text.data, text.len);
}

void bk_keyword_letters_read(struct bk_keyword_letters *letters,
			     struct bk_view text, struct bk_arena *arena)
{
	struct bk_view line;

	*letters = (struct bk_keyword_letters){0};
	while (bk_line_next(&text, &line)) {
		size_t i = 0;
		size_t index = 0;
		while (i < line.len && line.data[i] >= '0' &&
		       line.data[i] <= '9' && index < BK_KEYWORD_LETTERS)
			index = index * 10 + (size_t)(line.data[i++] - '0');
		if (!i || i + 1 >= line.len || line.data[i] != ' ' ||
		    index >= BK_KEYWORD_LETTERS || has_nul(line))
			continue;
		letters->name[index] =
			text_of(arena, (struct bk_view){line.data + i + 1,
							line.len - i - 1});
	}
}

void bk_keyword_letters_write(const struct bk_keyword_letters *letters,
			      struct bk_buf *out)
{
	for (size_t i = 0; i < BK_KEYWORD_LETTERS; i++)
		if (letters->name[i])
			bk_buf_printf(out, "%zu %s\n", i, letters->name[i]);
}

int bk_keyword_letters_find(struct bk_keyword_letters *letters,
			    const char *keyword)
{
	int vacant = -1;

	for (int i = 0; i < BK_KEYWORD_LETTERS; i++) {
		if (!letters->name[i]) {
			if (vacant < 0)
				vacant = i;
			continue;
		}
		/* Keywords know no case (RFC 9051 section 2.3.2). */
		if (strcasecmp(letters->name[i], keyword) == 0)
			return i;
	}
	if (vacant >= 0)
		letters->name[vacant] = keyword;
	return vacant;
}

void bk_subscriptions_clear(struct bk_subscriptions *subs)
{
	free(subs->names);
	bk_name_table_clear(&subs->table);
	bk_arena_clear(&subs->arena);
	*subs = (struct bk_subscriptions){0};
}

bool bk_subscriptions_has(struct bk_subscriptions *subs, const char *name)
{
	struct bk_name_key key =
		bk_name_table_key(&subs->table, name, strlen(name));
	size_t at = 0;
	uint32_t value;

	return bk_name_table_next(&subs->table, key, &at, &value);
}

static void add_name(struct bk_subscriptions *subs, struct bk_view name)
{
	if (!name.len || has_nul(name) || subs->n == ENTRIES_MAX)
		return;
	subs->names = bk_array_room(subs->names, subs->n, &subs->cap,
				    sizeof(*subs->names));
	subs->names[subs->n++] = text_of(&subs->arena, name);
	bk_name_table_add(&subs->table,
			  bk_name_table_key(&subs->table, name.data, name.len),
			  0);
}

bool bk_subscriptions_add(struct bk_subscriptions *subs, const char *name)
{
	struct bk_view view = {(const uint8_t *)name, strlen(name)};

	if (strpbrk(name, "\r\n") || bk_subscriptions_has(subs, name))
		return false;
	size_t before = subs->n;
	add_name(subs, view);
	return subs->n > before;
}

bool bk_subscriptions_drop(struct bk_subscriptions *subs, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < subs->n; i++)
		if (strcmp(subs->names[i], name) != 0)
			subs->names[n++] = subs->names[i];
	bool was_there = n < subs->n;
	subs->n = n;
	return was_there;
}

/* What \001 and a letter stand for. */
static uint8_t unescaped(uint8_t letter)
{
	switch (letter) {
	case '0':
		return 0;
	case '1':
		return 1;
	case 't':
		return '\t';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	default:
		return letter;
	}
}

/* Levels stand between tabs. */
static void read_levels(struct bk_subscriptions *subs, struct bk_view line,
			char separator)
{
	struct bk_buf name = {0};

	for (size_t i = 0; i < line.len; i++) {
		uint8_t c = line.data[i];
		if (c == '\t')
			c = (uint8_t)separator;
		else if (c == 1 && i + 1 < line.len)
			c = unescaped(line.data[++i]);
		bk_buf_add_u8(&name, c);
	}
	add_name(subs, bk_buf_view(&name));
	bk_buf_clear(&name);
}

void bk_subscriptions_read(struct bk_subscriptions *subs, struct bk_view text,
			   char separator)
{
	static const char head[] = "V\t2\n";
	struct bk_view line;

	*subs = (struct bk_subscriptions){0};
	subs->version2 = text.len >= sizeof(head) - 1 &&
			 memcmp(text.data, head, sizeof(head) - 1) == 0;
	if (subs->version2)
		(void)bk_line_next(&text, &line);
	while (bk_line_next(&text, &line)) {
		if (subs->version2)
			read_levels(subs, line, separator);
		else
			add_name(subs, line);
	}
}

static void write_levels(const char *name, char separator, struct bk_buf *out)
{
	for (; *name; name++) {
		if (*name == separator)
			bk_buf_add_u8(out, '\t');
		else if (*name == '\t')
			bk_buf_add(out, "\001t", 2);
		else if (*name == '\001')
			bk_buf_add(out, "\0011", 2);
		else
			bk_buf_add_u8(out, (uint8_t)*name);
	}
}

void bk_subscriptions_write(const struct bk_subscriptions *subs, char separator,
			    struct bk_buf *out)
{
	if (subs->version2)
		bk_buf_add(out, "V\t2\n\n", 5);
	for (size_t i = 0; i < subs->n; i++) {
		const char *name = subs->names[i];
		if (subs->version2)
			write_levels(name, separator, out);
		else
			bk_buf_add(out, name, strlen(name));
		bk_buf_add_u8(out, '\n');
	}
}

/* "identifier rights"; an identifier with a space inside is quoted. */
static const uint8_t *end_of_identifier(struct bk_view line)
{
	size_t i = 0;

	if (line.len && line.data[0] == '"')
		for (i = 1; i < line.len && line.data[i] != '"'; i++)
			if (line.data[i] == '\\')
				i++;
	if (i >= line.len)
		return NULL;
	return memchr(line.data + i, ' ', line.len - i);
}

void bk_acl_read(struct bk_folder *folder, struct bk_view text)
{
	struct bk_acl_entry *entries = NULL;
	struct bk_view line;
	size_t n = 0;
	size_t cap = 0;

	while (bk_line_next(&text, &line) && n < ENTRIES_MAX) {
		const uint8_t *space = end_of_identifier(line);
		if (!space || space == line.data || line.data[0] == '#' ||
		    has_nul(line))
			continue;
		size_t len = (size_t)(space - line.data);
		entries = bk_array_room(entries, n, &cap, sizeof(*entries));
		entries[n].who = text_of(&folder->arena,
					 (struct bk_view){line.data, len});
		entries[n].rights = text_of(
			&folder->arena,
			(struct bk_view){space + 1, line.len - len - 1});
		n++;
	}
	folder->acl = n ? bk_arena_memdup(&folder->arena, entries,
					  n * sizeof(*entries))
			: NULL;
	folder->n_acl = n;
	free(entries);
}

/* One line that Dovecot does not know, and it serves no folder at all. */
static bool is_identifier(const char *who)
{
	static const char *const whole[] = {"owner", "anyone", "authenticated"};
	static const char *const begin[] = {
		"user=", "group=", "group-override="};

	who += *who == '"';
	who += *who == '-';
	for (size_t i = 0; i < 3; i++)
		if (strcmp(who, whole[i]) == 0 ||
		    strncmp(who, begin[i], strlen(begin[i])) == 0)
			return true;
	return false;
}

static char old_right(char right)
{
	if (right == 'k' || right == 'x')
		return 'c';
	if (right == 'e' || right == 't')
		return 'd';
	return right;
}

/* Courier writes rights as RFC 2086 had them, too: "c" to make and delete
 * folders, "d" to delete messages.  What Dovecot knows stays as it is written,
 * names of rights after ':' among it. */
static bool write_rights(const char *rights, struct bk_buf *out)
{
	static const char *const known = "lrwstipekxa";
	size_t n = strcspn(rights, " :");

	if (strspn(rights, known) >= n) {
		bk_buf_add(out, rights, strlen(rights));
		return true;
	}
	if (strspn(rights, "lrwstipekxacd") < n)
		return false;
	for (const char *right = known; *right; right++) {
		char old = old_right(*right);
		if (memchr(rights, *right, n) || memchr(rights, old, n))
			bk_buf_add_u8(out, (uint8_t)*right);
	}
	return true;
}

static bool write_entry(const struct bk_acl_entry *entry, struct bk_buf *out)
{
	size_t start = out->len;

	if (!is_identifier(entry->who))
		return false;
	bk_buf_printf(out, "%s ", entry->who);
	bool known = write_rights(entry->rights, out);
	/* From another kind of store it may be anything: what is read back must
	 * be what was meant. */
	struct bk_view line = {out->data + start, out->len - start};
	const uint8_t *space = end_of_identifier(line);
	if (known && !memchr(line.data, '\n', line.len) &&
	    !memchr(line.data, '\r', line.len) && space &&
	    (size_t)(space - line.data) == strlen(entry->who)) {
		bk_buf_add_u8(out, '\n');
		return true;
	}
	out->len = start;
	return false;
}

bool bk_acl_write(const struct bk_folder *folder, struct bk_buf *out)
{
	bool all = true;

	for (size_t i = 0; i < folder->n_acl; i++)
		all &= write_entry(&folder->acl[i], out);
	return all;
}
