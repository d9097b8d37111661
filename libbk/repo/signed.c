/* Records under a signature: see signed.h. */

#include "repo/signed.h"

#include <string.h>

#include "base/utf8.h"

#define SIGNATURE_TYPE 127
#define OPTIONAL_BIT   0x80u

void bk_signed_add(struct bk_buf *to, uint8_t type, struct bk_buf *body)
{
	bk_buf_add_u8(to, type);
	bk_buf_add_blob(to, body->data, body->len);
	body->len = 0;
}

void bk_signed_add_text(struct bk_buf *to, uint8_t type, const char *text)
{
	if (!text || !*text)
		return;
	bk_buf_add_u8(to, type);
	bk_buf_add_string(to, text);
}

void bk_signed_message(struct bk_buf *out,
		       const uint8_t head[BK_SIGNED_HEAD_LEN],
		       struct bk_view records)
{
	out->len = 0;
	bk_buf_add(out, head, BK_SIGNED_HEAD_LEN);
	bk_buf_add(out, records.data, records.len);
}

void bk_signed_end(struct bk_buf *records,
		   const uint8_t signature[BK_SIGNATURE_LEN])
{
	bk_buf_add_u8(records, SIGNATURE_TYPE);
	bk_buf_add_blob(records, signature, BK_SIGNATURE_LEN);
}

int bk_signed_split(struct bk_view all, struct bk_view *records,
		    uint8_t signature[BK_SIGNATURE_LEN], struct bk_err *err)
{
	struct bk_cursor from = bk_cursor_over(all.data, all.len);
	struct bk_view body = {0};
	size_t before = 0;
	uint8_t type = 0;

	while (bk_cursor_left(&from) > 0 && type != SIGNATURE_TYPE) {
		before = all.len - bk_cursor_left(&from);
		type = bk_cursor_u8(&from);
		body = bk_cursor_blob(&from);
	}
	if (bk_cursor_check(&from, "records", err) < 0)
		return -1;
	if (type != SIGNATURE_TYPE)
		return bk_fail(err, BK_CORRUPT, "not signed");
	if (body.len != BK_SIGNATURE_LEN || bk_cursor_left(&from) > 0)
		return bk_fail(err, BK_CORRUPT, "a signature of another form");
	memcpy(signature, body.data, BK_SIGNATURE_LEN);
	*records = (struct bk_view){all.data, before};
	return 0;
}

struct bk_signed_walk bk_signed_walk_over(struct bk_view records,
					  const struct bk_signed_rule *rules,
					  size_t n_rules)
{
	return (struct bk_signed_walk){
		.from = bk_cursor_over(records.data, records.len),
		.rules = rules,
		.n_rules = n_rules,
	};
}

static int complain_of_missing(const struct bk_signed_walk *walk,
			       struct bk_err *err)
{
	for (size_t i = 0; i < walk->n_rules; i++) {
		if (walk->rules[i].times == BK_SIGNED_ONCE &&
		    !(walk->had & 1u << i))
			return bk_fail(err, BK_CORRUPT, "record %u is missing",
				       walk->rules[i].type);
	}
	return 0;
}

/* Its index, or n_rules. */
static size_t rule_of(const struct bk_signed_walk *walk, uint8_t type)
{
	size_t i = 0;

	while (i < walk->n_rules && walk->rules[i].type != type)
		i++;
	return i;
}

/* 1: this one is known; 0: skip it. */
static int judge(struct bk_signed_walk *walk, uint8_t type, struct bk_err *err)
{
	size_t i = rule_of(walk, type);
	unsigned last = walk->last;

	walk->last = type;
	if (type < last || type == SIGNATURE_TYPE)
		return bk_fail(err, BK_CORRUPT, "record %u is out of order",
			       type);
	if (i == walk->n_rules && type & OPTIONAL_BIT)
		return 0;
	if (i == walk->n_rules)
		return bk_fail(err, BK_NEWER,
			       "record %u is not known to this version", type);
	if (walk->had & 1u << i && walk->rules[i].times != BK_SIGNED_REPEATED)
		return bk_fail(err, BK_CORRUPT, "record %u is there twice",
			       type);
	walk->had |= 1u << i;
	return 1;
}

int bk_signed_next(struct bk_signed_walk *walk, uint8_t *type,
		   struct bk_cursor *body, struct bk_err *err)
{
	while (bk_cursor_left(&walk->from) > 0) {
		uint8_t next = bk_cursor_u8(&walk->from);
		struct bk_view view = bk_cursor_blob(&walk->from);
		if (bk_cursor_check(&walk->from, "records", err) < 0)
			return -1;
		int known = judge(walk, next, err);
		if (known == 0)
			continue;
		*type = next;
		*body = bk_cursor_over(view.data, view.len);
		return known;
	}
	return complain_of_missing(walk, err);
}

int bk_signed_check(const struct bk_cursor *body, uint8_t type,
		    struct bk_err *err)
{
	if (body->bad)
		return bk_fail(err, BK_CORRUPT, "record %u is malformed", type);
	if (bk_cursor_left(body) > 0)
		return bk_fail(err, BK_CORRUPT,
			       "record %u has %zu bytes too many", type,
			       bk_cursor_left(body));
	return 0;
}

const char *bk_signed_text(struct bk_cursor *body, size_t n,
			   struct bk_arena *arena)
{
	struct bk_view text = bk_cursor_bytes(body, n);

	if (body->bad || (text.len && memchr(text.data, 0, text.len)) ||
	    !bk_utf8_valid(text.data, text.len)) {
		body->bad = true;
		return "";
	}
	return bk_arena_strndup(arena, (const char *)text.data, text.len);
}

const char *bk_signed_rest(struct bk_cursor *body, struct bk_arena *arena)
{
	return bk_signed_text(body, bk_cursor_left(body), arena);
}

int64_t bk_signed_ms(struct bk_cursor *body)
{
	uint64_t ms = bk_cursor_u64(body);

	if (ms <= INT64_MAX)
		return (int64_t)ms;
	body->bad = true;
	return 0;
}
