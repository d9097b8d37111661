/* The targets of one that is spread over several. */

#ifndef BK_JOB_RESOLVE_SPREAD_H
#define BK_JOB_RESOLVE_SPREAD_H

#include "base/err.h"
#include "job/settings.h"

/*
 * Where out->where begins with "spread:", each word of it is a target as for
 * bk_settings_target(), and out->reach says how they are reached; else nothing
 * is done.  BK_MISUSE for a shape that cannot be, for a word that is no target
 * or another such spread, and for two that are the same place.
 */
int bk_resolve_spread(struct bk_settings *settings,
		      struct bk_target_settings *out, struct bk_err *err);

#endif
