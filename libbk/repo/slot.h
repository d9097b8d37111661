/*
 * Key slots: what a password or a key file opens to get at the keys.  4096
 * bytes each, as many as one likes.  bk-format(5), Key slot.
 */

#ifndef BK_REPO_SLOT_H
#define BK_REPO_SLOT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/scrypt.h"
#include "crypto/secret.h"
#include "repo/id.h"
#include "repo/keys.h"
#include "target/target.h"

#define BK_SLOT_LEN  4096
#define BK_LABEL_MAX 40 /* bytes of a slot's label */

enum bk_slot_type {
	BK_SLOT_PASSWORD = 1,
	BK_SLOT_RECIPIENT = 2, /* for recovery; not opened by this version */
	BK_SLOT_KEYFILE = 3,
};

/* What opens it: "password", "recovery key", "key block". */
const char *bk_slot_type_name(enum bk_slot_type type);

/* What a slot says in clear, and the slot itself. */
struct bk_slot {
	enum bk_slot_type type;
	struct bk_scrypt cost; /* BK_SLOT_PASSWORD */
	uint8_t repository[BK_ID_LEN];
	uint8_t id[BK_ID_LEN];
	int64_t made_ms;
	char label[BK_LABEL_MAX + 1];
	uint16_t n_entries;
	uint8_t raw[BK_SLOT_LEN];
};

/*
 * Checks everything that can be checked without the key.  BK_NEWER for a higher
 * major version, BK_CORRUPT for anything else.
 */
int bk_slot_decode(struct bk_view bytes, struct bk_slot *out,
		   struct bk_err *err);

/* What a new slot is to be; its identifier, salt and time are made. */
struct bk_slot_plan {
	const uint8_t *repository; /* BK_ID_LEN bytes */
	const char *label;         /* UTF-8, up to BK_LABEL_MAX bytes */
	const struct bk_keys *keys;
	/* Either a password, for BK_SLOT_PASSWORD: */
	const struct bk_secret *password;
	const struct bk_scrypt *cost; /* NULL: bk_scrypt_usual */
	/* or the BK_KEY_LEN bytes of a key file, for BK_SLOT_KEYFILE: */
	const uint8_t *key;
};

/* BK_MISUSE for a label that cannot be. */
int bk_slot_check_label(const char *label, struct bk_err *err);

/* BK_MISUSE for a label that cannot be, or a cost below what is written. */
int bk_slot_make(const struct bk_slot_plan *plan, struct bk_slot *out,
		 struct bk_err *err);

/*
 * Adds the keys in the slot to *keys.  BK_NO_KEY "wrong password" or "wrong
 * key", BK_REFUSED when its cost is above what this machine can pay,
 * BK_CORRUPT.  With a password it blocks for about a second.
 */
int bk_slot_open_password(const struct bk_slot *slot,
			  const struct bk_secret *password,
			  struct bk_keys *keys, struct bk_err *err);
int bk_slot_open_key(const struct bk_slot *slot, const uint8_t key[BK_KEY_LEN],
		     struct bk_keys *keys, struct bk_err *err);

/* ---- the slots of a repository ---- */

struct bk_slot_list {
	struct bk_slot *items; /* owned; oldest first */
	size_t n, cap;
	size_t n_broken;      /* that are there and do not hold */
	struct bk_err broken; /* why the last of these does not */
};

/* All slots of the repository; broken ones are counted, not listed. */
int bk_slot_list(struct bk_target *target, const uint8_t repository[BK_ID_LEN],
		 struct bk_slot_list *out, struct bk_err *err);
void bk_slot_list_clear(struct bk_slot_list *list);

/* Does `which` name it: its label, or 4 digits and more of its identifier? */
bool bk_slot_is(const struct bk_slot *slot, const char *which);

/* "admin, escrow" (labels; identifiers where there is none): caller frees. */
char *bk_slot_labels(const struct bk_slot_list *list);

int bk_slot_put(struct bk_target *target, const struct bk_slot *slot,
		struct bk_err *err);
int bk_slot_read(struct bk_target *target, const uint8_t id[BK_ID_LEN],
		 struct bk_slot *out, struct bk_err *err);

#endif
