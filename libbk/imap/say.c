/* Putting commands together: see talk.h. */

#include "imap/talk.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail/flags.h"

/* Above, a string goes as a literal: servers limit their lines. */
#define QUOTED_MAX 1000

void bk_imap_talk_begin(struct bk_imap *imap)
{
	imap->n_commands = 0;
	imap->in_flight = 0;
	imap->first_open = 0;
	imap->out.len = 0;
	imap->n_pauses = 0;
	imap->unsayable = NULL;
	bk_arena_clear(&imap->said);
}

void bk_imap_end_line(struct bk_imap *imap)
{
	struct bk_imap_command *last;

	if (imap->n_commands == 0)
		return;
	last = &imap->commands[imap->n_commands - 1];
	if (last->to != 0)
		return;
	bk_buf_add(&imap->out, "\r\n", 2);
	last->to = imap->out.len;
}

size_t bk_imap_command(struct bk_imap *imap, const char *verb)
{
	struct bk_imap_command *c;

	bk_imap_end_line(imap);
	imap->commands =
		bk_array_room(imap->commands, imap->n_commands,
			      &imap->cap_commands, sizeof(*imap->commands));
	c = &imap->commands[imap->n_commands];
	*c = (struct bk_imap_command){.verb = verb, .from = imap->out.len};
	bk_buf_add(&imap->out, verb, strlen(verb));
	return imap->n_commands++;
}

size_t bk_imap_command_once(struct bk_imap *imap, const char *verb)
{
	size_t i = bk_imap_command(imap, verb);

	imap->commands[i].once = true;
	return i;
}

void bk_imap_say(struct bk_imap *imap, const char *fmt, ...)
{
	char text[256];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(text))
		imap->unsayable = "a command would be too long";
	else
		bk_buf_add(&imap->out, text, (size_t)n);
}

bool bk_imap_literal_is_free(const struct bk_imap *imap, uint64_t size)
{
	if (bk_imap_can(imap, BK_IMAP_LITERAL_PLUS))
		return true;
	return size <= 4096 && bk_imap_can(imap, BK_IMAP_LITERAL_MINUS);
}

/* RFC 3501 section 9, quoted; UTF-8 in it where that was enabled (RFC 6855).
 * CR, LF and NUL never. */
static bool may_be_quoted(const struct bk_imap *imap, struct bk_view s)
{
	if (s.len > QUOTED_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.data[i];

		if (c < 0x20 || c == 0x7f || (c >= 0x80 && !imap->utf8))
			return false;
	}
	return true;
}

static void add_quoted(struct bk_buf *out, struct bk_view s)
{
	bk_buf_add_u8(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] == '"' || s.data[i] == '\\')
			bk_buf_add_u8(out, '\\');
		bk_buf_add_u8(out, s.data[i]);
	}
	bk_buf_add_u8(out, '"');
}

static void pause_here(struct bk_imap *imap)
{
	imap->pauses = bk_array_room(imap->pauses, imap->n_pauses,
				     &imap->cap_pauses, sizeof(*imap->pauses));
	imap->pauses[imap->n_pauses++] = imap->out.len;
}

void bk_imap_announce(struct bk_imap *imap, const char *before, uint64_t size)
{
	bool is_free = bk_imap_literal_is_free(imap, size);

	bk_buf_printf(&imap->out, "%s{%" PRIu64 "%s}\r\n", before, size,
		      is_free ? "+" : "");
	if (!is_free)
		pause_here(imap);
}

static void say_literal(struct bk_imap *imap, const char *before,
			struct bk_view s)
{
	bk_imap_announce(imap, before, s.len);
	bk_buf_add(&imap->out, s.data, s.len);
}

static bool has_nul(struct bk_view s)
{
	return s.len > 0 && memchr(s.data, 0, s.len);
}

void bk_imap_say_string(struct bk_imap *imap, struct bk_view text)
{
	if (has_nul(text))
		imap->unsayable = "a name with a NUL byte in it";
	else if (may_be_quoted(imap, text))
		add_quoted(&imap->out, text);
	else
		say_literal(imap, "", text);
}

void bk_imap_say_name(struct bk_imap *imap, struct bk_view name)
{
	bk_buf_add_u8(&imap->out, ' ');
	bk_imap_say_string(imap, name);
}

void bk_imap_say_value(struct bk_imap *imap, struct bk_view value)
{
	bk_buf_add_u8(&imap->out, ' ');
	if (!value.data)
		bk_buf_add(&imap->out, "NIL", 3);
	else if (may_be_quoted(imap, value))
		add_quoted(&imap->out, value);
	else
		say_literal(imap, has_nul(value) ? "~" : "", value);
}

/* An atom (RFC 3501 section 9): what cannot end the list that it stands in. */
bool bk_imap_is_keyword(const char *keyword)
{
	if (!*keyword || strlen(keyword) > QUOTED_MAX)
		return false;
	for (const char *p = keyword; *p; p++)
		if (*p <= ' ' || *p >= 0x7f || strchr("(){%*\"\\]", *p))
			return false;
	return true;
}

static void add_word(struct bk_buf *out, const char *word)
{
	if (out->len > 0 && out->data[out->len - 1] != '(')
		bk_buf_add_u8(out, ' ');
	bk_buf_add(out, word, strlen(word));
}

void bk_imap_format_flags(struct bk_buf *out, const struct bk_imap_flags *flags)
{
	bk_buf_add(out, " (", 2);
	for (unsigned bit = 1; bit <= BK_FLAG_PASSED; bit <<= 1)
		if (flags->flags & bit)
			add_word(out, bk_flag_name((uint8_t)bit));
	for (size_t i = 0; i < flags->n_keywords; i++)
		if (bk_imap_is_keyword(flags->keywords[i]))
			add_word(out, flags->keywords[i]);
	bk_buf_add_u8(out, ')');
}

static void add_range(struct bk_buf *out, const struct bk_uid_range *r)
{
	bk_buf_printf(out, "%" PRIu32, r->first);
	if (r->last == UINT32_MAX)
		bk_buf_add(out, ":*", 2);
	else if (r->first != r->last)
		bk_buf_printf(out, ":%" PRIu32, r->last);
}

void bk_imap_say_uids(struct bk_imap *imap, const struct bk_uid_set *set,
		      size_t *from)
{
	size_t begin = imap->out.len;
	char before = ' ';

	while (*from < set->n && imap->out.len - begin < BK_IMAP_SET_MAX) {
		bk_buf_add_u8(&imap->out, (uint8_t)before);
		add_range(&imap->out, &set->items[(*from)++]);
		before = ',';
	}
}
