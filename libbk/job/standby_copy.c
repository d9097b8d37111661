/* Applying a set to a standby's store: see standby_copy.h. */

#include "job/standby_copy.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/cancel.h"
#include "base/fault.h"
#include "crypto/digest.h"
#include "job/restore_folder.h"
#include "job/standby_brought.h"
#include "job/standby_far.h"
#include "job/standby_look.h"
#include "job/standby_parts.h"

/* ---- what a set says of a folder ---- */

static int by_folder(const void *key, const void *entry)
{
	uint32_t id = *(const uint32_t *)key;
	const struct bk_set_entry *e = entry;

	return id < e->folder_id ? -1 : id > e->folder_id;
}

/* The newest level of the chain that says something about its messages. */
static const struct bk_set_level *level_of(const struct bk_set *set,
					   uint32_t folder)
{
	for (size_t i = 0; i < set->n_levels; i++) {
		const struct bk_set_level *level = &set->levels[i];
		if (level->n_entries &&
		    bsearch(&folder, level->entries, level->n_entries,
			    sizeof(*level->entries), by_folder))
			return level;
	}
	return NULL;
}

/* Settings of an account come with its inbox. */
static void add_settings(struct bk_buf *to, const struct bk_restore_item *item)
{
	if (strcmp(item->to_folder, "INBOX") == 0)
		bk_account_encode(to, 0, &item->account->account);
}

static void digest(struct bk_view text, uint8_t out[BK_STANDBY_SUM])
{
	uint8_t whole[BK_SHA256_LEN];
	struct bk_sha256 sha;

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, text.data, text.len);
	bk_sha256_final(&sha, whole);
	memcpy(out, whole, BK_STANDBY_SUM);
}

static void locate_folder(const struct bk_set *set,
			  const struct bk_restore_item *item,
			  uint8_t out[BK_STANDBY_SUM])
{
	const struct bk_set_folder *folder = item->folder;
	const struct bk_set_level *level = level_of(set, folder->id);
	struct bk_buf text = {0};
	uint8_t id[4];

	if (level)
		bk_buf_add(&text, level->id, sizeof(level->id));
	bk_put_u32(id, folder->id);
	bk_buf_add(&text, id, sizeof(id));
	bk_folder_encode(&text, 0, 0, &folder->folder, folder->messages);
	add_settings(&text, item);
	digest(bk_buf_view(&text), out);
	bk_buf_clear(&text);
}

/* What it says, whichever sets say it. */
static int sum_folder(struct bk_set *set, const struct bk_restore_item *item,
		      uint8_t out[BK_STANDBY_SUM], struct bk_err *err)
{
	const struct bk_set_folder *folder = item->folder;
	struct bk_row_list rows = {0};
	struct bk_buf text = {0};

	int rc = bk_set_rows(set, folder->id, false, &rows, err);
	bk_folder_encode(&text, 0, 0, &folder->folder, folder->messages);
	add_settings(&text, item);
	for (size_t i = 0; rc == 0 && i < rows.n; i++)
		bk_state_row(&text, &folder->folder, &rows.items[i].msg,
			     rows.items[i].digest);
	digest(bk_buf_view(&text), out);
	bk_buf_clear(&text);
	bk_row_list_clear(&rows);
	return rc;
}

static void list_now(struct bk_standby_copy *copy,
		     const struct bk_restore_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct bk_restore_item *item = &plan->items[i];
		const struct bk_folder *folder = &item->folder->folder;
		struct bk_standby_folder *now = bk_standby_state_add(
			&copy->now, item->to_account, item->to_folder);
		now->uid_validity = folder->uid_validity;
		now->has_guid = folder->has_guid;
		memcpy(now->guid, folder->guid, sizeof(now->guid));
		locate_folder(copy->set, item, now->place);
	}
	bk_standby_state_sort(&copy->now);
}

/* ---- choosing ---- */

static size_t index_of(struct bk_standby_copy *copy,
		       const struct bk_restore_item *item)
{
	const struct bk_standby_folder *now = bk_standby_state_find(
		&copy->now, item->to_account, item->to_folder);

	return (size_t)(now - copy->now.items);
}

/* It lies elsewhere than what was applied; does it say something else? */
static int is_changed(struct bk_standby_copy *copy,
		      const struct bk_restore_item *item, size_t now,
		      struct bk_err *err)
{
	struct bk_standby_folder *was = bk_standby_state_find(
		copy->state, item->to_account, item->to_folder);

	/* One that people deleted. */
	if (copy->follow.again && was && was->had && was->missing) {
		was->exact = true;
		return 0;
	}
	if (sum_folder(copy->set, item, copy->now.items[now].sum, err) < 0)
		return -1;
	if (copy->plan.tasks[now].act == BK_STANDBY_LOOK && was && was->exact &&
	    !was->changed &&
	    memcmp(was->sum, copy->now.items[now].sum, sizeof(was->sum)) == 0) {
		memcpy(was->place, copy->now.items[now].place,
		       sizeof(was->place));
		return 0;
	}
	/* Until it was written. */
	if (was)
		was->exact = false;
	return 1;
}

static int choose(void *arg, struct bk_set *set, struct bk_restore_plan *plan,
		  struct bk_err *err)
{
	struct bk_standby_copy *copy = arg;
	size_t n = 0;
	int rc = 0;

	copy->set = set;
	if (!copy->follow.again)
		bk_standby_brought_forget(copy->state);
	copy->follow.keeps |= set->levels[0].root.incomplete;
	list_now(copy, plan);
	bk_standby_plan_make(&copy->plan, copy->state->items, copy->state->n,
			     copy->now.items, copy->now.n);
	for (size_t i = 0; i < plan->n && rc >= 0; i++) {
		size_t now = index_of(copy, &plan->items[i]);
		if (copy->plan.tasks[now].act == BK_STANDBY_SAME)
			continue;
		rc = bk_cancelled(err);
		if (rc == 0)
			rc = is_changed(copy, &plan->items[i], now, err);
		if (rc <= 0)
			continue;
		copy->now.items[now].due = true;
		copy->now.items[now].messages = plan->items[i].folder->messages;
		copy->lacking += plan->items[i].folder->messages;
		plan->items[n++] = plan->items[i];
	}
	plan->n = n;
	copy->changed = n;
	return rc < 0 ? -1 : 0;
}

/* ---- names, before ---- */

static bool is_known(const struct bk_standby_state *state, size_t n,
		     const struct bk_standby_folder *now)
{
	struct bk_standby_state sorted = {.items = state->items, .n = n};
	const struct bk_standby_folder *found =
		bk_standby_state_find(&sorted, now->account, now->name);

	return found && !found->dropped;
}

/* From now on the state knows all folders of the set, so that what was done
 * only has to be noted. */
static void know_all(struct bk_standby_copy *copy)
{
	struct bk_standby_state *state = copy->state;
	size_t n = state->n;

	for (size_t i = 0; i < n; i++)
		state->items[i].gone =
			copy->plan.gone[i] && !state->items[i].dropped;
	for (size_t i = 0; i < copy->now.n; i++) {
		const struct bk_standby_folder *now = &copy->now.items[i];
		if (is_known(state, n, now))
			continue;
		struct bk_standby_folder *added =
			bk_standby_state_add(state, now->account, now->name);
		added->uid_validity = now->uid_validity;
		added->has_guid = now->has_guid;
		memcpy(added->guid, now->guid, sizeof(added->guid));
	}
	bk_standby_state_sort(state);
}

static int rename_one(struct bk_standby_copy *copy, struct bk_store *store,
		      const struct bk_standby_task *task,
		      const struct bk_standby_folder *now, struct bk_err *err)
{
	struct bk_standby_folder *was = &copy->state->items[task->from];
	bool tears = copy->far && bk_standby_far_tears(copy, was, now);
	int rc = tears ? 0 : bk_standby_rename(copy, store, was, now, err);

	if (rc < 0)
		return -1;
	copy->renamed += rc > 0;
	if (rc > 0)
		bk_names_add(&copy->touched, was->account);
	copy->plan.gone[task->from] =
		rc == 0 &&
		!bk_standby_state_find(&copy->now, was->account, was->name);
	return 0;
}

static int begin(void *arg, struct bk_store *store, struct bk_err *err)
{
	struct bk_standby_copy *copy = arg;

	/* Before anything is: what is found here later may be ours. */
	if ((!copy->state->begun &&
	     bk_standby_state_save(copy->state, err) < 0) ||
	    bk_standby_brought_begin(copy, err) < 0)
		return -1;
	for (size_t i = 0; i < copy->now.n; i++) {
		const struct bk_standby_task *task = &copy->plan.tasks[i];
		if (task->act == BK_STANDBY_RENAMED &&
		    rename_one(copy, store, task, &copy->now.items[i], err) < 0)
			return -1;
	}
	if (copy->far && bk_standby_far_clear_levels(copy, store, err) < 0)
		return -1;
	know_all(copy);
	return copy->renamed ? bk_standby_state_save(copy->state, err) : 0;
}

/* ---- folders ---- */

static void is_loose(struct bk_standby_copy *copy,
		     const struct bk_restore_item *item)
{
	(void)pthread_mutex_lock(&copy->lock);
	bk_standby_state_find(copy->state, item->to_account, item->to_folder)
		->loose = true;
	(void)pthread_mutex_unlock(&copy->lock);
}

/* What is ours stays on the roll as long as it is there: a run that is cut off
 * may take it away later. */
static int known(void *arg, struct bk_restore_folder *folder,
		 struct bk_digester *digester, struct bk_err *err)
{
	struct bk_standby_copy *copy = arg;
	const struct bk_restore_item *item = folder->item;
	struct bk_standby_roll was = {0}, now = {0};

	if (bk_standby_brought_known(copy, folder, err) < 0)
		return -1;
	if (folder->writer->store->ops->far)
		return bk_standby_far_known(copy, folder, digester, err);
	if (bk_standby_roll_read(&was, copy->state, item->to_account,
				 item->to_folder, err) < 0)
		return -1;
	folder->ours = bk_alloc(folder->present.n + 1);
	for (size_t i = 0; i < folder->present.n; i++) {
		const char *name = folder->present.items[i].name;
		folder->ours[i] = bk_standby_roll_has(&was, name);
		if (folder->ours[i] || folder->match.row_of[i] != BK_MATCH_NONE)
			bk_standby_roll_add(&now, name);
	}
	for (size_t i = 0; i < folder->rows.n; i++)
		if (*folder->rows.items[i].msg.name)
			bk_standby_roll_add(&now,
					    folder->rows.items[i].msg.name);
	int rc = bk_standby_roll_extend(&now, &was, copy->state,
					item->to_account, item->to_folder, err);
	if (rc > 0)
		is_loose(copy, item);
	bk_standby_roll_clear(&was);
	bk_standby_roll_clear(&now);
	bk_fault("standby: roll written");
	return rc < 0 ? -1 : 0;
}

/* Before anything that they list can be seen. */
static int settle(void *arg, struct bk_err *err)
{
	struct bk_standby_copy *copy = arg;

	(void)pthread_mutex_lock(&copy->lock);
	int rc = bk_standby_rolls_settle(copy->state, err);
	(void)pthread_mutex_unlock(&copy->lock);
	bk_fault("standby: rolls settled");
	return rc;
}

static int done(void *arg, const struct bk_restore_folder *folder,
		const struct bk_restore_end *end, struct bk_err *err)
{
	struct bk_standby_copy *copy = arg;
	const struct bk_restore_item *item = folder->item;
	bool whole = true;

	if (copy->far) {
		if (bk_standby_far_done(copy, folder, end, err) < 0)
			return -1;
		whole = bk_standby_far_is_whole(copy, folder, end);
	}
	(void)pthread_mutex_lock(&copy->lock);
	copy->lacking += atomic_load(&folder->failed) + folder->waiting;
	bk_standby_brought_done(copy, folder);
	if (folder->part && !folder->rest) {
		(void)pthread_mutex_unlock(&copy->lock);
		return 0;
	}
	struct bk_standby_folder *is = bk_standby_state_find(
		copy->state, item->to_account, item->to_folder);
	struct bk_standby_folder *now = &copy->now.items[index_of(copy, item)];
	copy->lacking -= now->due ? now->messages : 0;
	now->due = false;
	if (whole || now->uid_validity)
		is->uid_validity = now->uid_validity;
	is->has_guid = now->has_guid;
	memcpy(is->guid, now->guid, sizeof(is->guid));
	memcpy(is->place, now->place, sizeof(is->place));
	memcpy(is->sum, now->sum, sizeof(is->sum));
	is->had = is->exact = whole && !end->kept_extra && !end->refused &&
			      (!copy->follow.keeps || copy->follow.live);
	if (end->strays && is->strays != end->strays && !copy->follow.live)
		bk_standby_tell_strays(copy, is, end->strays);
	is->strays = copy->follow.live ? 0 : end->strays;
	is->due = true;
	is->changed = false;
	memset(is->stamp, 0, sizeof(is->stamp));
	copy->left += !whole || end->kept_extra || end->refused;
	(void)pthread_mutex_unlock(&copy->lock);
	return 0;
}

/* The lock is held. */
static void mark_lacking(struct bk_standby_copy *copy, const char *account)
{
	struct bk_standby_state *state = copy->state;
	struct bk_standby_folder *is =
		bk_standby_state_find(state, account, "INBOX");

	for (size_t i = 0; i < state->n && !is; i++)
		if (strcmp(state->items[i].account, account) == 0)
			is = &state->items[i];
	copy->left += is && is->exact;
	if (is)
		is->exact = false;
}

/* It is tried again with the account's inbox, which its settings come with. */
static void lacking(void *arg, const char *account)
{
	struct bk_standby_copy *copy = arg;

	(void)pthread_mutex_lock(&copy->lock);
	mark_lacking(copy, account);
	bk_names_add(&copy->lacking_accounts, account);
	(void)pthread_mutex_unlock(&copy->lock);
}

static int save(void *arg, struct bk_err *err)
{
	struct bk_standby_copy *copy = arg;

	(void)pthread_mutex_lock(&copy->lock);
	int rc = bk_standby_brought_save(copy, err);
	if (rc == 0)
		rc = bk_standby_state_save(copy->state, err);
	(void)pthread_mutex_unlock(&copy->lock);
	bk_fault("standby: state written");
	return rc;
}

static int made(void *arg, uint64_t messages, uint64_t unmade,
		struct bk_err *err)
{
	struct bk_standby_copy *copy = arg;

	return copy->may_start ? copy->may_start(copy->may_start_arg, messages,
						 unmade, err)
			       : 0;
}

/* ---- folders that are gone, after ---- */

/* An account's are next to each other; twice is once. */
static int settle_touched(struct bk_standby_copy *copy, struct bk_store *store,
			  struct bk_err *err)
{
	const struct bk_names *names = &copy->touched;

	for (size_t i = 0; i < names->n; i++)
		if ((!i || strcmp(names->items[i], names->items[i - 1]) != 0) &&
		    bk_standby_settle(copy, store, names->items[i], err) < 0)
			return -1;
	return 0;
}

static int end(void *arg, struct bk_store *store, struct bk_err *err)
{
	struct bk_standby_copy *copy = arg;
	int rc = 0;

	/* A later pass may have brought the rest of the inbox. */
	for (size_t i = 0; i < copy->lacking_accounts.n; i++)
		mark_lacking(copy, copy->lacking_accounts.items[i]);
	if (copy->follow.keeps || copy->follow.live)
		return bk_standby_look_note(copy->state, store, err);
	/* What lies below a folder goes before it. */
	for (size_t i = copy->state->n; i > 0 && rc >= 0; i--) {
		struct bk_standby_folder *folder = &copy->state->items[i - 1];
		if (!folder->gone)
			continue;
		rc = bk_cancelled(err);
		if (rc == 0)
			rc = bk_standby_remove(copy, store, folder, false, err);
		copy->gone += rc > 0;
		if (rc > 0)
			bk_names_add(&copy->touched, folder->account);
	}
	if (rc >= 0)
		rc = settle_touched(copy, store, err);
	return rc < 0 ? -1 : bk_standby_look_note(copy->state, store, err);
}

void bk_standby_copy_init(struct bk_standby_copy *copy,
			  struct bk_standby_state *state,
			  struct bk_progress *progress, unsigned kind)
{
	bool live = kind & BK_STANDBY_LIVE;
	*copy = (struct bk_standby_copy){
		.state = state,
		.progress = progress,
		.far = kind & BK_STANDBY_FAR,
		.goes_on = kind & BK_STANDBY_GOES_ON,
		.follow =
			{
				 .choose = choose,
				 .begin = begin,
				 .end = end,
				 .made = made,
				 .known = known,
				 .settle = settle,
				 .done = done,
				 .lacking = lacking,
				 .give = bk_standby_brought_give,
				 .gave = bk_standby_brought_gave,
				 .save = save,
				 .arg = copy,
				 .keeps = live,
				 .live = live,
				 .again = kind & BK_STANDBY_AGAIN,
				 .goes_on = (kind & BK_STANDBY_FAR) &&
					   (kind & BK_STANDBY_GOES_ON),
				 },
	};
	(void)pthread_mutex_init(&copy->lock, NULL);
}

void bk_standby_copy_clear(struct bk_standby_copy *copy)
{
	bk_standby_plan_clear(&copy->plan);
	bk_standby_state_clear(&copy->now);
	bk_standby_brought_clear(copy);
	bk_names_clear(&copy->touched);
	bk_names_clear(&copy->lacking_accounts);
	(void)pthread_mutex_destroy(&copy->lock);
}
