/* A blob of a spread target that is read: which of its shards or copies are
 * good, each looked at once. */

#include <stdlib.h>
#include <string.h>

#include "target/spread_parts.h"

#define NOTED_MOST 100
#define BLOBS      (sizeof(((struct bk_spread *)0)->blobs) / sizeof(void *))

unsigned bk_spread_blob_place(const struct bk_spread *spread,
			      const struct bk_spread_blob *blob,
			      unsigned number)
{
	return blob->cut
		       ? bk_spread_place_of(&spread->shape, blob->turn, number)
		       : number;
}

static void blob_free(struct bk_spread_blob *blob)
{
	for (unsigned i = 0; i < BK_SPREAD_MOST; i++) {
		bk_shard_close(blob->shard[i]);
		free(blob->bad[i]);
	}
	(void)pthread_mutex_destroy(&blob->lock);
	free(blob->name);
	free(blob->there);
	free(blob);
}

/* ---- those that were read last ---- */

/* What may be taken away is looked for each time. */
static bool is_kept(const char *name)
{
	return strncmp(name, "data/", 5) == 0;
}

static struct bk_spread_blob *find(struct bk_spread *spread, const char *name)
{
	struct bk_spread_blob *found = NULL;

	(void)pthread_mutex_lock(&spread->lock);
	for (size_t i = 0; i < BLOBS; i++)
		if (spread->blobs[i] &&
		    strcmp(spread->blobs[i]->name, name) == 0)
			found = spread->blobs[i];
	if (found)
		found->users++;
	(void)pthread_mutex_unlock(&spread->lock);
	return found;
}

/* The list is a user, too. */
static void keep(struct bk_spread *spread, struct bk_spread_blob *blob)
{
	(void)pthread_mutex_lock(&spread->lock);
	struct bk_spread_blob *last = spread->blobs[spread->next_blob];
	spread->blobs[spread->next_blob] = blob;
	spread->next_blob = (spread->next_blob + 1) % BLOBS;
	blob->users++;
	(void)pthread_mutex_unlock(&spread->lock);
	if (last)
		bk_spread_blob_close(spread, last);
}

void bk_spread_blob_close(struct bk_spread *spread, struct bk_spread_blob *blob)
{
	(void)pthread_mutex_lock(&spread->lock);
	bool last = --blob->users == 0;
	(void)pthread_mutex_unlock(&spread->lock);
	if (last)
		blob_free(blob);
}

void bk_spread_blob_forget(struct bk_spread *spread, const char *name)
{
	for (size_t i = 0; i < BLOBS; i++) {
		struct bk_spread_blob *blob = NULL;
		(void)pthread_mutex_lock(&spread->lock);
		if (spread->blobs[i] &&
		    strcmp(spread->blobs[i]->name, name) == 0) {
			blob = spread->blobs[i];
			spread->blobs[i] = NULL;
		}
		(void)pthread_mutex_unlock(&spread->lock);
		if (blob)
			bk_spread_blob_close(spread, blob);
	}
}

void bk_spread_blobs_clear(struct bk_spread *spread)
{
	for (size_t i = 0; i < BLOBS; i++)
		if (spread->blobs[i])
			blob_free(spread->blobs[i]);
}

/* ---- looking at shards ---- */

static int check_head(const struct bk_spread *spread,
		      const struct bk_spread_blob *blob, unsigned number,
		      const struct bk_shard_head *head, struct bk_err *err)
{
	unsigned place = bk_spread_blob_place(spread, blob, number);
	uint8_t name[BK_SHARD_NAME];

	bk_spread_name_sum(name, blob->name);
	if (memcmp(head->name, name, sizeof(name)) == 0 &&
	    head->d == spread->shape.d && head->p == spread->shape.p &&
	    head->targets == spread->shape.n && head->position == place &&
	    head->number == (blob->cut ? number : 0) &&
	    head->code == (blob->cut ? BK_SHARD_REED_SOLOMON : BK_SHARD_COPY) &&
	    head->turn == blob->turn &&
	    (!blob->cut || head->length == blob->layout.length))
		return 0;
	return bk_fail(err, BK_CORRUPT, "%s: %s: is the shard of another file",
		       spread->children[place].name, blob->there);
}

static bool is_away(enum bk_kind kind)
{
	return kind == BK_LOST || kind == BK_BUSY || kind == BK_DENIED;
}

/* For whoever mends it. */
static void note_damage(struct bk_spread *spread, const char *name,
			unsigned child, const struct bk_err *why)
{
	(void)pthread_mutex_lock(&spread->lock);
	size_t i = 0;
	while (i < spread->n_noted &&
	       (spread->noted[i].child != child ||
		strcmp(spread->noted[i].name, name) != 0))
		i++;
	if (i == spread->n_noted && i < NOTED_MOST) {
		spread->noted = bk_array_room(spread->noted, spread->n_noted,
					      &spread->cap_noted,
					      sizeof(*spread->noted));
		spread->noted[spread->n_noted++] = (struct bk_spread_noted){
			bk_strdup(name),
			child,
			*why,
		};
	}
	(void)pthread_mutex_unlock(&spread->lock);
}

static void note_bad(struct bk_spread *spread, unsigned child,
		     const struct bk_spread_blob *blob,
		     const struct bk_err *why)
{
	if (is_away(why->kind))
		bk_spread_child_silent(spread, child, why);
	else if (why->kind == BK_CORRUPT)
		note_damage(spread, blob->name, child, why);
}

/* Whoever was interrupted while he replaced it has it beside. */
static int open_there(struct bk_target *at, const struct bk_spread_blob *blob,
		      struct bk_shard **out, struct bk_err *err)
{
	struct bk_err ignored = {0};

	if (bk_shard_open(out, at, blob->there, blob->stored, err) == 0)
		return 0;
	if (err->kind != BK_GONE)
		return -1;
	char *beside = bk_spread_name_beside(blob->there);
	int rc = bk_shard_open(out, at, beside, blob->stored, &ignored);
	free(beside);
	if (rc == 0)
		*err = (struct bk_err){0};
	return rc;
}

static int look(struct bk_spread *spread, struct bk_spread_blob *blob,
		unsigned number, struct bk_err *err)
{
	unsigned place = bk_spread_blob_place(spread, blob, number);
	struct bk_spread_child *child = &spread->children[place];
	struct bk_shard *shard = NULL;

	if (!bk_spread_usable(spread, place)) {
		(void)pthread_mutex_lock(&spread->lock);
		*err = child->why;
		(void)pthread_mutex_unlock(&spread->lock);
		/* That it is not there, it did not say. */
		if (err->kind == BK_GONE)
			err->kind = BK_LOST;
		return -1;
	}
	int rc = open_there(child->target, blob, &shard, err);
	if (rc == 0)
		rc = check_head(spread, blob, number, &shard->head, err);
	if (rc < 0) {
		note_bad(spread, place, blob, err);
		bk_shard_close(shard);
		return -1;
	}
	blob->shard[number] = shard;
	return 0;
}

static struct bk_shard *shard_of(struct bk_spread *spread,
				 struct bk_spread_blob *blob, unsigned number)
{
	struct bk_err *why = &blob->why[number];

	if (!blob->shard[number] && !why->kind)
		(void)look(spread, blob, number, why);
	if (!blob->shard[number] || why->kind)
		return NULL;
	if (!blob->known ||
	    (blob->shard[number]->layout.length == blob->layout.length &&
	     memcmp(blob->shard[number]->head.original, blob->original,
		    BK_SHA256_LEN) == 0))
		return blob->shard[number];
	(void)bk_fail(
		why, BK_CORRUPT, "%s: %s: is not what the others have",
		spread->children[bk_spread_blob_place(spread, blob, number)]
			.name,
		blob->there);
	return NULL;
}

struct bk_shard *bk_spread_blob_shard(struct bk_spread *spread,
				      struct bk_spread_blob *blob,
				      unsigned number, struct bk_err *err)
{
	(void)pthread_mutex_lock(&blob->lock);
	struct bk_shard *shard = shard_of(spread, blob, number);
	if (!shard)
		*err = blob->why[number];
	(void)pthread_mutex_unlock(&blob->lock);
	return shard;
}

/* The shard stays, for other threads may be reading it. */
void bk_spread_blob_spoilt(struct bk_spread *spread,
			   struct bk_spread_blob *blob, unsigned number,
			   const struct bk_err *why)
{
	note_bad(spread, bk_spread_blob_place(spread, blob, number), blob, why);
	(void)pthread_mutex_lock(&blob->lock);
	if (!blob->why[number].kind)
		blob->why[number] = *why;
	(void)pthread_mutex_unlock(&blob->lock);
}

void bk_spread_blob_piece_bad(struct bk_spread *spread,
			      struct bk_spread_blob *blob, unsigned number,
			      uint32_t row, const struct bk_err *why)
{
	struct bk_err damage = *why;

	/* A disk that does not give it, too, is mended by putting it anew. */
	damage.kind = BK_CORRUPT;
	note_bad(spread, bk_spread_blob_place(spread, blob, number), blob,
		 &damage);
	(void)pthread_mutex_lock(&blob->lock);
	if (!blob->bad[number])
		blob->bad[number] = bk_alloc(blob->layout.rows / 8 + 1);
	blob->bad[number][row / 8] |= (uint8_t)(1U << row % 8);
	if (!blob->first_bad.kind)
		blob->first_bad = damage;
	(void)pthread_mutex_unlock(&blob->lock);
}

uint32_t bk_spread_blob_bad(struct bk_spread_blob *blob, unsigned number,
			    uint32_t first)
{
	uint32_t bad = 0;

	(void)pthread_mutex_lock(&blob->lock);
	const uint8_t *bits = blob->bad[number];
	for (uint32_t i = 0; bits && i < 32 && first + i < blob->layout.rows;
	     i++) {
		uint32_t row = first + i;
		bad |= (uint32_t)(bits[row / 8] >> row % 8 & 1) << i;
	}
	(void)pthread_mutex_unlock(&blob->lock);
	return bad;
}

/* ---- opening ---- */

static bool are_alike(const struct bk_shard *a, const struct bk_shard *b)
{
	return memcmp(a->head.original, b->head.original, BK_SHA256_LEN) == 0;
}

/* How many of those that were looked at are of the same original as this one.
 */
static unsigned agreeing(const struct bk_spread_blob *blob,
			 const struct bk_shard *with)
{
	unsigned n = 0;

	for (unsigned i = 0; i < blob->shards; i++)
		n += blob->shard[i] && !blob->why[i].kind &&
		     are_alike(blob->shard[i], with);
	return n;
}

/* Takes what most shards agree on, at least d of them.  Of two that so many
 * have, neither is it. */
static bool settle(struct bk_spread_blob *blob)
{
	const struct bk_shard *best = NULL;
	unsigned most = 0;
	bool tie = false;

	for (unsigned i = 0; i < blob->shards; i++) {
		const struct bk_shard *it = blob->shard[i];
		if (!it || blob->why[i].kind)
			continue;
		unsigned n = agreeing(blob, it);
		if (!best || n > most) {
			most = n;
			best = it;
			tie = false;
		} else if (n == most && !are_alike(it, best)) {
			tie = true;
		}
	}
	if (!best || most < blob->d || tie)
		return false;
	memcpy(blob->original, best->head.original, BK_SHA256_LEN);
	blob->layout = best->layout;
	return true;
}

/* Looks at shards until d of them agree; those of children that did not answer
 * before come last. */
static bool look_around(struct bk_spread *spread, struct bk_spread_blob *blob)
{
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < blob->shards; i++) {
			unsigned place = bk_spread_blob_place(spread, blob, i);
			bool silent =
				atomic_load(&spread->children[place].silent);
			if (silent != (pass == 1))
				continue;
			(void)shard_of(spread, blob, i);
			/* Who proves or mends hears all of them first. */
			if (!blob->stored && settle(blob))
				return true;
		}
		if (settle(blob))
			return true;
	}
	return false;
}

/* All who answered say that it is not there, and they are enough. */
static bool is_gone(const struct bk_spread *spread,
		    const struct bk_spread_blob *blob)
{
	unsigned gone = 0, away = 0;

	for (unsigned i = 0; i < blob->shards; i++) {
		gone += blob->why[i].kind == BK_GONE;
		away += is_away(blob->why[i].kind);
	}
	if (gone + away < blob->shards)
		return false;
	return blob->cut ? away < blob->d
			 : gone >= bk_spread_majority(&spread->shape);
}

/* It says nothing of what lies there. */
static bool ends_all(enum bk_kind kind)
{
	return kind == BK_CANCELLED || kind == BK_STARVED;
}

static int no_good(struct bk_spread *spread, struct bk_spread_blob *blob,
		   struct bk_err *err)
{
	const struct bk_err *why = NULL;
	unsigned good = 0;

	for (unsigned i = 0; i < blob->shards; i++) {
		if (blob->shard[i] && !blob->why[i].kind)
			good++;
		if (ends_all(blob->why[i].kind)) {
			*err = blob->why[i];
			return -1;
		}
		if (blob->why[i].kind && (!why || why->kind == BK_GONE))
			why = &blob->why[i];
	}
	if (is_gone(spread, blob))
		return bk_fail(err, BK_GONE, "%s/%s: is not there",
			       spread->where, blob->name);
	if (!why)
		return bk_fail(err, BK_CORRUPT,
			       "%s: the shards are not of one file",
			       blob->name);
	*err = *why;
	if (err->kind == BK_GONE)
		err->kind = BK_CORRUPT;
	return bk_context(err, "%s: %u of the %u %s that are needed; first",
			  blob->name, good, blob->d,
			  blob->cut ? "shards" : "copies");
}

static int settle_blob(struct bk_spread *spread, struct bk_spread_blob *blob,
		       struct bk_err *err)
{
	int rc = 0;

	(void)pthread_mutex_lock(&blob->lock);
	if (!blob->known) {
		blob->known = look_around(spread, blob);
		rc = blob->known ? 0 : no_good(spread, blob, err);
	}
	(void)pthread_mutex_unlock(&blob->lock);
	return rc;
}

static int make_blob(struct bk_spread *spread, const char *name, bool again,
		     struct bk_spread_blob **out, struct bk_err *err)
{
	bool cut = bk_spread_is_cut(name);
	uint64_t length = 0;

	if (cut && bk_spread_length(spread, name, again, &length, err) < 0)
		return -1;
	struct bk_spread_blob *blob = bk_alloc(sizeof(*blob));
	blob->name = bk_strdup(name);
	blob->there = bk_spread_name_there(name, length);
	blob->cut = cut;
	blob->turn = bk_spread_turn(name);
	blob->d = cut ? spread->shape.d : 1;
	blob->shards =
		cut ? spread->shape.d + spread->shape.p : spread->shape.n;
	blob->users = 1;
	(void)pthread_mutex_init(&blob->lock, NULL);
	if (bk_shard_layout(&blob->layout, blob->d, length, err) < 0) {
		blob_free(blob);
		return -1;
	}
	*out = blob;
	return 0;
}

static int open_anew(struct bk_spread *spread, const char *name, bool stored,
		     bool again, struct bk_spread_blob **out,
		     struct bk_err *err)
{
	struct bk_spread_blob *blob = NULL;

	if (make_blob(spread, name, again, &blob, err) < 0)
		return -1;
	blob->stored = stored;
	if (settle_blob(spread, blob, err) < 0) {
		blob_free(blob);
		return -1;
	}
	if (!stored && is_kept(name))
		keep(spread, blob);
	*out = blob;
	return 0;
}

int bk_spread_blob_open(struct bk_spread *spread, const char *name, bool stored,
			struct bk_spread_blob **out, struct bk_err *err)
{
	struct bk_err why = {0};

	*out = stored ? NULL : find(spread, name);
	if (*out)
		return 0;
	if (open_anew(spread, name, stored, false, out, &why) == 0)
		return 0;
	/* The length may be of a listing from before. */
	if (why.kind == BK_GONE && bk_spread_is_cut(name))
		return open_anew(spread, name, stored, true, out, err);
	*err = why;
	return -1;
}
