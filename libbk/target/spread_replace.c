/* Putting a child's file anew, from what the others have: see spread_parts.h.
 */

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/fault.h"
#include "target/spread_cut.h"
#include "target/spread_mend.h"
#include "target/spread_parts.h"

/* The whole blob, as it is read. */
struct refill {
	struct bk_sink sink;
	struct bk_gathered bytes;
	struct bk_sha256 sha;
};

static int refill_write(struct bk_sink *to, const void *data, size_t len,
			struct bk_err *err)
{
	struct refill *refill = (struct refill *)to;

	if (bk_cancelled(err) < 0)
		return -1;
	bk_sha256_update(&refill->sha, data, len);
	return bk_gathered_add(&refill->bytes, data, len, err);
}

static int gather(struct bk_spread *spread, struct bk_spread_blob *blob,
		  struct refill *refill, struct bk_err *err)
{
	uint8_t sum[BK_SHA256_LEN];

	if (bk_spread_blob_read(spread, blob, 0, blob->layout.length,
				&refill->sink, err) < 0)
		return -1;
	bk_sha256_final(&refill->sha, sum);
	if (memcmp(sum, blob->original, sizeof(sum)) == 0)
		return 0;
	return bk_fail(err, BK_CORRUPT,
		       "%s: what the shards give has another SHA-256",
		       blob->name);
}

/* ---- putting it there ---- */

static int remove_there(struct bk_target *at, const char *there,
			struct bk_err *err)
{
	struct bk_err why = {0};

	if (bk_target_remove(at, there, &why) == 0 || why.kind == BK_GONE)
		return 0;
	*err = why;
	return -1;
}

/* What was put is what the others have, byte for byte. */
static int read_back(struct bk_target *at, const char *there,
		     const uint8_t original[BK_SHA256_LEN], struct bk_err *err)
{
	struct bk_shard *shard = NULL;

	if (bk_shard_open(&shard, at, there, true, err) < 0)
		return -1;
	int rc = bk_shard_prove(shard, err);
	if (rc == 0 &&
	    memcmp(shard->head.original, original, BK_SHA256_LEN) != 0)
		rc = bk_fail(err, BK_FAILED,
			     "%s: what is read back is not what was put",
			     there);
	bk_shard_close(shard);
	return rc;
}

static bool is_whole(struct bk_target *at, const char *there)
{
	struct bk_shard *shard = NULL;
	struct bk_err ignored = {0};

	bool whole = bk_shard_open(&shard, at, there, true, &ignored) == 0 &&
		     bk_shard_prove(shard, &ignored) == 0;
	bk_shard_close(shard);
	return whole;
}

static int put_and_prove(const struct bk_cutting *cutting, unsigned child,
			 const char *there, struct bk_err *err)
{
	struct bk_target *at = cutting->spread->children[child].target;

	if (remove_there(at, there, err) < 0 ||
	    bk_cutting_send(cutting, child, there, err) < 0 ||
	    bk_target_flush(at, err) < 0)
		return -1;
	return read_back(at, there, cutting->head.original, err);
}

static int put_in_place(const struct bk_cutting *cutting, unsigned child,
			bool beside, struct bk_err *err)
{
	struct bk_target *at = cutting->spread->children[child].target;
	char *name = bk_spread_name_beside(cutting->there);
	int rc = 0;

	if (beside && !is_whole(at, name))
		rc = put_and_prove(cutting, child, name, err);
	bk_fault("spread: before a child's file is replaced");
	if (rc == 0)
		rc = put_and_prove(cutting, child, cutting->there, err);
	if (rc == 0 && beside)
		rc = remove_there(at, name, err);
	free(name);
	return rc;
}

int bk_spread_replace(struct bk_spread *spread, struct bk_spread_blob *blob,
		      unsigned child, bool beside, struct bk_err *err)
{
	struct refill refill = {.sink.write = refill_write};
	struct bk_cutting cutting = {0};

	bk_gathered_init(&refill.bytes, &spread->room);
	bk_sha256_init(&refill.sha);
	int rc = gather(spread, blob, &refill, err);
	if (rc == 0)
		rc = bk_cutting_begin(&cutting, spread, blob->name,
				      &refill.bytes, blob->original, err);
	if (rc == 0)
		rc = put_in_place(&cutting, child, beside, err);
	bk_cutting_end(&cutting);
	bk_gathered_clear(&refill.bytes);
	return rc;
}

/* ---- what was left beside ---- */

static void tidy_child(struct bk_target *at)
{
	struct bk_blob_list files = {0};
	struct bk_err ignored = {0};

	if (bk_target_list(at, "", &files, &ignored) < 0)
		return;
	for (size_t i = 0; i < files.n; i++) {
		size_t len;
		if (!bk_spread_is_beside(files.items[i].name, &len))
			continue;
		char *there = bk_strndup(files.items[i].name, len);
		if (is_whole(at, there))
			(void)bk_target_remove(at, files.items[i].name,
					       &ignored);
		free(there);
	}
	bk_blob_list_clear(&files);
}

void bk_spread_tidy(struct bk_spread *spread)
{
	for (unsigned n = 0; n < spread->shape.n; n++)
		if (bk_spread_usable(spread, n))
			tidy_child(spread->children[n].target);
}
