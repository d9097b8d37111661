/* How fast a core compresses, seals and digests mail. */

#ifndef BENCH_LIMITS_RATES_H
#define BENCH_LIMITS_RATES_H

#include "base/err.h"

/* Prints lines of name, tab, MB a second of CPU time, measured on the first
 * mail of a tree. */
int rates_print(const char *tree, struct bk_err *err);

#endif
