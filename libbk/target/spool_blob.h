/*
 * The bytes of a blob that is to be put, kept until it is: small ones in
 * memory, others in a file without a name, which goes with the process.
 */

#ifndef BK_TARGET_SPOOL_BLOB_H
#define BK_TARGET_SPOOL_BLOB_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/stream.h"

/* A blob above this is kept in a file. */
#define BK_GATHER_MEMORY ((size_t)1 << 20)

/* What all blobs gathered at a time share. */
struct bk_gather_room {
	const char *folder;   /* for the files */
	size_t memory_most;   /* of all blobs; what is more goes to files */
	atomic_size_t memory; /* in use */
};

struct bk_gathered {
	struct bk_gather_room *room;
	struct bk_buf memory; /* empty when there is a file */
	int fd;               /* -1: in memory */
	uint64_t len;
};

void bk_gathered_init(struct bk_gathered *bytes, struct bk_gather_room *room);
void bk_gathered_clear(struct bk_gathered *bytes);

/* Appends.  BK_FULL when the folder has no room, BK_STARVED when it cannot be
 * written. */
int bk_gathered_add(struct bk_gathered *bytes, const void *data, size_t len,
		    struct bk_err *err);

/* Exactly len bytes at `offset`.  Several threads may read. */
int bk_gathered_read(const struct bk_gathered *bytes, uint64_t offset,
		     void *into, size_t len, struct bk_err *err);
/* The same, however many they are, into a sink. */
int bk_gathered_copy(const struct bk_gathered *bytes, uint64_t offset,
		     uint64_t len, struct bk_sink *to, struct bk_err *err);

#endif
