/*
 * Which target and repository are meant.  How a target is reached is said by
 * its section in the configuration, or, for one that is named by its URL, by
 * -o KEY=VALUE with the same keys.
 */

#ifndef BK_JOB_RESOLVE_H
#define BK_JOB_RESOLVE_H

#include <stdbool.h>

#include "base/err.h"
#include "job/settings.h"

/*
 * The target of that name, or of that URL or path: of a URL that a section
 * has, the section's.  -o is added to it.  BK_MISUSE where there is none of
 * that name, with the nearest one.
 */
int bk_settings_target(struct bk_settings *settings, const char *word,
		       struct bk_target_settings *out, struct bk_err *err);

/* Are both the same path, however it is spelt, or the same URL? */
bool bk_is_same_place(const char *a, const char *b);

/* The repository of -r, of BK_REPO, of `usual` (NULL: there is none such), or
 * the only one in the file; its errors are those of bk_settings_repo. */
int bk_settings_find_repo(struct bk_settings *settings, const char *usual,
			  struct bk_repo_settings *out, struct bk_err *err);

#endif
