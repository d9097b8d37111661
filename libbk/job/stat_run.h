/* What the parts of bk-stat share: see stat.h. */

#ifndef BK_JOB_STAT_RUN_H
#define BK_JOB_STAT_RUN_H

#include "job/stat.h"

struct bk_stat {
	const struct bk_stat_request *request;
	struct bk_set_info_list sets;
	struct bk_stat_list list;
	struct bk_forecast forecast;
	bool has_room;
	uint64_t room;             /* bytes that are still free */
	enum bk_due_state *states; /* owned; of each series; or NULL */
	enum bk_due_state
		no_series; /* of what was asked for and is not there */
	int64_t now;
};

/* Tables or JSON lines: stat_print.c. */
int bk_stat_print(const struct bk_stat *stat, struct bk_err *err);
int bk_stat_print_due(const struct bk_stat *stat, struct bk_err *err);

/* The file for node_exporter: stat_prometheus.c. */
int bk_stat_prometheus(const struct bk_stat *stat, struct bk_err *err);

#endif
