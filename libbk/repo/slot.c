/* One key slot: see slot.h. */

#include "repo/slot.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/crc32.h"
#include "base/utf8.h"
#include "crypto/aead.h"
#include "crypto/random.h"

#define MAJOR     1
#define ENTRY_LEN 64
#define SALT_LEN  32
#define OKM_LEN   64

/* Offsets of bk-format(5), Key slot. */
enum {
	AT_MAJOR = 8,
	AT_TYPE = 10,
	AT_LOG2_N = 11,
	AT_R = 12,
	AT_P = 13,
	AT_ENTRIES = 14,
	AT_REPOSITORY = 16,
	AT_ID = 32,
	AT_SALT = 48,
	AT_MADE = 80,
	AT_LABEL = 88,
	AT_PUBLIC = 128,
	AT_ZERO = 192,
	AT_COMMITMENT = 224,
	AT_BAG = 256,
	AT_TAG = 4032,
	AT_PAD = 4048,
	AT_CRC = 4092,
};

#define BAG_LEN (AT_TAG - AT_BAG)
static_assert(BAG_LEN == BK_KEYS_MOST * ENTRY_LEN, "the bag has its entries");
static_assert(AT_PUBLIC - AT_LABEL == BK_LABEL_MAX, "the label has its room");

static const uint8_t magic[8] = {0x89, 'B', 'K', 'K', '\r', '\n', 0x1a, '\n'};

const char *bk_slot_type_name(enum bk_slot_type type)
{
	switch (type) {
	case BK_SLOT_PASSWORD:
		return "password";
	case BK_SLOT_RECIPIENT:
		return "recovery key";
	case BK_SLOT_KEYFILE:
		break;
	}
	return "key block";
}

static bool is_zero(const uint8_t *at, size_t len)
{
	uint8_t all = 0;

	for (size_t i = 0; i < len; i++)
		all |= at[i];
	return !all;
}

/* UTF-8 without control characters, padded with zeros. */
static bool label_holds(const uint8_t *at)
{
	size_t len = strnlen((const char *)at, BK_LABEL_MAX);

	for (size_t i = 0; i < len; i++) {
		if (at[i] < ' ' || at[i] == 0x7f)
			return false;
	}
	return bk_utf8_valid(at, len) && is_zero(at + len, BK_LABEL_MAX - len);
}

static bool type_holds(const uint8_t *raw)
{
	switch (raw[AT_TYPE]) {
	case BK_SLOT_PASSWORD:
		return is_zero(raw + AT_PUBLIC, AT_ZERO - AT_PUBLIC);
	case BK_SLOT_KEYFILE:
		return is_zero(raw + AT_LOG2_N, 3) &&
		       is_zero(raw + AT_PUBLIC, AT_ZERO - AT_PUBLIC);
	case BK_SLOT_RECIPIENT:
		return is_zero(raw + AT_LOG2_N, 3);
	default:
		return false;
	}
}

int bk_slot_decode(struct bk_view bytes, struct bk_slot *out,
		   struct bk_err *err)
{
	const uint8_t *raw = bytes.data;

	if (bytes.len != BK_SLOT_LEN)
		return bk_fail(err, BK_CORRUPT, "not %d bytes long",
			       BK_SLOT_LEN);
	if (memcmp(raw, magic, sizeof(magic)) != 0)
		return bk_fail(err, BK_CORRUPT, "not a key slot");
	if (bk_get_u32(raw + AT_CRC) != bk_crc32(0, raw, AT_CRC))
		return bk_fail(err, BK_CORRUPT, "wrong CRC");
	if (raw[AT_MAJOR] > MAJOR)
		return bk_fail(err, BK_NEWER,
			       "made by a newer version (format %u); upgrade "
			       "this host first",
			       raw[AT_MAJOR]);
	if (raw[AT_MAJOR] != MAJOR || !type_holds(raw) ||
	    bk_get_u16(raw + AT_ENTRIES) > BK_KEYS_MOST ||
	    !label_holds(raw + AT_LABEL) ||
	    !is_zero(raw + AT_ZERO, AT_COMMITMENT - AT_ZERO) ||
	    !is_zero(raw + AT_PAD, AT_CRC - AT_PAD))
		return bk_fail(err, BK_CORRUPT, "a field that cannot be");
	memset(out, 0, sizeof(*out));
	out->type = (enum bk_slot_type)raw[AT_TYPE];
	out->cost = (struct bk_scrypt){raw[AT_LOG2_N], raw[AT_R], raw[AT_P]};
	out->made_ms = (int64_t)bk_get_u64(raw + AT_MADE);
	out->n_entries = bk_get_u16(raw + AT_ENTRIES);
	memcpy(out->repository, raw + AT_REPOSITORY, BK_ID_LEN);
	memcpy(out->id, raw + AT_ID, BK_ID_LEN);
	memcpy(out->label, raw + AT_LABEL, BK_LABEL_MAX);
	memcpy(out->raw, raw, BK_SLOT_LEN);
	return 0;
}

/* The key of the bag and the commitment. */
static void derive(const uint8_t ikm[BK_KEY_LEN], const uint8_t *raw,
		   uint8_t okm[OKM_LEN])
{
	uint8_t info[8 + AT_COMMITMENT] = {'b', 'k', '1', ' ',
					   's', 'l', 'o', 't'};

	memcpy(info + 8, raw, AT_COMMITMENT);
	bk_hkdf(ikm, BK_KEY_LEN, (struct bk_view){raw + AT_SALT, SALT_LEN},
		(struct bk_view){info, sizeof(info)}, okm, OKM_LEN);
}

/* ---- making ---- */

int bk_slot_check_label(const char *label, struct bk_err *err)
{
	uint8_t padded[BK_LABEL_MAX] = {0};
	size_t len = strlen(label);

	if (len > BK_LABEL_MAX)
		return bk_fail(err, BK_MISUSE,
			       "a label has %d bytes at most, '%s' has %zu",
			       BK_LABEL_MAX, label, len);
	for (size_t i = 0; i < len; i++)
		padded[i] = (uint8_t)label[i];
	if (!label_holds(padded))
		return bk_fail(err, BK_MISUSE,
			       "a label is UTF-8 without control characters");
	return 0;
}

static int check_plan(const struct bk_slot_plan *plan, struct bk_err *err)
{
	if (bk_slot_check_label(plan->label, err) < 0)
		return -1;
	if (plan->cost && plan->cost->log2_n < BK_SCRYPT_WRITE_LOG2_N)
		return bk_fail(err, BK_MISUSE,
			       "scrypt below N = 2^%d is too weak for a new "
			       "slot",
			       BK_SCRYPT_WRITE_LOG2_N);
	return 0;
}

static void put_entries(const struct bk_keys *keys, uint8_t *bag)
{
	for (size_t i = 0; i < keys->n; i++) {
		const struct bk_key_entry *entry = &keys->entries[i];
		uint8_t *at = bag + i * ENTRY_LEN;
		at[0] = entry->what;
		bk_put_u32(at + 4, entry->generation);
		memcpy(at + 8, entry->host, BK_ID_LEN);
		memcpy(at + 24, entry->key, BK_KEY_LEN);
	}
}

static void put_clear(const struct bk_slot_plan *plan, uint8_t *raw)
{
	const struct bk_scrypt *cost =
		plan->cost ? plan->cost : &bk_scrypt_usual;

	memcpy(raw, magic, sizeof(magic));
	raw[AT_MAJOR] = MAJOR;
	raw[AT_TYPE] = plan->password ? BK_SLOT_PASSWORD : BK_SLOT_KEYFILE;
	if (plan->password) {
		raw[AT_LOG2_N] = cost->log2_n;
		raw[AT_R] = cost->r;
		raw[AT_P] = cost->p;
	}
	bk_put_u16(raw + AT_ENTRIES, (uint16_t)plan->keys->n);
	memcpy(raw + AT_REPOSITORY, plan->repository, BK_ID_LEN);
	bk_random_bytes(raw + AT_ID, BK_ID_LEN);
	bk_random_bytes(raw + AT_SALT, SALT_LEN);
	bk_put_u64(raw + AT_MADE, (uint64_t)bk_clock_now_ms());
	memcpy(raw + AT_LABEL, plan->label, strlen(plan->label));
}

static int seal(uint8_t *raw, const uint8_t ikm[BK_KEY_LEN], struct bk_err *err)
{
	static const uint8_t nonce[BK_AEAD_NONCE_LEN];
	uint8_t okm[OKM_LEN];

	derive(ikm, raw, okm);
	memcpy(raw + AT_COMMITMENT, okm + BK_KEY_LEN, BK_KEY_LEN);
	struct bk_aead *aead = bk_aead_new(okm);
	int rc = bk_aead_seal(aead, nonce, (struct bk_view){0},
			      (struct bk_view){raw + AT_BAG, BAG_LEN},
			      raw + AT_BAG, err);
	bk_aead_free(aead);
	bk_wipe(okm, sizeof(okm));
	bk_put_u32(raw + AT_CRC, bk_crc32(0, raw, AT_CRC));
	return rc;
}

int bk_slot_make(const struct bk_slot_plan *plan, struct bk_slot *out,
		 struct bk_err *err)
{
	uint8_t ikm[BK_KEY_LEN];
	uint8_t *raw = NULL;
	int rc = check_plan(plan, err);

	if (rc < 0)
		return rc;
	raw = bk_secure_alloc(BK_SLOT_LEN); /* keys, until it is sealed */
	put_clear(plan, raw);
	if (plan->password)
		rc = bk_scrypt(plan->cost ? plan->cost : &bk_scrypt_usual,
			       plan->password, raw + AT_SALT, ikm, err);
	else
		memcpy(ikm, plan->key, BK_KEY_LEN);
	if (rc == 0) {
		put_entries(plan->keys, raw + AT_BAG);
		rc = seal(raw, ikm, err);
	}
	if (rc == 0)
		rc = bk_slot_decode((struct bk_view){raw, BK_SLOT_LEN}, out,
				    err);
	bk_wipe(ikm, sizeof(ikm));
	bk_secure_free(raw);
	return rc;
}

/* ---- opening ---- */

static int take_entry(const uint8_t *at, struct bk_keys *keys,
		      struct bk_err *err)
{
	struct bk_key_entry entry = {
		.what = at[0],
		.generation = bk_get_u32(at + 4),
	};

	if (!is_zero(at + 1, 3) || !is_zero(at + 56, 8))
		return bk_fail(err, BK_CORRUPT, "a field that cannot be");
	memcpy(entry.host, at + 8, BK_ID_LEN);
	memcpy(entry.key, at + 24, BK_KEY_LEN);
	int rc = bk_keys_add(keys, &entry, err);
	bk_wipe(&entry, sizeof(entry));
	return rc;
}

static int take_entries(const struct bk_slot *slot, const uint8_t *bag,
			struct bk_keys *keys, struct bk_err *err)
{
	size_t used = (size_t)slot->n_entries * ENTRY_LEN;

	if (!is_zero(bag + used, BAG_LEN - used))
		return bk_fail(err, BK_CORRUPT, "more entries than it says");
	for (size_t at = 0; at < used; at += ENTRY_LEN) {
		if (take_entry(bag + at, keys, err) < 0)
			return -1;
	}
	return 0;
}

static int open_bag(const struct bk_slot *slot, const uint8_t key[BK_KEY_LEN],
		    struct bk_keys *keys, struct bk_err *err)
{
	static const uint8_t nonce[BK_AEAD_NONCE_LEN];
	struct bk_view sealed = {slot->raw + AT_BAG, BAG_LEN + BK_AEAD_TAG_LEN};
	struct bk_aead *aead = bk_aead_new(key);
	uint8_t *bag = bk_secure_alloc(BAG_LEN);

	int rc = bk_aead_open(aead, nonce, (struct bk_view){0}, sealed, bag,
			      err);
	if (rc == 0)
		rc = take_entries(slot, bag, keys, err);
	bk_secure_free(bag);
	bk_aead_free(aead);
	return rc;
}

int bk_slot_open_key(const struct bk_slot *slot, const uint8_t key[BK_KEY_LEN],
		     struct bk_keys *keys, struct bk_err *err)
{
	uint8_t okm[OKM_LEN];
	int rc;

	derive(key, slot->raw, okm);
	if (bk_bytes_equal(okm + BK_KEY_LEN, slot->raw + AT_COMMITMENT,
			   BK_KEY_LEN))
		rc = open_bag(slot, okm, keys, err);
	else
		rc = bk_fail(err, BK_NO_KEY, "wrong key");
	bk_wipe(okm, sizeof(okm));
	return rc;
}

int bk_slot_open_password(const struct bk_slot *slot,
			  const struct bk_secret *password,
			  struct bk_keys *keys, struct bk_err *err)
{
	uint8_t ikm[BK_KEY_LEN];

	if (slot->type != BK_SLOT_PASSWORD)
		return bk_fail(err, BK_NO_KEY, "no password opens this slot");
	if (bk_scrypt(&slot->cost, password, slot->raw + AT_SALT, ikm, err) < 0)
		return -1;
	int rc = bk_slot_open_key(slot, ikm, keys, err);
	if (rc < 0 && err->kind == BK_NO_KEY)
		rc = bk_fail(err, BK_NO_KEY, "wrong password");
	bk_wipe(ikm, sizeof(ikm));
	return rc;
}
