/* A standby at work: what its verbs share. */

#ifndef BK_JOB_STANDBY_RUN_H
#define BK_JOB_STANDBY_RUN_H

#include "base/lock.h"
#include "job/choose.h"
#include "job/open.h"
#include "job/server_store.h"
#include "job/standby.h"
#include "job/standby_copy.h"
#include "job/standby_look.h"
#include "job/standby_state.h"

struct bk_standby {
	const struct bk_standby_request *request;
	struct bk_progress *progress;
	struct bk_outcome *outcome;
	struct bk_store_settings store;
	struct bk_server_store server; /* that it is on */
	bool far;                      /* it is on one */
	struct bk_standby_state state;
	struct bk_lock *lock;
	char *from;                    /* the request's */
	struct bk_repo_settings which; /* the repository that is applied from */
	struct bk_opened opened;       /* it */
	struct bk_standby_look look;   /* is the store as it was left? */
	bool looks_at_all;             /* into every folder, whatever it says */
	bool applies_again;            /* the set that it has, too */
};

/* The set that is meant; what of its root matters here.  {0} is empty. */
struct bk_standby_set {
	uint8_t id[BK_ID_LEN];
	char hex[BK_ID_TEXT];
	char label[BK_SET_LABEL];
	int64_t begun; /* UTC seconds: mail that came later is not in it */
	bool incomplete;
	uint64_t errors; /* items that it lacks */
	uint64_t messages;
	uint64_t sequence; /* of the host's sets */
	uint8_t host[BK_ID_LEN];
	char host_name[128], store[128]; /* cut where they are longer */
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

/* Is it the one that was applied, wholly, and all of it as it was left, so that
 * nothing is to be done? */
bool bk_standby_has(const struct bk_standby *standby,
		    const struct bk_standby_set *set);

/* Applies it, and remembers that. */
int bk_standby_apply(struct bk_standby *standby,
		     const struct bk_standby_set *set,
		     struct bk_standby_copy *copy, bool accounts_first,
		     struct bk_err *err);

/* Looks whether the store is as it was left, and tells where it is not. */
int bk_standby_see(struct bk_standby *standby, struct bk_err *err);

/* ---- standby_check.c ---- */

/* Sets of two hosts that go by one name are nobody's choice: BK_MISUSE with
 * their identifiers. */
int bk_standby_check_hosts(const struct bk_set_info_list *sets,
			   const struct bk_choice *choice,
			   const struct bk_set_info *chosen,
			   struct bk_err *err);
/* BK_UNSAFE for a set of another host or store than the one applied, */
int bk_standby_check_source(const struct bk_standby *standby,
			    const struct bk_standby_set *set,
			    struct bk_err *err);
/* for one that is older, */
int bk_standby_check_order(const struct bk_standby *standby,
			   const struct bk_standby_set *set,
			   struct bk_err *err);
/* for one that would take away more than 30 % of the mail; */
int bk_standby_check_shrink(const struct bk_standby *standby,
			    const struct bk_standby_set *set,
			    struct bk_err *err);
/* all three, unless the request accepts it. */
int bk_standby_check_set(const struct bk_standby *standby,
			 const struct bk_standby_set *set, struct bk_err *err);

bool bk_standby_is_older(const struct bk_standby *standby,
			 const struct bk_standby_set *set);
/* UTC seconds: was it taken after now, by some minutes?  Then a clock is
 * wrong. */
bool bk_standby_is_ahead(int64_t taken, int64_t now);

/* A store that was never followed into holds no mail; BK_UNSAFE else. */
int bk_standby_check_empty(struct bk_standby *standby, struct bk_err *err);

#endif
