/*
 * A target keeps named blobs: a local folder, FTP, SMB, WebDAV, SFTP, S3.  It
 * is trusted for nothing but keeping bytes.
 *
 * Names are those of bk-format(5): lower-case ASCII letters, digits and dots,
 * levels joined by '/', at most three of them.  A blob is written once, under
 * a name that was never used before, and appears whole or not at all.  A LIST
 * that starts after a commit was answered shows it; in another session, after
 * bk_target_flush() was.
 */

#ifndef BK_TARGET_TARGET_H
#define BK_TARGET_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/stream.h"
#include "crypto/digest.h"

struct bk_reach;
struct bk_target;
struct bk_put;

#define BK_LENGTH_UNKNOWN UINT64_MAX

struct bk_blob {
	char *name;    /* below the listed prefix's root:
			  "data/<set>/p00000000.bkp" */
	uint64_t size; /* bytes */
	int64_t mtime; /* UTC seconds by the target's clock; 0: not known */
};

struct bk_blob_list {
	struct bk_blob *items; /* owned */
	size_t n, cap;
};

/* Driver contract; BK_GONE for a name that is not there, BK_FULL for no room,
 * BK_DENIED for rights, BK_LOST when the connection broke or a server did not
 * answer in time, BK_BUSY when it says to try again (err.h: retry_after_s).
 * A driver of a remote target does one attempt of each act; the next one opens
 * what broke anew.  Trying again, limits and caches are wrappers' business
 * (target/remote.h). */
struct bk_target_ops {
	const char *scheme;

	void (*close)(struct bk_target *target);

	/* Begins a blob; `length` in bytes, or BK_LENGTH_UNKNOWN where the
	 * driver has unknown_length. */
	int (*put_begin)(struct bk_target *target, const char *name,
			 uint64_t length, struct bk_put **out,
			 struct bk_err *err);
	int (*put_write)(struct bk_put *put, const void *data, size_t len,
			 struct bk_err *err);
	/* Bytes [offset, offset + len) of those that were written so far.
	 * NULL where they are on their way already. */
	int (*put_read)(struct bk_put *put, uint64_t offset, uint64_t len,
			struct bk_sink *to, struct bk_err *err);
	/* Makes it durable and visible; ends the put either way. */
	int (*put_commit)(struct bk_put *put, struct bk_err *err);
	void (*put_abort)(struct bk_put *put);

	/* Bytes [offset, offset + len) exactly; BK_CORRUPT when the blob ends
	 * before. */
	int (*get)(struct bk_target *target, const char *name, uint64_t offset,
		   uint64_t len, struct bk_sink *to, struct bk_err *err);
	/* All blobs below a folder ("data", "" for all), recursive, sorted by
	 * name; unfinished puts left out.  A folder that is not there is empty;
	 * a listing that failed is an error, never an empty list. */
	int (*list)(struct bk_target *target, const char *folder,
		    struct bk_blob_list *out, struct bk_err *err);
	int (*stat)(struct bk_target *target, const char *name, uint64_t *size,
		    struct bk_err *err);
	/* BK_GONE if it is not there. */
	int (*remove)(struct bk_target *target, const char *name,
		      struct bk_err *err);
	/* Takes away what puts that never ended left of blobs that are `ours`
	 * by their names, where nobody wrote for more than `older_s` seconds
	 * by the target's own clock; what cannot be taken away stays.  NULL
	 * where nothing is left. */
	int (*sweep)(struct bk_target *target, int64_t older_s,
		     bool (*ours)(const char *name), struct bk_err *err);
	/* Waits until all that was committed is at the target; NULL where a
	 * commit does. */
	int (*flush)(struct bk_target *target, struct bk_err *err);
	/* As get, but what the target holds and no cache from before: for
	 * bk_target_sum().  NULL where get does that. */
	int (*get_stored)(struct bk_target *target, const char *name,
			  uint64_t offset, uint64_t len, struct bk_sink *to,
			  struct bk_err *err);
	/* Has the server, of every put that was committed so far, told a sum
	 * of what it got, and was that right?  NULL: no. */
	bool (*proves_puts)(const struct bk_target *target);
	/* The first `most` bytes, or all if there are fewer, and in *size how
	 * many there are in all.  NULL where a stat and a get do. */
	int (*peek)(struct bk_target *target, const char *name, uint64_t most,
		    struct bk_buf *into, uint64_t *size, struct bk_err *err);
	/* Several stretches in their order, none touching the next, by one
	 * request; `to` gets them one after the other.  BK_FAILED from a server
	 * that does not do that.  NULL where a request is for one. */
	int (*get_many)(struct bk_target *target, const char *name,
			const struct bk_stretch *stretches, size_t n,
			struct bk_sink *to, struct bk_err *err);
	/* See bk_target_want(); NULL where nothing can be got in advance. */
	void (*want)(struct bk_target *target, const char *name,
		     const struct bk_stretch *stretches, size_t n);
	bool unknown_length;
};

/* Embedded first in each driver's own struct.  The functions below may be
 * called from several threads at a time on a target whose driver says so. */
struct bk_target {
	const struct bk_target_ops *ops;
	const char *where; /* for messages: a path, or a URL without secrets */
};

/* Embedded first in each driver's own put. */
struct bk_put {
	struct bk_target *target;
};

/*
 * Opens a path or a URL (net/url.h): BK_GONE if there is no such folder, and
 * `create` is false.  `reach` says how a server is reached (NULL: as usual);
 * its texts stay the caller's until the target is closed.  BK_MISUSE for a
 * scheme that this version does not know.
 */
int bk_target_open(struct bk_target **out, const char *where,
		   const struct bk_reach *reach, bool create,
		   struct bk_err *err);
void bk_target_close(struct bk_target *target); /* NULL is fine */

int bk_target_put_begin(struct bk_target *target, const char *name,
			uint64_t length, struct bk_put **out,
			struct bk_err *err);
int bk_put_write(struct bk_put *put, const void *data, size_t len,
		 struct bk_err *err);
/* BK_MISUSE where the target cannot; a local one can, and one that is made fit
 * for use by target/remote.h. */
int bk_put_read(struct bk_put *put, uint64_t offset, uint64_t len,
		struct bk_sink *to, struct bk_err *err);
int bk_put_commit(struct bk_put *put, struct bk_err *err);
void bk_put_abort(struct bk_put *put); /* NULL is fine */

/* A small blob in one go. */
int bk_target_put(struct bk_target *target, const char *name,
		  struct bk_view bytes, struct bk_err *err);
int bk_target_get(struct bk_target *target, const char *name, uint64_t offset,
		  uint64_t len, struct bk_sink *to, struct bk_err *err);
/* The same into a buffer, which is emptied first. */
int bk_target_read(struct bk_target *target, const char *name, uint64_t offset,
		   uint64_t len, struct bk_buf *into, struct bk_err *err);
/* The begin of a blob whose size is not known: `most` bytes into a buffer,
 * which is emptied first, or all if there are fewer; *size is that of the
 * whole. */
int bk_target_peek(struct bk_target *target, const char *name, uint64_t most,
		   struct bk_buf *into, uint64_t *size, struct bk_err *err);
/*
 * Says that these stretches of a blob, in any order, are got next: where a
 * cache is around the target they are fetched now, in as few requests as there
 * can be.  Nothing else depends on it; what fails here is told when it is got.
 */
void bk_target_want(struct bk_target *target, const char *name,
		    const struct bk_stretch *stretches, size_t n);
/* SHA-256 of the same, as it passes; read from the target in this run, not from
 * what a cache keeps. */
int bk_target_sum(struct bk_target *target, const char *name, uint64_t offset,
		  uint64_t len, uint8_t out[BK_SHA256_LEN], struct bk_err *err);
int bk_target_list(struct bk_target *target, const char *folder,
		   struct bk_blob_list *out, struct bk_err *err);
int bk_target_stat(struct bk_target *target, const char *name, uint64_t *size,
		   struct bk_err *err);
int bk_target_remove(struct bk_target *target, const char *name,
		     struct bk_err *err);
int bk_target_sweep(struct bk_target *target, int64_t older_s,
		    bool (*ours)(const char *name), struct bk_err *err);
/* Every commit that was answered before is done, durable and visible to others
 * too; -1 with the first error of those that are not.  Closing a target does
 * not wait for them. */
int bk_target_flush(struct bk_target *target, struct bk_err *err);
/* Has the server itself proved all that was put in this run?  Then reading it
 * back says no more of how it got there. */
bool bk_target_proves_puts(const struct bk_target *target);

/* Takes the name. */
void bk_blob_list_add(struct bk_blob_list *list, char *name, uint64_t size,
		      int64_t mtime);
void bk_blob_list_sort(struct bk_blob_list *list); /* by name */
void bk_blob_list_clear(struct bk_blob_list *list);
/* The blob of that name in a sorted list, or NULL. */
const struct bk_blob *bk_blob_list_find(const struct bk_blob_list *list,
					const char *name);

#endif
