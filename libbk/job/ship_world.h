/*
 * What a repository has to give to another one: its sets, the files that each
 * of them needs, and how every byte of these is known to be right.
 *
 * Read from roots and pack tables, which are signed and sealed: that takes the
 * keys.  From then on it is plain data.
 */

#ifndef BK_JOB_SHIP_WORLD_H
#define BK_JOB_SHIP_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/digest.h"
#include "repo/id.h"
#include "repo/repo.h"
#include "repo/set.h"
#include "target/target.h"

#define BK_SHIP_NONE SIZE_MAX

/* A file as a set writes it: all of an object, or a stretch of a bundle. */
struct bk_ship_stretch {
	uint64_t offset, body_len, file_len;
	uint8_t sha256[BK_SHA256_LEN]; /* of the body; what is behind it follows
					  from this */
};

struct bk_ship_blob {
	char name[BK_NAME_MAX];
	uint64_t size;
	bool pack;                         /* an object of its own: a sample may
					      pass it over */
	struct bk_ship_stretch *stretches; /* owned; sorted by offset */
	size_t n, cap;
};

struct bk_ship_set {
	uint8_t id[BK_ID_LEN];
	uint8_t previous[BK_ID_LEN]; /* that its host made before; or zero */
	unsigned kind;               /* enum bk_set_kind; 0: not known */
	size_t base;   /* the set that it stands on, or BK_SHIP_NONE */
	size_t root;   /* the blob */
	size_t *needs; /* owned; data blobs, its own and those of others */
	size_t n_needs, cap_needs;
	char *broken; /* owned: why it cannot be copied, or NULL */
};

/* {0} is a valid empty one. */
struct bk_ship_world {
	struct bk_ship_set *sets; /* owned; a base stands before what is based
				     on it */
	size_t n_sets, cap_sets;
	struct bk_ship_blob *blobs; /* owned */
	size_t n_blobs, cap_blobs;
	size_t *by_name; /* owned; data blobs, sorted */
	size_t n_by_name, cap_by_name;
};

/*
 * All visible sets of the repository; of a set that does not open, that stands
 * on one that is not there, or whose files are not all there with the right
 * sizes, `broken` says so.  `only` (or NULL) is the one set that is wanted,
 * with those that it stands on.
 */
int bk_ship_world_read(struct bk_ship_world *out, const struct bk_repo *repo,
		       const struct bk_set_info_list *sets,
		       const struct bk_set_info *only, struct bk_err *err);
void bk_ship_world_clear(struct bk_ship_world *world);

/* ---- for who makes one by hand ---- */

/* One more set, that needs nothing yet; its root has that size. */
size_t bk_ship_world_set(struct bk_ship_world *world,
			 const uint8_t id[BK_ID_LEN], size_t base,
			 uint64_t root_size,
			 const uint8_t root_sha256[BK_SHA256_LEN]);
/* The set needs that stretch of that blob.  BK_CORRUPT when another set said
 * something else of it. */
int bk_ship_world_need(struct bk_ship_world *world, size_t set,
		       const char *name, const struct bk_ship_stretch *stretch,
		       struct bk_err *err);

#endif
