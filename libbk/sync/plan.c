/*
 * What differs between two listings: see plan.h.
 *
 * Since both sides are in the same order, a message that stayed meets itself
 * in a merge; only what was dropped and what was added is looked at again, by
 * name, to find messages that merely got another uid.
 */

#include "sync/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

void bk_plan_clear(struct bk_plan *plan)
{
	free(plan->steps);
	*plan = (struct bk_plan){0};
}

bool bk_plan_is_empty(const struct bk_plan *plan)
{
	return plan->n == plan->count[BK_STEP_KEEP];
}

static void add_step(struct bk_plan *plan, enum bk_step_kind kind, size_t base,
		     size_t now)
{
	plan->steps = bk_array_room(plan->steps, plan->n, &plan->cap,
				    sizeof(*plan->steps));
	plan->steps[plan->n++] = (struct bk_step){kind, base, now};
	plan->count[kind]++;
}

static bool content_changed(const struct bk_message *was,
			    const struct bk_message *now)
{
	return (now->size && now->size != was->size) ||
	       (now->date && now->date != was->date);
}

static bool marks_changed(const struct bk_message *was,
			  const struct bk_message *now)
{
	if (was->flags != now->flags || was->n_keywords != now->n_keywords ||
	    (now->modseq && now->modseq != was->modseq))
		return true;
	return now->n_keywords &&
	       memcmp(was->keywords, now->keywords,
		      now->n_keywords * sizeof(*now->keywords)) != 0;
}

static bool is_trusted(const struct bk_message *msg, bool same_uids)
{
	return *msg->name || (same_uids && msg->uid);
}

static void meet(const struct bk_message *was, const struct bk_message *now,
		 size_t base_at, size_t now_at, bool same_uids,
		 struct bk_plan *out)
{
	if (!is_trusted(now, same_uids) || content_changed(was, now)) {
		add_step(out, BK_STEP_DROP, base_at, now_at);
		add_step(out, BK_STEP_ADD, base_at, now_at);
	} else if (marks_changed(was, now)) {
		add_step(out, BK_STEP_FLAGS, base_at, now_at);
	} else {
		add_step(out, BK_STEP_KEEP, base_at, now_at);
	}
}

static void merge(const struct bk_listing *base, const struct bk_listing *now,
		  bool same_uids, struct bk_plan *out)
{
	size_t i = 0, j = 0;

	while (i < base->n || j < now->n) {
		int order = i == base->n ? 1
			    : j == now->n
				    ? -1
				    : bk_message_compare(bk_listing_at(base, i),
							 bk_listing_at(now, j));
		if (order < 0) {
			add_step(out, BK_STEP_DROP, i, 0);
			i++;
		} else if (order > 0) {
			add_step(out, BK_STEP_ADD, 0, j);
			j++;
		} else {
			meet(bk_listing_at(base, i), bk_listing_at(now, j), i,
			     j, same_uids, out);
			i++;
			j++;
		}
	}
}

struct named {
	const struct bk_message *msg;
	size_t base;
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return strcmp(x->msg->name, y->msg->name);
}

/* An added message whose name was dropped is that message with another uid.
 * A name that occurs twice on the base's side is not trusted. */
static void find_carried(const struct bk_listing *base,
			 const struct bk_listing *now, struct bk_plan *plan)
{
	struct named *dropped =
		bk_alloc(plan->count[BK_STEP_DROP] * sizeof(*dropped));
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++)
		if (plan->steps[i].kind == BK_STEP_DROP)
			dropped[n++] = (struct named){
				bk_listing_at(base, plan->steps[i].base),
				plan->steps[i].base};
	qsort(dropped, n, sizeof(*dropped), by_name);
	for (size_t i = 0; i < plan->n; i++) {
		struct bk_step *step = &plan->steps[i];
		if (step->kind != BK_STEP_ADD)
			continue;
		struct named key = {bk_listing_at(now, step->now), 0};
		struct named *hit =
			!*key.msg->name ? NULL
					: bsearch(&key, dropped, n,
						  sizeof(*dropped), by_name);
		if (!hit || content_changed(hit->msg, key.msg) ||
		    (hit > dropped && !by_name(hit - 1, hit)) ||
		    (hit + 1 < dropped + n && !by_name(hit + 1, hit)))
			continue;
		step->kind = BK_STEP_CARRY;
		step->base = hit->base;
		plan->count[BK_STEP_ADD]--;
		plan->count[BK_STEP_CARRY]++;
	}
	free(dropped);
}

void bk_plan_make(const struct bk_listing *base, const struct bk_listing *now,
		  bool same_uids, struct bk_plan *out)
{
	out->n = 0;
	memset(out->count, 0, sizeof(out->count));
	merge(base, now, same_uids, out);
	if (out->count[BK_STEP_DROP] && out->count[BK_STEP_ADD])
		find_carried(base, now, out);
}
