/*
 * Names of accounts and folders as names of files that every file system
 * takes: no character or word that Windows forbids, none that hides a file,
 * short enough for any of them, and no two that one of them takes for the same
 * (capitals, composed and decomposed letters).
 *
 * A name that can stay as it is does.  One that cannot gets '_' where it must,
 * and eight digits of its SHA-256 behind: "a:b" becomes "a_b~4f1c0a2e", always
 * and everywhere the same.
 */

#ifndef BK_STORE_SAFE_NAME_H
#define BK_STORE_SAFE_NAME_H

#include "base/arena.h"
#include "base/buf.h"
#include "store/name_table.h"

/* One level: never empty, without '/'.  `name` may be any bytes. */
void bk_safe_name_add(struct bk_buf *to, const char *name);

/* A path that was given to a name, one level after the other. */
struct bk_safe_path {
	const char *name; /* "ann@a.example/Projects/Rhine" */
	const char *path;
};

/* Which paths are given out.  {0} is a valid empty one. */
struct bk_safe_paths {
	struct bk_arena arena;
	struct bk_safe_path *items; /* owned */
	size_t n, cap;
	struct bk_name_table by_name, by_path; /* the second without case */
};

/*
 * The path of a name whose levels are parted by '/', each level safe; the same
 * one each time.  Of two names that a file system might take for one the first
 * that is asked for gets the plain path, the other one its digits: ask for all
 * of them in one order first where the next run has to find them again.  Lives
 * as long as `paths`.
 */
const char *bk_safe_path(struct bk_safe_paths *paths, const char *name);
void bk_safe_paths_clear(struct bk_safe_paths *paths);

#endif
