/*
 * Damaged packs of one place, and the messages that they held: which of them
 * are wanted to make damaged blocks again (repo/pack_remake.h), and what became
 * of each.
 *
 * A message is known by its digest, which covers all of it under a key: what is
 * read anywhere and has this digest is it, to the last byte, whatever it is
 * called there.  Taken apart as it was when it was backed up, it gives the
 * chunks that its blocks lost.
 */

#ifndef BK_JOB_REGAIN_H
#define BK_JOB_REGAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pattern.h"
#include "job/mend.h"
#include "mail/message.h"
#include "mail/split.h"
#include "repo/id.h"
#include "repo/pack_remake.h"
#include "repo/repo.h"
#include "repo/set.h"
#include "repo/table.h"

enum bk_regain_fate {
	BK_REGAIN_ABSENT,  /* nobody had it */
	BK_REGAIN_CHANGED, /* under its name is something else */
	BK_REGAIN_UNREAD,  /* under its name is what could not be read */
	BK_REGAIN_FOUND,   /* byte for byte */
};

/* A chunk of a message that lies in a damaged block. */
struct bk_regain_want {
	size_t pack;
	uint32_t chunk; /* of that pack */
	uint32_t ref;   /* of the message */
};

/* A message as a set has it, that lost something.  Strings are the regain's. */
struct bk_regain_message {
	uint8_t digest[BK_DIGEST_LEN];
	const char *store; /* that the set is of */
	const char *address, *folder;
	const char *name;      /* "": it has none, but a UID */
	uint32_t uid_validity; /* of the folder */
	uint32_t uid;
	uint64_t size;
	const struct bk_set *set;
	struct bk_regain_want *wants;
	size_t n_wants, n_refs;
	enum bk_regain_fate fate;
	const char *where; /* FOUND: that had it; UNREAD: why */
};

struct bk_regain_pack {
	struct bk_table_row row;
	struct bk_pack_remake *remake; /* NULL: it cannot be made again: */
	struct bk_err why;
	bool mended; /* the caller's */
};

/* {0} is a valid empty one. */
struct bk_regain {
	const struct bk_repo *view;
	struct bk_arena arena;
	struct bk_set **sets; /* that open */
	size_t n_sets;
	struct bk_regain_pack *packs;
	size_t n_packs, cap_packs;
	struct bk_regain_message *messages; /* by digest */
	size_t n_messages, cap_messages;
	struct bk_split_room room;
	struct bk_recipe recipe;
};

/*
 * Opens all sets of the place, and looks at the packs that lie in any of
 * the blobs, and at what they held.  -1 when the place cannot be read.
 */
int bk_regain_open(struct bk_regain *out, const struct bk_repo *view,
		   const struct bk_names *blobs, struct bk_err *err);
void bk_regain_close(struct bk_regain *regain);

/* Is something of the message still to be found? */
bool bk_regain_lacks(const struct bk_regain *regain,
		     const struct bk_regain_message *msg);
/* Of any? */
bool bk_regain_lacks_any(const struct bk_regain *regain);

/* The first message of that digest, or NULL; others may follow it. */
struct bk_regain_message *bk_regain_find(struct bk_regain *regain,
					 const uint8_t digest[BK_DIGEST_LEN]);

/* A message that was read at `where`: what it is split into becomes chunks of
 * all messages of its digest that are looked for. */
int bk_regain_take(struct bk_regain *regain, struct bk_view message,
		   const char *where, uint8_t digest[BK_DIGEST_LEN],
		   struct bk_err *err);

/* From other sets in the same place, whose own packs are whole. */
int bk_regain_from_sets(struct bk_regain *regain, struct bk_err *err);

/* Makes blocks again, once nothing more is to be had. */
int bk_regain_finish(struct bk_regain *regain, struct bk_err *err);

/* What there is for the blob of that name: *n patches, the caller's to free;
 * and blocks that were damaged in it, and made again. */
struct bk_mend_patch *bk_regain_patches(const struct bk_regain *regain,
					const char *blob, size_t *n,
					uint32_t *damaged, uint32_t *made);

#endif
