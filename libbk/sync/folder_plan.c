/* What is to be done in one folder: see folder_plan.h. */

#include "sync/folder_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* Where a pair's message is on one side: an index of the listed ones, or: */
#define AS_BEFORE BK_NO_INDEX       /* not listed, and nothing changed */
#define GONE      (BK_NO_INDEX - 1) /* it was there */
#define LOST      (BK_NO_INDEX - 2) /* which one it is cannot be told */

/* ---- flags and keywords ---- */

struct bk_journal_message bk_journal_message_of(const struct bk_message *msg)
{
	return (struct bk_journal_message){
		.name = msg->name,
		.uid = msg->uid,
		.flags = msg->flags,
		.n_keywords = msg->n_keywords,
		.keywords = msg->keywords,
	};
}

bool bk_marks_equal(const struct bk_journal_message *a,
		    const struct bk_journal_message *b)
{
	return a->flags == b->flags && a->n_keywords == b->n_keywords &&
	       (!a->n_keywords ||
		memcmp(a->keywords, b->keywords,
		       a->n_keywords * sizeof(*a->keywords)) == 0);
}

static bool has_keyword(const struct bk_journal_message *msg, uint16_t keyword)
{
	for (uint16_t i = 0; i < msg->n_keywords; i++)
		if (msg->keywords[i] == keyword)
			return true;
	return false;
}

/* The smallest keyword of either that is not below `least`. */
static uint32_t next_keyword(const struct bk_journal_message *a,
			     const struct bk_journal_message *b, uint32_t least)
{
	const struct bk_journal_message *const both[] = {a, b};
	uint32_t next = BK_KEYWORD_NONE;

	for (int k = 0; k < 2; k++)
		for (uint16_t i = 0; i < both[k]->n_keywords; i++)
			if (both[k]->keywords[i] >= least &&
			    both[k]->keywords[i] < next)
				next = both[k]->keywords[i];
	return next;
}

void bk_marks_merge(const struct bk_journal_message *was,
		    const struct bk_journal_message *from,
		    const struct bk_journal_message *to,
		    struct bk_journal_message *out, struct bk_arena *arena)
{
	uint8_t changed = was ? was->flags ^ from->flags : 0xff;
	size_t most = (size_t)from->n_keywords + to->n_keywords;
	uint16_t *list = NULL;
	uint32_t keyword = 0;

	out->flags =
		(uint8_t)((to->flags & ~changed) | (from->flags & changed));
	out->n_keywords = 0;
	if (most)
		list = bk_arena_alloc(arena, most * sizeof(*list));
	while (most &&
	       (keyword = next_keyword(from, to, keyword)) != BK_KEYWORD_NONE) {
		bool here = has_keyword(from, (uint16_t)keyword);
		bool moved =
			!was || here != has_keyword(was, (uint16_t)keyword);
		if (moved ? here : has_keyword(to, (uint16_t)keyword))
			list[out->n_keywords++] = (uint16_t)keyword;
		keyword++;
	}
	out->keywords = list;
}

/* ---- which message a pair's is now ---- */

/* A side, its messages by name, and what the pairs' became. */
struct view {
	const struct bk_folder_side *side;
	uint32_t *by_name;
	uint32_t *at;   /* of each pair */
	uint32_t *pair; /* of each listed message */
};

static int compare_names(const void *a, const void *b, void *view)
{
	const struct bk_message *list =
		((const struct view *)view)->side->items;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return strcmp(list[x].name, list[y].name);
}

static void open_view(struct view *view, const struct bk_folder_side *side,
		      size_t n_pairs)
{
	*view = (struct view){.side = side};
	view->by_name = bk_alloc((side->n + 1) * sizeof(*view->by_name));
	view->pair = bk_alloc((side->n + 1) * sizeof(*view->pair));
	view->at = bk_alloc((n_pairs + 1) * sizeof(*view->at));
	bool sorted = true;
	for (size_t i = 0; i < side->n; i++) {
		view->by_name[i] = (uint32_t)i;
		view->pair[i] = BK_NO_INDEX;
		sorted &= !*side->items[i].name;
	}
	if (!sorted)
		qsort_r(view->by_name, side->n, sizeof(*view->by_name),
			compare_names, view);
}

static uint32_t find_name(const struct view *view, const char *name)
{
	size_t low = 0, high = view->side->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint32_t i = view->by_name[middle];
		int order = strcmp(view->side->items[i].name, name);
		if (order == 0)
			return i;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return BK_NO_INDEX;
}

static uint32_t find_uid(const struct bk_folder_side *side, uint32_t uid)
{
	size_t low = 0, high = side->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (side->items[middle].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < side->n && side->items[low].uid == uid ? (uint32_t)low
							    : BK_NO_INDEX;
}

static uint32_t not_listed(const struct bk_folder_side *side, uint32_t uid)
{
	if (uid == BK_UID_TAKEN_AWAY)
		return GONE;
	switch (side->heard) {
	case BK_HEARD_ALL:
		break;
	case BK_HEARD_CHANGES:
		return uid && bk_uid_set_has(side->gone, uid) ? GONE
							      : AS_BEFORE;
	case BK_HEARD_NOTHING:
		return AS_BEFORE;
	}
	return GONE;
}

static uint32_t locate(const struct view *view,
		       const struct bk_journal_message *msg)
{
	const struct bk_folder_side *side = view->side;
	uint32_t i = BK_NO_INDEX;

	if (*msg->name)
		i = find_name(view, msg->name);
	else if (side->same_uids && msg->uid)
		i = find_uid(side, msg->uid);
	else if (msg->uid != BK_UID_TAKEN_AWAY)
		return LOST;
	return i != BK_NO_INDEX ? i : not_listed(side, msg->uid);
}

/* A message that two pairs claim is the first one's, and theirs both where the
 * destination took the second one for it. */
static void claim(struct view *view, uint32_t pair,
		  const struct bk_journal_message *msg, bool of_source)
{
	uint32_t at = locate(view, msg);

	if (at < LOST && view->pair[at] == BK_NO_INDEX)
		view->pair[at] = pair;
	else if (at < LOST && (of_source || *msg->name))
		at = LOST;
	view->at[pair] = at;
}

static int by_number(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

size_t bk_pairs_twins(const struct bk_pair_list *pairs)
{
	uint32_t *uids = bk_alloc((pairs->n + 1) * sizeof(*uids));
	size_t n = 0, twins = 0;

	for (size_t i = 0; i < pairs->n; i++) {
		uint32_t uid = pairs->items[i].to.uid;
		if (uid && uid != BK_UID_TAKEN_AWAY)
			uids[n++] = uid;
	}
	if (n)
		qsort(uids, n, sizeof(*uids), by_number);
	for (size_t i = 1; i < n; i++)
		twins += uids[i] == uids[i - 1];
	free(uids);
	return twins;
}

static void close_view(struct view *view)
{
	free(view->by_name);
	free(view->at);
	free(view->pair);
}

/* ---- tasks ---- */

struct planning {
	const struct bk_pair_list *pairs;
	struct view from, to;
	const struct bk_folder_policy *policy;
	struct bk_folder_plan *out;
	struct bk_arena arena;
};

static uint32_t listed(uint32_t at)
{
	return at < LOST ? at : BK_NO_INDEX;
}

static void add_task(struct planning *p, enum bk_task_kind kind, uint32_t pair)
{
	struct bk_folder_plan *out = p->out;

	out->tasks = bk_array_room(out->tasks, out->n, &out->cap,
				   sizeof(*out->tasks));
	out->tasks[out->n] = (struct bk_task){
		kind, pair, listed(p->from.at[pair]), listed(p->to.at[pair])};
	if (kind == BK_TASK_ORPHAN)
		out->orphan[pair] = (uint32_t)out->n;
	out->n++;
}

static struct bk_journal_message now(const struct view *view, uint32_t pair,
				     const struct bk_journal_message *was)
{
	uint32_t at = view->at[pair];

	return at < LOST ? bk_journal_message_of(&view->side->items[at]) : *was;
}

static bool is_as_before(const struct bk_journal_message *was,
			 const struct bk_journal_message *is)
{
	return was->uid == is->uid && strcmp(was->name, is->name) == 0 &&
	       bk_marks_equal(was, is);
}

static void compare_marks(struct planning *p, uint32_t i)
{
	const struct bk_pair *pair = &p->pairs->items[i];
	struct bk_journal_message from = now(&p->from, i, &pair->from);
	struct bk_journal_message to = now(&p->to, i, &pair->to);
	struct bk_journal_message want = to;

	if (!bk_marks_equal(&from, &pair->from))
		bk_marks_merge(&pair->from, &from, &to, &want, &p->arena);
	p->out->kept++;
	if (!bk_marks_equal(&want, &to)) {
		add_task(p, BK_TASK_FLAGS, i);
		return;
	}
	if (!is_as_before(&pair->from, &from) || !is_as_before(&pair->to, &to))
		add_task(p, BK_TASK_NOTE, i);
}

static void plan_gone(struct planning *p, uint32_t i)
{
	const struct bk_pair *pair = &p->pairs->items[i];
	uint32_t to = p->to.at[i];

	if (p->policy->once && to == GONE)
		return; /* it may be at the source again */
	if (to == GONE || to == LOST)
		add_task(p, BK_TASK_FORGET, i);
	else if (!p->policy->keep_deleted)
		add_task(p, pair->ours ? BK_TASK_REMOVE : BK_TASK_FORGET, i);
}

static void plan_pair(struct planning *p, uint32_t i)
{
	uint32_t from = p->from.at[i], to = p->to.at[i];

	if (from == GONE)
		plan_gone(p, i);
	else if (from == LOST)
		add_task(p,
			 to == GONE || to == LOST ? BK_TASK_FORGET
						  : BK_TASK_ORPHAN,
			 i);
	else if (to == LOST || (to == GONE && !p->policy->once))
		add_task(p, BK_TASK_ADD, i);
	else if (to == GONE || p->policy->old)
		p->out->kept++;
	else
		compare_marks(p, i);
}

/* ---- order ---- */

static int compare_adds(const void *a, const void *b, void *planning)
{
	const struct planning *p = planning;
	const struct bk_task *const tasks[] = {a, b};
	struct bk_message keys[2];

	for (int i = 0; i < 2; i++) {
		const struct bk_task *task = tasks[i];
		if (task->from != BK_NO_INDEX) {
			keys[i] = p->from.side->items[task->from];
			continue;
		}
		const struct bk_pair *pair = &p->pairs->items[task->pair];
		keys[i] = (struct bk_message){.uid = pair->from.uid,
					      .name = pair->from.name};
	}
	/* What has no UID is the newest. */
	if (!keys[0].uid != !keys[1].uid)
		return keys[0].uid ? -1 : 1;
	return bk_message_compare(&keys[0], &keys[1]);
}

/* What is new, in the listing's order, before what the pairs said; most often
 * that is all of it. */
static void add_new(struct planning *p)
{
	const struct bk_folder_side *side = p->from.side;
	struct bk_folder_plan *out = p->out;

	for (size_t i = 0; i < side->n; i++) {
		if (p->from.pair[i] != BK_NO_INDEX)
			continue;
		out->tasks = bk_array_room(out->tasks, out->n, &out->cap,
					   sizeof(*out->tasks));
		out->tasks[out->n++] = (struct bk_task){
			BK_TASK_ADD, BK_NO_INDEX, (uint32_t)i, BK_NO_INDEX};
	}
}

/* As those of a folder that is new: another list of them would be as long. */
static bool are_sorted_adds(struct planning *p)
{
	const struct bk_folder_plan *out = p->out;

	for (size_t i = 0; i < out->n; i++)
		if (out->tasks[i].kind != BK_TASK_ADD ||
		    (i &&
		     compare_adds(&out->tasks[i - 1], &out->tasks[i], p) > 0))
			return false;
	return true;
}

/* ADDs to the front, in order; the others as they were. */
static void sort_tasks(struct planning *p)
{
	struct bk_folder_plan *out = p->out;

	out->n_add = out->n;
	if (are_sorted_adds(p))
		return;
	struct bk_task *sorted = bk_alloc((out->n + 1) * sizeof(*sorted));
	size_t at = 0;

	for (size_t i = 0; i < out->n; i++)
		if (out->tasks[i].kind == BK_TASK_ADD)
			sorted[at++] = out->tasks[i];
	out->n_add = at;
	for (size_t i = 0; i < out->n; i++) {
		if (out->tasks[i].kind == BK_TASK_ADD)
			continue;
		if (out->tasks[i].kind == BK_TASK_ORPHAN)
			out->orphan[out->tasks[i].pair] = (uint32_t)at;
		sorted[at++] = out->tasks[i];
	}
	if (out->n_add > 1)
		qsort_r(sorted, out->n_add, sizeof(*sorted), compare_adds, p);
	free(out->tasks);
	out->tasks = sorted;
	out->cap = out->n + 1;
}

static uint32_t *partners(const struct planning *p)
{
	size_t n = p->from.side->n;
	uint32_t *list = bk_alloc((n + 1) * sizeof(*list));

	for (size_t i = 0; i < n; i++) {
		uint32_t pair = p->from.pair[i];
		uint32_t to = pair == BK_NO_INDEX ? BK_NO_INDEX
						  : listed(p->to.at[pair]);
		/* One that two have is one. */
		bool other = to != BK_NO_INDEX && p->to.pair[to] != pair;
		list[i] = other ? BK_NO_INDEX : to;
	}
	return list;
}

void bk_folder_plan_make(const struct bk_pair_list *pairs,
			 const struct bk_folder_side *from,
			 const struct bk_folder_side *to,
			 const struct bk_folder_policy *policy,
			 struct bk_folder_plan *out)
{
	struct planning p = {.pairs = pairs, .policy = policy, .out = out};

	bk_folder_plan_clear(out);
	open_view(&p.from, from, pairs->n);
	open_view(&p.to, to, pairs->n);
	out->orphan = bk_alloc((pairs->n + 1) * sizeof(*out->orphan));
	for (uint32_t i = 0; i < pairs->n; i++) {
		out->orphan[i] = BK_NO_INDEX;
		claim(&p.from, i, &pairs->items[i].from, true);
		claim(&p.to, i, &pairs->items[i].to, false);
	}
	add_new(&p);
	for (uint32_t i = 0; i < pairs->n; i++)
		plan_pair(&p, i);
	sort_tasks(&p);
	out->partner = partners(&p);
	out->to_pair = p.to.pair;
	p.to.pair = NULL;
	close_view(&p.from);
	close_view(&p.to);
	bk_arena_clear(&p.arena);
}

void bk_folder_plan_clear(struct bk_folder_plan *plan)
{
	free(plan->tasks);
	free(plan->to_pair);
	free(plan->orphan);
	free(plan->partner);
	*plan = (struct bk_folder_plan){0};
}

/* ---- what was found ---- */

bool bk_folder_plan_is_free(const struct bk_folder_plan *plan, size_t to)
{
	uint32_t pair = plan->to_pair[to];

	return pair == BK_NO_INDEX || plan->orphan[pair] != BK_NO_INDEX;
}

void bk_folder_plan_found(struct bk_folder_plan *plan, size_t task, uint32_t to)
{
	struct bk_task *add = &plan->tasks[task];
	uint32_t pair = plan->to_pair[to];

	add->kind = BK_TASK_FOUND;
	add->to = to;
	if (pair == BK_NO_INDEX)
		return;
	/* The orphan's history goes on in the row that it had, unless the
	 * message has one of its own. */
	struct bk_task *orphan = &plan->tasks[plan->orphan[pair]];
	if (add->pair == BK_NO_INDEX) {
		add->pair = pair;
		orphan->kind = BK_TASK_NONE;
	} else {
		orphan->kind = BK_TASK_FORGET;
	}
	plan->orphan[pair] = BK_NO_INDEX;
	plan->to_pair[to] = add->pair;
}
