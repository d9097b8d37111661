/* A real write, read and rename at a target: see target_test.h. */

#include "job/target_test.h"

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

static int try(struct bk_target *target, struct bk_err *err)
{
	uint8_t id[BK_ID_LEN];
	char name[BK_NAME_MAX] = "probe.", hex[BK_ID_TEXT];
	struct bk_buf bytes = {0};
	struct bk_err unsaid = {0};

	bk_random_bytes(id, sizeof(id));
	memcpy(name + strlen(name), bk_id_hex(hex, id), BK_ID_TEXT);
	bk_random_bytes(bk_buf_grow(&bytes, PROBE_LEN), PROBE_LEN);
	int rc = bk_target_put(target, name, bk_buf_view(&bytes), err);
	if (rc == 0)
		rc = bk_target_flush(target, err);
	if (rc < 0)
		rc = bk_context(err, "writing a file");
	if (rc == 0)
		rc = read_back(target, name, &bytes, err);
	if (rc == 0)
		rc = find_listed(target, name, &bytes, err);
	if (rc < 0)
		(void)bk_target_remove(target, name, &unsaid);
	else if (bk_target_remove(target, name, err) < 0)
		rc = bk_context(err, "taking a file away");
	bk_buf_clear(&bytes);
	return rc;
}

int bk_target_test(const struct bk_target_settings *which, struct bk_err *err)
{
	struct bk_reach reach = which->reach;
	struct bk_target *target = NULL;
	bool local = !bk_url_is(which->where);
	bool was_there = local && access(which->where, F_OK) == 0;

	reach.direct = true;
	int rc = bk_target_open(&target, which->where, &reach, true, err);
	if (rc == 0)
		rc = try(target, err);
	bk_target_close(target);
	if (local && !was_there)
		(void)rmdir(which->where);
	return rc;
}
