/* Sets of UIDs as IMAP writes them, "1:5,7" (RFC 9051, sequence-set). */

#ifndef BK_MAIL_UID_SET_H
#define BK_MAIL_UID_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Both ends are in it. */
struct bk_uid_range {
	uint32_t first, last;
};

/* Ranges in the order in which they were added; {0} is an empty one. */
struct bk_uid_set {
	struct bk_uid_range *items; /* owned */
	size_t n, cap;
};

void bk_uid_set_clear(struct bk_uid_set *set);

/* At the end: a UID that follows the last one makes its range longer. */
void bk_uid_set_add(struct bk_uid_set *set, uint32_t uid);
void bk_uid_set_add_range(struct bk_uid_set *set, uint32_t first,
			  uint32_t last);

/* UIDs in it, doubles and all. */
uint64_t bk_uid_set_count(const struct bk_uid_set *set);

/* Ascending, without doubles, as few ranges as can be. */
void bk_uid_set_sort(struct bk_uid_set *set);

/* Of a sorted set. */
bool bk_uid_set_has(const struct bk_uid_set *set, uint32_t uid);

/* Appends "1:5,7", in the order of the set; nothing for an empty one. */
void bk_uid_set_format(const struct bk_uid_set *set, struct bk_buf *out);

#endif
