/*
 * Where accounts lie: a path with variables as in Dovecot's mail_location,
 * "/var/vmail/%d/%n/Maildir".  %u is the address, %n what is before its last
 * '@', %d what is behind it, %% a percent sign; %L.. lowers the case, %U..
 * raises it, and a width cuts: %1n, %2.1n (skip 2, take 1).
 *
 * The text before the first variable is the administrator's and is taken as it
 * is; below it no link is followed that a user could have made (base/path.h).
 */

#ifndef BK_STORE_ACCOUNT_PATH_H
#define BK_STORE_ACCOUNT_PATH_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "mail/message.h"

struct bk_account_path;

/* BK_MISUSE for what cannot be a pattern; *out is freed by
 * bk_account_path_free. */
int bk_account_path_new(struct bk_account_path **out, const char *text,
			struct bk_err *err);
void bk_account_path_free(struct bk_account_path *pattern); /* NULL is fine */

/* false: the path stands for one account. */
bool bk_account_path_is_many(const struct bk_account_path *pattern);

/* The name of the only account of a path without variables: its last level, or
 * the one before where that says nothing. */
const char *bk_account_path_only_address(const char *path,
					 struct bk_arena *arena);

/* An account may be a file, too. */
void bk_account_path_take_files(struct bk_account_path *pattern);

/* The path of an address, in `arena`; NULL and BK_REFUSED when the address
 * cannot be part of a path ("..", '/', control characters). */
const char *bk_account_path_expand(const struct bk_account_path *pattern,
				   const char *address, struct bk_arena *arena,
				   struct bk_err *err);

/*
 * Every path that is there and that the pattern can give, as accounts: address
 * and root (the path), unsorted.  Hidden folders and lost+found are passed
 * over.  BK_GONE when the fixed part is not there; a folder on the way that
 * cannot be read fails the whole, for whoever is behind it must not look
 * deleted.
 */
int bk_account_path_walk(const struct bk_account_path *pattern,
			 struct bk_account_list *out, struct bk_err *err);

/* Opens `path`, which bk_account_path_expand or _walk gave, for openat(2) only.
 */
int bk_account_path_enter(const struct bk_account_path *pattern,
			  const char *path, struct bk_err *err);

/* The same, making what is missing below the fixed part, with this mode and
 * owner; the fixed part itself is made with mode 0755 as whoever runs this. */
struct bk_account_path_owner {
	mode_t mode;
	uid_t uid; /* -1: as it comes */
	gid_t gid;
};
int bk_account_path_make(const struct bk_account_path *pattern,
			 const char *path, struct bk_account_path_owner owner,
			 struct bk_err *err);

/* The owner of the deepest folder of `path` that is there. */
int bk_account_path_nearest_owner(const char *path, uid_t *uid, gid_t *gid,
				  struct bk_err *err);

/* Can this be an address: UTF-8 without control characters, not empty? */
bool bk_address_is_sound(const char *address);

#endif
