/* Is the store as it was left: see standby_look.h. */

#include "job/standby_look.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "job/standby_far.h"
#include "store/maildir_stamps.h"

/* An account's folders, and what they look like. */
struct sight {
	struct bk_folder_list folders;
	uint8_t (*stamps)[BK_MAILDIR_STAMP];
};

static void clear_sight(struct sight *sight)
{
	bk_folder_list_clear(&sight->folders);
	free(sight->stamps);
	*sight = (struct sight){0};
}

static int see(struct sight *out, struct bk_store *store,
	       const struct bk_account *account, struct bk_err *err)
{
	*out = (struct sight){0};
	if (store->ops->folders(store, account, &out->folders, err) < 0)
		return -1;
	out->stamps = bk_alloc((out->folders.n + 1) * sizeof(*out->stamps));
	if (store->ops->far) {
		bk_standby_far_stamps(&out->folders, out->stamps);
		return 0;
	}
	return bk_maildir_stamps(store, account, &out->folders, out->stamps,
				 err);
}

/* ---- comparing ---- */

static int count_others(struct bk_store *store,
			const struct bk_account *account,
			struct bk_folder *folder, struct bk_standby_look *out,
			struct bk_err *err)
{
	struct bk_message_list messages = {0};

	if (folder->no_select)
		return 0;
	int rc = store->ops->scan(store, account, folder, &messages, err);
	out->others += messages.n;
	bk_message_list_clear(&messages);
	return rc;
}

static int compare_account(struct bk_standby_state *state,
			   struct bk_store *store,
			   const struct bk_account *account, bool counts,
			   struct bk_standby_look *out, struct bk_err *err)
{
	struct sight sight;

	int rc = see(&sight, store, account, err);
	for (size_t i = 0; i < sight.folders.n && rc == 0; i++) {
		struct bk_folder *here = &sight.folders.items[i];
		struct bk_standby_folder *was = bk_standby_state_find(
			state, account->address, here->name);
		if (!was && counts)
			rc = count_others(store, account, here, out, err);
		if (!was)
			continue;
		was->missing = false;
		was->changed = memcmp(was->stamp, sight.stamps[i],
				      sizeof(was->stamp)) != 0;
	}
	clear_sight(&sight);
	return rc < 0 && err->kind != BK_GONE
		       ? bk_context(err, "account %s", account->address)
		       : rc;
}

/* A folder of a set that is but a level is none here, and has no stamp. */
static bool has_stamp(const struct bk_standby_folder *folder)
{
	static const uint8_t none[BK_STANDBY_SUM];

	return memcmp(folder->stamp, none, sizeof(none)) != 0;
}

static void count(struct bk_standby_state *state, struct bk_standby_look *out)
{
	for (size_t i = 0; i < state->n; i++) {
		const struct bk_standby_folder *folder = &state->items[i];
		out->changed += folder->exact && folder->changed;
		out->touched += !folder->exact && folder->changed;
		out->missing +=
			folder->exact && folder->changed && folder->missing;
	}
}

int bk_standby_look(struct bk_standby_state *state,
		    const struct bk_store_config *config, bool counts,
		    struct bk_standby_look *out, struct bk_err *err)
{
	struct bk_account_list accounts = {0};
	struct bk_store *store = NULL;
	struct bk_err why = {0};

	*out = (struct bk_standby_look){0};
	for (size_t i = 0; i < state->n; i++) {
		state->items[i].changed = has_stamp(&state->items[i]);
		state->items[i].missing = true;
	}
	int rc = bk_store_open(&store, config, &why);
	if (rc == 0)
		rc = store->ops->accounts(store, &accounts, &why);
	for (size_t i = 0; i < accounts.n && rc == 0; i++) {
		rc = bk_cancelled(&why);
		if (rc == 0)
			rc = compare_account(state, store, &accounts.items[i],
					     counts, out, &why);
	}
	bk_account_list_clear(&accounts);
	bk_store_close(store);
	count(state, out);
	if (rc == 0 || why.kind == BK_GONE)
		return 0;
	*err = why;
	return -1;
}

/* ---- noting ---- */

static void note(struct bk_standby_state *state, const char *account,
		 const struct sight *sight)
{
	for (size_t i = 0; i < sight->folders.n; i++) {
		struct bk_standby_folder *is = bk_standby_state_find(
			state, account, sight->folders.items[i].name);
		if (is && is->due)
			memcpy(is->stamp, sight->stamps[i], sizeof(is->stamp));
	}
}

static int note_account(struct bk_standby_state *state, struct bk_store *store,
			const char *address, struct bk_err *err)
{
	struct bk_arena arena = {0};
	struct bk_account account;
	struct bk_err why = {0};
	struct sight sight = {0};

	int rc = store->ops->find_account(store, address, &arena, &account,
					  &why);
	if (rc == 0)
		rc = see(&sight, store, &account, &why);
	if (rc == 0)
		note(state, address, &sight);
	clear_sight(&sight);
	bk_arena_clear(&arena);
	if (rc == 0 || why.kind == BK_GONE ||
	    bk_standby_far_lacks(store, address, &why))
		return 0;
	*err = why;
	return bk_context(err, "account %s", address);
}

/* Of an account, whose folders are next to each other. */
static size_t end_of(const struct bk_standby_state *state, size_t first,
		     bool *due)
{
	const char *account = state->items[first].account;
	size_t end = first;

	*due = false;
	while (end < state->n &&
	       strcmp(state->items[end].account, account) == 0)
		*due |= state->items[end++].due;
	return end;
}

int bk_standby_look_note(struct bk_standby_state *state, struct bk_store *store,
			 struct bk_err *err)
{
	bool due = false;

	for (size_t i = 0, end; i < state->n; i = end) {
		end = end_of(state, i, &due);
		if (due && note_account(state, store, state->items[i].account,
					err) < 0)
			return -1;
		for (size_t k = i; k < end; k++)
			state->items[k].due = false;
	}
	return 0;
}
