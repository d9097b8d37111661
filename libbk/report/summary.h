/* How a run ended, in a few lines for people. */

#ifndef BK_REPORT_SUMMARY_H
#define BK_REPORT_SUMMARY_H

#include <stdbool.h>
#include <stdio.h>

#include "sync/progress.h"

/*
 * Two or three lines, and NEXT with the next command if there is one:
 *
 *	set 20261119T1230-d (differential on 20261114T2200-f): complete
 *	1,480 accounts | 48,213 messages: 18,402 new, 29,811 kept, 0 flags, 3
 *gone 1.9 GiB -> 0.7 GiB (2.7 : 1) in 6m12s, 5.2 MiB/s
 */
void bk_summary_print(const struct bk_summary *summary, bool color, FILE *out);

/*
 * One target of a copy, in a line, and a second one with what to do:
 *
 *	nas: complete, 3 of 3 sets, newest 20261119T1230-d | 12 files, 1.9 GiB
 *in 6m12s
 */
void bk_target_print(const struct bk_target_report *report, bool color,
		     FILE *out);

#endif
