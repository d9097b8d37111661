/*
 * What is to be done in one folder: all small worlds, done and compared.
 *
 * A world has up to three contents.  Each is at the source or not, at the
 * destination or not, and in the journal: not at all, as ours, as somebody
 * else's, or as one that the source no longer has; its flags changed here, or
 * there, or both.  Either side may have another UIDVALIDITY, or tell only what
 * changed.  Afterwards each message of the source is exactly once at the
 * destination, nothing that others put there is touched, and a second plan is
 * empty.
 */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "sync/folder_plan.h"

#define MOST 3

/* States of one content. */
enum {
	AT_FROM = 1,
	AT_TO = 2,
	KNOWN = 4, /* the journal has the pair */
	OURS = 8,
	FROM_FLAG = 16, /* the source's flag differs from the journal's */
	TO_FLAG = 32,
	STATES = 64,
};

/* Of the whole. */
enum {
	FROM_NEW_UIDS = 1,
	TO_NEW_UIDS = 2,
	FROM_CHANGES = 4, /* only changes are told */
	TO_CHANGES = 8,
	KEEP = 16,
	ONCE = 32, /* what was brought once does not come back */
	MODES = 64,
};

/* A message: its content is its number, which a body would tell. */
struct mail {
	unsigned content;
	uint8_t flags;
	uint32_t uid;
	bool foreign; /* not ours */
};

struct place {
	struct mail items[MOST * 2];
	size_t n;
	uint32_t next;
};

struct world {
	struct place from, to;
	struct bk_pair pairs[MOST * 2];
	size_t n_pairs;
	unsigned mode;
	unsigned state[MOST];
};

/* What a side tells, and what it was asked with. */
struct told {
	struct bk_message items[MOST * 2];
	unsigned content[MOST * 2];
	struct bk_uid_set gone;
	struct bk_folder_side side;
};

static bool makes_sense(unsigned state, unsigned mode)
{
	if (!(state & KNOWN) && state & (OURS | FROM_FLAG | TO_FLAG))
		return false;
	if (state & FROM_FLAG && !(state & AT_FROM))
		return false;
	if (state & TO_FLAG && !(state & AT_TO))
		return false;
	/* UIDs of before tell nothing: such a side lists everything. */
	if (mode & FROM_NEW_UIDS && mode & FROM_CHANGES)
		return false;
	return !(mode & TO_NEW_UIDS && mode & TO_CHANGES);
}

static void add(struct place *place, unsigned content, uint8_t flags,
		uint32_t uid, bool foreign)
{
	place->items[place->n++] = (struct mail){content, flags, uid, foreign};
}

static void make_world(struct world *w, const unsigned *states, size_t n,
		       unsigned mode)
{
	uint32_t from_shift = mode & FROM_NEW_UIDS ? 7 : 0;
	uint32_t to_shift = mode & TO_NEW_UIDS ? 7 : 0;

	memset(w, 0, sizeof(*w));
	w->mode = mode;
	w->from.next = w->to.next = 100;
	for (unsigned i = 0; i < n; i++) {
		unsigned state = w->state[i] = states[i];
		if (state & AT_FROM)
			add(&w->from, i, state & FROM_FLAG ? BK_FLAG_SEEN : 0,
			    10 + i + from_shift, false);
		if (state & AT_TO)
			add(&w->to, i, state & TO_FLAG ? BK_FLAG_FLAGGED : 0,
			    20 + i + to_shift, !(state & OURS));
		if (!(state & KNOWN))
			continue;
		w->pairs[w->n_pairs] = (struct bk_pair){
			.id = (uint32_t)w->n_pairs + 1,
			.ours = state & OURS,
			.from = {.name = "", .uid = 10 + i},
			.to = {.name = "", .uid = 20 + i},
		};
		w->n_pairs++;
	}
}

static const struct mail *mail_of(const struct place *place, uint32_t uid)
{
	for (size_t i = 0; i < place->n; i++)
		if (place->items[i].uid == uid)
			return &place->items[i];
	return NULL;
}

/* Does the journal say just that of it? */
static bool is_as_known(const struct world *w, const struct mail *mail,
			bool of_source)
{
	for (size_t i = 0; i < w->n_pairs; i++) {
		const struct bk_journal_message *msg =
			of_source ? &w->pairs[i].from : &w->pairs[i].to;
		if (msg->uid == mail->uid)
			return msg->flags == mail->flags;
	}
	return false;
}

static int by_uid(const void *a, const void *b)
{
	const struct bk_message *x = a, *y = b;

	return (x->uid > y->uid) - (x->uid < y->uid);
}

static void tell(const struct world *w, bool of_source, struct told *out)
{
	const struct place *place = of_source ? &w->from : &w->to;
	bool changes = w->mode & (of_source ? FROM_CHANGES : TO_CHANGES);
	bool new_uids = w->mode & (of_source ? FROM_NEW_UIDS : TO_NEW_UIDS);

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < place->n; i++) {
		const struct mail *mail = &place->items[i];
		if (changes && is_as_known(w, mail, of_source))
			continue;
		out->items[out->side.n++] = (struct bk_message){
			.name = "",
			.uid = mail->uid,
			.flags = mail->flags,
		};
	}
	qsort(out->items, out->side.n, sizeof(*out->items), by_uid);
	for (size_t i = 0; i < out->side.n; i++)
		out->content[i] = mail_of(place, out->items[i].uid)->content;
	for (size_t i = 0; changes && i < w->n_pairs; i++) {
		uint32_t uid =
			of_source ? w->pairs[i].from.uid : w->pairs[i].to.uid;
		if (uid && !mail_of(place, uid))
			bk_uid_set_add(&out->gone, uid);
	}
	bk_uid_set_sort(&out->gone);
	out->side.heard = changes ? BK_HEARD_CHANGES : BK_HEARD_ALL;
	out->side.same_uids = !new_uids;
	out->side.items = out->items;
	out->side.gone = &out->gone;
}

/* Where something is to be added, all of the destination is told. */
static void plan(struct world *w, struct told *from, struct told *to,
		 struct bk_folder_plan *out)
{
	const struct bk_pair_list pairs = {.items = w->pairs, .n = w->n_pairs};
	unsigned mode = w->mode;
	const struct bk_folder_policy policy = {
		.keep_deleted = mode & KEEP,
		.once = mode & ONCE,
	};

	tell(w, true, from);
	if (mode & FROM_NEW_UIDS)
		w->mode &= ~(unsigned)TO_CHANGES;
	for (int i = 0; i < 2; i++) {
		tell(w, false, to);
		bk_folder_plan_make(&pairs, &from->side, &to->side, &policy,
				    out);
		if (!out->n_add || !(w->mode & TO_CHANGES))
			break;
		w->mode &= ~(unsigned)TO_CHANGES;
		bk_uid_set_clear(&to->gone);
	}
	w->mode = mode;
}

static uint32_t from_uid(const struct world *w, const struct told *from,
			 const struct bk_task *task)
{
	return task->from != BK_NO_INDEX ? from->items[task->from].uid
					 : w->pairs[task->pair].from.uid;
}

static uint32_t to_uid(const struct world *w, const struct told *to,
		       const struct bk_task *task)
{
	return task->to != BK_NO_INDEX ? to->items[task->to].uid
				       : w->pairs[task->pair].to.uid;
}

/* What match.c would find. */
static void find(const struct world *w, const struct told *from,
		 const struct told *to, struct bk_folder_plan *plan)
{
	for (size_t i = 0; i < plan->n_add; i++) {
		uint32_t uid = from_uid(w, from, &plan->tasks[i]);
		for (uint32_t k = 0; k < to->side.n; k++) {
			if (!bk_folder_plan_is_free(plan, k) ||
			    to->content[k] != mail_of(&w->from, uid)->content)
				continue;
			bk_folder_plan_found(plan, i, k);
			break;
		}
	}
}

static void put_pair(struct world *after, const struct bk_task *task,
		     struct bk_pair pair)
{
	if (task->pair == BK_NO_INDEX) {
		pair.id = (uint32_t)after->n_pairs + 1;
		after->pairs[after->n_pairs++] = pair;
		return;
	}
	pair.id = after->pairs[task->pair].id;
	after->pairs[task->pair] = pair;
}

static void remove_mail(struct world *after, uint32_t uid)
{
	struct place *to = &after->to;

	for (size_t i = 0; i < to->n; i++) {
		if (to->items[i].uid != uid)
			continue;
		/* Only what is ours. */
		assert_false(to->items[i].foreign);
		to->items[i] = to->items[--to->n];
		return;
	}
	fail_msg("removes what is not there");
}

/* One task is done, in *after. */
static void act(const struct world *w, const struct told *from,
		const struct told *to, const struct bk_task *task,
		struct world *after)
{
	struct bk_arena arena = {0};
	const struct bk_pair *was =
		task->pair == BK_NO_INDEX ? NULL : &w->pairs[task->pair];
	struct bk_pair now = {.ours = was && was->ours};

	switch (task->kind) {
	case BK_TASK_ADD: {
		const struct mail *mail =
			mail_of(&w->from, from_uid(w, from, task));
		assert_non_null(mail);
		uint32_t uid = after->to.next++;
		add(&after->to, mail->content, mail->flags, uid, false);
		now.ours = true;
		now.from = (struct bk_journal_message){
			.name = "", .uid = mail->uid, .flags = mail->flags};
		now.to = now.from;
		now.to.uid = uid;
		put_pair(after, task, now);
		break;
	}
	case BK_TASK_FOUND:
	case BK_TASK_FLAGS:
	case BK_TASK_NOTE: {
		const struct mail *source =
			mail_of(&w->from, from_uid(w, from, task));
		assert_non_null(source);
		for (size_t i = 0; i < after->to.n; i++) {
			struct mail *mail = &after->to.items[i];
			if (mail->uid != to_uid(w, to, task))
				continue;
			assert_int_equal(mail->content, source->content);
			now.from = (struct bk_journal_message){
				.name = "",
				.uid = source->uid,
				.flags = source->flags};
			now.to = now.from;
			now.to.uid = mail->uid;
			now.to.flags = mail->flags;
			bk_marks_merge(was ? &was->from : NULL, &now.from,
				       &now.to, &now.to, &arena);
			mail->flags = now.to.flags;
			put_pair(after, task, now);
		}
		break;
	}
	case BK_TASK_REMOVE:
		remove_mail(after, to_uid(w, to, task));
		break;
	case BK_TASK_ORPHAN:
		if (was->ours && !(w->mode & KEEP))
			remove_mail(after, to_uid(w, to, task));
		break;
	case BK_TASK_FORGET:
	case BK_TASK_NONE:
		break;
	}
	bk_arena_clear(&arena);
}

/* Rows that go: an orphan that stays keeps its row, without a source. */
static void drop_rows(const struct world *w, const struct bk_folder_plan *plan,
		      struct world *after)
{
	bool gone[MOST * 2] = {false};
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++) {
		const struct bk_task *task = &plan->tasks[i];
		if (task->kind == BK_TASK_REMOVE ||
		    task->kind == BK_TASK_FORGET)
			gone[task->pair] = true;
		if (task->kind != BK_TASK_ORPHAN)
			continue;
		gone[task->pair] =
			w->pairs[task->pair].ours && !(w->mode & KEEP);
		after->pairs[task->pair].from.uid = 0;
	}
	for (size_t i = 0; i < after->n_pairs; i++)
		if (i >= w->n_pairs || !gone[i])
			after->pairs[n++] = after->pairs[i];
	after->n_pairs = n;
}

/* In a folder whose UIDs were new all that was not done is told anew. */
static void run(struct world *w, struct bk_folder_plan *out)
{
	struct told from, to;
	struct world after = *w;

	plan(w, &from, &to, out);
	find(w, &from, &to, out);
	for (size_t i = 0; i < out->n; i++)
		act(w, &from, &to, &out->tasks[i], &after);
	drop_rows(w, out, &after);
	after.mode &= (unsigned)(KEEP | ONCE);
	bk_uid_set_clear(&from.gone);
	bk_uid_set_clear(&to.gone);
	*w = after;
}

static unsigned count(const struct place *place, unsigned content)
{
	unsigned n = 0;

	for (size_t i = 0; i < place->n; i++)
		n += place->items[i].content == content;
	return n;
}

static void check(const struct world *before, const struct world *after)
{
	bool from_lost = before->mode & FROM_NEW_UIDS;
	bool to_lost = before->mode & TO_NEW_UIDS;

	for (unsigned i = 0; i < MOST; i++) {
		unsigned state = before->state[i];
		bool taken_away = state & KNOWN && !(state & AT_TO);
		if (state & AT_FROM)
			assert_int_equal(count(&after->to, i),
					 before->mode & ONCE && taken_away &&
							 !from_lost && !to_lost
						 ? 0
						 : 1);
		else if (!(state & AT_TO))
			assert_int_equal(count(&after->to, i), 0);
		else if (!(state & OURS) || before->mode & KEEP)
			assert_int_equal(count(&after->to, i), 1);
		else if (!to_lost)
			assert_int_equal(count(&after->to, i), 0);
	}
	assert_int_equal(after->from.n, before->from.n);
}

static void check_flags(const struct world *before, const struct world *after)
{
	for (size_t i = 0; i < after->to.n; i++) {
		const struct mail *mail = &after->to.items[i];
		unsigned state = before->state[mail->content];
		if (!(state & AT_FROM))
			continue;
		if (state & FROM_FLAG)
			assert_true(mail->flags & BK_FLAG_SEEN);
		/* What was set there by hand stays where it is known that it
		 * was. */
		if (state & TO_FLAG && state & KNOWN &&
		    !(before->mode & FROM_NEW_UIDS &&
		      before->mode & TO_NEW_UIDS))
			assert_true(mail->flags & BK_FLAG_FLAGGED);
	}
}

static unsigned long worlds;

static void try_world(const unsigned *states, size_t n, unsigned mode)
{
	struct bk_folder_plan done = {0};
	struct world before, w;

	for (size_t i = 0; i < n; i++)
		if (!makes_sense(states[i], mode))
			return;
	make_world(&before, states, n, mode);
	w = before;
	run(&w, &done);
	check(&before, &w);
	check_flags(&before, &w);
	run(&w, &done);
	for (size_t i = 0; i < done.n; i++)
		if (done.tasks[i].kind != BK_TASK_NONE &&
		    done.tasks[i].kind != BK_TASK_ORPHAN)
			fail_msg(
				"mode %u, states %u %u %u: not done at once "
				"(%d)",
				mode, states[0], states[1], states[2],
				(int)done.tasks[i].kind);
	check(&before, &w);
	bk_folder_plan_clear(&done);
	worlds++;
}

static void every_small_world_is_made_alike_in_one_plan(void **state)
{
	unsigned states[MOST];

	(void)state;
	for (unsigned mode = 0; mode < MODES; mode++)
		for (unsigned n = 0; n < STATES * STATES * STATES; n++) {
			states[0] = n % STATES;
			states[1] = n / STATES % STATES;
			states[2] = n / STATES / STATES;
			/* Their order matters little. */
			if (states[0] <= states[1] && states[1] <= states[2])
				try_world(states, MOST, mode);
		}
	assert_true(worlds > 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_small_world_is_made_alike_in_one_plan),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
