/* Keys held and keys derived: see keys.h. */

#include "repo/keys.h"

#include <string.h>

#include "crypto/random.h"
#include "crypto/secret.h"
#include "crypto/sign.h"

static const uint8_t no_host[16];

/* What the format calls them, for deriving; NULL for those of a host. */
static const char *const roles[] = {
	[BK_KEY_DATA] = "data", [BK_KEY_META] = "meta", [BK_KEY_ROOT] = "root",
	[BK_KEY_CTL] = "ctl",   [BK_KEY_ID] = "id",     [BK_KEY_BOX] = "box",
};

/* What people are told that they lack. */
static const char *const names[] = {
	[BK_KEY_MASTER] = "master",
	[BK_KEY_DATA] = "data",
	[BK_KEY_META] = "meta",
	[BK_KEY_ROOT] = "root",
	[BK_KEY_CTL] = "ctl",
	[BK_KEY_ID] = "id",
	[BK_KEY_BOX] = "box",
	[BK_KEY_BOX_PUBLIC] = "public box",
	[BK_KEY_WRITER] = "writer",
	[BK_KEY_SEAL] = "seal",
	[BK_KEY_SIGN_PUBLIC] = "public signing",
};

static const uint8_t *find(const struct bk_keys *keys, enum bk_key_what what,
			   uint32_t generation, const uint8_t *host)
{
	for (size_t i = 0; i < keys->n; i++) {
		const struct bk_key_entry *entry = &keys->entries[i];
		if (entry->what == (uint8_t)what &&
		    entry->generation == generation &&
		    bk_bytes_equal(entry->host, host ? host : no_host, 16))
			return entry->key;
	}
	return NULL;
}

/* out = HKDF(key, empty, label || tail) */
static void derive(const uint8_t key[BK_KEY_LEN], const char *label,
		   struct bk_view tail, uint8_t out[BK_KEY_LEN])
{
	struct bk_buf info = {0};

	bk_buf_add(&info, label, strlen(label));
	bk_buf_add(&info, tail.data, tail.len);
	bk_hkdf(key, BK_KEY_LEN, (struct bk_view){0}, bk_buf_view(&info), out,
		BK_KEY_LEN);
	bk_buf_clear(&info);
}

/* A key that is held, or follows from R. */
static int held_or_derived(const struct bk_keys *keys, enum bk_key_what what,
			   uint32_t generation, const uint8_t *host,
			   uint8_t out[BK_KEY_LEN], struct bk_err *err)
{
	const uint8_t *held = find(keys, what, generation, host);
	const uint8_t *master = find(keys, BK_KEY_MASTER, generation, NULL);

	if (held) {
		memcpy(out, held, BK_KEY_LEN);
	} else if (master && what == BK_KEY_WRITER && host) {
		derive(master, "bk1 writer", (struct bk_view){host, 16}, out);
	} else if (master && what <= BK_KEY_BOX && roles[what]) {
		struct bk_view role = {(const uint8_t *)roles[what],
				       strlen(roles[what])};
		derive(master, "bk1 role ", role, out);
	} else {
		return bk_fail(err, BK_NO_KEY,
			       "the %s key of generation %u is not in the key "
			       "slot that was opened",
			       names[what], generation);
	}
	return 0;
}

static int derive_of_host(const struct bk_keys *keys, const char *label,
			  uint32_t generation, const uint8_t *host,
			  uint8_t out[BK_KEY_LEN], struct bk_err *err)
{
	uint8_t writer[BK_KEY_LEN];

	if (held_or_derived(keys, BK_KEY_WRITER, generation, host, writer,
			    err) < 0)
		return -1;
	derive(writer, label, (struct bk_view){0}, out);
	bk_wipe(writer, sizeof(writer));
	return 0;
}

static int public_box(const struct bk_keys *keys, uint32_t generation,
		      uint8_t out[BK_KEY_LEN], struct bk_err *err)
{
	uint8_t secret[BK_KEY_LEN];

	if (held_or_derived(keys, BK_KEY_BOX, generation, NULL, secret, err) <
	    0)
		return -1;
	bk_x25519_public(secret, out);
	bk_wipe(secret, sizeof(secret));
	return 0;
}

static int public_sign(const struct bk_keys *keys, uint32_t generation,
		       const uint8_t *host, uint8_t out[BK_KEY_LEN],
		       struct bk_err *err)
{
	uint8_t seed[BK_KEY_LEN];

	if (derive_of_host(keys, "bk1 sign", generation, host, seed, err) < 0)
		return -1;
	bk_sign_public(seed, out);
	bk_wipe(seed, sizeof(seed));
	return 0;
}

int bk_keys_get(const struct bk_keys *keys, enum bk_key_what what,
		uint32_t generation, const uint8_t *host,
		uint8_t out[BK_KEY_LEN], struct bk_err *err)
{
	if (!find(keys, what, generation, host)) {
		if (what == BK_KEY_SEAL)
			return derive_of_host(keys, "bk1 seal", generation,
					      host, out, err);
		if (what == BK_KEY_BOX_PUBLIC)
			return public_box(keys, generation, out, err);
		if (what == BK_KEY_SIGN_PUBLIC)
			return public_sign(keys, generation, host, out, err);
	}
	return held_or_derived(keys, what, generation, host, out, err);
}

int bk_keys_salt(const struct bk_keys *keys, uint32_t generation,
		 const uint8_t host[16], uint8_t out[BK_KEY_LEN],
		 struct bk_err *err)
{
	return derive_of_host(keys, "bk1 salt", generation, host, out, err);
}

int bk_keys_sign(const struct bk_keys *keys, uint32_t generation,
		 const uint8_t host[16], uint8_t out[BK_KEY_LEN],
		 struct bk_err *err)
{
	return derive_of_host(keys, "bk1 sign", generation, host, out, err);
}

int bk_keys_id(const struct bk_keys *keys, uint32_t generation,
	       struct bk_mac_key *out, struct bk_err *err)
{
	uint8_t key[BK_KEY_LEN];

	if (bk_keys_get(keys, BK_KEY_ID, generation, NULL, key, err) < 0)
		return -1;
	bk_mac_key_init(out, key);
	bk_wipe(key, sizeof(key));
	return 0;
}

/* A slot without the id key (a pruner's) leaves keys->id and digest unset. */
static void make_id_ready(struct bk_keys *keys)
{
	struct bk_err none = {0};
	uint8_t key[BK_KEY_LEN];

	if (bk_keys_get(keys, BK_KEY_ID, keys->generation, NULL, key, &none) <
	    0)
		return;
	bk_mac_key_init(&keys->id, key);
	bk_digest_key_derive(&keys->digest, key);
	bk_wipe(key, sizeof(key));
}

int bk_keys_add(struct bk_keys *keys, const struct bk_key_entry *entry,
		struct bk_err *err)
{
	if (entry->what < BK_KEY_MASTER || entry->what > BK_KEY_SIGN_PUBLIC)
		return 0;
	if (!entry->generation)
		return bk_fail(err, BK_CORRUPT, "a key of generation 0");
	if (find(keys, entry->what, entry->generation, entry->host))
		return 0;
	if (keys->n == BK_KEYS_MOST)
		return bk_fail(err, BK_FULL, "a key slot holds %d keys at most",
			       BK_KEYS_MOST);
	keys->entries[keys->n++] = *entry;
	if (entry->generation > keys->generation)
		keys->generation = entry->generation;
	make_id_ready(keys);
	return 0;
}

int bk_keys_generate(struct bk_keys *keys, struct bk_err *err)
{
	struct bk_key_entry entry = {
		.what = BK_KEY_MASTER,
		.generation = keys->generation + 1,
	};

	bk_random_bytes(entry.key, sizeof(entry.key));
	int rc = bk_keys_add(keys, &entry, err);
	bk_wipe(&entry, sizeof(entry));
	return rc;
}

void bk_keys_clear(struct bk_keys *keys)
{
	bk_wipe(keys, sizeof(*keys));
}
