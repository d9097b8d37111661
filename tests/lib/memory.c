/* A copy of a target, in memory: see memory.h. */

#include "lib/memory.h"

#include <stdlib.h>
#include <string.h>

#include "lib/testrepo.h"

static const struct bk_buf *blob_of(struct bk_target *target, const char *name)
{
	struct memory_target *m = (struct memory_target *)target;
	const struct bk_blob *blob = bk_blob_list_find(&m->names, name);

	return blob ? &m->bytes[blob - m->names.items] : NULL;
}

static int memory_get(struct bk_target *target, const char *name,
		      uint64_t offset, uint64_t len, struct bk_sink *to,
		      struct bk_err *err)
{
	const struct bk_buf *blob = blob_of(target, name);

	if (!blob)
		return bk_fail(err, BK_GONE, "%s: not there", name);
	if (offset > blob->len || len > blob->len - offset)
		return bk_fail(err, BK_CORRUPT, "%s: ends before", name);
	return len ? to->write(to, blob->data + offset, (size_t)len, err) : 0;
}

static int memory_stat(struct bk_target *target, const char *name,
		       uint64_t *size, struct bk_err *err)
{
	const struct bk_buf *blob = blob_of(target, name);

	if (!blob)
		return bk_fail(err, BK_GONE, "%s: not there", name);
	*size = blob->len;
	return 0;
}

static int memory_list(struct bk_target *target, const char *folder,
		       struct bk_blob_list *out, struct bk_err *err)
{
	struct memory_target *m = (struct memory_target *)target;
	size_t len = strlen(folder);

	(void)err;
	bk_blob_list_clear(out);
	for (size_t i = 0; i < m->names.n; i++) {
		const struct bk_blob *blob = &m->names.items[i];
		if (len && (strncmp(blob->name, folder, len) != 0 ||
			    blob->name[len] != '/'))
			continue;
		out->items = bk_array_room(out->items, out->n, &out->cap,
					   sizeof(*out->items));
		out->items[out->n++] =
			(struct bk_blob){bk_strdup(blob->name), blob->size, 0};
	}
	return 0;
}

static void memory_close(struct bk_target *target)
{
	(void)target;
}

static const struct bk_target_ops memory_ops = {
	.scheme = "memory",
	.close = memory_close,
	.get = memory_get,
	.stat = memory_stat,
	.list = memory_list,
};

void memory_take(struct memory_target *m, struct bk_target *from)
{
	struct bk_err err = {0};

	memset(m, 0, sizeof(*m));
	m->target.ops = &memory_ops;
	m->target.where = "memory";
	testrepo_done(bk_target_list(from, "", &m->names, &err), &err);
	m->bytes = bk_alloc(m->names.n * sizeof(*m->bytes));
	for (size_t i = 0; i < m->names.n; i++) {
		const struct bk_blob *blob = &m->names.items[i];
		testrepo_done(bk_target_read(from, blob->name, 0, blob->size,
					     &m->bytes[i], &err),
			      &err);
		m->total += m->bytes[i].len;
	}
}

void memory_clear(struct memory_target *m)
{
	for (size_t i = 0; i < m->names.n; i++)
		bk_buf_clear(&m->bytes[i]);
	free(m->bytes);
	bk_blob_list_clear(&m->names);
}
