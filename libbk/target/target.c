/* What all targets share: see target.h.  Opening is in target/scheme.c. */

#include "target/target.h"

#include <stdlib.h>
#include <string.h>

#define ROOM ((uint64_t)2 << 20)

void bk_target_close(struct bk_target *target)
{
	if (target)
		target->ops->close(target);
}

int bk_target_put_begin(struct bk_target *target, const char *name,
			uint64_t length, struct bk_put **out,
			struct bk_err *err)
{
	return target->ops->put_begin(target, name, length, out, err);
}

int bk_put_write(struct bk_put *put, const void *data, size_t len,
		 struct bk_err *err)
{
	return put->target->ops->put_write(put, data, len, err);
}

int bk_put_read(struct bk_put *put, uint64_t offset, uint64_t len,
		struct bk_sink *to, struct bk_err *err)
{
	const struct bk_target *target = put->target;

	if (!target->ops->put_read)
		return bk_fail(err, BK_MISUSE,
			       "%s: what is being put cannot be read",
			       target->where);
	return target->ops->put_read(put, offset, len, to, err);
}

int bk_put_commit(struct bk_put *put, struct bk_err *err)
{
	return put->target->ops->put_commit(put, err);
}

void bk_put_abort(struct bk_put *put)
{
	if (put)
		put->target->ops->put_abort(put);
}

int bk_target_put(struct bk_target *target, const char *name,
		  struct bk_view bytes, struct bk_err *err)
{
	struct bk_put *put = NULL;

	if (bk_target_put_begin(target, name, bytes.len, &put, err) < 0)
		return -1;
	if (bk_put_write(put, bytes.data, bytes.len, err) < 0) {
		bk_put_abort(put);
		return -1;
	}
	return bk_put_commit(put, err);
}

int bk_target_get(struct bk_target *target, const char *name, uint64_t offset,
		  uint64_t len, struct bk_sink *to, struct bk_err *err)
{
	return target->ops->get(target, name, offset, len, to, err);
}

int bk_target_read(struct bk_target *target, const char *name, uint64_t offset,
		   uint64_t len, struct bk_buf *into, struct bk_err *err)
{
	struct bk_buf_sink to;

	into->len = 0;
	/* A block is fetched into one piece of memory; a length that may be
	 * wrong gets as much as arrives. */
	if (len <= ROOM)
		(void)bk_buf_room(into, (size_t)len);
	bk_buf_sink_init(&to, into, (size_t)len);
	return bk_target_get(target, name, offset, len, &to.sink, err);
}

int bk_target_peek(struct bk_target *target, const char *name, uint64_t most,
		   struct bk_buf *into, uint64_t *size, struct bk_err *err)
{
	into->len = 0;
	if (target->ops->peek)
		return target->ops->peek(target, name, most, into, size, err);
	if (bk_target_stat(target, name, size, err) < 0)
		return -1;
	return bk_target_read(target, name, 0, *size < most ? *size : most,
			      into, err);
}

void bk_target_want(struct bk_target *target, const char *name,
		    const struct bk_stretch *stretches, size_t n)
{
	if (target->ops->want)
		target->ops->want(target, name, stretches, n);
}

struct summing_sink {
	struct bk_sink sink;
	struct bk_sha256 sha;
};

static int add_to_sum(struct bk_sink *to, const void *data, size_t len,
		      struct bk_err *err)
{
	struct summing_sink *summing = (struct summing_sink *)to;

	(void)err;
	bk_sha256_update(&summing->sha, data, len);
	return 0;
}

int bk_target_sum(struct bk_target *target, const char *name, uint64_t offset,
		  uint64_t len, uint8_t out[BK_SHA256_LEN], struct bk_err *err)
{
	const struct bk_target_ops *ops = target->ops;
	struct summing_sink summing = {.sink.write = add_to_sum};

	bk_sha256_init(&summing.sha);
	int rc = ops->get_stored ? ops->get_stored(target, name, offset, len,
						   &summing.sink, err)
				 : ops->get(target, name, offset, len,
					    &summing.sink, err);
	if (rc < 0)
		return -1;
	bk_sha256_final(&summing.sha, out);
	return 0;
}

int bk_target_list(struct bk_target *target, const char *folder,
		   struct bk_blob_list *out, struct bk_err *err)
{
	return target->ops->list(target, folder, out, err);
}

int bk_target_stat(struct bk_target *target, const char *name, uint64_t *size,
		   struct bk_err *err)
{
	return target->ops->stat(target, name, size, err);
}

int bk_target_remove(struct bk_target *target, const char *name,
		     struct bk_err *err)
{
	return target->ops->remove(target, name, err);
}

int bk_target_sweep(struct bk_target *target, int64_t older_s,
		    bool (*ours)(const char *name), struct bk_err *err)
{
	if (!target->ops->sweep)
		return 0;
	return target->ops->sweep(target, older_s, ours, err);
}

int bk_target_flush(struct bk_target *target, struct bk_err *err)
{
	return target->ops->flush ? target->ops->flush(target, err) : 0;
}

bool bk_target_proves_puts(const struct bk_target *target)
{
	return target->ops->proves_puts && target->ops->proves_puts(target);
}

void bk_blob_list_add(struct bk_blob_list *list, char *name, uint64_t size,
		      int64_t mtime)
{
	list->items = bk_array_room(list->items, list->n, &list->cap,
				    sizeof(*list->items));
	list->items[list->n++] = (struct bk_blob){name, size, mtime};
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct bk_blob *)a)->name,
		      ((const struct bk_blob *)b)->name);
}

void bk_blob_list_sort(struct bk_blob_list *list)
{
	if (list->n)
		qsort(list->items, list->n, sizeof(*list->items), by_name);
}

void bk_blob_list_clear(struct bk_blob_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->items[i].name);
	free(list->items);
	*list = (struct bk_blob_list){0};
}

static int name_against_blob(const void *name, const void *blob)
{
	return strcmp(name, ((const struct bk_blob *)blob)->name);
}

const struct bk_blob *bk_blob_list_find(const struct bk_blob_list *list,
					const char *name)
{
	if (!list->n)
		return NULL;
	return bsearch(name, list->items, list->n, sizeof(*list->items),
		       name_against_blob);
}
