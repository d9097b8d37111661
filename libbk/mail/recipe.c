/* The body record of a message, written and read: see recipe.h. */

#include "mail/recipe.h"

#include <stdlib.h>

#include "base/bytes.h"

#define REF_BYTES_MIN  2 /* zigzag, varint */
#define PART_BYTES_MIN 2 /* skip, count */

void bk_recipe_clear(struct bk_recipe *recipe)
{
	free(recipe->lines);
	free(recipe->parts);
	free(recipe->refs);
	*recipe = (struct bk_recipe){0};
}

void bk_recipe_reset(struct bk_recipe *recipe)
{
	recipe->style = BK_STYLE_LF;
	recipe->n_lines = 0;
	recipe->n_trace = 0;
	recipe->n_skeleton = 0;
	recipe->n_parts = 0;
	recipe->n_refs = 0;
}

void bk_ref_trail_init(struct bk_ref_trail *trail)
{
	for (unsigned role = 0; role < BK_REF_ROLES; role++) {
		trail->ordinal[role] = 0;
		trail->chunk[role] = -1;
	}
}

static void add_ref(struct bk_buf *to, struct bk_ref_trail *trail,
		    enum bk_ref_role role, uint64_t ref)
{
	uint32_t ordinal = (uint32_t)(ref >> 32);
	uint32_t chunk = (uint32_t)ref;
	int64_t moved = (int64_t)ordinal - trail->ordinal[role];

	bk_buf_add_zigzag(to, moved);
	if (moved)
		bk_buf_add_varint(to, chunk);
	else
		bk_buf_add_zigzag(to, chunk - trail->chunk[role] - 1);
	trail->ordinal[role] = ordinal;
	trail->chunk[role] = chunk;
}

static enum bk_ref_role role_of(const struct bk_part *part)
{
	return part->encoded ? BK_REF_ENCODED : BK_REF_PLAIN;
}

static void add_part(struct bk_buf *to, const struct bk_part *part)
{
	bk_buf_add_varint(to, part->skip);
	bk_buf_add_varint(to, (uint64_t)part->n_refs * 2 + part->encoded);
	if (!part->encoded)
		return;
	bk_buf_add_varint(to, part->line);
	bk_buf_add_u8(to, part->eol);
}

void bk_recipe_encode(const struct bk_recipe *recipe,
		      struct bk_ref_trail *trail, struct bk_buf *to)
{
	const uint64_t *ref = recipe->refs;
	uint32_t line = 0;

	bk_buf_add_u8(to, (uint8_t)recipe->style);
	bk_buf_add_varint(to, recipe->n_lines);
	for (size_t i = 0; i < recipe->n_lines; i++) {
		bk_buf_add_varint(to, recipe->lines[i] - line);
		line = recipe->lines[i];
	}
	bk_buf_add_varint(to, recipe->n_trace);
	for (uint32_t i = 0; i < recipe->n_trace; i++)
		add_ref(to, trail, BK_REF_TRACE, *ref++);
	bk_buf_add_varint(to, recipe->n_skeleton);
	for (uint32_t i = 0; i < recipe->n_skeleton; i++)
		add_ref(to, trail, BK_REF_SKELETON, *ref++);
	bk_buf_add_varint(to, recipe->n_parts);
	for (size_t i = 0; i < recipe->n_parts; i++) {
		const struct bk_part *part = &recipe->parts[i];
		add_part(to, part);
		for (uint32_t k = 0; k < part->n_refs; k++)
			add_ref(to, trail, role_of(part), *ref++);
	}
}

static void spoil(struct bk_cursor *from)
{
	from->bad = true;
	from->at = from->end;
}

/* Ascending from 0; only the first delta may be 0. */
static void read_lines(struct bk_cursor *from, struct bk_recipe *out)
{
	size_t most = bk_cursor_left(from);
	uint64_t line = 0;

	if (most > BK_LINE_EXCEPTIONS_MAX)
		most = BK_LINE_EXCEPTIONS_MAX;
	if (out->style == BK_STYLE_VERBATIM)
		most = 0;
	size_t n = (size_t)bk_cursor_varint_max(from, most);
	for (size_t i = 0; i < n && !from->bad; i++) {
		uint64_t delta = bk_cursor_varint_max(from, UINT32_MAX);
		line += delta;
		if (line > UINT32_MAX || (i && !delta))
			spoil(from);
		out->lines =
			bk_array_room(out->lines, out->n_lines, &out->cap_lines,
				      sizeof(*out->lines));
		out->lines[out->n_lines++] = (uint32_t)line;
	}
}

static uint64_t read_ref(struct bk_cursor *from, struct bk_ref_trail *trail,
			 enum bk_ref_role role)
{
	int64_t moved = bk_cursor_zigzag(from);
	int64_t ordinal;
	int64_t chunk;

	if (moved) {
		chunk = (int64_t)bk_cursor_varint_max(from, UINT32_MAX);
	} else if (__builtin_add_overflow(bk_cursor_zigzag(from),
					  trail->chunk[role] + 1, &chunk)) {
		chunk = -1;
	}
	if (__builtin_add_overflow(moved, trail->ordinal[role], &ordinal))
		ordinal = -1;
	if (ordinal < 0 || ordinal > UINT32_MAX || chunk < 0 ||
	    chunk > UINT32_MAX) {
		spoil(from);
		return 0;
	}
	trail->ordinal[role] = (uint32_t)ordinal;
	trail->chunk[role] = chunk;
	return (uint64_t)ordinal << 32 | (uint64_t)chunk;
}

static void read_refs(struct bk_cursor *from, struct bk_ref_trail *trail,
		      enum bk_ref_role role, uint32_t n, struct bk_recipe *out)
{
	for (uint32_t i = 0; i < n && !from->bad; i++) {
		uint64_t ref = read_ref(from, trail, role);
		out->refs = bk_array_room(out->refs, out->n_refs,
					  &out->cap_refs, sizeof(*out->refs));
		out->refs[out->n_refs++] = ref;
	}
}

/* A count of things of at least `each` bytes, which must still be there. */
static uint32_t read_count(struct bk_cursor *from, size_t each)
{
	size_t most = bk_cursor_left(from) / each;

	if (most > UINT32_MAX)
		most = UINT32_MAX;
	return (uint32_t)bk_cursor_varint_max(from, most);
}

static void read_part(struct bk_cursor *from, struct bk_ref_trail *trail,
		      struct bk_recipe *out)
{
	struct bk_part part = {.skip = bk_cursor_varint(from)};
	uint64_t count = bk_cursor_varint(from);

	part.encoded = count & 1;
	count >>= 1;
	if (part.encoded) {
		part.line = (uint32_t)bk_cursor_varint_max(from, UINT32_MAX);
		uint8_t eol = bk_cursor_u8(from);
		part.eol = eol == 1;
		if (part.line % 4 || eol > 1)
			spoil(from);
	}
	if (count > UINT32_MAX || count > bk_cursor_left(from) / REF_BYTES_MIN)
		spoil(from);
	if (from->bad)
		return;
	part.n_refs = (uint32_t)count;
	read_refs(from, trail, role_of(&part), part.n_refs, out);
	out->parts = bk_array_room(out->parts, out->n_parts, &out->cap_parts,
				   sizeof(*out->parts));
	out->parts[out->n_parts++] = part;
}

int bk_recipe_decode(struct bk_cursor *from, struct bk_ref_trail *trail,
		     struct bk_recipe *out, struct bk_err *err)
{
	bk_recipe_reset(out);
	uint8_t style = bk_cursor_u8(from);
	if (style > BK_STYLE_VERBATIM)
		spoil(from);
	else
		out->style = (enum bk_style)style;
	read_lines(from, out);
	out->n_trace = read_count(from, REF_BYTES_MIN);
	read_refs(from, trail, BK_REF_TRACE, out->n_trace, out);
	out->n_skeleton = read_count(from, REF_BYTES_MIN);
	read_refs(from, trail, BK_REF_SKELETON, out->n_skeleton, out);
	uint32_t n = read_count(from, PART_BYTES_MIN);
	for (uint32_t i = 0; i < n && !from->bad; i++)
		read_part(from, trail, out);
	return bk_cursor_check(from, "message body", err);
}
