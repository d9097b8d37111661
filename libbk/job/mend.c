/* Making a damaged file whole: see mend.h. */

#include "job/mend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/fault.h"
#include "job/ship_sums.h"
#include "repo/parity_mend.h"

#define STEP ((size_t)1 << 16)

bool bk_mend_is_away(enum bk_kind kind)
{
	return kind == BK_LOST || kind == BK_BUSY || kind == BK_DENIED ||
	       kind == BK_STARVED || kind == BK_CANCELLED || kind == BK_FULL;
}

/* ---- what is there ---- */

/* 1, or 0: it is not there, or not what it should be; -1 when it cannot be
 * looked at. */
static int is_whole(struct bk_target *at, const struct bk_ship_blob *blob,
		    struct bk_err *err)
{
	struct bk_err why = {0};
	uint64_t size = 0;

	int rc = bk_target_stat(at, blob->name, &size, &why);
	if (rc == 0 && size != blob->size)
		return 0;
	if (rc == 0)
		rc = bk_ship_sums_read(at, blob, &why);
	if (rc >= 0)
		return rc;
	if (!bk_mend_is_away(why.kind))
		return 0;
	*err = why;
	return -1;
}

/* The same under the name beside. */
static void name_beside(struct bk_ship_blob *out,
			const struct bk_ship_blob *blob)
{
	*out = *blob;
	(void)snprintf(out->name, sizeof(out->name), "%.*s" BK_MENDED,
		       (int)(sizeof(out->name) - sizeof(BK_MENDED)),
		       blob->name);
}

/* ---- gathering the whole ---- */

struct gather {
	struct bk_sink sink;
	struct bk_gathered bytes;
	struct bk_ship_sums sums;
};

static int gather_write(struct bk_sink *to, const void *data, size_t len,
			struct bk_err *err)
{
	struct gather *gather = (struct gather *)to;

	if (bk_cancelled(err) < 0)
		return -1;
	bk_ship_sums_add(&gather->sums, data, len);
	return bk_gathered_add(&gather->bytes, data, len, err);
}

static void gather_begin(struct gather *gather, const struct bk_mend *mend)
{
	gather->sink.write = gather_write;
	bk_gathered_init(&gather->bytes, mend->room);
	bk_ship_sums_init(&gather->sums, mend->blob);
}

static void gather_clear(struct gather *gather)
{
	bk_gathered_clear(&gather->bytes);
	bk_ship_sums_clear(&gather->sums);
}

/* 1, or 0: that one has it not, or not whole; -1 when nothing more can be done.
 */
static int from_copy(const struct bk_mend *mend, struct bk_target *from,
		     const char *name, struct gather *gather,
		     struct bk_err *err)
{
	struct bk_err why = {0};

	gather_begin(gather, mend);
	if (bk_target_get(from, name, 0, mend->blob->size, &gather->sink,
			  &why) == 0 &&
	    bk_ship_sums_right(&gather->sums))
		return 1;
	gather_clear(gather);
	if (why.kind != BK_CANCELLED && why.kind != BK_STARVED)
		return 0;
	*err = why;
	return -1;
}

/* ---- from what is left of it ---- */

/* A file in the damaged blob. */
struct remains {
	struct bk_parity_source source;
	struct bk_target *at;
	const char *name;
	uint64_t start, size; /* of the file, and of the whole blob */
	const struct bk_mend *mend;
	struct bk_buf bytes;
};

/* What was found elsewhere takes the place of what is there. */
static void lay_over(const struct bk_mend *mend, uint64_t at, size_t len,
		     uint8_t *into)
{
	for (size_t i = 0; i < mend->n_patches; i++) {
		const struct bk_mend_patch *patch = &mend->patches[i];
		uint64_t end = patch->offset + patch->bytes.len;
		uint64_t first = patch->offset > at ? patch->offset : at;
		uint64_t last = end < at + len ? end : at + len;
		if (first < last)
			memcpy(into + (first - at),
			       patch->bytes.data + (first - patch->offset),
			       (size_t)(last - first));
	}
}

/* What a disk does not give, or what was cut off, comes as zeros. */
static int read_remains(struct bk_parity_source *from, uint64_t offset,
			size_t len, uint8_t *into, struct bk_err *err)
{
	struct remains *remains = (struct remains *)from;
	uint64_t at = remains->start + offset;
	uint64_t there = at < remains->size ? remains->size - at : 0;
	size_t n = there < len ? (size_t)there : len;
	struct bk_err why = {0};

	if (bk_cancelled(err) < 0)
		return -1;
	memset(into, 0, len);
	if (n && bk_target_read(remains->at, remains->name, at, n,
				&remains->bytes, &why) == 0)
		memcpy(into, remains->bytes.data, n);
	else if (n && bk_mend_is_away(why.kind)) {
		*err = why;
		return -1;
	}
	lay_over(remains->mend, at, len, into);
	return 0;
}

/* The body on its way; its parity follows from it. */
struct body_sink {
	struct bk_sink sink;
	struct bk_sink *to;
	struct bk_parity *parity; /* or NULL */
};

static int body_write(struct bk_sink *base, const void *data, size_t len,
		      struct bk_err *err)
{
	struct body_sink *body = (struct body_sink *)base;

	if (body->parity)
		bk_parity_add(body->parity, data, len);
	return body->to->write(body->to, data, len, err);
}

static int copy_remains(struct remains *remains, uint64_t offset, uint64_t len,
			struct bk_sink *to, struct bk_err *err)
{
	uint8_t *room = bk_alloc(STEP);
	int rc = 0;

	while (rc == 0 && len) {
		size_t n = len < STEP ? (size_t)len : STEP;
		rc = read_remains(&remains->source, offset, n, room, err);
		if (rc == 0)
			rc = to->write(to, room, n, err);
		offset += n;
		len -= n;
	}
	free(room);
	return rc;
}

static int mend_body(struct remains *remains,
		     const struct bk_ship_stretch *stretch,
		     struct body_sink *to, uint32_t *segments,
		     struct bk_err *err)
{
	struct bk_parity_mend *mend = NULL;

	if (!to->parity)
		return copy_remains(remains, 0, stretch->body_len, &to->sink,
				    err);
	if (bk_parity_mend_open(&mend, &remains->source, stretch->body_len,
				err) < 0)
		return -1;
	*segments += bk_parity_mend_count(mend);
	int rc = bk_parity_mend_body(mend, &to->sink, err);
	bk_parity_mend_close(mend);
	return rc;
}

static int write_end(struct bk_parity *parity,
		     const struct bk_ship_stretch *stretch, struct bk_sink *to,
		     struct bk_err *err)
{
	uint8_t footer[BK_FOOTER_LEN];
	struct bk_view bytes;
	uint64_t at = 0;

	while (parity && (bytes = bk_parity_view(parity, at)).len) {
		if (to->write(to, bytes.data, bytes.len, err) < 0)
			return -1;
		at += bytes.len;
	}
	bk_footer_encode(stretch->body_len, parity != NULL, stretch->sha256,
			 footer);
	return to->write(to, footer, sizeof(footer), err);
}

static int mend_stretch(struct remains *remains,
			const struct bk_ship_stretch *stretch,
			struct bk_sink *to, uint32_t *segments,
			struct bk_err *err)
{
	struct body_sink body = {.sink.write = body_write, .to = to};
	bool parity = stretch->file_len > stretch->body_len + BK_FOOTER_LEN;

	if (bk_file_len(stretch->body_len, parity) != stretch->file_len)
		return bk_fail(err, BK_CORRUPT, "lengths that no file has");
	if (parity)
		body.parity = bk_parity_new(stretch->body_len);
	remains->start = stretch->offset;
	int rc = mend_body(remains, stretch, &body, segments, err);
	if (rc == 0)
		rc = write_end(body.parity, stretch, to, err);
	bk_parity_free(body.parity);
	return rc;
}

/* Everything in the blob, and what lies between. */
static int mend_stretches(const struct bk_mend *mend, struct remains *remains,
			  struct gather *gather, uint32_t *segments,
			  struct bk_err *err)
{
	uint64_t at = 0;

	for (size_t i = 0; i < mend->blob->n; i++) {
		const struct bk_ship_stretch *stretch =
			&mend->blob->stretches[i];
		if (stretch->offset < at)
			return bk_fail(err, BK_CORRUPT, "files that overlap");
		remains->start = 0;
		if (copy_remains(remains, at, stretch->offset - at,
				 &gather->sink, err) < 0 ||
		    mend_stretch(remains, stretch, &gather->sink, segments,
				 err) < 0)
			return -1;
		at = stretch->offset + stretch->file_len;
	}
	return 0;
}

/* 1, or 0 and *why: it gives too little. */
static int from_remains(const struct bk_mend *mend, struct gather *gather,
			uint32_t *segments, struct bk_err *why,
			struct bk_err *err)
{
	struct remains remains = {
		.source.read = read_remains,
		.at = mend->at,
		.name = mend->blob->name,
		.mend = mend,
	};

	if (bk_target_stat(mend->at, mend->blob->name, &remains.size, why) < 0)
		goto failed;
	gather_begin(gather, mend);
	int rc = mend_stretches(mend, &remains, gather, segments, why);
	bk_buf_clear(&remains.bytes);
	if (rc == 0 && bk_ship_sums_right(&gather->sums))
		return 1;
	gather_clear(gather);
	if (rc == 0)
		(void)bk_fail(why, BK_CORRUPT,
			      "there is no parity, or none that helps");
failed:
	if (!bk_mend_is_away(why->kind))
		return 0;
	*err = *why;
	return -1;
}

/* ---- where it comes from ---- */

enum origin { NOWHERE, BESIDE, REMAINS, COPY };

static char *how_from_remains(const struct bk_mend *mend, uint32_t segments)
{
	if (mend->n_patches)
		return bk_asprintf("from what others hold: %s",
				   mend->patched_from);
	if (!segments)
		return bk_strdup("from its body, which is whole");
	return bk_asprintf("from its parity, %u segment%s", segments,
			   segments == 1 ? "" : "s");
}

static int find_copy(const struct bk_mend *mend, struct gather *gather,
		     char **how, struct bk_err *err)
{
	for (size_t i = 0; i < mend->n_donors; i++) {
		const struct bk_mend_donor *donor = &mend->donors[i];
		int rc = from_copy(mend, donor->target, mend->blob->name,
				   gather, err);
		if (rc > 0)
			*how = bk_asprintf("from %s", donor->name);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* Gathers the whole; -1 with what was tried when there is none. */
static int find_whole(const struct bk_mend *mend, struct gather *gather,
		      enum origin *origin, char **how, struct bk_err *err)
{
	struct bk_ship_blob beside;
	struct bk_err why = {0};
	uint32_t segments = 0;

	name_beside(&beside, mend->blob);
	*origin = BESIDE;
	int rc = from_copy(mend, mend->at, beside.name, gather, err);
	if (rc > 0)
		*how = bk_strdup("from what an interrupted run had mended");
	if (rc == 0) {
		*origin = REMAINS;
		rc = from_remains(mend, gather, &segments, &why, err);
		if (rc > 0)
			*how = how_from_remains(mend, segments);
	}
	if (rc == 0) {
		*origin = COPY;
		rc = find_copy(mend, gather, how, err);
	}
	if (rc > 0)
		return 0;
	if (rc < 0)
		return -1;
	*origin = NOWHERE;
	return bk_fail(err, BK_CORRUPT, "%s; %s", why.text,
		       mend->n_donors
			       ? "no copy that was looked at has it whole"
			       : "there is no copy to take it from");
}

/* ---- putting it there ---- */

struct put_sink {
	struct bk_sink sink;
	struct bk_put *put;
};

static int put_sink_write(struct bk_sink *to, const void *data, size_t len,
			  struct bk_err *err)
{
	return bk_put_write(((struct put_sink *)to)->put, data, len, err);
}

static int put_gathered(struct bk_target *at, const char *name,
			const struct bk_gathered *bytes, struct bk_err *err)
{
	struct put_sink to = {.sink.write = put_sink_write};

	if (bk_target_put_begin(at, name, bytes->len, &to.put, err) < 0)
		return -1;
	if (bk_gathered_copy(bytes, 0, bytes->len, &to.sink, err) < 0) {
		bk_put_abort(to.put);
		return -1;
	}
	return bk_put_commit(to.put, err) < 0 ? -1 : bk_target_flush(at, err);
}

static int remove_if_there(struct bk_target *at, const char *name,
			   struct bk_err *err)
{
	struct bk_err why = {0};

	if (bk_target_remove(at, name, &why) == 0 || why.kind == BK_GONE)
		return 0;
	*err = why;
	return -1;
}

/* Puts it under that name, and reads it back. */
static int put_and_prove(const struct bk_mend *mend,
			 const struct bk_ship_blob *blob,
			 const struct bk_gathered *bytes, struct bk_err *err)
{
	if (remove_if_there(mend->at, blob->name, err) < 0 ||
	    put_gathered(mend->at, blob->name, bytes, err) < 0)
		return -1;
	int whole = is_whole(mend->at, blob, err);
	if (whole > 0)
		return 0;
	return whole < 0 ? -1
			 : bk_fail(err, BK_FAILED,
				   "%s/%s: what is read back is not what was "
				   "put",
				   mend->at->where, blob->name);
}

static int put_whole(const struct bk_mend *mend,
		     const struct bk_gathered *bytes, enum origin origin,
		     struct bk_err *err)
{
	struct bk_ship_blob beside;

	name_beside(&beside, mend->blob);
	if (origin == REMAINS && put_and_prove(mend, &beside, bytes, err) < 0)
		return -1;
	bk_fault("mend: proved beside the damaged file");
	if (put_and_prove(mend, mend->blob, bytes, err) < 0)
		return -1;
	bk_fault("mend: put in its place");
	return origin == COPY ? 0 : remove_if_there(mend->at, beside.name, err);
}

int bk_mend_blob(const struct bk_mend *mend, char **how, struct bk_err *err)
{
	struct gather gather;
	enum origin origin;

	*how = NULL;
	int rc = is_whole(mend->at, mend->blob, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (find_whole(mend, &gather, &origin, how, err) < 0)
		return -1;
	if (!mend->dry_run)
		rc = put_whole(mend, &gather.bytes, origin, err);
	gather_clear(&gather);
	if (rc == 0)
		return 1;
	free(*how);
	*how = NULL;
	return -1;
}

int bk_mend_small(struct bk_target *at, const char *name, struct bk_view bytes,
		  struct bk_err *err)
{
	struct bk_buf back = {0};

	if (remove_if_there(at, name, err) < 0 ||
	    bk_target_put(at, name, bytes, err) < 0 ||
	    bk_target_flush(at, err) < 0)
		return -1;
	int rc = bk_target_read(at, name, 0, bytes.len, &back, err);
	if (rc == 0 && memcmp(back.data, bytes.data, bytes.len) != 0)
		rc = bk_fail(err, BK_FAILED,
			     "%s/%s: what is read back is not what was put",
			     at->where, name);
	bk_buf_clear(&back);
	return rc;
}

int bk_mend_tidy(struct bk_target *at, const struct bk_ship_blob *blob,
		 struct bk_err *err)
{
	struct bk_ship_blob beside;

	int whole = is_whole(at, blob, err);
	if (whole <= 0)
		return whole;
	name_beside(&beside, blob);
	return remove_if_there(at, beside.name, err);
}
