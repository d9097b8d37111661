/* Is a run news?  See job_tell.h. */

#include "job/job_tell.h"
#include "job/notify.h"

static enum bk_job_saying weigh_good(struct bk_job_state *state, unsigned on)
{
	/* Who is told of no trouble cannot have been told of this one. */
	bool known = state->n_troubles ||
		     !(on & (BK_NOTIFY_FAILURE | BK_NOTIFY_INCOMPLETE));

	if (state->since && known &&
	    on & (BK_NOTIFY_RECOVERY | BK_NOTIFY_ALWAYS))
		return BK_JOB_SAY_RECOVERY;
	return on & BK_NOTIFY_ALWAYS ? BK_JOB_SAY_ALWAYS : BK_JOB_SILENT;
}

/* A clock that was put back must not keep anything silent. */
static bool is_recent(int64_t told, int64_t repeat_ms, int64_t now)
{
	return told && told <= now && now - told < repeat_ms / 1000;
}

enum bk_job_saying bk_job_weigh(struct bk_job_state *state, unsigned on,
				int64_t repeat_ms, enum bk_exit status,
				const char *trouble, int64_t now)
{
	unsigned kind = status == BK_EXIT_INCOMPLETE ? BK_NOTIFY_INCOMPLETE
						     : BK_NOTIFY_FAILURE;

	if (status == BK_EXIT_DONE)
		return weigh_good(state, on);
	if (!state->since || state->since > now)
		state->since = now;
	state->bad++;
	if (on & BK_NOTIFY_ALWAYS)
		return BK_JOB_SAY_TROUBLE;
	if (on & kind &&
	    !is_recent(bk_job_state_when(state, trouble), repeat_ms, now))
		return BK_JOB_SAY_TROUBLE;
	state->untold++;
	return BK_JOB_SILENT;
}
