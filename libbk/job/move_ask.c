/* What is asked before an account gets its place: see move_place.h. */

#include <stdlib.h>
#include <string.h>

#include "job/move_place.h"

/* ---- the source ---- */

/* A listing need not have sizes; then they are at hand. */
static int add_size(struct bk_store *store, const struct bk_account *account,
		    const struct bk_folder *folder, struct bk_message *msg,
		    uint64_t *bytes, struct bk_err *err)
{
	struct bk_err why = {0};

	if (!msg->size &&
	    store->ops->stat(store, account, folder, msg, &why) < 0 &&
	    why.kind != BK_GONE) {
		*err = why;
		return -1;
	}
	*bytes += msg->size;
	return 0;
}

static int add_folder(struct bk_store *store, const struct bk_account *account,
		      struct bk_folder *folder, uint64_t *bytes,
		      struct bk_err *err)
{
	struct bk_message_list messages = {0};

	if (folder->no_select)
		return 0;
	int rc = store->ops->scan(store, account, folder, &messages, err);
	for (size_t i = 0; rc == 0 && i < messages.n; i++)
		rc = add_size(store, account, folder, &messages.items[i], bytes,
			      err);
	bk_message_list_clear(&messages);
	return rc;
}

static int measure(struct bk_store *store, const struct bk_account *account,
		   uint64_t *bytes, struct bk_err *err)
{
	struct bk_store_limits limits = {0};
	struct bk_folder_list folders = {0};

	if (store->ops->limits &&
	    store->ops->limits(store, account, &limits, err) < 0)
		return -1;
	if (limits.used) {
		*bytes = limits.used;
		return 0;
	}
	int rc = store->ops->folders(store, account, &folders, err);
	for (size_t i = 0; rc == 0 && i < folders.n; i++)
		rc = add_folder(store, account, &folders.items[i], bytes, err);
	bk_folder_list_clear(&folders);
	return rc;
}

static int ask_source(const struct bk_move_task *task, uint64_t *bytes,
		      struct bk_err *err)
{
	struct bk_store_config config = task->move->request->from->store.config;
	struct bk_account account;
	struct bk_store *store = NULL;
	struct bk_arena arena = {0};

	config.writable = false;
	int rc = bk_store_open(&store, &config, err);
	if (rc == 0)
		rc = store->ops->find_account(store, task->account->from,
					      &arena, &account, err);
	if (rc == 0)
		rc = measure(store, &account, bytes, err);
	bk_store_close(store);
	bk_arena_clear(&arena);
	return rc;
}

/* ---- a server ---- */

static int look(struct bk_store *store, const struct bk_account *account,
		uint64_t *messages, struct bk_store_limits *limits,
		struct bk_err *err)
{
	struct bk_folder_list folders = {0};

	int rc = store->ops->folders(store, account, &folders, err);
	for (size_t i = 0; rc == 0 && i < folders.n; i++)
		*messages += folders.items[i].messages;
	if (rc == 0 && store->ops->limits)
		rc = store->ops->limits(store, account, limits, err);
	bk_folder_list_clear(&folders);
	return rc;
}

static int ask_server(const struct bk_move_task *task,
		      const struct bk_move_pair *pair, uint64_t *messages,
		      struct bk_store_limits *limits, struct bk_err *err)
{
	struct bk_store_config config = pair->to->end->store.config;
	struct bk_account account;
	struct bk_store *store = NULL;
	struct bk_arena arena = {0};

	config.writable = false;
	int rc = bk_store_open(&store, &config, err);
	if (rc == 0)
		rc = store->ops->find_account(store, task->account->to, &arena,
					      &account, err);
	if (rc == 0)
		rc = look(store, &account, messages, limits, err);
	bk_store_close(store);
	bk_arena_clear(&arena);
	return rc;
}

/* It does not know him, or his password. */
static bool is_shut(const struct bk_err *why)
{
	return why->kind == BK_GONE || why->kind == BK_DENIED ||
	       why->kind == BK_REFUSED;
}

static int ask_one(struct bk_move_task *task, size_t i, struct bk_err *err)
{
	struct bk_move *move = task->move;
	struct bk_move_pair *pair = &move->pairs[i];
	struct bk_move_door *door = &move->placing->doors[i];
	struct bk_move_spot *spot = &move->placing->spots[task - move->tasks];
	struct bk_store_limits limits = {.bytes = UINT64_MAX};
	struct bk_err why = {0};

	int rc = ask_server(task, pair, &spot->messages[i], &limits, &why);
	if (rc < 0 && !is_shut(&why)) {
		*err = why;
		return bk_context(err, "%s: asking %s for room",
				  task->account->to, pair->to->end->name);
	}
	spot->rooms[i] = (struct bk_placing_room){
		.may = rc == 0,
		.bytes = limits.shared ? UINT64_MAX : limits.bytes,
	};
	(void)pthread_mutex_lock(&move->lock);
	door->asked++;
	door->open += rc == 0;
	if (rc < 0 && door->why.kind == BK_OK)
		door->why = why;
	if (limits.shared)
		pair->free = limits.bytes;
	(void)pthread_mutex_unlock(&move->lock);
	return 0;
}

/* ---- all of them ---- */

static void make_room(struct bk_move_spot *spot, struct bk_move *move)
{
	size_t n = move->n_pairs;

	(void)pthread_mutex_lock(&move->lock);
	spot->rooms = bk_arena_alloc(&move->arena, n * sizeof(*spot->rooms));
	spot->messages =
		bk_arena_alloc(&move->arena, n * sizeof(*spot->messages));
	(void)pthread_mutex_unlock(&move->lock);
	memset(spot->rooms, 0, n * sizeof(*spot->rooms));
	memset(spot->messages, 0, n * sizeof(*spot->messages));
}

int bk_move_ask(struct bk_move_task *task, struct bk_err *err)
{
	struct bk_move *move = task->move;
	struct bk_move_spot *spot = &move->placing->spots[task - move->tasks];
	bool has_place = spot->at != BK_PLACING_NOWHERE;
	struct bk_err why = {0};

	if (spot->sized)
		return 0;
	int rc = ask_source(task, &spot->bytes, &why);
	if (rc < 0 && bk_move_is_end(&why)) {
		*err = why;
		move->outcome->place = BK_PLACE_SOURCE;
		return bk_context(err, "%s: asking for its size",
				  task->account->from);
	}
	spot->sized = rc == 0;
	if (has_place)
		return 0;
	if (rc < 0) {
		(void)pthread_mutex_lock(&move->lock);
		why.end = BK_END_SOURCE;
		spot->why = bk_arena_memdup(&move->arena, &why, sizeof(why));
		(void)pthread_mutex_unlock(&move->lock);
		return 0;
	}
	make_room(spot, move);
	for (size_t i = 0; i < move->n_pairs; i++)
		if (ask_one(task, i, err) < 0)
			return -1;
	return 0;
}
