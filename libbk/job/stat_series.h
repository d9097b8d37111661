/*
 * The sets of a repository by who makes them: one series for each store of each
 * host, by their names, which stay when a host is built anew.  Pure: what sets
 * record of themselves, nothing is read.
 */

#ifndef BK_JOB_STAT_SERIES_H
#define BK_JOB_STAT_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job/choose.h"
#include "repo/set.h"

/* Of one store and host, the oldest set first. */
struct bk_stat_series {
	const char *store;
	char host[BK_ID_TEXT * 4];
	const struct bk_set_info **sets; /* owned; at least one */
	size_t n, cap;
	uint64_t stored; /* bytes of all their files but the roots */
};

/* {0} is a valid empty one. */
struct bk_stat_list {
	struct bk_stat_series *items; /* owned; in the order of their first
					 sets */
	size_t n, cap;
	size_t broken; /* sets that do not open: whose they are nobody knows */
	bool pruned;   /* a host has made sets that are not here */
};

/* Those that `choice` takes; `sets` outlives the list. */
void bk_stat_list_make(struct bk_stat_list *out,
		       const struct bk_set_info_list *sets,
		       const struct bk_choice *choice);
void bk_stat_list_clear(struct bk_stat_list *list);

const struct bk_set_info *bk_stat_newest(const struct bk_stat_series *series);

#endif
