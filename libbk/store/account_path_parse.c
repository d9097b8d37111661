/* Reading a pattern of paths: see account_path.h. */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "store/account_path_walk.h"

#define LEVELS_MAX 16

static struct bk_account_path_part *add_part(
	struct bk_account_path_level *level)
{
	level->parts = bk_array_room(level->parts, level->n, &level->cap,
				     sizeof(*level->parts));
	struct bk_account_path_part *part = &level->parts[level->n++];

	*part = (struct bk_account_path_part){0};
	return part;
}

static size_t read_number(const char **at)
{
	size_t value = 0;

	while (isdigit((unsigned char)**at) && value < 10000)
		value = value * 10 + (size_t)(*(*at)++ - '0');
	return value;
}

/* What follows a '%'. */
static int read_variable(const char **at, struct bk_account_path_part *part,
			 struct bk_err *err)
{
	const char *start = *at;

	for (;; (*at)++) {
		if (**at == 'L')
			part->lower = true;
		else if (**at == 'U')
			part->upper = true;
		else
			break;
	}
	part->width = read_number(at);
	if (**at == '.') {
		(*at)++;
		part->skip = part->width;
		part->width = read_number(at);
	}
	if (!**at || !strchr("und", **at))
		return bk_fail(err, BK_MISUSE,
			       "'%%%.8s' is no variable; there are %%u (the "
			       "address), %%n (before the '@'), %%d (the "
			       "domain)",
			       start);
	part->variable = *(*at)++;
	return 0;
}

/* Text up to '%' or '/'; "%%" is a percent sign. */
static void read_text(struct bk_account_path *pattern, const char **at,
		      struct bk_account_path_part *part)
{
	struct bk_buf text = {0};

	while (**at && **at != '/') {
		if (**at == '%' && (*at)[1] != '%')
			break;
		if (**at == '%')
			(*at)++;
		bk_buf_add_u8(&text, (uint8_t) * (*at)++);
	}
	part->text = bk_arena_strdup(&pattern->arena, bk_buf_text(&text));
	bk_buf_clear(&text);
}

static int read_level(struct bk_account_path *pattern, const char **at,
		      struct bk_account_path_level *level, struct bk_err *err)
{
	while (**at && **at != '/') {
		struct bk_account_path_part *part = add_part(level);
		if (**at != '%' || (*at)[1] == '%') {
			read_text(pattern, at, part);
			continue;
		}
		(*at)++;
		if (read_variable(at, part, err) < 0)
			return -1;
		if (level->n > 1 && level->parts[level->n - 2].variable)
			return bk_fail(err, BK_MISUSE,
				       "two variables need some text or a '/' "
				       "between them");
	}
	return 0;
}

/* The fixed part ends with the last '/' before the first variable. */
static size_t prefix_length(const char *text)
{
	size_t end = 0;

	for (size_t i = 0; text[i]; i++) {
		if (text[i] == '/')
			end = i ? i : 1;
		if (text[i] == '%' && text[i + 1] == '%')
			i++;
		else if (text[i] == '%')
			return end;
	}
	return strlen(text);
}

static const char *read_prefix(struct bk_account_path *pattern, size_t len)
{
	struct bk_buf out = {0};

	for (size_t i = 0; i < len; i++) {
		bk_buf_add_u8(&out, (uint8_t)pattern->text[i]);
		if (pattern->text[i] == '%')
			i++;
	}
	while (out.len > 1 && out.data[out.len - 1] == '/')
		out.len--;
	if (!out.len)
		bk_buf_add_u8(&out, '.');
	const char *prefix =
		bk_arena_strdup(&pattern->arena, bk_buf_text(&out));
	bk_buf_clear(&out);
	return prefix;
}

int bk_account_path_parse(struct bk_account_path *pattern, struct bk_err *err)
{
	size_t fixed = prefix_length(pattern->text);
	const char *at = pattern->text + fixed;

	if (!*pattern->text)
		return bk_fail(err, BK_MISUSE, "an empty path");
	pattern->prefix = read_prefix(pattern, fixed);
	for (at += strspn(at, "/"); *at; at += strspn(at, "/")) {
		if (pattern->n_levels == LEVELS_MAX)
			return bk_fail(err, BK_MISUSE,
				       "more than %d levels below a variable",
				       LEVELS_MAX);
		pattern->levels = bk_array_room(
			pattern->levels, pattern->n_levels,
			&pattern->cap_levels, sizeof(*pattern->levels));
		struct bk_account_path_level *level =
			&pattern->levels[pattern->n_levels++];
		*level = (struct bk_account_path_level){0};
		if (read_level(pattern, &at, level, err) < 0)
			return -1;
	}
	return 0;
}
