/* Identifiers of sets and the names of a repository's files. */

#include "lib/test.h"

#include <stdio.h>
#include <string.h>

#include "repo/id.h"

#define FULL "01a2001f9700b1b1b1b1b1b1b1b1b1b1"
#define HOLD "e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5"

static const uint8_t random_bytes[BK_ID_RANDOM_LEN] = {
	0xb1, 0xb1, 0xb1, 0xb1, 0xb1, 0xb1, 0xb1, 0xb1, 0xb1, 0xb1};

/* 2026-11-21 22:00 UTC, as in the examples of bk-format(5). */
#define TEN_IN_THE_EVENING 1795298400000

static void an_identifier_begins_with_its_time(void **state)
{
	uint8_t id[BK_ID_LEN];
	char hex[BK_ID_TEXT], when[BK_CLOCK_TEXT];

	(void)state;
	bk_setid_make(id, TEN_IN_THE_EVENING, random_bytes);
	assert_string_equal(bk_id_hex(hex, id), FULL);
	assert_int_equal(bk_setid_ms(id), TEN_IN_THE_EVENING);
	assert_string_equal(bk_setid_time(when, id), "20261121T2200");
}

static void later_sets_have_greater_identifiers(void **state)
{
	static const int64_t times[] = {0,
					1,
					255,
					256,
					TEN_IN_THE_EVENING,
					TEN_IN_THE_EVENING + 1,
					((int64_t)1 << 48) - 1};
	uint8_t before[BK_ID_LEN], id[BK_ID_LEN];

	(void)state;
	bk_setid_make(before, times[0], random_bytes);
	for (size_t i = 1; i < sizeof(times) / sizeof(*times); i++) {
		bk_setid_make(id, times[i], random_bytes);
		assert_true(memcmp(before, id, sizeof(id)) < 0);
		assert_int_equal(bk_setid_ms(id), times[i]);
		memcpy(before, id, sizeof(id));
	}
}

static void only_32_lower_case_digits_are_an_identifier(void **state)
{
	static const char *const others[] = {
		"",
		"0",
		"01a2001f9700b1b1b1b1b1b1b1b1b1b",
		FULL "0",
		"01A2001F9700b1b1b1b1b1b1b1b1b1b1",
		"01a2001f9700b1b1b1b1b1b1b1b1b1bg",
		" 1a2001f9700b1b1b1b1b1b1b1b1b1b1",
	};
	uint8_t id[BK_ID_LEN] = {7};
	char hex[BK_ID_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		assert_false(bk_id_parse(others[i], id));
		assert_int_equal(id[0], 7);
	}
	assert_true(bk_id_parse(FULL, id));
	assert_string_equal(bk_id_hex(hex, id), FULL);
}

static void a_set_is_called_by_a_beginning_of_its_identifier(void **state)
{
	uint8_t id[BK_ID_LEN];

	(void)state;
	assert_true(bk_id_parse(FULL, id));
	assert_true(bk_id_begins(id, ""));
	assert_true(bk_id_begins(id, "01a"));
	assert_true(bk_id_begins(id, "01A2001F"));
	assert_true(bk_id_begins(id, FULL));
	assert_false(bk_id_begins(id, "01b"));
	assert_false(bk_id_begins(id, FULL "0"));
}

static void an_identifier_of_zeros_is_none(void **state)
{
	uint8_t id[BK_ID_LEN] = {0};

	(void)state;
	assert_true(bk_id_is_zero(id));
	id[15] = 1;
	assert_false(bk_id_is_zero(id));
}

static const struct {
	enum bk_name_kind kind;
	const char *text;
} all_kinds[] = {
	{BK_NAME_MARKER,     "bkrepo"                     },
	{BK_NAME_SLOT,       "keys/" FULL ".bkk"          },
	{BK_NAME_ROOT,       "sets/" FULL ".bks"          },
	{BK_NAME_PACK,       "data/" FULL "/p0001e240.bkp"},
	{BK_NAME_INDEX,      "data/" FULL "/i0001e240.bki"},
	{BK_NAME_MANIFEST,   "data/" FULL "/m0001e240.bkm"},
	{BK_NAME_TABLE,      "data/" FULL "/t0001e240.bkt"},
	{BK_NAME_ENVELOPES,  "data/" FULL "/e0001e240.bke"},
	{BK_NAME_BUNDLE,     "data/" FULL ".bkb"          },
	{BK_NAME_INTENT,     "open/" FULL ".0001e240.bko" },
	{BK_NAME_TRASH_LIST, "trash/" FULL ".bkx"         },
	{BK_NAME_TRASH_GO,   "trash/" FULL ".go"          },
	{BK_NAME_TRASH_DONE, "trash/" FULL ".done"        },
	{BK_NAME_HOLD,       "hold/" FULL "." HOLD ".bkh" },
};

#define N_ALL (sizeof(all_kinds) / sizeof(*all_kinds))

static void every_name_is_read_back(void **state)
{
	uint8_t id[BK_ID_LEN], hold[BK_ID_LEN];
	struct bk_name name;
	char text[BK_NAME_MAX];

	(void)state;
	assert_true(bk_id_parse(FULL, id));
	assert_true(bk_id_parse(HOLD, hold));
	for (size_t i = 0; i < N_ALL; i++) {
		enum bk_name_kind kind =
			bk_name_parse(all_kinds[i].text, &name);
		assert_int_equal(kind, all_kinds[i].kind);
		assert_int_equal(name.kind, kind);
		assert_string_equal(bk_name_format(text, &name),
				    all_kinds[i].text);
		if (kind != BK_NAME_MARKER)
			assert_memory_equal(name.id, id, BK_ID_LEN);
		if (kind == BK_NAME_HOLD)
			assert_memory_equal(name.hold, hold, BK_ID_LEN);
		if (strstr(all_kinds[i].text, "0001e240"))
			assert_int_equal(name.ordinal, 123456);
		else
			assert_int_equal(name.ordinal, 0);
	}
}

static void names_are_built_for_each_kind(void **state)
{
	uint8_t id[BK_ID_LEN], hold[BK_ID_LEN];
	char t[BK_NAME_MAX];
	uint32_t n = 123456;

	(void)state;
	assert_true(bk_id_parse(FULL, id));
	assert_true(bk_id_parse(HOLD, hold));
	assert_string_equal(bk_name_slot(t, id), "keys/" FULL ".bkk");
	assert_string_equal(bk_name_root(t, id), "sets/" FULL ".bks");
	assert_string_equal(bk_name_bundle(t, id), "data/" FULL ".bkb");
	assert_string_equal(bk_name_pack(t, id, n),
			    "data/" FULL "/p0001e240.bkp");
	assert_string_equal(bk_name_index(t, id, n),
			    "data/" FULL "/i0001e240.bki");
	assert_string_equal(bk_name_manifest(t, id, n),
			    "data/" FULL "/m0001e240.bkm");
	assert_string_equal(bk_name_table(t, id, UINT32_MAX),
			    "data/" FULL "/tffffffff.bkt");
	assert_string_equal(bk_name_intent(t, id, 0),
			    "open/" FULL ".00000000.bko");
	assert_string_equal(bk_name_hold(t, id, hold),
			    "hold/" FULL "." HOLD ".bkh");
}

/* One letter more, one less, or another one: never one of ours. */
static void a_name_with_a_slip_is_not_ours(void **state)
{
	char text[BK_NAME_MAX + 8];
	struct bk_name name;

	(void)state;
	for (size_t i = 0; i < N_ALL; i++) {
		size_t len = strlen(all_kinds[i].text);
		(void)snprintf(text, sizeof(text), "%s.part",
			       all_kinds[i].text);
		assert_int_equal(bk_name_parse(text, &name), BK_NAME_OTHER);
		for (size_t at = 0; at < len; at++) {
			memcpy(text, all_kinds[i].text, len + 1);
			text[at] = 'Q';
			assert_int_equal(bk_name_parse(text, &name),
					 BK_NAME_OTHER);
			text[at] = 0;
			assert_int_equal(bk_name_parse(text, &name),
					 BK_NAME_OTHER);
			assert_true(bk_id_is_zero(name.id));
		}
	}
	assert_int_equal(bk_name_parse("data/" FULL "/p0001E240.bkp", &name),
			 BK_NAME_OTHER);
	assert_int_equal(bk_name_parse("/bkrepo", &name), BK_NAME_OTHER);
	assert_string_equal(bk_name_format(text, &name), "");
}

static void a_probe_has_an_identifier(void **state)
{
	(void)state;
	assert_true(bk_name_is_probe("probe.0123456789abcdef0123456789abcdef"));
	assert_false(bk_name_is_probe("probe.0123456789abcdef0123456789abcde"));
	assert_false(
		bk_name_is_probe("x/probe.0123456789abcdef0123456789abcdef"));
	assert_false(bk_name_is_probe("probe.file"));
	assert_false(bk_name_is_probe("probe."));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_identifier_begins_with_its_time),
		cmocka_unit_test(later_sets_have_greater_identifiers),
		cmocka_unit_test(only_32_lower_case_digits_are_an_identifier),
		cmocka_unit_test(
			a_set_is_called_by_a_beginning_of_its_identifier),
		cmocka_unit_test(an_identifier_of_zeros_is_none),
		cmocka_unit_test(every_name_is_read_back),
		cmocka_unit_test(names_are_built_for_each_kind),
		cmocka_unit_test(a_name_with_a_slip_is_not_ours),
		cmocka_unit_test(a_probe_has_an_identifier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
