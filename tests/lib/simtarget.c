/* Targets in memory and those who use them: see simtarget.h. */

#include "lib/simtarget.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fiber.h"

/* ---- stores ---- */

struct sim_bytes {
	unsigned users;
	struct bk_buf buf;
};

static void let_go(struct sim_bytes *bytes)
{
	if (--bytes->users)
		return;
	bk_buf_clear(&bytes->buf);
	free(bytes);
}

void sim_store_clear(struct sim_store *store)
{
	for (size_t i = 0; i < store->n; i++)
		let_go(store->blobs[i].bytes);
	free(store->blobs);
	*store = (struct sim_store){0};
}

static struct sim_blob *add_blob(struct sim_store *store, const char *name,
				 struct sim_bytes *bytes)
{
	store->blobs = bk_array_room(store->blobs, store->n, &store->cap,
				     sizeof(*store->blobs));
	struct sim_blob *blob = &store->blobs[store->n++];
	*blob = (struct sim_blob){.bytes = bytes};
	(void)snprintf(blob->name, sizeof(blob->name), "%s", name);
	bytes->users++;
	return blob;
}

void sim_store_copy(struct sim_store *store, const struct sim_store *from)
{
	sim_store_clear(store);
	store->mtime = from->mtime;
	for (size_t i = 0; i < from->n; i++)
		if (!from->blobs[i].went)
			(void)add_blob(store, from->blobs[i].name,
				       from->blobs[i].bytes);
}

/* The last one of that name: gone ones may lie before it. */
static struct sim_blob *find(const struct sim_store *store, const char *name)
{
	for (size_t i = store->n; i > 0; i--)
		if (strcmp(store->blobs[i - 1].name, name) == 0)
			return &store->blobs[i - 1];
	return NULL;
}

static struct sim_blob *find_there(const struct sim_store *store,
				   const char *name, struct bk_err *err)
{
	struct sim_blob *blob = find(store, name);

	if (blob && !blob->went)
		return blob;
	(void)bk_fail(err, BK_GONE, "%s: not there", name);
	return NULL;
}

bool sim_store_has(const struct sim_store *store, const char *name)
{
	struct bk_err ignored = {0};

	return find_there(store, name, &ignored) != NULL;
}

/* ---- an act ---- */

static void tell(struct sim_actor *actor, const char *act, const char *name,
		 const char *end)
{
	struct sim *sim = actor->sim;

	if (sim->tell)
		bk_buf_printf(&sim->log, "%4ju %s: %s %s%s\n",
			      (uintmax_t)sim->now, actor->name, act, name, end);
}

static int lost(struct bk_err *err)
{
	return bk_fail(err, BK_LOST, "the link is dead");
}

/* Others go first, if they are to; -1 when the act is not done. */
static int begin_act(struct sim_link *link, const char *act, const char *name,
		     struct bk_err *err)
{
	struct sim_actor *actor = link->actor;
	bool reads = *act == 'g' || *act == 's'; /* get, stat */

	if (!actor)
		return 0;
	if (actor->dies_at && actor->acts >= actor->dies_at)
		return lost(err);
	if (reads && actor->sim->quick_reads)
		return 0;
	fiber_give_way(actor->fiber);
	actor->sim->now++;
	actor->acts++;
	if (actor->acts != actor->dies_at || actor->last_done) {
		tell(actor, act, name,
		     actor->acts == actor->dies_at ? " (the last)" : "");
		return 0;
	}
	tell(actor, act, name, " (not done any more)");
	return lost(err);
}

/* -1 when its answer is lost. */
static int end_act(const struct sim_link *link, struct bk_err *err)
{
	const struct sim_actor *actor = link->actor;

	return actor && actor->acts == actor->dies_at ? lost(err) : 0;
}

static uint64_t now_of(const struct sim_link *link)
{
	return link->actor ? link->actor->sim->now : 1;
}

/* ---- the driver ---- */

struct sim_put {
	struct bk_put put;
	struct sim_link *link;
	struct sim_bytes *bytes;
	char name[BK_NAME_MAX];
};

static void put_free(struct sim_put *put)
{
	let_go(put->bytes);
	free(put);
}

/* Nothing that others see: no act. */
static int sim_put_begin(struct bk_target *target, const char *name,
			 uint64_t length, struct bk_put **out,
			 struct bk_err *err)
{
	struct sim_put *put = bk_alloc(sizeof(*put));

	(void)length;
	(void)err;
	put->put.target = target;
	put->link = (struct sim_link *)target;
	put->bytes = bk_alloc(sizeof(*put->bytes));
	put->bytes->users = 1;
	(void)snprintf(put->name, sizeof(put->name), "%s", name);
	*out = &put->put;
	return 0;
}

static int sim_put_write(struct bk_put *base, const void *data, size_t len,
			 struct bk_err *err)
{
	struct sim_put *put = (struct sim_put *)base;

	(void)err;
	bk_buf_add(&put->bytes->buf, data, len);
	return 0;
}

static void sim_put_abort(struct bk_put *base)
{
	put_free((struct sim_put *)base);
}

static int place(struct sim_put *put, struct bk_err *err)
{
	struct sim_link *link = put->link;
	struct sim_store *store = link->store;

	const struct sim_blob *before = find(store, put->name);
	if (!before || (before->went && link->puts_again)) {
		struct sim_blob *blob = add_blob(store, put->name, put->bytes);
		blob->came = now_of(link);
		blob->by = link;
		return 0;
	}
	store->reused = true;
	(void)snprintf(store->reused_name, sizeof(store->reused_name), "%s",
		       put->name);
	return bk_fail(err, BK_EXISTS, "%s: was put before", put->name);
}

static int sim_put_commit(struct bk_put *base, struct bk_err *err)
{
	struct sim_put *put = (struct sim_put *)base;

	int rc = begin_act(put->link, "put", put->name, err);
	if (rc == 0)
		rc = place(put, err);
	if (rc == 0)
		rc = end_act(put->link, err);
	put_free(put);
	return rc;
}

static int sim_get(struct bk_target *target, const char *name, uint64_t offset,
		   uint64_t len, struct bk_sink *to, struct bk_err *err)
{
	struct sim_link *link = (struct sim_link *)target;

	if (begin_act(link, "get", name, err) < 0)
		return -1;
	const struct sim_blob *blob = find_there(link->store, name, err);
	if (!blob || end_act(link, err) < 0)
		return -1;
	const struct bk_buf *buf = &blob->bytes->buf;
	if (offset > buf->len || len > buf->len - offset)
		return bk_fail(err, BK_CORRUPT, "%s: ends before", name);
	return len ? to->write(to, buf->data + offset, (size_t)len, err) : 0;
}

static int sim_stat(struct bk_target *target, const char *name, uint64_t *size,
		    struct bk_err *err)
{
	struct sim_link *link = (struct sim_link *)target;

	if (begin_act(link, "stat", name, err) < 0)
		return -1;
	const struct sim_blob *blob = find_there(link->store, name, err);
	if (!blob || end_act(link, err) < 0)
		return -1;
	*size = blob->bytes->buf.len;
	return 0;
}

static int sim_remove(struct bk_target *target, const char *name,
		      struct bk_err *err)
{
	struct sim_link *link = (struct sim_link *)target;

	if (begin_act(link, "remove", name, err) < 0)
		return -1;
	struct sim_blob *blob = find_there(link->store, name, err);
	if (!blob)
		return -1;
	blob->went = now_of(link);
	return end_act(link, err);
}

static bool is_below(const char *name, const char *folder)
{
	size_t len = strlen(folder);

	return !len || (strncmp(name, folder, len) == 0 && name[len] == '/');
}

/* How often the link listed that folder, and when last; -1: too many. */
static int note_list(struct sim_link *link, const char *folder)
{
	for (int i = 0; i < SIM_FOLDERS; i++) {
		if (!link->folders[i].lists)
			(void)snprintf(link->folders[i].folder,
				       sizeof(link->folders[i].folder), "%s",
				       folder);
		if (strcmp(link->folders[i].folder, folder) == 0) {
			link->folders[i].lists++;
			return i;
		}
	}
	return -1;
}

static bool is_lie(const struct sim_link *link, const char *folder,
		   unsigned lists)
{
	for (int i = 0; i < SIM_LIES; i++)
		if (link->lies[i].folder && lists >= link->lies[i].from &&
		    strcmp(link->lies[i].folder, folder) == 0)
			return true;
	return false;
}

/* Was it there from the one moment to the other; or did it come or go between,
 * so that the answer is free? */
static bool is_shown(struct sim_link *link, const struct sim_blob *blob,
		     uint64_t from, uint64_t to)
{
	if (blob->came > to || (blob->went && blob->went <= from))
		return false;
	if (blob->came <= from && (!blob->went || blob->went > to))
		return true;
	return dice_one_in(&link->actor->sim->dice, 2);
}

static void show(struct sim_link *link, const char *folder, uint64_t from,
		 uint64_t to, struct bk_blob_list *out)
{
	const struct sim_store *store = link->store;

	for (size_t i = 0; i < store->n; i++) {
		const struct sim_blob *blob = &store->blobs[i];
		bool own = blob->by == link && !blob->went;
		if (is_below(blob->name, folder) &&
		    (own || is_shown(link, blob, from, to)))
			bk_blob_list_add(out, bk_strdup(blob->name),
					 blob->bytes->buf.len, store->mtime);
	}
	bk_blob_list_sort(out);
}

static int sim_list(struct bk_target *target, const char *folder,
		    struct bk_blob_list *out, struct bk_err *err)
{
	struct sim_link *link = (struct sim_link *)target;

	bk_blob_list_clear(out);
	if (begin_act(link, "list", folder, err) < 0 || end_act(link, err) < 0)
		return -1;
	/* Who looks on sees all that there ever was. */
	uint64_t from = link->actor ? now_of(link) : UINT64_MAX, to = from;
	int known = note_list(link, folder);
	if (known >= 0 && is_lie(link, folder, link->folders[known].lists)) {
		from = to = link->folders[known].last;
	} else if (link->actor && link->actor->sim->loose_lists) {
		fiber_give_way(link->actor->fiber);
		to = link->actor->sim->now;
	}
	if (known >= 0)
		link->folders[known].last = from;
	show(link, folder, from, to, out);
	return 0;
}

static void sim_close(struct bk_target *target)
{
	(void)target;
}

static const struct bk_target_ops ops = {
	.scheme = "sim",
	.close = sim_close,
	.put_begin = sim_put_begin,
	.put_write = sim_put_write,
	.put_commit = sim_put_commit,
	.put_abort = sim_put_abort,
	.get = sim_get,
	.list = sim_list,
	.stat = sim_stat,
	.remove = sim_remove,
	.unknown_length = true,
};

void sim_link_open(struct sim_link *link, struct sim_store *store,
		   struct sim_actor *actor)
{
	*link = (struct sim_link){
		.target = {&ops, "sim"},
                  .store = store, .actor = actor
        };
}

/* ---- the scheduler ---- */

void sim_begin(struct sim *sim, uint64_t seed)
{
	sim->n = 0;
	sim->now = 1;
	sim->dice.state = seed;
	sim->stay = 0;
	sim->loose_lists = false;
	sim->quick_reads = false;
	sim->legs = NULL;
	sim->n_legs = 0;
	bk_buf_clear(&sim->log);
}

static void act_out(void *arg)
{
	struct sim_actor *actor = arg;

	actor->rc = actor->run(actor->arg, &actor->err);
}

struct sim_actor *sim_add(struct sim *sim, const char *name,
			  int (*run)(void *arg, struct bk_err *err), void *arg)
{
	if (sim->n == SIM_ACTORS)
		abort();
	struct fiber **fiber = &sim->fibers[sim->n];
	struct sim_actor *actor = &sim->actors[sim->n++];
	if (!*fiber)
		*fiber = fiber_new();
	*actor = (struct sim_actor){
		.sim = sim,
		.name = name,
		.run = run,
		.arg = arg,
		.fiber = *fiber,
	};
	fiber_start(actor->fiber, act_out, actor);
	return actor;
}

static bool go_on(struct sim_actor *actor)
{
	if (!actor->ended)
		actor->ended = !fiber_resume(actor->fiber);
	return !actor->ended;
}

/* Each to its first act: what it does before concerns nobody. */
static void come_to_the_start(struct sim *sim)
{
	for (unsigned i = 0; i < sim->n; i++)
		(void)go_on(&sim->actors[i]);
}

static void run_legs(struct sim *sim)
{
	for (size_t i = 0; i < sim->n_legs; i++)
		for (unsigned k = 0; k < sim->legs[i].acts; k++)
			(void)go_on(&sim->actors[sim->legs[i].actor]);
}

/* Another one who has not ended, or NULL. */
static struct sim_actor *throw_actor(struct sim *sim)
{
	unsigned left = 0;

	for (unsigned i = 0; i < sim->n; i++)
		left += !sim->actors[i].ended;
	if (!left)
		return NULL;
	size_t nth = dice_below(&sim->dice, left);
	struct sim_actor *actor = sim->actors;
	for (;; actor++)
		if (!actor->ended && nth-- == 0)
			return actor;
}

void sim_run(struct sim *sim)
{
	struct sim_actor *actor = NULL;

	come_to_the_start(sim);
	run_legs(sim);
	for (unsigned i = 0; !sim->stay && i < sim->n; i++)
		while (go_on(&sim->actors[i]))
			;
	while ((actor = throw_actor(sim)))
		while (go_on(actor) && !dice_one_in(&sim->dice, sim->stay))
			;
}

void sim_clear(struct sim *sim)
{
	for (unsigned i = 0; i < SIM_ACTORS; i++)
		fiber_free(sim->fibers[i]);
	bk_buf_clear(&sim->log);
	*sim = (struct sim){0};
}
