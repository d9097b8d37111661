/* Intents and holds as bytes, and lists of packs. */

#include "lib/test.h"

#include <string.h>

#include "lib/manual.h"
#include "repo/intent.h"
#include "repo/signed.h"

#define FULL "01a2001f9700b1b1b1b1b1b1b1b1b1b1"

static void the_manuals_intent_is_read_and_written_alike(void **state)
{
	struct bk_buf shown = {0}, written = {0};
	struct bk_intent intent = {0};
	struct bk_err err = {0};
	uint8_t base[BK_ID_LEN];

	(void)state;
	assert_true(bk_id_parse(FULL, base));
	manual_records(".Ss Intent open/", NULL, &shown);
	assert_int_equal(bk_intent_decode(bk_buf_view(&shown), &intent, &err),
			 0);
	assert_memory_equal(intent.base, base, BK_ID_LEN);
	assert_int_equal(intent.written_ms, 1795329000000);
	assert_int_equal(intent.dead_ms, 1795329900000);
	assert_int_equal(intent.packs.n, 1);
	assert_true(bk_pack_ids_has(&intent.packs, base, 0));
	assert_false(bk_pack_ids_has(&intent.packs, base, 1));
	assert_string_equal(intent.who, "mx1 pid 4711");
	bk_intent_encode(&intent, &written);
	assert_int_equal(written.len, shown.len);
	assert_memory_equal(written.data, shown.data, shown.len);
	bk_intent_clear(&intent);
	bk_buf_clear(&shown);
	bk_buf_clear(&written);
}

static void the_intent_of_a_full_set_has_no_base(void **state)
{
	struct bk_intent intent = {.written_ms = 5}, again = {0};
	struct bk_buf bytes = {0};
	struct bk_err err = {0};

	(void)state;
	bk_intent_encode(&intent, &bytes);
	assert_int_equal(bytes.len, 18);
	assert_int_equal(bk_intent_decode(bk_buf_view(&bytes), &again, &err),
			 0);
	assert_true(bk_id_is_zero(again.base));
	assert_int_equal(again.written_ms, 5);
	assert_string_equal(again.who, "");
	assert_false(bk_pack_ids_has(&again.packs, again.base, 0));
	bk_intent_clear(&again);
	bk_buf_clear(&bytes);
}

static void packs_are_put_in_order_once(void **state)
{
	static const uint8_t a[BK_ID_LEN] = {1}, b[BK_ID_LEN] = {2};
	struct bk_intent intent = {0}, again = {0};
	struct bk_buf bytes = {0};
	struct bk_err err = {0};

	(void)state;
	bk_pack_ids_add(&intent.packs, b, 1);
	bk_pack_ids_add(&intent.packs, b, 0);
	bk_pack_ids_add(&intent.packs, a, 7);
	bk_pack_ids_add(&intent.packs, b, 1);
	bk_intent_encode(&intent, &bytes);
	assert_int_equal(bk_intent_decode(bk_buf_view(&bytes), &again, &err),
			 0);
	assert_int_equal(again.packs.n, 3);
	assert_int_equal(again.packs.items[0].owner[0], 1);
	assert_int_equal(again.packs.items[1].ordinal, 0);
	assert_int_equal(again.packs.items[2].ordinal, 1);
	bk_intent_clear(&again);

	/* The same two packs the other way round. */
	uint8_t *last = bytes.data + bytes.len - 22;
	uint8_t swapped[22];
	memcpy(swapped, last, 22);
	memcpy(last, last - 22, 22);
	memcpy(last - 22, swapped, 22);
	assert_int_equal(bk_intent_decode(bk_buf_view(&bytes), &again, &err),
			 -1);
	assert_int_equal(err.kind, BK_CORRUPT);
	bk_intent_clear(&again);
	bk_intent_clear(&intent);
	bk_buf_clear(&bytes);
}

static void the_manuals_hold_is_read_and_written_alike(void **state)
{
	struct bk_buf shown = {0}, written = {0};
	struct bk_hold hold = {0};
	struct bk_err err = {0};

	(void)state;
	manual_records(".Ss Hold of the full set", NULL, &shown);
	assert_int_equal(bk_hold_decode(bk_buf_view(&shown), &hold, &err), 0);
	assert_int_equal(hold.id[7], 0xe5);
	assert_int_equal(hold.kind, BK_HOLD_PIN);
	assert_int_equal(hold.written_ms, 1795329000000);
	assert_int_equal(hold.until_ms, 0);
	assert_string_equal(hold.why, "audit 2026");
	bk_hold_encode(&hold, &written);
	assert_int_equal(written.len, shown.len);
	assert_memory_equal(written.data, shown.data, shown.len);
	bk_hold_clear(&hold);
	bk_buf_clear(&shown);
	bk_buf_clear(&written);
}

static void a_hold_of_no_kind_is_refused(void **state)
{
	struct bk_buf bytes = {0};

	(void)state;
	for (unsigned kind = 0; kind < 5; kind++) {
		struct bk_hold hold = {.kind = kind}, again = {0};
		struct bk_err err = {0};
		bk_hold_encode(&hold, &bytes);
		int rc = bk_hold_decode(bk_buf_view(&bytes), &again, &err);
		assert_int_equal(rc, kind == 1 || kind == 2 ? 0 : -1);
		bk_hold_clear(&again);
		bytes.len = 0;
	}
	bk_buf_clear(&bytes);
}

/* Every prefix of the manual's examples, and every byte of them changed: what
 * is taken is written again as it was. */
static void what_is_accepted_says_what_it_says(void **state)
{
	struct bk_buf shown = {0}, written = {0};

	(void)state;
	manual_records(".Ss Intent open/", NULL, &shown);
	for (size_t i = 0; i < shown.len * 8; i++) {
		struct bk_intent intent = {0};
		struct bk_err err = {0};
		shown.data[i / 8] ^= (uint8_t)(1u << i % 8);
		int rc = bk_intent_decode(bk_buf_view(&shown), &intent, &err);
		if (rc == 0) {
			bk_intent_encode(&intent, &written);
			assert_true(written.len <= shown.len);
			if (written.len == shown.len)
				assert_memory_equal(written.data, shown.data,
						    shown.len);
		}
		bk_intent_clear(&intent);
		written.len = 0;
		shown.data[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	bk_buf_clear(&shown);
	bk_buf_clear(&written);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manuals_intent_is_read_and_written_alike),
		cmocka_unit_test(the_intent_of_a_full_set_has_no_base),
		cmocka_unit_test(packs_are_put_in_order_once),
		cmocka_unit_test(the_manuals_hold_is_read_and_written_alike),
		cmocka_unit_test(a_hold_of_no_kind_is_refused),
		cmocka_unit_test(what_is_accepted_says_what_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
