/* Pins, and taking back what was condemned: see prune_run.h. */

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "job/choose.h"
#include "job/command.h"
#include "job/prune_run.h"
#include "repo/holds.h"

/* Those that are condemned and not yet gone, as sets to choose from. */
static int list_condemned(const struct bk_repo *repo,
			  struct bk_set_info_list *out, struct bk_err *err)
{
	struct bk_condemned trash = {0};
	int rc = bk_condemned_read(repo, &trash, err);

	for (size_t i = 0; rc == 0 && i < trash.n; i++)
		for (size_t k = 0; rc == 0 && k < trash.lists[i].n_sets; k++) {
			struct bk_err why = {0};
			if (bk_set_info_list_add(out, repo,
						 trash.lists[i].sets[k].set,
						 &why) < 0 &&
			    why.kind != BK_GONE) {
				*err = why;
				rc = -1;
			}
		}
	bk_condemned_clear(&trash);
	return rc;
}

static int choose(struct bk_prune_run *run, const struct bk_set_info_list *sets,
		  const struct bk_set_info **out, struct bk_err *err)
{
	const struct bk_choice choice = {
		.word = run->request->set,
		.host = run->request->host,
		.at = BK_NO_TIME,
	};
	struct bk_err why = {0};

	*out = NULL;
	if (sets->n &&
	    bk_choose_set(sets, &choice, run->repo->host, out, &why) == 0)
		return 0;
	if (!sets->n || why.kind == BK_GONE) {
		run->nothing = true;
		return 0;
	}
	run->failed_at = BK_PLACE_SET;
	*err = why;
	return -1;
}

static void say_none(const struct bk_prune_run *run, const char *what)
{
	struct bk_buf list = {0};

	if (run->place->is_repo) {
		bk_command_begin(&list, "list", run->request->which, 0);
	} else {
		bk_buf_printf(&list, "bk list -r");
		bk_command_word(&list, run->place->where);
	}
	bk_log(BK_LOG_INFO, "%s: no %s set '%s'; %s shows what there is",
	       run->place->name, what, run->request->set, bk_buf_text(&list));
	bk_buf_clear(&list);
}

static int pin(struct bk_prune_run *run, const struct bk_set_info *info,
	       const char *name, struct bk_err *err)
{
	const struct bk_prune_terms terms = {
		.now_ms = run->now_ms,
		.until_ms = run->request->until_ms,
		.why = "bk prune --pin",
	};
	char day[BK_CLOCK_TEXT];
	struct bk_buf back = {0};
	enum bk_undelete state;

	/* A prune may have condemned it a moment ago. */
	if (bk_prune_undelete(run->repo, info->id, &terms, &state, err) < 0)
		return -1;
	if (state == BK_UNDELETE_LATE || state == BK_UNDELETE_GONE)
		return bk_fail(err, BK_BUSY,
			       "set %s is being deleted by a prune: too late",
			       name);
	bk_prune_command(&back, run, "--unpin", name);
	bk_log(BK_LOG_INFO,
	       "%s: %s stays until %s, and what it stands on; to take it "
	       "back: %s",
	       run->place->name, name,
	       terms.until_ms ? bk_clock_local(day, terms.until_ms / 1000)
			      : "it is unpinned",
	       bk_buf_text(&back));
	bk_buf_clear(&back);
	return 0;
}

static int unpin(struct bk_prune_run *run, const struct bk_set_info *info,
		 const char *name, struct bk_err *err)
{
	size_t n;

	if (bk_holds_unpin(run->repo, info->id, &n, err) < 0)
		return -1;
	run->nothing = n == 0;
	bk_log(BK_LOG_INFO,
	       n ? "%s: %s is not pinned any more" : "%s: %s was not pinned",
	       run->place->name, name);
	return 0;
}

static int undelete(struct bk_prune_run *run, const struct bk_set_info *info,
		    const char *name, struct bk_err *err)
{
	const struct bk_prune_terms terms = {.now_ms = run->now_ms};
	enum bk_undelete state;

	if (bk_prune_undelete(run->repo, info->id, &terms, &state, err) < 0)
		return -1;
	switch (state) {
	case BK_UNDELETE_SAVED:
	case BK_UNDELETE_VISIBLE:
		bk_log(BK_LOG_INFO,
		       "%s: %s is saved and pinned; it is listed again when "
		       "the prune that condemned it comes to its end",
		       run->place->name, name);
		return 0;
	case BK_UNDELETE_LATE:
		return bk_fail(err, BK_BUSY,
			       "set %s may be too late to save: deleting has "
			       "begun; look at it: bk check",
			       name);
	case BK_UNDELETE_GONE:
		run->nothing = true;
		say_none(run, "such");
		return 0;
	}
	return 0;
}

static int do_it(struct bk_prune_run *run, const struct bk_set_info_list *sets,
		 struct bk_err *err)
{
	const struct bk_set_info *info;
	char name[BK_SET_LABEL];

	if (choose(run, sets, &info, err) < 0)
		return -1;
	if (!info) {
		say_none(run, run->request->verb == BK_PRUNE_UNDELETE
				      ? "condemned"
				      : "visible");
		return 0;
	}
	(void)bk_set_word(name, sets, info);
	if (run->request->dry_run) {
		bk_log(BK_LOG_INFO, "%s: it is %s", run->place->name, name);
		return 0;
	}
	switch (run->request->verb) {
	case BK_PRUNE_PIN:
		return pin(run, info, name, err);
	case BK_PRUNE_UNPIN:
		return unpin(run, info, name, err);
	case BK_PRUNE_UNDELETE:
		return undelete(run, info, name, err);
	case BK_PRUNE_RULES:
		break;
	}
	return 0;
}

int bk_prune_hold(struct bk_prune_run *run, struct bk_err *err)
{
	struct bk_set_info_list sets = {0};

	int rc = run->request->verb == BK_PRUNE_UNDELETE
			 ? list_condemned(run->repo, &sets, err)
			 : bk_sets_list(run->repo, &sets, err);
	if (rc == 0)
		rc = do_it(run, &sets, err);
	bk_set_info_list_clear(&sets);
	return rc;
}
