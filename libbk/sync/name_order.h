/*
 * Names in order, so that one among hundreds of thousands is found at once, and
 * so is whether anything lies below it.  Whoever lists them keeps them; which
 * is which is told by its place in the list.
 */

#ifndef BK_SYNC_NAME_ORDER_H
#define BK_SYNC_NAME_ORDER_H

#include <stddef.h>

struct bk_named {
	const char *name; /* the caller's */
	size_t at;        /* its place */
};

/* {0} is a valid empty one. */
struct bk_name_order {
	struct bk_named *items; /* owned */
	size_t n, cap;
};

void bk_name_order_clear(struct bk_name_order *order);

/* One name more; the same one may have several places.  When all are added they
 * are sorted, and none is found before. */
void bk_name_order_add(struct bk_name_order *order, const char *name,
		       size_t at);
void bk_name_order_sort(struct bk_name_order *order);

/* What is at that place has another name from now on. */
void bk_name_order_rename(struct bk_name_order *order, const char *from,
			  size_t at, const char *to);

/* The entries of this very name, by their places: the first, and how many. */
const struct bk_named *bk_name_order_find(const struct bk_name_order *order,
					  const char *name, size_t *n);
/* Likewise all "NAME/...". */
const struct bk_named *bk_name_order_below(const struct bk_name_order *order,
					   const char *name, size_t *n);

#endif
