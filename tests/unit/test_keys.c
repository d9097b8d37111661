/* Keys: what follows from R, and what is told where something is lacking. */

#include "lib/test.h"

#include <string.h>

#include "crypto/secret.h"
#include "crypto/sign.h"
#include "repo/keys.h"

static const uint8_t host[16] = "some host";
static const uint8_t other[16] = "other host";

static void add(struct bk_keys *keys, uint8_t what, const uint8_t *whose,
		const uint8_t key[BK_KEY_LEN])
{
	struct bk_key_entry entry = {.what = what, .generation = 1};
	struct bk_err err = {0};

	if (whose)
		memcpy(entry.host, whose, 16);
	memcpy(entry.key, key, BK_KEY_LEN);
	assert_int_equal(bk_keys_add(keys, &entry, &err), 0);
}

static void get(const struct bk_keys *keys, enum bk_key_what what,
		const uint8_t *whose, uint8_t out[BK_KEY_LEN])
{
	struct bk_err err = {0};

	if (bk_keys_get(keys, what, 1, whose, out, &err) < 0)
		fail_msg("%s", err.text);
}

static void roles_are_derived_as_the_format_says(void **state)
{
	static const char *const info[] = {"bk1 role data", "bk1 role meta",
					   "bk1 role root", "bk1 role ctl",
					   "bk1 role id",   "bk1 role box"};
	uint8_t master[BK_KEY_LEN], got[BK_KEY_LEN], want[BK_KEY_LEN];
	struct bk_keys keys = {0};

	(void)state;
	memset(master, 7, sizeof(master));
	add(&keys, BK_KEY_MASTER, NULL, master);
	for (unsigned i = 0; i < 6; i++) {
		struct bk_view view = {(const uint8_t *)info[i],
				       strlen(info[i])};
		get(&keys, BK_KEY_DATA + i, NULL, got);
		bk_hkdf(master, sizeof(master), (struct bk_view){0}, view, want,
			sizeof(want));
		assert_memory_equal(got, want, sizeof(want));
	}
	bk_keys_clear(&keys);
}

/* A normal host's slot: it must arrive at what the administrator derives. */
static void a_host_with_its_own_keys_agrees_with_who_has_r(void **state)
{
	static const enum bk_key_what given[] = {
		BK_KEY_DATA, BK_KEY_META, BK_KEY_ROOT, BK_KEY_CTL, BK_KEY_ID};
	struct bk_keys all = {0}, some = {0};
	uint8_t a[BK_KEY_LEN], b[BK_KEY_LEN];
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(bk_keys_generate(&all, &err), 0);
	for (size_t i = 0; i < 5; i++) {
		get(&all, given[i], NULL, a);
		add(&some, (uint8_t)given[i], NULL, a);
	}
	get(&all, BK_KEY_WRITER, host, a);
	add(&some, BK_KEY_WRITER, host, a);
	assert_memory_equal(&all.id, &some.id, sizeof(all.id));
	get(&all, BK_KEY_SEAL, host, a);
	get(&some, BK_KEY_SEAL, host, b);
	assert_memory_equal(a, b, sizeof(a));
	get(&all, BK_KEY_SIGN_PUBLIC, host, a);
	get(&some, BK_KEY_SIGN_PUBLIC, host, b);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(bk_keys_salt(&all, 1, host, a, &err), 0);
	assert_int_equal(bk_keys_salt(&some, 1, host, b, &err), 0);
	assert_memory_equal(a, b, sizeof(a));
	/* and of another host it has nothing */
	assert_int_equal(bk_keys_salt(&some, 1, other, b, &err), -1);
	assert_int_equal(err.kind, BK_NO_KEY);
	assert_int_equal(
		bk_keys_get(&some, BK_KEY_SIGN_PUBLIC, 1, other, b, &err), -1);
	assert_int_equal(bk_keys_get(&some, BK_KEY_BOX, 1, NULL, b, &err), -1);
	assert_non_null(strstr(err.text, "the box key of generation 1"));
	bk_keys_clear(&all);
	bk_keys_clear(&some);
}

static void keys_of_two_hosts_and_uses_differ(void **state)
{
	uint8_t a[4][BK_KEY_LEN];
	struct bk_keys keys = {0};
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(bk_keys_generate(&keys, &err), 0);
	assert_int_equal(bk_keys_salt(&keys, 1, host, a[0], &err), 0);
	assert_int_equal(bk_keys_sign(&keys, 1, host, a[1], &err), 0);
	get(&keys, BK_KEY_SEAL, host, a[2]);
	assert_int_equal(bk_keys_salt(&keys, 1, other, a[3], &err), 0);
	for (size_t i = 0; i < 4; i++) {
		for (size_t j = 0; j < i; j++)
			assert_false(bk_bytes_equal(a[i], a[j], BK_KEY_LEN));
	}
	bk_keys_clear(&keys);
}

static void public_keys_belong_to_the_secret_ones(void **state)
{
	uint8_t seed[BK_KEY_LEN], a[BK_KEY_LEN], b[BK_KEY_LEN];
	struct bk_keys keys = {0};
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(bk_keys_generate(&keys, &err), 0);
	assert_int_equal(bk_keys_sign(&keys, 1, host, seed, &err), 0);
	bk_sign_public(seed, a);
	get(&keys, BK_KEY_SIGN_PUBLIC, host, b);
	assert_memory_equal(a, b, sizeof(a));
	get(&keys, BK_KEY_BOX, NULL, seed);
	bk_x25519_public(seed, a);
	get(&keys, BK_KEY_BOX_PUBLIC, NULL, b);
	assert_memory_equal(a, b, sizeof(a));
	bk_keys_clear(&keys);
}

static void a_new_generation_is_the_newest_and_the_old_one_stays(void **state)
{
	static const struct bk_view text = {(const uint8_t *)"text", 4};
	struct bk_mac_key again;
	uint8_t first[BK_SHA256_LEN], sum[BK_SHA256_LEN];
	struct bk_keys keys = {0};
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(bk_keys_generate(&keys, &err), 0);
	assert_int_equal(keys.generation, 1);
	bk_mac_tagged(&keys.id, 1, text, first);
	assert_int_equal(bk_keys_generate(&keys, &err), 0);
	assert_int_equal(keys.generation, 2);
	bk_mac_tagged(&keys.id, 1, text, sum);
	assert_memory_not_equal(first, sum, sizeof(first));
	assert_int_equal(bk_keys_id(&keys, 1, &again, &err), 0);
	bk_mac_tagged(&again, 1, text, sum);
	assert_memory_equal(first, sum, sizeof(first));
	assert_int_equal(bk_keys_id(&keys, 3, &again, &err), -1);
	assert_int_equal(err.kind, BK_NO_KEY);
	bk_keys_clear(&keys);
}

static void entries_from_outside_are_checked(void **state)
{
	struct bk_key_entry entry = {.what = 12, .generation = 1};
	struct bk_keys keys = {0};
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(bk_keys_add(&keys, &entry, &err), 0);
	entry.what = 0;
	assert_int_equal(bk_keys_add(&keys, &entry, &err), 0);
	assert_int_equal(keys.n, 0);
	entry.what = BK_KEY_MASTER;
	entry.generation = 0;
	assert_int_equal(bk_keys_add(&keys, &entry, &err), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
	for (uint32_t i = 1; i <= BK_KEYS_MOST; i++) {
		entry.generation = i;
		assert_int_equal(bk_keys_add(&keys, &entry, &err), 0);
		assert_int_equal(bk_keys_add(&keys, &entry, &err), 0);
	}
	assert_int_equal(keys.n, BK_KEYS_MOST);
	entry.generation++;
	assert_int_equal(bk_keys_add(&keys, &entry, &err), -1);
	assert_int_equal(err.kind, BK_FULL);
	bk_keys_clear(&keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roles_are_derived_as_the_format_says),
		cmocka_unit_test(
			a_host_with_its_own_keys_agrees_with_who_has_r),
		cmocka_unit_test(keys_of_two_hosts_and_uses_differ),
		cmocka_unit_test(public_keys_belong_to_the_secret_ones),
		cmocka_unit_test(
			a_new_generation_is_the_newest_and_the_old_one_stays),
		cmocka_unit_test(entries_from_outside_are_checked),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
