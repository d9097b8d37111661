/*
 * Carrying out a plan for the scripts of an account, or for its annotations:
 * see script_plan.h.  What one of them lacks is told by who asked, and the
 * others go on.
 */

#ifndef BK_SYNC_SCRIPT_APPLY_H
#define BK_SYNC_SCRIPT_APPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "store/store.h"
#include "sync/script_plan.h"

struct bk_script_done {
	size_t written, removed;
	bool activated;
};

struct bk_script_apply {
	enum bk_text_kind kind;
	struct bk_store *store; /* the destination */
	const struct bk_account *account;
	struct bk_script_plan *plan;
	const char *active; /* at the source; "": none */
	/* Why a script, or which one is active, stays as it is. */
	void (*note)(void *arg, const char *name, const char *what);
	/* It was not done: 0 once that is told, or -1 to end it all. */
	int (*failed)(void *arg, const char *name, const struct bk_err *why,
		      struct bk_err *err);
	void *arg;
	struct bk_script_done done; /* so far */
};

/* 0 when it was done, or told why not. */
int bk_script_apply(struct bk_script_apply *apply, struct bk_err *err);

#endif
