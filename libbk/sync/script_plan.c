/* Which scripts go where: see script_plan.h. */

#include "sync/script_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "crypto/digest.h"

void bk_script_sum(struct bk_view text, uint8_t sum[BK_JOURNAL_SCRIPT_SUM])
{
	struct bk_sha256 sha;

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, text.data, text.len);
	bk_sha256_final(&sha, sum);
}

const char *bk_script_active(const struct bk_script_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].active)
			return list->items[i].name;
	return "";
}

static bool same_text(const struct bk_script *a, const struct bk_script *b)
{
	return a->text.len == b->text.len &&
	       (a->text.len == 0 ||
		memcmp(a->text.data, b->text.data, a->text.len) == 0);
}

/* Is it no longer what it was after the last pass? */
static bool has_changed(const struct bk_script *script,
			const uint8_t was[BK_JOURNAL_SCRIPT_SUM])
{
	static const uint8_t none[BK_JOURNAL_SCRIPT_SUM];
	uint8_t is[BK_JOURNAL_SCRIPT_SUM];

	if (!script)
		return memcmp(none, was, sizeof(none)) != 0;
	bk_script_sum(script->text, is);
	return memcmp(is, was, sizeof(is)) != 0;
}

static void add(struct bk_script_plan *out, enum bk_script_act act,
		const char *name, const struct bk_script *from, const char *why)
{
	out->tasks = bk_array_room(out->tasks, out->n, &out->cap,
				   sizeof(*out->tasks));
	out->tasks[out->n++] = (struct bk_script_task){
		.act = act, .name = name, .from = from, .why = why};
}

static const char *why_left(const struct bk_script *to, bool known, bool ours)
{
	if (!known)
		return "another one of that name is there already";
	if (!to)
		return "it was taken away at the destination";
	return ours ? "it was changed at both ends"
		    : "it was changed at the destination";
}

static void plan_one(struct bk_script_plan *out, const struct bk_script *from,
		     const struct bk_script *to,
		     const struct bk_journal_script *was)
{
	/* Who changed it since? */
	bool ours = was && has_changed(from, was->from_sum);
	bool theirs = was && has_changed(to, was->to_sum);

	if ((to && same_text(from, to)) || (was && !ours && !theirs))
		add(out, BK_SCRIPT_KEEP, from->name, from, NULL);
	else if (was ? !theirs : !to)
		add(out, BK_SCRIPT_PUT, from->name, from, NULL);
	else
		add(out, BK_SCRIPT_LEAVE, from->name, from,
		    why_left(to, was != NULL, ours));
}

/* One that we brought, and that the source no longer has. */
static void plan_gone(struct bk_script_plan *out, const struct bk_script *to,
		      const struct bk_journal_script *was, bool keep_deleted)
{
	if (!to)
		add(out, BK_SCRIPT_FORGET, was->name, NULL, NULL);
	else if (has_changed(to, was->to_sum))
		add(out, BK_SCRIPT_LEAVE, was->name, NULL,
		    "it is gone at the source, and was changed at the "
		    "destination");
	else
		add(out, keep_deleted ? BK_SCRIPT_KEEP : BK_SCRIPT_REMOVE,
		    was->name, NULL, NULL);
}

/* NULL: no pass has made both ends alike yet. */
static const char *was_active(const struct bk_journal_scripts *known)
{
	for (size_t i = 0; i < known->n; i++)
		if (known->items[i].active)
			return known->items[i].name;
	return NULL;
}

static void plan_active(struct bk_script_plan *out, const char *from,
			const char *to, const char *was)
{
	if (strcmp(from, to) == 0)
		return;
	if (!was && !*from)
		return; /* the destination's own may stay */
	if (was ? strcmp(to, was) == 0 : !*to)
		out->activate = from;
	else
		out->active_why = "another one is active at the destination";
}

static int by_name(const void *left, const void *right)
{
	const struct bk_script_task *a = left, *b = right;

	return strcmp(a->name, b->name);
}

void bk_script_plan_make(struct bk_script_plan *out,
			 const struct bk_script_list *from,
			 const struct bk_script_list *to,
			 const struct bk_journal_scripts *known,
			 bool keep_deleted)
{
	*out = (struct bk_script_plan){0};
	for (size_t i = 0; i < from->n; i++) {
		const char *name = from->items[i].name;
		plan_one(out, &from->items[i], bk_script_list_find(to, name),
			 bk_journal_scripts_find(known, name));
	}
	for (size_t i = 0; i < known->n; i++) {
		const char *name = known->items[i].name;
		if (*name && !bk_script_list_find(from, name))
			plan_gone(out, bk_script_list_find(to, name),
				  &known->items[i], keep_deleted);
	}
	if (out->n)
		qsort(out->tasks, out->n, sizeof(*out->tasks), by_name);
	plan_active(out, bk_script_active(from), bk_script_active(to),
		    was_active(known));
}

struct bk_script_task *bk_script_plan_find(const struct bk_script_plan *plan,
					   const char *name)
{
	const struct bk_script_task key = {.name = name};

	return plan->n ? bsearch(&key, plan->tasks, plan->n,
				 sizeof(*plan->tasks), by_name)
		       : NULL;
}

void bk_script_plan_clear(struct bk_script_plan *plan)
{
	free(plan->tasks);
	*plan = (struct bk_script_plan){0};
}

void bk_texts_name(struct bk_script_list *out,
		   const struct bk_script_list *list,
		   const struct bk_journal_scripts *known)
{
	bk_script_list_clear(out);
	for (size_t i = 0; list && i < list->n; i++)
		bk_script_list_add(out)->name = list->items[i].name;
	for (size_t i = 0; i < known->n; i++)
		if (!list || !bk_script_list_find(list, known->items[i].name))
			bk_script_list_add(out)->name = known->items[i].name;
	bk_script_list_sort(out);
}
