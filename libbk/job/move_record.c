/*
 * What came of each account: see move_record.h.  Its lines (base/fields.h):
 *
 *	account NAME FROM TO STATE ENDED MS more-items why counts...
 *		CUTOVER DOWNTIME-MS
 *	item FOLDER UID NAME TEXT OUTCOME        of the account above
 *	carried WHAT FOLDER BECAME N WHY         likewise
 */

#include "job/move_record.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fields.h"
#include "base/file.h"
#include "base/parse.h"
#include "report/move_line.h"

#define FILE_MOST   ((size_t)512 << 20)
#define COUNTS      11
#define AFTER       2
#define FIELDS_MOST (9 + COUNTS + AFTER)

static const char *const states[] = {[BK_MOVE_DONE] = "complete",
				     [BK_MOVE_INCOMPLETE] = "incomplete",
				     [BK_MOVE_FAILED] = "failed",
				     [BK_MOVE_PUT_OFF] = "put-off",
				     [BK_MOVE_PLANNED] = "planned"};

/* In the order of the file. */
static void counts_of(struct bk_move_report *report, uint64_t *at[COUNTS])
{
	uint64_t *all[COUNTS] = {
		&report->folders, &report->messages,   &report->added,
		&report->bytes,   &report->found,      &report->kept,
		&report->flags,   &report->gone,       &report->refused,
		&report->unread,  &report->lost_flags,
	};

	memcpy(at, all, sizeof(all));
}

void bk_move_record_clear(struct bk_move_record *record)
{
	free(record->items);
	bk_carried_list_clear(&record->carried);
}

/* ---- writing ---- */

static void add_carried(struct bk_buf *out, const struct bk_carried *row)
{
	bk_buf_printf(out, "carried");
	bk_fields_add(out, row->what);
	bk_fields_add(out, row->folder);
	bk_fields_add(out, bk_became_word(row->became));
	bk_fields_add_number(out, row->n);
	bk_fields_add(out, row->why);
	bk_buf_printf(out, "\n");
}

static void add_record(struct bk_buf *out, const struct bk_move_record *record)
{
	struct bk_move_report report = record->report;
	uint64_t *counts[COUNTS];

	bk_buf_printf(out, "account");
	bk_fields_add(out, record->name);
	bk_fields_add(out, report.account);
	bk_fields_add(out, report.to);
	bk_fields_add(out, states[report.state]);
	bk_fields_add_number(out, (uint64_t)record->ended);
	bk_fields_add_number(out, (uint64_t)(report.seconds * 1000));
	bk_fields_add_number(out, record->more_items);
	bk_fields_add(out, report.why);
	counts_of(&report, counts);
	for (size_t i = 0; i < COUNTS; i++)
		bk_fields_add_number(out, *counts[i]);
	bk_fields_add(out, bk_move_cutover_word(report.cutover));
	bk_fields_add_number(out, (uint64_t)(report.downtime * 1000));
	bk_buf_printf(out, "\n");
	for (size_t i = 0; i < record->carried.n; i++)
		add_carried(out, &record->carried.items[i]);
	for (size_t i = 0; i < record->n_items; i++) {
		const struct bk_move_item *item = &record->items[i];
		bk_buf_printf(out, "item");
		bk_fields_add(out, item->folder);
		bk_fields_add_number(out, item->uid);
		bk_fields_add(out, item->name);
		bk_fields_add(out, item->text);
		bk_fields_add(out, item->outcome);
		bk_buf_printf(out, "\n");
	}
}

int bk_move_record_add(const char *path, const struct bk_move_record *record,
		       struct bk_err *err)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	struct bk_buf text = {0};

	if (fd < 0)
		return bk_fail_errno(err, "%s", path);
	add_record(&text, record);
	int rc = bk_fd_write(fd, text.data, text.len, err);
	bk_buf_clear(&text);
	if (close(fd) < 0 && rc == 0)
		rc = bk_fail_errno(err, "closing it");
	return rc < 0 ? bk_context(err, "%s", path) : 0;
}

int bk_move_records_write(const struct bk_move_records *records,
			  const char *path, struct bk_err *err)
{
	struct bk_buf text = {0};

	for (size_t i = 0; i < records->n; i++)
		add_record(&text, &records->items[i]);
	int rc = bk_file_replace(AT_FDCWD, path, bk_buf_view(&text), 0600, err);
	bk_buf_clear(&text);
	return rc;
}

/* ---- reading ---- */

static bool number(const char *text, uint64_t *out)
{
	struct bk_err ignored = {0};

	return bk_parse_number(text, UINT64_MAX, out, &ignored) == 0;
}

static struct bk_move_record *record_named(struct bk_move_records *records,
					   const char *name)
{
	struct bk_name_key key =
		bk_name_table_key(&records->names, name, strlen(name));
	uint32_t i = 0;

	/* The last pass takes the place of those before it. */
	for (size_t at = 0;
	     bk_name_table_next(&records->names, key, &at, &i);) {
		struct bk_move_record *old = &records->items[i];
		struct bk_carried_list carried = old->carried;
		bk_carried_list_age(&carried);
		free(old->items);
		*old = (struct bk_move_record){.name = name,
					       .carried = carried};
		return old;
	}
	bk_name_table_add(&records->names, key, (uint32_t)records->n);
	records->items = bk_array_room(records->items, records->n,
				       &records->cap, sizeof(*records->items));
	struct bk_move_record *record = &records->items[records->n++];
	*record = (struct bk_move_record){.name = name};
	return record;
}

static bool state_named(const char *word, enum bk_move_state *out)
{
	for (unsigned i = 0; i < sizeof(states) / sizeof(*states); i++) {
		*out = (enum bk_move_state)i;
		if (strcmp(states[i], word) == 0)
			return true;
	}
	return false;
}

/* Older versions wrote neither. */
static void read_cutover(struct bk_move_report *report,
			 const char *const *fields, size_t n)
{
	uint64_t ms = 0;

	if (n < FIELDS_MOST || !number(fields[10 + COUNTS], &ms))
		return;
	for (unsigned i = 0; i <= BK_CUTOVER_STUCK; i++)
		if (strcmp(bk_move_cutover_word((enum bk_cutover_end)i),
			   fields[9 + COUNTS]) == 0)
			report->cutover = (enum bk_cutover_end)i;
	report->downtime = (double)ms / 1000;
}

static struct bk_move_record *read_account(struct bk_move_records *records,
					   const char *const *fields, size_t n)
{
	struct bk_move_report report = {0};
	uint64_t ended, ms, more, *counts[COUNTS];

	if (n < 9 || !state_named(fields[4], &report.state) ||
	    !number(fields[5], &ended) || !number(fields[6], &ms) ||
	    !number(fields[7], &more))
		return NULL;
	counts_of(&report, counts);
	for (size_t i = 0; i + 9 < n && i < COUNTS; i++)
		if (!number(fields[9 + i], counts[i]))
			return NULL;
	report.account = fields[2];
	report.to = fields[3];
	report.why = *fields[8] ? fields[8] : NULL;
	report.seconds = (double)ms / 1000;
	read_cutover(&report, fields, n);
	struct bk_move_record *record = record_named(records, fields[1]);
	record->report = report;
	record->ended = (int64_t)ended;
	record->more_items = more;
	return record;
}

static void read_item(struct bk_move_record *record, const char *const *fields,
		      size_t n)
{
	struct bk_move_item item = {0};

	if (!record || n < 6 || !number(fields[2], &item.uid))
		return;
	item.folder = fields[1];
	item.name = fields[3];
	item.text = fields[4];
	item.outcome = fields[5];
	record->items =
		bk_array_room(record->items, record->n_items,
			      &record->cap_items, sizeof(*record->items));
	record->items[record->n_items++] = item;
}

static void read_carried(struct bk_move_record *record,
			 const char *const *fields, size_t n)
{
	struct bk_carried row = {0};

	if (!record || n < 6 || !number(fields[4], &row.n) ||
	    bk_became_named(fields[3], &row.became) < 0)
		return;
	row.what = fields[1];
	row.folder = fields[2];
	row.why = fields[5];
	bk_carried_list_add(&record->carried, &row);
}

static int by_name(const void *a, const void *b)
{
	const struct bk_move_record *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* A line that a crash cut off has no end, and does not count. */
static void read_lines(struct bk_move_records *out, struct bk_view text)
{
	struct bk_move_record *record = NULL;
	const char *fields[FIELDS_MOST];
	const uint8_t *end;

	while ((end = memchr(text.data, '\n', text.len))) {
		struct bk_view line = {text.data, (size_t)(end - text.data)};
		size_t n =
			bk_fields_split(&out->arena, line, fields, FIELDS_MOST);
		if (strcmp(fields[0], "account") == 0)
			record = read_account(out, fields, n);
		else if (strcmp(fields[0], "item") == 0)
			read_item(record, fields, n);
		else if (strcmp(fields[0], "carried") == 0)
			read_carried(record, fields, n);
		text.data += line.len + 1;
		text.len -= line.len + 1;
	}
	if (out->n)
		qsort(out->items, out->n, sizeof(*out->items), by_name);
	bk_name_table_clear(&out->names);
}

int bk_move_records_read(struct bk_move_records *out, const char *path,
			 struct bk_err *err)
{
	struct bk_buf text = {0};
	struct bk_err why = {0};

	*out = (struct bk_move_records){0};
	if (bk_file_read(AT_FDCWD, path, FILE_MOST, &text, &why) < 0) {
		if (why.kind == BK_GONE)
			return 0;
		*err = why;
		return -1;
	}
	if (text.len)
		read_lines(out, bk_buf_view(&text));
	bk_buf_clear(&text);
	return 0;
}

void bk_move_records_clear(struct bk_move_records *records)
{
	for (size_t i = 0; i < records->n; i++)
		bk_move_record_clear(&records->items[i]);
	free(records->items);
	bk_name_table_clear(&records->names);
	bk_arena_clear(&records->arena);
	*records = (struct bk_move_records){0};
}

const struct bk_move_record *bk_move_records_find(
	const struct bk_move_records *records, const char *name)
{
	const struct bk_move_record key = {.name = name};

	if (!records->n)
		return NULL;
	return bsearch(&key, records->items, records->n,
		       sizeof(*records->items), by_name);
}
