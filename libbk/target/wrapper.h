/*
 * What the wrappers around targets share: a target that hands every act on to
 * the one below it.  A wrapper embeds it first, replaces the ops that it is
 * there for, and leaves the others.  Who replaces get around a cache replaces
 * get_stored, too.
 */

#ifndef BK_TARGET_WRAPPER_H
#define BK_TARGET_WRAPPER_H

#include "target/target.h"

struct bk_wrapper {
	struct bk_target target; /* its ops are those below */
	struct bk_target_ops ops;
	struct bk_target *below; /* owned */
};

/* A put that is handed on; a wrapper's own embeds it first. */
struct bk_wrapper_put {
	struct bk_put put;
	struct bk_put *below;
};

/* Takes `below`.  The ops are filled in; the close op frees the memory of the
 * wrapper, so that it must come from bk_alloc(). */
void bk_wrapper_init(struct bk_wrapper *wrapper, struct bk_target *below);

/* Closes what is below; for a close op that has something of its own to free,
 * and then frees the wrapper. */
void bk_wrapper_close_below(struct bk_wrapper *wrapper);

/* The op, for one that does something before. */
int bk_wrapper_put_begin(struct bk_target *target, const char *name,
			 uint64_t length, struct bk_put **out,
			 struct bk_err *err);

static inline struct bk_target *bk_wrapper_below(struct bk_target *target)
{
	return ((struct bk_wrapper *)target)->below;
}

#endif
