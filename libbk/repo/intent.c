/* Intents and holds as bytes: see intent.h. */

#include "repo/intent.h"

#include "base/cursor.h"
#include "repo/signed.h"

#define COUNT(rules) (sizeof(rules) / sizeof(*(rules)))

enum intent_record {
	INTENT_BASE = 1,
	INTENT_TIMES = 2,
	INTENT_PACK = 3,
	INTENT_WHO = 129,
};

enum hold_record {
	HOLD_ITSELF = 1,
	HOLD_WHY = 129,
};

/* ---- intents ---- */

void bk_intent_clear(struct bk_intent *intent)
{
	bk_pack_ids_clear(&intent->packs);
	bk_arena_clear(&intent->arena);
	*intent = (struct bk_intent){0};
}

void bk_intent_encode(struct bk_intent *intent, struct bk_buf *to)
{
	struct bk_buf body = {0};

	if (!bk_id_is_zero(intent->base)) {
		bk_buf_add(&body, intent->base, BK_ID_LEN);
		bk_signed_add(to, INTENT_BASE, &body);
	}
	bk_buf_add_u64(&body, (uint64_t)intent->written_ms);
	bk_buf_add_u64(&body, (uint64_t)intent->dead_ms);
	bk_signed_add(to, INTENT_TIMES, &body);
	bk_pack_ids_encode(&intent->packs, INTENT_PACK, to);
	bk_signed_add_text(to, INTENT_WHO, intent->who);
	bk_buf_clear(&body);
}

static void read_intent(enum intent_record type, struct bk_cursor *from,
			struct bk_intent *intent)
{
	switch (type) {
	case INTENT_BASE:
		bk_cursor_copy(from, intent->base, BK_ID_LEN);
		if (bk_id_is_zero(intent->base))
			from->bad = true;
		break;
	case INTENT_TIMES:
		intent->written_ms = bk_signed_ms(from);
		intent->dead_ms = bk_signed_ms(from);
		break;
	case INTENT_PACK:
		bk_pack_ids_read(&intent->packs, from);
		break;
	case INTENT_WHO:
		intent->who = bk_signed_rest(from, &intent->arena);
		break;
	}
}

int bk_intent_decode(struct bk_view records, struct bk_intent *out,
		     struct bk_err *err)
{
	static const struct bk_signed_rule rules[] = {
		{INTENT_BASE,  BK_SIGNED_PERHAPS },
		{INTENT_TIMES, BK_SIGNED_ONCE    },
		{INTENT_PACK,  BK_SIGNED_REPEATED},
		{INTENT_WHO,   BK_SIGNED_PERHAPS },
	};
	struct bk_signed_walk walk =
		bk_signed_walk_over(records, rules, COUNT(rules));
	struct bk_cursor body;
	uint8_t type;
	int rc;

	out->who = "";
	while ((rc = bk_signed_next(&walk, &type, &body, err)) > 0) {
		read_intent(type, &body, out);
		if (bk_signed_check(&body, type, err) < 0)
			return -1;
	}
	return rc;
}

/* ---- holds ---- */

void bk_hold_clear(struct bk_hold *hold)
{
	bk_arena_clear(&hold->arena);
	*hold = (struct bk_hold){0};
}

void bk_hold_encode(const struct bk_hold *hold, struct bk_buf *to)
{
	struct bk_buf body = {0};

	bk_buf_add(&body, hold->id, BK_ID_LEN);
	bk_buf_add_u8(&body, (uint8_t)hold->kind);
	bk_buf_add_u64(&body, (uint64_t)hold->written_ms);
	bk_buf_add_u64(&body, (uint64_t)hold->until_ms);
	bk_signed_add(to, HOLD_ITSELF, &body);
	bk_signed_add_text(to, HOLD_WHY, hold->why);
	bk_buf_clear(&body);
}

static void read_hold(enum hold_record type, struct bk_cursor *from,
		      struct bk_hold *hold)
{
	switch (type) {
	case HOLD_ITSELF:
		bk_cursor_copy(from, hold->id, BK_ID_LEN);
		hold->kind = bk_cursor_u8(from);
		hold->written_ms = bk_signed_ms(from);
		hold->until_ms = bk_signed_ms(from);
		if (hold->kind != BK_HOLD_PIN && hold->kind != BK_HOLD_LEGAL)
			from->bad = true;
		break;
	case HOLD_WHY:
		hold->why = bk_signed_rest(from, &hold->arena);
		break;
	}
}

int bk_hold_decode(struct bk_view records, struct bk_hold *out,
		   struct bk_err *err)
{
	static const struct bk_signed_rule rules[] = {
		{HOLD_ITSELF, BK_SIGNED_ONCE   },
		{HOLD_WHY,    BK_SIGNED_PERHAPS},
	};
	struct bk_signed_walk walk =
		bk_signed_walk_over(records, rules, COUNT(rules));
	struct bk_cursor body;
	uint8_t type;
	int rc;

	out->why = "";
	while ((rc = bk_signed_next(&walk, &type, &body, err)) > 0) {
		read_hold(type, &body, out);
		if (bk_signed_check(&body, type, err) < 0)
			return -1;
	}
	return rc;
}
