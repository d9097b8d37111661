/*
 * The Sieve scripts of a set as files, along with its trees: beneath a folder,
 * sieve/ACCOUNT/NAME.sieve, and the name of the active one in
 * sieve/ACCOUNT/active.  Names become such as any file system takes
 * (store/safe_name.h); no link is followed.
 */

#ifndef BK_JOB_SCRIPT_FILES_H
#define BK_JOB_SCRIPT_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/opt.h"
#include "repo/set.h"
#include "report/listing.h"

/* Does one of the patterns take the path?  Without any all are chosen. */
bool bk_file_is_chosen(const struct bk_opt_list *paths, const char *path);

struct bk_script_files;

/* Those of the set whose path from that folder on, with '/' before it, a
 * pattern takes (none: all).  What is given outlives it. */
struct bk_script_files *bk_script_files_new(const struct bk_set *set,
					    const struct bk_opt_list *paths);
void bk_script_files_free(struct bk_script_files *files); /* NULL is fine */

/* How many there are. */
size_t bk_script_files_n(const struct bk_script_files *files);

struct bk_script_files_tell {
	void (*failed)(void *arg, const char *path, const struct bk_err *why);
	void *arg;
	uint64_t *made, *replaced, *there, *written, *bytes;
};

/* Compares them with what is beneath `to`, and lists what would be written. */
int bk_script_files_compare(struct bk_script_files *files, const char *to,
			    struct bk_listing *listing,
			    const struct bk_script_files_tell *tell,
			    struct bk_err *err);

/* Writes what differs; what cannot be written is told.  BK_FULL ends it. */
int bk_script_files_write(struct bk_script_files *files, const char *to,
			  const struct bk_script_files_tell *tell,
			  struct bk_err *err);

#endif
