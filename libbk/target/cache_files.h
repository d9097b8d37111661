/*
 * Stretches of blobs in a folder, each a file "<blob>@<offset>+<length>" with
 * '_' for '/', mode 0600: the bytes, and the SHA-256 of that name and them.
 *
 * Disposable at any moment, by anybody: what is not there, cut, or not what it
 * was when it was written is dropped and counts as not there; nothing here ever
 * fails.  Several processes may share a folder.  Bounded: what was used least
 * recently goes first.  Any thread.
 */

#ifndef BK_TARGET_CACHE_FILES_H
#define BK_TARGET_CACHE_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "target/target.h"

struct bk_cache_files;
struct bk_cache_store;

/* Makes the folder, 0700, if need be; takes away what is left over or too much.
 * NULL when the folder cannot be used. */
struct bk_cache_files *bk_cache_files_open(const char *folder, uint64_t most);
void bk_cache_files_close(struct bk_cache_files *files); /* NULL is fine */

/*
 * A descriptor of a file that has [offset, offset + len) of the blob, proven
 * once in each process, or again when it was touched; *at is where in it they
 * begin.  -1 if there is none.  The caller's to close.
 */
int bk_cache_files_find(struct bk_cache_files *files, const char *name,
			uint64_t offset, uint64_t len, uint64_t *at);

/* Begins to keep [offset, offset + len) of a blob; NULL when that cannot be
 * done.  Write failures are kept for the end. */
struct bk_cache_store *bk_cache_store_begin(struct bk_cache_files *files,
					    const char *name, uint64_t offset,
					    uint64_t len);
void bk_cache_store_write(struct bk_cache_store *store, const void *data,
			  size_t len); /* NULL is fine */
/* Keeps it, if `whole` and all of it was written.  NULL is fine. */
void bk_cache_store_end(struct bk_cache_store *store, bool whole);

/* All that is kept of one blob. */
void bk_cache_files_drop(struct bk_cache_files *files, const char *name);
/* All of blobs below the folder that the list does not show. */
void bk_cache_files_keep_only(struct bk_cache_files *files, const char *folder,
			      const struct bk_blob_list *list);

/* Does `name` lie below `folder`, "" being above all? */
bool bk_cache_is_below(const char *name, const char *folder);

#endif
