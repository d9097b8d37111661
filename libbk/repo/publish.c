/* How a set becomes visible: see publish.h. */

#include "repo/publish.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "repo/intent.h"
#include "repo/presence.h"
#include "repo/signed_file.h"

#define REFRESH_S 300
#define DEAD_MS   ((int64_t)3600 * 1000)
/* A put that nobody writes to for so long is of a run that was killed. */
#define PART_DEAD_S ((int64_t)7 * 24 * 3600)

struct bk_publish {
	const struct bk_repo *repo;
	uint8_t set[16];
	uint8_t base[16]; /* zero: none */
	bool committed;
	struct bk_condemned trash;
	pthread_t thread;
	bool started;
	uint32_t number; /* of the intent that counts */

	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool ended;
};

static int put_intent(const struct bk_publish *publish, uint32_t number,
		      struct bk_err *err)
{
	struct bk_file_id id = {.type = BK_FILE_INTENT, .ordinal = number};
	struct bk_intent intent = {
		.written_ms = bk_clock_now_ms(),
		.dead_ms = bk_clock_now_ms() + DEAD_MS,
	};
	char name[BK_NAME_MAX], host[64] = "", text[96];
	struct bk_buf records = {0};
	struct bk_file_sum sum;

	memcpy(id.set, publish->set, sizeof(id.set));
	memcpy(intent.base, publish->base, sizeof(intent.base));
	(void)gethostname(host, sizeof(host) - 1);
	(void)snprintf(text, sizeof(text), "%s pid %d", host, (int)getpid());
	intent.who = text;
	bk_intent_encode(&intent, &records);
	int rc = bk_signed_file_write(
		publish->repo, bk_name_intent(name, publish->set, number), &id,
		&records, &sum, err);
	bk_buf_clear(&records);
	return rc;
}

static void remove_intent(const struct bk_publish *publish, uint32_t number)
{
	char name[BK_NAME_MAX];
	struct bk_err ignored = {0};

	(void)bk_target_remove(publish->repo->target,
			       bk_name_intent(name, publish->set, number),
			       &ignored);
}

/* A refresh that fails is tried again at the next: an intent is a hint, and
 * what it protects is checked after the root. */
static void refresh(struct bk_publish *publish)
{
	struct bk_err ignored = {0};

	if (put_intent(publish, publish->number + 1, &ignored) < 0)
		return;
	remove_intent(publish, publish->number);
	publish->number++;
}

int bk_publish_drop_base(struct bk_publish *publish, struct bk_err *err)
{
	pthread_mutex_lock(&publish->lock);
	memset(publish->base, 0, sizeof(publish->base));
	int rc = put_intent(publish, publish->number + 1, err);
	if (rc == 0)
		remove_intent(publish, publish->number++);
	pthread_mutex_unlock(&publish->lock);
	return rc;
}

static void *keep_fresh(void *arg)
{
	struct bk_publish *publish = arg;
	struct timespec until;

	pthread_mutex_lock(&publish->lock);
	while (!publish->ended) {
		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += REFRESH_S;
		int rc = pthread_cond_timedwait(&publish->changed,
						&publish->lock, &until);
		if (rc == ETIMEDOUT && !publish->ended)
			refresh(publish);
	}
	pthread_mutex_unlock(&publish->lock);
	return NULL;
}

static void init_lock(struct bk_publish *publish)
{
	pthread_condattr_t attr;

	(void)pthread_mutex_init(&publish->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&publish->changed, &attr);
	(void)pthread_condattr_destroy(&attr);
}

static bool is_ours(const char *name)
{
	struct bk_name parsed;

	return bk_name_parse(name, &parsed) != BK_NAME_OTHER;
}

int bk_publish_open(struct bk_publish **out, const struct bk_repo *repo,
		    const uint8_t set[16], const uint8_t *base,
		    struct bk_err *err)
{
	struct bk_publish *publish = bk_alloc(sizeof(*publish));
	struct bk_err ignored = {0};

	publish->repo = repo;
	memcpy(publish->set, set, sizeof(publish->set));
	if (base)
		memcpy(publish->base, base, sizeof(publish->base));
	init_lock(publish);
	/* First, for what it leaves may be all the room there is.  What stays
	 * does no harm, and the next run tries again. */
	(void)bk_target_sweep(repo->target, PART_DEAD_S, is_ours, &ignored);
	if (put_intent(publish, 0, err) < 0 ||
	    bk_condemned_read(repo, &publish->trash, err) < 0)
		goto fail;
	if (pthread_create(&publish->thread, NULL, keep_fresh, publish) != 0) {
		bk_fail(err, BK_FAILED, "no thread to refresh the intent");
		goto fail;
	}
	publish->started = true;
	*out = publish;
	return 0;
fail:
	bk_publish_close(publish);
	return -1;
}

const struct bk_condemned *bk_publish_condemned(
	const struct bk_publish *publish)
{
	return &publish->trash;
}

/* Names and lengths of all that the set needs, by a listing. */
static int check_data(const struct bk_publish *publish,
		      const struct bk_root *root, const struct bk_table *table,
		      const struct bk_set *base, struct bk_err *err)
{
	struct bk_blob_list list = {0};

	int rc = bk_target_list(publish->repo->target, "data", &list, err);
	if (rc == 0)
		rc = bk_presence_packs(&list, table, err);
	if (rc == 0 && base)
		rc = bk_presence_set(&list, base, err);
	if (rc == 0)
		rc = bk_presence_parts(&list, root, publish->set, err);
	bk_blob_list_clear(&list);
	/* Else it is the upload of a file that failed, and names that. */
	return rc < 0 && err->kind == BK_CORRUPT
		       ? bk_context(err, "after writing")
		       : rc;
}

static bool has_condemned_pack(const struct bk_condemned *trash,
			       const struct bk_table *table)
{
	for (size_t i = 0; i < table->n; i++)
		if (bk_condemned_has_pack(trash, &table->rows[i]))
			return true;
	return false;
}

static int check_condemned(const struct bk_publish *publish,
			   const struct bk_table *table,
			   const struct bk_set *base, struct bk_err *err)
{
	struct bk_condemned trash = {0};

	int rc = bk_condemned_read(publish->repo, &trash, err);
	/* Who took too long, by somebody's clock, finds what it put itself
	 * among what nobody owns. */
	bool bad = bk_condemned_touches(&trash, publish->set) ||
		   has_condemned_pack(&trash, table);
	for (size_t i = 0; base && i < base->n_levels; i++)
		bad |= bk_condemned_touches(&trash, base->levels[i].id) ||
		       has_condemned_pack(&trash, &base->levels[i].table);
	if (rc == 0 && bad)
		rc = bk_fail(err, BK_BUSY,
			     "a prune condemned what this set needs while it "
			     "was made; run it again");
	bk_condemned_clear(&trash);
	return rc;
}

static int check_roots(const struct bk_publish *publish,
		       const struct bk_set *base, struct bk_err *err)
{
	struct bk_blob_list list = {0};
	char name[BK_NAME_MAX];

	int rc = bk_target_list(publish->repo->target, "sets", &list, err);
	if (rc == 0)
		rc = bk_presence_blob(&list, bk_name_root(name, publish->set),
				      1, err);
	for (size_t i = 0; rc == 0 && base && i < base->n_levels; i++)
		rc = bk_presence_blob(
			&list, bk_name_root(name, base->levels[i].id), 1, err);
	bk_blob_list_clear(&list);
	return rc;
}

int bk_publish_commit(struct bk_publish *publish, struct bk_root *root,
		      const struct bk_table *table, const struct bk_set *base,
		      uint8_t root_sha256[32], struct bk_err *err)
{
	struct bk_file_id id = {.type = BK_FILE_ROOT};
	struct bk_buf records = {0};
	struct bk_file_sum sum = {0};
	char name[BK_NAME_MAX];

	memcpy(id.set, publish->set, sizeof(id.set));
	int rc = check_data(publish, root, table, base, err);
	if (rc == 0) {
		bk_fault("repo: before the root is put");
		bk_root_encode(root, &records);
		rc = bk_signed_file_write(publish->repo,
					  bk_name_root(name, publish->set), &id,
					  &records, &sum, err);
		bk_fault("repo: after the root was put");
	}
	if (rc == 0)
		rc = check_condemned(publish, table, base, err);
	if (rc == 0)
		rc = check_data(publish, root, table, base, err);
	if (rc == 0)
		rc = check_roots(publish, base, err);
	bk_buf_clear(&records);
	memcpy(root_sha256, sum.sha256, sizeof(sum.sha256));
	publish->committed = rc == 0;
	return rc;
}

void bk_publish_close(struct bk_publish *publish)
{
	if (!publish)
		return;
	if (publish->started) {
		pthread_mutex_lock(&publish->lock);
		publish->ended = true;
		pthread_cond_signal(&publish->changed);
		pthread_mutex_unlock(&publish->lock);
		pthread_join(publish->thread, NULL);
	}
	if (publish->committed)
		remove_intent(publish, publish->number);
	bk_condemned_clear(&publish->trash);
	(void)pthread_cond_destroy(&publish->changed);
	(void)pthread_mutex_destroy(&publish->lock);
	free(publish);
}
