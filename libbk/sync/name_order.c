/* Names in order: see name_order.h. */

#include "sync/name_order.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

void bk_name_order_clear(struct bk_name_order *order)
{
	free(order->items);
	*order = (struct bk_name_order){0};
}

void bk_name_order_add(struct bk_name_order *order, const char *name, size_t at)
{
	order->items = bk_array_room(order->items, order->n, &order->cap,
				     sizeof(*order->items));
	order->items[order->n++] = (struct bk_named){name, at};
}

static int by_name(const void *left, const void *right)
{
	const struct bk_named *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order ? order : (a->at > b->at) - (a->at < b->at);
}

void bk_name_order_sort(struct bk_name_order *order)
{
	if (order->n)
		qsort(order->items, order->n, sizeof(*order->items), by_name);
}

/* How many come before this one. */
static size_t count_before(const struct bk_name_order *order,
			   const struct bk_named *wanted)
{
	size_t low = 0, high = order->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (by_name(&order->items[middle], wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void bk_name_order_rename(struct bk_name_order *order, const char *from,
			  size_t at, const char *to)
{
	const struct bk_named old = {from, at}, new = {to, at};
	size_t i = count_before(order, &old);

	order->n--;
	memmove(order->items + i, order->items + i + 1,
		(order->n - i) * sizeof(*order->items));
	i = count_before(order, &new);
	memmove(order->items + i + 1, order->items + i,
		(order->n - i) * sizeof(*order->items));
	order->items[i] = new;
	order->n++;
}

const struct bk_named *bk_name_order_find(const struct bk_name_order *order,
					  const char *name, size_t *n)
{
	size_t i = count_before(order, &(struct bk_named){name, 0});

	for (*n = 0;
	     i + *n < order->n && strcmp(order->items[i + *n].name, name) == 0;)
		(*n)++;
	return order->items + i;
}

const struct bk_named *bk_name_order_below(const struct bk_name_order *order,
					   const char *name, size_t *n)
{
	char *below = bk_asprintf("%s/", name);
	size_t len = strlen(below);
	size_t i = count_before(order, &(struct bk_named){below, 0});

	for (*n = 0; i + *n < order->n &&
		     strncmp(order->items[i + *n].name, below, len) == 0;)
		(*n)++;
	free(below);
	return order->items + i;
}
