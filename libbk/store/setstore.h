/*
 * A set of a repository as a store that is only read: what a move takes its
 * mail from when the server that had it is dead.
 *
 * Messages go by the UIDs that the server gave them, as a scan of the server
 * itself would have them; those of folders without UIDs by their names.
 */

#ifndef BK_STORE_SETSTORE_H
#define BK_STORE_SETSTORE_H

#include "store/store.h"

/* The set outlives it, and may be read by other stores in other threads. */
struct bk_store *bk_setstore_open(struct bk_set *set);

#endif
