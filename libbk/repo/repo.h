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
#include "repo/marker.h"
#include "repo/slot.h"
#include "target/target.h"

struct bk_repo;
struct bk_set_info_list;

/* Is told of each listing of sets, of the repository and of copies of it:
 * `at->target` is where.  By several threads at a time. */
struct bk_witness {
	void (*saw)(struct bk_witness *witness, const struct bk_repo *at,
		    const struct bk_set_info_list *sets);
	bool set_back; /* the last one lacked what was seen there before */
	bool accept;   /* that is right: from now on this is what was seen */
};

/* Read by anybody, by several threads at a time; changed by nobody once it is
 * open. */
struct bk_repo {
	struct bk_target *target; /* borrowed: outlives this */
	uint8_t id[BK_ID_LEN];
	uint8_t host[BK_ID_LEN]; /* this host's, for what is written */
	struct bk_keys keys;
	uint32_t made_days; /* since 1970 */
	uint8_t newer;      /* a newer format that may be read, not written */
	bool parity;        /* the sets that are written get some */
	uint8_t slot[BK_ID_LEN]; /* that opened it */
	char slot_label[BK_LABEL_MAX + 1];
	struct bk_witness *witness; /* borrowed; or NULL */
};

/* What opens a repository: a password, or else a key file. */
struct bk_credential {
	const struct bk_secret *password; /* or NULL */
	const char *keyblock;             /* path of a key file, or NULL */
	const char *slot; /* label or beginning of the identifier of the one
			     slot to try a password on; NULL: all */
};

/* The first slot of a new repository. */
struct bk_repo_plan {
	const struct bk_secret *password;
	const char *label;
	const struct bk_scrypt *cost; /* NULL: bk_scrypt_usual */
};

/*
 * Is there a repository, and can this version read it?  BK_GONE "no repository
 * at X"; BK_NEWER; BK_CORRUPT.
 */
int bk_repo_look(struct bk_target *target, struct bk_marker *out,
		 struct bk_err *err);

/*
 * Gets at the keys of the repository that bk_repo_look saw; with NULL for its
 * marker it looks first.  As bk_repo_look; and BK_NO_KEY "wrong password
 * for X (slots: a, b)", or when a key file opens another repository or its slot
 * was removed; BK_MISUSE for a slot or key file that is not there.  Blocks for
 * about a second for each slot that a password is tried on.
 */
int bk_repo_open(struct bk_repo **out, struct bk_target *target,
		 const struct bk_marker *marker, const uint8_t host[BK_ID_LEN],
		 const struct bk_credential *with, struct bk_err *err);

/* May a repository be made here?  BK_EXISTS when there is one, BK_UNSAFE when
 * the target holds other files. */
int bk_repo_check_empty(struct bk_target *target, struct bk_err *err);

/*
 * Makes a repository with one generation of keys and its first slot, and opens
 * it.  As bk_repo_check_empty; and BK_FAILED when a listing does not show what
 * was put.
 */
int bk_repo_init(struct bk_repo **out, struct bk_target *target,
		 const uint8_t host[BK_ID_LEN], const struct bk_repo_plan *plan,
		 struct bk_err *err);

/* The same repository, with the same keys, as a copy of it lies at another
 * target, which is borrowed too. */
struct bk_repo *bk_repo_view(const struct bk_repo *repo,
			     struct bk_target *target);

void bk_repo_close(struct bk_repo *repo); /* wipes; NULL is fine */

#endif
