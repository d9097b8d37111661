/* Pins and legal holds as files: see holds.h. */

#include "repo/holds.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "crypto/random.h"
#include "repo/signed_file.h"

void bk_holds_clear(struct bk_holds *holds)
{
	for (size_t i = 0; i < holds->n; i++)
		bk_hold_clear(&holds->items[i].hold);
	free(holds->items);
	*holds = (struct bk_holds){0};
}

static int read_hold(const struct bk_repo *repo, const char *text,
		     const struct bk_name *name, struct bk_hold *out,
		     struct bk_err *err)
{
	struct bk_file_id id = {.type = BK_FILE_HOLD};
	struct bk_signed_file file = {0};

	memcpy(id.set, name->id, sizeof(id.set));
	int rc = bk_signed_file_read(repo, text, &id, &file, err);
	if (rc == 0)
		rc = bk_hold_decode(file.records, out, err);
	if (rc == 0 && memcmp(out->id, name->hold, BK_ID_LEN) != 0)
		rc = bk_fail(err, BK_CORRUPT, "%s: it is another hold", text);
	bk_signed_file_clear(&file);
	return rc;
}

static int add_hold(const struct bk_repo *repo, const char *text,
		    const struct bk_name *name, struct bk_holds *out,
		    struct bk_err *err)
{
	struct bk_err why = {0};
	struct bk_held held = {0};

	memcpy(held.set, name->id, BK_ID_LEN);
	if (read_hold(repo, text, name, &held.hold, &why) < 0) {
		bk_hold_clear(&held.hold);
		if (why.kind == BK_GONE) /* since the listing */
			return 0;
		if (why.kind != BK_CORRUPT && why.kind != BK_NEWER) {
			*err = why;
			return -1;
		}
		memcpy(held.hold.id, name->hold, BK_ID_LEN);
	}
	out->items = bk_array_room(out->items, out->n, &out->cap,
				   sizeof(*out->items));
	out->items[out->n++] = held;
	return 0;
}

int bk_holds_read(const struct bk_repo *repo, struct bk_holds *out,
		  struct bk_err *err)
{
	struct bk_blob_list files = {0};
	struct bk_name name;

	int rc = bk_target_list(repo->target, "hold", &files, err);
	for (size_t i = 0; rc == 0 && i < files.n; i++)
		if (bk_name_parse(files.items[i].name, &name) == BK_NAME_HOLD)
			rc = add_hold(repo, files.items[i].name, &name, out,
				      err);
	bk_blob_list_clear(&files);
	return rc < 0 ? bk_context(err, "holds") : 0;
}

const struct bk_hold *bk_holds_find(const struct bk_holds *holds,
				    const uint8_t set[BK_ID_LEN],
				    int64_t now_ms)
{
	for (size_t i = 0; i < holds->n; i++) {
		const struct bk_held *held = &holds->items[i];
		if (memcmp(held->set, set, BK_ID_LEN) == 0 &&
		    (!held->hold.until_ms || held->hold.until_ms > now_ms))
			return &held->hold;
	}
	return NULL;
}

int bk_hold_put(const struct bk_repo *repo, const uint8_t set[BK_ID_LEN],
		const struct bk_hold *hold, struct bk_err *err)
{
	struct bk_file_id id = {.type = BK_FILE_HOLD};
	struct bk_hold made = *hold;
	struct bk_buf records = {0};
	struct bk_file_sum sum;
	char name[BK_NAME_MAX];

	memcpy(id.set, set, sizeof(id.set));
	bk_random_bytes(made.id, sizeof(made.id));
	bk_hold_encode(&made, &records);
	int rc = bk_signed_file_write(repo, bk_name_hold(name, set, made.id),
				      &id, &records, &sum, err);
	bk_buf_clear(&records);
	return rc < 0 ? bk_context(err, "hold") : 0;
}

int bk_holds_unpin(const struct bk_repo *repo, const uint8_t set[BK_ID_LEN],
		   size_t *n, struct bk_err *err)
{
	struct bk_holds holds = {0};
	char name[BK_NAME_MAX];
	struct bk_err why = {0};

	*n = 0;
	int rc = bk_holds_read(repo, &holds, err);
	for (size_t i = 0; rc == 0 && i < holds.n; i++) {
		const struct bk_held *held = &holds.items[i];
		if (held->hold.kind == BK_HOLD_LEGAL ||
		    memcmp(held->set, set, BK_ID_LEN) != 0)
			continue;
		rc = bk_target_remove(repo->target,
				      bk_name_hold(name, set, held->hold.id),
				      &why);
		if (rc == 0)
			(*n)++;
		if (rc < 0 && why.kind == BK_GONE)
			rc = 0;
	}
	if (rc < 0 && why.kind)
		*err = why;
	bk_holds_clear(&holds);
	return rc;
}
