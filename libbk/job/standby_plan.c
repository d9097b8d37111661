/* What differs between what was applied and a set: see standby_plan.h. */

#include "job/standby_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

struct planning {
	struct bk_standby_plan *out;
	const struct bk_standby_folder *was, *now;
	size_t *at; /* of each that was: index of now, or n_now */
};

static int compare(const struct bk_standby_folder *a,
		   const struct bk_standby_folder *b)
{
	int order = strcmp(a->account, b->account);

	return order ? order : strcmp(a->name, b->name);
}

static bool same_guid(const struct bk_standby_folder *a,
		      const struct bk_standby_folder *b)
{
	return a->has_guid && b->has_guid &&
	       memcmp(a->guid, b->guid, sizeof(a->guid)) == 0;
}

static bool is_same(const struct bk_standby_folder *was,
		    const struct bk_standby_folder *now)
{
	return was->exact && !was->changed &&
	       memcmp(was->place, now->place, sizeof(was->place)) == 0;
}

/* ---- by name ---- */

static void pair(struct planning *p)
{
	struct bk_standby_plan *out = p->out;
	size_t w = 0, n = 0;

	while (w < out->n_was || n < out->n_now) {
		int order = w == out->n_was   ? 1
			    : n == out->n_now ? -1
					      : compare(&p->was[w], &p->now[n]);
		if (order < 0) {
			out->gone[w++] = true;
		} else if (order > 0) {
			out->tasks[n++].act = BK_STANDBY_NEW;
		} else {
			out->tasks[n].act = is_same(&p->was[w], &p->now[n])
						    ? BK_STANDBY_SAME
						    : BK_STANDBY_LOOK;
			p->at[w++] = n++;
		}
	}
}

/* ---- under another name ---- */

/* May what was there under its name be taken for another one? */
static bool is_free(const struct planning *p, size_t was)
{
	size_t now = p->at[was];

	if (now == p->out->n_now)
		return p->out->gone[was];
	return p->was[was].has_guid && p->now[now].has_guid &&
	       !same_guid(&p->was[was], &p->now[now]);
}

static bool may_be(const struct planning *p, size_t was, size_t now)
{
	const struct bk_standby_folder *a = &p->was[was], *b = &p->now[now];

	if (!is_free(p, was))
		return false;
	if (a->has_guid || b->has_guid)
		return same_guid(a, b);
	return a->uid_validity && a->uid_validity == b->uid_validity;
}

/* The one that it was; n_was: none, or nobody can tell which. */
static size_t find(const struct planning *p, size_t first, size_t end,
		   size_t now)
{
	size_t found = p->out->n_was;

	for (size_t w = first; w < end; w++) {
		if (!may_be(p, w, now))
			continue;
		if (found != p->out->n_was)
			return p->out->n_was;
		found = w;
	}
	return found;
}

static bool is_claimed(const struct planning *p, size_t first, size_t end,
		       size_t was, size_t besides)
{
	for (size_t n = first; n < end; n++)
		if (n != besides && p->out->tasks[n].act == BK_STANDBY_NEW &&
		    may_be(p, was, n))
			return true;
	return false;
}

/* How many from `first` on are of the same account. */
static size_t end_of(const struct bk_standby_folder *list, size_t n,
		     size_t first, const char *account)
{
	size_t end = first;

	while (end < n && strcmp(list[end].account, account) == 0)
		end++;
	return end;
}

static void name_account(struct planning *p, size_t was, size_t was_end,
			 size_t now, size_t now_end)
{
	struct bk_standby_plan *out = p->out;

	for (size_t n = now; n < now_end; n++) {
		if (out->tasks[n].act != BK_STANDBY_NEW)
			continue;
		size_t from = find(p, was, was_end, n);
		if (from == out->n_was || is_claimed(p, now, now_end, from, n))
			continue;
		out->tasks[n].act = BK_STANDBY_RENAMED;
		out->tasks[n].from = from;
		if (p->at[from] != out->n_now)
			out->tasks[p->at[from]].act = BK_STANDBY_NEW;
		out->gone[from] = false;
		p->at[from] = n;
	}
}

static void find_names(struct planning *p)
{
	struct bk_standby_plan *out = p->out;
	size_t w = 0, n = 0;

	while (n < out->n_now) {
		const char *account = p->now[n].account;
		while (w < out->n_was && strcmp(p->was[w].account, account) < 0)
			w++;
		size_t w_end = end_of(p->was, out->n_was, w, account);
		size_t n_end = end_of(p->now, out->n_now, n, account);
		if (w_end > w)
			name_account(p, w, w_end, n, n_end);
		w = w_end;
		n = n_end;
	}
}

void bk_standby_plan_make(struct bk_standby_plan *out,
			  const struct bk_standby_folder *was, size_t n_was,
			  const struct bk_standby_folder *now, size_t n_now)
{
	struct planning p = {.out = out, .was = was, .now = now};

	bk_standby_plan_clear(out);
	out->tasks = bk_alloc((n_now + 1) * sizeof(*out->tasks));
	out->gone = bk_alloc((n_was + 1) * sizeof(*out->gone));
	out->n_now = n_now;
	out->n_was = n_was;
	p.at = bk_alloc((n_was + 1) * sizeof(*p.at));
	for (size_t i = 0; i < n_was; i++)
		p.at[i] = n_now;
	pair(&p);
	find_names(&p);
	free(p.at);
}

void bk_standby_plan_clear(struct bk_standby_plan *plan)
{
	free(plan->tasks);
	free(plan->gone);
	*plan = (struct bk_standby_plan){0};
}
