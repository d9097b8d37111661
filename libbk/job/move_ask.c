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

/* What one says of an account. */
struct answer {
	bool shut; /* he does not get in */
	uint64_t messages;
	struct bk_store_limits limits;
};

/* All mail that is there, or it is not known whether there is any.  A folder
 * that shows what no other one does is never counted, but looked at. */
static int add_messages(const struct bk_folder *folder, uint64_t *messages,
			struct bk_err *err)
{
	if (!folder->no_select && !folder->counted &&
	    !(folder->rest && folder->uid_validity))
		return bk_fail(err, BK_REFUSED,
			       "folder %s: the server does not say how many "
			       "messages it has",
			       folder->name);
	*messages += folder->messages;
	return 0;
}

static int look(struct bk_store *store, const struct bk_account *account,
		struct answer *out, struct bk_err *err)
{
	struct bk_folder_list folders = {0};

	int rc = store->ops->folders(store, account, &folders, err);
	for (size_t i = 0; rc == 0 && i < folders.n; i++)
		rc = add_messages(&folders.items[i], &out->messages, err);
	if (rc == 0 && store->ops->limits)
		rc = store->ops->limits(store, account, &out->limits, err);
	bk_folder_list_clear(&folders);
	return rc;
}

/* It does not know him, or his password: of the login alone. */
static bool is_shut(const struct bk_err *why)
{
	return why->kind == BK_GONE || why->kind == BK_DENIED;
}

static int ask_server(const struct bk_move_task *task,
		      const struct bk_move_pair *pair, struct answer *out,
		      struct bk_err *err)
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
	out->shut = rc < 0 && is_shut(err);
	if (rc == 0)
		rc = look(store, &account, out, err);
	bk_store_close(store);
	bk_arena_clear(&arena);
	return rc;
}

/* It gets no place in this run. */
static void set_aside(const struct bk_move_task *task, const struct bk_err *why)
{
	struct bk_move *move = task->move;

	(void)pthread_mutex_lock(&move->lock);
	move->placing->spots[task - move->tasks].why =
		bk_arena_memdup(&move->arena, why, sizeof(*why));
	(void)pthread_mutex_unlock(&move->lock);
}

/* One server would not answer about this account: its mail may be there. */
static bool is_of_account(const struct bk_err *why)
{
	return why->kind == BK_GONE || why->kind == BK_DENIED ||
	       why->kind == BK_REFUSED;
}

static void say_unknown(const struct bk_move_task *task,
			const struct bk_move_pair *pair, struct bk_err *why)
{
	const char *name = pair->to->end->name;
	struct bk_err text = *why;

	why->end = BK_END_DESTINATION;
	(void)bk_fail(why, text.kind,
		      "it is not known whether %s has mail of it (%s), so it "
		      "gets no place. Mend that, or choose one: --to SERVER "
		      "--account %s",
		      name, text.text, task->account->from);
}

static void note_answer(struct bk_move_task *task, size_t i,
			const struct answer *answer, const struct bk_err *why)
{
	struct bk_move *move = task->move;
	struct bk_move_pair *pair = &move->pairs[i];
	struct bk_move_door *door = &move->placing->doors[i];
	struct bk_move_spot *spot = &move->placing->spots[task - move->tasks];
	const struct bk_store_limits *limits = &answer->limits;

	spot->messages[i] = answer->messages;
	spot->rooms[i] = (struct bk_placing_room){
		.may = !answer->shut,
		.bytes = limits->shared ? UINT64_MAX : limits->bytes,
	};
	(void)pthread_mutex_lock(&move->lock);
	door->asked++;
	door->open += !answer->shut;
	if (answer->shut && door->why.kind == BK_OK)
		door->why = *why;
	if (limits->shared)
		pair->free = limits->bytes;
	(void)pthread_mutex_unlock(&move->lock);
}

/* 1: its next server; 0: it is set aside. */
static int ask_one(struct bk_move_task *task, size_t i, struct bk_err *err)
{
	const struct bk_move_pair *pair = &task->move->pairs[i];
	struct answer answer = {.limits.bytes = UINT64_MAX};
	struct bk_err why = {0};

	int rc = ask_server(task, pair, &answer, &why);
	if (rc == 0 || answer.shut) {
		note_answer(task, i, &answer, &why);
		return 1;
	}
	if (is_of_account(&why)) {
		say_unknown(task, pair, &why);
		set_aside(task, &why);
		return 0;
	}
	*err = why;
	return bk_context(err, "%s: asking %s for room", task->account->to,
			  pair->to->end->name);
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

static int ask_all(struct bk_move_task *task, struct bk_err *err)
{
	int rc = 1;

	for (size_t i = 0; rc > 0 && i < task->move->n_pairs; i++)
		rc = ask_one(task, i, err);
	return rc < 0 ? -1 : 0;
}

int bk_move_ask(struct bk_move_task *task, struct bk_err *err)
{
	struct bk_move *move = task->move;
	struct bk_move_spot *spot = &move->placing->spots[task - move->tasks];
	bool has_place = spot->at != BK_PLACING_NOWHERE;
	struct bk_err why = {0};

	if (spot->sized || spot->why)
		return 0;
	int rc = ask_source(task, &spot->bytes, &why);
	if (rc < 0 && bk_move_is_end(&why)) {
		*err = why;
		(void)pthread_mutex_lock(&move->lock);
		move->outcome->place = BK_PLACE_SOURCE;
		(void)pthread_mutex_unlock(&move->lock);
		return bk_context(err, "%s: asking for its size",
				  task->account->from);
	}
	spot->sized = rc == 0;
	if (has_place)
		return 0;
	if (rc < 0) {
		why.end = BK_END_SOURCE;
		set_aside(task, &why);
		return 0;
	}
	make_room(spot, move);
	return ask_all(task, err);
}
