/* Growth, and when a place is full: see stat_forecast.h. */

#include "job/stat_forecast.h"

#include <stdlib.h>

#include "base/buf.h"

#define DAY_S     ((int64_t)86400)
#define CENTURY_S ((double)100 * 366 * 86400)

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_value);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

bool bk_forecast_slope(const struct bk_forecast_point *points, size_t n,
		       double *out)
{
	size_t n_slopes = 0;

	if (n > BK_FORECAST_POINTS) {
		points += n - BK_FORECAST_POINTS;
		n = BK_FORECAST_POINTS;
	}
	if (n < 3 || points[n - 1].seconds - points[0].seconds < DAY_S)
		return false;
	double *slopes = bk_alloc(n * n / 2 * sizeof(*slopes));
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++) {
			int64_t time = points[k].seconds - points[i].seconds;
			if (time > 0)
				slopes[n_slopes++] =
					(points[k].bytes - points[i].bytes) /
					(double)time;
		}
	*out = median(slopes, n_slopes);
	free(slopes);
	return true;
}

/* ---- the points ---- */

/* One set on the line of time, with what it adds to the sums. */
struct event {
	int64_t seconds;
	double stored, mail;
};

static int by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	return (x->seconds > y->seconds) - (x->seconds < y->seconds);
}

/* In a sum of the newest sets' mail, a set takes the place of the one before.
 */
static size_t add_events(const struct bk_stat_series *series,
			 struct event *events)
{
	double before = 0;

	for (size_t i = 0; i < series->n; i++) {
		const struct bk_root *root = &series->sets[i]->root;
		double mail = (double)root->totals.bytes;
		events[i] = (struct event){
			.seconds = root->end_ms / 1000,
			.stored = (double)root->totals.stored,
			.mail = mail - before,
		};
		before = mail;
	}
	return series->n;
}

static size_t make_points(const struct bk_stat_list *list, bool by_mail,
			  struct bk_forecast_point **out)
{
	size_t n = 0;
	double sum = 0;

	for (size_t i = 0; i < list->n; i++)
		n += list->items[i].n;
	struct event *events = bk_alloc((n + 1) * sizeof(*events));
	*out = bk_alloc((n + 1) * sizeof(**out));
	n = 0;
	for (size_t i = 0; i < list->n; i++)
		n += add_events(&list->items[i], events + n);
	qsort(events, n, sizeof(*events), by_time);
	for (size_t i = 0; i < n; i++) {
		sum += by_mail ? events[i].mail : events[i].stored;
		(*out)[i] = (struct bk_forecast_point){events[i].seconds, sum};
	}
	free(events);
	return n;
}

/* Before every series has begun, a new one would be taken for growth. */
static size_t before_all_began(const struct bk_stat_list *list,
			       const struct bk_forecast_point *points, size_t n)
{
	int64_t began = INT64_MIN;
	size_t skip = 0;

	for (size_t i = 0; i < list->n; i++) {
		int64_t first = list->items[i].sets[0]->root.end_ms / 1000;
		if (first > began)
			began = first;
	}
	while (skip < n && points[skip].seconds < began)
		skip++;
	return skip;
}

void bk_forecast_make(const struct bk_stat_list *list, struct bk_forecast *out)
{
	struct bk_forecast_point *points = NULL;
	double slope = 0;

	*out = (struct bk_forecast){.by_mail = list->pruned};
	for (size_t i = 0; i < list->n; i++) {
		out->stored += list->items[i].stored;
		out->mail += bk_stat_newest(&list->items[i])->root.totals.bytes;
	}
	size_t n = make_points(list, out->by_mail, &points);
	size_t skip = before_all_began(list, points, n);
	out->known = bk_forecast_slope(points + skip, n - skip, &slope);
	if (out->by_mail && out->mail)
		slope *= (double)out->stored / (double)out->mail;
	out->per_day = slope * (double)DAY_S;
	free(points);
}

int64_t bk_forecast_full(const struct bk_forecast *forecast, uint64_t room,
			 int64_t now)
{
	if (!forecast->known || forecast->per_day <= 0)
		return BK_FORECAST_NEVER;
	double seconds = (double)room / forecast->per_day * (double)DAY_S;
	return seconds < CENTURY_S ? now + (int64_t)seconds : BK_FORECAST_NEVER;
}
