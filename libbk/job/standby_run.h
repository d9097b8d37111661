/* A standby at work: what its verbs share. */

#ifndef BK_JOB_STANDBY_RUN_H
#define BK_JOB_STANDBY_RUN_H

#include "base/lock.h"
#include "job/choose.h"
#include "job/open.h"
#include "job/standby.h"
#include "job/standby_copy.h"
#include "job/standby_state.h"

struct bk_standby {
	const struct bk_standby_request *request;
	struct bk_progress *progress;
	struct bk_outcome *outcome;
	struct bk_store_settings store;
	struct bk_standby_state state;
	struct bk_lock *lock;
	char *from;                    /* the request's */
	struct bk_repo_settings which; /* the repository that is applied from */
	struct bk_opened opened;       /* it */
};

/* The set that is meant; what of its root matters here.  {0} is empty. */
struct bk_standby_set {
	uint8_t id[BK_ID_LEN];
	char hex[BK_ID_TEXT];
	char label[BK_SET_LABEL];
	int64_t begun; /* UTC seconds: mail that came later is not in it */
	bool incomplete;
	uint64_t errors; /* items that it lacks */
};

/* Store and state; `locks`: and nobody else is at it. */
int bk_standby_open(struct bk_standby *standby, bool locks, struct bk_err *err);
void bk_standby_close(struct bk_standby *standby);

/* Pulls the newest set, where there is a target to pull from and it is not the
 * one that was applied; opens the repository, and chooses. */
int bk_standby_fetch(struct bk_standby *standby, struct bk_standby_set *out,
		     struct bk_err *err);
/* The newest set at the target alone; nothing is copied. */
int bk_standby_newest(struct bk_standby *standby, struct bk_standby_set *out,
		      struct bk_err *err);

/* Is it the one that was applied, wholly? */
bool bk_standby_has(const struct bk_standby *standby,
		    const struct bk_standby_set *set);

/* Applies it, and remembers that. */
int bk_standby_apply(struct bk_standby *standby,
		     const struct bk_standby_set *set,
		     struct bk_standby_copy *copy, bool accounts_first,
		     struct bk_err *err);

/* What there is must not be older than what was applied; BK_UNSAFE else. */
int bk_standby_check_order(const struct bk_standby *standby,
			   const struct bk_standby_set *set,
			   struct bk_err *err);

/* A store that was never followed into holds no mail; BK_UNSAFE else. */
int bk_standby_check_empty(struct bk_standby *standby, struct bk_err *err);

#endif
