/* What was planned for scripts, done: see script_apply.h. */

#include "sync/script_apply.h"

#include "base/fault.h"

static int write_one(struct bk_script_apply *apply, struct bk_script_task *task,
		     struct bk_err *err)
{
	struct bk_err why = {0};

	if (bk_text_put(apply->kind, apply->store, apply->account, task->from,
			&why) < 0)
		return apply->failed(apply->arg, task->name, &why, err);
	apply->done.written++;
	task->done = true;
	bk_fault("sync: script written");
	return 0;
}

static int remove_one(struct bk_script_apply *apply,
		      struct bk_script_task *task, struct bk_err *err)
{
	struct bk_err why = {0};

	if (bk_text_remove(apply->kind, apply->store, apply->account,
			   task->name, &why) < 0)
		return apply->failed(apply->arg, task->name, &why, err);
	apply->done.removed++;
	task->done = true;
	return 0;
}

static int take_step(struct bk_script_apply *apply, struct bk_script_task *task,
		     enum bk_script_act wanted, struct bk_err *err)
{
	if (task->act != wanted)
		return 0;
	switch (task->act) {
	case BK_SCRIPT_PUT:
		return write_one(apply, task, err);
	case BK_SCRIPT_REMOVE:
		return remove_one(apply, task, err);
	case BK_SCRIPT_LEAVE:
		apply->note(apply->arg, task->name, task->why);
		return 0;
	case BK_SCRIPT_KEEP:
	case BK_SCRIPT_FORGET:
		break;
	}
	return 0;
}

/* Is it there now, and the source's? */
static bool is_carried(const struct bk_script_plan *plan, const char *name)
{
	const struct bk_script_task *task = bk_script_plan_find(plan, name);

	return task ? task->act == BK_SCRIPT_KEEP || task->done : !*name;
}

static int activate(struct bk_script_apply *apply, struct bk_err *err)
{
	const struct bk_script_plan *plan = apply->plan;
	struct bk_err why = {0};

	if (plan->active_why)
		apply->note(apply->arg, apply->active, plan->active_why);
	if (!plan->activate)
		return 0;
	if (!is_carried(plan, plan->activate)) {
		apply->note(apply->arg, plan->activate,
			    "active at the source, and not at the destination");
		return 0;
	}
	if (apply->store->ops->activate_script(apply->store, apply->account,
					       plan->activate, &why) < 0) {
		(void)bk_context(&why, "not made the active one");
		return apply->failed(apply->arg, plan->activate, &why, err);
	}
	apply->done.activated = true;
	return 0;
}

/* In an order in which no server minds: the active one cannot be removed, and
 * what is not there cannot become it. */
int bk_script_apply(struct bk_script_apply *apply, struct bk_err *err)
{
	static const enum bk_script_act first[] = {BK_SCRIPT_LEAVE,
						   BK_SCRIPT_PUT};
	const struct bk_script_plan *plan = apply->plan;

	for (size_t act = 0; act < 2; act++)
		for (size_t i = 0; i < plan->n; i++)
			if (take_step(apply, &plan->tasks[i], first[act], err) <
			    0)
				return -1;
	if (activate(apply, err) < 0)
		return -1;
	for (size_t i = 0; i < plan->n; i++)
		if (take_step(apply, &plan->tasks[i], BK_SCRIPT_REMOVE, err) <
		    0)
			return -1;
	return 0;
}
