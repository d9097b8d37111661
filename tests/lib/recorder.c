/* A target that writes down what is done: see recorder.h. */

#include "lib/recorder.h"

#include <stdlib.h>
#include <string.h>

struct recorder_put {
	struct bk_put put;
	struct bk_put *below;
	char *name;
};

static struct recorder *recorder_of(struct bk_target *target)
{
	return (struct recorder *)target;
}

/* Writes an act down; -1 if it shall fail. */
static int act(struct recorder *recorder, const char *verb, const char *name,
	       struct bk_err *err)
{
	char *line = bk_asprintf("%s %s", verb, name);
	int rc = 0;

	if (recorder->before)
		recorder->before(recorder->arg, line);
	pthread_mutex_lock(&recorder->lock);
	bk_buf_printf(&recorder->log, "%s\n", line);
	if (recorder->fail_on &&
	    strncmp(line, recorder->fail_on, strlen(recorder->fail_on)) == 0)
		rc = bk_fail(err, recorder->fail_kind, "%s: as the test says",
			     line);
	pthread_mutex_unlock(&recorder->lock);
	free(line);
	return rc;
}

static int put_begin(struct bk_target *target, const char *name,
		     uint64_t length, struct bk_put **out, struct bk_err *err)
{
	struct recorder_put *put = bk_alloc(sizeof(*put));

	put->put.target = target;
	if (bk_target_put_begin(recorder_of(target)->below, name, length,
				&put->below, err) < 0) {
		free(put);
		return -1;
	}
	put->name = bk_strdup(name);
	*out = &put->put;
	return 0;
}

static int put_write(struct bk_put *base, const void *data, size_t len,
		     struct bk_err *err)
{
	struct recorder_put *put = (struct recorder_put *)base;
	struct recorder *recorder = recorder_of(base->target);

	pthread_mutex_lock(&recorder->lock);
	recorder->written += len;
	int full = recorder->room && recorder->written > recorder->room;
	pthread_mutex_unlock(&recorder->lock);
	if (full)
		return bk_fail(err, BK_FULL, "%s: no room, says the test",
			       put->name);
	return bk_put_write(put->below, data, len, err);
}

static void put_free(struct recorder_put *put)
{
	free(put->name);
	free(put);
}

static int put_commit(struct bk_put *base, struct bk_err *err)
{
	struct recorder_put *put = (struct recorder_put *)base;

	int rc = act(recorder_of(base->target), "put", put->name, err);
	if (rc == 0)
		rc = bk_put_commit(put->below, err);
	else
		bk_put_abort(put->below);
	put_free(put);
	return rc;
}

static void put_abort(struct bk_put *base)
{
	struct recorder_put *put = (struct recorder_put *)base;

	bk_put_abort(put->below);
	put_free(put);
}

static int get(struct bk_target *target, const char *name, uint64_t offset,
	       uint64_t len, struct bk_sink *to, struct bk_err *err)
{
	return bk_target_get(recorder_of(target)->below, name, offset, len, to,
			     err);
}

static int list(struct bk_target *target, const char *folder,
		struct bk_blob_list *out, struct bk_err *err)
{
	if (act(recorder_of(target), "list", folder, err) < 0)
		return -1;
	return bk_target_list(recorder_of(target)->below, folder, out, err);
}

static int stat_blob(struct bk_target *target, const char *name, uint64_t *size,
		     struct bk_err *err)
{
	return bk_target_stat(recorder_of(target)->below, name, size, err);
}

static int remove_blob(struct bk_target *target, const char *name,
		       struct bk_err *err)
{
	if (act(recorder_of(target), "remove", name, err) < 0)
		return -1;
	return bk_target_remove(recorder_of(target)->below, name, err);
}

static int sweep(struct bk_target *target, int64_t older_s,
		 bool (*ours)(const char *name), struct bk_err *err)
{
	return bk_target_sweep(recorder_of(target)->below, older_s, ours, err);
}

static void close_target(struct bk_target *target)
{
	(void)target;
}

static const struct bk_target_ops recorder_ops = {
	.scheme = "recorder",
	.close = close_target,
	.put_begin = put_begin,
	.put_write = put_write,
	.put_commit = put_commit,
	.put_abort = put_abort,
	.get = get,
	.list = list,
	.stat = stat_blob,
	.remove = remove_blob,
	.sweep = sweep,
	.unknown_length = true,
};

void recorder_init(struct recorder *recorder, struct bk_target *below)
{
	*recorder = (struct recorder){0};
	recorder->target.ops = &recorder_ops;
	recorder->target.where = below->where;
	recorder->below = below;
	(void)pthread_mutex_init(&recorder->lock, NULL);
}

void recorder_clear(struct recorder *recorder)
{
	bk_buf_clear(&recorder->log);
	(void)pthread_mutex_destroy(&recorder->lock);
}

int recorder_line(struct recorder *recorder, const char *wanted)
{
	const char *at = bk_buf_text(&recorder->log);

	for (int n = 0; *at; n++) {
		const char *end = strchr(at, '\n');
		if ((size_t)(end - at) == strlen(wanted) &&
		    strncmp(at, wanted, strlen(wanted)) == 0)
			return n;
		at = end + 1;
	}
	return -1;
}
