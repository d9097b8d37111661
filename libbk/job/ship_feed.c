/* One fetch for several lanes: see ship_feed.h. */

#include "job/ship_feed.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "target/spool_blob.h"

#define SLOTS          16
#define ROOM           ((uint64_t)256 << 20)
#define ROOM_IN_MEMORY ((size_t)4 << 20)
#define PIECE          ((size_t)256 << 10)

enum state { EMPTY, FETCHING, READY, FAILED };

struct slot {
	enum state state;
	char *name;
	uint64_t size;
	uint64_t number; /* the lowest is the oldest */
	unsigned users;  /* who fetch, wait or read */
	size_t left;     /* lanes that have not taken it */
	struct bk_gathered bytes;
};

struct bk_ship_feed {
	struct bk_target *from;
	size_t lanes;
	struct bk_gather_room room;
	atomic_bool no_room; /* it was tried: nothing is kept any more */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct slot slots[SLOTS];
	uint64_t held; /* bytes, in all slots */
	uint64_t next_number;
};

struct bk_ship_feed *bk_ship_feed_new(struct bk_target *from, size_t lanes,
				      const char *folder)
{
	struct bk_ship_feed *feed = bk_alloc(sizeof(*feed));

	feed->from = from;
	feed->lanes = lanes;
	feed->room.folder = folder ? folder : "/var/tmp";
	feed->room.memory_most = ROOM_IN_MEMORY;
	(void)pthread_mutex_init(&feed->lock, NULL);
	(void)pthread_cond_init(&feed->changed, NULL);
	return feed;
}

/* ---- slots, with the lock held ---- */

static void empty(struct bk_ship_feed *feed, struct slot *slot)
{
	bk_gathered_clear(&slot->bytes);
	free(slot->name);
	feed->held -= slot->size;
	*slot = (struct slot){0};
}

void bk_ship_feed_free(struct bk_ship_feed *feed)
{
	if (!feed)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		if (feed->slots[i].state != EMPTY)
			empty(feed, &feed->slots[i]);
	(void)pthread_cond_destroy(&feed->changed);
	(void)pthread_mutex_destroy(&feed->lock);
	free(feed);
}

static struct slot *slot_of(struct bk_ship_feed *feed, const char *name)
{
	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *slot = &feed->slots[i];
		if ((slot->state == FETCHING || slot->state == READY) &&
		    strcmp(slot->name, name) == 0)
			return slot;
	}
	return NULL;
}

static struct slot *free_slot(struct bk_ship_feed *feed)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (feed->slots[i].state == EMPTY)
			return &feed->slots[i];
	return NULL;
}

static bool drop_oldest(struct bk_ship_feed *feed)
{
	struct slot *oldest = NULL;

	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *slot = &feed->slots[i];
		if (slot->state == READY && !slot->users &&
		    (!oldest || slot->number < oldest->number))
			oldest = slot;
	}
	if (oldest)
		empty(feed, oldest);
	return oldest != NULL;
}

/* NULL: there is no room. */
static struct slot *new_slot(struct bk_ship_feed *feed, const char *name,
			     uint64_t size)
{
	struct slot *slot = free_slot(feed);

	while (!slot || feed->held + size > ROOM) {
		if (size > ROOM || !drop_oldest(feed))
			return NULL;
		slot = free_slot(feed);
	}
	*slot = (struct slot){
		.state = FETCHING,
		.name = bk_strdup(name),
		.size = size,
		.number = feed->next_number++,
		.left = feed->lanes,
	};
	bk_gathered_init(&slot->bytes, &feed->room);
	feed->held += size;
	return slot;
}

static void let_go(struct bk_ship_feed *feed, struct slot *slot)
{
	slot->users--;
	if (slot->left)
		slot->left--;
	if (!slot->users && (slot->state == FAILED || !slot->left))
		empty(feed, slot);
}

/* ---- bytes ---- */

struct gather {
	struct bk_sink sink;
	struct bk_gathered *bytes;
	bool no_room;
};

static int gather_write(struct bk_sink *base, const void *data, size_t len,
			struct bk_err *err)
{
	struct gather *gather = (struct gather *)base;

	if (bk_cancelled(err) < 0)
		return -1;
	if (bk_gathered_add(gather->bytes, data, len, err) == 0)
		return 0;
	gather->no_room = true;
	return -1;
}

/* 1; 0: there is no room for it here; -1. */
static int fetch(struct bk_ship_feed *feed, struct slot *slot,
		 struct bk_err *err)
{
	struct gather gather = {{gather_write}, &slot->bytes, false};
	struct bk_err why = {0};

	int rc = bk_target_get(feed->from, slot->name, 0, slot->size,
			       &gather.sink, &why);
	(void)pthread_mutex_lock(&feed->lock);
	slot->state = rc == 0 ? READY : FAILED;
	(void)pthread_cond_broadcast(&feed->changed);
	(void)pthread_mutex_unlock(&feed->lock);
	if (rc == 0)
		return 1;
	if (gather.no_room) {
		atomic_store(&feed->no_room, true);
		return 0;
	}
	*err = why;
	return -1;
}

/* As fetch; who waits for a fetch that fails sees for himself. */
static int wait_for(struct bk_ship_feed *feed, const struct slot *slot)
{
	(void)pthread_mutex_lock(&feed->lock);
	while (slot->state == FETCHING)
		(void)pthread_cond_wait(&feed->changed, &feed->lock);
	bool ready = slot->state == READY;
	(void)pthread_mutex_unlock(&feed->lock);
	return ready;
}

static int play(const struct slot *slot, struct bk_sink *to, struct bk_err *err)
{
	uint8_t *piece = bk_alloc(PIECE);
	uint64_t at = 0;
	int rc = 0;

	while (rc == 0 && at < slot->size) {
		size_t n = slot->size - at < PIECE ? (size_t)(slot->size - at)
						   : PIECE;
		rc = bk_gathered_read(&slot->bytes, at, piece, n, err);
		if (rc == 0)
			rc = to->write(to, piece, n, err);
		at += n;
	}
	free(piece);
	return rc;
}

int bk_ship_feed_get(struct bk_ship_feed *feed, const char *name, uint64_t size,
		     struct bk_sink *to, struct bk_err *err)
{
	if (feed->lanes < 2 || atomic_load(&feed->no_room))
		return bk_target_get(feed->from, name, 0, size, to, err);
	(void)pthread_mutex_lock(&feed->lock);
	struct slot *slot = slot_of(feed, name);
	bool first = !slot;
	if (first)
		slot = new_slot(feed, name, size);
	if (slot)
		slot->users++;
	(void)pthread_mutex_unlock(&feed->lock);
	if (!slot)
		return bk_target_get(feed->from, name, 0, size, to, err);
	int rc = first ? fetch(feed, slot, err) : wait_for(feed, slot);
	if (rc > 0)
		rc = play(slot, to, err);
	else if (rc == 0)
		rc = bk_target_get(feed->from, name, 0, size, to, err);
	(void)pthread_mutex_lock(&feed->lock);
	let_go(feed, slot);
	(void)pthread_mutex_unlock(&feed->lock);
	return rc;
}
