/* The files of a set on their way to a target: see bundle.h. */

#include "repo/bundle.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct file {
	char *name;
	struct bk_buf bytes;
};

struct bundle_put;

struct bk_bundle {
	struct bk_target target;
	struct bk_target *below;
	pthread_mutex_t lock; /* everything below */
	struct file *files;   /* committed, in order */
	size_t n, cap;
	size_t bytes;            /* in memory, unfinished ones too */
	struct bundle_put *open; /* unfinished, by next */
	bool through; /* too large: everything goes straight to the target */
	bool settled;
	struct bk_err failure; /* of letting it through: everything fails */
};

struct bundle_put {
	struct bk_put put;
	char *name;
	uint64_t length;
	struct bk_buf bytes;
	struct bk_put *below; /* once it goes through */
	struct bundle_put *next;
};

static struct bk_bundle *bundle_of(struct bk_target *target)
{
	return (struct bk_bundle *)target;
}

static struct bundle_put *bundle_put_of(struct bk_put *put)
{
	return (struct bundle_put *)put;
}

static void put_free(struct bundle_put *put)
{
	struct bundle_put **at = &bundle_of(put->put.target)->open;

	while (*at && *at != put)
		at = &(*at)->next;
	if (*at)
		*at = put->next;
	bk_buf_clear(&put->bytes);
	free(put->name);
	free(put);
}

static int begin_below(struct bundle_put *put, struct bk_err *err)
{
	struct bk_bundle *bundle = bundle_of(put->put.target);

	if (bk_target_put_begin(bundle->below, put->name, put->length,
				&put->below, err) < 0)
		return -1;
	int rc = bk_put_write(put->below, put->bytes.data, put->bytes.len, err);
	bk_buf_clear(&put->bytes);
	return rc;
}

static int put_kept_files(struct bk_bundle *bundle, struct bk_err *err)
{
	for (size_t i = 0; i < bundle->n; i++) {
		struct file *file = &bundle->files[i];
		if (bk_target_put(bundle->below, file->name,
				  bk_buf_view(&file->bytes), err) < 0)
			return -1;
		bk_buf_clear(&file->bytes);
	}
	for (struct bundle_put *put = bundle->open; put; put = put->next)
		if (begin_below(put, err) < 0)
			return -1;
	return 0;
}

/* What was kept back goes where it would have gone.  That is tried once: files
 * that were put already have left the memory. */
static int let_through(struct bk_bundle *bundle, struct bk_err *err)
{
	bundle->through = true;
	if (put_kept_files(bundle, err) == 0)
		return 0;
	bundle->failure = *err;
	return -1;
}

static int check_failure(const struct bk_bundle *bundle, struct bk_err *err)
{
	if (bundle->failure.kind == BK_OK)
		return 0;
	*err = bundle->failure;
	return -1;
}

static int bundle_begin(struct bk_target *target, const char *name,
			uint64_t length, struct bk_put **out,
			struct bk_err *err)
{
	struct bk_bundle *bundle = bundle_of(target);
	struct bundle_put *put = bk_alloc(sizeof(*put));

	put->put.target = target;
	put->name = bk_strdup(name);
	put->length = length;
	pthread_mutex_lock(&bundle->lock);
	int rc = check_failure(bundle, err);
	if (rc == 0 && bundle->through)
		rc = begin_below(put, err);
	if (rc < 0) {
		bk_put_abort(put->below);
		put_free(put);
	} else {
		put->next = bundle->open;
		bundle->open = put;
		*out = &put->put;
	}
	pthread_mutex_unlock(&bundle->lock);
	return rc;
}

/* Where the bytes go: below, or in memory until there are too many. */
static int keep_back(struct bk_bundle *bundle, struct bundle_put *put,
		     const void *data, size_t len, struct bk_err *err)
{
	if (check_failure(bundle, err) < 0)
		return -1;
	bk_buf_add(&put->bytes, data, len);
	bundle->bytes += len;
	if (bundle->settled || bundle->bytes <= BK_BUNDLE_MAX)
		return 0;
	return let_through(bundle, err);
}

static int bundle_write(struct bk_put *base, const void *data, size_t len,
			struct bk_err *err)
{
	struct bundle_put *put = bundle_put_of(base);
	struct bk_bundle *bundle = bundle_of(base->target);

	pthread_mutex_lock(&bundle->lock);
	bool through = put->below != NULL;
	int rc = through ? 0 : keep_back(bundle, put, data, len, err);
	pthread_mutex_unlock(&bundle->lock);
	return through ? bk_put_write(put->below, data, len, err) : rc;
}

/* Of a file below, or in memory. */
static int bundle_read(struct bk_put *base, uint64_t offset, uint64_t len,
		       struct bk_sink *to, struct bk_err *err)
{
	struct bundle_put *put = bundle_put_of(base);
	struct bk_bundle *bundle = bundle_of(base->target);

	pthread_mutex_lock(&bundle->lock);
	bool through = put->below != NULL;
	int rc = through ? 0
			 : to->write(to, put->bytes.data + offset, (size_t)len,
				     err);
	pthread_mutex_unlock(&bundle->lock);
	return through ? bk_put_read(put->below, offset, len, to, err) : rc;
}

static void keep_file(struct bk_bundle *bundle, struct bundle_put *put)
{
	bundle->files = bk_array_room(bundle->files, bundle->n, &bundle->cap,
				      sizeof(*bundle->files));
	bundle->files[bundle->n++] = (struct file){put->name, put->bytes};
	put->name = NULL;
	put->bytes = (struct bk_buf){0};
}

static int bundle_put_commit(struct bk_put *base, struct bk_err *err)
{
	struct bundle_put *put = bundle_put_of(base);
	struct bk_bundle *bundle = bundle_of(base->target);

	pthread_mutex_lock(&bundle->lock);
	struct bk_put *below = put->below;
	int rc = below ? 0 : check_failure(bundle, err);
	if (!below && rc == 0)
		keep_file(bundle, put);
	put_free(put);
	pthread_mutex_unlock(&bundle->lock);
	return below ? bk_put_commit(below, err) : rc;
}

static void bundle_abort(struct bk_put *base)
{
	struct bundle_put *put = bundle_put_of(base);
	struct bk_bundle *bundle = bundle_of(base->target);

	pthread_mutex_lock(&bundle->lock);
	bk_put_abort(put->below);
	put_free(put);
	pthread_mutex_unlock(&bundle->lock);
}

static int bundle_get(struct bk_target *target, const char *name,
		      uint64_t offset, uint64_t len, struct bk_sink *to,
		      struct bk_err *err)
{
	return bk_target_get(bundle_of(target)->below, name, offset, len, to,
			     err);
}

static int bundle_list(struct bk_target *target, const char *folder,
		       struct bk_blob_list *out, struct bk_err *err)
{
	return bk_target_list(bundle_of(target)->below, folder, out, err);
}

static int bundle_stat(struct bk_target *target, const char *name,
		       uint64_t *size, struct bk_err *err)
{
	return bk_target_stat(bundle_of(target)->below, name, size, err);
}

static int bundle_remove(struct bk_target *target, const char *name,
			 struct bk_err *err)
{
	return bk_target_remove(bundle_of(target)->below, name, err);
}

static void bundle_close(struct bk_target *target)
{
	bk_bundle_free(bundle_of(target));
}

static const struct bk_target_ops bundle_ops = {
	.scheme = "bundle",
	.close = bundle_close,
	.put_begin = bundle_begin,
	.put_write = bundle_write,
	.put_read = bundle_read,
	.put_commit = bundle_put_commit,
	.put_abort = bundle_abort,
	.get = bundle_get,
	.list = bundle_list,
	.stat = bundle_stat,
	.remove = bundle_remove,
	.unknown_length = true,
};

struct bk_bundle *bk_bundle_new(struct bk_target *below)
{
	struct bk_bundle *bundle = bk_alloc(sizeof(*bundle));

	bundle->target.ops = &bundle_ops;
	bundle->target.where = below->where;
	bundle->below = below;
	(void)pthread_mutex_init(&bundle->lock, NULL);
	return bundle;
}

void bk_bundle_free(struct bk_bundle *bundle)
{
	if (!bundle)
		return;
	for (size_t i = 0; i < bundle->n; i++) {
		bk_buf_clear(&bundle->files[i].bytes);
		free(bundle->files[i].name);
	}
	free(bundle->files);
	(void)pthread_mutex_destroy(&bundle->lock);
	free(bundle);
}

struct bk_target *bk_bundle_target(struct bk_bundle *bundle)
{
	return &bundle->target;
}

bool bk_bundle_settle(struct bk_bundle *bundle)
{
	bundle->settled = true;
	return !bundle->through;
}

uint64_t bk_bundle_offset(const struct bk_bundle *bundle, const char *name)
{
	uint64_t offset = 0;

	if (bundle->through)
		return 0;
	for (size_t i = 0; i < bundle->n; i++) {
		if (strcmp(bundle->files[i].name, name) == 0)
			return offset;
		offset += bundle->files[i].bytes.len;
	}
	return 0;
}

int bk_bundle_commit(struct bk_bundle *bundle, const char *name,
		     struct bk_err *err)
{
	struct bk_put *put = NULL;
	uint64_t length = 0;

	if (bundle->through)
		return check_failure(bundle, err);
	for (size_t i = 0; i < bundle->n; i++)
		length += bundle->files[i].bytes.len;
	if (bk_target_put_begin(bundle->below, name, length, &put, err) < 0)
		return -1;
	for (size_t i = 0; i < bundle->n; i++) {
		const struct bk_buf *bytes = &bundle->files[i].bytes;
		if (bk_put_write(put, bytes->data, bytes->len, err) < 0) {
			bk_put_abort(put);
			return -1;
		}
	}
	return bk_put_commit(put, err);
}
