/* A run of a job as it is remembered: see job_record.h. */

#include "job/job_record.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static struct bk_job_record *of(struct bk_progress *progress)
{
	return (struct bk_job_record *)progress;
}

static const char *copy(struct bk_job_record *record, const char *text)
{
	return text ? bk_arena_strdup(&record->arena, text) : NULL;
}

/* ---- what is of no interest afterwards ---- */

static void start(struct bk_progress *to, const struct bk_run *run)
{
	(void)to;
	(void)run;
}

static void totals(struct bk_progress *to, const struct bk_totals *totals)
{
	(void)to;
	(void)totals;
}

static void account(struct bk_progress *to, const char *address)
{
	(void)to;
	(void)address;
}

static void note(struct bk_progress *to, const char *text)
{
	(void)to;
	(void)text;
}

/* ---- what is ---- */

static void item_error(struct bk_progress *to,
		       const struct bk_item_error *error)
{
	struct bk_job_record *record = of(to);

	(void)pthread_mutex_lock(&record->lock);
	bk_problems_add(&record->problems, error);
	(void)pthread_mutex_unlock(&record->lock);
}

static void warning(struct bk_progress *to, const char *text)
{
	struct bk_job_record *record = of(to);

	(void)pthread_mutex_lock(&record->lock);
	bk_names_add(&record->warnings, text);
	(void)pthread_mutex_unlock(&record->lock);
}

/* Its place in the list. */
static struct bk_target_report *place_for(struct bk_job_record *record,
					  const char *name)
{
	for (size_t i = 0; i < record->n_targets; i++)
		if (strcmp(record->targets[i].name, name) == 0)
			return &record->targets[i];
	record->targets =
		bk_array_room(record->targets, record->n_targets,
			      &record->cap_targets, sizeof(*record->targets));
	return &record->targets[record->n_targets++];
}

static void target(struct bk_progress *to,
		   const struct bk_target_report *report)
{
	struct bk_job_record *record = of(to);

	if (report->state == BK_TARGET_UNDER_WAY)
		return;
	(void)pthread_mutex_lock(&record->lock);
	struct bk_target_report *kept = place_for(record, report->name);
	*kept = *report;
	kept->name = copy(record, report->name);
	kept->newest = copy(record, report->newest);
	kept->why = copy(record, report->why);
	kept->next = copy(record, report->next);
	(void)pthread_mutex_unlock(&record->lock);
}

static void finish(struct bk_progress *to, const struct bk_summary *summary)
{
	struct bk_job_record *record = of(to);

	if (summary->act != BK_ACT_BACKUP)
		return;
	(void)pthread_mutex_lock(&record->lock);
	record->has_set = true;
	record->set = *summary;
	record->set.set = copy(record, summary->set);
	record->set.base = copy(record, summary->base);
	record->set.kind = copy(record, summary->kind);
	record->set.store = copy(record, summary->store);
	record->set.repo = copy(record, summary->repo);
	record->set.next = copy(record, summary->next);
	(void)pthread_mutex_unlock(&record->lock);
}

static const struct bk_progress_ops ops = {
	.start = start,
	.totals = totals,
	.account = account,
	.item_error = item_error,
	.note = note,
	.warning = warning,
	.target = target,
	.finish = finish,
};

void bk_job_record_init(struct bk_job_record *record)
{
	*record = (struct bk_job_record){.progress.ops = &ops};
	(void)pthread_mutex_init(&record->lock, NULL);
}

void bk_job_record_clear(struct bk_job_record *record)
{
	bk_problems_clear(&record->problems);
	bk_names_clear(&record->warnings);
	bk_names_clear(&record->pruned);
	bk_arena_clear(&record->arena);
	free(record->targets);
	(void)pthread_mutex_destroy(&record->lock);
}

void bk_job_record_problem(struct bk_job_record *record, const char *where,
			   const struct bk_err *why, const char *next)
{
	item_error(&record->progress, &(struct bk_item_error){
					      .kind = why->kind,
					      .account = where,
					      .text = why->text,
					      .next = next,
				      });
}

const struct bk_target_report *bk_job_record_target(
	const struct bk_job_record *record, const char *name)
{
	for (size_t i = 0; i < record->n_targets; i++)
		if (strcmp(record->targets[i].name, name) == 0)
			return &record->targets[i];
	return NULL;
}

bool bk_job_record_has_copy(const struct bk_job_record *record,
			    const char *target)
{
	const struct bk_target_report *report =
		bk_job_record_target(record, target);

	return report && report->state == BK_TARGET_COMPLETE;
}
