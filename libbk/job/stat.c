/* What sets say of themselves: see stat.h. */

#include "job/stat.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "job/stat_run.h"
#include "net/url.h"
#include "repo/presence.h"

/* ---- room ---- */

static int find_room(struct bk_stat *stat, struct bk_err *err)
{
	const struct bk_stat_request *request = stat->request;
	struct statvfs fs;

	if (request->capacity) {
		uint64_t used = stat->forecast.stored;
		stat->has_room = true;
		stat->room =
			request->capacity > used ? request->capacity - used : 0;
		return 0;
	}
	const char *folder = strncmp(request->where, "file://", 7) == 0
				     ? request->where + 7
				     : request->where;
	if (bk_url_is(folder))
		return 0;
	if (statvfs(folder, &fs) < 0)
		return bk_fail_errno(err, "%s", folder);
	stat->has_room = true;
	stat->room = (uint64_t)fs.f_bavail * fs.f_frsize;
	return 0;
}

/* ---- who is overdue ---- */

static const struct bk_set_info *visible(const struct bk_stat *stat,
					 const uint8_t id[BK_ID_LEN])
{
	for (size_t i = 0; i < stat->sets.n; i++)
		if (memcmp(stat->sets.items[i].id, id, BK_ID_LEN) == 0)
			return &stat->sets.items[i];
	return NULL;
}

/* All files of it, and of what it stands on. */
static bool is_whole(const struct bk_stat *stat,
		     const struct bk_blob_list *data,
		     const struct bk_set_info *info)
{
	struct bk_err why = {0};

	for (int depth = 0; depth < BK_CHAIN_MAX; depth++) {
		if (!info || info->broken ||
		    bk_presence_info(data, stat->request->repo, info, &why) < 0)
			return false;
		if (info->root.kind == BK_SET_FULL)
			return true;
		info = visible(stat, info->root.base);
	}
	return false;
}

static enum bk_due_state judge(const struct bk_stat *stat,
			       const struct bk_blob_list *data,
			       const struct bk_stat_series *series)
{
	const struct bk_due *due = stat->request->due;
	bool *whole = bk_alloc(series->n * sizeof(*whole));

	for (size_t i = 0; i < series->n; i++)
		whole[i] = bk_due_asks(due, series->sets[i]) &&
			   is_whole(stat, data, series->sets[i]);
	enum bk_due_state state = bk_due_judge(due, series, whole, stat->now);
	free(whole);
	return state;
}

static void note_state(enum bk_due_state state, struct bk_outcome *outcome)
{
	if (state == BK_DUE_IN_TIME)
		return;
	if (state != BK_DUE_INCOMPLETE)
		outcome->ending = BK_ENDING_DIFFERENT;
	else if (outcome->ending == BK_ENDING_DONE)
		outcome->ending = BK_ENDING_INCOMPLETE;
}

static int judge_all(struct bk_stat *stat, struct bk_outcome *outcome,
		     struct bk_err *err)
{
	struct bk_blob_list data = {0};

	if (bk_target_list(stat->request->repo->target, "data", &data, err) < 0)
		return -1;
	stat->states = bk_alloc((stat->list.n + 1) * sizeof(*stat->states));
	for (size_t i = 0; i < stat->list.n; i++) {
		stat->states[i] = judge(stat, &data, &stat->list.items[i]);
		note_state(stat->states[i], outcome);
	}
	stat->no_series = stat->list.n ? BK_DUE_IN_TIME : BK_DUE_NEVER;
	note_state(stat->no_series, outcome);
	bk_blob_list_clear(&data);
	return 0;
}

/* ---- all of it ---- */

static int none_there(const struct bk_stat *stat, struct bk_err *err)
{
	const struct bk_choice *choice = &stat->request->choice;

	if (stat->list.n || stat->request->due ||
	    (!choice->host && !choice->store))
		return 0;
	return bk_fail(err, BK_GONE,
		       "no set of %s '%s'; bk list shows what there is",
		       choice->host ? "host" : "store",
		       choice->host ? choice->host : choice->store);
}

static void tell_broken(const struct bk_stat *stat, struct bk_outcome *outcome)
{
	if (!stat->list.broken)
		return;
	bk_log(BK_LOG_WARN,
	       "%zu sets do not open, and are not counted; run: bk check",
	       stat->list.broken);
	if (outcome->ending == BK_ENDING_DONE)
		outcome->ending = BK_ENDING_DAMAGED;
}

static int find_out(struct bk_stat *stat, struct bk_outcome *outcome,
		    struct bk_err *err)
{
	outcome->place = BK_PLACE_REPO;
	if (bk_sets_list(stat->request->repo, &stat->sets, err) < 0)
		return -1;
	bk_stat_list_make(&stat->list, &stat->sets, &stat->request->choice);
	bk_forecast_make(&stat->list, &stat->forecast);
	if (find_room(stat, err) < 0 ||
	    (stat->request->due && judge_all(stat, outcome, err) < 0))
		return -1;
	outcome->place = BK_PLACE_SET;
	if (none_there(stat, err) < 0)
		return -1;
	tell_broken(stat, outcome);
	return 0;
}

int bk_stat_run(const struct bk_stat_request *request,
		struct bk_outcome *outcome, struct bk_err *err)
{
	struct bk_stat stat = {.request = request, .now = bk_clock_now()};

	int rc = find_out(&stat, outcome, err);
	if (rc == 0)
		outcome->place = BK_PLACE_REQUEST;
	if (rc == 0 && request->prometheus)
		rc = bk_stat_prometheus(&stat, err);
	if (rc == 0)
		rc = request->due ? bk_stat_print_due(&stat, err)
				  : bk_stat_print(&stat, err);
	free(stat.states);
	bk_stat_list_clear(&stat.list);
	bk_set_info_list_clear(&stat.sets);
	return rc;
}
