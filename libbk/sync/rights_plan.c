/* What is to become of rights: see rights_plan.h. */

#include "sync/rights_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "store/imaprights.h"

/* "user=ann lrs", of a task's source. */
struct line {
	const char *text;
	size_t task;
};

struct making {
	struct bk_rights_plan *plan;
	const struct bk_rights_input *input;
	const char **leads; /* of each of the source's: who he is at the
			       destination, NULL: nobody */
	struct line *lines;
	size_t n_lines, cap_lines;
};

void bk_rights_plan_clear(struct bk_rights_plan *plan)
{
	free(plan->tasks);
	free(plan->remarks);
	bk_arena_clear(&plan->arena);
	*plan = (struct bk_rights_plan){0};
}

/* ---- who is who ---- */

/* Does the text of a task's source name him? */
static bool names(const char *source, const char *who)
{
	size_t len = strlen(who);

	for (const char *at = source; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, who, len) == 0 && at[len] == ' ')
			return true;
	}
	return false;
}

static const struct bk_journal_right *before(
	const struct bk_rights_input *input, const char *who)
{
	for (size_t i = 0; i < input->n_was; i++)
		if (names(input->was[i].source, who))
			return &input->was[i];
	return NULL;
}

static void remark(struct bk_rights_plan *plan, const char *who,
		   enum bk_rights_why why)
{
	plan->remarks =
		bk_array_room(plan->remarks, plan->n_remarks,
			      &plan->cap_remarks, sizeof(*plan->remarks));
	plan->remarks[plan->n_remarks++] = (struct bk_rights_remark){who, why};
}

static bool has_a_name(const char *who)
{
	return strchr(who, '=') != NULL;
}

static const char *lead(struct making *m, const char *who)
{
	const struct bk_rights_map *map = m->input->map;
	bool minus = *who == '-';
	const char *to = map ? bk_rights_map_find(map, who + minus) : NULL;

	if (to && !*to) {
		remark(m->plan, who, BK_RIGHTS_LEFT_OUT);
		return NULL;
	}
	if (to && minus) {
		char *text = bk_asprintf("-%s", to);
		to = bk_arena_strdup(&m->plan->arena, text);
		free(text);
	}
	if (to)
		return to;
	const struct bk_journal_right *was = before(m->input, who);
	bool other = was && strcmp(was->who, who) != 0;
	if (map && (other || (map->strict && has_a_name(who))))
		remark(m->plan, who,
		       other ? BK_RIGHTS_AS_BEFORE : BK_RIGHTS_SAME_NAME);
	return was ? was->who : who;
}

/* ---- tasks ---- */

static size_t task_of(struct bk_rights_plan *plan, const char *who)
{
	for (size_t i = 0; i < plan->n; i++)
		if (strcmp(plan->tasks[i].who, who) == 0)
			return i;
	plan->tasks = bk_array_room(plan->tasks, plan->n, &plan->cap,
				    sizeof(*plan->tasks));
	plan->tasks[plan->n] =
		(struct bk_rights_task){.who = who, .rights = "", .source = ""};
	return plan->n++;
}

/* Those of `rights` that `within` has, too (NULL: all), added to what the task
 * has: of two who become one, what either may. */
static void add(struct making *m, size_t at, const struct bk_acl_entry *entry,
		const char *within)
{
	struct bk_arena *arena = &m->plan->arena;
	struct bk_rights_task *task = &m->plan->tasks[at];
	size_t n = strlen(task->rights);
	char *all = bk_arena_alloc(arena, n + strlen(entry->rights) + 1);

	memcpy(all, task->rights, n);
	for (const char *c = entry->rights; *c; c++)
		if (!memchr(all, *c, n) && (!within || strchr(within, *c)))
			all[n++] = *c;
	task->rights = all;
	char *text = bk_asprintf("%s %s", entry->who, entry->rights);
	m->lines = bk_array_room(m->lines, m->n_lines, &m->cap_lines,
				 sizeof(*m->lines));
	m->lines[m->n_lines++] =
		(struct line){bk_arena_strdup(arena, text), at};
	free(text);
}

/* By what says now who is who. */
static void add_led(struct making *m)
{
	const struct bk_folder *from = m->input->from;

	for (size_t i = 0; i < from->n_acl; i++) {
		const struct bk_acl_entry *entry = &from->acl[i];
		m->leads[i] = lead(m, entry->who);
		if (!m->leads[i] || !*entry->rights)
			continue;
		size_t at = task_of(m->plan, m->leads[i]);
		m->plan->tasks[at].led = true;
		add(m, at, entry, NULL);
	}
}

/* Who has something from us keeps of it what the source still gives those whom
 * he had it from. */
static void add_before(struct making *m)
{
	const struct bk_folder *from = m->input->from;

	for (size_t i = 0; i < m->input->n_was; i++) {
		const struct bk_journal_right *was = &m->input->was[i];
		size_t at = task_of(m->plan, was->who);
		m->plan->tasks[at].was = was;
		for (size_t k = 0; k < from->n_acl; k++) {
			const struct bk_acl_entry *entry = &from->acl[k];
			bool is_he = m->leads[k] &&
				     strcmp(m->leads[k], was->who) == 0;
			if (!is_he && *entry->rights &&
			    names(was->source, entry->who))
				add(m, at, entry, was->rights);
		}
	}
}

static int by_task(const void *left, const void *right)
{
	const struct line *a = left, *b = right;

	if (a->task != b->task)
		return a->task < b->task ? -1 : 1;
	return strcmp(a->text, b->text);
}

static void join_lines(struct making *m)
{
	struct bk_buf text = {0};

	if (m->n_lines)
		qsort(m->lines, m->n_lines, sizeof(*m->lines), by_task);
	for (size_t i = 0; i < m->n_lines; i++) {
		size_t task = m->lines[i].task;
		bk_buf_printf(&text, "%s%s", text.len ? "\n" : "",
			      m->lines[i].text);
		if (i + 1 < m->n_lines && m->lines[i + 1].task == task)
			continue;
		m->plan->tasks[task].source =
			bk_arena_strdup(&m->plan->arena, bk_buf_text(&text));
		text.len = 0;
	}
	bk_buf_clear(&text);
}

void bk_rights_plan_make(struct bk_rights_plan *out,
			 const struct bk_rights_input *input)
{
	struct making m = {.plan = out, .input = input};

	m.leads = bk_alloc((input->from->n_acl + 1) * sizeof(char *));
	add_led(&m);
	add_before(&m);
	join_lines(&m);
	free(m.leads);
	free(m.lines);
}

/* ---- what to do ---- */

static bool differs(const struct bk_rights_task *task)
{
	if (!task->was)
		return *task->rights;
	return task->was->sent || strcmp(task->was->source, task->source) != 0;
}

bool bk_rights_plan_differs(const struct bk_rights_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (differs(&plan->tasks[i]))
			return true;
	return false;
}

/* What we gave, or may have given. */
static bool is_ours(const struct bk_rights_task *task)
{
	const struct bk_journal_right *was = task->was;

	if (!was)
		return !*task->there;
	return bk_imaprights_same(task->there, was->rights) ||
	       (was->sent && bk_imaprights_same(task->there, was->sent));
}

static enum bk_rights_act decide(const struct bk_rights_task *task,
				 const struct bk_rights_policy *policy)
{
	if ((task->was && !policy->follows) ||
	    (!policy->full && !differs(task)))
		return BK_RIGHTS_KEEP;
	if (!task->there)
		return *task->rights || task->was ? BK_RIGHTS_GIVE
						  : BK_RIGHTS_NOTE;
	if (bk_imaprights_same(task->there, task->rights))
		return BK_RIGHTS_NOTE;
	return is_ours(task) ? BK_RIGHTS_GIVE : BK_RIGHTS_LEAVE;
}

void bk_rights_plan_settle(struct bk_rights_plan *plan,
			   const struct bk_rights_policy *policy)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct bk_rights_task *task = &plan->tasks[i];
		if (policy->there) {
			const struct bk_acl_entry *is =
				bk_rights_find(policy->there, task->who);
			task->there = is ? is->rights : "";
		}
		task->act = decide(task, policy);
	}
}

/* ---- who is known ---- */

static const char *person(const char *who)
{
	return *who == '-' ? who + 1 : who;
}

/* What the source calls `from`, by the map alone. */
static bool becomes(const struct bk_rights_map *map, const char *from,
		    const char *to)
{
	const char *name = map ? bk_rights_map_find(map, from) : NULL;

	return strcmp(name ? name : from, to) == 0;
}

bool bk_rights_knows(const struct bk_rights_people *people, const char *who)
{
	const struct bk_rights_map *map = people->map;

	who = person(who);
	for (size_t i = 0; map && i < map->n; i++)
		if (strcmp(map->items[i].to, who) == 0)
			return true;
	for (size_t i = 0; i < people->given->n; i++)
		if (strcmp(person(people->given->items[i].who), who) == 0)
			return true;
	for (size_t i = 0; i < people->from->n; i++) {
		const struct bk_folder *folder = &people->from->items[i];
		for (size_t k = 0; k < folder->n_acl; k++)
			if (becomes(map, person(folder->acl[k].who), who))
				return true;
	}
	return false;
}
