/* What a move tells by mail: see move_mail.h. */

#include "job/move_mail.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/json.h"
#include "base/log.h"
#include "job/move_carried.h"
#include "job/notify.h"
#include "report/move_line.h"
#include "report/summary.h"

/* Of one account in the text; all of them are in `bk move report`. */
#define ITEMS_MAX 20

struct mail {
	struct bk_move *move;
	const struct bk_err *why;        /* or NULL */
	struct bk_move_records *records; /* of each pair */
	FILE *out;                       /* the text */
};

/* The last one of it where it has its place. */
static const struct bk_move_record *last_of(const struct mail *mail, size_t i)
{
	const struct bk_move *move = mail->move;
	const struct bk_move_task *task = &move->tasks[i];

	return task->pair ? bk_move_records_find(
				    &mail->records[task->pair - move->pairs],
				    task->name)
			  : NULL;
}

/* Of this run, and not one of another account or an earlier pass. */
static const struct bk_move_record *record_of(const struct mail *mail, size_t i)
{
	const struct bk_move_record *record = last_of(mail, i);

	return record && record->ended >= mail->move->began ? record : NULL;
}

/* None was begun where the run ended before. */
static size_t n_accounts(const struct mail *mail)
{
	return mail->move->tasks ? mail->move->accounts.n : 0;
}

/* In an earlier run: nothing was to be done. */
static bool has_moved(const struct mail *mail, size_t i)
{
	const struct bk_move *move = mail->move;
	const struct bk_move_record *record = last_of(mail, i);

	return record && record->ended < move->began &&
	       record->report.cutover == BK_CUTOVER_MOVED &&
	       move->request->verb == BK_MOVE_RUN;
}

static bool needs_somebody(const struct bk_move_report *r)
{
	return r->state != BK_MOVE_DONE || r->cutover == BK_CUTOVER_UNDONE ||
	       r->cutover == BK_CUTOVER_STUCK;
}

/* ---- the text ---- */

static void print_escaped(FILE *out, const char *text)
{
	char *shown = bk_escaped(text);

	(void)fputs(shown, out);
	free(shown);
}

static void print_items(const struct bk_move_record *record, FILE *out)
{
	for (size_t i = 0; i < record->n_items && i < ITEMS_MAX; i++) {
		const struct bk_move_item *item = &record->items[i];
		(void)fprintf(out, "    ");
		print_escaped(out, item->folder);
		if (item->uid)
			(void)fprintf(out, " uid %ju", (uintmax_t)item->uid);
		(void)fprintf(out, "  ");
		print_escaped(out, item->text);
		(void)fprintf(out, "\n");
	}
	uint64_t more = record->more_items;
	if (record->n_items > ITEMS_MAX)
		more += record->n_items - ITEMS_MAX;
	if (more)
		(void)fprintf(out, "    and %ju more: bk move report\n",
			      (uintmax_t)more);
}

/* Errors of an account may begin with its name. */
static const char *without(const char *text, const char *account)
{
	size_t n = strlen(account);

	return strncmp(text, account, n) == 0 && strncmp(text + n, ": ", 2) == 0
		       ? text + n + 2
		       : text;
}

/* NULL: nothing. */
static const char *need_of(const struct bk_move_task *task,
			   const struct bk_move_record *record)
{
	if (!record)
		return task->unplaced ? task->unplaced->text : "not begun";
	if (!needs_somebody(&record->report))
		return NULL;
	return record->report.why ? record->report.why
				  : "some of it stayed behind";
}

static void print_needs(const struct mail *mail)
{
	const char *heading = "NEEDS YOU\n";
	bool told = !mail->why; /* that, by some account */
	FILE *out = mail->out;

	for (size_t i = 0; i < n_accounts(mail); i++) {
		const char *account = mail->move->accounts.items[i].from;
		const struct bk_move_record *record = record_of(mail, i);
		const char *need =
			has_moved(mail, i)
				? NULL
				: need_of(&mail->move->tasks[i], record);
		if (!need)
			continue;
		need = without(need, account);
		(void)fprintf(out, "%s  ", heading);
		heading = "";
		print_escaped(out, account);
		(void)fprintf(out, ": ");
		print_escaped(out, need);
		(void)fprintf(out, "\n");
		told = told || strstr(mail->why->text, need);
		if (record)
			print_items(record, out);
	}
	if (!told) {
		(void)fprintf(out, "%s  ", heading);
		print_escaped(out, mail->why->text);
		(void)fprintf(out, "\n");
		heading = "";
	}
	if (!*heading)
		(void)fprintf(out, "\n");
}

static void print_accounts(const struct mail *mail)
{
	(void)fprintf(mail->out, "\nACCOUNTS\n");
	for (size_t i = 0; i < n_accounts(mail); i++) {
		const struct bk_move_record *record = record_of(mail, i);
		if (!record)
			continue;
		bk_move_print(&record->report, false, mail->out);
		if (!needs_somebody(&record->report))
			print_items(record, mail->out);
	}
}

/* "  ann@a.example: rights of bob: not possible here: ..."; `folder` is of it
 * or "". */
static void print_lack(const char *whose, const struct bk_carried *row,
		       const char *folder, FILE *out)
{
	(void)fprintf(out, "  ");
	print_escaped(out, whose);
	(void)fprintf(out, ": ");
	if (*folder) {
		print_escaped(out, folder);
		(void)fprintf(out, ": ");
	}
	(void)fprintf(out, "%s", row->what);
	if (row->n > 1 && *folder)
		(void)fprintf(out, " (%ju)", (uintmax_t)row->n);
	(void)fprintf(out, ": %s%s", bk_became_word(row->became),
		      *row->why ? ": " : "");
	print_escaped(out, row->why);
	(void)fprintf(out, "\n");
}

/* Of one account; UIDs are those of all. */
static void print_lacks(struct mail *mail, const struct bk_move_record *record,
			struct bk_carried_list *uids)
{
	const char *account = record->report.account;
	struct bk_carried_list rows;
	size_t n = 0;

	bk_move_carried_rows(record, &rows);
	for (size_t i = 0; i < rows.n; i++) {
		struct bk_carried row = rows.items[i];
		if (!bk_move_carried_lacks(&row))
			continue;
		if (strcmp(row.what, BK_MOVE_UIDS) == 0) {
			row.folder = account;
			bk_move_carried_join(uids, &row, 1);
		} else if (n++ < ITEMS_MAX) {
			print_lack(account, &row, row.folder, mail->out);
		}
	}
	bk_carried_list_clear(&rows);
	if (n > ITEMS_MAX) {
		(void)fprintf(mail->out, "  ");
		print_escaped(mail->out, account);
		(void)fprintf(mail->out, ": and %zu more: %s\n", n - ITEMS_MAX,
			      bk_move_next(mail->move, "report", account));
	}
}

/* What goes along with the mail, and did not. */
static void print_left_behind(struct mail *mail)
{
	struct bk_carried_list uids = {0};
	char *text = NULL;
	size_t n = 0;
	FILE *out = mail->out;

	mail->out = open_memstream(&text, &n);
	if (!mail->out)
		abort(); /* as all small allocations do */
	for (size_t i = 0; i < n_accounts(mail); i++)
		if (record_of(mail, i))
			print_lacks(mail, record_of(mail, i), &uids);
	for (size_t i = 0; i < uids.n; i++) {
		const struct bk_carried *row = &uids.items[i];
		char *many = bk_asprintf("%ju accounts", (uintmax_t)row->n);
		print_lack(*row->folder ? row->folder : many, row, "",
			   mail->out);
		free(many);
	}
	(void)fclose(mail->out);
	mail->out = out;
	if (*text)
		(void)fprintf(out, "\nWHAT COULD NOT BE CARRIED OVER\n%s",
			      text);
	free(text);
	bk_carried_list_clear(&uids);
}

static char *text_of(struct mail *mail)
{
	char *text = NULL;
	size_t n = 0;

	mail->out = open_memstream(&text, &n);
	if (!mail->out)
		abort(); /* as all small allocations do */
	print_needs(mail);
	(void)fprintf(mail->out, "SUMMARY\n");
	bk_summary_print(&mail->move->summary, false, mail->out);
	print_accounts(mail);
	print_left_behind(mail);
	(void)fclose(mail->out);
	return text;
}

/* ---- the same for programs ---- */

static void add_carried(struct bk_json *account,
			const struct bk_move_record *record)
{
	struct bk_json *carried = bk_json_array(account, "carried");
	struct bk_carried_list rows;

	bk_move_carried_rows(record, &rows);
	for (size_t i = 0; i < rows.n; i++) {
		const struct bk_carried *row = &rows.items[i];
		struct bk_json *one = bk_json_object(carried, NULL);
		bk_json_text(one, "what", row->what);
		bk_json_text(one, "became", bk_became_word(row->became));
		bk_json_uint(one, "number", row->n);
		if (*row->folder)
			bk_json_text(one, "folder", row->folder);
		if (*row->why)
			bk_json_text(one, "why", row->why);
	}
	bk_carried_list_clear(&rows);
}

static void add_account(struct bk_json *accounts,
			const struct bk_move_record *record)
{
	const struct bk_move_report *r = &record->report;
	struct bk_json *account = bk_json_object(accounts, NULL);

	bk_json_text(account, "account", r->account);
	bk_json_text(account, "to", r->to);
	if (r->server)
		bk_json_text(account, "server", r->server);
	bk_json_text(account, "state", bk_move_state_word(r->state));
	bk_json_text(account, "cutover", bk_move_cutover_word(r->cutover));
	bk_json_real(account, "held_s", r->downtime);
	bk_json_uint(account, "messages", r->messages);
	bk_json_uint(account, "copied", r->added);
	bk_json_uint(account, "bytes", r->bytes);
	bk_json_uint(account, "left", r->refused + r->unread);
	if (r->why)
		bk_json_text(account, "why", r->why);
	struct bk_json *items = bk_json_array(account, "items");
	for (size_t i = 0; i < record->n_items; i++) {
		struct bk_json *item = bk_json_object(items, NULL);
		bk_json_text(item, "folder", record->items[i].folder);
		bk_json_uint(item, "uid", record->items[i].uid);
		bk_json_text(item, "text", record->items[i].text);
	}
	add_carried(account, record);
}

static char *json_of(const struct mail *mail)
{
	const struct bk_move_request *request = mail->move->request;
	struct bk_json *json = bk_json_new();

	bk_json_int(json, "v", 1);
	bk_json_text(json, "type", "move");
	bk_json_text(json, "from", request->from->name);
	bk_json_text(json, "to", request->to_name);
	if (mail->why)
		bk_json_text(json, "error", mail->why->text);
	struct bk_json *accounts = bk_json_array(json, "accounts");
	for (size_t i = 0; i < n_accounts(mail); i++)
		if (record_of(mail, i))
			add_account(accounts, record_of(mail, i));
	char *text = bk_json_line(json);
	bk_json_free(json);
	return text;
}

/* ---- the mail ---- */

static const char *result_word(const struct mail *mail)
{
	if (mail->move->undone)
		return "UNDONE";
	switch (mail->move->summary.result) {
	case BK_RESULT_COMPLETE:
		return mail->why ? "FAILED" : "COMPLETE";
	case BK_RESULT_INCOMPLETE:
		return "INCOMPLETE";
	case BK_RESULT_FAILED:
	case BK_RESULT_PLANNED:
		break;
	}
	return "FAILED";
}

static char *subject_of(const struct mail *mail)
{
	const struct bk_move *move = mail->move;
	const struct bk_summary *summary = &move->summary;
	bool whole = !mail->why && !summary->accounts_left;
	uint64_t done = summary->accounts_left < move->accounts.n
				? move->accounts.n - summary->accounts_left
				: 0;

	return bk_asprintf("%s move %s to %s: %ju of %zu accounts%s",
			   result_word(mail), move->request->from->name,
			   move->request->to_name, (uintmax_t)done,
			   move->accounts.n, whole ? "" : " - action needed");
}

void bk_move_mail(struct bk_move *move, const struct bk_err *why)
{
	const struct bk_notify_settings *notify = move->request->notify;
	struct mail mail = {.move = move, .why = why};
	struct bk_err ignored = {0};

	if (!notify || notify->to.n == 0 || !move->n_pairs)
		return;
	mail.records = bk_alloc(move->n_pairs * sizeof(*mail.records));
	for (size_t i = 0; i < move->n_pairs; i++) {
		mail.records[i] = (struct bk_move_records){0};
		if (bk_move_pair_records(move, &move->pairs[i],
					 &mail.records[i], &ignored) < 0)
			bk_move_records_clear(&mail.records[i]);
	}
	char *subject = subject_of(&mail);
	char *matter = bk_asprintf("move %s %s", move->request->from->name,
				   move->request->to_name);
	char *text = text_of(&mail);
	char *json = json_of(&mail);
	const struct bk_notify_text what = {
		.subject = subject,
		.matter = matter,
		.text = text,
		.json = json,
	};
	(void)bk_notify_tell(notify, &what);
	for (size_t i = 0; i < move->n_pairs; i++)
		bk_move_records_clear(&mail.records[i]);
	free(mail.records);
	free(subject);
	free(matter);
	free(text);
	free(json);
}
