/* Going through a tree as fast as the machine allows. */

#ifndef BENCH_LIMITS_TREE_H
#define BENCH_LIMITS_TREE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define TREE_THREADS_MAX 64

enum tree_deed {
	TREE_NAMES,
	TREE_STAT,
	TREE_READ,
	TREE_COPY,
};

/* To every file beneath `from`; TREE_COPY makes the folder `to`, which must
 * not be there.  A thread takes a folder at a time. */
int tree_visit(enum tree_deed deed, const char *from, const char *to,
	       uint64_t threads, struct bk_err *err);

/* Appends files one after the other until there are `most` bytes. */
int tree_sample(const char *from, size_t most, struct bk_buf *out,
		struct bk_err *err);

#endif
