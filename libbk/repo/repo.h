/*
 * A repository: where it lies, who it is, and the keys to it.  bk-format(5),
 * Marker and KEYS.
 */

#ifndef BK_REPO_REPO_H
#define BK_REPO_REPO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/scrypt.h"
#include "crypto/secret.h"
#include "repo/keys.h"
#include "target/target.h"

#define BK_LABEL_MAX 40 /* bytes of a slot's label */

/* Read by anybody, by several threads at a time; changed by nobody once it is
 * open. */
struct bk_repo {
	struct bk_target *target; /* borrowed: outlives this */
	uint8_t id[16];
	uint8_t host[16]; /* this host's identifier, for what is written */
	struct bk_keys keys;
	uint8_t slot[16]; /* that opened it */
	char slot_label[BK_LABEL_MAX + 1];
};

/* What opens a repository: a password, or a key file of bk-format(5). */
struct bk_credential {
	const struct bk_secret *password; /* or NULL */
	const char *keyblock;             /* path of a key file, or NULL */
	const char *slot; /* label, or beginning of the identifier, of the one
			     slot to try; NULL for all */
};

/*
 * Makes a repository and its first key slot.  BK_EXISTS when there is one,
 * BK_UNSAFE when the target holds other files.
 */
struct bk_repo_plan {
	const struct bk_secret *password;
	const char *label;
	const struct bk_scrypt *cost; /* NULL: bk_scrypt_usual */
};
int bk_repo_init(struct bk_repo **out, struct bk_target *target,
		 const uint8_t host[16], const struct bk_repo_plan *plan,
		 struct bk_err *err);

/*
 * BK_GONE "no repository at X; run: bk init -r X"; BK_NEWER; BK_CORRUPT;
 * BK_DENIED "wrong password for X (slots: a, b)".  Blocks for about a second
 * for each slot that is tried with a password.
 */
int bk_repo_open(struct bk_repo **out, struct bk_target *target,
		 const uint8_t host[16], const struct bk_credential *with,
		 struct bk_err *err);
void bk_repo_close(struct bk_repo *repo); /* wipes; NULL is fine */

#endif
