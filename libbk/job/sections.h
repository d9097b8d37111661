/* Sections of one type: the one that is meant where none was named, and the
 * names of those that there are. */

#ifndef BK_JOB_SECTIONS_H
#define BK_JOB_SECTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/nearest.h"
#include "base/pattern.h"
#include "job/settings.h"

/* The only section of a type, NULL and *n for none or several. */
const struct bk_conf_section *bk_sections_only(const struct bk_conf *conf,
					       const char *type, size_t *n);

/* The section of a type with this `url`, or NULL. */
const struct bk_conf_section *bk_sections_of_url(const struct bk_conf *conf,
						 const char *type,
						 const char *url);

/* BK_MISUSE "which TYPE? HOW, one of: a, b, c"; returns -1. */
int bk_sections_which(const struct bk_settings *settings, const char *type,
		      const char *how, struct bk_err *err);

/* Does the job's section write to the repository of that name: by its `repo`,
 * because that is the only one, or because -r says which? */
bool bk_sections_job_writes(const struct bk_conf *conf,
			    const struct bk_conf_section *job,
			    const char *repo);

/* The targets that sets of the repository of that name are shipped to, each
 * once: by that job, or by all jobs that write to it (NULL). */
void bk_sections_ship(const struct bk_conf *conf, const char *repo,
		      const struct bk_conf_section *job, struct bk_names *out);

/* All names of a type. */
void bk_sections_offer(struct bk_nearest *near, const struct bk_conf *conf,
		       const char *type);

#endif
