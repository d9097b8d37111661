/* What is known of blobs from what was asked for: see cache_sights.h. */

#include "target/cache_sights.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "target/cache_files.h"

#define SIGHTED 64u /* blobs */

struct sighting {
	char *name;    /* NULL: free */
	uint64_t upto; /* it is at least so long */
	uint64_t next; /* where the last get of it ended */
	uint64_t run;  /* bytes that were got in order before that */
};

struct bk_sights {
	pthread_mutex_t lock;
	struct sighting items[SIGHTED]; /* in turn */
	unsigned next;
	struct bk_blob_list roots; /* as the last listing shows them */
};

struct bk_sights *bk_sights_new(void)
{
	struct bk_sights *sights = bk_alloc(sizeof(*sights));

	(void)pthread_mutex_init(&sights->lock, NULL);
	return sights;
}

void bk_sights_free(struct bk_sights *sights)
{
	if (!sights)
		return;
	for (unsigned i = 0; i < SIGHTED; i++)
		free(sights->items[i].name);
	bk_blob_list_clear(&sights->roots);
	(void)pthread_mutex_destroy(&sights->lock);
	free(sights);
}

/* With the lock held; a new one if need be. */
static struct sighting *sighting_of(struct bk_sights *sights, const char *name)
{
	struct sighting *s;

	for (unsigned i = 0; i < SIGHTED; i++) {
		s = &sights->items[i];
		if (s->name && strcmp(s->name, name) == 0)
			return s;
	}
	s = &sights->items[sights->next++ % SIGHTED];
	free(s->name);
	*s = (struct sighting){.name = bk_strdup(name)};
	return s;
}

void bk_sights_saw(struct bk_sights *sights, const char *name, uint64_t upto)
{
	(void)pthread_mutex_lock(&sights->lock);
	struct sighting *s = sighting_of(sights, name);
	if (upto > s->upto)
		s->upto = upto;
	(void)pthread_mutex_unlock(&sights->lock);
}

uint64_t bk_sights_upto(struct bk_sights *sights, const char *name)
{
	(void)pthread_mutex_lock(&sights->lock);
	uint64_t upto = sighting_of(sights, name)->upto;
	(void)pthread_mutex_unlock(&sights->lock);
	return upto;
}

uint64_t bk_sights_run(struct bk_sights *sights, const char *name,
		       struct bk_stretch want)
{
	(void)pthread_mutex_lock(&sights->lock);
	struct sighting *s = sighting_of(sights, name);
	bool in_order = want.offset && s->next == want.offset;
	s->run = in_order ? s->run + want.len : want.len;
	s->next = want.offset + want.len;
	uint64_t run = s->run;
	(void)pthread_mutex_unlock(&sights->lock);
	return run;
}

void bk_sights_drop(struct bk_sights *sights, const char *name)
{
	(void)pthread_mutex_lock(&sights->lock);
	for (unsigned i = 0; i < SIGHTED; i++) {
		struct sighting *s = &sights->items[i];
		if (!s->name || strcmp(s->name, name) != 0)
			continue;
		free(s->name);
		*s = (struct sighting){0};
	}
	(void)pthread_mutex_unlock(&sights->lock);
}

void bk_sights_listed(struct bk_sights *sights, const char *folder,
		      const struct bk_blob_list *list)
{
	if (!bk_cache_is_below("sets/", folder))
		return;
	(void)pthread_mutex_lock(&sights->lock);
	bk_blob_list_clear(&sights->roots);
	for (size_t i = 0; i < list->n; i++) {
		const struct bk_blob *blob = &list->items[i];
		if (bk_cache_is_below(blob->name, "sets"))
			bk_blob_list_add(&sights->roots, bk_strdup(blob->name),
					 blob->size, blob->mtime);
	}
	(void)pthread_mutex_unlock(&sights->lock);
}

bool bk_sights_size(struct bk_sights *sights, const char *name, uint64_t *size)
{
	(void)pthread_mutex_lock(&sights->lock);
	const struct bk_blob *blob = bk_blob_list_find(&sights->roots, name);
	if (blob)
		*size = blob->size;
	(void)pthread_mutex_unlock(&sights->lock);
	return blob != NULL;
}
