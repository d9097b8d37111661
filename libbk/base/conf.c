/*
 * Reading configuration files: see conf.h.  libinih splits lines into names
 * and values; this file feeds it line by line, so it knows where it is, and
 * refuses what libinih would cut or misread in silence: long lines, text
 * after a section's bracket, a new key that an indentation turns into more of
 * the value before.
 */

#include "base/conf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"

#define FILE_MAX    (1 << 20)
#define SECTION_MAX 49 /* libinih cuts section names after so many bytes */

/* One file being read. */
struct reading {
	struct bk_conf *conf;
	const char *file;
	const uint8_t *at, *end;
	unsigned line;      /* of the line that was handed out last */
	bool in_section;    /* the last section of conf is the current one */
	bool continues;     /* the line goes on with the entry before it */
	struct bk_err *err; /* filled when failed */
	bool failed;
};

static void fail(struct reading *r, const char *what, const char *name)
{
	r->failed = true;
	bk_fail(r->err, BK_MISUSE, "%s:%u: %s%s", r->file, r->line, what, name);
}

static struct bk_conf_section *current(const struct reading *r)
{
	return r->in_section ? &r->conf->sections[r->conf->n - 1] : NULL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/* Names are typed as arguments beside paths and URLs: no '/', no ':'. */
static bool is_name(const char *name)
{
	if (*name == '-' || *name == '.')
		return false;
	for (; *name; name++)
		if (!is_word_char(*name))
			return false;
	return true;
}

/* libinih drops " ; comment" after a key but not on the lines that go on with
 * its value: so it goes here, from all of them. */
static void drop_comment(char *line)
{
	for (char *p = line; *p; p++)
		if (*p == ';' && (p == line || is_blank(p[-1]))) {
			*p = 0;
			return;
		}
}

static char *trim(char *text)
{
	while (is_blank(*text))
		text++;
	size_t len = strlen(text);
	while (len > 0 && is_blank(text[len - 1]))
		text[--len] = 0;
	return text;
}

static void add_section(struct reading *r, const char *type, const char *name)
{
	struct bk_conf *conf = r->conf;
	const struct bk_conf_section *same = bk_conf_find(conf, type, name);

	if (same) {
		r->failed = true;
		bk_fail(r->err, BK_MISUSE,
			"%s:%u: [%s%s%s] is there already, at %s:%u", r->file,
			r->line, type, *name ? " " : "", name, same->file,
			same->line);
		return;
	}
	conf->sections = bk_array_room(conf->sections, conf->n, &conf->cap,
				       sizeof(*conf->sections));
	conf->sections[conf->n++] = (struct bk_conf_section){
		.type = bk_arena_strdup(&conf->arena, type),
		.name = bk_arena_strdup(&conf->arena, name),
		.file = r->file,
		.line = r->line,
	};
	r->in_section = true;
}

/* "[repo main]": libinih would take a section that has no keys for none. */
static void read_section(struct reading *r, const char *line)
{
	char copy[SECTION_MAX + 1] = {0};
	size_t len = strcspn(line + 1, "]");
	const char *after = line + 1 + len;

	if (*after != ']') {
		fail(r, "the section lacks its ']'", "");
		return;
	}
	if (len > SECTION_MAX) {
		fail(r, "the section's name is too long", "");
		return;
	}
	for (after++; is_blank(*after); after++)
		;
	if (*after && *after != '#') {
		fail(r, "nothing may follow the section's ']'", "");
		return;
	}
	memcpy(copy, line + 1, len);
	char *type = trim(copy);
	char *name = type + strcspn(type, " \t");
	if (*name)
		*name++ = 0;
	name = trim(name);
	if (*type == 0 || !is_name(type) || !is_name(name))
		fail(r,
		     "a section's name has letters, digits, '-', '_' and '.'",
		     "");
	else
		add_section(r, type, name);
}

/* An indented "key = value" looks like an entry of its own and would become
 * more of the value before it. */
static void check_continuation(struct reading *r, const char *text)
{
	const char *p = text;

	while (is_word_char(*p))
		p++;
	while (is_blank(*p))
		p++;
	if (*p == '=' || *text == '[')
		fail(r,
		     "a line that begins with a blank goes on with the value "
		     "before it; begin it at the left",
		     "");
}

static void look_at_line(struct reading *r, char *line)
{
	drop_comment(line);
	const char *text = line;
	while (is_blank(*text))
		text++;
	const struct bk_conf_section *section = current(r);
	r->continues = text > line && section && section->n > 0;
	if (*text == 0 || *text == '#')
		return;
	if (r->continues)
		check_continuation(r, text);
	else if (*text == '[')
		read_section(r, text);
}

/* What stands below a section that is none belongs to nobody. */
static void pass_over(struct reading *r, char *line)
{
	if (line[strspn(line, " \t")] == '[')
		r->in_section = false;
	r->failed = false;
	line[0] = '\n';
	line[1] = 0;
}

/* What libinih calls for a line, as fgets. */
static char *next_line(char *into, int size, void *data)
{
	struct reading *r = data;

	if (r->failed || r->at == r->end)
		return NULL;
	const uint8_t *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
	const uint8_t *after = newline ? newline + 1 : r->end;
	size_t len = (size_t)(after - r->at);
	r->line++;
	if (len >= (size_t)size && r->conf->lenient) {
		r->at = after;
		memcpy(into, "\n", 2);
		return into;
	}
	if (len >= (size_t)size) {
		fail(r,
		     "the line is longer than 198 bytes; go on in the next "
		     "line, beginning with a blank",
		     "");
		return NULL;
	}
	if (memchr(r->at, 0, len)) {
		fail(r, "the line has a NUL in it", "");
		return NULL;
	}
	memcpy(into, r->at, len);
	into[len] = 0;
	r->at = after;
	look_at_line(r, into);
	if (r->failed && r->conf->lenient)
		pass_over(r, into);
	return r->failed ? NULL : into;
}

static void append(struct bk_conf *conf, struct bk_conf_entry *entry,
		   const char *value)
{
	struct bk_buf joined = {0};

	bk_buf_printf(&joined, "%s%s%s", entry->value, *entry->value ? " " : "",
		      value);
	entry->value = bk_arena_strdup(&conf->arena, bk_buf_text(&joined));
	bk_buf_clear(&joined);
}

static void add_entry(struct reading *r, struct bk_conf_section *section,
		      const char *key, const char *value)
{
	struct bk_arena *arena = &r->conf->arena;

	section->entries =
		bk_array_room(section->entries, section->n, &section->cap,
			      sizeof(*section->entries));
	section->entries[section->n++] = (struct bk_conf_entry){
		.key = bk_arena_strdup(arena, key),
		.value = bk_arena_strdup(arena, value),
		.file = r->file,
		.line = r->line,
	};
}

/* What libinih calls for each name and value; 1: go on. */
static int take_value(void *data, const char *unused, const char *key,
		      const char *value)
{
	struct reading *r = data;
	struct bk_conf_section *section = current(r);

	(void)unused;
	if (r->failed)
		return 1;
	if (r->conf->lenient &&
	    (!section || !*key || bk_conf_get(section, key)))
		return 1;
	if (!section)
		fail(r, "a key before the first [section]: ", key);
	else if (r->continues)
		append(r->conf, &section->entries[section->n - 1], value);
	else if (*key == 0)
		fail(r, "a value without a key", "");
	else if (bk_conf_get(section, key))
		fail(r, "given twice in this section: ", key);
	else
		add_entry(r, section, key, value);
	return 1;
}

/* A password command in it runs as whoever runs us. */
static int check_mode(const char *path, struct bk_err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return bk_fail_errno(err, "%s", path);
	if (S_ISDIR(st.st_mode))
		return bk_fail(err, BK_MISUSE,
			       "%s: it is a folder; a configuration is a file",
			       path);
	if (st.st_mode & S_IWOTH)
		return bk_fail(err, BK_MISUSE,
			       "%s: everybody may write to it; run: chmod o-w "
			       "%s",
			       path, path);
	return 0;
}

int bk_conf_read(struct bk_conf *conf, const char *path, struct bk_err *err)
{
	struct bk_buf text = {0};
	struct reading r = {.conf = conf, .err = err};

	if (strcmp(path, "/dev/null") == 0) /* no configuration, please */
		return 0;
	if (check_mode(path, err) < 0)
		return -1;
	if (bk_file_read(AT_FDCWD, path, FILE_MAX, &text, err) < 0)
		return -1;
	r.file = bk_arena_strdup(&conf->arena, path);
	r.at = text.data;
	r.end = text.data + text.len;

	int rc = 0;
	int bad = ini_parse_stream(next_line, &r, take_value, &r);
	if (conf->lenient)
		bad = 0;
	if (bad != 0 && !(r.failed && r.line <= (unsigned)bad)) {
		r.failed = true;
		bk_fail(err, BK_MISUSE, "%s:%d: expected 'key = value'", path,
			bad);
	}
	if (r.failed)
		rc = -1;
	bk_buf_clear(&text);
	return rc;
}

static int is_conf(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && dot != entry->d_name && strcmp(dot, ".conf") == 0;
}

int bk_conf_read_dir(struct bk_conf *conf, const char *dir, struct bk_err *err)
{
	struct dirent **found = NULL;
	int rc = 0;

	int n = scandir(dir, &found, is_conf, alphasort);
	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0)
		return bk_fail_errno(err, "%s", dir);
	for (int i = 0; i < n; i++) {
		char *path = bk_asprintf("%s/%s", dir, found[i]->d_name);
		if (rc == 0)
			rc = bk_conf_read(conf, path, err);
		free(path);
		free(found[i]);
	}
	free(found);
	return rc;
}

const struct bk_conf_section *bk_conf_next(const struct bk_conf *conf,
					   const char *type,
					   const struct bk_conf_section *after)
{
	const struct bk_conf_section *s = after ? after + 1 : conf->sections;

	for (; s && s < conf->sections + conf->n; s++)
		if (strcmp(s->type, type) == 0)
			return s;
	return NULL;
}

const struct bk_conf_section *bk_conf_find(const struct bk_conf *conf,
					   const char *type, const char *name)
{
	const struct bk_conf_section *s = bk_conf_next(conf, type, NULL);

	while (s && strcmp(s->name, name) != 0)
		s = bk_conf_next(conf, type, s);
	return s;
}

const struct bk_conf_entry *bk_conf_get(const struct bk_conf_section *section,
					const char *key)
{
	for (size_t i = 0; section && i < section->n; i++)
		if (strcmp(section->entries[i].key, key) == 0)
			return &section->entries[i];
	return NULL;
}

const char *bk_conf_value(const struct bk_conf_section *section,
			  const char *key)
{
	const struct bk_conf_entry *entry = bk_conf_get(section, key);

	return entry ? entry->value : NULL;
}

int bk_conf_blame(const struct bk_conf_entry *entry, struct bk_err *err)
{
	return bk_context(err, "%s:%u: %s", entry->file, entry->line,
			  entry->key);
}

void bk_conf_clear(struct bk_conf *conf)
{
	for (size_t i = 0; i < conf->n; i++)
		free(conf->sections[i].entries);
	free(conf->sections);
	bk_arena_clear(&conf->arena);
	*conf = (struct bk_conf){0};
}
