/*
 * Syncs of whole file systems, which many folders share: see maildir_writer.h.
 *
 * Each of them is opened before anything is written to it, so that an error of
 * writing back that came before the sync is told by the sync.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "store/maildir_writer.h"

void bk_maildir_disks_init(struct bk_maildir_disks *disks)
{
	(void)pthread_mutex_init(&disks->lock, NULL);
	(void)pthread_mutex_init(&disks->syncing, NULL);
}

static void forget(struct bk_maildir_disks *disks)
{
	for (size_t i = 0; i < disks->n; i++)
		(void)close(disks->items[i].fd);
	disks->n = 0;
}

void bk_maildir_disks_clear(struct bk_maildir_disks *disks)
{
	forget(disks);
	free(disks->items);
	(void)pthread_mutex_destroy(&disks->lock);
	(void)pthread_mutex_destroy(&disks->syncing);
}

static bool is_known(const struct bk_maildir_disks *disks, dev_t dev)
{
	for (size_t i = 0; i < disks->n; i++)
		if (disks->items[i].dev == dev)
			return true;
	return false;
}

static int add(struct bk_maildir_disks *disks, int dir, dev_t dev,
	       struct bk_err *err)
{
	/* syncfs wants a folder that is open for reading. */
	int fd = bk_path_open(dir, ".", O_RDONLY | O_DIRECTORY, 0, err);

	if (fd < 0)
		return -1;
	disks->items = bk_array_room(disks->items, disks->n, &disks->cap,
				     sizeof(*disks->items));
	disks->items[disks->n++] = (struct bk_maildir_disk){dev, fd};
	return 0;
}

int bk_maildir_disk_use(struct bk_maildir *maildir, int dir, struct bk_err *err)
{
	struct bk_maildir_disks *disks = &maildir->disks;
	struct stat st;
	int rc = 0;

	if (fstat(dir, &st) < 0)
		return bk_fail_errno(err, "stat");
	(void)pthread_mutex_lock(&disks->lock);
	if (!is_known(disks, st.st_dev))
		rc = add(disks, dir, st.st_dev, err);
	(void)pthread_mutex_unlock(&disks->lock);
	return rc;
}

void bk_maildir_writers_count(struct bk_maildir *maildir, int more)
{
	struct bk_maildir_disks *disks = &maildir->disks;

	(void)pthread_mutex_lock(&disks->lock);
	disks->writers += (size_t)more;
	(void)pthread_mutex_unlock(&disks->lock);
}

uint64_t bk_maildir_moment(struct bk_maildir *maildir)
{
	return atomic_load(&maildir->disks.begun);
}

bool bk_maildir_synced_since(struct bk_maildir *maildir, uint64_t moment)
{
	return atomic_load(&maildir->disks.done) > moment;
}

/* A copy, because a sync takes long; only syncs forget disks. */
static struct bk_maildir_disk *copy_items(struct bk_maildir_disks *disks,
					  size_t *n)
{
	(void)pthread_mutex_lock(&disks->lock);
	struct bk_maildir_disk *items =
		bk_alloc((disks->n + 1) * sizeof(*items));
	if (disks->n)
		memcpy(items, disks->items, disks->n * sizeof(*items));
	*n = disks->n;
	(void)pthread_mutex_unlock(&disks->lock);
	return items;
}

static int sync_disks(struct bk_maildir_disks *disks, struct bk_err *err)
{
	uint64_t number = atomic_fetch_add(&disks->begun, 1) + 1;
	size_t n = 0;
	struct bk_maildir_disk *items = copy_items(disks, &n);
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		if (syncfs(items[i].fd) < 0 && rc == 0)
			rc = bk_fail_errno(err, "sync");
	free(items);
	if (rc < 0) {
		disks->error = *err;
		return -1;
	}
	atomic_store(&disks->done, number);
	(void)pthread_mutex_lock(&disks->lock);
	if (!disks->writers)
		forget(disks);
	(void)pthread_mutex_unlock(&disks->lock);
	return 0;
}

int bk_maildir_sync(struct bk_store *store, struct bk_err *err)
{
	struct bk_maildir *maildir = bk_maildir_of(store);

	(void)pthread_mutex_lock(&maildir->disks.syncing);
	/* What a system could not write it forgets: another sync would say that
	 * all is well. */
	int rc = -1;
	if (maildir->disks.error.kind != BK_OK)
		*err = maildir->disks.error;
	else
		rc = sync_disks(&maildir->disks, err);
	(void)pthread_mutex_unlock(&maildir->disks.syncing);
	return rc < 0 ? bk_context(err, "store %s", maildir->where) : 0;
}
