/*
 * The accounts of a move: which address becomes which, and their passwords
 * where each has its own.
 *
 * A file of them is a list, an address a line; or what zmprov says, "sa" with
 * or without -v; or a table, whose columns are parted by ',', ';' or tabs:
 *
 *	source address[,destination address[,source password[,destination
 *	password]]]
 *
 * in this order, or in that of a first line that names them.  A field may stand
 * between "", with "" for a '"' in it.  Empty lines, and those that begin with
 * '#', do not count.
 */

#ifndef BK_JOB_MOVE_ACCOUNTS_H
#define BK_JOB_MOVE_ACCOUNTS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/pattern.h"
#include "crypto/secret.h"

struct bk_move_account {
	const char *from, *to;                 /* addresses */
	struct bk_view from_secret, to_secret; /* len 0: none of its own */
	unsigned line;                         /* 0: of no file */
};

/* {0} is a valid empty one. */
struct bk_move_accounts {
	struct bk_arena arena;
	struct bk_move_account *items; /* owned */
	size_t n, cap;
	size_t known;     /* behind the n those that are not asked for */
	const char *file; /* "" for those of options */
	struct bk_secret secrets; /* what the views above show */
};

void bk_move_accounts_clear(struct bk_move_accounts *accounts);

/* One more, under the same address there. */
void bk_move_accounts_add(struct bk_move_accounts *accounts,
			  const char *address);

/* Reads a file; BK_MISUSE with file and line, and where it holds passwords and
 * others may read it. */
int bk_move_accounts_read(struct bk_move_accounts *out, const char *path,
			  struct bk_err *err);

/* The same of a text, which is no longer than 16 MiB; `name` is for messages.
 */
int bk_move_accounts_parse(struct bk_move_accounts *out, const char *name,
			   struct bk_view text, struct bk_err *err);

/* Leaves those that the filter takes; the others are known. */
void bk_move_accounts_filter(struct bk_move_accounts *accounts,
			     const struct bk_filter *filter);

/* No address comes twice, at either end: BK_MISUSE with both. */
int bk_move_accounts_check(const struct bk_move_accounts *accounts,
			   struct bk_err *err);

/* The one with that address, at the source or at the destination; NULL. */
const struct bk_move_account *bk_move_accounts_find(
	const struct bk_move_accounts *accounts, const char *address,
	int source);

#endif
