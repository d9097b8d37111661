/* What bk-stat prints: see stat_run.h. */

#include "base/buf.h"
#include "job/stat_run.h"

/* ---- sets ---- */

/* clang-format off */
static const struct bk_field set_fields[] = {
	{NULL,       "set",      BK_FIELD_NAME},
	{"SET",      "label",    BK_FIELD_TEXT},
	{"TIME",     "time",     BK_FIELD_TIME},
	{NULL,       "end",      BK_FIELD_TIME},
	{"HOST",     "host",     BK_FIELD_TEXT},
	{"STORE",    "store",    BK_FIELD_TEXT},
	{"KIND",     "kind",     BK_FIELD_TEXT},
	{"SECONDS",  "seconds",  BK_FIELD_COUNT},
	{"MESSAGES", "messages", BK_FIELD_COUNT},
	{"NEW",      "new",      BK_FIELD_COUNT},
	{"MAIL",     "bytes",    BK_FIELD_SIZE},
	{"STORED",   "stored",   BK_FIELD_SIZE},
	{"ERRORS",   "errors",   BK_FIELD_NUMBER},
};

static const struct bk_field series_fields[] = {
	{"HOST",     "host",     BK_FIELD_NAME},
	{"STORE",    "store",    BK_FIELD_NAME},
	{"SETS",     "sets",     BK_FIELD_COUNT},
	{"NEWEST",   "newest",   BK_FIELD_TIME},
	{"KIND",     "kind",     BK_FIELD_TEXT},
	{"SECONDS",  "seconds",  BK_FIELD_COUNT},
	{"MESSAGES", "messages", BK_FIELD_COUNT},
	{"MAIL",     "bytes",    BK_FIELD_SIZE},
	{"STORED",   "stored",   BK_FIELD_SIZE},
	{"ERRORS",   "errors",   BK_FIELD_NUMBER},
};

static const struct bk_field total_fields[] = {
	{"SETS",       "sets",           BK_FIELD_COUNT},
	{"MAIL",       "bytes",          BK_FIELD_SIZE},
	{"STORED",     "stored",         BK_FIELD_SIZE},
	{"GROWTH/DAY", "growth_per_day", BK_FIELD_CHANGE},
	{NULL,         "growth_by",      BK_FIELD_TEXT},
	{"FREE",       "free",           BK_FIELD_SIZE},
	{"FULL",       "full",           BK_FIELD_TIME},
};

static const struct bk_field due_fields[] = {
	{"HOST",   "host",   BK_FIELD_NAME},
	{"STORE",  "store",  BK_FIELD_NAME},
	{"DUE",    "due",    BK_FIELD_TIME},
	{"NEWEST", "newest", BK_FIELD_TIME},
	{"STATE",  "state",  BK_FIELD_TEXT},
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static int add_set(struct bk_listing *to, const struct bk_stat_series *series,
		   const struct bk_set_info *info, struct bk_err *err)
{
	const struct bk_root *root = &info->root;
	char id[BK_ID_TEXT], label[BK_SET_LABEL];
	const struct bk_cell cells[] = {
		bk_cell_text(bk_id_hex(id, info->id)),
		bk_cell_text(bk_set_label(label, info->id, root->kind)),
		bk_cell_time(root->start_ms / 1000),
		bk_cell_time(root->end_ms / 1000),
		bk_cell_text(series->host),
		bk_cell_text(series->store),
		bk_cell_text(bk_set_kind_name(root->kind)),
		bk_cell_n((root->totals.ms + 500) / 1000),
		bk_cell_n(root->totals.messages),
		bk_cell_n(root->totals.added),
		bk_cell_n(root->totals.bytes),
		bk_cell_n(root->totals.stored),
		bk_cell_n(root->totals.errors),
	};

	_Static_assert(COUNT(cells) == COUNT(set_fields), "a cell each");
	return bk_listing_row(to, cells, err);
}

static int end_listing(struct bk_listing *to, int rc, struct bk_err *err)
{
	if (rc == 0)
		return bk_listing_finish(to, err);
	bk_listing_free(to);
	return -1;
}

static int print_sets(const struct bk_stat *stat, struct bk_err *err)
{
	struct bk_listing *to = bk_listing_new(&stat->request->style, "set",
					       set_fields, COUNT(set_fields));
	int rc = 0;

	for (size_t i = 0; i < stat->list.n; i++) {
		const struct bk_stat_series *series = &stat->list.items[i];
		for (size_t k = 0; rc == 0 && k < series->n; k++)
			rc = add_set(to, series, series->sets[k], err);
	}
	return end_listing(to, rc, err);
}

/* ---- who makes them ---- */

static int add_series(struct bk_listing *to,
		      const struct bk_stat_series *series, struct bk_err *err)
{
	const struct bk_root *root = &bk_stat_newest(series)->root;
	const struct bk_cell cells[] = {
		bk_cell_text(series->host),
		bk_cell_text(series->store),
		bk_cell_n(series->n),
		bk_cell_time(root->end_ms / 1000),
		bk_cell_text(bk_set_kind_name(root->kind)),
		bk_cell_n((root->totals.ms + 500) / 1000),
		bk_cell_n(root->totals.messages),
		bk_cell_n(root->totals.bytes),
		bk_cell_n(series->stored),
		bk_cell_n(root->totals.errors),
	};

	_Static_assert(COUNT(cells) == COUNT(series_fields), "a cell each");
	return bk_listing_row(to, cells, err);
}

static int print_series(const struct bk_stat *stat, struct bk_err *err)
{
	struct bk_listing *to =
		bk_listing_new(&stat->request->style, "store", series_fields,
			       COUNT(series_fields));
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < stat->list.n; i++)
		rc = add_series(to, &stat->list.items[i], err);
	return end_listing(to, rc, err);
}

/* ---- all together ---- */

static int print_total(const struct bk_stat *stat, struct bk_err *err)
{
	const struct bk_forecast *forecast = &stat->forecast;
	struct bk_listing *to =
		bk_listing_new(&stat->request->style, "total", total_fields,
			       COUNT(total_fields));
	int64_t full = stat->has_room ? bk_forecast_full(forecast, stat->room,
							 stat->now)
				      : BK_FORECAST_NEVER;
	struct bk_cell cells[] = {
		bk_cell_n(0),
		bk_cell_n(forecast->mail),
		bk_cell_n(forecast->stored),
		bk_cell_none(),
		bk_cell_none(),
		bk_cell_none(),
		bk_cell_none(),
	};

	_Static_assert(COUNT(cells) == COUNT(total_fields), "a cell each");
	for (size_t i = 0; i < stat->list.n; i++)
		cells[0].n += stat->list.items[i].n;
	if (forecast->known) {
		cells[3] = bk_cell_n((uint64_t)(int64_t)forecast->per_day);
		cells[4] = bk_cell_text(forecast->by_mail ? "mail" : "sets");
	}
	if (stat->has_room)
		cells[5] = bk_cell_n(stat->room);
	if (full != BK_FORECAST_NEVER)
		cells[6] = bk_cell_time(full);
	return end_listing(to, bk_listing_row(to, cells, err), err);
}

int bk_stat_print(const struct bk_stat *stat, struct bk_err *err)
{
	const struct bk_listing_style *style = &stat->request->style;

	if ((stat->request->sets || style->json) && print_sets(stat, err) < 0)
		return -1;
	if (style->quiet && !style->json && stat->request->sets)
		return 0;
	if (print_series(stat, err) < 0)
		return -1;
	return style->quiet && !style->json ? 0 : print_total(stat, err);
}

/* ---- who is overdue ---- */

static int add_due(const struct bk_stat *stat, struct bk_listing *to, size_t i,
		   struct bk_err *err)
{
	const struct bk_stat_series *series = &stat->list.items[i];
	const struct bk_root *root = &bk_stat_newest(series)->root;
	const struct bk_cell cells[] = {
		bk_cell_text(series->host),
		bk_cell_text(series->store),
		bk_cell_time(stat->request->due->since),
		bk_cell_time(root->end_ms / 1000),
		bk_cell_text(bk_due_word(stat->states[i])),
	};

	_Static_assert(COUNT(cells) == COUNT(due_fields), "a cell each");
	return bk_listing_row(to, cells, err);
}

static const char *or_any(const char *word)
{
	return word ? word : "(any)";
}

int bk_stat_print_due(const struct bk_stat *stat, struct bk_err *err)
{
	const struct bk_choice *choice = &stat->request->choice;
	bool quiet = stat->request->style.quiet;
	struct bk_listing *to = bk_listing_new(&stat->request->style, "due",
					       due_fields, COUNT(due_fields));
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < stat->list.n; i++)
		if (!quiet || stat->states[i] != BK_DUE_IN_TIME)
			rc = add_due(stat, to, i, err);
	if (stat->no_series != BK_DUE_IN_TIME) {
		const struct bk_cell cells[] = {
			bk_cell_text(or_any(choice->host)),
			bk_cell_text(or_any(choice->store)),
			bk_cell_time(stat->request->due->since),
			bk_cell_none(),
			bk_cell_text(bk_due_word(stat->no_series)),
		};
		rc = bk_listing_row(to, cells, err);
	}
	return end_listing(to, rc, err);
}
