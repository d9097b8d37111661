/* The file for node_exporter's textfile collector: see stat_run.h. */

#include <fcntl.h>

#include "base/file.h"
#include "job/stat_run.h"
#include "report/exposition.h"

/* A family with a sample for each series. */
struct family {
	const char *name, *help;
	double (*value)(const struct bk_stat_series *series);
};

static const struct bk_root *newest(const struct bk_stat_series *series)
{
	return &bk_stat_newest(series)->root;
}

static double count_of(const struct bk_stat_series *series)
{
	return (double)series->n;
}

static double stored_of(const struct bk_stat_series *series)
{
	return (double)series->stored;
}

static double start_of(const struct bk_stat_series *series)
{
	return (double)newest(series)->start_ms / 1000;
}

static double end_of(const struct bk_stat_series *series)
{
	return (double)newest(series)->end_ms / 1000;
}

static double seconds_of(const struct bk_stat_series *series)
{
	return (double)newest(series)->totals.ms / 1000;
}

static double messages_of(const struct bk_stat_series *series)
{
	return (double)newest(series)->totals.messages;
}

static double mail_of(const struct bk_stat_series *series)
{
	return (double)newest(series)->totals.bytes;
}

static double own_of(const struct bk_stat_series *series)
{
	return (double)newest(series)->totals.stored;
}

static double errors_of(const struct bk_stat_series *series)
{
	return (double)newest(series)->totals.errors;
}

/* When the newest set ended that lacks no mail; 0: never. */
static double complete_of(const struct bk_stat_series *series)
{
	for (size_t i = series->n; i-- > 0;)
		if (!series->sets[i]->root.incomplete)
			return (double)series->sets[i]->root.end_ms / 1000;
	return 0;
}

/* clang-format off */
static const struct family families[] = {
	{"bk_sets", "Sets that are there.", count_of},
	{"bk_stored_bytes", "Bytes of all sets, their roots apart.", stored_of},
	{"bk_newest_start_timestamp_seconds", "When the newest set was begun.", start_of},
	{"bk_newest_end_timestamp_seconds", "When the newest set was ended.", end_of},
	{"bk_newest_complete_timestamp_seconds", "When the newest set ended that lacks no mail; 0: never.", complete_of},
	{"bk_newest_duration_seconds", "How long the newest set took.", seconds_of},
	{"bk_newest_messages", "Messages in the newest set.", messages_of},
	{"bk_newest_mail_bytes", "Bytes of mail in the newest set.", mail_of},
	{"bk_newest_stored_bytes", "Bytes that the newest set added.", own_of},
	{"bk_newest_errors", "Items that the newest set lacks.", errors_of},
};
/* clang-format on */

static void add_labels(struct bk_exposition *out,
		       const struct bk_stat_series *series)
{
	bk_metric_label(out, "host", series->host);
	bk_metric_label(out, "store", series->store);
}

static void add_family(struct bk_exposition *out, const struct bk_stat *stat,
		       const struct family *family)
{
	bk_metric_family(out, family->name, family->help);
	for (size_t i = 0; i < stat->list.n; i++) {
		add_labels(out, &stat->list.items[i]);
		bk_metric_value(out, family->value(&stat->list.items[i]));
	}
}

static void add_single(struct bk_exposition *out, const char *name,
		       const char *help, double value)
{
	bk_metric_family(out, name, help);
	bk_metric_value(out, value);
}

static void add_totals(struct bk_exposition *out, const struct bk_stat *stat)
{
	const struct bk_forecast *forecast = &stat->forecast;
	int64_t full = bk_forecast_full(forecast, stat->room, stat->now);

	add_single(out, "bk_stat_timestamp_seconds", "When this was found out.",
		   (double)stat->now);
	add_single(out, "bk_broken_sets", "Sets that do not open.",
		   (double)stat->list.broken);
	add_single(out, "bk_repository_stored_bytes",
		   "Bytes of all sets of all hosts, their roots apart.",
		   (double)forecast->stored);
	if (forecast->known)
		add_single(out, "bk_repository_growth_bytes_per_day",
			   "By how much that grows.", forecast->per_day);
	if (stat->has_room)
		add_single(out, "bk_repository_free_bytes",
			   "Bytes that are free at its place.",
			   (double)stat->room);
	if (stat->has_room && full != BK_FORECAST_NEVER)
		add_single(out, "bk_repository_full_timestamp_seconds",
			   "When they will be used up.", (double)full);
}

static void add_due(struct bk_exposition *out, const struct bk_stat *stat)
{
	bk_metric_family(out, "bk_overdue",
			 "1: no set that is whole was completed in time.");
	for (size_t i = 0; i < stat->list.n; i++) {
		add_labels(out, &stat->list.items[i]);
		bk_metric_value(out, stat->states[i] != BK_DUE_IN_TIME);
	}
	if (stat->no_series == BK_DUE_IN_TIME)
		return;
	const struct bk_choice *choice = &stat->request->choice;
	bk_metric_label(out, "host", choice->host ? choice->host : "");
	bk_metric_label(out, "store", choice->store ? choice->store : "");
	bk_metric_value(out, 1);
}

int bk_stat_prometheus(const struct bk_stat *stat, struct bk_err *err)
{
	struct bk_exposition out = {0};

	add_totals(&out, stat);
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		add_family(&out, stat, &families[i]);
	if (stat->states)
		add_due(&out, stat);
	int rc = bk_file_replace(AT_FDCWD, stat->request->prometheus,
				 bk_buf_view(&out.text), 0644, err);
	bk_exposition_clear(&out);
	return rc;
}
