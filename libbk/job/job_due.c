/* What a job's schedule asks for now: see job_due.h. */

#include "job/job_due.h"

#include <string.h>

bool bk_due_is_ours(const struct bk_set_info *info, const struct bk_repo *repo,
		    const char *store)
{
	return !info->broken &&
	       memcmp(info->root.host, repo->host, BK_ID_LEN) == 0 &&
	       strcmp(info->root.store_name, store) == 0;
}

static void raise_to(int64_t *latest, int64_t at)
{
	if (at > *latest)
		*latest = at;
}

void bk_due_look(struct bk_due_times *out, const struct bk_set_info_list *sets,
		 const struct bk_repo *repo, const char *store, int64_t now)
{
	*out = (struct bk_due_times){INT64_MIN, INT64_MIN, INT64_MIN};
	for (size_t i = 0; i < sets->n; i++) {
		const struct bk_set_info *info = &sets->items[i];
		if (!bk_due_is_ours(info, repo, store))
			continue;
		int64_t at = info->root.start_ms / 1000;
		if (at > now + BK_DUE_AHEAD_S) {
			raise_to(&out->ahead, at);
			continue;
		}
		/* One that somebody made by hand of a few accounts is
		 * incremental, too. */
		if (info->root.kind != BK_SET_INCREMENTAL)
			raise_to(&out->any, at);
		if (info->root.kind == BK_SET_FULL)
			raise_to(&out->full, at);
	}
}

bool bk_due_full(const struct bk_job_settings *job,
		 const struct bk_due_times *times, int64_t now)
{
	return job->full.n && bk_schedule_due(&job->full, times->full, now);
}

bool bk_due_any(const struct bk_job_settings *job,
		const struct bk_due_times *times, int64_t now)
{
	if ((!job->full.n && !job->differential.n) || times->any == INT64_MIN)
		return true;
	return bk_due_full(job, times, now) ||
	       bk_schedule_due(&job->differential, times->any, now);
}

int64_t bk_due_next(const struct bk_job_settings *job, int64_t now)
{
	int64_t full = bk_schedule_next(&job->full, now);
	int64_t differential = bk_schedule_next(&job->differential, now);

	return full < differential ? full : differential;
}
