/* A real write, read and rename at a target: see target_test.h. */

#include "job/target_test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/random.h"
#include "net/url.h"
#include "repo/id.h"
#include "target/target.h"

#define PROBE_LEN ((size_t)65536)

static int read_back(struct bk_target *target, const char *name,
		     const struct bk_buf *put, struct bk_err *err)
{
	struct bk_buf got = {0};

	int rc = bk_target_read(target, name, 0, put->len, &got, err);
	if (rc == 0 && memcmp(got.data, put->data, put->len) != 0)
		rc = bk_fail(err, BK_CORRUPT,
			     "what comes back is not what was written");
	bk_buf_clear(&got);
	return rc < 0 ? bk_context(err, "reading a file back") : 0;
}

static int find_listed(struct bk_target *target, const char *name,
		       const struct bk_buf *put, struct bk_err *err)
{
	struct bk_blob_list list = {0};

	int rc = bk_target_list(target, "", &list, err);
	if (rc == 0) {
		const struct bk_blob *blob = bk_blob_list_find(&list, name);
		if (!blob || blob->size != put->len)
			rc = bk_fail(err, BK_FAILED,
				     "the file that was just written is not "
				     "in it");
	}
	bk_blob_list_clear(&list);
	return rc < 0 ? bk_context(err, "listing") : 0;
}

/* A driver that finds out that it may not rename ends the session with that. */
static int write_file(struct bk_target *target, const char *name,
		      const struct bk_buf *bytes, struct bk_target_trial *found,
		      struct bk_err *err)
{
	struct bk_err *first = &found->again;

	int rc = bk_target_put(target, name, bk_buf_view(bytes), first);
	if (rc < 0 && first->kind == BK_LOST)
		rc = bk_target_put(target, name, bk_buf_view(bytes), err);
	else if (rc < 0)
		*err = *first;
	if (rc == 0)
		rc = bk_target_flush(target, err);
	return rc < 0 ? bk_context(err, "writing a file") : 0;
}

/* A login that only adds is a good one for a copy. */
static int take_away(struct bk_target *target, const char *name,
		     struct bk_target_trial *found, struct bk_err *err)
{
	struct bk_err why = {0};

	if (bk_target_remove(target, name, &why) == 0)
		return 0;
	if (why.kind == BK_DENIED || why.kind == BK_REFUSED) {
		(void)snprintf(found->left, sizeof(found->left), "%s", name);
		return 0;
	}
	*err = why;
	return bk_context(err, "taking a file away");
}

static int try(struct bk_target *target, struct bk_target_trial *found,
	       struct bk_err *err)
{
	uint8_t id[BK_ID_LEN];
	char name[BK_NAME_MAX] = BK_PROBE_PREFIX, hex[BK_ID_TEXT];
	struct bk_buf bytes = {0};
	struct bk_err unsaid = {0};

	bk_random_bytes(id, sizeof(id));
	memcpy(name + strlen(name), bk_id_hex(hex, id), BK_ID_TEXT);
	bk_random_bytes(bk_buf_grow(&bytes, PROBE_LEN), PROBE_LEN);
	int rc = write_file(target, name, &bytes, found, err);
	if (rc == 0)
		rc = read_back(target, name, &bytes, err);
	if (rc == 0)
		rc = find_listed(target, name, &bytes, err);
	if (rc < 0)
		(void)bk_target_remove(target, name, &unsaid);
	else
		rc = take_away(target, name, found, err);
	bk_buf_clear(&bytes);
	return rc;
}

int bk_target_test(const struct bk_target_settings *which,
		   struct bk_target_trial *found, struct bk_err *err)
{
	struct bk_reach reach = which->reach;
	struct bk_target *target = NULL;
	bool local = !bk_url_is(which->where);
	bool was_there = local && access(which->where, F_OK) == 0;

	*found = (struct bk_target_trial){0};
	reach.direct = true;
	int rc = bk_target_open(&target, which->where, &reach, true, err);
	if (rc == 0)
		rc = try(target, found, err);
	bk_target_close(target);
	if (local && !was_there)
		(void)rmdir(which->where);
	return rc;
}
