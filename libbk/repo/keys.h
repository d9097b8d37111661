/*
 * The keys that one holds: those of a slot's bag, and what follows from them.
 * bk-format(5), KEYS.  Who holds R has every key of its generation; others
 * have what their slot gives them, and are told which key they lack.
 */

#ifndef BK_REPO_KEYS_H
#define BK_REPO_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/digest.h"
#include "crypto/digester.h"

#define BK_KEYS_MOST 59 /* entries of a bag */

/* The `what` of an entry; others are ignored. */
enum bk_key_what {
	BK_KEY_MASTER = 1, /* R */
	BK_KEY_DATA = 2,
	BK_KEY_META = 3,
	BK_KEY_ROOT = 4,
	BK_KEY_CTL = 5,
	BK_KEY_ID = 6,
	BK_KEY_BOX = 7,
	BK_KEY_BOX_PUBLIC = 8,
	BK_KEY_WRITER = 9, /* of a host, as the next two */
	BK_KEY_SEAL = 10,
	BK_KEY_SIGN_PUBLIC = 11,
};

struct bk_key_entry {
	uint8_t what; /* enum bk_key_what */
	uint32_t generation;
	uint8_t host[16]; /* 9, 10, 11; else zero */
	uint8_t key[BK_KEY_LEN];
};

/*
 * {0} is a valid empty one.  Holds keys: it lies in memory of bk_secure_alloc
 * and is wiped by bk_keys_clear.  May be read by several threads at a time.
 */
struct bk_keys {
	struct bk_mac_key id;        /* K_id of the newest generation, ready */
	struct bk_digest_key digest; /* of the same generation */
	uint32_t generation;         /* the newest; 0: none */
	size_t n;
	struct bk_key_entry entries[BK_KEYS_MOST];
};

/* A key of the bag; one whose `what` is not known is ignored, one that is there
 * already too.  BK_CORRUPT for a generation of 0, BK_FULL above BK_KEYS_MOST.
 */
int bk_keys_add(struct bk_keys *keys, const struct bk_key_entry *entry,
		struct bk_err *err);
/* A new generation: 32 random bytes as R. */
int bk_keys_generate(struct bk_keys *keys, struct bk_err *err);
void bk_keys_clear(struct bk_keys *keys);

/*
 * Keys of a generation into `out`, which the caller wipes.  BK_NO_KEY when
 * neither the key nor R is held.  `host` is 16 bytes, NULL for keys that belong
 * to no host.
 */
int bk_keys_get(const struct bk_keys *keys, enum bk_key_what what,
		uint32_t generation, const uint8_t *host,
		uint8_t out[BK_KEY_LEN], struct bk_err *err);
/* K_salt and the Ed25519 seed K_sign of a host (its writer key, or R). */
int bk_keys_salt(const struct bk_keys *keys, uint32_t generation,
		 const uint8_t host[16], uint8_t out[BK_KEY_LEN],
		 struct bk_err *err);
int bk_keys_sign(const struct bk_keys *keys, uint32_t generation,
		 const uint8_t host[16], uint8_t out[BK_KEY_LEN],
		 struct bk_err *err);

/* K_id of any generation, made ready; the caller clears it. */
int bk_keys_id(const struct bk_keys *keys, uint32_t generation,
	       struct bk_mac_key *out, struct bk_err *err);

#endif
