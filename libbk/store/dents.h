/* Reading a folder's names as fast as the kernel gives them (getdents64), with
 * no stat.  A file that is renamed meanwhile may be seen twice or not at all.
 */

#ifndef BK_STORE_DENTS_H
#define BK_STORE_DENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct bk_dents {
	int fd; /* the reader's own */
	char *buf;
	size_t at, len;
};

struct bk_dent {
	const char *name; /* until the next call; never "." or ".." */
	size_t len;
	uint64_t inode;
	unsigned char type; /* DT_REG, DT_UNKNOWN, ... */
};

/* Opens the folder that `dir` stands for (an O_PATH descriptor will do). */
int bk_dents_open(struct bk_dents *dents, int dir, struct bk_err *err);
/* About how many names there are, from the folder's size. */
size_t bk_dents_estimate(const struct bk_dents *dents);
/* 1, 0 at the end, or -1. */
int bk_dents_next(struct bk_dents *dents, struct bk_dent *out,
		  struct bk_err *err);
void bk_dents_close(struct bk_dents *dents);

/* When a folder last changed. */
struct bk_stamp {
	int64_t mtime_ns, ctime_ns;
	uint64_t inode;
};

int bk_stamp_read(struct bk_stamp *stamp, int dir, struct bk_err *err);
/* By path, following links: zero where nothing is. */
void bk_stamp_read_at(struct bk_stamp *stamp, int dir, const char *path);
/*
 * Did nothing change between the two?  Clocks of file systems tick slowly: a
 * change right before `before` was taken, at time now_ns, could be followed by
 * another in the same tick, so a stamp that is fresh proves nothing.
 */
bool bk_stamp_is_quiet(const struct bk_stamp *before,
		       const struct bk_stamp *after, int64_t now_ns);
int64_t bk_stamp_now_ns(void);

#endif
