/* What two runs from one source do one after the other: see move_alone.h. */

#include "job/move_alone.h"

#include <stdlib.h>

#include "job/move_elsewhere.h"

static int take(struct bk_lock **out, const struct bk_move *move,
		const char *what, struct bk_err *err)
{
	const struct bk_move_request *request = move->request;
	char *from = bk_move_end_identity(request->from);

	int rc = bk_lock_take(out,
			      &(struct bk_lock_request){
				      .state_dir = request->state_dir,
				      .store = from,
				      .repo = what,
				      .command = "bk-move",
				      .wait_ms = request->wait_ms,
			      },
			      err);
	free(from);
	return rc;
}

int bk_move_alone_placing(struct bk_lock **out, const struct bk_move *move,
			  struct bk_err *err)
{
	if (take(out, move, "places", err) == 0)
		return 0;
	return bk_context(err,
			  "another run gives accounts of %s their places at "
			  "other servers",
			  move->request->from->name);
}

int bk_move_alone_with(struct bk_lock **out, const struct bk_move_task *task,
		       struct bk_err *err)
{
	if (task->move->request->dry_run)
		return 0;
	char *what = bk_asprintf("account %s", task->name);
	int rc = take(out, task->move, what, err);
	free(what);
	if (rc < 0)
		return bk_context(err,
				  "another run moves it to another server");
	return bk_move_elsewhere_still(task, BK_CLAIM_CUTOVER, err);
}
