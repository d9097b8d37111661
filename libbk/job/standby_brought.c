/* What a store that takes over was given: see standby_brought.h. */

#include "job/standby_brought.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fault.h"
#include "job/standby_far.h"

struct bk_standby_brought {
	const struct bk_restore_item *item;
	struct bk_standby_roll roll;
};

/* Beside the folder's roll: no folder is called so.  The caller's to free. */
static char *name_beside(const char *folder)
{
	return bk_asprintf("%s\nbrought", folder);
}

/* The caller's to free. */
static char *name_of(const struct bk_row *row)
{
	char hex[BK_ID_TEXT];

	return bk_asprintf("%s:%s", row->msg.name, bk_id_hex(hex, row->digest));
}

/* ---- before ---- */

int bk_standby_brought_begin(struct bk_standby_copy *copy, struct bk_err *err)
{
	struct bk_standby_state *state = copy->state;

	if (!copy->takes_over)
		return 0;
	/* Of a time before it was a standby. */
	for (size_t i = 0; i < copy->now.n; i++) {
		const struct bk_standby_folder *now = &copy->now.items[i];
		char *name = name_beside(now->name);
		bk_standby_roll_remove(state, now->account, name);
		free(name);
	}
	state->promoting = bk_clock_now();
	int rc = bk_standby_state_save(state, err);
	bk_fault("standby: marked as live");
	return rc;
}

/* Nothing of its account was there: that is no deletion. */
static bool comes_anew(struct bk_standby_copy *copy,
		       const struct bk_restore_item *item)
{
	(void)pthread_mutex_lock(&copy->lock);
	const struct bk_standby_folder *is = bk_standby_state_find(
		copy->state, item->to_account, item->to_folder);
	bool anew = is && is->anew;
	(void)pthread_mutex_unlock(&copy->lock);
	return anew;
}

static void fill_had(struct bk_restore_folder *folder,
		     const struct bk_standby_roll *roll)
{
	folder->had = bk_alloc(folder->rows.n + 1);
	for (size_t i = 0; i < folder->rows.n && roll->n; i++) {
		char *name = name_of(&folder->rows.items[i]);
		folder->had[i] = folder->match.present_of[i] == BK_MATCH_NONE &&
				 bk_standby_roll_has(roll, name);
		free(name);
	}
}

/* No run has been here since people may have come: what it was given before is
 * on the roll of those that bk brought. */
static int find_had(struct bk_standby_copy *copy,
		    struct bk_restore_folder *folder, struct bk_err *err)
{
	const struct bk_restore_item *item = folder->item;
	struct bk_standby_roll was = {0};

	(void)pthread_mutex_lock(&copy->lock);
	const struct bk_standby_folder *is = bk_standby_state_find(
		copy->state, item->to_account, item->to_folder);
	bool whole = is && is->had;
	(void)pthread_mutex_unlock(&copy->lock);
	if (!copy->far && !whole)
		return 0;
	if (bk_standby_roll_read(&was, copy->state, item->to_account,
				 item->to_folder, err) < 0)
		return -1;
	for (size_t i = 0; i < folder->rows.n; i++) {
		const struct bk_row *row = &folder->rows.items[i];
		if (folder->match.present_of[i] != BK_MATCH_NONE)
			continue;
		folder->had[i] =
			copy->far ? bk_standby_far_is_sure(&was, row)
				  : bk_standby_roll_has(&was, row->msg.name);
	}
	bk_standby_roll_clear(&was);
	return 0;
}

/* At a server a name is a UID, which may be another message's by then. */
static bool is_there(const struct bk_standby_copy *copy,
		     const struct bk_restore_folder *folder,
		     const struct bk_standby_roll *roll, size_t i)
{
	return folder->match.present_of[i] != BK_MATCH_NONE &&
	       (!copy->far ||
		bk_standby_far_is_sure(roll, &folder->rows.items[i]));
}

/* Before the roll says more than what is there. */
static int write_now(struct bk_standby_copy *copy,
		     const struct bk_restore_folder *folder, const char *name,
		     struct bk_err *err)
{
	const struct bk_restore_item *item = folder->item;
	struct bk_standby_roll was = {0}, now = {0};
	size_t missing = 0;

	int rc = bk_standby_roll_read(&was, copy->state, item->to_account,
				      item->to_folder, err);
	for (size_t i = 0; i < folder->rows.n && rc == 0; i++) {
		bool there = is_there(copy, folder, &was, i);
		missing += !there;
		if (!there && !folder->had[i])
			continue;
		char *message = name_of(&folder->rows.items[i]);
		bk_standby_roll_add(&now, message);
		free(message);
	}
	if (rc == 0 && missing)
		rc = bk_standby_roll_write(&now, copy->state, item->to_account,
					   name, err);
	bk_standby_roll_clear(&was);
	bk_standby_roll_clear(&now);
	return rc;
}

int bk_standby_brought_known(struct bk_standby_copy *copy,
			     struct bk_restore_folder *folder,
			     struct bk_err *err)
{
	const struct bk_restore_item *item = folder->item;
	struct bk_standby_roll roll = {0};
	int rc = 0;

	if (copy->goes_on)
		return 0;
	if (!folder->lost)
		folder->lost = bk_alloc(folder->rows.n + 1);
	free(folder->had);
	folder->had = NULL;
	char *name = name_beside(item->to_folder);
	if (!copy->follow.live || comes_anew(copy, item))
		bk_standby_roll_remove(copy->state, item->to_account, name);
	else
		rc = bk_standby_roll_read(&roll, copy->state, item->to_account,
					  name, err);
	if (rc == 0)
		fill_had(folder, &roll);
	if (rc == 0 && !roll.whole && copy->follow.again &&
	    !comes_anew(copy, item))
		rc = find_had(copy, folder, err);
	if (rc == 0 && !roll.whole && (copy->takes_over || copy->follow.again))
		rc = write_now(copy, folder, name, err);
	bk_standby_roll_clear(&roll);
	free(name);
	return rc;
}

/* ---- after ---- */

static void note_todo(const struct bk_restore_folder *folder, bool *there)
{
	for (size_t i = 0; i < folder->n_todo; i++)
		there[folder->todo[i]] = !folder->lost[folder->todo[i]];
}

void bk_standby_brought_done(struct bk_standby_copy *copy,
			     const struct bk_restore_folder *folder)
{
	struct bk_standby_brought *brought;

	if (copy->goes_on)
		return;
	copy->brought = bk_array_room(copy->brought, copy->n_brought,
				      &copy->cap_brought, sizeof(*brought));
	brought = &copy->brought[copy->n_brought++];
	*brought = (struct bk_standby_brought){.item = folder->item};
	bool *there = bk_alloc(folder->rows.n + 1);
	note_todo(folder, there);
	for (size_t i = 0; i < folder->rows.n; i++) {
		if (!there[i] && !folder->had[i] &&
		    folder->match.present_of[i] == BK_MATCH_NONE)
			continue;
		char *name = name_of(&folder->rows.items[i]);
		bk_standby_roll_add(&brought->roll, name);
		free(name);
		copy->away += folder->had[i] && (!folder->part || folder->rest);
	}
	free(there);
}

static void forget(struct bk_standby_copy *copy)
{
	for (size_t i = 0; i < copy->n_brought; i++)
		bk_standby_roll_clear(&copy->brought[i].roll);
	copy->n_brought = 0;
}

int bk_standby_brought_save(struct bk_standby_copy *copy, struct bk_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < copy->n_brought && rc == 0; i++) {
		struct bk_standby_brought *brought = &copy->brought[i];
		char *name = name_beside(brought->item->to_folder);
		rc = bk_standby_roll_write(&brought->roll, copy->state,
					   brought->item->to_account, name,
					   err);
		free(name);
	}
	forget(copy);
	return rc;
}

void bk_standby_brought_clear(struct bk_standby_copy *copy)
{
	forget(copy);
	free(copy->brought);
}

/* ---- what belongs to accounts ---- */

static bool is_lacking(const struct bk_standby_copy *copy, const char *account)
{
	for (size_t i = 0; i < copy->lacking_accounts.n; i++)
		if (strcmp(copy->lacking_accounts.items[i], account) == 0)
			return true;
	return false;
}

void bk_standby_brought_give(void *arg, const char *account)
{
	struct bk_standby_copy *copy = arg;

	if (copy->goes_on)
		return;
	(void)pthread_mutex_lock(&copy->lock);
	struct bk_standby_folder *first =
		bk_standby_state_first(copy->state, account);
	if (first && !is_lacking(copy, account))
		first->given = true;
	(void)pthread_mutex_unlock(&copy->lock);
}

bool bk_standby_brought_gave(void *arg, const char *account)
{
	struct bk_standby_copy *copy = arg;
	bool given = false;

	(void)pthread_mutex_lock(&copy->lock);
	const struct bk_standby_state *state = copy->state;
	const struct bk_standby_folder *end = state->items + state->n;
	for (const struct bk_standby_folder *is =
		     bk_standby_state_first(copy->state, account);
	     is && is < end && strcmp(is->account, account) == 0 && !given;
	     is++)
		given = is->given && !is->anew;
	(void)pthread_mutex_unlock(&copy->lock);
	return given;
}

void bk_standby_brought_forget(struct bk_standby_state *state)
{
	for (size_t i = 0; i < state->n; i++)
		state->items[i].given = false;
}

/* ---- where people are ---- */

static size_t end_of(const struct bk_standby_state *state, size_t first,
		     bool *is_there)
{
	const char *account = state->items[first].account;
	size_t end = first;

	*is_there = false;
	while (end < state->n &&
	       strcmp(state->items[end].account, account) == 0)
		*is_there |= !state->items[end++].missing;
	return end;
}

void bk_standby_brought_look(struct bk_standby_state *state,
			     struct bk_standby_look *look)
{
	*look = (struct bk_standby_look){0};
	for (size_t i = 0, end; i < state->n; i = end) {
		bool is_there = false;
		end = end_of(state, i, &is_there);
		for (size_t k = i; k < end; k++) {
			struct bk_standby_folder *folder = &state->items[k];
			folder->changed = false;
			folder->anew = !is_there;
			look->changed += folder->anew && folder->exact;
			look->missing += folder->anew && folder->exact;
			folder->exact &= is_there;
			folder->had &= is_there;
		}
	}
}
