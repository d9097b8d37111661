/* Sets by who makes them: see stat_series.h. */

#include "job/stat_series.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* By what people and Prometheus call them: a host that is built anew has other
 * identifiers, and goes on with what it did under its name. */
static bool is_of(const struct bk_stat_series *series,
		  const struct bk_set_info *info)
{
	char is[BK_ID_TEXT], host[BK_ID_TEXT];

	return strcmp(bk_set_host(is, &series->sets[0]->root),
		      bk_set_host(host, &info->root)) == 0 &&
	       strcmp(series->store, info->root.store_name) == 0;
}

static struct bk_stat_series *series_of(struct bk_stat_list *list,
					const struct bk_set_info *info)
{
	char host[BK_ID_TEXT];

	for (size_t i = 0; i < list->n; i++)
		if (is_of(&list->items[i], info))
			return &list->items[i];
	list->items = bk_array_room(list->items, list->n, &list->cap,
				    sizeof(*list->items));
	struct bk_stat_series *series = &list->items[list->n++];
	*series = (struct bk_stat_series){.store = info->root.store_name};
	(void)snprintf(series->host, sizeof(series->host), "%s",
		       bk_set_host(host, &info->root));
	return series;
}

/* A host numbers its sets from 1. */
static bool has_gaps(const struct bk_set_info_list *sets, const uint8_t *host)
{
	uint64_t n = 0, newest = 0;

	for (size_t i = 0; i < sets->n; i++) {
		const struct bk_root *root = &sets->items[i].root;
		if (sets->items[i].broken ||
		    memcmp(root->host, host, BK_ID_LEN) != 0)
			continue;
		n++;
		if (root->sequence > newest)
			newest = root->sequence;
	}
	return n < newest;
}

void bk_stat_list_make(struct bk_stat_list *out,
		       const struct bk_set_info_list *sets,
		       const struct bk_choice *choice)
{
	*out = (struct bk_stat_list){0};
	for (size_t i = 0; i < sets->n; i++) {
		const struct bk_set_info *info = &sets->items[i];
		if (info->broken) {
			out->broken++;
			continue;
		}
		if (!bk_choice_takes(choice, info))
			continue;
		struct bk_stat_series *series = series_of(out, info);
		series->sets =
			bk_array_room(series->sets, series->n, &series->cap,
				      sizeof(struct bk_set_info *));
		series->sets[series->n++] = info;
		series->stored += info->root.totals.stored;
	}
	for (size_t i = 0; i < out->n && !out->pruned; i++) {
		const struct bk_stat_series *series = &out->items[i];
		out->pruned = has_gaps(sets, series->sets[0]->root.host) ||
			      has_gaps(sets, bk_stat_newest(series)->root.host);
	}
}

void bk_stat_list_clear(struct bk_stat_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->items[i].sets);
	free(list->items);
	*list = (struct bk_stat_list){0};
}

const struct bk_set_info *bk_stat_newest(const struct bk_stat_series *series)
{
	return series->sets[series->n - 1];
}
