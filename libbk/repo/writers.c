/* Sets under way, by their intents: see writers.h. */

#include "repo/writers.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "repo/signed_file.h"

/* An intent that is refreshed between a listing and its reading has another
 * name by then. */
#define TRIES 5

static int read_intent(const struct bk_repo *repo, const char *text,
		       const struct bk_name *name, struct bk_intent *out,
		       struct bk_err *err)
{
	struct bk_file_id id = {.type = BK_FILE_INTENT,
				.ordinal = name->ordinal};
	struct bk_signed_file file = {0};

	memcpy(id.set, name->id, sizeof(id.set));
	int rc = bk_signed_file_read(repo, text, &id, &file, err);
	if (rc == 0)
		rc = bk_intent_decode(file.records, out, err);
	bk_signed_file_clear(&file);
	return rc;
}

/* 1: it went away since the listing. */
static int add_writer(const struct bk_repo *repo, const char *text,
		      const struct bk_name *name, struct bk_writers *out,
		      struct bk_err *err)
{
	struct bk_err why = {0};

	out->items = bk_array_room(out->items, out->n, &out->cap,
				   sizeof(*out->items));
	struct bk_writer *writer = &out->items[out->n];
	*writer = (struct bk_writer){.number = name->ordinal};
	memcpy(writer->set, name->id, BK_ID_LEN);
	if (read_intent(repo, text, name, &writer->intent, &why) < 0) {
		bk_intent_clear(&writer->intent);
		if (why.kind == BK_GONE)
			return 1;
		if (why.kind != BK_CORRUPT && why.kind != BK_NEWER) {
			*err = why;
			return -1;
		}
	}
	out->n++;
	return 0;
}

static int read_writers_once(const struct bk_repo *repo, struct bk_writers *out,
			     struct bk_err *err)
{
	struct bk_blob_list files = {0};
	struct bk_name name;

	int rc = bk_target_list(repo->target, "open", &files, err);
	for (size_t i = 0; rc == 0 && i < files.n; i++)
		if (bk_name_parse(files.items[i].name, &name) == BK_NAME_INTENT)
			rc = add_writer(repo, files.items[i].name, &name, out,
					err);
	bk_blob_list_clear(&files);
	return rc;
}

int bk_writers_read(const struct bk_repo *repo, struct bk_writers *out,
		    struct bk_err *err)
{
	int rc = 1;

	for (int i = 0; rc == 1 && i < TRIES; i++) {
		bk_writers_clear(out);
		rc = read_writers_once(repo, out, err);
	}
	if (rc == 1)
		rc = bk_fail(err, BK_BUSY,
			     "intents come and go too fast to be read; try "
			     "again");
	return rc < 0 ? bk_context(err, "%s: sets under way",
				   repo->target->where)
		      : 0;
}

void bk_writers_clear(struct bk_writers *writers)
{
	for (size_t i = 0; i < writers->n; i++)
		bk_intent_clear(&writers->items[i].intent);
	free(writers->items);
	*writers = (struct bk_writers){0};
}

bool bk_writer_is_dead(const struct bk_writer *writer, int64_t now_ms)
{
	if (!writer->intent.written_ms)
		return bk_setid_ms(writer->set) + BK_WRITER_UNKNOWN_MS < now_ms;
	return writer->intent.dead_ms <= now_ms;
}
