/* What follow, status and promote share: see standby_run.h. */

#include "job/standby_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "job/restore_trees.h"
#include "job/ship.h"
#include "job/ship_ends.h"
#include "job/standby_brought.h"

/* ---- store and state ---- */

static int take_lock(struct bk_standby *standby, struct bk_err *err)
{
	char *store = bk_store_identity(&standby->store.config);
	struct bk_lock_request request = {
		.state_dir = standby->request->settings->state_dir,
		.store = store,
		.repo = "standby",
		.command = "bk-standby",
		.wait_ms = standby->request->wait_ms,
	};

	standby->outcome->place = BK_PLACE_LOCK;
	int rc = bk_lock_take(&standby->lock, &request, err);
	free(store);
	return rc;
}

/* One that gives out UIDs of its own cannot be as another one is. */
static int check_store(struct bk_standby *standby, struct bk_err *err)
{
	const struct bk_server_settings *server = standby->store.server;
	const char *name = standby->store.config.name;

	standby->far = server != NULL;
	if (!server && strcmp(standby->store.config.type, "maildir") != 0)
		return bk_fail(
			err, BK_MISUSE,
			"%s: a standby's store is a tree of Maildirs, or "
			"a mail server that keeps UIDs; for others: bk "
			"restore, again and again",
			name);
	if (!server || server->doveadm ||
	    (server->keep_uids && strcmp(server->keep_uids, "syncapply") == 0))
		return 0;
	return bk_fail(
		err, BK_MISUSE,
		"%s: as a standby a mail server has to keep UIDs: give "
		"its [server] doveadm, or of a Cyrus keep-uids = "
		"syncapply (bk.conf(5)); without them: bk restore, again "
		"and again",
		name);
}

int bk_standby_open(struct bk_standby *standby, bool locks, struct bk_err *err)
{
	const struct bk_standby_request *request = standby->request;

	if (request->from)
		standby->from = bk_strdup(request->from);
	standby->outcome->place = BK_PLACE_REQUEST;
	if (bk_settings_store(request->settings, request->to, &standby->store,
			      err) < 0 ||
	    bk_store_check_type(&standby->store.config, err) < 0)
		return -1;
	if (check_store(standby, err) < 0 ||
	    bk_server_store_open(&standby->server, &standby->store, err) < 0)
		return -1;
	if (bk_settings_repo(request->settings, &standby->which, err) < 0 ||
	    (locks && take_lock(standby, err) < 0))
		return -1;
	standby->outcome->place = BK_PLACE_DESTINATION;
	return bk_standby_state_load(&standby->state,
				     request->settings->state_dir,
				     &standby->store.config, err);
}

void bk_standby_close(struct bk_standby *standby)
{
	bk_opened_close(&standby->opened);
	bk_standby_state_clear(&standby->state);
	bk_server_store_close(&standby->server);
	bk_lock_release(standby->lock);
	free(standby->from);
}

/* ---- sets ---- */

static void describe(struct bk_standby_set *out, const struct bk_set_info *info)
{
	*out = (struct bk_standby_set){
		.begun = info->root.start_ms / 1000,
		.incomplete = info->root.incomplete,
		.errors = info->root.totals.errors,
		.messages = info->root.totals.messages,
		.sequence = info->root.sequence,
	};
	char host[BK_ID_TEXT];

	(void)snprintf(out->host_name, sizeof(out->host_name), "%s",
		       bk_set_host(host, &info->root));
	(void)snprintf(out->store, sizeof(out->store), "%s",
		       info->root.store_name);
	memcpy(out->host, info->root.host, sizeof(out->host));
	memcpy(out->id, info->id, sizeof(out->id));
	(void)bk_id_hex(out->hex, info->id);
	(void)bk_set_label(out->label, info->id, info->root.kind);
}

/* One that does not open is the newest nevertheless: an older one in its place
 * would be a step back that nobody asked for. */
static int choose(struct bk_standby *standby, const struct bk_repo *repo,
		  struct bk_standby_set *out, struct bk_err *err)
{
	const struct bk_standby_request *request = standby->request;
	const struct bk_choice choice = {
		.host = request->host,
		.store = bk_settings_store_name(request->settings,
						request->store),
		.usual_store = bk_choice_usual_store(request->settings),
		.at = BK_NO_TIME,
	};
	/* Sets that this host made are no more meant than another's are. */
	static const uint8_t nobody[BK_ID_LEN];
	struct bk_set_info_list sets = {0};
	const struct bk_set_info *info = NULL;
	char name[BK_SET_NAME];

	standby->outcome->place = BK_PLACE_REPO;
	int rc = bk_sets_list(repo, &sets, err);
	if (rc == 0) {
		standby->outcome->place = BK_PLACE_SET;
		rc = bk_choose_set(&sets, &choice, nobody, &info, err);
	}
	if (rc == 0)
		rc = bk_standby_check_hosts(&sets, &choice, info, err);
	if (rc == 0 && info->broken)
		rc = bk_fail(err, info->kind, "set %s: %s",
			     bk_set_name(name, info->id, 0), info->broken);
	if (rc == 0)
		describe(out, info);
	bk_set_info_list_clear(&sets);
	return rc;
}

bool bk_standby_has(const struct bk_standby *standby,
		    const struct bk_standby_set *set)
{
	const struct bk_standby_state *state = &standby->state;

	return state->has_set && !state->partly && !standby->look.changed &&
	       !standby->applies_again &&
	       memcmp(state->set, set->id, sizeof(set->id)) == 0;
}

int bk_standby_see(struct bk_standby *standby, struct bk_err *err)
{
	struct bk_standby_state *state = &standby->state;
	const struct bk_standby_look *look = &standby->look;

	standby->outcome->place = BK_PLACE_DESTINATION;
	standby->look = (struct bk_standby_look){0};
	if (state->begun && bk_standby_look(state, &standby->store.config,
					    false, &standby->look, err) < 0)
		return -1;
	if (state->promoting)
		bk_standby_brought_look(state, &standby->look);
	for (size_t i = 0; i < state->n; i++) {
		struct bk_standby_folder *folder = &state->items[i];
		if (!state->promoting)
			folder->had = folder->exact && !folder->changed;
		folder->changed |= standby->looks_at_all;
	}
	if (!look->changed)
		return 0;
	char *text = bk_asprintf(
		"%ju folders here are not as they were left, %ju of these are "
		"gone: all of them are looked at, and what is missing comes "
		"again. Is a disk not mounted? Who changes mail here?",
		(uintmax_t)look->changed, (uintmax_t)look->missing);
	bk_progress_warning(standby->progress, text);
	free(text);
	return 0;
}

/* ---- from the target ---- */

static int find_ends(struct bk_standby *standby, struct bk_ship_ends *out,
		     struct bk_err *err)
{
	char *targets[] = {standby->from, NULL};
	const struct bk_ship_words words = {
		.verb = "pull", .targets = targets, .n = 1};

	standby->outcome->place = BK_PLACE_REQUEST;
	return bk_ship_ends_pull(out, standby->request->settings, &words, err);
}

static int pull(struct bk_standby *standby, const struct bk_ship_ends *ends,
		const struct bk_repo *from, const struct bk_standby_set *set,
		struct bk_err *err)
{
	const struct bk_choice choice = {.word = set->hex,
					 .host = standby->request->host,
					 .at = BK_NO_TIME};
	const struct bk_ship_request request = {
		.verb = BK_SHIP_PUSH,
		.repo = from,
		.choice = &choice,
		.ends = ends->to,
		.n_ends = ends->n,
		.state_dir = standby->request->settings->state_dir,
		.wait_ms = standby->request->wait_ms,
	};

	return bk_ship_run(&request, standby->progress, standby->outcome, err);
}

/* `copies`: and what is not here is copied. */
static int look_there(struct bk_standby *standby, bool copies,
		      struct bk_standby_set *out, struct bk_err *err)
{
	struct bk_ship_ends ends = {0};
	struct bk_opened there = {0};

	int rc = find_ends(standby, &ends, err);
	if (rc == 0)
		rc = bk_opened_open(&there, standby->request->settings,
				    &ends.from, BK_OPEN_READ, standby->outcome,
				    err);
	if (rc == 0)
		rc = choose(standby, there.repo, out, err);
	if (rc == 0 && copies && !bk_standby_has(standby, out))
		rc = pull(standby, &ends, there.repo, out, err);
	bk_opened_close(&there);
	bk_ship_ends_clear(&ends);
	return rc;
}

static int open_here(struct bk_standby *standby, struct bk_err *err)
{
	bk_opened_close(&standby->opened);
	standby->opened = (struct bk_opened){0};
	return bk_opened_open(&standby->opened, standby->request->settings,
			      &standby->which, BK_OPEN_READ, standby->outcome,
			      err);
}

int bk_standby_newest(struct bk_standby *standby, struct bk_standby_set *out,
		      struct bk_err *err)
{
	if (standby->request->from)
		return look_there(standby, false, out, err);
	return open_here(standby, err) < 0
		       ? -1
		       : choose(standby, standby->opened.repo, out, err);
}

int bk_standby_fetch(struct bk_standby *standby, struct bk_standby_set *out,
		     struct bk_err *err)
{
	if (standby->request->from) {
		if (look_there(standby, true, out, err) < 0)
			return -1;
		if (bk_standby_has(standby, out))
			return 0;
		return open_here(standby, err);
	}
	return bk_standby_newest(standby, out, err);
}

/* ---- into the store ---- */

static int find_mail(struct bk_store *store, const struct bk_account *account,
		     struct bk_err *err)
{
	struct bk_folder_list folders = {0};
	int rc = store->ops->folders(store, account, &folders, err);

	for (size_t i = 0; i < folders.n && rc == 0; i++) {
		struct bk_message_list messages = {0};
		struct bk_folder *folder = &folders.items[i];
		if (folder->no_select)
			continue;
		rc = store->ops->scan(store, account, folder, &messages, err);
		if (rc == 0 && messages.n)
			rc = bk_fail(
				err, BK_UNSAFE,
				"%s holds mail that bk did not bring (%s, %s: "
				"%zu messages): is it live? Follow into an "
				"empty store, or --adopt what is there. Nothing "
				"changed.",
				store->where, account->address, folder->name,
				messages.n);
		bk_message_list_clear(&messages);
	}
	bk_folder_list_clear(&folders);
	return rc;
}

int bk_standby_check_empty(struct bk_standby *standby, struct bk_err *err)
{
	struct bk_account_list accounts = {0};
	struct bk_store *store = NULL;
	struct bk_err why = {0};

	if (standby->state.begun || standby->request->adopt)
		return 0;
	standby->outcome->place = BK_PLACE_DESTINATION;
	int rc = bk_store_open(&store, &standby->store.config, &why);
	if (rc == 0)
		rc = store->ops->accounts(store, &accounts, &why);
	for (size_t i = 0; i < accounts.n && rc == 0; i++)
		rc = find_mail(store, &accounts.items[i], &why);
	bk_account_list_clear(&accounts);
	bk_store_close(store);
	if (rc == 0 || why.kind == BK_GONE)
		return 0;
	*err = why;
	return -1;
}

/* What was applied is on disk by now. */
static int remember(struct bk_standby *standby,
		    const struct bk_standby_set *set, struct bk_err *err)
{
	struct bk_standby_state *state = &standby->state;

	state->has_set = true;
	memcpy(state->set, set->id, sizeof(state->set));
	/* An incomplete one took nothing away: the next one is measured by what
	 * was there before. */
	if (!set->incomplete || set->messages > state->messages)
		state->messages = set->messages;
	state->incomplete = set->incomplete;
	state->sequence = set->sequence;
	memcpy(state->host, set->host, sizeof(state->host));
	state->store = bk_arena_strdup(&state->arena, set->store);
	state->partly = standby->outcome->ending != BK_ENDING_DONE;
	state->applied = bk_clock_now();
	bk_standby_state_sort(state);
	return bk_standby_state_save(state, err);
}

static int stage_trees(struct bk_standby *standby, struct bk_choice *choice,
		       struct bk_err *err)
{
	static const struct bk_opt_list all;
	const struct bk_restore_trees_request request = {
		.repo = standby->opened.repo,
		.choice = choice,
		.paths = &all,
		.to = standby->request->trees,
		.if_any = true,
		.style = standby->request->style,
	};

	if (!standby->request->trees)
		return 0;
	return bk_restore_trees_run(&request, standby->progress,
				    standby->outcome, err);
}

int bk_standby_apply(struct bk_standby *standby,
		     const struct bk_standby_set *set,
		     struct bk_standby_copy *copy, bool accounts_first,
		     struct bk_err *err)
{
	const struct bk_standby_request *request = standby->request;
	struct bk_choice choice = {
		.word = set->hex, .host = request->host, .at = BK_NO_TIME};
	static const struct bk_restore_wish all = {.deleted_since = BK_NO_TIME};
	const struct bk_restore_request restore = {
		.settings = request->settings,
		.repo = standby->opened.repo,
		.choice = &choice,
		.wish = &all,
		.to = standby->store.config.name,
		.follow = &copy->follow,
		.accounts_first = accounts_first,
		.style = request->style,
		.threads = request->threads,
		.wait_ms = request->wait_ms,
	};

	standby->outcome->ending = BK_ENDING_DONE;
	if (bk_restore_run(&restore, standby->progress, standby->outcome, err) <
	    0)
		return -1;
	standby->outcome->place = BK_PLACE_DESTINATION;
	if (copy->left && standby->outcome->ending == BK_ENDING_DONE)
		standby->outcome->ending = BK_ENDING_INCOMPLETE;
	/* What is not staged is tried again, as what was not applied is. */
	struct bk_err why = {0};
	int rc = stage_trees(standby, &choice, &why);
	enum bk_place place = standby->outcome->place;
	if (rc < 0)
		standby->outcome->ending = BK_ENDING_INCOMPLETE;
	standby->outcome->place = BK_PLACE_DESTINATION;
	if (remember(standby, set, err) < 0)
		return -1;
	if (rc == 0)
		return 0;
	standby->outcome->place = place;
	*err = why;
	return -1;
}
