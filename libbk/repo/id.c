/* Identifiers and file names: see id.h. */

#include "repo/id.h"

#include <stddef.h>
#include <string.h>

#define N_KINDS (BK_NAME_HOLD + 1)

/* In a pattern: @ the identifier, % the hold's own, # the ordinal. */
static const char *const patterns[N_KINDS] = {
	[BK_NAME_OTHER] = "",
	[BK_NAME_MARKER] = "bkrepo",
	[BK_NAME_SLOT] = "keys/@.bkk",
	[BK_NAME_ROOT] = "sets/@.bks",
	[BK_NAME_PACK] = "data/@/p#.bkp",
	[BK_NAME_INDEX] = "data/@/i#.bki",
	[BK_NAME_MANIFEST] = "data/@/m#.bkm",
	[BK_NAME_TABLE] = "data/@/t#.bkt",
	[BK_NAME_ENVELOPES] = "data/@/e#.bke",
	[BK_NAME_BUNDLE] = "data/@.bkb",
	[BK_NAME_INTENT] = "open/@.#.bko",
	[BK_NAME_TRASH_LIST] = "trash/@.bkx",
	[BK_NAME_TRASH_GO] = "trash/@.go",
	[BK_NAME_TRASH_DONE] = "trash/@.done",
	[BK_NAME_HOLD] = "hold/@.%.bkh",
};

void bk_setid_make(uint8_t out[BK_ID_LEN], int64_t now_ms,
		   const uint8_t random[BK_ID_RANDOM_LEN])
{
	for (unsigned i = 0; i < 6; i++)
		out[i] = (uint8_t)((uint64_t)now_ms >> (40 - 8 * i));
	memcpy(out + 6, random, BK_ID_RANDOM_LEN);
}

int64_t bk_setid_ms(const uint8_t id[BK_ID_LEN])
{
	int64_t ms = 0;

	for (unsigned i = 0; i < 6; i++)
		ms = ms << 8 | id[i];
	return ms;
}

const char *bk_setid_time(char out[BK_CLOCK_TEXT], const uint8_t id[BK_ID_LEN])
{
	return bk_clock_compact(out, bk_setid_ms(id) / 1000);
}

static char *put_hex(char *at, const uint8_t *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*at++ = digits[bytes[i] >> 4];
		*at++ = digits[bytes[i] & 15];
	}
	return at;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Behind the n bytes, or NULL. */
static const char *take_hex(const char *at, uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++, at += 2) {
		int high = digit_value(at[0]);
		int low = high < 0 ? -1 : digit_value(at[1]);
		if (low < 0)
			return NULL;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return at;
}

const char *bk_id_hex(char out[BK_ID_TEXT], const uint8_t id[BK_ID_LEN])
{
	*put_hex(out, id, BK_ID_LEN) = 0;
	return out;
}

bool bk_id_parse(const char *text, uint8_t out[BK_ID_LEN])
{
	uint8_t id[BK_ID_LEN];
	const char *end = take_hex(text, id, sizeof(id));

	if (!end || *end)
		return false;
	memcpy(out, id, sizeof(id));
	return true;
}

bool bk_id_begins(const uint8_t id[BK_ID_LEN], const char *digits)
{
	char hex[BK_ID_TEXT];
	size_t len = strlen(digits);

	bk_id_hex(hex, id);
	if (len >= sizeof(hex))
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = digits[i];
		if (c >= 'A' && c <= 'F')
			c = (char)(c - 'A' + 'a');
		if (c != hex[i])
			return false;
	}
	return true;
}

bool bk_id_is_zero(const uint8_t id[BK_ID_LEN])
{
	static const uint8_t zeros[BK_ID_LEN];

	return memcmp(id, zeros, BK_ID_LEN) == 0;
}

/* Behind what one letter of a pattern stands for, or NULL. */
static const char *take_letter(const char *at, char letter, struct bk_name *out)
{
	uint8_t number[4] = {0};

	switch (letter) {
	case '@':
		return take_hex(at, out->id, BK_ID_LEN);
	case '%':
		return take_hex(at, out->hold, BK_ID_LEN);
	case '#':
		at = take_hex(at, number, sizeof(number));
		out->ordinal = (uint32_t)number[0] << 24 |
			       (uint32_t)number[1] << 16 |
			       (uint32_t)number[2] << 8 | number[3];
		return at;
	default:
		return *at == letter ? at + 1 : NULL;
	}
}

static bool matches(const char *text, enum bk_name_kind kind,
		    struct bk_name *out)
{
	*out = (struct bk_name){.kind = kind};
	for (const char *p = patterns[kind]; *p; p++) {
		text = take_letter(text, *p, out);
		if (!text)
			return false;
	}
	return *text == 0;
}

enum bk_name_kind bk_name_parse(const char *text, struct bk_name *out)
{
	for (unsigned kind = BK_NAME_MARKER; kind < N_KINDS; kind++) {
		if (matches(text, kind, out))
			return out->kind;
	}
	*out = (struct bk_name){.kind = BK_NAME_OTHER};
	return BK_NAME_OTHER;
}

const char *bk_name_format(char out[BK_NAME_MAX], const struct bk_name *name)
{
	char *at = out;
	uint8_t number[4];

	for (unsigned i = 0; i < 4; i++)
		number[i] = (uint8_t)(name->ordinal >> (24 - 8 * i));
	for (const char *p = patterns[name->kind]; *p; p++) {
		if (*p == '@')
			at = put_hex(at, name->id, BK_ID_LEN);
		else if (*p == '%')
			at = put_hex(at, name->hold, BK_ID_LEN);
		else if (*p == '#')
			at = put_hex(at, number, sizeof(number));
		else
			*at++ = *p;
	}
	*at = 0;
	return out;
}

static const char *name_of(char *out, enum bk_name_kind kind, const uint8_t *id,
			   uint32_t ordinal)
{
	struct bk_name name = {.kind = kind, .ordinal = ordinal};

	memcpy(name.id, id, sizeof(name.id));
	return bk_name_format(out, &name);
}

const char *bk_name_slot(char out[BK_NAME_MAX], const uint8_t slot[BK_ID_LEN])
{
	return name_of(out, BK_NAME_SLOT, slot, 0);
}

const char *bk_name_root(char out[BK_NAME_MAX], const uint8_t set[BK_ID_LEN])
{
	return name_of(out, BK_NAME_ROOT, set, 0);
}

const char *bk_name_bundle(char out[BK_NAME_MAX], const uint8_t set[BK_ID_LEN])
{
	return name_of(out, BK_NAME_BUNDLE, set, 0);
}

const char *bk_name_pack(char out[BK_NAME_MAX], const uint8_t set[BK_ID_LEN],
			 uint32_t ordinal)
{
	return name_of(out, BK_NAME_PACK, set, ordinal);
}

const char *bk_name_index(char out[BK_NAME_MAX], const uint8_t set[BK_ID_LEN],
			  uint32_t ordinal)
{
	return name_of(out, BK_NAME_INDEX, set, ordinal);
}

const char *bk_name_manifest(char out[BK_NAME_MAX],
			     const uint8_t set[BK_ID_LEN], uint32_t ordinal)
{
	return name_of(out, BK_NAME_MANIFEST, set, ordinal);
}

const char *bk_name_table(char out[BK_NAME_MAX], const uint8_t set[BK_ID_LEN],
			  uint32_t ordinal)
{
	return name_of(out, BK_NAME_TABLE, set, ordinal);
}

const char *bk_name_intent(char out[BK_NAME_MAX], const uint8_t set[BK_ID_LEN],
			   uint32_t number)
{
	return name_of(out, BK_NAME_INTENT, set, number);
}

const char *bk_name_hold(char out[BK_NAME_MAX], const uint8_t set[BK_ID_LEN],
			 const uint8_t hold[BK_ID_LEN])
{
	struct bk_name name = {.kind = BK_NAME_HOLD};

	memcpy(name.id, set, sizeof(name.id));
	memcpy(name.hold, hold, sizeof(name.hold));
	return bk_name_format(out, &name);
}

bool bk_name_is_probe(const char *text)
{
	size_t len = strlen(BK_PROBE_PREFIX);
	uint8_t id[BK_ID_LEN];

	return strncmp(text, BK_PROBE_PREFIX, len) == 0 &&
	       bk_id_parse(text + len, id);
}
