/* Records of the accounts that are under way, and what is told of them: see
 * move_work.h. */

#include <string.h>

#include "base/clock.h"
#include "job/move_work.h"

void bk_move_keep_begin(struct bk_move *move, struct bk_move_record *record)
{
	(void)pthread_mutex_lock(&move->lock);
	for (size_t i = 0; i < move->n_under_way; i++)
		if (!move->under_way[i]) {
			move->under_way[i] = record;
			break;
		}
	(void)pthread_mutex_unlock(&move->lock);
}

void bk_move_keep_drop(struct bk_move *move,
		       const struct bk_move_record *record)
{
	(void)pthread_mutex_lock(&move->lock);
	for (size_t i = 0; i < move->n_under_way; i++)
		if (move->under_way[i] == record)
			move->under_way[i] = NULL;
	(void)pthread_mutex_unlock(&move->lock);
}

/* A cutover that was gone on with needed no pass: what the passes before it
 * carried over counts.  The lock is held. */
static void keep_counts(const struct bk_move_records *before,
			struct bk_move_record *record)
{
	const struct bk_move_record *was =
		bk_move_records_find(before, record->name);
	struct bk_move_report now = record->report;

	if (now.folders || !was || was->report.cutover == BK_CUTOVER_NOT_TRIED)
		return;
	record->report = was->report;
	record->report.account = now.account;
	record->report.to = now.to;
	record->report.server = now.server;
	record->report.state = now.state;
	record->report.why = now.why;
	record->report.downtime = now.downtime;
	if (now.cutover != BK_CUTOVER_NOT_TRIED)
		record->report.cutover = now.cutover;
}

void bk_move_keep_end(const struct bk_move_task *task,
		      struct bk_move_record *record)
{
	struct bk_move *move = task->move;
	const char *path = task->pair->record_path;
	struct bk_move_record kept;
	struct bk_move_records before = {0};
	struct bk_err why = {0};
	int rc = 0;

	bk_move_keep_drop(move, record);
	record->ended = bk_clock_now();
	if (move->request->dry_run)
		return;
	kept = *record;
	(void)pthread_mutex_lock(&move->lock);
	if (!record->report.folders)
		rc = bk_move_records_read(&before, path, &why);
	if (rc == 0) {
		keep_counts(&before, &kept);
		rc = bk_move_record_add(path, &kept, &why);
	}
	(void)pthread_mutex_unlock(&move->lock);
	bk_move_records_clear(&before);
	if (rc < 0)
		bk_progress_warning(move->progress, why.text);
}

static const char *text_of(struct bk_move *move, const char *text)
{
	return text ? bk_arena_strdup(&move->arena, text) : "";
}

static bool same_text(const char *kept, const char *text)
{
	return strcmp(kept, text ? text : "") == 0;
}

/* An account that is tried again meets the same again. */
static bool is_known(const struct bk_move_record *record,
		     const struct bk_item_error *error)
{
	for (size_t i = 0; i < record->n_items; i++) {
		const struct bk_move_item *item = &record->items[i];
		if (item->uid == error->uid &&
		    same_text(item->folder, error->folder) &&
		    same_text(item->name, error->name) &&
		    same_text(item->outcome, error->outcome) &&
		    same_text(item->text, error->text))
			return true;
	}
	return false;
}

static void add_item(struct bk_move *move, struct bk_move_record *record,
		     const struct bk_item_error *error)
{
	if (record->n_items == BK_MOVE_RECORD_ITEMS) {
		record->more_items++;
		return;
	}
	record->items =
		bk_array_room(record->items, record->n_items,
			      &record->cap_items, sizeof(*record->items));
	record->items[record->n_items++] = (struct bk_move_item){
		.folder = text_of(move, error->folder),
		.name = text_of(move, error->name),
		.text = text_of(move, error->text),
		.outcome = text_of(move, error->outcome),
		.uid = error->uid,
	};
}

/* Nobody else's; NULL: none is.  The lock is held. */
static struct bk_move_record *record_of(const struct bk_move *move,
					const char *name)
{
	for (size_t i = 0; i < move->n_under_way; i++)
		if (move->under_way[i] &&
		    strcmp(move->under_way[i]->name, name) == 0)
			return move->under_way[i];
	return NULL;
}

/* Something of an account that is under way could not be done: is it new? */
static bool keep_item(void *arg, const struct bk_item_error *error)
{
	struct bk_move *move = arg;
	bool is_new = true;

	if (!error->account)
		return true;
	(void)pthread_mutex_lock(&move->lock);
	struct bk_move_record *record = record_of(move, error->account);
	if (record && is_known(record, error))
		is_new = false;
	else if (record)
		add_item(move, record, error);
	(void)pthread_mutex_unlock(&move->lock);
	return is_new;
}

void bk_move_keep_anew(struct bk_move *move, const char *name)
{
	(void)pthread_mutex_lock(&move->lock);
	struct bk_move_record *record = record_of(move, name);
	if (record)
		bk_carried_list_age(&record->carried);
	(void)pthread_mutex_unlock(&move->lock);
}

static void keep_carried(void *arg, const char *account,
			 const struct bk_carried *row)
{
	struct bk_move *move = arg;

	(void)pthread_mutex_lock(&move->lock);
	struct bk_move_record *record = record_of(move, account);
	if (record && record->carried.n < BK_MOVE_RECORD_CARRIED)
		bk_carried_list_add(&record->carried, row);
	(void)pthread_mutex_unlock(&move->lock);
}

void bk_move_keep_watch(struct bk_move *move, bool on)
{
	if (!move->progress)
		return;
	move->progress->watch = on ? keep_item : NULL;
	move->progress->carried = on ? keep_carried : NULL;
	move->progress->watch_arg = move;
}
