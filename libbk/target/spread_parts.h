/* What the parts of a spread target share: see spread.h. */

#ifndef BK_TARGET_SPREAD_PARTS_H
#define BK_TARGET_SPREAD_PARTS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/erasure.h"
#include "target/shard.h"
#include "target/spool_blob.h"
#include "target/spread.h"
#include "target/target.h"

struct bk_spread_child {
	const char *name;
	struct bk_target *target; /* NULL: it was out of reach */
	bool ready;               /* it has the repository's marker */
	atomic_bool failed;       /* with something that was put */
	atomic_bool silent;       /* it did not answer when it was read */
	struct bk_err why;        /* of the first of these; under the lock */
	bool not_mended;          /* something of it could not be */
};

/* A file at a child that was found to be wrong when it was read. */
struct bk_spread_noted {
	char *name; /* owned; of the blob */
	unsigned child;
	struct bk_err why;
};

/* Children that took something, and how many of them it needs. */
struct bk_spread_taken {
	uint32_t children;
	unsigned need;
};

struct bk_spread {
	struct bk_target target;
	char *where;
	struct bk_spread_shape shape;
	struct bk_reach reach;
	bool fresh; /* nothing is there yet: all children are needed */
	struct bk_spread_child children[BK_SPREAD_MOST];
	struct bk_erasure *code;
	struct bk_gather_room room;
	char *folder; /* of that */

	pthread_mutex_t lock;
	struct bk_spread_taken *taken; /* owned; no two alike */
	size_t n_taken, cap_taken;
	struct bk_spread_noted *noted; /* owned; of them the first hundred */
	size_t n_noted, cap_noted;
	struct bk_blob_list lengths;      /* of cut blobs, as last listed */
	struct bk_spread_blob *blobs[64]; /* that were read last */
	unsigned next_blob;
};

static inline struct bk_spread *bk_spread_here(struct bk_target *target)
{
	return (struct bk_spread *)target;
}

/* ---- children (spread_each.c) ---- */

/* Can it be asked at all? */
static inline bool bk_spread_usable(const struct bk_spread *spread,
				    unsigned child)
{
	const struct bk_spread_child *it = &spread->children[child];

	return it->target && (it->ready || spread->fresh);
}

/* What each child is asked for: 0 or -1, and its error. */
struct bk_spread_answers {
	int rc[BK_SPREAD_MOST];
	struct bk_err err[BK_SPREAD_MOST];
};

/* Asks the children in `which` at the same time, a thread for each. */
void bk_spread_each(struct bk_spread *spread, uint32_t which,
		    int (*act)(struct bk_spread *spread, unsigned child,
			       void *with, struct bk_err *err),
		    void *with, struct bk_spread_answers *out);

/* All that can be asked. */
uint32_t bk_spread_all(const struct bk_spread *spread);
/* Those of them that did not fail with a put before. */
uint32_t bk_spread_writable(const struct bk_spread *spread);

/* How many children a copy needs to be committed. */
unsigned bk_spread_need(const struct bk_spread *spread);

/* A put to it failed, or it does not answer: with that error. */
void bk_spread_child_failed(struct bk_spread *spread, unsigned child,
			    const struct bk_err *why);
void bk_spread_child_silent(struct bk_spread *spread, unsigned child,
			    const struct bk_err *why);

/* Opens that child's own target. */
int bk_spread_child_open(struct bk_spread *spread, unsigned child, bool create,
			 struct bk_err *err);

/* -1 with the reason of the first child that lacks, and how many there are of
 * how many that are needed. */
int bk_spread_too_few(struct bk_spread *spread, unsigned have, unsigned need,
		      const struct bk_spread_answers *answers,
		      struct bk_err *err);

/* ---- puts (spread_put.c) ---- */

int bk_spread_put_begin(struct bk_target *target, const char *name,
			uint64_t length, struct bk_put **out,
			struct bk_err *err);
int bk_spread_put_write(struct bk_put *base, const void *data, size_t len,
			struct bk_err *err);
int bk_spread_put_read(struct bk_put *base, uint64_t offset, uint64_t len,
		       struct bk_sink *to, struct bk_err *err);
int bk_spread_put_commit(struct bk_put *base, struct bk_err *err);
void bk_spread_put_abort(struct bk_put *base);
int bk_spread_flush(struct bk_target *target, struct bk_err *err);

/* ---- reading (spread_get.c, spread_blob.c, spread_replace.c) ---- */

/* A blob that is read: its shards where they lie, each looked at once. */
struct bk_spread_blob {
	char *name;  /* owned */
	char *there; /* owned; at the children */
	bool cut, stored;
	struct bk_shard_layout layout;
	uint32_t turn;
	unsigned d, shards;
	unsigned users; /* under the lock of the spread */

	pthread_mutex_t lock; /* of these: */
	bool known;           /* layout and original are */
	uint8_t original[BK_SHA256_LEN];
	struct bk_shard *shard[BK_SPREAD_MOST];
	struct bk_err why[BK_SPREAD_MOST]; /* of those that are no good; kind
					      BK_OK: not looked at yet */
	uint8_t *bad[BK_SPREAD_MOST]; /* owned; a bit for each piece that is
					 wrong; NULL: none is known to be */
	struct bk_err first_bad;      /* of these */
};

/* The caller gives it back.  BK_GONE when a majority says that it is not there.
 */
int bk_spread_blob_open(struct bk_spread *spread, const char *name, bool stored,
			struct bk_spread_blob **out, struct bk_err *err);
void bk_spread_blob_close(struct bk_spread *spread,
			  struct bk_spread_blob *blob);
/* Nobody finds it from now on. */
void bk_spread_blob_forget(struct bk_spread *spread, const char *name);
void bk_spread_blobs_clear(struct bk_spread *spread);

/* Looks at that shard, once; NULL and *err: it is no good. */
struct bk_shard *bk_spread_blob_shard(struct bk_spread *spread,
				      struct bk_spread_blob *blob,
				      unsigned number, struct bk_err *err);
/* One piece of it is wrong; the rest is of use. */
void bk_spread_blob_piece_bad(struct bk_spread *spread,
			      struct bk_spread_blob *blob, unsigned number,
			      uint32_t row, const struct bk_err *why);
/* Of 32 rows from that one on, a bit for each whose piece is. */
uint32_t bk_spread_blob_bad(struct bk_spread_blob *blob, unsigned number,
			    uint32_t first);
/* Nothing of it is of use. */
void bk_spread_blob_spoilt(struct bk_spread *spread,
			   struct bk_spread_blob *blob, unsigned number,
			   const struct bk_err *why);
/* The child that has that shard or copy. */
unsigned bk_spread_blob_place(const struct bk_spread *spread,
			      const struct bk_spread_blob *blob,
			      unsigned number);

/* Some bytes of it, from whatever shards are good. */
int bk_spread_blob_read(struct bk_spread *spread, struct bk_spread_blob *blob,
			uint64_t offset, uint64_t len, struct bk_sink *to,
			struct bk_err *err);

/*
 * Puts the child's file of it anew, in place of what is there, from what
 * bk_spread_blob_read() gives, and reads it back; BK_CORRUPT when that has not
 * the right SHA-256.  `beside`: what is there is still needed, so that it stays
 * until the new one lies beside it, whole.
 */
int bk_spread_replace(struct bk_spread *spread, struct bk_spread_blob *blob,
		      unsigned child, bool beside, struct bk_err *err);

int bk_spread_get(struct bk_target *target, const char *name, uint64_t offset,
		  uint64_t len, struct bk_sink *to, struct bk_err *err);
int bk_spread_get_stored(struct bk_target *target, const char *name,
			 uint64_t offset, uint64_t len, struct bk_sink *to,
			 struct bk_err *err);
int bk_spread_stat(struct bk_target *target, const char *name, uint64_t *size,
		   struct bk_err *err);

/* ---- listing (spread_list.c) ---- */

int bk_spread_list(struct bk_target *target, const char *folder,
		   struct bk_blob_list *out, struct bk_err *err);
/* The length of a cut blob, as the shards' names tell it. */
int bk_spread_length(struct bk_spread *spread, const char *name, bool again,
		     uint64_t *length, struct bk_err *err);

/* A file at a child. */
struct bk_spread_file {
	char *name; /* owned; of the blob */
	uint64_t length;
	uint64_t size; /* of the file */
	int64_t mtime;
	uint8_t child;
	bool cut;
	bool fits; /* it is as long as such a shard or copy, and lies where it
		      belongs */
};
struct bk_spread_files {
	struct bk_spread_file *items; /* owned; by name, length, child */
	size_t n, cap;
	uint32_t answered; /* these children told theirs */
};

/* What the children in `which` have below a folder; those that do not answer
 * are silent from now on. */
void bk_spread_files_list(struct bk_spread *spread, const char *folder,
			  uint32_t which, struct bk_spread_files *out,
			  struct bk_spread_answers *answers);
void bk_spread_files_clear(struct bk_spread_files *files);

/* The next blob of them from *at on: what it is, and which children have it
 * right.  False at the end. */
struct bk_spread_found {
	const char *name;
	bool cut;
	uint64_t length;
	int64_t mtime;
	uint32_t children;
	uint32_t others; /* have something of that name that is not right */
};
bool bk_spread_files_next(const struct bk_spread_files *files, size_t *at,
			  struct bk_spread_found *out);

/* Is it what an interrupted run or an old state of a child left?  Shards fewer
 * than d; a key slot or a root that no majority can have, for it was taken away
 * everywhere else. */
bool bk_spread_is_left(const struct bk_spread *spread,
		       const struct bk_spread_files *files,
		       const struct bk_spread_found *found);

#endif
