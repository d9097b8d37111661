/* Key slots: who opens them, and what of them is believed. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "crypto/random.h"
#include "repo/slot.h"

/* The weakest that is written: a tenth of a second instead of one. */
static const struct bk_scrypt weakest = {BK_SCRYPT_WRITE_LOG2_N, 1, 1};

static const uint8_t repository[BK_ID_LEN] = "the repository";
static struct bk_secret password;
static uint8_t key[BK_KEY_LEN];
static struct bk_keys keys;

static int start(void **state)
{
	struct bk_err err = {0};

	(void)state;
	bk_secret_set(&password, "sesame", 6);
	bk_random_bytes(key, sizeof(key));
	return bk_keys_generate(&keys, &err);
}

static int end(void **state)
{
	(void)state;
	bk_secret_clear(&password);
	return 0;
}

static struct bk_slot_plan plan_of(bool with_password)
{
	return (struct bk_slot_plan){
		.repository = repository,
		.label = "admin",
		.keys = &keys,
		.password = with_password ? &password : NULL,
		.cost = with_password ? &weakest : NULL,
		.key = with_password ? NULL : key,
	};
}

static void make(bool with_password, struct bk_slot *out)
{
	struct bk_slot_plan plan = plan_of(with_password);
	struct bk_err err = {0};

	if (bk_slot_make(&plan, out, &err) < 0)
		fail_msg("%s", err.text);
}

static void a_password_slot_gives_the_keys_to_its_password_only(void **state)
{
	struct bk_secret wrong = {0};
	struct bk_keys got = {0};
	struct bk_slot slot;
	struct bk_err err = {0};

	(void)state;
	make(true, &slot);
	assert_int_equal(slot.type, BK_SLOT_PASSWORD);
	assert_string_equal(slot.label, "admin");
	assert_int_equal(slot.n_entries, 1);
	assert_int_equal(bk_slot_open_password(&slot, &password, &got, &err),
			 0);
	assert_memory_equal(&got, &keys, sizeof(keys));
	bk_keys_clear(&got);
	bk_secret_set(&wrong, "sesamf", 6);
	assert_int_equal(bk_slot_open_password(&slot, &wrong, &got, &err), -1);
	assert_int_equal(err.kind, BK_NO_KEY);
	assert_int_equal(got.n, 0);
	bk_secret_clear(&wrong);
}

static void a_key_file_slot_gives_the_keys_to_its_key_only(void **state)
{
	struct bk_keys got = {0};
	uint8_t wrong[BK_KEY_LEN];
	struct bk_slot slot;
	struct bk_err err = {0};

	(void)state;
	make(false, &slot);
	assert_int_equal(slot.type, BK_SLOT_KEYFILE);
	assert_int_equal(bk_slot_open_key(&slot, key, &got, &err), 0);
	assert_memory_equal(&got, &keys, sizeof(keys));
	bk_keys_clear(&got);
	memcpy(wrong, key, sizeof(wrong));
	wrong[31] ^= 1;
	assert_int_equal(bk_slot_open_key(&slot, wrong, &got, &err), -1);
	assert_int_equal(err.kind, BK_NO_KEY);
	assert_int_equal(bk_slot_open_password(&slot, &password, &got, &err),
			 -1);
	assert_int_equal(err.kind, BK_NO_KEY);
}

static void two_slots_of_one_password_have_nothing_in_common(void **state)
{
	struct bk_slot a, b;

	(void)state;
	make(false, &a);
	make(false, &b);
	assert_memory_not_equal(a.id, b.id, BK_ID_LEN);
	assert_memory_not_equal(a.raw + 48, b.raw + 48, 32);
	assert_memory_not_equal(a.raw + 256, b.raw + 256, 64);
}

static void a_slot_holds_as_many_keys_as_its_bag(void **state)
{
	struct bk_keys many = {0}, got = {0};
	struct bk_slot_plan plan = plan_of(false);
	struct bk_slot slot;
	struct bk_err err = {0};

	(void)state;
	for (int i = 0; i < BK_KEYS_MOST; i++)
		assert_int_equal(bk_keys_generate(&many, &err), 0);
	plan.keys = &many;
	assert_int_equal(bk_slot_make(&plan, &slot, &err), 0);
	assert_int_equal(bk_slot_open_key(&slot, key, &got, &err), 0);
	assert_memory_equal(&got, &many, sizeof(got));
}

static void every_flipped_bit_of_a_slot_is_found(void **state)
{
	struct bk_keys got = {0};
	struct bk_slot slot, again;
	uint8_t bytes[BK_SLOT_LEN];
	struct bk_view view = {bytes, sizeof(bytes)};
	struct bk_err err = {0};

	(void)state;
	make(false, &slot);
	memcpy(bytes, slot.raw, sizeof(bytes));
	for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(bk_slot_decode(view, &again, &err), -1);
		assert_int_equal(err.kind, BK_CORRUPT);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	/* and by the key where the CRC was made to fit */
	for (size_t at = 0; at < 4092; at++) {
		bytes[at] ^= 0x04;
		bk_put_u32(bytes + 4092, bk_crc32(0, bytes, 4092));
		if (bk_slot_decode(view, &again, &err) == 0 &&
		    bk_slot_open_key(&again, key, &got, &err) == 0)
			fail_msg("byte %zu", at);
		bytes[at] ^= 0x04;
	}
	assert_int_equal(got.n, 0);
}

static void what_is_no_slot_is_refused(void **state)
{
	struct bk_slot slot, again;
	struct bk_err err = {0};

	(void)state;
	make(false, &slot);
	for (size_t len = 0; len < BK_SLOT_LEN; len += 11)
		assert_int_equal(bk_slot_decode((struct bk_view){slot.raw, len},
						&again, &err),
				 -1);
	slot.raw[8] = 2;
	bk_put_u32(slot.raw + 4092, bk_crc32(0, slot.raw, 4092));
	assert_int_equal(bk_slot_decode((struct bk_view){slot.raw, BK_SLOT_LEN},
					&again, &err),
			 -1);
	assert_int_equal(err.kind, BK_NEWER);
}

static void labels_and_costs_that_cannot_be_are_refused(void **state)
{
	static const struct bk_scrypt weak = {16, 8, 1};
	struct bk_slot_plan plan = plan_of(true);
	static const char *const wrong[] = {
		"12345678901234567890123456789012345678901", "a\nb", "\x1b[31m",
		"\xff"};
	struct bk_slot slot;
	struct bk_err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		plan.label = wrong[i];
		assert_int_equal(bk_slot_make(&plan, &slot, &err), -1);
		assert_int_equal(err.kind, BK_MISUSE);
	}
	plan = plan_of(true);
	plan.cost = &weak;
	assert_int_equal(bk_slot_make(&plan, &slot, &err), -1);
	assert_int_equal(err.kind, BK_MISUSE);
	plan = plan_of(false);
	plan.label = "1234567890123456789012345678901234567890";
	assert_int_equal(bk_slot_make(&plan, &slot, &err), 0);
	assert_string_equal(slot.label, plan.label);
	plan.label = "";
	assert_int_equal(bk_slot_make(&plan, &slot, &err), 0);
}

static void a_slot_is_named_by_label_or_digits(void **state)
{
	struct bk_slot slot;
	char hex[BK_ID_TEXT];

	(void)state;
	make(false, &slot);
	assert_true(bk_slot_is(&slot, "admin"));
	assert_false(bk_slot_is(&slot, "adm"));
	assert_false(bk_slot_is(&slot, ""));
	assert_true(bk_slot_is(&slot, bk_id_hex(hex, slot.id)));
	hex[8] = 0;
	assert_true(bk_slot_is(&slot, hex));
	hex[3] = 0;
	assert_false(bk_slot_is(&slot, hex));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_password_slot_gives_the_keys_to_its_password_only),
		cmocka_unit_test(
			a_key_file_slot_gives_the_keys_to_its_key_only),
		cmocka_unit_test(
			two_slots_of_one_password_have_nothing_in_common),
		cmocka_unit_test(a_slot_holds_as_many_keys_as_its_bag),
		cmocka_unit_test(every_flipped_bit_of_a_slot_is_found),
		cmocka_unit_test(what_is_no_slot_is_refused),
		cmocka_unit_test(labels_and_costs_that_cannot_be_are_refused),
		cmocka_unit_test(a_slot_is_named_by_label_or_digits),
	};

	return cmocka_run_group_tests_name("slot", tests, start, end);
}
