/* Fields of a passwd-file: see route_fields.h. */

#include "route/route_fields.h"

#include <string.h>

#include "route/route_saved.h"

static const char *const fixed[] = {"proxy",   "proxy_maybe", "host", "port",
				    "nologin", "reason",      NULL};

/*
 * A proxy that would lead to itself lets go of the fields of the proxy: then
 * `nologin` counts, which it does not beside a proxy.  For LMTP it leads to a
 * port where nobody is, so that deliveries are put off.  Where Dovecot knows no
 * address of its own, as for doveadm, the host must not be empty: some of its
 * processes do not survive that.
 */
static const char hold_start[] = "nologin=y reason=";
static const char hold_rest[] =
	"proxy_maybe=y "
	"host=%{if;%{real_lip};eq;;255.255.255.255;%{real_lip}} "
	"port=%{if;%s;eq;lmtp;9;0%{lport}}";

/* The field from *at on; blanks before it are passed over. */
static bool next_field(struct bk_view text, size_t *at, struct bk_view *field)
{
	while (*at < text.len && text.data[*at] == ' ')
		++*at;
	size_t start = *at;
	while (*at < text.len && text.data[*at] != ' ')
		++*at;
	*field = (struct bk_view){text.data + start, *at - start};
	return *at > start;
}

static struct bk_view view_of(const char *text)
{
	return (struct bk_view){(const uint8_t *)text, strlen(text)};
}

static size_t key_len(struct bk_view field)
{
	const uint8_t *sign = memchr(field.data, '=', field.len);

	return sign ? (size_t)(sign - field.data) : field.len;
}

static bool has_key(struct bk_view field, const char *word, size_t len)
{
	return key_len(field) == len && memcmp(field.data, word, len) == 0;
}

/* A field without a value is as one with `y`. */
static struct bk_view value_of(struct bk_view field)
{
	size_t len = key_len(field);

	if (len == field.len)
		return view_of("y");
	return (struct bk_view){field.data + len + 1, field.len - len - 1};
}

static bool is_equal(struct bk_view a, struct bk_view b)
{
	return a.len == b.len && (!a.len || memcmp(a.data, b.data, a.len) == 0);
}

static bool find_field(struct bk_view text, const char *key, size_t len,
		       struct bk_view *field)
{
	for (size_t at = 0; next_field(text, &at, field);)
		if (has_key(*field, key, len))
			return true;
	return false;
}

static bool says_where(const struct bk_route_fields *which,
		       struct bk_view field)
{
	const char *key = (const char *)field.data;
	size_t len = key_len(field);
	struct bk_view unused;

	for (const char *const *f = fixed; *f; f++)
		if (has_key(field, *f, strlen(*f)))
			return true;
	return find_field(view_of(which->source), key, len, &unused) ||
	       find_field(view_of(which->destination), key, len, &unused);
}

bool bk_route_fields_any(const struct bk_route_fields *which,
			 struct bk_view extra)
{
	struct bk_view field;

	for (size_t at = 0; next_field(extra, &at, &field);)
		if (says_where(which, field))
			return true;
	return false;
}

/* Has b every field of a that says where, but for the reason? */
static bool is_within(const struct bk_route_fields *which, struct bk_view a,
		      struct bk_view b)
{
	struct bk_view field, other;

	for (size_t at = 0; next_field(a, &at, &field);) {
		if (!says_where(which, field) || has_key(field, "reason", 6))
			continue;
		if (!find_field(b, (const char *)field.data, key_len(field),
				&other) ||
		    !is_equal(value_of(field), value_of(other)))
			return false;
	}
	return true;
}

bool bk_route_fields_lead(const struct bk_route_fields *which,
			  struct bk_view extra, const char *text)
{
	struct bk_view reason;

	return bk_route_fields_any(which, extra) &&
	       !find_field(extra, "reason", 6, &reason) &&
	       is_within(which, extra, view_of(text)) &&
	       is_within(which, view_of(text), extra);
}

static void add_hold(struct bk_buf *out, const char *reason)
{
	bk_buf_printf(out, "%s", hold_start);
	for (const char *p = reason; *p; p++)
		if (*p == ' ') /* would end the field; a tab does not */
			bk_buf_add_u8(out, '\t');
		else if (*p == '%') /* would begin a variable */
			bk_buf_add(out, "%%", 2);
		else
			bk_buf_add(out, p, 1);
	bk_buf_printf(out, " %s", hold_rest);
}

bool bk_route_fields_held(const struct bk_route_fields *which,
			  struct bk_view extra)
{
	struct bk_buf held = {0};

	add_hold(&held, "");
	bool same = is_within(which, extra, bk_buf_view(&held)) &&
		    is_within(which, bk_buf_view(&held), extra);
	bk_buf_clear(&held);
	return same;
}

struct bk_view bk_route_fields_value(struct bk_view extra, const char *key)
{
	struct bk_view field;

	if (!find_field(extra, key, strlen(key), &field))
		return (struct bk_view){NULL, 0};
	return value_of(field);
}

static void add_word(struct bk_buf *out, size_t start, struct bk_view word)
{
	if (!word.len)
		return;
	if (out->len > start)
		bk_buf_add_u8(out, ' ');
	bk_buf_add(out, word.data, word.len);
}

/* In the place of the first that says where, or at the end. */
void bk_route_fields_point(const struct bk_route_fields *which,
			   struct bk_view extra, const char *text,
			   struct bk_buf *out)
{
	struct bk_view field;
	size_t start = out->len;
	bool done = false;

	for (size_t at = 0; next_field(extra, &at, &field);) {
		if (!says_where(which, field)) {
			add_word(out, start, field);
		} else if (!done) {
			add_word(out, start, view_of(text));
			done = true;
		}
	}
	if (!done)
		add_word(out, start, view_of(text));
}

void bk_route_fields_hold(const struct bk_route_fields *which,
			  struct bk_view extra, const char *reason,
			  struct bk_buf *out)
{
	struct bk_buf held = {0};

	add_hold(&held, reason);
	bk_route_fields_point(which, extra, bk_buf_text(&held), out);
	bk_buf_clear(&held);
}

void bk_route_fields_save(const struct bk_route_fields *which,
			  struct bk_view extra, struct bk_buf *out)
{
	struct bk_view field;
	size_t at = 0, shown = 0;

	while (next_field(extra, &at, &field)) {
		bk_buf_add(out, extra.data + shown, at - field.len - shown);
		if (says_where(which, field))
			bk_route_encode(out, field);
		else
			bk_buf_add_u8(out, '*');
		shown = at;
	}
	bk_buf_add(out, extra.data + shown, extra.len - shown);
}

/* The next of the fields that are not ours. */
static bool next_other(const struct bk_route_fields *which,
		       struct bk_view extra, size_t *at, struct bk_view *field)
{
	while (next_field(extra, at, field))
		if (!says_where(which, *field))
			return true;
	return false;
}

void bk_route_fields_back(const struct bk_route_fields *which,
			  struct bk_view extra, const char *saved,
			  struct bk_buf *out)
{
	struct bk_view field;
	size_t at = 0, start = out->len;

	while (*saved) {
		if (*saved != '*') {
			bk_route_decode_one(out, &saved);
			continue;
		}
		saved++;
		if (next_other(which, extra, &at, &field))
			bk_buf_add(out, field.data, field.len);
	}
	while (next_other(which, extra, &at, &field))
		add_word(out, start, field);
}
