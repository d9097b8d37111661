/* Wildcards and lists of names: see pattern.h. */

#include "base/pattern.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/file.h"

#define LIST_FILE_MAX (64 << 20)

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

/* The length of one character: a UTF-8 lead byte and what follows it. */
static size_t one_char(const char *p)
{
	size_t n = 1;

	while ((p[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* Steps over one element of the pattern, no star, and what it fits. */
static bool take_one(const char **pattern, const char **name, bool fold_case)
{
	const char *p = *pattern;
	const char *n = *name;

	if (*n == 0 || *p == 0)
		return false;
	if (*p == '?') {
		*pattern = p + 1;
		*name = n + one_char(n);
		return true;
	}
	if (*p == '\\' && p[1])
		p++;
	if (fold_case ? lower(*p) != lower(*n) : *p != *n)
		return false;
	*pattern = p + 1;
	*name = n + 1;
	return true;
}

bool bk_pattern_match(const char *pattern, const char *name, bool fold_case)
{
	const char *star = NULL; /* after the last one */
	const char *back = NULL; /* where it would go on if it took one more */

	while (*name || *pattern) {
		if (*pattern == '*') {
			star = ++pattern;
			back = name;
		} else if (!take_one(&pattern, &name, fold_case)) {
			if (!star || *back == 0)
				return false;
			back += one_char(back);
			name = back;
			pattern = star;
		}
	}
	return true;
}

bool bk_pattern_account(const char *pattern, const char *address)
{
	return bk_pattern_match(pattern, address, true);
}

static bool begins_with_inbox(const char *name)
{
	return strncasecmp(name, "INBOX", 5) == 0 &&
	       (name[5] == 0 || name[5] == '/');
}

bool bk_pattern_folder(const char *pattern, const char *folder)
{
	if (begins_with_inbox(pattern) && begins_with_inbox(folder))
		return bk_pattern_match(pattern + 5, folder + 5, false);
	return bk_pattern_match(pattern, folder, false);
}

bool bk_pattern_is_wild(const char *pattern)
{
	return strpbrk(pattern, "*?\\") != NULL;
}

static void add_name(struct bk_names *names, const char *name, size_t len)
{
	names->items = bk_array_room(names->items, names->n, &names->cap,
				     sizeof(*names->items));
	names->items[names->n++] = bk_strndup(name, len);
}

void bk_names_add(struct bk_names *names, const char *name)
{
	add_name(names, name, strlen(name));
}

void bk_names_add_words(struct bk_names *names, const char *text)
{
	static const char gaps[] = " \t,";

	for (text += strspn(text, gaps); *text; text += strspn(text, gaps)) {
		size_t len = strcspn(text, gaps);
		add_name(names, text, len);
		text += len;
	}
}

static void add_line(struct bk_names *names, const char *line, size_t len)
{
	static const char blanks[] = " \t\r";

	while (len > 0 && strchr(blanks, line[len - 1]))
		len--;
	while (len > 0 && strchr(blanks, *line)) {
		line++;
		len--;
	}
	if (len > 0 && *line != '#')
		add_name(names, line, len);
}

int bk_names_add_file(struct bk_names *names, const char *path,
		      struct bk_err *err)
{
	struct bk_buf text = {0};

	if (bk_file_read(AT_FDCWD, path, LIST_FILE_MAX, &text, err) < 0)
		return -1;
	if (memchr(bk_buf_text(&text), 0, text.len)) {
		bk_buf_clear(&text);
		return bk_fail(err, BK_MISUSE, "%s: not a list of names", path);
	}
	for (const char *p = bk_buf_text(&text); *p;) {
		size_t len = strcspn(p, "\n");
		add_line(names, p, len);
		p += len + (p[len] == '\n');
	}
	bk_buf_clear(&text);
	return 0;
}

void bk_names_clear(struct bk_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct bk_names){0};
}

static bool any_fits(const struct bk_names *patterns, const char *name)
{
	for (size_t i = 0; i < patterns->n; i++)
		if (bk_pattern_account(patterns->items[i], name))
			return true;
	return false;
}

bool bk_filter_takes(const struct bk_filter *filter, const char *address)
{
	const char *at = strrchr(address, '@');
	bool in = filter->include.n == 0 && filter->domains.n == 0;

	if (!in)
		in = any_fits(&filter->include, address) ||
		     (at && any_fits(&filter->domains, at + 1));
	return in && !any_fits(&filter->exclude, address);
}

bool bk_filter_is_empty(const struct bk_filter *filter)
{
	return filter->include.n == 0 && filter->domains.n == 0 &&
	       filter->exclude.n == 0;
}

void bk_filter_clear(struct bk_filter *filter)
{
	bk_names_clear(&filter->include);
	bk_names_clear(&filter->domains);
	bk_names_clear(&filter->exclude);
}
