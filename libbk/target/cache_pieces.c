/* Stretches of blobs in memory: see cache_pieces.h. */

#include "target/cache_pieces.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "target/cache_files.h"

#define PIECES 32u
#define MOST   ((uint64_t)8 << 20) /* bytes of all */

struct piece {
	char *name; /* NULL: free */
	uint64_t offset, size;
	struct bk_buf bytes;
};

struct bk_pieces {
	pthread_mutex_t lock;
	struct piece items[PIECES]; /* in turn */
	unsigned next;
	uint64_t bytes;
};

struct bk_pieces *bk_pieces_new(void)
{
	struct bk_pieces *pieces = bk_alloc(sizeof(*pieces));

	(void)pthread_mutex_init(&pieces->lock, NULL);
	return pieces;
}

static void clear(struct bk_pieces *pieces, struct piece *piece)
{
	pieces->bytes -= piece->bytes.len;
	free(piece->name);
	bk_buf_clear(&piece->bytes);
	*piece = (struct piece){0};
}

void bk_pieces_free(struct bk_pieces *pieces)
{
	if (!pieces)
		return;
	for (unsigned i = 0; i < PIECES; i++)
		clear(pieces, &pieces->items[i]);
	(void)pthread_mutex_destroy(&pieces->lock);
	free(pieces);
}

static bool is_of(const struct piece *piece, const char *name)
{
	return piece->name && strcmp(piece->name, name) == 0;
}

static bool has(const struct piece *piece, const struct bk_stretch *want)
{
	uint64_t skip = want->offset - piece->offset;

	return want->offset >= piece->offset && want->len <= piece->bytes.len &&
	       skip <= piece->bytes.len - want->len;
}

bool bk_pieces_find(struct bk_pieces *pieces, const char *name,
		    struct bk_stretch want, struct bk_buf *out)
{
	bool found = false;

	(void)pthread_mutex_lock(&pieces->lock);
	for (unsigned i = 0; i < PIECES && !found; i++) {
		const struct piece *p = &pieces->items[i];
		found = is_of(p, name) && has(p, &want);
		if (found && out)
			bk_buf_add(out,
				   p->bytes.data + (want.offset - p->offset),
				   (size_t)want.len);
	}
	(void)pthread_mutex_unlock(&pieces->lock);
	return found;
}

bool bk_pieces_peek(struct bk_pieces *pieces, const char *name, uint64_t most,
		    struct bk_buf *out, uint64_t *size)
{
	bool found = false;

	(void)pthread_mutex_lock(&pieces->lock);
	for (unsigned i = 0; i < PIECES && !found; i++) {
		const struct piece *p = &pieces->items[i];
		struct bk_stretch want = {0, most < p->size ? most : p->size};
		if (!is_of(p, name) || p->size == BK_SIZE_UNKNOWN ||
		    !has(p, &want))
			continue;
		found = true;
		*size = p->size;
		bk_buf_add(out, p->bytes.data, (size_t)want.len);
	}
	(void)pthread_mutex_unlock(&pieces->lock);
	return found;
}

/* The oldest go until there is room. */
static struct piece *make_room(struct bk_pieces *pieces, uint64_t len)
{
	struct piece *mine = &pieces->items[pieces->next++ % PIECES];

	clear(pieces, mine);
	for (unsigned i = 0; i < PIECES && pieces->bytes + len > MOST; i++)
		clear(pieces, &pieces->items[(pieces->next + i) % PIECES]);
	return mine;
}

void bk_pieces_keep(struct bk_pieces *pieces, const char *name, uint64_t offset,
		    struct bk_view bytes, uint64_t size)
{
	if (bytes.len > MOST)
		return;
	(void)pthread_mutex_lock(&pieces->lock);
	struct piece *piece = make_room(pieces, bytes.len);
	piece->name = bk_strdup(name);
	piece->offset = offset;
	piece->size = size;
	bk_buf_add(&piece->bytes, bytes.data, bytes.len);
	pieces->bytes += bytes.len;
	(void)pthread_mutex_unlock(&pieces->lock);
}

void bk_pieces_drop(struct bk_pieces *pieces, const char *name)
{
	(void)pthread_mutex_lock(&pieces->lock);
	for (unsigned i = 0; i < PIECES; i++)
		if (is_of(&pieces->items[i], name))
			clear(pieces, &pieces->items[i]);
	(void)pthread_mutex_unlock(&pieces->lock);
}

void bk_pieces_keep_only(struct bk_pieces *pieces, const char *folder,
			 const struct bk_blob_list *list)
{
	(void)pthread_mutex_lock(&pieces->lock);
	for (unsigned i = 0; i < PIECES; i++) {
		struct piece *p = &pieces->items[i];
		if (p->name && bk_cache_is_below(p->name, folder) &&
		    !bk_blob_list_find(list, p->name))
			clear(pieces, p);
	}
	(void)pthread_mutex_unlock(&pieces->lock);
}
